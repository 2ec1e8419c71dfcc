// unresolved.h - what the linker says about references to symbols that nobody defines.
#pragma once

#include "golang/program.h"

// Reports that `from` refers to the undefined symbol that r names: once for each pair. May be called from any
// thread. The text follows the stock linker: it tells apart a missing main.main, a function that exists only
// for another calling convention, and the rest.
void report_unresolved(const Program *p, SymId from, const Reloc *r);
