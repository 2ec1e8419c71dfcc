// deflate126_lazy.c - compress/flate at its default level up to Go 1.26, level 6 (see deflate.h).
//
// MATCHES  Chains: every place is entered under a hash of its four bytes and remembers the place before it with the same
//          hash. A place looks back along its chain, over at most 128 places, for the longest match; of matches of four
//          bytes only those within 4096 bytes count. A match of 128 bytes ends the search.
//          A match is not taken before the next place has been tried: if that has a longer one, the byte before becomes
//          a literal. Behind a match of 16 bytes nothing is tried.
// WINDOW   Go keeps 64 KiB of input and moves the upper half down when fewer than 262 bytes are left ahead. That leaves
//          two traces: places that have gone cannot be matched, though they are near enough, and a block that begins
//          before the window cannot be stored. Here the whole input is in memory, and `window` says where Go's begins.
// BLOCKS   Of 2^14 tokens each, and in the shortest of three forms: stored, in the fixed codes, in codes of its own.
// REF      compress/flate/deflate.go: deflate, findMatch, fillDeflate; huffman_bit_writer.go: writeBlock.
#include "flate/deflate_match.h"

enum {
    HASH_BITS = 17,
    HASH_MIN = 4, // bytes of the hash, and of the shortest match
    WINDOW = 1 << 16,
    AHEAD = HASH_MIN + MAX_MATCH,
    TRIES = 128,
    GOOD_ENOUGH = 128, // a match that ends the search
    LAZY = 16,         // a match behind which no better one is looked for
    NEAR_ENOUGH = 4096,
    BLOCK_TOKENS = 1 << 14,
};

typedef struct {
    u32 len, dist;
} Found;

typedef struct {
    const u8 *in;
    u64 n;
    u64 window;                // place of the first byte in Go's window
    u64 block;                 // where the block in work begins
    u32 head[1 << HASH_BITS];  // the last place with this hash, plus 1
    u32 prev[DEFLATE_HISTORY]; // by place, modulo the size: the place before it with the same hash, plus 1
    Tokens tokens;
    TokenWriter writer;
    u64 lits; // literals of the block behind its last match
} Deflate126Lazy;

// ---- matches ----

// Enters a place that has four bytes.
static inline void enter(Deflate126Lazy *d, u64 pos) {
    u32 hash = get_u32be(d->in + pos) * 0x1e35a7bdu >> (32 - HASH_BITS);
    d->prev[pos % DEFLATE_HISTORY] = d->head[hash];
    d->head[hash] = (u32)pos + 1;
}

// The longest match at pos, which has been entered.
static Found find_match(const Deflate126Lazy *d, u64 pos) {
    const u8 *here = d->in + pos;
    u64 most = MIN(d->n - pos, (u64)MAX_MATCH), enough = MIN(most, (u64)GOOD_ENOUGH);
    u64 oldest = MAX(d->window, pos > DEFLATE_HISTORY ? pos - DEFLATE_HISTORY : 0);
    Found best = {.len = HASH_MIN - 1};
    u64 from = pos;
    for (u32 tries = TRIES; tries > 0; tries--) {
        u64 link = d->prev[from % DEFLATE_HISTORY];
        if (link <= oldest)
            break;
        from = link - 1;
        const u8 *there = d->in + from;
        // A longer match has these four bytes.
        u32 tail = best.len + 1 - HASH_MIN;
        if (get_u32le(there + tail) == get_u32le(here + tail)) {
            u64 len = match_length(there, here, most);
            if (len > best.len && (len > HASH_MIN || pos - from <= NEAR_ENOUGH)) {
                best = (Found){(u32)len, (u32)(pos - from)};
                if (len >= enough)
                    break;
            }
        }
        if (from + DEFLATE_HISTORY == pos) // its link is that of pos
            break;
    }
    return best;
}

// ---- blocks ----

static void begin_block(Deflate126Lazy *d, u64 begin) {
    d->block = begin;
    d->writer = tokens_begin(&d->tokens);
    d->lits = 0;
}

static void write_block(Deflate126Lazy *d, BitWriter *w, u64 end) {
    Tokens *t = &d->tokens;
    u64 size = end - d->block;
    tokens_end(t, &d->writer);
    tokens_count(t);
    if (t->nmatches == 0)
        t->dist_freq[0] = 1; // a table needs a distance; Go counts it in the fixed codes, too
    Codes fixed, own;
    TableHeader h;
    fixed_codes(&fixed);
    codes_build(&own, &h, t);
    u64 fixed_bits = 3 + tokens_size(t, &fixed), own_bits = h.bits + tokens_size(t, &own);
    u64 bits = MIN(fixed_bits, own_bits);
    if (d->block >= d->window && size <= DEFLATE_BLOCK && (size + 5) * 8 < bits) {
        write_stored(w, d->in + d->block, (u32)size);
        return;
    }
    if (!bits_room(w, bits))
        return;
    const Codes *codes = own_bits < fixed_bits ? &own : &fixed;
    if (codes == &own)
        write_header(w, &h);
    else
        write_bits(w, 2, 3); // not the last block, fixed codes
    write_tokens(w, t, codes);
    write_code(w, codes->litlen[END_OF_BLOCK]);
}

// ---- the stream ----

static u64 count_tokens(const Deflate126Lazy *d) {
    return (u64)(d->writer.lit - d->tokens.lits) + (u64)(d->writer.match - d->tokens.matches);
}

// To be called behind each token; `end` is the place behind its bytes.
static void token_added(Deflate126Lazy *d, BitWriter *w, u64 end) {
    if (count_tokens(d) == BLOCK_TOKENS) {
        write_block(d, w, end);
        begin_block(d, end);
    }
}

static void put_literal(Deflate126Lazy *d, BitWriter *w, u64 pos) {
    *d->writer.lit++ = d->in[pos];
    d->lits++;
    token_added(d, w, pos + 1);
}

static void put_match(Deflate126Lazy *d, BitWriter *w, Found match, u64 end) {
    add_match(&d->writer, d->lits, match.len - MIN_MATCH, match.dist - 1);
    d->lits = 0;
    token_added(d, w, end);
}

static inline bool can_enter(const Deflate126Lazy *d, u64 pos) {
    return pos + HASH_MIN <= d->n;
}

void deflate126_lazy(Arena *a, BitWriter *w, const u8 *in, u64 n) {
    Deflate126Lazy *d = arena_new(a, Deflate126Lazy);
    d->in = in;
    d->n = n;
    begin_block(d, 0);
    Found before = {.len = HASH_MIN - 1}; // the match one byte back
    bool waits = false;                   // that byte is in no token yet
    for (u64 pos = 0; !w->full;) {
        if (pos > d->window + WINDOW - AHEAD && d->window + WINDOW < n)
            d->window += WINDOW / 2;
        if (pos == n) {
            if (waits)
                put_literal(d, w, n - 1);
            break;
        }
        if (can_enter(d, pos))
            enter(d, pos);
        Found found = {.len = HASH_MIN - 1};
        if (before.len < MIN(n - pos, (u64)LAZY))
            found = find_match(d, pos);
        if (before.len >= HASH_MIN && found.len <= before.len) {
            u64 end = pos - 1 + before.len;
            while (++pos < end)
                if (can_enter(d, pos))
                    enter(d, pos);
            put_match(d, w, before, end);
            before.len = HASH_MIN - 1;
            waits = false;
        } else {
            if (waits)
                put_literal(d, w, pos - 1);
            before = found;
            waits = true;
            pos++;
        }
    }
    if (count_tokens(d) > 0)
        write_block(d, w, n);
}
