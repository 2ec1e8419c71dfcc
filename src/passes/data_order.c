// data_order.c - the order of data symbols within their kind.
//
// WHAT  Symbols of a kind are laid out by size, small ones first, and by number among equals. Exceptions:
//
//         zerobase     runtime.zerobase comes right behind the symbols without size, which share its address
//         ELF GOT      by name
//         ELF tables   .rela.plt comes right behind .rela, since dynamic linkers may read both as one
//         pclntab      stays as it was made
//         types        (releases that group itabs with them) type:*, then the descriptors that reflect may
//                      look for, by name of the type; then other descriptors, then itabs, both by size. The
//                      runtime searches the first part; moduledata says where it ends and where the itabs
//                      are.
//
// HOW   Kinds are sorted in parallel, the biggest first. Sizes are radix-sorted. Names of types tie, so their
//       order is that of Go's unstable sort over the whole bucket: ranks are computed first, then that sort
//       moves them.
// REF   cmd/link/internal/ld/data.go: dodataSect; runtime/type.go: moduleTypelinks.
#include "passes/data_order.h"

#include "arch/arch.h"
#include "base/diag.h"
#include "base/sort.h"
#include "format/format.h"
#include "golang/pdqsort.h"
#include "passes/type_names.h"

static const u32 max_symbol = 2000000000; // bytes (data.go: cutoff)

typedef enum { TYPE_FIRST, TYPE_CARRIER, TYPE_LINKED, TYPE_OTHER, TYPE_ITAB, TYPE_LAST } TypeClass;

// Types with what decides their order, by position in the bucket.
typedef struct {
    u8 *class; // TypeClass
    u32 *rank; // of the TYPE_LINKED: by name
    u32 nrank;
    SymId carrier;
} TypeKeys;

typedef struct {
    Program *p;
    SymVec *by_kind;
    u32 *max_align;
    u8 kinds[SYM_KIND_COUNT]; // biggest first
    SymId zerobase;
    Bitmap firsts, lasts; // markers with a place of their own (Format.sized_markers); empty bitmaps: there are none
    TypeKeys types;
} Ordering;

static bool is_marker(const Bitmap *b, SymId s) {
    return b->w && bitmap_get(b, s.i);
}

// ---- by size ----------------------------------------------------------------------------------------------

static void sort_by_size(const Ordering *o, Arena *a, SymVec *syms) {
    const Program *p = o->p;
    SortPair *v = arena_array_raw(a, SortPair, syms->n);
    for (u32 i = 0; i < syms->n; i++) {
        SymId s = syms->v[i];
        // One bit below the size puts zerobase between sizes 0 and 1.
        u64 key = s.i == o->zerobase.i ? 3 : (u64)sym_size(p, s) * 2 + 2;
        if (is_marker(&o->firsts, s))
            key = 0;
        else if (is_marker(&o->lasts, s))
            key = UINT64_MAX;
        v[i] = (SortPair){.key = key, .val = s.i};
    }
    sort_u64_pairs(a, v, syms->n);
    for (u32 i = 0; i < syms->n; i++)
        syms->v[i].i = v[i].val;
}

// ---- by name ----------------------------------------------------------------------------------------------

static int compare_symbol_names(const void *ctx, u32 a, u32 b) {
    const Program *p = ctx;
    return str_cmp(sym_name(p, (SymId){a}), sym_name(p, (SymId){b}));
}

static void sort_by_name(const Ordering *o, Arena *a, SymVec *syms) {
    u32 *idx = arena_array_raw(a, u32, syms->n);
    for (u32 i = 0; i < syms->n; i++)
        idx[i] = syms->v[i].i;
    sort_by(a, idx, syms->n, compare_symbol_names, o->p);
    for (u32 i = 0; i < syms->n; i++)
        syms->v[i].i = idx[i];
}

// ---- types ------------------------------------------------------------------------------------------------

static TypeClass type_class(const Ordering *o, SymId s) {
    const Program *p = o->p;
    if (s.i == o->types.carrier.i)
        return TYPE_CARRIER;
    if (is_marker(&o->firsts, s))
        return TYPE_FIRST;
    if (is_marker(&o->lasts, s))
        return TYPE_LAST;
    if (sym_is_made(p, s))
        return TYPE_OTHER;
    u32 flags = sym_flags(p, s);
    return flags & SYMF_ITAB ? TYPE_ITAB : flags & SYMF_TYPELINK ? TYPE_LINKED : TYPE_OTHER;
}

// Writes class[begin..end).
static void classify_types(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Ordering *o = arg;
    for (u64 i = begin; i < end; i++)
        o->types.class[i] = (u8)type_class(o, o->by_kind[SYM_TYPE].v[i]);
}

static void read_type_keys(Ordering *o) {
    enum { GRAIN = 1024 };
    Program *p = o->p;
    const SymVec *syms = &o->by_kind[SYM_TYPE];
    TypeKeys *t = &o->types;
    t->carrier = sym_lookup(p, STR("type:*"), 0);
    t->class = arena_array_raw(&p->arena, u8, syms->n);
    t->rank = arena_array(&p->arena, u32, syms->n);
    parallel_for(p->pool, syms->n, GRAIN, classify_types, o);

    SymId *linked = arena_array_raw(&p->arena, SymId, syms->n);
    u32 n = 0, *rank = arena_array_raw(&p->arena, u32, syms->n);
    for (u32 i = 0; i < syms->n; i++)
        if (t->class[i] == TYPE_LINKED)
            linked[n++] = syms->v[i];
    t->nrank = rank_type_names(p, linked, n, rank);
    for (u32 i = syms->n; i-- > 0;)
        if (t->class[i] == TYPE_LINKED)
            t->rank[i] = rank[--n];
}

static void sort_types(const Ordering *o, Arena *a, SymVec *syms) {
    const TypeKeys *t = &o->types;
    u32 n = syms->n, nrest = 0;
    RankIdx *v = arena_array_raw(a, RankIdx, n);
    SortPair *rest = arena_array_raw(a, SortPair, n);
    for (u32 i = 0; i < n; i++) {
        v[i] = (RankIdx){.idx = syms->v[i].i};
        if (t->class[i] == TYPE_CARRIER)
            v[i].rank = 1;
        else if (t->class[i] == TYPE_LINKED)
            v[i].rank = 2 + t->rank[i];
        else if (t->class[i] != TYPE_FIRST)
            rest[nrest++] = (SortPair){(u64)t->class[i] << 32 | sym_size(o->p, syms->v[i]), i, 0};
    }
    sort_u64_pairs(a, rest, nrest);
    for (u32 i = 0; i < nrest; i++)
        v[rest[i].val].rank = 2 + t->nrank + i;
    go_pdqsort(v, n);
    for (u32 i = 0; i < n; i++)
        syms->v[i].i = v[i].idx;
}

static void set_module_field(Program *p, u32 off, u64 value) {
    put_u64le((u8 *)sym_made(p, p->moduledata)->data + off, value);
}

// Where the linked types, all types, and the itabs end. Offsets count from the section's start, which is 8
// bytes before the first type.
static void set_type_fields(const Ordering *o) {
    Program *p = o->p;
    const SymVec *syms = &o->by_kind[SYM_TYPE];
    u64 end = 8, linked_end = 0, itab_start = 0;
    TypeClass part = TYPE_CARRIER;
    for (u32 i = 0; i < syms->n; i++) {
        SymId s = syms->v[i];
        TypeClass class = type_class(o, s);
        if (class > TYPE_LINKED && part <= TYPE_LINKED)
            linked_end = end;
        if (class <= TYPE_CARRIER || class == TYPE_LAST)
            continue;
        end = align_up(end, sym_align(p, s));
        if (class == TYPE_ITAB && part != TYPE_ITAB) {
            itab_start = end;
            end = 0; // the size of the itabs is counted from zero
        }
        part = class;
        end += sym_size(p, s);
    }
    if (part <= TYPE_LINKED)
        linked_end = end;
    if (part < TYPE_ITAB) {
        itab_start = end;
        end = 0;
    }
    set_module_field(p, p->moduledata_off.typedesclen, linked_end);
    set_module_field(p, p->moduledata_off.itaboffset, itab_start);
    set_module_field(p, p->moduledata_off.itabsize, end);
}

// ---- all kinds --------------------------------------------------------------------------------------------

static void check_symbol(const Program *p, SymId s) {
    u32 n, size = sym_size(p, s);
    sym_data(p, s, &n);
    if (size < n)
        error_at(s.i, STR_FMT ": initialize bounds (%u < %u)", STR_ARG(sym_name(p, s)), size, n);
    else if (size > max_symbol)
        error_at(s.i, STR_FMT ": symbol too large (%u bytes)", STR_ARG(sym_name(p, s)), size);
}

// Writes the bucket, max_align and alignments of the symbols of its kinds.
static void order_kinds(void *arg, u64 begin, u64 end, u32 worker) {
    const Ordering *o = arg;
    Program *p = o->p;
    Arena *a = worker_arena(p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        SymKind kind = o->kinds[i];
        SymVec *syms = &o->by_kind[kind];
        size_t mark = arena_mark(a);
        for (u32 k = 0; k < syms->n; k++)
            check_symbol(p, syms->v[k]);
        if (kind == SYM_TYPE && p->rel->layout->groups_itabs)
            sort_types(o, a, syms);
        else if (kind == SYM_ELF_GOT)
            sort_by_name(o, a, syms);
        else if (kind != SYM_PCLNTAB)
            sort_by_size(o, a, syms);
        u32 align = 0;
        for (u32 k = 0; k < syms->n; k++)
            if (!is_marker(&o->firsts, syms->v[k]) && !is_marker(&o->lasts, syms->v[k]))
                align = MAX(align, sym_align(p, syms->v[k]));
        o->max_align[kind] = align;
        arena_release(a, mark);
    }
}

static u32 position_of(const SymVec *syms, SymId s) {
    u32 i = 0;
    while (i < syms->n && syms->v[i].i != s.i)
        i++;
    return i;
}

// Moves both tables to where the first of them is.
static void join_relocation_tables(Program *p, SymVec *syms) {
    if (!p->rela.i || !syms->n)
        return;
    u32 rela = position_of(syms, p->rela), plt = position_of(syms, p->rela_plt);
    if (plt == rela + 1)
        return;
    u32 first = MIN(rela, plt), second = MAX(rela, plt);
    memmove(syms->v + first + 2, syms->v + first + 1, sizeof *syms->v * (second - first - 1));
    syms->v[first] = p->rela;
    syms->v[first + 1] = p->rela_plt;
    // What follows from their sizes could leave a gap between them.
    sym_set_align(p, p->rela, p->arch->ptr_size);
    sym_set_align(p, p->rela_plt, p->arch->ptr_size);
}

static void note_markers(Ordering *o) {
    static const Str firsts[] = {STR_INIT("runtime.bss"), STR_INIT("runtime.data"), STR_INIT("runtime.noptrbss"),
                                 STR_INIT("runtime.noptrdata"), STR_INIT("runtime.types")};
    static const Str lasts[] = {STR_INIT("runtime.ebss"), STR_INIT("runtime.edata"), STR_INIT("runtime.enoptrbss"),
                                STR_INIT("runtime.enoptrdata"), STR_INIT("runtime.etypes")};
    Program *p = o->p;
    o->firsts = bitmap_new(&p->arena, p->syms.n);
    o->lasts = bitmap_new(&p->arena, p->syms.n);
    for (u32 i = 0; i < COUNT_OF(firsts); i++) {
        bitmap_set(&o->firsts, sym_lookup(p, firsts[i], ABI0).i);
        bitmap_set(&o->lasts, sym_lookup(p, lasts[i], ABI0).i);
    }
}

void order_data(Program *p, SymVec *by_kind, u32 *max_align) {
    Ordering o = {.p = p, .by_kind = by_kind, .max_align = max_align};
    o.zerobase = sym_lookup(p, STR("runtime.zerobase"), 0);
    if (format_sizes_markers(p))
        note_markers(&o);
    u32 nkind = 0;
    for (u32 k = 1; k < SYM_KIND_COUNT; k++) {
        if (!by_kind[k].n)
            continue;
        u32 at = nkind++;
        for (; at > 0 && by_kind[o.kinds[at - 1]].n < by_kind[k].n; at--)
            o.kinds[at] = o.kinds[at - 1];
        o.kinds[at] = (u8)k;
    }
    if (p->rel->layout->groups_itabs)
        read_type_keys(&o);
    parallel_for(p->pool, nkind, 1, order_kinds, &o);
    join_relocation_tables(p, &by_kind[SYM_ELF_RO]);
    if (p->rel->layout->groups_itabs)
        set_type_fields(&o);
}
