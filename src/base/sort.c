// sort.c - radix sort of pairs and merge sort of indexes.

#include "base/sort.h"

enum {
    DIGITS = 8,     // bytes of a key
    FEW = 48,       // below it insertion sort beats the counting of digits
    MERGE_RUN = 12, // runs that insertion sort makes for the merge sort
};

static void insertion_sort_pairs(SortPair *v, u32 n) {
    for (u32 i = 1; i < n; i++) {
        SortPair x = v[i];
        u32 j = i;
        for (; j > 0 && v[j - 1].key > x.key; j--)
            v[j] = v[j - 1];
        v[j] = x;
    }
}

void sort_u64_pairs(Arena *scratch, SortPair *v, u32 n) {
    if (n < FEW) {
        insertion_sort_pairs(v, n);
        return;
    }
    size_t mark = arena_mark(scratch);
    u32(*count)[256] = arena_alloc(scratch, DIGITS * sizeof *count, _Alignof(u32));
    SortPair *from = v, *to = arena_array_raw(scratch, SortPair, n);
    u64 differ = 0;
    for (u32 i = 0; i < n; i++) {
        u64 key = v[i].key;
        differ |= key ^ v[0].key;
        for (u32 d = 0; d < DIGITS; d++)
            count[d][key >> (8 * d) & 0xff]++;
    }
    for (u32 d = 0; d < DIGITS; d++) {
        if (!(differ >> (8 * d) & 0xff))
            continue;
        u32 sum = 0;
        for (u32 k = 0; k < 256; k++) {
            u32 c = count[d][k];
            count[d][k] = sum;
            sum += c;
        }
        for (u32 i = 0; i < n; i++)
            to[count[d][from[i].key >> (8 * d) & 0xff]++] = from[i];
        SortPair *swap = from;
        from = to;
        to = swap;
    }
    if (from != v)
        memcpy(v, from, n * sizeof *v);
    arena_release(scratch, mark);
}

static void insertion_sort_by(u32 *idx, u32 n, SortCompare *cmp, const void *ctx) {
    for (u32 i = 1; i < n; i++) {
        u32 x = idx[i], j = i;
        for (; j > 0 && cmp(ctx, idx[j - 1], x) > 0; j--)
            idx[j] = idx[j - 1];
        idx[j] = x;
    }
}

// Merges from[0..mid) and from[mid..n) into to.
static void merge(u32 *to, const u32 *from, u32 mid, u32 n, SortCompare *cmp, const void *ctx) {
    u32 i = 0, j = mid, k = 0;
    while (i < mid && j < n)
        to[k++] = cmp(ctx, from[i], from[j]) <= 0 ? from[i++] : from[j++];
    memcpy(to + k, from + i, (mid - i) * sizeof *to);
    memcpy(to + k + (mid - i), from + j, (n - j) * sizeof *to);
}

void sort_by(Arena *scratch, u32 *idx, u32 n, SortCompare *cmp, const void *ctx) {
    for (u64 i = 0; i < n; i += MERGE_RUN)
        insertion_sort_by(idx + i, (u32)MIN(n - i, (u64)MERGE_RUN), cmp, ctx);
    if (n <= MERGE_RUN)
        return;
    size_t mark = arena_mark(scratch);
    u32 *from = idx, *to = arena_array_raw(scratch, u32, n);
    for (u64 run = MERGE_RUN; run < n; run *= 2) {
        for (u64 i = 0; i < n; i += 2 * run) {
            u32 size = (u32)MIN(n - i, 2 * run);
            merge(to + i, from + i, (u32)MIN(run, (u64)size), size, cmp, ctx);
        }
        u32 *swap = from;
        from = to;
        to = swap;
    }
    if (from != idx)
        memcpy(idx, from, n * sizeof *idx);
    arena_release(scratch, mark);
}
