// pdqsort.c - pattern-defeating quicksort as Go does it (see pdqsort.h).
//
// All is inlined into two entry points, one for each kind of comparison. Ranges wait on a stack instead of
// in recursion; the smaller part is always done first, so 32 entries are enough for 2^32 elements.

#include "golang/pdqsort.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    INSERTION_MAX = 12, // elements that insertion sort takes
    NINTHER_MIN = 50,   // elements from which nine are looked at for a pivot, and repairs shift
    REPAIRS = 5,
    MOST_EXCHANGES = 12, // of choose_pivot with nine elements
};

// The comparison: of ranks when cmp is NULL.
typedef struct {
    int (*cmp)(const void *ctx, u32 a, u32 b);
    const void *ctx;
} Order;

typedef struct {
    i64 a, b;         // the range [a, b)
    u32 limit;        // bad partitions left until heap sort
    bool balanced;    // the partition before was not too unequal
    bool partitioned; // ... and found nothing to move
} Range;

typedef enum { HINT_NONE, HINT_ASCENDING, HINT_DESCENDING } Hint;

INLINE bool less(Order o, RankIdx x, RankIdx y) {
    return o.cmp ? o.cmp(o.ctx, x.idx, y.idx) < 0 : x.rank < y.rank;
}

INLINE void swap(RankIdx *v, i64 i, i64 j) {
    RankIdx x = v[i];
    v[i] = v[j];
    v[j] = x;
}

// Moves v[i] down to its place among v[low..i), which is sorted.
INLINE void sink(RankIdx *v, i64 low, i64 i, Order o) {
    RankIdx x = v[i];
    for (; i > low && less(o, x, v[i - 1]); i--)
        v[i] = v[i - 1];
    v[i] = x;
}

INLINE void insertion_sort(RankIdx *v, i64 a, i64 b, Order o) {
    for (i64 i = a + 1; i < b; i++)
        sink(v, a, i, o);
}

// Restores the heap h[0..n), whose only fault may be at `root`.
INLINE void sift_down(RankIdx *h, i64 root, i64 n, Order o) {
    for (i64 child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && less(o, h[child], h[child + 1]))
            child++;
        if (!less(o, h[root], h[child]))
            return;
        swap(h, root, child);
    }
}

INLINE void heap_sort(RankIdx *h, i64 n, Order o) {
    for (i64 i = (n - 1) / 2; i >= 0; i--)
        sift_down(h, i, n, o);
    for (i64 i = n - 1; i >= 0; i--) {
        swap(h, 0, i);
        sift_down(h, 0, i, o);
    }
}

// Exchanges the three elements around the middle with some that a xorshift generator picks.
INLINE void break_patterns(RankIdx *v, i64 a, i64 b) {
    i64 n = b - a, middle = a + n / 4 * 2;
    u64 random = (u64)n, mask = (2ull << (63 - __builtin_clzll((u64)n))) - 1;
    for (i64 i = middle - 1; i <= middle + 1; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        i64 other = (i64)(random & mask);
        swap(v, i, a + (other >= n ? other - n : other));
    }
}

// Where the median of v[i], v[j], v[k] stands; counts the exchanges that a sort of the three would make.
INLINE i64 median(const RankIdx *v, i64 i, i64 j, i64 k, u32 *exchanges, Order o) {
    i64 t;
    if (less(o, v[j], v[i]))
        t = i, i = j, j = t, ++*exchanges;
    if (less(o, v[k], v[j]))
        j = k, ++*exchanges;
    if (less(o, v[j], v[i]))
        j = i, ++*exchanges;
    return j;
}

INLINE i64 choose_pivot(const RankIdx *v, i64 a, i64 b, Hint *hint, Order o) {
    i64 n = b - a, quarter = n / 4, at[3];
    u32 exchanges = 0;
    for (i64 k = 0; k < 3; k++) {
        i64 i = a + quarter * (k + 1);
        at[k] = n >= NINTHER_MIN ? median(v, i - 1, i, i + 1, &exchanges, o) : i;
    }
    i64 pivot = median(v, at[0], at[1], at[2], &exchanges, o);
    *hint = exchanges == 0 ? HINT_ASCENDING : exchanges == MOST_EXCHANGES ? HINT_DESCENDING : HINT_NONE;
    return pivot;
}

// Repairs a range that is nearly in order. True when it is sorted.
INLINE bool repair(RankIdx *v, i64 a, i64 b, Order o) {
    i64 i = a + 1;
    for (u32 step = 0; step < REPAIRS; step++) {
        while (i < b && !less(o, v[i], v[i - 1]))
            i++;
        if (i == b)
            return true;
        if (b - a < NINTHER_MIN)
            return false;
        swap(v, i, i - 1);
        // The smaller one goes down, by Go's rule even past the start of the range ...
        if (i - a >= 2)
            sink(v, 0, i - 1, o);
        // ... and the greater one up.
        for (i64 j = i + 1; j < b && less(o, v[j], v[j - 1]); j++)
            swap(v, j, j - 1);
    }
    return false;
}

// Splits [a, b), which has nothing below the pivot, into equals of the pivot and the rest. Returns where
// that begins.
INLINE i64 split_equal(RankIdx *v, i64 a, i64 b, i64 pivot, Order o) {
    swap(v, a, pivot);
    RankIdx p = v[a];
    i64 i = a + 1, j = b - 1;
    for (;;) {
        while (i <= j && !less(o, p, v[i]))
            i++;
        while (i <= j && less(o, p, v[j]))
            j--;
        if (i > j)
            return i;
        swap(v, i++, j--);
    }
}

// Splits [a, b) into what is below the pivot, the pivot, and the rest. Returns the place of the pivot.
INLINE i64 split(RankIdx *v, i64 a, i64 b, i64 pivot, bool *moved, Order o) {
    swap(v, a, pivot);
    RankIdx p = v[a];
    i64 i = a + 1, j = b - 1;
    for (*moved = false;; *moved = true) {
        while (i <= j && less(o, v[i], p))
            i++;
        while (i <= j && !less(o, v[j], p))
            j--;
        if (i > j)
            break;
        swap(v, i++, j--);
    }
    swap(v, a, j);
    return j;
}

// One round on the range: sorts it (false), or leaves in it the greater part and in `smaller` the other one.
INLINE bool sort_round(RankIdx *v, Range *r, Range *smaller, Order o) {
    i64 n = r->b - r->a;
    if (n <= INSERTION_MAX) {
        insertion_sort(v, r->a, r->b, o);
        return false;
    }
    if (r->limit == 0) {
        heap_sort(v + r->a, n, o);
        return false;
    }
    if (!r->balanced) {
        break_patterns(v, r->a, r->b);
        r->limit--;
    }
    Hint hint;
    i64 pivot = choose_pivot(v, r->a, r->b, &hint, o);
    if (hint == HINT_DESCENDING) {
        for (i64 i = r->a, j = r->b - 1; i < j; i++, j--)
            swap(v, i, j);
        pivot = r->b - 1 - (pivot - r->a);
        hint = HINT_ASCENDING;
    }
    if (hint == HINT_ASCENDING && r->balanced && r->partitioned && repair(v, r->a, r->b, o))
        return false;
    *smaller = (Range){0};
    if (r->a > 0 && !less(o, v[r->a - 1], v[pivot])) {
        r->a = split_equal(v, r->a, r->b, pivot, o);
        return true;
    }
    bool moved;
    i64 mid = split(v, r->a, r->b, pivot, &moved, o);
    r->partitioned = !moved;
    bool left = mid - r->a < r->b - mid;
    *smaller = left ? (Range){r->a, mid, r->limit, true, true} : (Range){mid + 1, r->b, r->limit, true, true};
    r->balanced = (left ? mid - r->a : r->b - mid) >= n / 8;
    if (left)
        r->a = mid + 1;
    else
        r->b = mid;
    return true;
}

INLINE void sort_all(RankIdx *v, u32 n, Order o) {
    if (n < 2)
        return;
    Range stack[34];
    u32 depth = 0;
    stack[depth++] = (Range){0, n, 32 - (u32)__builtin_clz(n), true, true};
    while (depth > 0) {
        Range smaller;
        if (!sort_round(v, &stack[depth - 1], &smaller, o))
            depth--;
        else if (smaller.b > smaller.a)
            stack[depth++] = smaller;
    }
}

void go_pdqsort(RankIdx *v, u32 n) {
    sort_all(v, n, (Order){NULL, NULL});
}

void go_pdqsort_cmp(Arena *scratch, u32 *idx, u32 n, int (*cmp)(const void *ctx, u32 a, u32 b),
                    const void *ctx) {
    size_t mark = arena_mark(scratch);
    RankIdx *v = arena_array_raw(scratch, RankIdx, n);
    for (u32 i = 0; i < n; i++)
        v[i] = (RankIdx){0, idx[i]};
    sort_all(v, n, (Order){cmp, ctx});
    for (u32 i = 0; i < n; i++)
        idx[i] = v[i].idx;
    arena_release(scratch, mark);
}
