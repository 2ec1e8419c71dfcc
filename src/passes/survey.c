// survey.c - reads all that the tables of functions are made from, in one walk over the objects.
//
// WHAT  The stack check, the pclntab and the debugging information each need a part of what objects say about
//       a live function: auxiliary symbols, function information, pc-value tables; and what debugging information
//       refers to, which deadcode has noted (golang/debug_refs.h). These lie all over the object. Pages of inputs
//       are mapped when they are touched and unmapped again to keep memory small (file_trim), so it is mapping
//       that costs, more than reading; and whoever comes by reads everything while the pages are there. What is
//       read becomes compact records, which belong to the topics: each has its survey function in its own file.
//       The passes that come later work on the records.
// HOW   Functions are numbered unit by unit, units in the order of libraries. A batch is a run of functions
//       of one unit; batches are surveyed in parallel. The unit itself belongs to its first batch, so that
//       each unit has one.
#include "passes/survey.h"
#include "dwarf/dwarf.h"
#include "golang/debug_refs.h"
#include "passes/passes.h"

enum { FUNCS_PER_BATCH = 256 };

// Functions [from, to) of Unit.textp.
typedef struct {
    u32 unit, from, to;
} Batch;

typedef struct {
    Program *p;
    VEC(Batch) batches;
} Survey;

static void number_functions(Survey *sv) {
    Program *p = sv->p;
    for (u32 i = 0; i < p->libs.n; i++) {
        const Library *lib = &p->libs.v[p->lib_order[i]];
        for (u32 k = 0; k < lib->units.n; k++) {
            u32 unit = lib->units.v[k], n = p->units.v[unit].textp.n, from = 0;
            p->units.v[unit].func = p->nfunc;
            p->nfunc += n;
            do {
                u32 to = MIN(from + FUNCS_PER_BATCH, n);
                vec_push(&p->arena, &sv->batches, ((Batch){unit, from, to}));
                from = to;
            } while (from < n);
        }
    }
}

// Writes the records of its batches.
static void survey_batches(void *arg, u64 begin, u64 end, u32 worker) {
    Survey *sv = arg;
    Program *p = sv->p;
    for (u32 i = (u32)begin; i < end; i++) {
        const Batch *b = &sv->batches.v[i];
        const Unit *unit = &p->units.v[b->unit];
        Recent recent = {0};
        if (b->from == 0)
            dwarf_survey_unit(p, i, b->unit, worker);
        for (u32 k = b->from; k < b->to; k++) {
            SymId s = unit->textp.v[k];
            stacks_survey_function(p, s, worker);
            pclntab_survey_function(p, s, unit->func + k, &recent, worker);
            dwarf_survey_function(p, i, b->unit, k, worker);
        }
    }
}

// Requires: Unit.textp, lib_order.   Provides: Unit.func, and what the topics keep of functions.
void survey_functions(Program *p) {
    Survey sv = {.p = p};
    number_functions(&sv);
    stacks_survey_begin(p);
    pclntab_survey_begin(p);
    dwarf_survey_begin(p, sv.batches.n);
    parallel_for(p->pool, sv.batches.n, 1, survey_batches, &sv);
    debug_refs_free(p);
}
