// u_pdqsort.c - pdqsort against sort.Slice and slices.SortFunc of each release; the stable sorts against a
//             plain one.

#include "oracle_cases.h"

#include "base/sort.h"
#include "golang/pdqsort.h"

static int compare_ranks(const void *ctx, u32 a, u32 b) {
    const u8 *ranks = ctx;
    u32 x = get_u32le(ranks + 4 * a), y = get_u32le(ranks + 4 * b);
    return (x > y) - (x < y);
}

static void check_release(const char *release) {
    Arena cases, scratch;
    arena_init(&cases, 0);
    arena_init(&scratch, 0);
    Oracle o = oracle_open(&cases, release, "pdqsort");
    OracleCase c;
    u32 ncases = 0;
    for (; oracle_next(&o, &c); ncases++) {
        u32 n = c.in_size / 4;
        assert_int_equal(c.in_size, c.out_size);
        size_t mark = arena_mark(&scratch);
        RankIdx *v = arena_array(&scratch, RankIdx, n);
        u32 *idx = arena_array(&scratch, u32, n);
        for (u32 i = 0; i < n; i++) {
            v[i] = (RankIdx){get_u32le(c.in + 4 * i), i};
            idx[i] = i;
        }
        go_pdqsort(v, n);
        go_pdqsort_cmp(&scratch, idx, n, compare_ranks, c.in);
        for (u32 i = 0; i < n; i++) {
            u32 want = get_u32le(c.out + 4 * i);
            if (v[i].idx != want || idx[i] != want)
                fail_msg(STR_FMT ": place %u holds %u and %u, want %u", STR_ARG(c.name), i, v[i].idx, idx[i],
                         want);
        }
        arena_release(&scratch, mark);
    }
    assert_true(ncases > 1000);
    arena_free(&scratch);
    arena_free(&cases);
}

static void test_pdqsort__equals_go126(void **state) {
    (void)state;
    check_release("1.26");
}

static void test_pdqsort__equals_go127(void **state) {
    (void)state;
    check_release("1.27");
}

static u64 next_random(u64 *x) {
    *x = *x * 6364136223846793005ull + 1442695040888963407ull;
    return *x >> 20;
}

static int compare_pairs(const void *ctx, u32 a, u32 b) {
    const SortPair *v = ctx;
    return (v[a].key > v[b].key) - (v[a].key < v[b].key);
}

static void test_sort__is_stable(void **state) {
    (void)state;
    Arena scratch;
    arena_init(&scratch, 0);
    u64 x = 99;
    for (u32 round = 0; round < 400; round++) {
        size_t mark = arena_mark(&scratch);
        u32 n = round < 120 ? round : (u32)(next_random(&x) % 4000);
        u64 mask = round % 4 == 0 ? 0xff : round % 4 == 1 ? 0xff00000ff0000001 : round % 4 == 2 ? ~0ull : 7;
        SortPair *v = arena_array(&scratch, SortPair, n), *sorted = arena_array(&scratch, SortPair, n);
        u32 *idx = arena_array(&scratch, u32, n);
        for (u32 i = 0; i < n; i++) {
            u64 key = (next_random(&x) << 30 ^ next_random(&x)) & mask;
            v[i] = sorted[i] = (SortPair){key, i, 0};
            idx[i] = i;
        }
        sort_u64_pairs(&scratch, sorted, n);
        sort_by(&scratch, idx, n, compare_pairs, v);
        for (u32 i = 0; i < n; i++) {
            assert_int_equal(sorted[i].val, idx[i]);
            assert_int_equal(sorted[i].key, v[sorted[i].val].key);
            if (i > 0) {
                SortPair p = sorted[i - 1], q = sorted[i];
                assert_true(p.key < q.key || (p.key == q.key && p.val < q.val));
            }
        }
        arena_release(&scratch, mark);
    }
    arena_free(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sort__is_stable),
        cmocka_unit_test(test_pdqsort__equals_go126),
        cmocka_unit_test(test_pdqsort__equals_go127),
    };
    return cmocka_run_group_tests_name("pdqsort", tests, NULL, NULL);
}
