// sha256.h - SHA-256 of some bytes.
//
// machorun is also built for a machine that has none of gild's libraries, hence this one.
#pragma once

#include "base/types.h"

enum { SHA256_SIZE = 32 };

void sha256(const u8 *p, u64 n, u8 hash[SHA256_SIZE]);
