// u_rank_strings.c - ranks of strings against comparisons of the strings.

#include "unit.h"

#include "golang/rank_strings.h"

static u64 next_random(u64 *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

// A name out of few letters with a long common prefix, so that many are equal, or prefixes of others.
static Str random_name(Arena *a, u64 *state) {
    static const char prefix[] = "example.org/very/long/import/path.";
    u32 nprefix = (u32)(next_random(state) % sizeof prefix), n = (u32)(next_random(state) % 12);
    char *text = arena_alloc(a, nprefix + n, 1);
    memcpy(text, prefix, nprefix);
    for (u32 i = 0; i < n; i++)
        text[nprefix + i] = "ab\0\xff"[next_random(state) % 4];
    return (Str){text, nprefix + n};
}

static void check_ranks(u32 n, u32 threads) {
    Arena a;
    arena_init(&a, 0);
    Pool *pool = pool_new(threads, NULL);
    u64 state = n;
    Str *names = arena_array(&a, Str, n);
    RankIdx *v = arena_array(&a, RankIdx, n);
    u32 *by_rank = arena_array(&a, u32, n);
    for (u32 i = 0; i < n; i++) {
        names[i] = random_name(&a, &state);
        v[i].idx = i;
    }
    rank_strings(pool, &a, names, v, n, 100);

    // Ranks are dense, equal for equal names only, and rise with the names.
    u32 top = 0;
    for (u32 i = 0; i < n; i++) {
        assert_int_equal(v[i].idx, i);
        u32 r = v[i].rank - 100;
        assert_true(r < n);
        top = MAX(top, r);
        if (by_rank[r])
            assert_true(str_eq(names[by_rank[r] - 1], names[i]));
        by_rank[r] = i + 1;
    }
    for (u32 r = 0; n && r <= top; r++) {
        assert_true(by_rank[r] != 0);
        if (r)
            assert_true(str_cmp(names[by_rank[r - 1] - 1], names[by_rank[r] - 1]) < 0);
    }
    pool_free(pool);
    arena_free(&a);
}

static void test_rank_strings(void **unused) {
    (void)unused;
    static const u32 sizes[] = {0, 1, 2, 3, 12, 13, 100, 5000, 8192, 40000};
    for (u32 i = 0; i < COUNT_OF(sizes); i++)
        for (u32 threads = 1; threads <= 5; threads++)
            check_ranks(sizes[i], threads);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rank_strings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
