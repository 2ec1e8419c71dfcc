// sort.h - stable sorts of integers.
//
// Any two stable sorts give the same order, so these may be as fast as they like. Where the stock linker
// sorts with an unstable sort and keys tie, see golang/pdqsort.h instead.
#pragma once

#include "base/arena.h"

typedef struct {
    u64 key;
    u32 val;
    u32 unused;
} SortPair;

// Sorts by key, stably: LSD radix sort that skips the bytes in which all keys agree, so that small keys
// cost few rounds. (size, index) order is a sort by size of pairs in index order.
void sort_u64_pairs(Arena *scratch, SortPair *v, u32 n);

// Negative, zero or positive as element a goes before, equals or goes after element b.
typedef int SortCompare(const void *ctx, u32 a, u32 b);

// Sorts n numbers (indexes of something) with a comparison, stably: merge sort.
void sort_by(Arena *scratch, u32 *idx, u32 n, SortCompare *cmp, const void *ctx);
