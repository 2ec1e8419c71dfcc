// typelink.c - the tables of types and itabs that the runtime searches (Go 1.26).
//
//     runtime.typelink   4 bytes each: offset of a type descriptor in its section, by name of the type, so
//     that reflect can search it
//     runtime.itablink   8 bytes each: address of an itab, in symbol order
//
// Which types are listed is the compiler's decision (a symbol flag). Go 1.27 has no such tables: it sorts the
// descriptors themselves (data_order.c). Types of the same name are common; their order is the unstable
// sort's, see pdqsort.h.
//
// REF   cmd/link/internal/ld/typelink.go; runtime/type.go: typelinksinit; runtime/iface.go: itabsinit.
#include "golang/pdqsort.h"
#include "passes/define.h"
#include "passes/passes.h"
#include "passes/type_names.h"

enum { WORDS_PER_CHUNK = 256, TYPELINK_SIZE = 4, ITABLINK_SIZE = 8 };

typedef struct {
    SymVec types, itabs;
} Found;

typedef struct {
    const Program *p;
    Found *found; // by chunk
} Search;

static void search_symbol(const Program *p, SymId s, Found *f, Arena *a) {
    if (sym_kind(p, s) != SYM_RODATA || sym_is_made(p, s))
        return;
    u32 flags = sym_flags(p, s);
    if (flags & SYMF_TYPELINK)
        vec_push(a, &f->types, s);
    else if (flags & SYMF_ITAB)
        vec_push(a, &f->itabs, s);
}

// Writes found[chunk] and the worker's arena.
static void search_chunks(void *arg, u64 begin, u64 end, u32 worker) {
    Search *search = arg;
    const Program *p = search->p;
    Arena *a = worker_arena(p->pool, worker);
    u64 nword = (p->syms.n + 63) / 64;
    for (u64 c = begin; c < end; c++)
        for (u64 w = c * WORDS_PER_CHUNK; w < MIN(nword, (c + 1) * WORDS_PER_CHUNK); w++)
            for (u64 bits = p->syms.live.w[w]; bits; bits &= bits - 1)
                search_symbol(p, (SymId){(u32)(w * 64) + (u32)__builtin_ctzll(bits)}, &search->found[c], a);
}

// All listed types and itabs in symbol order.
static Found find_types(Program *p) {
    u32 nworker = pool_size(p->pool), nchunk = (p->syms.n / 64 + WORDS_PER_CHUNK) / WORDS_PER_CHUNK;
    size_t *marks = arena_array(&p->arena, size_t, nworker);
    for (u32 w = 0; w < nworker; w++)
        marks[w] = arena_mark(worker_arena(p->pool, w));
    Search search = {p, arena_array(&p->arena, Found, nchunk)};
    parallel_for(p->pool, nchunk, 1, search_chunks, &search);
    Found all = {0};
    for (u32 c = 0; c < nchunk; c++) {
        vec_append(&p->arena, &all.types, search.found[c].types.v, search.found[c].types.n);
        vec_append(&p->arena, &all.itabs, search.found[c].itabs.v, search.found[c].itabs.n);
    }
    for (u32 w = 0; w < nworker; w++)
        arena_release(worker_arena(p->pool, w), marks[w]);
    return all;
}

static void sort_by_name(Program *p, SymVec *types) {
    u32 n = types->n;
    u32 *rank = arena_array_raw(&p->arena, u32, n);
    rank_type_names(p, types->v, n, rank);
    RankIdx *v = arena_array_raw(&p->arena, RankIdx, n);
    for (u32 i = 0; i < n; i++)
        v[i] = (RankIdx){rank[i], types->v[i].i};
    go_pdqsort(v, n);
    for (u32 i = 0; i < n; i++)
        types->v[i].i = v[i].idx;
}

static void make_table(Program *p, Str name, SymKind kind, const SymVec *list, u8 size, RelocType type) {
    SymId s = define_symbol(p, name, kind);
    bitmap_set(&p->syms.is_local, s.i);
    u32 n = list->n * size;
    sym_set_data(p, s, arena_alloc(&p->arena, n, size), n);
    for (u32 i = 0; i < list->n; i++)
        sym_add_reloc(p, s, (i32)(i * size), size, type, list->v[i], 0);
}

// Requires: live.   Provides: runtime.typelink, runtime.itablink, in releases that have them.
void build_type_links(Program *p) {
    if (p->rel->layout->groups_itabs)
        return;
    Found found = find_types(p);
    sort_by_name(p, &found.types);
    make_table(p, STR("runtime.typelink"), SYM_TYPELINK, &found.types, TYPELINK_SIZE, R_ADDROFF);
    make_table(p, STR("runtime.itablink"), SYM_ITABLINK, &found.itabs, ITABLINK_SIZE, R_ADDR);
}
