// pdqsort.h - the unstable sort of Go, with its order of equal elements.
//
// WHAT  The stock linker sorts compilation units, type descriptors and Mach-O symbols with sort.Slice and
//       slices.SortFunc, by keys that tie in every program. The order of ties reaches the output, so it has
//       to be made in the same way: the same pivots, the same exchanges.
// HOW   Both Go sorts are one algorithm, pattern-defeating quicksort, generated from one template; it is
//       the same in Go 1.26 and 1.27. What decides, apart from the comparisons themselves:
//         - up to 12 elements: insertion sort;
//         - more: the median of the elements at 1/4, 1/2 and 3/4, from 50 elements on of the medians of
//           these with their neighbours; no exchange in the search hints at ascending order, the most
//           possible (12) at descending;
//         - descending: the range is reversed first. Ascending, behind a good partition: five repairs are
//           tried;
//         - a pivot not above the element before the range is the smallest: its equals are split off;
//         - a partition worse than 1:7 shuffles three elements, with a generator seeded by the size of the
//           range, and after as many of them as n has bits, heap sort takes over.
//       The sort sees ranks only. Callers whose keys are strings give equal keys equal ranks, in parallel
//       if they like; the sequential part then moves pairs of integers.
// REF   sort/zsortfunc.go: pdqsort_func; slices/zsortanyfunc.go: pdqsortCmpFunc.
#pragma once

#include "base/arena.h"

typedef struct {
    u32 rank; // orders; equal for equal keys
    u32 idx;  // which element it is; not looked at
} RankIdx;

// Sorts by rank.
void go_pdqsort(RankIdx *v, u32 n);

// Sorts n indexes by a comparison (negative: a goes before b), which must be a total preorder.
void go_pdqsort_cmp(Arena *scratch, u32 *idx, u32 n, int (*cmp)(const void *ctx, u32 a, u32 b),
                    const void *ctx);
