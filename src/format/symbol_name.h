// symbol_name.h - how Go's names are written in symbol tables.
//
// Tools want one symbol a name, and some of them ASCII. So the middle dot, which stands between package and name in
// assembly, becomes a point; and a function of the old calling convention (ABI0) that has a namesake of the new one
// gets a suffix, which leaves the plain name to the namesake. In a library of Go packages, functions of the new one have a
// suffix, too: what is linked with it has to tell them apart.
//
// REF   cmd/link/internal/ld/symtab.go: mangleABIName, putelfsym; macho.go: machosymtab.
#pragma once

#include "golang/program.h"

enum { SYMBOL_SUFFIX_MAX = sizeof ".abiinternal" - 1 };

extern const Str symbol_abi0_suffix; // ".abi0"

// What is added to the name, or empty. The name is as the format looks its namesake up.
Str symbol_abi_suffix(const Program *p, SymId s, Str name);

// The name with points for middle dots, in the arena if it has any.
Str symbol_plain_name(Arena *a, Str name);

// Writes it at out, where name.n bytes are free; returns the bytes written.
u32 symbol_copy_plain(Str name, u8 *out);

// A function that is named by a hash of its content, in releases that keep such names to the module.
bool symbol_is_hashed_text(const Program *p, SymId s);
