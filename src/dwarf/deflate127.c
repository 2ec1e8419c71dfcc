// deflate127.c - matches and block choices of compress/flate at BestSpeed from Go 1.27 on (see deflate.h).
//
// MATCHES  A hash of the next five bytes finds the last place with that hash; a place nearer than 32 KiB with the same
//          four bytes is a match. Look-ups go in twos: one place, then the place two bytes and 1/32 of the current run of
//          literals farther, and its neighbour. A match grows forwards to the end of the block, and backwards
//          into the literals before it; what is longer than 258 bytes is cut into pieces. Behind
//          a match the place two bytes back is entered, and the one at its end is looked up.
// BLOCKS   Of the last block, up to 32 bytes are stored and up to 127 get a code for literals. A block without matches is
//          stored. A block whose tokens are more than 15/16 of its bytes gets a code for literals.
//          The table of a block stays in use until another one promises to be shorter: then the next block has no
//          header, and no end of block is written between the two. The promise is an estimate of the entropy
//          in single precision, which must be rounded as Go on amd64 does, operation by operation.
// REF      compress/flate/level1.go, deflate.go: deflateFast, token.go: EstimatedBits,
//          huffman_bit_writer.go: writeBlockDynamic, writeBlockHuff.

#include "dwarf/deflate_huffman.h"

enum {
    HASH_BITS = 15,
    MARGIN = 11,                     // no look-ups in the last bytes of a block
    FIRST_POS = 2 * DEFLATE_HISTORY, // so that empty entries are too far away
    SMALL_BLOCK = 250,               // tokens; only below it are the fixed codes considered
    NEW_TABLE_PENALTY = 7,           // an estimate for a new table grows by 1/2^7
    HEADER_GUESS = 70 * 8,           // bits of a table of literals
};

// The table of the block that is still open.
typedef enum {
    TABLE_NONE,     // the last block has been ended
    TABLE_TOKENS,   // can be used again by any block
    TABLE_LITERALS, // only by a block of literals
} OpenTable;

struct Deflate127 {
    u32 pos;                   // position of the block in work, counted from FIRST_POS
    u32 table[1 << HASH_BITS]; // last position with this hash; 0 is none
    OpenTable open;
    u32 header_bits; // size of the header of the open table
    Codes codes;     // the open table
    Tokens tokens;
};

Deflate127 *deflate127_new(Arena *a) {
    Deflate127 *d = arena_new(a, Deflate127);
    d->pos = FIRST_POS;
    return d;
}

// ---- matches ----

static inline u32 hash5(u64 v) {
    return (u32)((v << 24) * 889523592379ull >> (64 - HASH_BITS));
}

// Number of equal bytes before p and q, but at most `most`. Up to 8 bytes before those may be read.
static inline u32 equal_before(const u8 *p, const u8 *q, u32 most) {
    for (u32 n = 0;; n += 8) {
        u64 diff = get_u64le(p - n - 8) ^ get_u64le(q - n - 8);
        if (diff != 0 || n + 8 >= most)
            return MIN(most, n + (diff ? (u32)__builtin_clzll(diff) >> 3 : 8));
    }
}

// Cuts a match into pieces such that at least MIN_MATCH bytes remain for the last one.
static inline void add_long_match(Tokens *t, u32 lits, u32 len, u32 dist) {
    while (len > MAX_MATCH) {
        u32 piece = len > MAX_MATCH + MIN_MATCH ? MAX_MATCH : MAX_MATCH - MIN_MATCH;
        add_match(t, lits, piece - MIN_MATCH, dist);
        lits = 0;
        len -= piece;
    }
    add_match(t, lits, len - MIN_MATCH, dist);
}

static void find_matches(Deflate127 *d, const u8 *b, u32 n) {
    Tokens *t = &d->tokens;
    u32 *table = d->table;
    u32 pos = d->pos, limit = n - MARGIN, emit = 0, s = 0;
    // A match does not grow back to the very first byte of the input; elsewhere the window reaches as far as distances do.
    const u8 *first = pos == FIRST_POS ? b : b - DEFLATE_HISTORY;
    u64 v = get_u64le(b);
    for (;;) {
        u32 next, dist;
        for (;;) {
            u32 h = hash5(v);
            next = s + 2 + ((s - emit) >> 5);
            if (next > limit)
                goto rest;
            dist = pos + s - table[h];
            table[h] = pos + s;
            u64 ahead = get_u64le(b + next);
            h = hash5(ahead);
            if (dist < DEFLATE_HISTORY && get_u32le(b + s - dist) == (u32)v) {
                table[h] = pos + next;
                break;
            }
            v = ahead;
            s = next++;
            dist = pos + s - table[h];
            table[h] = pos + s;
            if (dist < DEFLATE_HISTORY && get_u32le(b + s - dist) == (u32)v) {
                // Go enters the neighbour under the hash of this place.
                table[h] = pos + next;
                break;
            }
            v >>= 8;
            s = next;
        }
        for (;;) {
            const u8 *from = b + s - dist;
            u32 len = 4 + match_length(from + 4, b + s + 4, n - s - 4);
            u32 back = equal_before(from, b + s, MIN(s - emit, (u32)(from - first)));
            s -= back;
            len += back;
            u32 lits = s - emit;
            add_literals(t, b + emit, lits);
            add_long_match(t, lits, len, dist - 1);
            s += len;
            emit = s;
            if (next >= s)
                s = next + 1;
            if (s >= limit)
                goto rest;
            u64 x = get_u64le(b + s - 2);
            table[hash5(x)] = pos + s - 2;
            x >>= 16;
            u32 h = hash5(x);
            dist = pos + s - table[h];
            table[h] = pos + s;
            if (dist > DEFLATE_HISTORY || get_u32le(b + s - dist) != (u32)x) {
                v = x >> 8;
                s++;
                break;
            }
        }
    }
rest:
    if (emit < n)
        add_literals(t, b + emit, n - emit);
}

// ---- blocks ----

// log2 of a positive number, to about two decimals: the exponent, and a parabola for the mantissa.
static float fast_log2(float v) {
    u32 bits;
    memcpy(&bits, &v, 4);
    float log2 = (float)((i32)(bits >> 23 & 255) - 128);
    bits = (bits & 0x807fffffu) + (127u << 23);
    float m;
    memcpy(&m, &bits, 4);
    return log2 + ((-0.34484843f * m + 2.02466578f) * m - 0.67487759f);
}

// Bits of a symbol that occurs freq times, out of 1/scale symbols.
static float symbol_bits(u32 freq, float scale) {
    float f = (float)freq, bits = -fast_log2(f * scale);
    bits = bits > 1 ? bits : 1;
    bits = bits < 15 ? bits : 15;
    return bits * f;
}

// Size of the block in a code of its own, without header. ntokens includes the end of the block if that was a token.
static u64 estimate_bits(const Tokens *t, u32 ntokens) {
    float bits = 0, scale = 1.0f / (float)ntokens;
    for (u32 i = 0; i < 256; i++) {
        if (t->litlen_freq[i])
            bits += symbol_bits(t->litlen_freq[i], scale);
    }
    bits += 15; // the end of the block
    for (u32 i = FIRST_LENGTH_CODE; i < LITLEN_CODES; i++) {
        if (t->litlen_freq[i])
            bits += symbol_bits(t->litlen_freq[i], scale);
    }
    scale = 1.0f / (float)t->nmatches;
    for (u32 i = 0; i < DIST_CODES; i++) {
        if (t->dist_freq[i])
            bits += symbol_bits(t->dist_freq[i], scale);
    }
    return (u64)bits + tokens_extra_bits(t);
}

static u64 stored_bits(u32 n) {
    return (n + 5) * 8ull;
}

static bool has_words(const u32 *code, const u32 *freq, u32 n) {
    u32 missing = 0;
    for (u32 i = 0; i < n; i++)
        missing |= freq[i] != 0 && code[i] == 0;
    return !missing;
}

// Ends the open block, if any.
static void end_block(Deflate127 *d, BitWriter *w) {
    if (d->open != TABLE_NONE && bits_room(w, MAX_CODE_BITS))
        write_code(w, d->codes.litlen[END_OF_BLOCK]);
    d->open = TABLE_NONE;
}

static void store_block(Deflate127 *d, BitWriter *w, const u8 *block, u32 n) {
    end_block(d, w);
    write_stored(w, block, n);
}

// True when all bytes are so nearly equally frequent that no code can help: by the variance of the frequencies.
static bool looks_random(const u32 *freq, u32 n) {
    double sum = 0, mean = (double)n / 256, most = (double)(2 * n);
    for (u32 i = 0; i < 256; i++) {
        double diff = (double)freq[i] - mean;
        sum += diff * diff;
        if (sum >= most)
            return false;
    }
    return true;
}

static void write_block_literals(Deflate127 *d, BitWriter *w, const u8 *block, u32 n, bool last) {
    static const u32 no_dist[1] = {1}; // the one distance code that a table needs at least, of one bit
    u32 freq[END_OF_BLOCK + 1], code[END_OF_BLOCK + 1];
    count_bytes(freq, block, n);
    if (n > 1024 && looks_random(freq, n)) {
        store_block(d, w, block, n);
        return;
    }
    freq[END_OF_BLOCK] = 1;
    huffman_build(code, freq, END_OF_BLOCK + 1, MAX_CODE_BITS);
    u64 size = huffman_size(code, freq, END_OF_BLOCK + 1);
    size += d->open == TABLE_NONE ? HEADER_GUESS : d->header_bits;
    size += size >> NEW_TABLE_PENALTY;
    if (stored_bits(n) <= size) {
        store_block(d, w, block, n);
        return;
    }
    if (d->open != TABLE_NONE &&
        (!has_words(d->codes.litlen, freq, 256) || size < huffman_size(d->codes.litlen, freq, 256)))
        end_block(d, w);
    if (d->open == TABLE_NONE) {
        TableHeader h;
        header_plan(&h, code, END_OF_BLOCK + 1, no_dist, 1);
        memcpy(d->codes.litlen, code, sizeof code);
        if (!bits_room(w, h.bits))
            return;
        write_header(w, &h);
        d->open = TABLE_LITERALS;
        d->header_bits = h.bits;
    }
    if (!bits_room(w, huffman_size(d->codes.litlen, freq, 256)))
        return;
    write_literals(w, block, n, d->codes.litlen);
    if (last)
        end_block(d, w);
}

// A block in the fixed codes, of `bits` bits in all.
static void write_fixed(Deflate127 *d, BitWriter *w, const Codes *fixed, u64 bits) {
    end_block(d, w);
    if (!bits_room(w, bits))
        return;
    write_bits(w, 2, 3); // not the last block, fixed codes
    write_tokens(w, &d->tokens, fixed);
    write_code(w, fixed->litlen[END_OF_BLOCK]);
}

// Bits of the block in the given codes, with its end, without header.
static u64 tokens_size(const Tokens *t, const Codes *c) {
    return huffman_size(c->litlen, t->litlen_freq, LITLEN_CODES) + huffman_size(c->dist, t->dist_freq, DIST_CODES) +
           tokens_extra_bits(t);
}

// Chooses between the open table and a new one, by estimate. True when the block has been written in another way.
static bool consider_open_table(Deflate127 *d, BitWriter *w, const u8 *block, u32 n, u32 ntokens) {
    Tokens *t = &d->tokens;
    u64 fresh = d->header_bits + estimate_bits(t, ntokens);
    fresh += (d->codes.litlen[END_OF_BLOCK] & 0xff) + (fresh >> NEW_TABLE_PENALTY);
    u64 size = tokens_size(t, &d->codes);
    if (fresh < size) {
        end_block(d, w);
        size = fresh;
    }
    if (ntokens < SMALL_BLOCK) {
        Codes fixed;
        fixed_codes(&fixed);
        u64 fixed_size = 3 + tokens_size(t, &fixed);
        if (fixed_size + 7 < size && stored_bits(n) > size) {
            write_fixed(d, w, &fixed, fixed_size);
            return true;
        }
    }
    if (stored_bits(n) <= size) {
        store_block(d, w, block, n);
        return true;
    }
    return false;
}

// Makes a table for the block and writes its header. True when the block has been written without one.
static bool new_table(Deflate127 *d, BitWriter *w, const u8 *block, u32 n, u32 ntokens) {
    Tokens *t = &d->tokens;
    Codes *c = &d->codes;
    TableHeader h;
    huffman_build(c->litlen, t->litlen_freq, LITLEN_CODES, MAX_CODE_BITS);
    huffman_build(c->dist, t->dist_freq, DIST_CODES, MAX_CODE_BITS);
    header_plan(&h, c->litlen, symbols_used(t->litlen_freq, LITLEN_CODES), c->dist,
                symbols_used(t->dist_freq, DIST_CODES));
    u64 size = h.bits + tokens_size(t, c);
    if (ntokens < SMALL_BLOCK) {
        Codes fixed;
        fixed_codes(&fixed);
        u64 fixed_size = 3 + tokens_size(t, &fixed);
        if (fixed_size <= size && stored_bits(n) > fixed_size) {
            write_fixed(d, w, &fixed, fixed_size);
            return true;
        }
        size = MIN(size, fixed_size);
    }
    if (stored_bits(n) <= size) {
        store_block(d, w, block, n);
        return true;
    }
    if (bits_room(w, h.bits))
        write_header(w, &h);
    d->open = TABLE_TOKENS;
    d->header_bits = h.bits;
    return false;
}

static void write_block_tokens(Deflate127 *d, BitWriter *w, const u8 *block, u32 n, bool last) {
    Tokens *t = &d->tokens;
    tokens_count(t);
    u32 ntokens = t->nlits + t->nmatches + last; // the end of the last block is a token
    if (d->open == TABLE_LITERALS ||
        (d->open == TABLE_TOKENS && !(has_words(d->codes.dist, t->dist_freq, DIST_CODES) &&
                                      has_words(d->codes.litlen, t->litlen_freq, LITLEN_CODES))))
        end_block(d, w);
    if (d->open != TABLE_NONE && consider_open_table(d, w, block, n, ntokens))
        return;
    if (d->open == TABLE_NONE && new_table(d, w, block, n, ntokens))
        return;
    if (!bits_room(w, tokens_size(t, &d->codes)))
        return;
    write_tokens(w, t, &d->codes);
    if (last)
        end_block(d, w);
}

void deflate127_block(Deflate127 *d, BitWriter *w, const u8 *block, u32 n, bool last) {
    Tokens *t = &d->tokens;
    if (last && n < 128) {
        if (n <= 32)
            store_block(d, w, block, n);
        else
            write_block_literals(d, w, block, n, last);
        return;
    }
    tokens_reset(t);
    find_matches(d, block, n);
    d->pos += n;
    if (t->nmatches == 0)
        store_block(d, w, block, n);
    else if (t->nlits + t->nmatches > n - (n >> 4))
        write_block_literals(d, w, block, n, last);
    else
        write_block_tokens(d, w, block, n, last);
}

// A block of no bytes in the fixed codes: its end is seven zero bits.
void deflate127_end(BitWriter *w) {
    if (!bits_room(w, 3 + 7 + 7))
        return;
    write_bits(w, 3, 3);
    write_bits(w, 0, 7);
    align_bits(w);
}
