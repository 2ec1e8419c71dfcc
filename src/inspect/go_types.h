// go_types.h - which type descriptor lies at an address.
//
// WHAT  The symbol table has no entry for a type: all descriptors share a carrier symbol ("type:*"). So a
//       difference in the type section would only be "somewhere in 130 KB".
// HOW   Descriptors are found from three sides: the typelinks table (Go 1.26), the walk over the descriptors
//       that reflection can reach (Go 1.27 puts them side by side at the start of the section), and
//       DW_AT_go_runtime_type of the debug information, which has every type of a variable.
// REF   reflect, runtime/type.go: moduleTypelinks; internal/abi/type.go: DescriptorSize.
#pragma once

#include "inspect/go_tables.h"

typedef struct {
    u64 addr;
    Str name; // a view of the file
} GoType;

typedef VEC(GoType) GoTypeVec;

// The types that reflection finds by their string, in the order of the table.
void go_typelinks(const GoTables *g, Arena *a, GoTypeVec *out);

// All types that can be found, by address, each once.
void go_types_known(const Image *im, Arena *a, GoTypeVec *out);

// The last type at or below addr, or NULL. v is sorted by address.
const GoType *go_type_below(const GoTypeVec *v, u64 addr);
