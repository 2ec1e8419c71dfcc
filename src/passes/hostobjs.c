// hostobjs.c - objects of C compilers are read: those in package archives (cgo, .syso).
//
// They come after the directives of cgo, which say what C may ask of Go, and in the order in which they were found,
// since each new name takes the next symbol number.
// Requires: symbols resolved, cgo directives applied.  Provides: host_sections, their functions in Program.textp.
// REF   cmd/link/internal/ld/lib.go: hostobjs.
#include "base/diag.h"
#include "format/format.h"
#include "passes/passes.h"

void load_host_objects(Program *p) {
    for (u32 i = 0; i < p->host_objs.n; i++)
        p->format->load_host_object(p, &p->host_objs.v[i]);
    checkpoint();
}
