// define.c - symbols that passes make by name.
#include "passes/define.h"

#include "base/diag.h"

enum { PTR_SIZE = 8, STRING_SIZE = 16 };

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

void define_string(Program *p, Str name, Str value, u64 key) {
    SymId s = sym_lookup(p, name, 0);
    SymId type = s.i ? sym_gotype(p, s) : NIL_SYM;
    if (!type.i)
        return;
    Str type_name = sym_name(p, type);
    if (!str_eq(type_name, STR("type:string"))) {
        error_at(key, STR_FMT ": cannot set with -X: not a var of type string (" STR_FMT ")", STR_ARG(name),
                 STR_ARG(type_name));
        return;
    }
    if (!sym_is_live(p, s))
        return;
    if (sym_kind(p, s) == SYM_BSS)
        p->syms.kind[s.i] = SYM_DATA;

    SymId bytes = define_symbol(p, arena_printf(&p->arena, STR_FMT ".str", STR_ARG(name)), SYM_RODATA);
    clear_symbol(p, bytes); // a library of Go packages may have one, of its size
    sym_add_bytes(p, bytes, value.p, value.n);
    sym_add_u8(p, bytes, 0);

    // The size stays: with -asan a variable is larger than its value.
    u32 size = sym_size(p, s);
    u8 *header = arena_array(&p->arena, u8, STRING_SIZE);
    put_u64le(header + PTR_SIZE, value.n);
    sym_edit(p, s)->nreloc = 0;
    sym_set_data(p, s, header, STRING_SIZE);
    p->syms.size[s.i] = MAX(size, STRING_SIZE);
    sym_add_reloc(p, s, 0, PTR_SIZE, R_ADDR, bytes, 0);
}
