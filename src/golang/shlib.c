// shlib.c - see shlib.h.
#include "golang/shlib.h"

#include <unistd.h>

#include "base/diag.h"

static const Shlib *shlib_of(const Program *p, SymId s) {
    const DynSym *d = sym_dyn(p, s);
    return d && d->shlib ? &p->shlibs[d->shlib - 1] : NULL;
}

SymId shlib_pointer(const Program *p, SymId type, u32 off) {
    const Shlib *lib = shlib_of(p, type);
    if (!lib)
        return NIL_SYM;
    u64 addr = sym_dyn(p, type)->shlib_addr + off;
    u32 from = 0, to = lib->pointers.n;
    while (from < to) {
        u32 mid = (from + to) / 2;
        if (lib->pointers.v[mid].addr < addr)
            from = mid + 1;
        else
            to = mid;
    }
    if (from == lib->pointers.n || lib->pointers.v[from].addr != addr) {
        error("can't find relocation in " STR_FMT " at offset %u", STR_ARG(sym_name(p, type)), off);
        return NIL_SYM;
    }
    Str target = lib->pointers.v[from].target;
    SymId s = sym_lookup(p, target, 0);
    if (!s.i)
        error("can't find target of relocation in " STR_FMT " at offset %u: " STR_FMT, STR_ARG(sym_name(p, type)), off,
              STR_ARG(target));
    return s;
}

const u8 *shlib_bytes(const Program *p, SymId type, u64 addr, u64 n) {
    const Shlib *lib = shlib_of(p, type);
    for (u32 i = 0; lib && i < lib->parts.n; i++) {
        const ShlibPart *part = &lib->parts.v[i];
        if (addr >= part->addr && addr - part->addr < part->n && n <= part->n - (addr - part->addr))
            return part->data + (addr - part->addr);
    }
    return NULL;
}

Str shlib_find(Program *p, Str name) {
    if (name.n && name.p[0] == '/')
        return name;
    for (u32 i = 0; i <= p->opt->libdirs.n; i++) {
        Str dir = i < p->opt->libdirs.n ? p->opt->libdirs.v[i] : installed_packages(p);
        Str path = arena_printf(&p->arena, STR_FMT "/" STR_FMT, STR_ARG(dir), STR_ARG(name));
        if (dir.n && access(path.p, F_OK) == 0)
            return path;
    }
    error("cannot find shared library: " STR_FMT, STR_ARG(name));
    return (Str){0};
}
