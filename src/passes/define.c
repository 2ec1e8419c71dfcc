// define.c - symbols that passes make by name.
#include "passes/define.h"

SymId define_symbol(Program *p, Str name, SymKind kind) {
    SymId s = sym_lookup_or_make(p, name, 0);
    bitmap_set(&p->syms.live, s.i);
    sym_edit(p, s);
    p->syms.kind[s.i] = kind;
    return s;
}

SymId define_marker(Program *p, Str name, SymKind kind) {
    SymId s = define_symbol(p, name, kind);
    bitmap_set(&p->syms.special, s.i);
    bitmap_set(&p->syms.is_local, s.i);
    return s;
}

void clear_symbol(Program *p, SymId s) {
    MadeSym *m = sym_edit(p, s);
    m->data = NULL;
    m->ndata = 0;
    m->data_cap = 0;
    p->syms.size[s.i] = 0;
}
