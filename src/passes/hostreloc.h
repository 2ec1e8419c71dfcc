// hostreloc.h - relocations of host objects become gild's own.
#pragma once

#include "golang/program.h"

// Turns relocation i of s, which has one of the types R_HOST_* but R_HOST_ADDR, into one that relocate_symbol knows. May
// make stubs and GOT slots and change the instruction.
void convert_host_reloc(Program *p, SymId s, u32 i);

// Redirects relocation i of s, which keeps being weak or not.
void redirect_reloc(Program *p, SymId s, u32 i, RelocType type, SymId target, i64 add);

// Makes relocation i of s one that changes nothing.
void drop_reloc(Program *p, SymId s, u32 i);

// The bytes of s, in memory that may be written.
u8 *writable_data(Program *p, SymId s);
