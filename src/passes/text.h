// text.h - what the layout of code without and with trampolines shares.
#pragma once

#include "golang/program.h"

// text.c: places s at addr or, as its alignment asks, behind it; returns the address behind the function.
u64 place_function(Program *p, Section *sect, SymId s, u64 addr);

// trampoline.c: places all of Program.textp from start on, with trampolines where calls need them, and adds
// those to the list; returns the address behind the last function. `unsorted` is the list as it was before FIPS
// functions were gathered.
u64 place_with_trampolines(Program *p, Section *sect, u64 start, const SymVec *unsorted);
