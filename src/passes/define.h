// define.h - symbols that passes make by name.
//
// Each call takes the next symbol number unless an object mentioned the name before; so the order of the
// calls is part of the output. See program.h, ORDER.
#pragma once

#include "golang/program.h"

// The symbol of this name (ABI0), live, with content of the linker's own and the given kind
// (loader.CreateSymForUpdate).
SymId define_symbol(Program *p, Str name, SymKind kind);

// The same for a marker: special (not laid out) and not visible outside (ld.defineInternal).
SymId define_marker(Program *p, Str name, SymKind kind);

// Gives the string variable its value, in a new symbol "<name>.str", which holds the bytes and a NUL
// (ld.addstrdata). A variable that is not live, or that no package defines, is left alone without a word; one of
// another type is an error. The key orders errors.
void define_string(Program *p, Str name, Str value, u64 key);

// Removes the content that a live symbol of the linker has, so that a pass can append its own. Relocations
// stay.
void clear_symbol(Program *p, SymId s);
