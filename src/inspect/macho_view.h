// macho_view.h - reads the header, the load commands and the dyld tables of a linked Mach-O file.
//
// WHAT  The reverse of format/macho: that writes these tables from the link's data, this reads them from the
//       bytes and shares no code with it, so that a mistake there is not repeated here.
// HOW   docs/macho.md explains the format. macho_view_load fills the sections and symbols of the Image and
//       keeps what only Mach-O has; the opcode streams are decoded on request into records.
// REF   <mach-o/loader.h>, <mach-o/nlist.h>.
#pragma once

#include "inspect/image.h"

enum {
    MH_MAGIC_64 = 0xfeedfacf,
    MH_HEADER_SIZE_64 = 32,

    LC_SYMTAB = 0x2,
    LC_UNIXTHREAD = 0x5,
    LC_DYSYMTAB = 0xb,
    LC_LOAD_DYLIB = 0xc,
    LC_LOAD_DYLINKER = 0xe,
    LC_SEGMENT_64 = 0x19,
    LC_UUID = 0x1b,
    LC_CODE_SIGNATURE = 0x1d,
    LC_DYLD_INFO = 0x22,
    LC_BUILD_VERSION = 0x32,
    // With LC_REQ_DYLD (0x80000000): dyld must refuse the file when it does not know the command.
    LC_DYLD_INFO_ONLY = (int)0x80000022,
    LC_MAIN = (int)0x80000028,
    LC_DYLD_CHAINED_FIXUPS = (int)0x80000034,

    CPU_TYPE_AMD64 = 0x01000007,
    CPU_TYPE_ARM64 = 0x0100000c,
    ARM64_STUB_SIZE = 12,

    MH_FLAG_NOUNDEFS = 0x1,
    MH_FLAG_DYLDLINK = 0x4,
    MH_FLAG_PIE = 0x200000,
};

typedef struct {
    u32 cmd;     // LC_...
    u32 size;    // bytes, the 8 of cmd and size included
    u64 fileoff; // where it starts
    const u8 *p; // its bytes
} MachoCommand;

typedef struct {
    Str name;
    u64 addr; // vmaddr
    u64 size; // vmsize
    u64 fileoff;
    u64 filesize;
    u32 maxprot, initprot;
    u32 nsects;
    u32 flags;
} MachoSegment;

// A part of the file that a load command points to; n is 0 when the command is missing.
typedef struct {
    u64 fileoff;
    u64 n; // bytes, all inside the file
} MachoRange;

struct MachoView {
    u32 cputype, cpusubtype, filetype, ncmds, sizeofcmds, flags;
    VEC(MachoCommand) cmds;
    VEC(MachoSegment) segs;
    VEC(Str) dylibs; // ordinal 1 is dylibs.v[0]
    MachoRange rebase, bind, weak_bind, lazy_bind, export_trie;
    MachoRange symtab, strtab, indirect, signature;
    u64 entry;                // entry address (LC_UNIXTHREAD's pc, or LC_MAIN), 0 when there is none
    u32 platform, minos, sdk; // LC_BUILD_VERSION, versions as 0xXXXXYYZZ
    const u8 *uuid;           // 16 bytes, or NULL
};

extern const ImageFormat image_macho;

// "LC_SEGMENT_64", or "command 0x…" for one we have no name for.
const char *macho_command_name(Arena *a, u32 cmd);

// One pointer that dyld slides.
typedef struct {
    u64 off;   // in the segment
    u32 opoff; // of the opcode in the stream
    u8 seg;    // index of the segment (LC_SEGMENT_64 order, __PAGEZERO is 0)
    u8 type;   // REBASE_TYPE_POINTER is 1
} RebaseRecord;

// One pointer that dyld sets to the address of an imported symbol.
typedef struct {
    Str name;
    u64 off; // in the segment
    i64 addend;
    i32 ordinal; // of the dylib, 1-based; 0 and below: BIND_SPECIAL_DYLIB_...
    u32 opoff;   // of the opcode in the stream
    u8 seg;
    u8 type;
    u8 flags; // BIND_SYMBOL_FLAGS_...
} BindRecord;

typedef VEC(RebaseRecord) RebaseVec;
typedef VEC(BindRecord) BindVec;

// Decodes a whole opcode stream. On a bad opcode, or more records than the image has pointers, returns
// what says so (a static string) and keeps the records before it; NULL when all is well.
const char *macho_read_rebases(const Image *im, Arena *a, RebaseVec *out);
const char *macho_read_binds(const Image *im, Arena *a, MachoRange r, BindVec *out);

// The virtual address of (segment index, offset), or 0 when the segment does not exist.
u64 macho_segment_addr(const MachoView *m, u32 seg, u64 off);

// Name of the library with this ordinal, or of the special ordinal.
Str macho_dylib_name(const MachoView *m, i32 ordinal);

// Hooks of ImageFormat, in diff_macho.c and info_macho.c.
void macho_diff_header(Diff *d);   // Mach header, sequence of load commands
void macho_diff_commands(Diff *d); // fields of load commands
void macho_diff_symtab(Diff *d);   // symbol table, string table, indirect symbols
void macho_diff_dynamic(Diff *d);  // rebase and bind records
void macho_print_header(const Image *im);
void macho_print_segments(const Image *im, Arena *a);
void macho_print_dynamic(const Image *im, Arena *a);
