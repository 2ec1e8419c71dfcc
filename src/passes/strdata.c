// strdata.c - string variables whose value the command line or the linker gives.
//
// -X importpath.name=value sets a package-level string variable that has no initialiser, or a constant one.
// Three values come from elsewhere and come first or by another way: runtime.defaultGOROOT (environment),
// runtime.buildVersion, and runtime.modinfo (a line of the importcfg). A name that is given twice keeps its
// first place and gets the last value; the order shows in the numbers of the symbols that hold the bytes.
//
// REF   cmd/link/internal/ld/main.go: Main; cmd/link/internal/ld/data.go: dostrdata.
#include "golang/experiment.h"
#include "passes/define.h"
#include "passes/passes.h"

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

// Requires: live symbols known.   Provides: Program.strdata, the values of the variables in it.
void apply_string_data(Program *p) {
    collect_strings(p);
    for (u32 i = 0; i < p->strdata.n; i++)
        define_string(p, p->strdata.v[i].name, p->strdata.v[i].value, i);
}
