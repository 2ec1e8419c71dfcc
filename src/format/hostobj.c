// hostobj.c - see hostobj.h.
#include "format/hostobj.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/sort.h"

void host_open(HostReader *r, Program *p, const HostObject *obj, const char *reader) {
    *r = (HostReader){.p = p, .obj = obj, .reader = reader, .version = p->static_version++};
    strmap_init(&r->locals, &p->arena, 64);
}

void host_error(HostReader *r, const char *fmt, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    error("%s: " STR_FMT ": %s", r->reader, STR_ARG(r->obj->what), text);
    r->failed = true;
}

static SymId local_symbol(HostReader *r, Str name) {
    u32 *slot = strmap_slot(&r->locals, name, 0);
    if (*slot == STRMAP_NONE)
        *slot = sym_make_static(r->p, name, r->version).i;
    return (SymId){*slot};
}

SymId host_symbol(HostReader *r, Str name, bool local) {
    Program *p = r->p;
    if (local)
        return local_symbol(r, name);
    // A Go function that C calls may have either calling convention.
    SymId go = sym_lookup(p, name, ABI_INTERNAL);
    const DynSym *d = go.i ? sym_dyn(p, go) : NULL;
    return d && d->cgo_export_static ? go : sym_lookup_or_make(p, name, ABI0);
}

SymId host_section(HostReader *r, Str name, const HostContent *content) {
    Program *p = r->p;
    SymId s = local_symbol(r, name);
    if (sym_kind(p, s) != SYM_NONE) {
        host_error(r, "duplicate section " STR_FMT, STR_ARG(name));
        return NIL_SYM;
    }
    if (content->size > UINT32_MAX) {
        host_error(r, "section " STR_FMT " is too big: %llu bytes", STR_ARG(name),
                   (unsigned long long)content->size);
        return NIL_SYM;
    }
    sym_set_data(p, s, content->data, (u32)content->ndata);
    p->syms.size[s.i] = (u32)content->size;
    p->syms.kind[s.i] = (u8)content->kind;
    if (content->align)
        sym_set_align(p, s, content->align);
    return s;
}

bool host_define(HostReader *r, SymId s, SymId section, u64 off, u32 flags) {
    Program *p = r->p;
    p->syms.flags[s.i] |= (u16)flags;
    SymId outer = sym_outer(p, s);
    if (outer.i) {
        if (sym_flags(p, s) & SYMF_DUPOK)
            return true;
        host_error(r, "duplicate symbol reference: " STR_FMT " in both " STR_FMT " and " STR_FMT,
                   STR_ARG(sym_name(p, s)), STR_ARG(sym_name(p, outer)), STR_ARG(sym_name(p, section)));
        return false;
    }
    if (off > sym_size(p, section)) {
        host_error(r, "symbol " STR_FMT ": offset %llu outside " STR_FMT " of %u bytes", STR_ARG(sym_name(p, s)),
                   (unsigned long long)off, STR_ARG(sym_name(p, section)), sym_size(p, section));
        return false;
    }
    sym_edit(p, s);
    p->syms.kind[s.i] = sym_kind(p, section);
    p->syms.addr[s.i] = off;
    DynSym *d = sym_dyn(p, s);
    if (d && !d->cgo_export_dynamic)
        d->lib = (Str){0}; // it is here and no longer imported
    if (!sym_size(p, section))
        return true; // nothing that it could be a part of
    p->syms.outer[s.i] = section;
    bitmap_set(&p->syms.is_part, s.i);
    vec_push(&p->arena, &r->defs, ((HostDefinition){section, {s, (u32)off}}));
    return true;
}

static int by_place(const void *ctx, u32 a, u32 b) {
    const HostDefinition *x = (const HostDefinition *)ctx + a, *y = (const HostDefinition *)ctx + b;
    if (!sym_eq(x->section, y->section))
        return x->section.i < y->section.i ? -1 : 1;
    return (x->part.off > y->part.off) - (x->part.off < y->part.off);
}

// Sorts the definitions by section and offset. Of several at one place the last one defined becomes the first.
static void sort_definitions(HostReader *r) {
    Arena *a = &r->p->arena;
    u32 n = r->defs.n, *order = arena_array_raw(a, u32, n);
    HostDefinition *defs = arena_array_raw(a, HostDefinition, n);
    for (u32 i = 0; i < n; i++)
        order[i] = n - 1 - i;
    sort_by(a, order, n, by_place, r->defs.v);
    for (u32 i = 0; i < n; i++)
        defs[i] = r->defs.v[order[i]];
    r->defs.v = defs;
    r->sorted = true;
}

// The first definition, in their order, of this section or of one behind it.
static u32 first_definition(const HostReader *r, SymId section) {
    u32 from = 0, to = r->defs.n;
    while (from < to) {
        u32 mid = (from + to) / 2;
        if (r->defs.v[mid].section.i < section.i)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static HostSection sorted_parts(HostReader *r, SymId section) {
    if (!r->sorted)
        sort_definitions(r);
    u32 first = first_definition(r, section), end = first;
    while (end < r->defs.n && sym_eq(r->defs.v[end].section, section))
        end++;
    HostSection hs = {.sym = section, .parts = arena_array_raw(&r->p->arena, HostPart, end - first), .nparts = end - first};
    for (u32 i = first; i < end; i++)
        hs.parts[i - first] = r->defs.v[i].part;
    return hs;
}

void host_finish_section(HostReader *r, SymId section) {
    Program *p = r->p;
    HostSection hs = sorted_parts(r, section);
    if (hs.nparts) {
        bitmap_set(&p->syms.is_carrier, section.i);
        vec_push(&p->arena, &p->host_sections, hs);
    }
    for (u32 i = 0; !r->knows_sizes && i < hs.nparts; i++) {
        u32 end = i + 1 < hs.nparts ? hs.parts[i + 1].off : sym_size(p, section);
        p->syms.size[hs.parts[i].sym.i] = end - hs.parts[i].off;
    }
    if (!kind_is_text(sym_kind(p, section)))
        return;
    vec_push(&p->arena, &p->textp, section);
    for (u32 i = 0; i < hs.nparts; i++)
        vec_push(&p->arena, &p->textp, hs.parts[i].sym);
}
