// relocate.h - relocations are applied to the bytes of a symbol.
//
// WHAT  All addresses are final; a relocation's value is computed from the target's address, its section and
//       the place of the relocation, checked for range and stored. The same code serves text, data and
//       debugging information.
// REF   cmd/link/internal/ld/data.go: relocsym; cmd/internal/objabi/reloctype.go.
#pragma once

#include "golang/program.h"

// One relocation with the symbol that it is in.
typedef struct RelocSite {
    const Program *p;
    SymId from;
    Reloc r;
} RelocSite;

// Applies the relocations of s to bytes[0..n), a copy of its content. Errors are reported under the symbol's
// number, so any thread may do this.
void relocate_symbol(const Program *p, SymId s, u8 *bytes, u32 n);

// The steps of relocate_symbol one by one, for objects (format/kept_reloc.c), which do not apply all of them. Whether
// there is something to do, in n bytes, with a target that exists; anything else but a mere marker is reported.
bool reloc_is_sound(const RelocSite *s, u32 n);
void relocate_site(RelocSite *s, u8 *bytes);
// Stores a value, after a check of its range, at the place of the relocation.
void reloc_store(const RelocSite *s, u8 *at, i64 v);

// For Arch.relocate: an error of this relocation.
void reloc_error(const RelocSite *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
