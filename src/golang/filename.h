// filename.h - source file names as objects spell them and as the program shows them.
#pragma once

#include "base/arena.h"

// The name that the pclntab and the line tables show: a marker in front of it is cut off, and a leading "$GOROOT/" is replaced by goroot
// when that is not empty (ld.expandFile). The result is a view of the argument or lives in the arena.
Str filename_expand(Arena *a, Str goroot, Str name);
