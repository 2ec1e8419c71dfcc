// gcdata.h - the pointer masks of global variables.
#pragma once

#include "golang/program.h"

// Fills runtime.gcdata and runtime.gcbss: which words of .data and .bss hold pointers. The symbols are in
// address order with their offsets in the section; data_size and bss_size are the sections' sizes in bytes.
void make_gc_masks(Program *p, const SymVec *data, u64 data_size, const SymVec *bss, u64 bss_size);
