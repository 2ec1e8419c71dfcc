// deflate127_deep.c - matches of compress/flate at its default level from Go 1.27 on, level 6 (see deflate.h).
//
// TABLES   One has the last place for each hash of four bytes, the other the last two for each hash of seven.
// SEARCH   At a place, a match that the hash of seven bytes finds is taken at once; of the two places the better one. One
//          that only the hash of four bytes finds is weighed against two others: one that begins a byte later and has the
//          distance of the match before, and those that the hash of seven bytes finds at the next place. Where nothing is
//          found, steps grow by one for every 128 literals.
// AT ENDS  The two places of the hash of seven bytes at the match's end are tried at the same distance from it, without
//          its first two bytes: a match from there may reach farther. Then the match grows backwards, into those two and
//          the literals before.
// ENTRIES  Of the bytes of a match every one goes into the table of seven bytes, and every second into that of four.
// REF      compress/flate/level6.go. What becomes of the matches is in deflate127.c.
#include "flate/deflate_match.h"

enum {
    HASH_BITS = 15,
    TABLE_SIZE = 1 << HASH_BITS,
    HASH_MIN = 4,           // bytes of the shorter hash, and of the shortest match
    MARGIN = 11,            // no look-ups in the last bytes of a block,
    ENTRY_MARGIN = 8,       // and no entries behind the last match
    BIAS = DEFLATE_HISTORY, // place of the first byte of the input; 0, which is no entry, is too far from all places
    SKIPPED = 2,            // bytes at the beginning that a match found at the end need not have
};

typedef struct {
    u32 last, before;
} Pair;

struct Deep127 {
    u32 here; // place of the next block, less BIAS
    // The last places with this hash.
    u32 four[TABLE_SIZE];
    Pair seven[TABLE_SIZE];
};

// A block in work. Places are those of the input, plus BIAS.
typedef struct {
    Deep127 *tables;
    const u8 *base; // byte p is base[p]
    u32 end;        // of the block
    u32 limit;      // the last place where to look
    u32 emit;       // the first byte that is in no token yet
    u32 next;       // the place to look at next, as the search has left it
    u32 repeat;     // the distance of the last match
} Search;

typedef struct {
    u32 at, from, len; // len 0: at least four bytes, not measured yet
} Found;

Deep127 *deep127_new(Arena *a) {
    return arena_array_present(a, Deep127, 1);
}

// ---- tables ----

static inline u32 hash4(u64 v) {
    return (u32)v * 2654435761u >> (32 - HASH_BITS);
}

static inline u32 hash7(u64 v) {
    return (u32)((v << 8) * 58295818150454627ull >> (64 - HASH_BITS));
}

static inline void enter4(const Search *s, u32 at, u64 v) {
    s->tables->four[hash4(v)] = at;
}

static inline void enter7(const Search *s, u32 at, u64 v) {
    Pair *pair = &s->tables->seven[hash7(v)];
    *pair = (Pair){at, pair->last};
}

// ---- comparisons ----

static inline u64 bytes_at(const Search *s, u32 at) {
    return get_u64le(s->base + at);
}

// Whether `from` is near enough and has the first four bytes of v, which are at `at`.
static inline bool is_match(const Search *s, u32 at, u32 from, u64 v) {
    return at - from < DEFLATE_HISTORY && get_u32le(s->base + from) == (u32)v;
}

// Length of a match of at least four bytes, up to the longest that a token holds.
static inline u32 token_length(const Search *s, u32 at, u32 from) {
    u64 most = MIN((u64)MAX_MATCH, (u64)s->end - at) - HASH_MIN;
    return HASH_MIN + (u32)match_length(s->base + from + HASH_MIN, s->base + at + HASH_MIN, most);
}

// Takes the match instead of m if it is longer.
static inline bool take_longer(const Search *s, Found *m, u32 at, u32 from) {
    u32 len = token_length(s, at, from);
    if (len <= m->len)
        return false;
    *m = (Found){at, from, len};
    return true;
}

// ---- the search ----

// Weighs a match that the shorter hash found at `at` against others near it. v are the bytes there, and x those at the
// next place; `ahead` is what the longer hash knew of that.
static Found best_near(const Search *s, u32 at, u32 from, u64 v, u64 x, Pair ahead) {
    Found m = {at, from, token_length(s, at, from)};
    u32 repeat = at + 1 - s->repeat;
    if (get_u32le(s->base + repeat) == (u32)(v >> 8) && take_longer(s, &m, at + 1, repeat))
        return m;
    if (is_match(s, s->next, ahead.last, x))
        take_longer(s, &m, s->next, ahead.last);
    if (is_match(s, s->next, ahead.before, x))
        take_longer(s, &m, s->next, ahead.before);
    return m;
}

// Looks for a match from `at` on. False: there is none up to the limit.
static bool find_match(Search *s, u32 at, Found *m) {
    for (;; at = s->next) {
        s->next = at + 1 + ((at - s->emit) >> 7);
        if (s->next > s->limit)
            return false;
        u64 v = bytes_at(s, at), x = bytes_at(s, s->next);
        u32 four = s->tables->four[hash4(v)];
        Pair seven = s->tables->seven[hash7(v)];
        enter4(s, at, v);
        enter7(s, at, v);
        Pair ahead = s->tables->seven[hash7(x)];
        if (is_match(s, at, seven.last, v)) {
            *m = (Found){.at = at, .from = seven.last};
            if (is_match(s, at, seven.before, v)) {
                m->len = token_length(s, at, seven.last);
                take_longer(s, m, at, seven.before);
            }
        } else if (is_match(s, at, seven.before, v)) {
            *m = (Found){.at = at, .from = seven.before};
        } else if (is_match(s, at, four, v)) {
            *m = best_near(s, at, four, v, x, ahead);
        } else {
            continue;
        }
        enter4(s, s->next, x);
        enter7(s, s->next, x);
        return true;
    }
}

// Makes a match as long as it is, beyond what a token holds.
static void lengthen(const Search *s, Found *m) {
    if (m->len == 0)
        m->len = HASH_MIN;
    else if (m->len != MAX_MATCH)
        return;
    m->len += (u32)match_length(s->base + m->from + m->len, s->base + m->at + m->len, s->end - m->at - m->len);
}

// Tries the places that are known for what stands at the match's end.
static void try_end(const Search *s, Found *m) {
    u32 at = m->at + SKIPPED;
    if (m->at + m->len >= s->limit)
        return;
    Pair pair = s->tables->seven[hash7(bytes_at(s, m->at + m->len))];
    for (u32 i = 0; i < 2; i++) {
        u32 from = (i ? pair.before : pair.last) - m->len + SKIPPED;
        if (from < BIAS || at - from - 1 >= DEFLATE_HISTORY - 1)
            continue;
        u32 len = (u32)match_length(s->base + from, s->base + at, s->end - at);
        if (len > m->len)
            *m = (Found){at, from, len};
    }
}

static void put_match(Search *s, TokenWriter *t, Found m) {
    u64 back = equal_before(s->base + m.from, s->base + m.at, MIN(m.at - s->emit, m.from - BIAS));
    u64 lits = m.at - back - s->emit;
    add_literals(t, s->base + s->emit, lits);
    add_long_match(t, lits, m.len + back, m.at - m.from - 1);
    s->repeat = m.at - m.from;
    s->emit = m.at + m.len;
}

// Enters the places of the match that the search has not seen.
static void enter_match(const Search *s, u32 end) {
    for (u32 i = s->next + 1; i + 1 < end; i += 2) {
        enter4(s, i, bytes_at(s, i));
        enter7(s, i, bytes_at(s, i));
        enter7(s, i + 1, bytes_at(s, i + 1));
    }
}

// Enters places in the rest of the block.
static void enter_rest(const Search *s) {
    for (u32 i = s->next + 1; i + ENTRY_MARGIN < s->end; i += 2) {
        enter4(s, i, bytes_at(s, i));
        enter7(s, i, bytes_at(s, i));
    }
}

void deep127_find(Deep127 *d, Tokens *tokens, const u8 *block, u32 n) {
    u32 begin = d->here + BIAS;
    Search s = {.tables = d, .base = block - begin, .end = begin + n, .emit = begin, .repeat = 1};
    s.limit = s.end - MARGIN;
    TokenWriter t = tokens_begin(tokens);
    Found m;
    for (u32 at = begin; find_match(&s, at, &m);) {
        lengthen(&s, &m);
        try_end(&s, &m);
        put_match(&s, &t, m);
        at = MAX(s.emit, s.next + 1);
        if (at >= s.limit) {
            enter_rest(&s);
            break;
        }
        enter_match(&s, at);
    }
    add_literals(&t, s.base + s.emit, s.end - s.emit);
    tokens_end(tokens, &t);
    d->here += n;
}
