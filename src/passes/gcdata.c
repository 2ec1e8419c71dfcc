// gcdata.c - the pointer masks of global variables.
//
// WHAT  The garbage collector must know which words of .data and .bss are pointers. Each variable there has a
//       type; its mask is put where the variable is. The result is a program (golang/gcprog.h) that the
//       runtime unpacks once, at start.
// HOW   The type decides how a mask is described: an array is one element, repeated; a struct is its fields
//       that hold pointers; all else has a mask of its own next to its descriptor.
// REF   cmd/link/internal/ld/data.go: GCProg; runtime/symtab.go: modulesinit.
#include "passes/gcdata.h"

#include "base/diag.h"
#include "golang/gcprog.h"
#include "golang/gotype.h"
#include "passes/define.h"

enum {
    PTR_SIZE = 8,
    MAX_DEPTH = 1000
}; // types nest no deeper than this: a corrupt descriptor may contain itself

typedef struct {
    Program *p;
    SymId sym;   // the mask's symbol
    SymId var;   // the variable in work
    u64 limit;   // its end: offset in the section
    bool failed; // its type is corrupt
    ByteBuf out;
    GcProg prog;
} MaskWriter;

static void add_type(MaskWriter *w, u64 off, SymId type, u32 depth);

static void fail(MaskWriter *w, SymId type, const char *what) {
    error(STR_FMT ": type " STR_FMT " of " STR_FMT " %s", STR_ARG(sym_name(w->p, w->sym)),
          STR_ARG(sym_name(w->p, type)), STR_ARG(sym_name(w->p, w->var)), what);
    w->failed = true;
}

// Whether [off, off + size) is in the variable and not described yet.
static bool fits(MaskWriter *w, SymId type, u64 off, u64 size) {
    if (off / PTR_SIZE >= w->prog.index && off <= w->limit && size <= w->limit - off)
        return true;
    fail(w, type, "does not fit");
    return false;
}

static void add_plain_type(MaskWriter *w, u64 off, GoType *t) {
    u32 n;
    u64 ptrdata = gotype_ptrdata(t);
    if (gotype_gcmask_on_demand(t))
        error(STR_FMT ": GC mask not available", STR_ARG(sym_name(w->p, w->sym)));
    const u8 *mask = gotype_gcmask(t, &n);
    if (!mask && n)
        error("cannot find gcmask for " STR_FMT, STR_ARG(sym_name(w->p, t->sym)));
    else if (fits(w, t->sym, off, ptrdata))
        gcprog_mask(&w->prog, off / PTR_SIZE, mask, MIN(ptrdata / PTR_SIZE, n * 8ull));
}

static void add_array(MaskWriter *w, u64 off, GoType *t, u32 depth) {
    SymId elem = gotype_elem(t);
    u64 n = gotype_array_len(t);
    add_type(w, off, elem, depth);
    if (n <= 1 || w->failed)
        return;
    GoType e = gotype_open(w->p, elem);
    u64 size = gotype_size(&e), total;
    if (__builtin_mul_overflow(size, n, &total) || !fits(w, t->sym, off + size, total - size))
        return;
    gcprog_zero_until(&w->prog, (off + size) / PTR_SIZE);
    gcprog_repeat(&w->prog, size / PTR_SIZE, n - 1);
}

static void add_struct(MaskWriter *w, u64 off, GoType *t, u32 depth) {
    u64 n = gotype_nfield(t);
    for (u64 i = 0; i < n && !w->failed; i++) {
        SymId type = gotype_field_type(t, i);
        GoType f = gotype_open(w->p, type);
        if (gotype_ptrdata(&f))
            add_type(w, off + gotype_field_offset(t, i), type, depth);
    }
}

// The pointers of a value of the type at `off`.
static void add_type(MaskWriter *w, u64 off, SymId type, u32 depth) {
    GoType t = gotype_open(w->p, type);
    if (!gotype_ptrdata(&t))
        error(STR_FMT ": has no pointers but in data section", STR_ARG(sym_name(w->p, w->sym)));
    if (depth == MAX_DEPTH) {
        fail(w, type, "contains itself");
        return;
    }
    switch (gotype_kind(&t)) {
    case GOKIND_ARRAY: add_array(w, off, &t, depth + 1); break;
    case GOKIND_STRUCT: add_struct(w, off, &t, depth + 1); break;
    default: add_plain_type(w, off, &t); break;
    }
}

// Markers have places among the variables in some files (Format.sized_markers).
static bool is_marker(const Program *p, SymId s) {
    static const Str names[] = {STR_INIT("runtime.data"), STR_INIT("runtime.edata"), STR_INIT("runtime.bss"),
                                STR_INIT("runtime.ebss")};
    for (u32 i = 0; i < COUNT_OF(names); i++)
        if (str_eq(sym_name(p, s), names[i]))
            return true;
    return false;
}

static void add_variable(MaskWriter *w, SymId s) {
    SymId type = sym_gotype(w->p, s);
    w->var = s;
    w->limit = sym_addr(w->p, s) + sym_size(w->p, s);
    w->failed = false;
    if (type.i)
        add_type(w, sym_addr(w->p, s), type, 0);
    else if (!is_marker(w->p, s))
        error(STR_FMT ": missing Go type information for global symbol " STR_FMT ": size %u",
              STR_ARG(sym_name(w->p, w->sym)), STR_ARG(sym_name(w->p, s)), sym_size(w->p, s));
}

static void make_mask(Program *p, Str name, const SymVec *syms, u64 size) {
    MaskWriter w = {.p = p, .sym = define_symbol(p, name, SYM_RODATA), .out = {.arena = &p->arena}};
    gcprog_init(&w.prog, &w.out);
    for (u32 i = 0; i < syms->n; i++)
        add_variable(&w, syms->v[i]);
    gcprog_zero_until(&w.prog, size / PTR_SIZE);
    gcprog_end(&w.prog);
    sym_set_data(p, w.sym, w.out.v, w.out.n);
}

void make_gc_masks(Program *p, const SymVec *data, u64 data_size, const SymVec *bss, u64 bss_size) {
    make_mask(p, STR("runtime.gcdata"), data, data_size);
    make_mask(p, STR("runtime.gcbss"), bss, bss_size);
}
