// u_deflate.c - the DEFLATE encoders against compress/zlib of each release, byte for byte.

#include "oracle_cases.h"

#include <zlib.h>

#include "flate/adler32.h"
#include "flate/deflate.h"
#include "flate/deflate_huffman.h"

// One of the two levels.
typedef u64 Compress(DeflateKind kind, Arena *scratch, const u8 *in, u64 n, u8 *out, u64 limit);

static void check_case(Compress *compress, DeflateKind kind, Arena *a, const OracleCase *c, u32 turn) {
    size_t mark = arena_mark(a);
    u64 limit = c->out_size + 1;
    u8 *out = arena_alloc_raw(a, limit + DEFLATE_SLACK, 1);
    u64 size = compress(kind, a, c->in, c->in_size, out, limit);
    if (size != c->out_size || memcmp(out, c->out, size) != 0) {
        u32 same = 0;
        while (same < c->out_size && out[same] == c->out[same])
            same++;
        fail_msg(STR_FMT ": size %llu, want %u; first difference at %u", STR_ARG(c->name),
                 (unsigned long long)size, c->out_size, same);
    }
    // A smaller limit, one of three in turn, makes it give up, and it stays inside the buffer.
    limit = turn % 3 == 0 ? c->out_size : turn % 3 == 1 ? c->out_size - MIN(c->out_size, 9) : c->out_size / 2;
    memset(out + limit, 0xa5, DEFLATE_SLACK + 1);
    assert_int_equal(compress(kind, a, c->in, c->in_size, out, limit), 0);
    assert_int_equal(out[limit + DEFLATE_SLACK], 0xa5);
    arena_release(a, mark);
}

static void check_release(Compress *compress, DeflateKind kind, const char *release, const char *topic) {
    Arena cases, scratch;
    arena_init(&cases, 0);
    arena_init(&scratch, 0);
    Oracle o = oracle_open(&cases, release, topic);
    OracleCase c;
    u32 n = 0;
    for (; oracle_next(&o, &c); n++)
        check_case(compress, kind, &scratch, &c, n);
    assert_true(n > 1000);
    arena_free(&scratch);
    arena_free(&cases);
}

static void test_deflate__equals_go126(void **state) {
    (void)state;
    check_release(go_deflate, DEFLATE_GO126, "1.26", "deflate");
}

static void test_deflate__default_level_equals_go126(void **state) {
    (void)state;
    check_release(go_deflate_default, DEFLATE_GO126, "1.26", "deflate6");
}

static void test_deflate__equals_go127(void **state) {
    (void)state;
    check_release(go_deflate, DEFLATE_GO127, "1.27", "deflate");
}

static void test_deflate__default_level_equals_go127(void **state) {
    (void)state;
    check_release(go_deflate_default, DEFLATE_GO127, "1.27", "deflate6");
}

// Total size of a code by package-merge, done in the most direct way: lists of weights, items as sets of
// symbols.
static u64 best_size(const u32 *freq, u32 n, u32 max_bits) {
    enum { MAX = 64 };
    struct {
        u64 weight;
        u64 bits; // how many words get longer by one bit, weighted
    } row[4 * MAX], next[4 * MAX];
    u32 sorted[MAX], m = 0, size = 0;
    for (u32 i = 0; i < n; i++) {
        if (!freq[i])
            continue;
        u32 k = m++;
        for (; k > 0 && sorted[k - 1] > freq[i]; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = freq[i];
    }
    if (m == 1)
        return sorted[0];
    for (u32 r = 0; r < max_bits; r++) {
        u32 i = 0, j = 0, k = 0;
        while (i < m || j + 1 < size) {
            u64 pair = j + 1 < size ? row[j].weight + row[j + 1].weight : UINT64_MAX;
            if (i < m && sorted[i] < pair) {
                next[k].weight = next[k].bits = sorted[i++];
            } else {
                next[k].weight = pair;
                next[k].bits = row[j].bits + row[j + 1].bits;
                j += 2;
            }
            k++;
        }
        size = k;
        memcpy(row, next, size * sizeof row[0]);
    }
    u64 total = 0;
    for (u32 i = 0; i < 2 * m - 2; i++)
        total += row[i].bits;
    return total;
}

// Codes are complete, prefix-free by construction (canonical), within the limit, and of the best size.
static void test_deflate__huffman_code_is_best(void **state) {
    (void)state;
    u64 x = 12345;
    for (u32 round = 0; round < 20000; round++) {
        u32 freq[60] = {0}, code[60], n = 1 + round % 60, used = 0, limit = round % 3 ? 7 : 15;
        for (u32 i = 0; i < n; i++) {
            x = x * 6364136223846793005ull + 1442695040888963407ull;
            u32 shape = x >> 60 & 3;
            freq[i] = shape == 0   ? 0
                      : shape == 1 ? 1 + (x >> 40) % 4
                      : shape == 2 ? 1u << (x >> 40) % 16
                                   : (x >> 40) % 900;
            used += freq[i] != 0;
        }
        huffman_build(code, freq, n, limit);
        u64 kraft = 0;
        for (u32 i = 0; i < n; i++) {
            u32 bits = code[i] & 0xff;
            assert_true(bits <= limit && (bits != 0) == (freq[i] != 0));
            kraft += bits ? 1u << (15 - bits) : 0;
        }
        if (used >= 2)
            assert_int_equal(kraft, 1 << 15);
        if (used >= 1)
            assert_int_equal(huffman_size(code, freq, n), best_size(freq, n, limit));
    }
}

// Against zlib's, also where the columns are fullest.
static void test_deflate__adler32(void **state) {
    (void)state;
    static u8 block[1 << 16];
    for (u32 round = 0; round < 3; round++) {
        for (u32 i = 0; i < sizeof block; i++)
            block[i] = round == 0 ? 0xff : round == 1 ? (u8)(i * i >> 7) : 0;
        u32 got = ADLER32_INIT, want = ADLER32_INIT;
        for (u32 n = 0; n <= sizeof block; n = n < 600 ? n + 1 : n * 2 - 1) {
            got = adler32_update(got, block + n % 16, MIN(n, (u32)sizeof block - 16));
            want = (u32)adler32(want, block + n % 16, MIN(n, (u32)sizeof block - 16));
            assert_int_equal(got, want);
        }
        assert_int_equal(adler32_update(0xfff0fff0, block, sizeof block),
                         adler32(0xfff0fff0, block, sizeof block));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deflate__adler32),
        cmocka_unit_test(test_deflate__huffman_code_is_best),
        cmocka_unit_test(test_deflate__equals_go126),
        cmocka_unit_test(test_deflate__equals_go127),
        cmocka_unit_test(test_deflate__default_level_equals_go126),
        cmocka_unit_test(test_deflate__default_level_equals_go127),
    };
    return cmocka_run_group_tests_name("deflate", tests, NULL, NULL);
}
