// rank_strings.h - strings become integers that compare as they do.
//
// Where the stock linker sorts by name with its unstable sort (pdqsort.h), equal names are common and the
// sort has to be replayed. What can be done in any way, and in parallel, is to find out how the names
// compare.
#pragma once

#include "base/threads.h"
#include "golang/pdqsort.h"

// Sets v[i].rank for i in [0, n): smaller names have smaller ranks, equal ones the same; the smallest rank is
// `base`. The idx fields are not touched. Names compare bytewise.
void rank_strings(Pool *pool, Arena *scratch, const Str *names, RankIdx *v, u32 n, u32 base);
