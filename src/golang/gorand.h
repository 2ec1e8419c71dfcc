// gorand.h - the generator of Go's math/rand, for the order that -randlayout asks for.
//
// WHAT  rand.New(rand.NewSource(seed)): an additive lagged Fibonacci generator, x[n] = x[n-607] + x[n-273]. Its state
//       is a table of numbers, the same in all releases, into which the seed is mixed.
// REF   math/rand/rng.go: rngSource; math/rand/rand.go: Shuffle, int31n.
#pragma once

#include "base/types.h"

enum { GORAND_LEN = 607 };

typedef struct {
    u32 tap, feed; // indexes into state
    u64 state[GORAND_LEN];
} GoRand;

extern const u64 gorand_table[GORAND_LEN];

void gorand_seed(GoRand *r, i64 seed);

// The next number below n, which is not 0, as Shuffle takes it.
u32 gorand_below(GoRand *r, u32 n);
