// deflate_huffman.c - Huffman codes, block headers and bit output (see deflate_huffman.h; RFC 1951, 3.2).

#include "flate/deflate_huffman.h"

// ---- codes ----

typedef struct {
    u32 freq;
    u32 sym;
} Leaf;

// The symbols that occur, in ascending order of (frequency, symbol): two rounds of radix sort with nine
// bits each.
static u32 sorted_leaves(Leaf *leaf, const u32 *freq, u32 n) {
    enum { BITS = 9, SIZE = 1 << BITS };
    Leaf tmp[LITLEN_CODES];
    u32 low[SIZE] = {0}, high[SIZE] = {0}, m = 0;
    for (u32 i = 0; i < n; i++) {
        if (freq[i] == 0)
            continue;
        leaf[m++] = (Leaf){freq[i], i};
        low[freq[i] % SIZE]++;
        high[freq[i] / SIZE]++;
    }
    for (u32 i = 0, sum_low = 0, sum_high = 0; i < SIZE; i++) {
        u32 l = low[i], h = high[i];
        low[i] = sum_low;
        high[i] = sum_high;
        sum_low += l;
        sum_high += h;
    }
    for (u32 i = 0; i < m; i++)
        tmp[low[leaf[i].freq % SIZE]++] = leaf[i];
    for (u32 i = 0; i < m; i++)
        leaf[high[tmp[i].freq / SIZE]++] = tmp[i];
    return m;
}

// Huffman's algorithm with two queues, inner nodes before leaves of equal weight. Counts the leaves of each
// depth in `count`, and returns false when one lies deeper than max_bits.
static bool huffman_depths(u32 *count, const Leaf *leaf, u32 n, u32 max_bits) {
    u32 weight[LITLEN_CODES]; // of inner nodes, in the order of their making, which is ascending
    u16 parent[LITLEN_CODES]; // of inner nodes: an inner node made later
    u16 leaf_parent[LITLEN_CODES];
    u32 i = 0, j = 0; // next leaf, next inner node without parent
    for (u32 k = 0; k < n - 1; k++) {
        u32 sum = 0;
        for (u32 child = 0; child < 2; child++) {
            if (i < n && (j >= k || leaf[i].freq < weight[j])) {
                sum += leaf[i].freq;
                leaf_parent[i++] = (u16)k;
            } else {
                sum += weight[j];
                parent[j++] = (u16)k;
            }
        }
        weight[k] = sum;
    }
    u8 depth[LITLEN_CODES]; // of inner nodes; the root is the last
    depth[n - 2] = 0;
    for (u32 k = n - 2; k-- > 0;)
        depth[k] = (u8)(depth[parent[k]] + 1);
    memset(count, 0, (MAX_CODE_BITS + 1) * sizeof *count);
    for (u32 k = 0; k < n; k++) {
        u32 d = depth[leaf_parent[k]] + 1u;
        if (d > max_bits)
            return false;
        count[d]++;
    }
    return true;
}

// Package-merge (Larmore and Hirschberg): row 1 is the leaves; each further row merges the leaves with the
// pairs of neighbours of the row before. The first 2n-2 items of row max_bits are wanted; the pairs among
// them want twice as many items of the row below. A leaf is one bit longer for each row in which it is
// wanted.
static void package_merge(u32 *count, const Leaf *leaf, u32 n, u32 max_bits) {
    enum { ITEMS = 2 * LITLEN_CODES, WORDS = (ITEMS + 63) / 64 };
    u32 row[ITEMS + 2], pair[LITLEN_CODES + 1];
    u64 is_leaf[MAX_CODE_BITS + 1][WORDS] = {0};
    u32 size = 0; // items of the row before
    for (u32 r = 1; r <= max_bits; r++) {
        u32 npairs = size / 2, i = 0, j = 0;
        for (u32 k = 0; k < npairs; k++)
            pair[k] = row[2 * k] + row[2 * k + 1];
        size = MIN(n + npairs, 2 * n - 2);
        for (u32 k = 0; k < size; k++) {
            if (i < n && (j == npairs || leaf[i].freq < pair[j])) {
                row[k] = leaf[i++].freq;
                is_leaf[r][k / 64] |= 1ull << (k % 64);
            } else {
                row[k] = pair[j++];
            }
        }
    }
    u32 want = 2 * n - 2, longer[MAX_CODE_BITS + 2]; // longer[b]: leaves with at least b bits
    for (u32 r = max_bits; r > 0; r--) {
        u32 leaves = 0;
        for (u32 k = 0; k < want; k++)
            leaves += is_leaf[r][k / 64] >> (k % 64) & 1;
        longer[max_bits - r + 1] = leaves;
        want = 2 * (want - leaves);
    }
    longer[max_bits + 1] = 0;
    for (u32 b = 1; b <= max_bits; b++)
        count[b] = longer[b] - longer[b + 1];
}

static u32 reverse_bits(u32 v, u32 n) {
    v = (v & 0x5555) << 1 | (v >> 1 & 0x5555);
    v = (v & 0x3333) << 2 | (v >> 2 & 0x3333);
    v = (v & 0x0f0f) << 4 | (v >> 4 & 0x0f0f);
    v = (v & 0x00ff) << 8 | v >> 8;
    return v >> (16 - n);
}

// Words of equal length are consecutive numbers in the order of the symbols (RFC 1951, 3.2.2).
static void assign_words(u32 *code, u32 n, const u32 *count) {
    u32 next[MAX_CODE_BITS + 1] = {0};
    for (u32 b = 1, word = 0; b <= MAX_CODE_BITS; b++) {
        word <<= 1;
        next[b] = word;
        word += count[b];
    }
    for (u32 i = 0; i < n; i++) {
        u32 b = code[i];
        if (b)
            code[i] = reverse_bits(next[b]++, b) << 8 | b;
    }
}

void huffman_build(u32 *code, const u32 *freq, u32 n, u32 max_bits) {
    Leaf leaf[LITLEN_CODES];
    u32 count[MAX_CODE_BITS + 1] = {0};
    u32 m = sorted_leaves(leaf, freq, n);
    memset(code, 0, n * sizeof *code);
    if (m <= 2)
        count[1] = m; // a code of one word is incomplete, but has one bit
    else if (!huffman_depths(count, leaf, m, max_bits))
        package_merge(count, leaf, m, MIN(max_bits, m - 1));
    // The longest words go to the rarest symbols.
    for (u32 b = MAX_CODE_BITS, i = 0; b > 0; b--) {
        for (u32 k = 0; k < count[b]; k++)
            code[leaf[i++].sym] = b;
    }
    assign_words(code, n, count);
}

void fixed_codes(Codes *c) {
    // The code has words for two symbols more in each alphabet, which no encoder may use.
    static const u32 litlen_count[MAX_CODE_BITS + 1] = {[7] = 24, [8] = 152, [9] = 112};
    static const u32 dist_count[MAX_CODE_BITS + 1] = {[5] = 32};
    for (u32 i = 0; i < LITLEN_CODES; i++)
        c->litlen[i] = i < 144 || i >= 280 ? 8 : i < 256 ? 9 : 7;
    for (u32 i = 0; i < DIST_CODES; i++)
        c->dist[i] = 5;
    assign_words(c->litlen, LITLEN_CODES, litlen_count);
    assign_words(c->dist, DIST_CODES, dist_count);
}

u64 huffman_size(const u32 *code, const u32 *freq, u32 n) {
    u64 size = 0;
    for (u32 i = 0; i < n; i++)
        size += freq[i] * (code[i] & 0xff);
    return size;
}

// ---- frequencies ----

void count_bytes(u32 freq[256], const u8 *p, u32 n) {
    u32 part[4][256] = {{0}}; // four counts, so that equal neighbours do not wait for each other
    u32 i = 0;
    for (; i + 8 <= n; i += 8) {
        u64 v = get_u64le(p + i);
        part[0][v & 0xff]++;
        part[1][v >> 8 & 0xff]++;
        part[2][v >> 16 & 0xff]++;
        part[3][v >> 24 & 0xff]++;
        part[0][v >> 32 & 0xff]++;
        part[1][v >> 40 & 0xff]++;
        part[2][v >> 48 & 0xff]++;
        part[3][v >> 56]++;
    }
    for (; i < n; i++)
        part[0][p[i]]++;
    for (u32 k = 0; k < 256; k++)
        freq[k] = part[0][k] + part[1][k] + part[2][k] + part[3][k];
}

void tokens_count(Tokens *t) {
    count_bytes(t->litlen_freq, t->lits, t->nlits);
    t->litlen_freq[END_OF_BLOCK] = 1;
    memset(t->litlen_freq + FIRST_LENGTH_CODE, 0, (LITLEN_CODES - FIRST_LENGTH_CODE) * sizeof(u32));
    for (u32 len = 0; len < 256; len++)
        t->litlen_freq[FIRST_LENGTH_CODE + length_code(len)] += t->len_freq[len];
}

u64 tokens_extra_bits(const Tokens *t) {
    u64 bits = 0;
    for (u32 c = 0; c < LITLEN_CODES - FIRST_LENGTH_CODE; c++)
        bits += (u64)t->litlen_freq[FIRST_LENGTH_CODE + c] * length_extra(c);
    for (u32 c = 0; c < DIST_CODES; c++)
        bits += (u64)t->dist_freq[c] * distance_extra(c);
    return bits;
}

u64 tokens_size(const Tokens *t, const Codes *c) {
    return huffman_size(c->litlen, t->litlen_freq, LITLEN_CODES) +
           huffman_size(c->dist, t->dist_freq, DIST_CODES) + tokens_extra_bits(t);
}

u32 symbols_used(const u32 *freq, u32 n) {
    while (n > 0 && freq[n - 1] == 0)
        n--;
    return n;
}

// ---- the header of a dynamic block ----

enum { REPEAT_LAST = 16, REPEAT_ZERO = 17, REPEAT_ZERO_LONG = 18 };

static const u8 codelen_order[CODELEN_CODES] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                11, 4,  12, 3, 13, 2, 14, 1, 15};

static void add_codelen(TableHeader *h, u32 *freq, u32 sym, u32 repeat) {
    h->sym[h->nsyms] = (u8)sym;
    h->repeat[h->nsyms++] = (u8)repeat;
    freq[sym]++;
}

// `run` codes in a row have length b. Every repeat takes as much as it can, and what is too short for
// one is written out.
static void add_codelen_run(TableHeader *h, u32 *freq, u32 b, u32 run) {
    if (b != 0) {
        add_codelen(h, freq, b, 0);
        run--;
        while (run >= 3) {
            u32 k = MIN(run, 6);
            add_codelen(h, freq, REPEAT_LAST, k - 3);
            run -= k;
        }
    } else {
        while (run >= 11) {
            u32 k = MIN(run, 138);
            add_codelen(h, freq, REPEAT_ZERO_LONG, k - 11);
            run -= k;
        }
        if (run >= 3) {
            add_codelen(h, freq, REPEAT_ZERO, run - 3);
            run = 0;
        }
    }
    while (run-- > 0)
        add_codelen(h, freq, b, 0);
}

void header_plan(TableHeader *h, const u32 *litlen, u32 nlitlen, const u32 *dist, u32 ndist) {
    u32 freq[CODELEN_CODES] = {0};
    u32 total = nlitlen + ndist;
    h->nlitlen = nlitlen;
    h->ndist = ndist;
    h->nsyms = 0;
    // The two tables are one sequence: a run may begin in the first and end in the second.
    u8 bits[LITLEN_CODES + DIST_CODES];
    for (u32 i = 0; i < total; i++)
        bits[i] = (u8)(i < nlitlen ? litlen[i] : dist[i - nlitlen]);
    for (u32 i = 0, run; i < total; i += run) {
        for (run = 1; i + run < total && bits[i + run] == bits[i];)
            run++;
        add_codelen_run(h, freq, bits[i], run);
    }
    huffman_build(h->code, freq, CODELEN_CODES, 7);
    h->ncodelen = CODELEN_CODES;
    while (h->ncodelen > 4 && freq[codelen_order[h->ncodelen - 1]] == 0)
        h->ncodelen--;
    h->bits = 3 + 5 + 5 + 4 + 3 * h->ncodelen + (u32)huffman_size(h->code, freq, CODELEN_CODES) +
              2 * freq[REPEAT_LAST] + 3 * freq[REPEAT_ZERO] + 7 * freq[REPEAT_ZERO_LONG];
}

void codes_build(Codes *c, TableHeader *h, const Tokens *t) {
    huffman_build(c->litlen, t->litlen_freq, LITLEN_CODES, MAX_CODE_BITS);
    huffman_build(c->dist, t->dist_freq, DIST_CODES, MAX_CODE_BITS);
    header_plan(h, c->litlen, symbols_used(t->litlen_freq, LITLEN_CODES), c->dist,
                symbols_used(t->dist_freq, DIST_CODES));
}

// ---- bit output ----

static inline void put_bits(BitWriter *w, u64 v, u32 n) {
    w->bits |= v << w->nbits;
    w->nbits += n;
}

static inline void flush_bits(BitWriter *w) {
    put_u64le(w->p, w->bits);
    w->p += w->nbits >> 3;
    w->bits >>= w->nbits & 56;
    w->nbits &= 7;
}

bool bits_room(BitWriter *w, u64 nbits) {
    if ((w->nbits + nbits + 7) / 8 > (u64)(w->limit - w->p))
        w->full = true;
    return !w->full;
}

void write_bits(BitWriter *w, u32 v, u32 n) {
    put_bits(w, v, n);
    flush_bits(w);
}

void align_bits(BitWriter *w) {
    w->nbits = (w->nbits + 7) & ~7u;
    flush_bits(w);
}

void write_header(BitWriter *w, const TableHeader *h) {
    static const u8 repeat_bits[CODELEN_CODES] = {
        [REPEAT_LAST] = 2, [REPEAT_ZERO] = 3, [REPEAT_ZERO_LONG] = 7};
    write_bits(w, 4, 3); // not the last block, dynamic
    write_bits(w, h->nlitlen - 257, 5);
    write_bits(w, h->ndist - 1, 5);
    write_bits(w, h->ncodelen - 4, 4);
    for (u32 i = 0; i < h->ncodelen; i++)
        write_bits(w, h->code[codelen_order[i]] & 0xff, 3);
    for (u32 i = 0; i < h->nsyms; i++) {
        write_code(w, h->code[h->sym[i]]);
        write_bits(w, h->repeat[i], repeat_bits[h->sym[i]]);
    }
}

void write_stored(BitWriter *w, const u8 *p, u32 n) {
    if (!bits_room(w, 3 + 7 + 32 + 8ull * n))
        return;
    write_bits(w, 0, 3); // not the last block, stored
    align_bits(w);
    put_u16le(w->p, (u16)n);
    put_u16le(w->p + 2, (u16)~n);
    memcpy(w->p + 4, p, n);
    w->p += 4 + n;
}

void write_literals(BitWriter *w, const u8 *p, u32 n, const u32 *code) {
    for (u32 i = 0; i < n; i++)
        write_code(w, code[p[i]]);
}

// Some words on their way to the output.
typedef struct {
    u64 bits;
    u32 nbits;
} Word;

static inline Word append(Word a, u32 word) {
    return (Word){a.bits | (u64)(word >> 8) << a.nbits, a.nbits + (word & 0xff)};
}

void write_tokens(BitWriter *w, const Tokens *t, const Codes *c) {
    // Words with the bits that follow them: for a length all is known, for a distance the number of bits.
    u32 len_word[256], dist_word[DIST_CODES];
    u8 dist_extra[DIST_CODES];
    for (u32 len = 0; len < 256; len++) {
        u32 k = length_code(len), extra = length_extra(k);
        Word word = append((Word){0}, c->litlen[FIRST_LENGTH_CODE + k]);
        word = append(word, (len & ((1u << extra) - 1)) << 8 | extra);
        len_word[len] = (u32)word.bits << 8 | word.nbits;
    }
    for (u32 k = 0; k < DIST_CODES; k++) {
        dist_word[k] = c->dist[k];
        dist_extra[k] = (u8)distance_extra(k);
    }

    BitWriter b = *w; // in registers
    const u8 *lit = t->lits, *lits_end = t->lits + t->nlits;
    for (u32 i = 0; i < t->nmatches; i++) {
        Match m = t->matches[i];
        u32 n = m.lits;
        for (; UNLIKELY(n > 3); n -= 3, lit += 3) {
            Word three = append((Word){0}, c->litlen[lit[0]]);
            three = append(three, c->litlen[lit[1]]);
            three = append(three, c->litlen[lit[2]]);
            put_bits(&b, three.bits, three.nbits);
            flush_bits(&b);
        }
        // The last three or less: those that are not there become words of no bits.
        Word lits = append((Word){0}, c->litlen[lit[0]] & -(u32)(n > 0));
        lits = append(lits, c->litlen[lit[1]] & -(u32)(n > 1));
        lits = append(lits, c->litlen[lit[2]] & -(u32)(n > 2));
        lit += n;
        u32 extra = dist_extra[m.dist_code];
        Word match = append((Word){0}, len_word[m.len]);
        match = append(match, dist_word[m.dist_code]);
        match = append(match, (m.dist & ((1u << extra) - 1)) << 8 | extra);
        put_bits(&b, lits.bits, lits.nbits);
        if (UNLIKELY(lits.nbits + match.nbits > 56))
            flush_bits(&b);
        put_bits(&b, match.bits, match.nbits);
        flush_bits(&b);
    }
    *w = b;
    write_literals(w, lit, (u32)(lits_end - lit), c->litlen);
}
