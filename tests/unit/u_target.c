// u_target.c - the table of platforms against internal/platform of each release.

#include "oracle_cases.h"

#include "golang/target.h"

// The traits that internal/platform knows; the others come from cmd/link and cmd/go.
enum { PLATFORM_TRAITS = TARGET_INTERNAL_PIE | TARGET_ALWAYS_EXTERNAL | TARGET_DEFAULT_PIE };
_Static_assert(TARGET_INTERNAL_PIE == 1 && TARGET_ALWAYS_EXTERNAL == 2 && TARGET_DEFAULT_PIE == 4,
               "oracle/targets.go has the same bits");

static void check_pair(const OracleCase *c, const char *version) {
    const char *slash = memchr(c->name.p, '/', c->name.n);
    assert_non_null(slash);
    Str goos = {c->name.p, (u32)(slash - c->name.p)};
    Str goarch = {slash + 1, c->name.n - goos.n - 1};
    const Target *t = target_find(goos, goarch, str_from_c(version));
    if (!!t != c->in[0])
        fail_msg(STR_FMT ": in the table: %d, want %u", STR_ARG(c->name), !!t, c->in[0]);
    if (!t)
        return;
    assert_int_equal(c->out_size, 2);
    if (t->modes != c->out[0] || (t->traits & PLATFORM_TRAITS) != c->out[1])
        fail_msg(STR_FMT ": modes %#x, traits %#x, want %#x, %#x", STR_ARG(c->name), t->modes,
                 t->traits & PLATFORM_TRAITS, c->out[0], c->out[1]);
    // gild links no mode that the release does not have, nor what needs an external linker.
    assert_int_equal(t->gild_modes & ~t->modes, 0);
    if (t->gild_modes & MODE_BIT(BUILDMODE_PIE))
        assert_true(t->traits & TARGET_INTERNAL_PIE);
    if (t->gild_modes)
        assert_false(t->traits & TARGET_ALWAYS_EXTERNAL);
}

static void check_release(const char *release, const char *version) {
    Arena cases;
    arena_init(&cases, 0);
    Oracle o = oracle_open(&cases, release, "targets");
    OracleCase c;
    u32 n = 0;
    for (; oracle_next(&o, &c); n++)
        check_pair(&c, version);
    assert_true(n > 150);
    arena_free(&cases);
}

static void test_target__equals_go126(void **state) {
    (void)state;
    check_release("1.26", "go1.26.8");
}

static void test_target__equals_go127(void **state) {
    (void)state;
    check_release("1.27", "go1.27.4");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target__equals_go126),
        cmocka_unit_test(test_target__equals_go127),
    };
    return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
