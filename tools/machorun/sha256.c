// sha256.c - SHA-256: 64 rounds over each block of 64 bytes mix it into a state of eight words.
//
// WHAT  The message is followed by a bit 1, zeros, and its size in bits in the last 8 bytes of the last block. A block is first
//       stretched to 64 words, each made of four earlier ones; then each round takes one word and one constant.
// REF   FIPS 180-4. The constants are the first bits of the fractional parts of the square roots (state) and the cube
//       roots (rounds) of the first primes.
#include "machorun/sha256.h"

enum { BLOCK = 64, ROUNDS = 64 };

static const u32 round_constant[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static u32 rotate(u32 x, u32 n) {
    return x >> n | x << (32 - n);
}

static void stretch(const u8 *block, u32 w[ROUNDS]) {
    for (u32 i = 0; i < 16; i++)
        w[i] = get_u32be(block + 4 * i);
    for (u32 i = 16; i < ROUNDS; i++) {
        u32 s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        u32 s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

// One round. The eight words change places; rather than move them, the next round takes them under other names.
static inline void round_of(u32 a, u32 b, u32 c, u32 *d, u32 e, u32 f, u32 g, u32 *h, u32 added) {
    u32 s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25), choice = (e & f) ^ (~e & g);
    u32 s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22), majority = (a & b) ^ (a & c) ^ (b & c);
    u32 t = *h + s1 + choice + added;
    *d += t;
    *h = t + s0 + majority;
}

static void mix(u32 state[8], const u8 *block) {
    u32 w[ROUNDS];
    stretch(block, w);
    for (u32 i = 0; i < ROUNDS; i++)
        w[i] += round_constant[i];
    u32 a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6],
        h = state[7];
    for (u32 i = 0; i < ROUNDS; i += 8) {
        round_of(a, b, c, &d, e, f, g, &h, w[i]);
        round_of(h, a, b, &c, d, e, f, &g, w[i + 1]);
        round_of(g, h, a, &b, c, d, e, &f, w[i + 2]);
        round_of(f, g, h, &a, b, c, d, &e, w[i + 3]);
        round_of(e, f, g, &h, a, b, c, &d, w[i + 4]);
        round_of(d, e, f, &g, h, a, b, &c, w[i + 5]);
        round_of(c, d, e, &f, g, h, a, &b, w[i + 6]);
        round_of(b, c, d, &e, f, g, h, &a, w[i + 7]);
    }
    const u32 mixed[8] = {a, b, c, d, e, f, g, h};
    for (u32 i = 0; i < 8; i++)
        state[i] += mixed[i];
}

void sha256(const u8 *p, u64 n, u8 hash[SHA256_SIZE]) {
    u32 state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const u64 whole = n / BLOCK, rest = n % BLOCK;
    for (u64 i = 0; i < whole; i++)
        mix(state, p + i * BLOCK);
    u8 last[2 * BLOCK] = {0};
    const u64 blocks = rest + 1 + 8 <= BLOCK ? 1 : 2;
    memcpy(last, p + whole * BLOCK, rest);
    last[rest] = 0x80;
    put_u64be(last + blocks * BLOCK - 8, n * 8);
    for (u64 i = 0; i < blocks; i++)
        mix(state, last + i * BLOCK);
    for (u32 i = 0; i < 8; i++)
        put_u32be(hash + 4 * i, state[i]);
}
