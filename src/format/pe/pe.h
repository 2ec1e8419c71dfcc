// pe.h - the back end for PE files (Windows): state and parts. docs/pe.md describes the format.
//
// WHAT  A PE file is headers and sections. A section is contiguous both in the file, at multiples of FILE_ALIGN, and in
//       memory, at multiples of SECTION_ALIGN; what the loader has to find (imports, relocations, tables for unwinding)
//       is in a table of directories in the headers. Addresses in all tables count from the image's base: RVAs.
//
//         headers | .text | .rdata | .data | .pdata | .xdata | debugging | .idata | .reloc | .symtab | .rsrc
//
//       The segments of a Go program become the first five; debugging sections follow as they are. The rest is made
//       here, behind the segments. The loader maps .symtab, too, since the stock linker makes a section of the symbol table.
// HOW   layout_tail lists all sections, which gives those behind the segments their places, and prepares their contents;
//       write_tail writes these and the headers.
// REF   Microsoft, "PE Format"; cmd/link/internal/ld/pe.go, seh.go.
#pragma once

#include "format/format.h"

enum {
    PE_FILE_ALIGN = 512,
    PE_SECTION_ALIGN = 4096,
    PE_SYMBOL_SIZE = 18,   // of a record in the symbol table
    PE_SHORT_NAME = 8,     // bytes of a name in a record; longer names are in the string table
    PE_STRINGS_START = 4,  // of the string table: behind its size
    PE_MAX_SECTIONS = 24,
};

// Positions in the table of directories.
typedef enum {
    PE_DIR_IMPORT = 1,
    PE_DIR_RESOURCE = 2,
    PE_DIR_EXCEPTION = 3,
    PE_DIR_BASE_RELOC = 5,
    PE_DIR_LOAD_CONFIG = 10,
    PE_DIR_IAT = 12,
    PE_NDIR = 16,
} PeDirectoryIndex;

// What the system may do with a section.
enum {
    SCN_CODE = 0x00000020,
    SCN_INITIALIZED = 0x00000040,
    SCN_ALIGN_1 = 0x00100000,
    SCN_DISCARDABLE = 0x02000000,
    SCN_EXECUTE = 0x20000000,
    SCN_READ = 0x40000000,
};
#define SCN_WRITE 0x80000000u // too big for an enumeration

typedef struct {
    u32 rva, size;
} PeDirectory;

typedef struct {
    char name[PE_SHORT_NAME]; // "/N": at N in the string table
    u32 size;                 // in memory
    u32 rva;
    u32 filesize;
    u32 fileoff;
    u32 flags;                // SCN_*
} PeSection;

// Numbers of a processor.
typedef struct {
    u16 machine;
    u16 addr32nb; // relocation type of an RVA
    bool fixed;  // a program without base relocations can run
    bool unwind; // functions have tables for unwinding
} PeCpu;

// A library with the symbols that are imported from it.
typedef struct {
    Str name;
    SymVec syms;
} PeDll;

// A function with a record for unwinding.
typedef struct {
    SymId func;
    u32 xdata; // offset of what it refers to
} PeUnwind;

// Symbols of the symbol table that are made by one thread.
typedef struct {
    u8 *entries;
    u32 n;
    u8 *strings;
    u32 nstr;    // bytes
    u64 first;   // number of its first entry,
    u64 str_off; // and place of its strings
} PeSymPiece;

struct PeState {
    const PeCpu *cpu;
    SymId windynamic;        // the variables that are imports, library by library, each list with a zero at its end
    SymId load_config;       // nil: there is none
    SymId pdata, xdata;
    VEC(PeDll) dlls;         // in the file's order, which is that of the slots in windynamic
    VEC(PeUnwind) unwinds;   // as they are in .pdata

    PeSection sections[PE_MAX_SECTIONS];
    u32 nsection;
    u32 next_rva, next_fileoff;
    PeDirectory dirs[PE_NDIR];
    u32 text, rdata, data;   // numbers of these sections, from 1 on
    ByteBuf names;           // of sections: the start of the string table
    u32 idata_section, reloc_section, rsrc_section; // numbers, 0: there is none
    ByteBuf idata, base_relocs, rsrc; // their contents
    VEC(u32) rsrc_relocs;    // places in rsrc to which the section's RVA is added
    u32 thunks_off;          // in idata: the lists of names
    PeSymPiece *sym_pieces;
    u32 nsym_piece;
    u64 nsym;
    u64 strtab_size;         // with the bytes of the size
    u64 symtab_off;          // in the file
};

// Adds a section behind the others: so many bytes in memory and in the file. Returns its number, from 1 on.
u32 pe_add_section(Program *p, Str name, u64 size, u64 filesize, u32 flags);

static inline PeSection *pe_section(PeState *pe, u32 number) {
    return &pe->sections[number - 1];
}

// pe_imports.c
void pe_make_imports(Program *p);     // Program.pe->dlls, windynamic
void pe_layout_imports(Program *p);   // section .idata
void pe_write_imports(const Program *p); // and into the slots

// pe_unwind.c
void pe_make_unwind_symbols(Program *p);
void pe_collect_unwind(Program *p);   // sizes of .pdata and .xdata
void pe_add_unwind_sections(Program *p);

// pe_base_relocs.c
void pe_layout_base_relocs(Program *p); // section .reloc
void pe_write_base_relocs(const Program *p);
bool pe_needs_base_relocs(const Program *p);

// pe_resources.c
void pe_load_host_object(Program *p, const HostObject *obj);
void pe_layout_resources(Program *p); // section .rsrc
void pe_write_resources(const Program *p);

// pe_symtab.c
void pe_layout_symtab(Program *p);    // section .symtab
void pe_write_symtab(Program *p);

// pe_headers.c
void pe_write_headers(Program *p);
