// rank_strings.c - a string sort that looks at seven bytes at a time.
//
// Names of one package begin with the same fifty bytes, so that a sort that compares whole names looks at
// these bytes again and again. Here a range of names that agree up to `depth` is split three ways by the next
// seven bytes, and only the names that agree there too are looked at further on (multikey quicksort). The
// bytes are kept as an integer beside the name's number. Each worker sorts a run of its own; runs are merged
// two by two.
// REF   J. Bentley, R. Sedgewick: Fast Algorithms for Sorting and Searching Strings.
#include "golang/rank_strings.h"

enum { CHUNK = 7, INSERTION_MAX = 12, RUN_MIN = 4096, MAX_RUNS = 64 };

typedef struct {
    u64 key; // the name's bytes from `depth` on, and how many there are
    u32 idx;
} Item;

typedef struct {
    const Str *names;
    Item *items, *other;
    u32 run_size, nrun;
    u32 n;
} Ranking;

// Seven bytes, the first one the most significant, then the number of bytes left (8: more than seven). Names
// that end compare before names that go on, and equal keys with a count up to seven are equal names.
static u64 chunk_at(Str s, u32 depth) {
    u32 left = s.n - depth;
    u64 key = 0;
    if (left >= 8) {
        memcpy(&key, s.p + depth, 8);
        return (__builtin_bswap64(key) & ~0xffull) | 8;
    }
    for (u32 i = 0; i < left; i++)
        key |= (u64)(u8)s.p[depth + i] << (56 - 8 * i);
    return key | left;
}

static int compare_from(const Ranking *rk, u32 a, u32 b, u32 depth) {
    Str x = rk->names[a], y = rk->names[b];
    return str_cmp(str_slice(x, depth, x.n), str_slice(y, depth, y.n));
}

static void insertion_sort(const Ranking *rk, Item *v, u32 n, u32 depth) {
    for (u32 i = 1; i < n; i++) {
        Item x = v[i];
        u32 j = i;
        while (j > 0 && (v[j - 1].key > x.key || (v[j - 1].key == x.key && (x.key & 0xff) > CHUNK &&
                                                  compare_from(rk, v[j - 1].idx, x.idx, depth) > 0))) {
            v[j] = v[j - 1];
            j--;
        }
        v[j] = x;
    }
}

static u64 median3(u64 a, u64 b, u64 c) {
    u64 lo = MIN(a, b), hi = MAX(a, b);
    return c < lo ? lo : c > hi ? hi : c;
}

static void load_keys(const Ranking *rk, Item *v, u32 n, u32 depth) {
    for (u32 i = 0; i < n; i++)
        v[i].key = chunk_at(rk->names[v[i].idx], depth);
}

// Sorts names that agree in their first `depth` bytes; the keys hold what follows.
static void sort_items(const Ranking *rk, Item *v, u32 n, u32 depth) {
    while (n > INSERTION_MAX) {
        u64 pivot = median3(v[0].key, v[n / 2].key, v[n - 1].key);
        u32 lt = 0, gt = n;
        for (u32 i = 0; i < gt;) {
            Item x = v[i];
            if (x.key < pivot) {
                v[i++] = v[lt];
                v[lt++] = x;
            } else if (x.key > pivot) {
                v[i] = v[--gt];
                v[gt] = x;
            } else {
                i++;
            }
        }
        sort_items(rk, v, lt, depth);
        sort_items(rk, v + gt, n - gt, depth);
        if ((pivot & 0xff) <= CHUNK)
            return; // the names in the middle have ended: they are equal
        v += lt;
        n = gt - lt;
        depth += CHUNK;
        load_keys(rk, v, n, depth);
    }
    insertion_sort(rk, v, n, depth);
}

static void sort_runs(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Ranking *rk = arg;
    for (u64 r = begin; r < end; r++) {
        u32 from = (u32)r * rk->run_size, to = (u32)MIN((u64)from + rk->run_size, rk->n);
        load_keys(rk, rk->items + from, to - from, 0);
        sort_items(rk, rk->items + from, to - from, 0);
    }
}

// Merges runs 2i and 2i + 1 of items into other.
static void merge_runs(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Ranking *rk = arg;
    for (u64 r = begin; r < end; r++) {
        u64 from = r * 2 * rk->run_size;
        u32 i = (u32)from, mid = (u32)MIN(from + rk->run_size, rk->n), j = mid,
            to = (u32)MIN(from + 2ull * rk->run_size, rk->n);
        Item *out = rk->other + from;
        while (i < mid && j < to)
            *out++ = str_cmp(rk->names[rk->items[i].idx], rk->names[rk->items[j].idx]) <= 0 ? rk->items[i++]
                                                                                            : rk->items[j++];
        while (i < mid)
            *out++ = rk->items[i++];
        while (j < to)
            *out++ = rk->items[j++];
    }
}

void rank_strings(Pool *pool, Arena *scratch, const Str *names, RankIdx *v, u32 n, u32 base) {
    if (!n)
        return;
    size_t mark = arena_mark(scratch);
    Ranking rk = {.names = names, .n = n};
    rk.items = arena_array_raw(scratch, Item, n);
    for (u32 i = 0; i < n; i++)
        rk.items[i].idx = i;
    rk.nrun = MAX(1, MIN(MIN(pool_size(pool), n / RUN_MIN), MAX_RUNS));
    rk.run_size = (n + rk.nrun - 1) / rk.nrun;
    parallel_for(pool, rk.nrun, 1, sort_runs, &rk);
    if (rk.nrun > 1)
        rk.other = arena_array_raw(scratch, Item, n);
    while (rk.nrun > 1) {
        rk.nrun = (rk.nrun + 1) / 2;
        parallel_for(pool, rk.nrun, 1, merge_runs, &rk);
        Item *t = rk.items;
        rk.items = rk.other;
        rk.other = t;
        rk.run_size *= 2;
    }
    u32 rank = base;
    for (u32 i = 0; i < n; i++) {
        if (i && !str_eq(names[rk.items[i - 1].idx], names[rk.items[i].idx]))
            rank++;
        v[rk.items[i].idx].rank = rank;
    }
    arena_release(scratch, mark);
}
