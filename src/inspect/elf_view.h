// elf_view.h - reads the headers and tables of a linked ELF file.
//
// WHAT  The reverse of format/elf: that writes these tables from the link's data, this reads them from the
//       bytes and shares no code with it, so that a mistake there is not repeated here. Executables of 64 bits,
//       little-endian.
// HOW   The sections and symbols of the Image are filled in from section headers and .symtab; what only ELF has is
//       kept as views of validated ranges of the file.
// REF   elf(5); System V ABI, chapters 4 and 5.
#pragma once

#include <elf.h>

#include "inspect/image.h"

enum { ELF_MAGIC = 0x464c457f };

// A table in the file: n elements from p.
typedef struct {
    const u8 *p;
    u64 n;
} ElfTable;

struct ElfView {
    Elf64_Ehdr head;
    ElfTable segments; // Elf64_Phdr
    ElfTable dynamic;  // Elf64_Dyn
    ElfTable rela;     // Elf64_Rela of .rela
    ElfTable rela_plt; // Elf64_Rela of .rela.plt
    ElfTable dynsym;   // Elf64_Sym
    Str dynstr;        // strings of .dynsym and .dynamic
    Str strtab;        // strings of .symtab
};

extern const ImageFormat image_elf;

// Element i of a table.
Elf64_Phdr elf_segment(const ElfView *v, u64 i);
Elf64_Dyn elf_dyn(const ElfView *v, u64 i);
Elf64_Rela elf_rela(ElfTable t, u64 i);

// The string at an offset of a string table; empty when it lies outside.
Str elf_string(Str table, u64 off);

// Name of symbol number i of .dynsym.
Str elf_dynsym_name(const ElfView *v, u64 i);

// "LOAD", "DYNAMIC"; "segment type 0x…" for one we have no name for. The same for tags of .dynamic.
const char *elf_segment_name(Arena *a, u32 type);
const char *elf_tag_name(Arena *a, i64 tag);

// "rwx" with dashes, by PF_* flags.
Str elf_rights(Arena *a, u32 flags);

// Hooks of ImageFormat, in diff_elf.c and info_elf.c.
void elf_diff_header(Diff *d);   // fields of the ELF header
void elf_diff_commands(Diff *d); // program headers
void elf_diff_symtab(Diff *d);   // symbol table and its strings
void elf_diff_dynamic(Diff *d);  // .dynamic, .dynsym, dynamic relocations
void elf_print_header(const Image *im);
void elf_print_segments(const Image *im, Arena *a);
void elf_print_dynamic(const Image *im, Arena *a);
