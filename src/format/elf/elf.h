// elf.h - ELF executables, the format of Linux and Android: what its files share.
//
// WHAT  The file, from its start:
//
//         ELF header, program headers, section headers      elf_headers.c, elf_sections.c
//         free space
//         notes, .interp                                    elf_notes.c      these end at byte 4096
//         text segment       code, .plt
//         rodata segment     read-only data; .dynsym, .rela and other tables for the dynamic linker
//         relro segment      data that only the dynamic linker writes (pie)
//         data segment       .got and .dynamic of a program at fixed addresses, data
//         debugging sections                                not loaded
//         symbol table, its strings, names of sections      elf_symtab.c, elf_sections.c
//
// HOW   The kernel and the dynamic linker read program headers and .dynamic, debuggers and other tools read section
//       headers and the symbol table. Tables for the dynamic linker (elf_dynamic.c) are symbols like any data, so
//       that the layout places them; the relocation table .rela gets its bytes at the end, when all else is in the
//       file.
// REF   System V ABI, chapters 4 and 5, and its processor supplements; elf(5); cmd/link/internal/ld/elf.go,
//       symtab.go.
#pragma once

#include <elf.h>

#include "format/format.h"
#include "format/kept_reloc.h"

enum { ELF_HEADER_RESERVE = 4096 }; // bytes for headers and notes

// The string at off of a table of strings that was read; empty when there is none.
static inline Str elf_string_at(Str table, u32 off) {
    if (off >= table.n)
        return (Str){0};
    return (Str){table.p + off, (u32)strnlen(table.p + off, table.n - off)};
}

// A type of relocation in host objects.
typedef struct {
    u32 type;
    u16 host;  // RelocType: one of R_HOST_*, or what it becomes right away
    u8 siz;    // bytes
    bool pcrel; // counts from the place of the relocation: gild's own count from behind it
} ElfRelocType;

// What differs between processors.
typedef struct {
    u16 machine;                             // e_machine
    u32 r_relative, r_glob_dat, r_jump_slot; // dynamic relocations
    u32 r_address;                           // the same, for the address of a symbol
    u32 plt_entsize;                         // of .plt, as its section header says
    const char *interp, *interp_musl;        // dynamic linkers of Linux
    const char *interp_bionic;               // of Android; NULL: Go does not know any

    const ElfRelocType *host_relocs; // nhost_reloc of them
    u32 nhost_reloc;
    bool has_mapping_symbols;        // assemblers mark code and data with symbols $x, $d

    bool addend_in_place; // a kept relocation's addend stands in its place, too, not only in the record
    // Writes the record, or records, of a kept relocation against symbol number `symnum` at out, unless that is NULL;
    // returns how many. 0: there is none for this type and size.
    u32 (*put_kept)(const KeptReloc *k, u32 symnum, Elf64_Rela *out);

    // Writes the start of .plt, through which the stubs behind it call the dynamic linker.
    void (*start_plt)(Program *p);
    // Appends a stub that jumps to the address in the slot at got_off in .got.plt, and the slot, whose content
    // leads into .plt. Returns the stub's offset.
    u32 (*add_stub)(Program *p, u32 got_off);
} ElfCpu;

extern const ElfCpu elf_cpu_amd64, elf_cpu_arm64;

// A slot of .got that the dynamic linker fills with the address of a symbol.
typedef struct {
    u32 off;
    u32 dynid;
} ElfGotSlot;

// A pointer that it fills with the address of a symbol and so many bytes more: at off in sym.
typedef struct {
    SymId sym;
    u32 off;
    u32 dynid;
    i64 add;
} ElfBoundPointer;

// A section header. Numbers of other sections are known when all headers are in order, so they stand here as
// 1 + position in ElfState.sections, or 0.
typedef struct {
    Str name;
    Elf64_Shdr h; // but for sh_name, and sh_link and sh_info where the next two are set
    u32 link, info;
    u32 number;    // in the file
    Section *sect; // NULL: not made by the layout
} ElfSection;

// Entries and strings of a part of the symbols, local ones before global ones.
enum { ELF_LOCAL, ELF_GLOBAL, ELF_NBIND };

typedef struct {
    u32 n[ELF_NBIND];           // entries
    Elf64_Sym *syms[ELF_NBIND]; // st_name counts from the start of this part's strings
    SymId *ids[ELF_NBIND];      // their symbols
    u32 nstr[ELF_NBIND];        // bytes
    u8 *strings[ELF_NBIND];
    u64 first[ELF_NBIND];   // number of the first entry in the table, and offset of its string; set by
    u64 str_off[ELF_NBIND]; // elf_layout_symtab
} ElfSymPiece;

struct ElfState {
    const ElfCpu *cpu;

    // Dynamic linking.
    SymId dynsym, dynstr, gotplt, hash, version, version_r;
    VEC(Str) libs;             // asked for by directives, in order
    VEC(Str) needed;           // those that have a DT_NEEDED
    SymVec dynsyms;            // symbols of .dynsym; the first one is number 1
    VEC(ElfGotSlot) got_slots; // the first entries of .rela,
    VEC(ElfBoundPointer) bound_pointers; // and those behind them
    u32 nverneed;              // libraries that symbols of a version are needed of

    // Layout of the file; set by layout_tail.
    VEC(ElfSection) sections; // in the order in which they were made
    u32 *order;               // positions in `sections` by number
    VEC(Elf64_Phdr) segments;
    Str interp;
    ByteBuf shstrtab;
    ElfSymPiece *pieces; // of the symbol table
    u32 npiece;
    u32 nsym[ELF_NBIND];
    u32 nfixed;   // entries in front of those
    u32 *symnum;  // in an object: number of the entry that relocations name, by SymId; 0: there is none
    u64 symtab_off, strtab_off, shstrtab_off; // in the file
    u64 strtab_size;
};

// Of the Format: allocates the state; arguments for the compiler. elf.c
void elf_init(Program *p);
extern const char *const elf_compiler_args_amd64[];

// ---- elf_dynamic.c ----------------------------------------------------------------------------------------

// Hooks of the Format, see there.
void elf_make_dynamic_symbols(Program *p);
void elf_finish_symbols(Program *p);
void elf_add_library(Program *p, Str lib, bool for_symbol);
void elf_add_got(Program *p, SymId s);
void elf_add_plt(Program *p, SymId s);
void elf_bind_host_pointer(Program *p, SymId s, const Reloc *r);
void elf_finish_dynamic(Program *p);

// ---- elf_hostobj.c ----------------------------------------------------------------------------------------

// Reads an object of a C compiler (Format.load_host_object).
void elf_load_host_object(Program *p, const HostObject *obj);

// ---- elf_rela.c -------------------------------------------------------------------------------------------

// Bytes of .rela. All dynamic relocations are known.
u64 elf_rela_size(const Program *p);
// Writes .rela. Data is complete in the file.
void elf_write_rela(Program *p);

// ---- elf_shlib.c ------------------------------------------------------------------------------------------

// Reads a library of Go packages (Format.read_shlib).
void elf_read_shlib(Program *p, Str path);

// ---- elf_notes.c ------------------------------------------------------------------------------------------

// Types of Go's notes.
enum { NT_GO_PKGLIST = 1, NT_GO_ABIHASH = 2, NT_GO_DEPS = 3, NT_GO_BUILDID = 4 };

// Makes the section headers and program headers of .interp and the notes.
void elf_layout_notes(Program *p);
void elf_write_notes(Program *p);
// The description of the GNU build id, or nothing.
Str elf_gnu_build_id(Program *p);
// The note with the build id of the go command, as a section of an object.
void elf_add_buildid_note(Program *p);
// Those of a library of Go packages: their names, and a hash of what they export, which the runtime compares.
void elf_add_library_notes(Program *p);

// ---- elf_sections.c ---------------------------------------------------------------------------------------

// The header of this name, by position; made when there is none.
u32 elf_section(Program *p, Str name);
static inline Elf64_Shdr *elf_section_header(const Program *p, u32 i) {
    return &p->elf->sections.v[i].h;
}

// Makes a header for each section of the layout, in the order of the segments.
void elf_list_sections(Program *p);
// Fills in the headers of the tables for the dynamic linker.
void elf_describe_dynamic_sections(Program *p);
// Makes the headers of the symbol table and of names, and fills in those of sections that are not filled in yet.
void elf_describe_sections(Program *p);
// Sorts them and sets Section.extnum. No header is made after this.
void elf_number_sections(Program *p);
// Places the names of the sections behind file offset `off`; returns the end.
u64 elf_layout_section_names(Program *p, u64 off);
void elf_write_section_names(const Program *p);

// ---- elf_object.c -----------------------------------------------------------------------------------------

// The file is an object, which another linker reads.
bool elf_is_object(const Program *p);

// ---- elf_hostlink.c ---------------------------------------------------------------------------------------

// Hooks of the Format.
void elf_add_host_flags(struct HostLink *h);
void elf_add_host_exports(struct HostLink *h);
void elf_finish_host_link(struct HostLink *h);

// ---- elf_symtab.c -----------------------------------------------------------------------------------------

// Makes the symbol table's entries and places it and its strings behind file offset `off`; returns the end. Sections
// have their numbers.
u64 elf_layout_symtab(Program *p, u64 off);
void elf_write_symtab(Program *p);

// ---- elf_headers.c ----------------------------------------------------------------------------------------

// A new program header that covers what the section header describes.
void elf_add_segment(Program *p, u32 type, u32 flags, const Elf64_Shdr *h);
// Program headers of the file itself: PT_PHDR, for elf_layout_notes to go on, and all that come behind the notes.
void elf_start_segments(Program *p);
void elf_finish_segments(Program *p);
// Writes the ELF header, program headers and section headers.
void elf_write_headers(Program *p);
