// dynsyms.c - the symbols of the linkage tables.
//
// Each format has its own tables (GOT, stubs, import lists). All formats also mention the tables of ELF,
// which costs nothing: what nobody fills stays out of the file. Requires: live symbols known.  Provides:
// Program.got, plt, dynamic, unreachable_method and the format's own.
// REF   cmd/link/internal/ld/macho.go: domacho; lib.go: setArchSyms.
#include "arch/arch.h"
#include "format/format.h"
#include "passes/define.h"
#include "passes/passes.h"

// A symbol that code mentions and nobody defines may be one of C, which the system's linker finds.
static void pass_on_undefined(Program *p) {
    for (u32 i = 0; i < p->textp.n; i++) {
        SymId text = p->textp.v[i];
        RelocList rl = sym_relocs(p, text);
        for (u32 k = 0; k < rl.n && !bitmap_get(&p->syms.special, text.i); k++) {
            SymId s = reloc_sym(p, rl, k);
            if (!s.i || sym_kind(p, s) != SYM_NONE || bitmap_get(&p->syms.is_local, s.i))
                continue;
            sym_edit(p, s);
            p->syms.kind[s.i] = SYM_UNDEFEXT;
        }
    }
}

// The runtime calls main.main, which a library of Go packages has not: the program that uses it has.
static void import_main(Program *p) {
    SymId s = sym_lookup(p, STR("main.main"), ABI_INTERNAL);
    if (p->opt->buildmode == BUILDMODE_SHARED && s.i && sym_kind(p, s) == SYM_NONE) {
        sym_edit(p, s);
        p->syms.kind[s.i] = SYM_DYNIMPORT;
    }
}

static bool has_undefined(const Program *p) {
    for (u32 i = p->syms.ext_start; i < p->syms.n; i++)
        if (sym_is_live(p, (SymId){i}) && sym_kind(p, (SymId){i}) == SYM_NONE)
            return true;
    return false;
}

// A module that joins a running program tells the runtime of itself: a function that the dynamic linker calls passes
// the address of its moduledata to runtime.addmoduledata.
static void add_module_initializer(Program *p) {
    SymId add = sym_lookup_or_make(p, STR("runtime.addmoduledata"), ABI0);
    bool plugin = p->opt->buildmode == BUILDMODE_PLUGIN;
    if (kind_is_text(sym_kind(p, add)) && !plugin)
        return; // the program that has the runtime
    bitmap_set(&p->syms.live, add.i);
    SymId func = define_symbol(p, STR("go:link.addmoduledata"), SYM_TEXT);
    bitmap_set(&p->syms.is_local, func.i);
    if (plugin)
        vec_push(&p->arena, &p->textp, add);
    vec_push(&p->arena, &p->textp, func);
    vec_push(&p->arena, &p->text_runs, ((TextRun){LIB_NONE, plugin ? 2 : 1}));
    SymId entry = define_symbol(p, STR("go:link.addmoduledatainit"), SYM_INITARR);
    bitmap_set(&p->syms.is_local, entry.i);
    sym_add_addr(p, entry, func, 0);
    p->arch->write_module_initializer(p, func, add);
}

void prepare_dynamic_symbols(Program *p) {
    if (p->format->make_symbols)
        p->format->make_symbols(p);
    p->got = sym_lookup_or_make(p, STR(".got"), 0);
    p->plt = sym_lookup_or_make(p, STR(".plt"), 0);
    sym_lookup_or_make(p, STR(".got.plt"), 0);
    p->dynamic = sym_lookup_or_make(p, STR(".dynamic"), 0);
    sym_lookup_or_make(p, STR(".dynsym"), 0);
    sym_lookup_or_make(p, STR(".dynstr"), 0);
    p->unreachable_method = sym_lookup_or_make(p, STR("runtime.unreachableMethod"), ABI_INTERNAL);
    bitmap_set(&p->syms.live, p->unreachable_method.i); // also in a library of Go packages without the runtime
    if (p->external && has_undefined(p))
        pass_on_undefined(p);
    import_main(p);
    if (p->format->finish_symbols)
        p->format->finish_symbols(p);
    if (p->go_dynlink)
        add_module_initializer(p);
}
