// filename.c - expansion of source file names.
#include "golang/filename.h"

#include "golang/gostrings.h"

Str filename_expand(Arena *a, Str goroot, Str name) {
    Str marker = STR("gofile.."); // cmd/internal/src: FileSymPrefix
    if (str_has_prefix(name, marker))
        name = str_slice(name, marker.n, name.n);
    Str var = STR("$GOROOT");
    if (goroot.n && name.n > var.n && str_has_prefix(name, var) && (name.p[var.n] == '/' || name.p[var.n] == '\\'))
        return path_join(a, goroot, str_slice(name, var.n, name.n));
    return name;
}
