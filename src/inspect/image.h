// image.h - a linked file as the inspection tools see it, whatever its format.
//
// WHAT  An Image is a mapped file with its sections and its symbols in one form for Mach-O, ELF and PE.
//       diff and info are written against it; what only one format has (load commands, opcode streams, .dynamic)
//       hangs off a pointer of that format's own view, and ImageFormat has what is done with it.
// HOW   image_open looks at the magic number and calls the reader of the format. The reader checks every
//       offset once: after it, ImageSect.data is a valid view of `nbytes` bytes and names are valid views.
// RULES Everything is read-only after image_open and lives in the arena or in the mapping.
//       A fault of the file never ends the program: image_open returns false and `problem` says why.
#pragma once

#include "base/file.h"
#include "base/vec.h"

typedef struct Image Image;
typedef struct MachoView MachoView;
typedef struct ElfView ElfView;
typedef struct PeView PeView;
typedef struct GoTables GoTables;
typedef struct Diff Diff;

// What is read, described and compared differently in a format.
typedef struct {
    const char *name;
    // Reads Image.file. False, with Image.problem set, when an offset or a count leads out of the file.
    bool (*load)(Image *im, Arena *a);
    // What an address in a table of stubs or of pointers to imports stands for; empty for any other address.
    Str (*import_at)(const Image *im, Arena *a, u64 addr);
    // What the file has at an offset that no section holds; empty: nothing.
    Str (*file_place)(const Image *im, Arena *a, u64 off);
    // Parts of `gild diff`, in the order of the report.
    void (*diff_header)(Diff *d);
    void (*diff_commands)(Diff *d);
    void (*diff_symtab)(Diff *d);
    void (*diff_dynamic)(Diff *d);
    // Parts of `gild info`.
    void (*print_header)(const Image *im);
    void (*print_segments)(const Image *im, Arena *a);
    void (*print_dynamic)(const Image *im, Arena *a);
} ImageFormat;

typedef struct {
    Str seg;        // segment name; where the format has none the rights of its memory: "rx"
    Str name;       // section name
    u64 addr;       // virtual address
    u64 size;       // bytes in memory
    u64 fileoff;    // offset of the contents in the file
    const u8 *data; // contents, NULL for a zero-filled section
    u64 nbytes;     // bytes at data: size, or 0 for a zero-filled section
    u32 align;      // bytes
    bool loaded;    // it is in memory when the program runs
    u32 packed_head; // bytes in front of the zlib stream that is the contents; 0: they are as they are
    u64 unpacked;   // bytes that the stream's head announces
    u64 flags;      // attributes as the format has them, in Mach-O with the type
    u32 type;       // ELF: sh_type
    u32 reserved1;  // Mach-O: first index in the indirect symbol table; ELF: sh_link
    u32 reserved2;  // Mach-O: bytes of one stub; ELF: sh_info
} ImageSect;

typedef struct {
    Str name;  // as in the file, with Mach-O's leading underscore
    u64 value; // address, for symbols defined in a section
    u64 size;  // ELF: st_size
    u32 strx;  // offset of the name in the string table
    u16 desc;  // Mach-O: n_desc; ELF: st_shndx; PE: type
    u16 sect;  // 1-based section number, 0: none
    u8 type;   // Mach-O: n_type; ELF: st_info; PE: class
} ImageSym;

struct Image {
    MappedFile file;
    const ImageFormat *format;
    VEC(ImageSect) sects;
    ImageSym *syms; // in the order of the file
    u32 nsyms;
    u32 *by_addr; // indexes of the symbols defined in a section, by (section, address, position in the file)
    u32 nby_addr;
    u32 *sect_begin;     // by_addr[sect_begin[i] .. sect_begin[i + 1]) are the symbols of sects.v[i]
    MachoView *macho;    // set when the file is Mach-O
    ElfView *elf;        // set when it is ELF
    PeView *pe;          // set when it is PE
    GoTables *go;        // set by go_tables_load when the file carries Go's runtime tables
    const char *problem; // what image_open found wrong
};

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
