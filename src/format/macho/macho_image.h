// macho_image.h - a linked Mach-O file in memory, as the system's linker made it, to be changed.
#pragma once

#include "format/hostlink.h"

typedef struct {
    u8 *v;
    u64 n;
} MachoImage;

enum {
    MACHO_IMAGE_HEADER = 32,
    MACHO_IMAGE_SEGMENT = 72, // bytes of a segment command in front of its sections,
    MACHO_IMAGE_SECTION = 80, // and of each of these
    MACHO_IMAGE_NAME = 16,    // at the start of the latter

    // In a segment command and in a section's record.
    MACHO_SEG_ADDR = 24,
    MACHO_SEG_SIZE = 32,
    MACHO_SEG_OFF = 40,
    MACHO_SEG_FILESIZE = 48,
    MACHO_SEG_INITPROT = 60,
    MACHO_SEG_NSECT = 64,
    MACHO_SECT_ADDR = 32,
    MACHO_SECT_SIZE = 40,
    MACHO_SECT_OFF = 48,
    MACHO_SECT_RELOFF = 56,
    MACHO_SECT_NRELOC = 60,
};

// Behind the image there are this many bytes that may be read.
enum { MACHO_IMAGE_SLACK = 16 };

// Reads a file. False: it is not a 64-bit Mach-O file whose load commands are whole, or there is none.
bool macho_image_read(MachoImage *m, Arena *a, Str path);

// Whether n bytes at off are in the image.
bool macho_image_has(const MachoImage *m, u64 off, u64 n);

// The next load command: *off is where it is, from 0 on; false behind the last one.
bool macho_image_next(const MachoImage *m, u64 *off);

// Offset of the command of the segment, or of the section's record in its segment's command; 0: there is none.
u64 macho_image_segment(const MachoImage *m, const char *name);
u64 macho_image_section(const MachoImage *m, const char *name);

// Puts the debugging information of `dwarf`, which dsymutil made, into the image, behind everything but __LINKEDIT, in a
// segment that is not loaded. NULL, or what is wrong. macho_combine.c
const char *macho_combine(const HostLink *h, MachoImage *m, const MachoImage *dwarf);

// Compresses the sections of the segment __DWARF of what dsymutil made. NULL, or what is wrong. macho_zdebug.c
const char *macho_compress_dwarf(const HostLink *h, MachoImage *m);
