// strdata.c - string variables whose value the command line or the linker gives.
//
// -X importpath.name=value sets a package-level string variable that has no initialiser, or a constant one.
// Three values come from elsewhere and come first or by another way: runtime.defaultGOROOT (environment),
// runtime.buildVersion, and runtime.modinfo (a line of the importcfg). A name that is given twice keeps its
// first place and gets the last value; the order shows in the numbers of the new symbols "<name>.str", which
// hold the bytes and a NUL.
//
// Variables that are not live, or that no package defines, are left alone without a word.
//
// REF   cmd/link/internal/ld/data.go: addstrdata; cmd/link/internal/ld/main.go: Main.
#include "base/diag.h"
#include "golang/experiment.h"
#include "passes/define.h"
#include "passes/passes.h"

enum { PTR_SIZE = 8, STRING_SIZE = 16 };

static void define(Program *p, StrMap *places, Str name, Str value) {
    u32 *place = strmap_slot(places, name, 0);
    if (*place == STRMAP_NONE) {
        *place = p->strdata.n;
        vec_push(&p->arena, &p->strdata, ((StrData){.name = name}));
    }
    p->strdata.v[*place].value = value;
}

// The release's name, and the experiments that differ from its default; a release candidate or development
// version ("go1.27-...") gets them after a blank, others after a dash.
static Str build_version(Program *p) {
    const Options *o = p->opt;
    Str changed = experiments_changed(&p->arena, p->header, o->goos, o->goarch, p->go_version);
    if (!changed.n)
        return p->go_version;
    char sep = str_index_byte(p->go_version, '-') < 0 ? '-' : ' ';
    return arena_printf(&p->arena, STR_FMT "%cX:" STR_FMT, STR_ARG(p->go_version), sep, STR_ARG(changed));
}

static void collect_strings(Program *p) {
    Arena *a = worker_arena(p->pool, 0);
    size_t mark = arena_mark(a);
    StrMap places;
    strmap_init(&places, a, p->opt->xdefs.n + 2);
    if (p->opt->goroot.n)
        define(p, &places, STR("runtime.defaultGOROOT"), p->opt->goroot);
    define(p, &places, STR("runtime.buildVersion"), build_version(p));
    for (u32 i = 0; i < p->opt->xdefs.n; i++)
        define(p, &places, p->opt->xdefs.v[i].name, p->opt->xdefs.v[i].value);
    arena_release(a, mark);
}

// Variable i of the list.
static void set_string(Program *p, u32 i) {
    Str name = p->strdata.v[i].name, value = p->strdata.v[i].value;
    SymId s = sym_lookup(p, name, 0);
    SymId type = s.i ? sym_gotype(p, s) : NIL_SYM;
    if (!type.i)
        return;
    Str type_name = sym_name(p, type);
    if (!str_eq(type_name, STR("type:string"))) {
        error_at(i, STR_FMT ": cannot set with -X: not a var of type string (" STR_FMT ")", STR_ARG(name),
                 STR_ARG(type_name));
        return;
    }
    if (!sym_is_live(p, s))
        return;
    if (sym_kind(p, s) == SYM_BSS)
        p->syms.kind[s.i] = SYM_DATA;

    SymId bytes = define_symbol(p, arena_printf(&p->arena, STR_FMT ".str", STR_ARG(name)), SYM_RODATA);
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

// Requires: live symbols known.   Provides: Program.strdata, the values of the variables in it.
void apply_string_data(Program *p) {
    collect_strings(p);
    for (u32 i = 0; i < p->strdata.n; i++)
        set_string(p, i);
}
