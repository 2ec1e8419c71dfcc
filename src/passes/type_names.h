// type_names.h - the order of types by name.
#pragma once

#include "golang/program.h"

// Ranks n type descriptors by the name under which they are printed: rank[i] < rank[j] when the name of
// types[i] sorts before that of types[j] (bytewise), equal for equal names. Ranks are dense, from 0; returns
// their number.
u32 rank_type_names(Program *p, const SymId *types, u32 n, u32 *rank);
