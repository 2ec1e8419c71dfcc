// fips_sum.c - HMAC-SHA256 with a key of zeros over a line of text and the ranges, each behind its length.
//
// REF   cmd/link/internal/ld/fips140.go: fipsObj; crypto/internal/fips140/check.
#include "golang/fips_sum.h"

#include <nettle/hmac.h>

#include "base/bytes.h"
#include "base/file.h"

bool fips_sum(Arena *a, const Str ranges[FIPS_RANGES], Str copy, u8 sum[FIPS_SUM_SIZE]) {
    static const Str first_line = STR_INIT("go fips object v1\n");
    static const u8 key[32];
    u8 sizes[FIPS_RANGES][8];
    Str parts[1 + 2 * FIPS_RANGES] = {first_line};
    for (u32 i = 0; i < FIPS_RANGES; i++) {
        put_u64be(sizes[i], ranges[i].n);
        parts[1 + 2 * i] = (Str){(const char *)sizes[i], sizeof sizes[i]};
        parts[2 + 2 * i] = ranges[i];
    }
    if (copy.n && !file_write(a, copy, parts, COUNT_OF(parts)))
        return false;
    struct hmac_sha256_ctx h;
    hmac_sha256_set_key(&h, sizeof key, key);
    for (u32 i = 0; i < COUNT_OF(parts); i++)
        hmac_sha256_update(&h, parts[i].n, (const u8 *)parts[i].p);
    hmac_sha256_digest(&h, FIPS_SUM_SIZE, sum);
    return true;
}
