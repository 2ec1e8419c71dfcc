// deflate126.c - matches and block choices of compress/flate at BestSpeed up to Go 1.26 (see deflate.h).
//
// MATCHES  A hash of the next four bytes finds the last place with that hash. A place within 32 KiB that
//          has the same four bytes is taken at once and extended forwards, at most to 258 bytes and to the
//          end of the block. Where nothing is found, steps grow by one for every 32 look-ups. Behind a
//          match the two places at its end are entered, and the second is looked up.
// BLOCKS   Of the last block, up to 16 bytes are stored and up to 127 get a code for literals. A block
//          whose tokens are more than 15/16 of its bytes gets a code for literals. Either kind, and a block
//          with matches, is stored when that is shorter than its size and 1/16 more; the size of a block
//          with matches leaves out the bits that follow lengths and distances.
// REF      compress/flate/deflatefast.go, deflate.go: encSpeed, huffman_bit_writer.go: writeBlockDynamic,
//          writeBlockHuff.

#include "flate/deflate_match.h"

enum {
    HASH_BITS = 14,
    TABLE_SIZE = 1 << HASH_BITS,
    MARGIN = 15, // no look-ups in the last bytes of a block
};

struct Deflate126 {
    u64 here;              // position of the next block (see MatchWindow)
    u16 table[TABLE_SIZE]; // last position with this hash
};

Deflate126 *deflate126_new(Arena *a) {
    Deflate126 *d = arena_array_present(a, Deflate126, 1);
    d->here = FIRST_POSITION;
    return d;
}

static inline u32 hash4(u32 v) {
    return v * 0x1e35a7bdu >> (32 - HASH_BITS);
}

static void find_matches(Deflate126 *d, Tokens *tokens, const u8 *block, u32 n) {
    u16 *table = d->table;
    MatchWindow w = window_begin(table, TABLE_SIZE, d->here, block, n, MARGIN);
    TokenWriter t = tokens_begin(tokens);
    u64 s = FIRST_POSITION, emit = s;
    u32 v = get_u32le(w.base + s);
    for (;;) {
        u64 skip = 32, next = s, from;
        u32 h = hash4(v);
        for (;;) {
            s = next;
            u64 step = skip >> 5;
            next = s + step;
            skip += step;
            if (UNLIKELY(next > w.soft_limit)) {
                if (next > w.limit)
                    goto rest;
                u64 by = window_slide(&w, table, TABLE_SIZE, s);
                s -= by;
                next -= by;
                emit -= by;
            }
            from = table[h];
            table[h] = (u16)s;
            u32 ahead = get_u32le(w.base + next);
            h = hash4(ahead);
            if ((s - from <= DEFLATE_HISTORY) & (get_u32le(w.base + from) == v))
                break;
            v = ahead;
        }
        u64 lits = s - emit;
        add_literals(&t, w.base + emit, lits);
        for (;;) {
            u64 dist = s - from;
            u64 len = 4 + match_length(w.base + from + 4, w.base + s + 4, MIN((u64)MAX_MATCH, w.end - s) - 4);
            add_match(&t, lits, len - MIN_MATCH, dist - 1);
            lits = 0;
            s += len;
            emit = s;
            if (UNLIKELY(s >= w.soft_limit)) {
                if (s >= w.limit)
                    goto rest;
                emit = s -= window_slide(&w, table, TABLE_SIZE, s);
            }
            u64 x = get_u64le(w.base + s - 1);
            table[hash4((u32)x)] = (u16)(s - 1);
            x >>= 8;
            h = hash4((u32)x);
            from = table[h];
            table[h] = (u16)s;
            if ((s - from > DEFLATE_HISTORY) | (get_u32le(w.base + from) != (u32)x)) {
                v = (u32)(x >> 8);
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
    codes_build(&c, &h, t);
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

void deflate126_block(Deflate126 *d, BitWriter *w, Tokens *t, const u8 *block, u32 n, bool last) {
    if (last && n < 128) {
        if (n <= 16)
            write_stored(w, block, n);
        else
            write_block_literals(w, block, n);
        return;
    }
    find_matches(d, t, block, n);
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
