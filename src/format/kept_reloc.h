// kept_reloc.h - relocations that are left to the linker that reads an object.
//
// WHAT  In an external link the file is an object: where its sections will be, and where the symbols of C are, only the
//       system's linker knows. So a relocation is either applied - its value is the same wherever the sections are: a
//       distance inside a section, an offset from a section's start - or kept as a record of the file's format.
// HOW   The rule is the relocation's type and, for distances, whether both ends are in one section. A target inside a
//       carrier (type:*, go:string.*) is named by the carrier and an offset, as it is not in the symbol table itself.
//       The same rule is asked three times: for what stands in the bytes, for the number of records, and for them.
// REF   cmd/link/internal/ld/data.go: relocsym, extreloc; cmd/link/internal/{amd64,arm64}/asm.go: archreloc, extreloc.
#pragma once

#include "arch/relocate.h"

typedef struct KeptReloc {
    u64 off;             // of the place from the start of its section
    u16 type;            // RelocType
    u8 siz;              // bytes
    SymId sym;           // target,
    const Section *sect; // or, if that is nil, the start of a section
    i64 add;
    bool imported;       // the target is in a shared library
    bool function;       // and is known to be a function: a library of Go packages says so
    bool debug;          // it is in debugging information
} KeptReloc;

// Names the carrier of the target, if it has one, instead of the target.
void kept_fold_carrier(const Program *p, KeptReloc *k);

// Whether the relocation is kept, and how. It is one that changes bytes, in bounds and with a sound target.
bool kept_reloc(const RelocSite *site, KeptReloc *k);

// Applies the relocations of s to bytes[0..n), a copy of its content, or, where they are kept, puts in what the format
// wants to stand there. Any thread may do this.
void keep_symbol(const Program *p, SymId s, u8 *bytes, u32 n);

// Writes the records of the kept relocations of s at out, which may be NULL; returns their bytes.
u64 kept_put_symbol(const Program *p, SymId s, u8 *out);
