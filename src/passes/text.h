// text.h - what the layout of code without and with trampolines shares.
#pragma once

#include "golang/program.h"

// text.c: the address for s at addr or, as its alignment asks, behind it. The section gets that alignment, too.
u64 align_function(Program *p, Section *sect, SymId s, u64 addr);

// Places s at that address; returns the one behind the function.
u64 put_function(Program *p, Section *sect, SymId s, u64 addr);

// The room that a function of this size takes.
u64 function_room(u32 size);

// trampoline.c: places all of Program.textp from start on, with trampolines where calls need them, and adds
// those to the list; returns the address behind the last function. *sect is the first section of code, and is set to
// the last one. `unsorted` is the list as it was before FIPS functions were gathered.
u64 place_with_trampolines(Program *p, Section **sect, u64 start, const SymVec *unsorted);
