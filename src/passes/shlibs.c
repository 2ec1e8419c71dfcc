// shlibs.c - libraries of Go packages that the program is linked with (golang/shlib.h).
//
// Requires: symbols resolved.  Provides: Program.shlibs; imported symbols (SYM_DYNIMPORT).
// REF   cmd/link/internal/ld/lib.go: loadlib.
#include "base/diag.h"
#include "format/format.h"
#include "golang/shlib.h"
#include "passes/passes.h"

static bool is_read(const Program *p, Str path) {
    for (u32 i = 0; i < p->nshlib; i++)
        if (str_eq(p->shlibs[i].path, path))
            return true;
    return false;
}

void load_shared_libraries(Program *p) {
    if (!p->opt->linkshared)
        return;
    p->shlibs = arena_array(&p->arena, Shlib, p->libs.n);
    for (u32 i = 0; i < p->libs.n; i++) {
        Str name = p->libs.v[i].shlib;
        Str path = name.n ? shlib_find(p, name) : name;
        if (path.n && !is_read(p, path))
            p->format->read_shlib(p, path);
    }
    checkpoint();
}
