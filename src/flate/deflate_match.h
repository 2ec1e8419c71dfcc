// deflate_match.h - what the match finders share: positions, comparisons, the list of tokens.
//
// A match finder remembers, for each hash value, the last position with that hash. Both releases of Go do
// it with 32-bit positions; here they are 16 bits, so that the whole table stays in the first-level cache
// (Go 1.26) or nearly so (Go 1.27). Positions count from `base`, which lies DEFLATE_HISTORY + 1 bytes
// before the place where the window last slid:
//
//     base          FIRST_POSITION - 1   FIRST_POSITION              65535
//      |<------- history, 32768 bytes ------>|<-- places to look up -->|
//
// An entry 0 is no entry: everything is too far from it. When the positions are used up, the window slides
// to where the finder stands; all entries are moved by the same amount, and those that get too far away
// become 0. Any entry names readable bytes of the window, so the bytes can be compared first: when they are
// equal, the distance hardly ever is too great, and one branch is hard to predict instead of two.
#pragma once

#include "flate/deflate_huffman.h"

enum {
    FIRST_POSITION = DEFLATE_HISTORY + 1,
    LAST_POSITION = 65535,
};

typedef struct {
    const u8 *base; // byte p of the window is base[p]
    u64 end;        // position of the end of the block
    u64 limit;      // the last position where the finder may look
    u64 soft_limit; // min(limit, LAST_POSITION - 1): behind it, see whether to slide
} MatchWindow;

static inline void slide_table(u16 *table, u32 n, u64 by) {
    u16 k = (u16)MIN(by, (u64)LAST_POSITION);
    for (u32 i = 0; i < n; i++)
        table[i] = table[i] > k ? (u16)(table[i] - k) : 0;
}

// Makes position s FIRST_POSITION. Returns the difference, which the caller subtracts from positions it
// holds.
static inline u64 window_slide(MatchWindow *w, u16 *table, u32 n, u64 s) {
    u64 by = s - FIRST_POSITION;
    slide_table(table, n, by);
    w->base += by;
    w->end -= by;
    w->limit -= by;
    w->soft_limit = MIN(w->limit, (u64)LAST_POSITION - 1);
    return by;
}

// A window whose FIRST_POSITION is the block. `here` is the position of the block in the window before, or 0.
static inline MatchWindow window_begin(u16 *table, u32 n, u64 here, const u8 *block, u32 size, u32 margin) {
    if (here > FIRST_POSITION)
        slide_table(table, n, here - FIRST_POSITION);
    MatchWindow w = {.base = block - FIRST_POSITION, .end = FIRST_POSITION + (u64)size};
    w.limit = w.end - margin;
    w.soft_limit = MIN(w.limit, (u64)LAST_POSITION - 1);
    return w;
}

// Number of equal bytes at p and q, but at most `most`. Up to 16 bytes behind that may be read. Most
// matches end within 16 bytes: these take no branch that depends on their length.
static inline u64 match_length(const u8 *p, const u8 *q, u64 most) {
    u64 n = 0, lo, hi;
    do {
        lo = get_u64le(p + n) ^ get_u64le(q + n);
        hi = get_u64le(p + n + 8) ^ get_u64le(q + n + 8);
        n += 16;
    } while (UNLIKELY((lo | hi) == 0) && n < most);
    u64 diff = lo ? lo : hi;
    u64 tail = lo ? 16 : 8;
    n -= diff ? tail - ((u64)__builtin_ctzll(diff) >> 3) : 0;
    return MIN(n, most);
}

// Number of equal bytes before p and q, but at most `most`. Up to 8 bytes before those may be read.
static inline u64 equal_before(const u8 *p, const u8 *q, u64 most) {
    for (u64 n = 0;; n += 8) {
        u64 diff = get_u64le(p - n - 8) ^ get_u64le(q - n - 8);
        if (LIKELY(diff != 0) || n + 8 >= most)
            return MIN(most, n + (diff ? (u64)__builtin_clzll(diff) >> 3 : 8));
    }
}

// Ends of the two lists of a Tokens while it is filled.
typedef struct {
    u8 *lit;
    Match *match;
    u32 *len_freq;
    u32 *dist_freq;
} TokenWriter;

static inline TokenWriter tokens_begin(Tokens *t) {
    memset(t->len_freq, 0, sizeof t->len_freq);
    memset(t->dist_freq, 0, sizeof t->dist_freq);
    return (TokenWriter){t->lits, t->matches, t->len_freq, t->dist_freq};
}

static inline void tokens_end(Tokens *t, const TokenWriter *w) {
    t->nlits = (u32)(w->lit - t->lits);
    t->nmatches = (u32)(w->match - t->matches);
}

// Appends n literals; up to 16 bytes behind them may be read.
static inline void add_literals(TokenWriter *t, const u8 *lit, u64 n) {
    memcpy(t->lit, lit, 16);
    for (u64 i = 16; UNLIKELY(i < n); i += 16)
        memcpy(t->lit + i, lit + i, 16);
    t->lit += n;
}

// Appends a match of length len + MIN_MATCH and distance dist + 1, preceded by the last `lits` literals.
static inline void add_match(TokenWriter *t, u64 lits, u64 len, u64 dist) {
    u32 code = distance_code((u32)dist);
    t->len_freq[len]++;
    t->dist_freq[code]++;
    *t->match++ = (Match){(u16)lits, (u16)dist, (u8)len, (u8)code, 0};
}

// Cuts a match into pieces such that at least MIN_MATCH bytes remain for the last one.
static inline void add_long_match(TokenWriter *t, u64 lits, u64 len, u64 dist) {
    while (UNLIKELY(len > MAX_MATCH)) {
        u64 piece = len > MAX_MATCH + MIN_MATCH ? MAX_MATCH : MAX_MATCH - MIN_MATCH;
        add_match(t, lits, piece - MIN_MATCH, dist);
        lits = 0;
        len -= piece;
    }
    add_match(t, lits, len - MIN_MATCH, dist);
}
