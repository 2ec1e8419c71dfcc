// fieldtrack.c - which tracked fields of structures the program uses, and in which functions.
//
// WHAT  With GOEXPERIMENT=fieldtrack, a field with the tag go:"track" is remembered: each function that uses it
//       has a marker (R_USEFIELD) that leads to a symbol "go:track.<package>.<type>.<field>", which nobody defines.
//       If deadcode reached that symbol, some function that is linked uses the field. -k names a string variable
//       that is told so, a line for each field:
//
//           <package>.<type>.<field> TAB <function> TAB <what led to it> TAB ... <entry point> NEWLINE
//
// HOW   Fields come in the order of their symbols' numbers. What led to a function is what deadcode visited when
//       it met it first, so it goes through symbols in the stock linker's order (Program.reached_from).
// REF   cmd/link/internal/ld/go.go: fieldtrack; cmd/compile/internal/ssagen/pgen.go: fieldtrack.
#include "passes/define.h"
#include "passes/passes.h"

static void add_chain(const Program *p, ByteBuf *b, u32 field, u32 prefix) {
    Str name = sym_name(p, (SymId){field});
    buf_str(b, str_slice(name, prefix, name.n));
    for (u32 s = p->reached_from[field]; s; s = p->reached_from[s]) {
        buf_u8(b, '\t');
        buf_str(b, sym_name(p, (SymId){s}));
    }
    buf_u8(b, '\n');
}

// Requires: deadcode.   Provides: the variable of -k.
void track_fields(Program *p) {
    const Str prefix = STR("go:track.");
    if (!p->reached_from)
        return;
    ByteBuf b = {.arena = &p->arena};
    for (u32 s = 1; s < p->syms.n; s++) {
        if (!sym_is_live(p, (SymId){s}) || !str_has_prefix(sym_name(p, (SymId){s}), prefix))
            continue;
        bitmap_set(&p->syms.special, s);
        bitmap_set(&p->syms.not_in_symtab, s);
        add_chain(p, &b, s, prefix.n);
    }
    SymId var = sym_lookup(p, p->opt->fieldtrack, ABI0);
    if (p->opt->fieldtrack.n && var.i && sym_is_live(p, var))
        define_string(p, p->opt->fieldtrack, (Str){(const char *)b.v, b.n}, 0);
}
