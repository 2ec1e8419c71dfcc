// deflate_huffman.h - the parts of a DEFLATE encoder that the two releases of Go share (see deflate.h).
//
// A block in the making is a Tokens: its literals in one row, and one Match for each back reference that
// says how many of the literals come before it. That form is half the size of a token per literal, and lets
// the match finder copy runs of literals instead of handing them over one by one.
//
//     input     a b c d e [b c d] f [a b c d e]
//     lits      a b c d e f
//     matches   {lits 5, length 3, distance 4} {lits 1, length 5, distance 9}
//
// A Huffman code word is a u32: the bits, already in the order of output (first bit lowest), shifted left
// by eight, with their number in the low byte; 0 stands for a symbol without code.
//
// The Huffman code must be Go's to the last tie. Go computes it with package-merge, a merge of sorted
// lists, one for each bit of length, in which a pair wins against a leaf of equal weight. As long as no
// word gets longer than the limit, that is the code of Huffman's own algorithm with two queues, when the
// queue of inner nodes wins ties: both walk through the same sequence of weights. So huffman_build runs the
// cheap algorithm (one merge instead of fifteen) and package-merge only when the limit is exceeded.
#pragma once

#include "base/arena.h"

enum {
    DEFLATE_BLOCK = 65535,   // bytes of input in a block: the most that a stored block can carry
    DEFLATE_HISTORY = 32768, // the farthest distance of a match
    LITLEN_CODES = 286,      // literals, end of block, length codes
    DIST_CODES = 30,
    CODELEN_CODES = 19, // the alphabet in which the code lengths of a block are written
    END_OF_BLOCK = 256,
    FIRST_LENGTH_CODE = 257,
    MIN_MATCH = 3, // lengths are stored less this
    MAX_MATCH = 258,
    MAX_CODE_BITS = 15,
};

typedef struct {
    u16 lits;     // literals between the match before and this one
    u16 dist;     // distance - 1
    u8 len;       // length - MIN_MATCH
    u8 dist_code; // 0..29, of `dist`
    u16 unused;
} Match;

typedef struct {
    u32 nlits;
    u32 nmatches;
    u32 len_freq[256];             // by length - MIN_MATCH
    u32 dist_freq[DIST_CODES];     // by code
    u32 litlen_freq[LITLEN_CODES]; // by code, end of block included; set by tokens_count
    u8 lits[DEFLATE_BLOCK + 33];   // the rest is room for copies of 16 bytes
    Match matches[DEFLATE_BLOCK / 4 + 2];
} Tokens;

// Up to 7 bits wait in `bits` after a flush, so that 56 more can be put before the next one.
typedef struct {
    u64 bits;
    u32 nbits;
    bool full; // the stream would pass `limit`: writing has stopped
    u8 *p;     // next byte of the output
    u8 *limit; // DEFLATE_SLACK bytes behind it may be overwritten, too
} BitWriter;

typedef struct {
    u32 litlen[LITLEN_CODES];
    u32 dist[DIST_CODES];
} Codes;

// How the code lengths of a dynamic block are written: a row of code length symbols, and the code for those.
typedef struct {
    u32 nlitlen; // how many codes of each alphabet are described
    u32 ndist;
    u32 ncodelen;
    u32 nsyms;
    u32 bits; // size of the whole header with the three bits of the block kind
    u32 code[CODELEN_CODES];
    u8 sym[LITLEN_CODES + DIST_CODES];
    u8 repeat[LITLEN_CODES + DIST_CODES]; // what follows symbols 16..18
} TableHeader;

// Code of a length (less MIN_MATCH), counted from FIRST_LENGTH_CODE, and the bits that follow it (RFC 1951,
// 3.2.5).
static inline u32 length_code(u32 len) {
    if (len < 8 || len == 255)
        return len < 8 ? len : 28;
    u32 k = 31 - (u32)__builtin_clz(len);
    return 4 * (k - 1) + (len >> (k - 2) & 3);
}

static inline u32 length_extra(u32 code) {
    return code < 8 || code == 28 ? 0 : (code >> 2) - 1;
}

// Code of a distance (less 1), and the bits that follow it: the low bits of the distance.
static inline u32 distance_code(u32 dist) {
    if (dist < 2)
        return dist;
    u32 k = 31 - (u32)__builtin_clz(dist);
    return 2 * k + (dist >> (k - 1) & 1);
}

static inline u32 distance_extra(u32 code) {
    return code < 4 ? 0 : (code >> 1) - 1;
}

// Fills litlen_freq, with one end of block.
void tokens_count(Tokens *t);

// Bits that follow the length and distance codes of the block.
u64 tokens_extra_bits(const Tokens *t);

// How often each byte occurs.
void count_bytes(u32 freq[256], const u8 *p, u32 n);

// Makes the code with words of at most max_bits for symbols 0..n-1, of which each has a frequency below
// 2^17; 0 means no word. It has the lowest total size, and is the one that Go finds among those of equal
// size.
void huffman_build(u32 *code, const u32 *freq, u32 n, u32 max_bits);

// The codes that a block may use without describing them (RFC 1951, 3.2.6).
void fixed_codes(Codes *c);

// Bits that symbols 0..n-1 take together.
u64 huffman_size(const u32 *code, const u32 *freq, u32 n);

// One more than the last of n symbols that occurs; 0 when none does.
u32 symbols_used(const u32 *freq, u32 n);

// Bits of the block in the given codes, with its end, without header.
u64 tokens_size(const Tokens *t, const Codes *c);

// Prepares the header of a dynamic block that describes the first nlitlen and ndist codes.
void header_plan(TableHeader *h, const u32 *litlen, u32 nlitlen, const u32 *dist, u32 ndist);

// Makes codes of the block's own, and plans the header that describes them.
void codes_build(Codes *c, TableHeader *h, const Tokens *t);

// True when nbits more bits fit; sets `full` otherwise. The functions that follow do not check: call this
// first.
bool bits_room(BitWriter *w, u64 nbits);

// Appends the n low bits of v, which has no others; n is at most 16.
void write_bits(BitWriter *w, u32 v, u32 n);

// Appends one code word.
static inline void write_code(BitWriter *w, u32 code) {
    write_bits(w, code >> 8, code & 0xff);
}

// Fills up the last byte with zero bits.
void align_bits(BitWriter *w);

// The header of a dynamic block that is not the last.
void write_header(BitWriter *w, const TableHeader *h);

// A whole stored block that is not the last; checks the room itself.
void write_stored(BitWriter *w, const u8 *p, u32 n);

// n bytes in a literal code.
void write_literals(BitWriter *w, const u8 *p, u32 n, const u32 *code);

// The literals and matches of the block, without its end.
void write_tokens(BitWriter *w, const Tokens *t, const Codes *c);

// The encoders. A block has n bytes; before it, at block - DEFLATE_HISTORY, stand the bytes that precede
// it, and 16 bytes behind it may be read.
typedef struct Deflate126 Deflate126;
typedef struct Deflate127 Deflate127;
typedef struct Deep127 Deep127; // the match finder of the default level
Deflate126 *deflate126_new(Arena *a);
Deflate127 *deflate127_new(Arena *a, Deep127 *deep); // deep is NULL at BestSpeed
Deep127 *deep127_new(Arena *a);

// Encodes the next block of the input. All but the last have DEFLATE_BLOCK bytes; none is empty. What t holds does not
// matter before or after.
void deflate126_block(Deflate126 *d, BitWriter *w, Tokens *t, const u8 *block, u32 n, bool last);
void deflate127_block(Deflate127 *d, BitWriter *w, Tokens *t, const u8 *block, u32 n, bool last);

// Finds the matches of the next block, which has at least 128 bytes.
void deep127_find(Deep127 *d, Tokens *tokens, const u8 *block, u32 n);

// Encodes n bytes at the default level; 16 bytes behind them may be read.
void deflate126_lazy(Arena *a, BitWriter *w, const u8 *in, u64 n);

// The empty block that ends the stream, up to a whole byte.
void deflate126_end(BitWriter *w);
void deflate127_end(BitWriter *w);
