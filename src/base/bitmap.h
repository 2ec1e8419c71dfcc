// bitmap.h - sets of small integers, one bit each.
//
// The atomic forms use relaxed order: the workers of one parallel loop may set bits of the same word,
// and nobody reads the result before the loop has ended.
#pragma once

#include "base/arena.h"

typedef struct {
    u64 *w;
    u32 n; // bits
} Bitmap;

static inline Bitmap bitmap_new(Arena *a, u32 n) {
    return (Bitmap){arena_array(a, u64, (n + 63u) / 64u), n};
}

static inline bool bitmap_get(const Bitmap *b, u32 i) {
    assert(i < b->n);
    return b->w[i / 64] >> (i % 64) & 1;
}

static inline void bitmap_set(Bitmap *b, u32 i) {
    assert(i < b->n);
    b->w[i / 64] |= 1ull << (i % 64);
}

static inline void bitmap_clear(Bitmap *b, u32 i) {
    assert(i < b->n);
    b->w[i / 64] &= ~(1ull << (i % 64));
}

// Sets bit i; true when this call set it.
static inline bool bitmap_set_atomic(Bitmap *b, u32 i) {
    u64 bit = 1ull << (i % 64);
    u64 *w = &b->w[i / 64];
    if (__atomic_load_n(w, __ATOMIC_RELAXED) & bit)
        return false;
    return !(__atomic_fetch_or(w, bit, __ATOMIC_RELAXED) & bit);
}

// The first set bit in [from, to), or `to`. Words without bits cost one look.
static inline u32 bitmap_next(const Bitmap *b, u32 from, u32 to) {
    assert(to <= b->n);
    while (from < to) {
        u64 bits = b->w[from / 64] >> (from % 64);
        if (bits)
            return MIN(from + (u32)__builtin_ctzll(bits), to);
        from += 64 - from % 64;
    }
    return to;
}

// Number of set bits.
static inline u32 bitmap_count(const Bitmap *b) {
    u32 c = 0;
    for (u32 i = 0; i < (b->n + 63u) / 64u; i++)
        c += (u32)__builtin_popcountll(b->w[i]);
    return c;
}
