// pe_view.h - reads the headers and tables of a linked PE file.
//
// WHAT  The reverse of format/pe, without any of its code. Executables of 64 bits. Sections and symbols of the Image are
//       filled in from the table of sections and the symbol table; what only PE has is in PeView.
// HOW   Sections of a linked file are not known to tools by Go's names: .data begins with the build information and has
//       moduledata somewhere, which go_tables.c looks for.
// REF   Microsoft, "PE Format".
#pragma once

#include "inspect/image.h"

enum { PE_MAGIC = 0x5a4d, PE_VIEW_NDIR = 16 }; // "MZ"

// A variable that the loader fills with the address of a symbol.
typedef struct {
    u64 slot;
    Str dll, name;
} PeViewImport;

struct PeView {
    u64 head;              // offset of the file header
    u64 optional;          // and of the optional header behind it, whose fixed part is in the file
    u16 nsection;
    u64 base;
    struct {
        u32 rva, size;
    } dirs[PE_VIEW_NDIR];
    Str strtab;            // with its size in front
    VEC(PeViewImport) imports; // in the order of the file
    const u8 *relocs;      // .reloc
    u64 nrelocs;           // bytes
};

extern const ImageFormat image_pe;

// A number of the headers.
typedef struct {
    const char *name;
    bool optional; // in the optional header
    u8 off, size;
} PeField;

extern const PeField pe_fields[];
extern const u32 pe_nfields;
u64 pe_field(const Image *im, const PeField *f);
// The same by name.
u64 pe_field_named(const Image *im, const char *name);

// What the table of directories has at a position: "import".
const char *pe_directory_name(u32 i);

// Hooks of ImageFormat, in diff_pe.c and info_pe.c.
void pe_diff_header(Diff *d);
void pe_diff_commands(Diff *d); // directories
void pe_diff_symtab(Diff *d);
void pe_diff_dynamic(Diff *d);  // imports, base relocations
void pe_print_header(const Image *im);
void pe_print_segments(const Image *im, Arena *a);
void pe_print_dynamic(const Image *im, Arena *a);
