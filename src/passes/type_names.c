// type_names.c - the order of types by name.
//
// Names are read in parallel, sorted by their first eight bytes as a number, and compared in full only where
// those are equal.
#include "passes/type_names.h"

#include "base/sort.h"
#include "golang/gotype.h"

typedef struct {
    const Program *p;
    const SymId *types;
    Str *names;
    SortPair *pairs; // key: first eight bytes, val: position in types
} NameReader;

static void read_names(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    NameReader *r = arg;
    for (u64 i = begin; i < end; i++) {
        GoType t = gotype_open(r->p, r->types[i]);
        Str name = gotype_str(&t);
        u64 head = 0;
        if (name.n)
            memcpy(&head, name.p, MIN(name.n, sizeof head));
        r->names[i] = name;
        r->pairs[i] = (SortPair){.key = __builtin_bswap64(head), .val = (u32)i};
    }
}

static int compare_names(const void *ctx, u32 a, u32 b) {
    const Str *names = ctx;
    return str_cmp(names[a], names[b]);
}

u32 rank_type_names(Program *p, const SymId *types, u32 n, u32 *rank) {
    enum { GRAIN = 512 };
    Arena *a = &p->arena;
    size_t mark = arena_mark(a);
    NameReader r = {p, types, arena_array_raw(a, Str, n), arena_array_raw(a, SortPair, n)};
    parallel_for(p->pool, n, GRAIN, read_names, &r);
    sort_u64_pairs(a, r.pairs, n);

    u32 *order = arena_array_raw(a, u32, n), next = 0;
    for (u32 i = 0; i < n; i++)
        order[i] = r.pairs[i].val;
    for (u32 from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && r.pairs[to].key == r.pairs[from].key;)
            to++;
        sort_by(a, order + from, to - from, compare_names, r.names);
        for (u32 i = from; i < to; i++) {
            if (i > from && !str_eq(r.names[order[i]], r.names[order[i - 1]]))
                next++;
            rank[order[i]] = next;
        }
        next++;
    }
    arena_release(a, mark);
    return next;
}
