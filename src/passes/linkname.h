// linkname.h - the check of references by linkname.
#pragma once

#include "golang/program.h"

// Ends the program when object `from` may not refer to symbol s by this name (-checklinkname=0 allows everything).
void check_linkname(const Program *p, Arena *scratch, const Object *from, Str name, SymId s);
