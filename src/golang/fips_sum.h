// fips_sum.h - the check sum over Go's validated cryptography.
#pragma once

#include "base/arena.h"

enum {
    FIPS_RANGES = 4,      // code, read-only data, data without pointers, data
    FIPS_MAGIC_SIZE = 16, // of go:fipsinfo, in front of the sum
    FIPS_SUM_SIZE = 32,
};

// Computes the sum over the ranges into `sum`. The bytes that go into it are written to the file `copy`, too, unless its
// name is empty. False, with errno set, when that fails.
bool fips_sum(Arena *a, const Str ranges[FIPS_RANGES], Str copy, u8 sum[FIPS_SUM_SIZE]);
