// gorand.c - seeding, and numbers from the state.
#include "golang/gorand.h"

enum { TAP = 273, SEED_MOD = INT32_MAX, SEED_FACTOR = 48271, SEED_OF_ZERO = 89482311, SEED_SKIP = 20 };

// Lehmer's generator.
static u32 next_seed(u32 x) {
    return (u32)((u64)x * SEED_FACTOR % SEED_MOD);
}

void gorand_seed(GoRand *r, i64 seed) {
    r->tap = 0;
    r->feed = GORAND_LEN - TAP;
    seed %= SEED_MOD;
    u32 x = (u32)(seed < 0 ? seed + SEED_MOD : seed);
    if (!x)
        x = SEED_OF_ZERO;
    for (u32 i = 0; i < SEED_SKIP; i++)
        x = next_seed(x);
    for (u32 i = 0; i < GORAND_LEN; i++) {
        u64 word = 0;
        for (u32 part = 0; part < 3; part++) {
            x = next_seed(x);
            word = word << 20 ^ x;
        }
        r->state[i] = word ^ gorand_table[i];
    }
}

static u64 next_u64(GoRand *r) {
    r->tap = (r->tap ? r->tap : GORAND_LEN) - 1;
    r->feed = (r->feed ? r->feed : GORAND_LEN) - 1;
    return r->state[r->feed] += r->state[r->tap];
}

// The upper 32 of the lower 63 bits.
static u32 next_u32(GoRand *r) {
    return (u32)(next_u64(r) >> 31);
}

// A product of a 32-bit number and n has the result in its upper half; products whose lower half is below 2^32 mod n
// are thrown away, so that all results are equally frequent.
u32 gorand_below(GoRand *r, u32 n) {
    u64 product = (u64)next_u32(r) * n;
    if ((u32)product < n)
        for (u32 least = -n % n; (u32)product < least;)
            product = (u64)next_u32(r) * n;
    return (u32)(product >> 32);
}
