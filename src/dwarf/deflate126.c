// deflate126.c - matches and block choices of compress/flate at BestSpeed up to Go 1.26 (see deflate.h).
//
// MATCHES  A hash of the next four bytes finds the last place with that hash. A place within 32 KiB that has
//          the same four bytes is taken at once and extended forwards, at most to 258 bytes and to the end of the block.
//          Where nothing is found, steps grow by one for every 32 look-ups. Behind a match the two places at its end are
//          entered, and the second is looked up.
// BLOCKS   Of the last block, up to 16 bytes are stored and up to 127 get a code for literals. A block whose tokens are
//          more than 15/16 of its bytes gets a code for literals. Either kind, and a block with
//          matches, is stored when that is shorter than its size and 1/16 more; the size of a block with matches
//          leaves out the bits that follow lengths and distances.
// REF      compress/flate/deflatefast.go, deflate.go: encSpeed, huffman_bit_writer.go: writeBlockDynamic, writeBlockHuff.

#include "dwarf/deflate_huffman.h"

enum {
    HASH_BITS = 14,
    MARGIN = 15,             // no look-ups in the last bytes of a block
    FIRST_POS = 2 * DEFLATE_HISTORY, // so that empty entries are too far away
};

struct Deflate126 {
    u32 pos; // position of the block in work, counted from FIRST_POS
    u32 table[1 << HASH_BITS]; // last position with this hash; 0 is none
    Tokens tokens;
};

Deflate126 *deflate126_new(Arena *a) {
    Deflate126 *d = arena_new(a, Deflate126);
    d->pos = FIRST_POS;
    return d;
}

static inline u32 hash4(u32 v) {
    return v * 0x1e35a7bdu >> (32 - HASH_BITS);
}

static void find_matches(Deflate126 *d, const u8 *b, u32 n) {
    Tokens *t = &d->tokens;
    u32 *table = d->table;
    u32 pos = d->pos, limit = n - MARGIN, emit = 0, s = 0;
    u32 v = get_u32le(b);
    for (;;) {
        u32 skip = 32, next = s, dist, h = hash4(v);
        for (;;) {
            s = next;
            u32 step = skip >> 5;
            next = s + step;
            skip += step;
            if (next > limit)
                goto rest;
            dist = pos + s - table[h];
            table[h] = pos + s;
            u32 ahead = get_u32le(b + next);
            h = hash4(ahead);
            if (dist <= DEFLATE_HISTORY && get_u32le(b + s - dist) == v)
                break;
            v = ahead;
        }
        u32 lits = s - emit;
        add_literals(t, b + emit, lits);
        for (;;) {
            u32 most = MIN((u32)MAX_MATCH, n - s);
            u32 len = 4 + match_length(b + s + 4 - dist, b + s + 4, most - 4);
            add_match(t, lits, len - MIN_MATCH, dist - 1);
            lits = 0;
            s += len;
            emit = s;
            if (s >= limit)
                goto rest;
            u64 x = get_u64le(b + s - 1);
            table[hash4((u32)x)] = pos + s - 1;
            h = hash4((u32)(x >> 8));
            dist = pos + s - table[h];
            table[h] = pos + s;
            if (dist > DEFLATE_HISTORY || get_u32le(b + s - dist) != (u32)(x >> 8)) {
                v = (u32)(x >> 16);
                s++;
                break;
            }
        }
    }
rest:
    if (emit < n)
        add_literals(t, b + emit, n - emit);
}

// Stored is better unless the code saves 1/16.
static bool prefer_stored(u32 n, u64 bits) {
    return (n + 5) * 8ull < bits + (bits >> 4);
}

static void write_block_literals(BitWriter *w, const u8 *block, u32 n) {
    static const u32 no_dist[1] = {1}; // the one distance code that a table needs at least, of one bit
    u32 freq[END_OF_BLOCK + 1], code[END_OF_BLOCK + 1];
    count_bytes(freq, block, n);
    freq[END_OF_BLOCK] = 1;
    huffman_build(code, freq, END_OF_BLOCK + 1, MAX_CODE_BITS);
    TableHeader h;
    header_plan(&h, code, END_OF_BLOCK + 1, no_dist, 1);
    u64 bits = h.bits + huffman_size(code, freq, END_OF_BLOCK + 1);
    if (prefer_stored(n, bits + 1)) { // Go counts that distance once
        write_stored(w, block, n);
        return;
    }
    if (!bits_room(w, bits))
        return;
    write_header(w, &h);
    write_literals(w, block, n, code);
    write_code(w, code[END_OF_BLOCK]);
}

static void write_block_tokens(BitWriter *w, Tokens *t, const u8 *block, u32 n) {
    Codes c;
    TableHeader h;
    tokens_count(t);
    huffman_build(c.litlen, t->litlen_freq, LITLEN_CODES, MAX_CODE_BITS);
    huffman_build(c.dist, t->dist_freq, DIST_CODES, MAX_CODE_BITS);
    header_plan(&h, c.litlen, symbols_used(t->litlen_freq, LITLEN_CODES), c.dist,
                symbols_used(t->dist_freq, DIST_CODES));
    u64 bits = h.bits + huffman_size(c.litlen, t->litlen_freq, LITLEN_CODES) +
               huffman_size(c.dist, t->dist_freq, DIST_CODES);
    if (prefer_stored(n, bits)) {
        write_stored(w, block, n);
        return;
    }
    if (!bits_room(w, bits + tokens_extra_bits(t)))
        return;
    write_header(w, &h);
    write_tokens(w, t, &c);
    write_code(w, c.litlen[END_OF_BLOCK]);
}

void deflate126_block(Deflate126 *d, BitWriter *w, const u8 *block, u32 n, bool last) {
    Tokens *t = &d->tokens;
    if (last && n < 128) {
        if (n <= 16)
            write_stored(w, block, n);
        else
            write_block_literals(w, block, n);
        return;
    }
    tokens_reset(t);
    find_matches(d, block, n);
    d->pos += n;
    if (t->nlits + t->nmatches > n - (n >> 4))
        write_block_literals(w, block, n);
    else
        write_block_tokens(w, t, block, n);
}

// A stored block of no bytes.
void deflate126_end(BitWriter *w) {
    if (!bits_room(w, 3 + 7 + 32))
        return;
    write_bits(w, 1, 3);
    align_bits(w);
    put_u32le(w->p, 0xffff0000);
    w->p += 4;
}
