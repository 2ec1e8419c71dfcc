// deflate127.c - block choices of compress/flate from Go 1.27 on, and its matches at BestSpeed (see deflate.h).
//
// MATCHES  At the default level they come from deflate127_deep.c; at BestSpeed: a hash of the next five bytes
//          finds the last place with that hash; a place nearer than 32 KiB
//          with the same four bytes is a match. Look-ups go in twos: one place, then the place two bytes
//          and 1/32 of the current run of literals farther, and its neighbour. A match grows forwards to
//          the end of the block, and backwards into the literals before it; what is longer than 258 bytes
//          is cut into pieces. Behind a match the place two bytes back is entered, and the one at its end
//          is looked up.
// BLOCKS   Of the last block, up to 32 bytes are stored and up to 127 get a code for literals. A block
//          without matches is stored. A block whose tokens are more than 15/16 of its bytes gets a code for
//          literals. The table of a block stays in use until another one promises to be shorter: then the
//          next block has no header, and no end of block is written between the two. The promise is an
//          estimate of the entropy in single precision, which must be rounded as Go on amd64 does,
//          operation by operation.
// REF      compress/flate/level1.go, deflate.go: deflateFast, token.go: EstimatedBits,
//          huffman_bit_writer.go: writeBlockDynamic, writeBlockHuff.

#include "flate/deflate_match.h"

enum {
    HASH_BITS = 15,
    TABLE_SIZE = 1 << HASH_BITS,
    MARGIN = 11,           // no look-ups in the last bytes of a block
    SMALL_BLOCK = 250,     // tokens; only below it are the fixed codes considered
    NEW_TABLE_PENALTY = 7, // an estimate for a new table grows by 1/2^7
    HEADER_GUESS = 70 * 8, // bits of a table of literals
};

// The table of the block that is still open.
typedef enum {
    TABLE_NONE,     // the last block has been ended
    TABLE_TOKENS,   // can be used again by any block
    TABLE_LITERALS, // only by a block of literals
} OpenTable;

struct Deflate127 {
    Deep127 *deep;         // finds the matches instead, if there is one
    u64 here;              // position of the next block (see MatchWindow); 0 before the first
    u16 table[TABLE_SIZE]; // last position with this hash
    OpenTable open;
    u32 header_bits; // size of the header of the open table
    Codes codes;     // the open table
};

Deflate127 *deflate127_new(Arena *a, Deep127 *deep) {
    Deflate127 *d = arena_array_present(a, Deflate127, 1);
    d->deep = deep;
    return d;
}

// ---- matches ----

static inline u32 hash5(u64 v) {
    return (u32)((v << 24) * 889523592379ull >> (64 - HASH_BITS));
}

static void find_matches(Deflate127 *d, Tokens *tokens, const u8 *block, u32 n) {
    u16 *table = d->table;
    // A match does not grow back to the very first byte of the input; later the window reaches as far as
    // distances do.
    const u8 *first = d->here == 0 ? block : block - DEFLATE_HISTORY;
    MatchWindow w = window_begin(table, TABLE_SIZE, d->here, block, n, MARGIN);
    TokenWriter t = tokens_begin(tokens);
    u64 s = FIRST_POSITION, emit = s;
    u64 v = get_u64le(w.base + s);
    for (;;) {
        u64 next, from;
        for (;;) {
            next = s + 2 + ((s - emit) >> 5);
            if (UNLIKELY(next > w.soft_limit)) {
                if (next > w.limit)
                    goto rest;
                u64 by = window_slide(&w, table, TABLE_SIZE, s);
                s -= by;
                next -= by;
                emit -= by;
            }
            u32 h = hash5(v);
            from = table[h];
            table[h] = (u16)s;
            u64 ahead = get_u64le(w.base + next);
            h = hash5(ahead);
            if ((s - from < DEFLATE_HISTORY) & (get_u32le(w.base + from) == (u32)v)) {
                table[h] = (u16)next;
                break;
            }
            v = ahead;
            s = next++;
            from = table[h];
            table[h] = (u16)s;
            if ((s - from < DEFLATE_HISTORY) & (get_u32le(w.base + from) == (u32)v)) {
                // Go enters the neighbour under the hash of this place.
                table[h] = (u16)next;
                break;
            }
            v >>= 8;
            s = next;
        }
        for (;;) {
            u64 len = 4 + match_length(w.base + from + 4, w.base + s + 4, w.end - s - 4);
            u64 dist = s - from;
            u64 back = equal_before(w.base + from, w.base + s, MIN(s - emit, (u64)(w.base + from - first)));
            u64 lits = s - back - emit;
            add_literals(&t, w.base + emit, lits);
            add_long_match(&t, lits, len + back, dist - 1);
            s += len;
            emit = s;
            if (UNLIKELY(next >= s))
                s = next + 1;
            if (UNLIKELY(s >= w.soft_limit)) {
                if (s >= w.limit)
                    goto rest;
                u64 by = window_slide(&w, table, TABLE_SIZE, s);
                s -= by;
                next -= by;
                emit -= by;
            }
            u64 x = get_u64le(w.base + s - 2);
            table[hash5(x)] = (u16)(s - 2);
            x >>= 16;
            u32 h = hash5(x);
            from = table[h];
            table[h] = (u16)s;
            if ((s - from > DEFLATE_HISTORY) | (get_u32le(w.base + from) != (u32)x)) {
                v = x >> 8;
                s++;
                break;
            }
        }
    }
rest:
    add_literals(&t, w.base + emit, w.end - emit);
    tokens_end(tokens, &t);
    d->here = w.end;
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

// Size of the block in a code of its own, without header. ntokens includes the end of the block if that was
// a token.
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

// True when all bytes are so nearly equally frequent that no code can help: by the variance of the
// frequencies.
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
static void write_fixed(Deflate127 *d, BitWriter *w, const Tokens *t, const Codes *fixed, u64 bits) {
    end_block(d, w);
    if (!bits_room(w, bits))
        return;
    write_bits(w, 2, 3); // not the last block, fixed codes
    write_tokens(w, t, fixed);
    write_code(w, fixed->litlen[END_OF_BLOCK]);
}

// Chooses between the open table and a new one, by estimate. True when the block has been written in
// another way.
static bool consider_open_table(Deflate127 *d, BitWriter *w, const Tokens *t, const u8 *block, u32 n, u32 ntokens) {
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
            write_fixed(d, w, t, &fixed, fixed_size);
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
static bool new_table(Deflate127 *d, BitWriter *w, const Tokens *t, const u8 *block, u32 n, u32 ntokens) {
    Codes *c = &d->codes;
    TableHeader h;
    codes_build(c, &h, t);
    u64 size = h.bits + tokens_size(t, c);
    if (ntokens < SMALL_BLOCK) {
        Codes fixed;
        fixed_codes(&fixed);
        u64 fixed_size = 3 + tokens_size(t, &fixed);
        if (fixed_size <= size && stored_bits(n) > fixed_size) {
            write_fixed(d, w, t, &fixed, fixed_size);
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

static void write_block_tokens(Deflate127 *d, BitWriter *w, Tokens *t, const u8 *block, u32 n, bool last) {
    tokens_count(t);
    u32 ntokens = t->nlits + t->nmatches + last; // the end of the last block is a token
    if (d->open == TABLE_LITERALS ||
        (d->open == TABLE_TOKENS && !(has_words(d->codes.dist, t->dist_freq, DIST_CODES) &&
                                      has_words(d->codes.litlen, t->litlen_freq, LITLEN_CODES))))
        end_block(d, w);
    if (d->open != TABLE_NONE && consider_open_table(d, w, t, block, n, ntokens))
        return;
    if (d->open == TABLE_NONE && new_table(d, w, t, block, n, ntokens))
        return;
    if (!bits_room(w, tokens_size(t, &d->codes)))
        return;
    write_tokens(w, t, &d->codes);
    if (last)
        end_block(d, w);
}

void deflate127_block(Deflate127 *d, BitWriter *w, Tokens *t, const u8 *block, u32 n, bool last) {
    if (last && n < 128) {
        if (n <= 32)
            store_block(d, w, block, n);
        else
            write_block_literals(d, w, block, n, last);
        return;
    }
    if (d->deep)
        deep127_find(d->deep, t, block, n);
    else
        find_matches(d, t, block, n);
    if (t->nmatches == 0)
        store_block(d, w, block, n);
    else if (t->nlits + t->nmatches > n - (n >> 4))
        write_block_literals(d, w, block, n, last);
    else
        write_block_tokens(d, w, t, block, n, last);
}

// A block of no bytes in the fixed codes: its end is seven zero bits.
void deflate127_end(BitWriter *w) {
    if (!bits_room(w, 3 + 7 + 7))
        return;
    write_bits(w, 3, 3);
    write_bits(w, 0, 7);
    align_bits(w);
}
