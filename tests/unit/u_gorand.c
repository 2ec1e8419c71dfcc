// u_gorand.c - the generator of Go's math/rand, against numbers that Go gave.

#include "unit.h"

#include "golang/gorand.h"

// What rand.New(rand.NewSource(seed)).Shuffle makes of 0, 1, ... n-1.
static void shuffled(i64 seed, u32 *v, u32 n) {
    static GoRand r;
    gorand_seed(&r, seed);
    for (u32 i = 0; i < n; i++)
        v[i] = i;
    for (u32 i = n - 1; i > 0; i--) {
        u32 k = gorand_below(&r, i + 1), x = v[i];
        v[i] = v[k];
        v[k] = x;
    }
}

static void test_gorand__seeds(void **state) {
    (void)state;
    static const struct {
        i64 seed;
        u32 want[12];
    } cases[] = {
        {1, {2, 1, 11, 9, 5, 0, 4, 8, 3, 6, 10, 7}},
        {0, {5, 9, 8, 4, 3, 1, 7, 10, 0, 6, 2, 11}},
        {-7, {10, 9, 1, 4, 6, 3, 5, 2, 11, 7, 8, 0}},
        {1099511627781, {8, 1, 7, 2, 11, 10, 5, 4, 9, 0, 6, 3}},
        {INT32_MAX, {5, 9, 8, 4, 3, 1, 7, 10, 0, 6, 2, 11}},
    };
    for (u32 i = 0; i < COUNT_OF(cases); i++) {
        u32 v[12];
        shuffled(cases[i].seed, v, COUNT_OF(v));
        assert_memory_equal(v, cases[i].want, sizeof v);
    }
}

// So many that numbers are thrown away.
static void test_gorand__many(void **state) {
    (void)state;
    enum { N = 3000000 };
    u32 *v = malloc(N * sizeof *v);
    assert_non_null(v);
    shuffled(42, v, N);
    u64 h = 0;
    for (u32 i = 0; i < N; i++)
        h = h * 31 + v[i];
    free(v);
    assert_true(h == 11544917507414590200u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gorand__seeds),
        cmocka_unit_test(test_gorand__many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
