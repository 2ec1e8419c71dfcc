// image.h - a linked file as the inspection tools see it, whatever its format.
//
// WHAT  An Image is a mapped file with its sections and its symbols in one form for Mach-O and (later) ELF
//       and PE. diff and info are written against it; what only one format has (load commands, opcode
//       streams) hangs off a pointer of that format's own view.
// HOW   image_open looks at the magic number and calls the reader of the format. The reader checks every
//       offset once: after it, ImageSect.data is a valid view of `nbytes` bytes and names are valid views.
// RULES Everything is read-only after image_open and lives in the arena or in the mapping.
//       A fault of the file never ends the program: image_open returns false and `problem` says why.
#pragma once

#include "base/file.h"
#include "base/vec.h"

typedef struct MachoView MachoView;
typedef struct GoTables GoTables;

typedef struct {
    Str seg;        // segment name; empty where the format has none
    Str name;       // section name
    u64 addr;       // virtual address
    u64 size;       // bytes in memory
    u64 fileoff;    // offset of the contents in the file
    const u8 *data; // contents, NULL for a zero-filled section
    u64 nbytes;     // bytes at data: size, or 0 for a zero-filled section
    u32 align;      // bytes
    u32 flags;      // type and attributes as the format has them
    u32 reserved1;  // Mach-O: first index in the indirect symbol table
    u32 reserved2;  // Mach-O: bytes of one stub
} ImageSect;

typedef struct {
    Str name;  // as in the file, with Mach-O's leading underscore
    u64 value; // address, for symbols defined in a section
    u32 strx;  // offset of the name in the string table
    u16 desc;  // n_desc
    u8 type;   // n_type
    u8 sect;   // 1-based section number, 0: none
} ImageSym;

typedef struct {
    MappedFile file;
    VEC(ImageSect) sects;
    ImageSym *syms; // in the order of the file
    u32 nsyms;
    u32 *by_addr; // indexes of the symbols defined in a section, by (section, address, position in the file)
    u32 nby_addr;
    u32 *sect_begin;     // by_addr[sect_begin[i] .. sect_begin[i + 1]) are the symbols of sects.v[i]
    MachoView *macho;    // set when the file is Mach-O
    GoTables *go;        // set by go_tables_load when the file carries Go's runtime tables
    const char *problem; // what image_open found wrong
} Image;

// Maps and reads the file. False when it cannot be read or is no linked file we know; im->problem says why.
bool image_open(Image *im, Arena *a, const char *path);

// Fills by_addr from syms; the format reader calls it at its end.
void image_sort_symbols(Image *im, Arena *a);

// The section that contains addr, or NULL. The end of a section does not belong to it.
const ImageSect *image_sect_at(const Image *im, u64 addr);

// The section of that name, or NULL; seg may be empty for "any segment".
const ImageSect *image_sect_named(const Image *im, Str seg, Str name);

// n bytes of contents at a virtual address, or NULL when they are not all in one section's file contents.
const u8 *image_bytes_at(const Image *im, u64 addr, u64 n);

// Position in by_addr of the last symbol at or below addr in the section of addr; UINT32_MAX when there is
// none. A symbol that marks the end of the section before does not count, though it has the same address.
u32 image_symbol_below(const Image *im, u64 addr);

// Bytes from the symbol at position i of by_addr to the next symbol of its section with another address, or
// to the section's end.
u64 image_symbol_size(const Image *im, u32 i);

// "name+0x10" for an address: by the symbol table, else by the Go function table, else by the section. For
// people.
Str image_describe(const Image *im, Arena *a, u64 addr);

// Prints s with control characters and quotes made harmless, at most max bytes of it (names of a corrupt
// file).
Str image_printable(Arena *a, Str s, u32 max);
