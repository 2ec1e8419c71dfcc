// u_gostrings.c - quoting, paths, symbol prefixes, import configurations.
#include "golang/experiment.h"
#include "golang/gostrings.h"
#include "golang/importcfg.h"
#include "unit.h"

static Arena arena;

static void test_unquote__literals(void **state) {
    (void)state;
    static const char *const good[][2] = {
        {"\"\"", ""},
        {"\"abc\"", "abc"},
        {"\"a\\tb\\n\\\"\\\\\"", "a\tb\n\"\\"},
        {"\"\\x41\\101\\u0041\\U0001F600\"", "AAA\xf0\x9f\x98\x80"},
        {"\"\\xff\\377\"", "\xff\xff"},
        {"\"a\xff z\"", "a\xef\xbf\xbd z"}, // not UTF-8
        {"`raw\\n\r`", "raw\\n"},
        {"'x'", "x"},
        {"'\\''", "'"},
        {"\"'\"", "'"},
    };
    static const char *const bad[] = {"",       "\"",          "\"a",       "a",        "\"\\q\"",  "\"\\'\"",
                                      "'ab'",   "''",          "\"a\nb\"",  "\"\\x4\"", "\"a\"b\"", "`a`b`",
                                      "'\\\"'", "\"\\ud800\"", "\"\\400\"", "\"\\\"",   "\"a'"};
    Str s;
    for (u32 i = 0; i < COUNT_OF(good); i++) {
        assert_true(go_unquote(&arena, str_from_c(good[i][0]), &s));
        assert_str(s, good[i][1]);
    }
    for (u32 i = 0; i < COUNT_OF(bad); i++)
        if (go_unquote(&arena, str_from_c(bad[i]), &s))
            fail_msg("accepted %s", bad[i]);
}

static void test_quote__escapes(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "\"\""},
        {"abc/DEF-1_2", "\"abc/DEF-1_2\""},
        {"a\"b\\c\n\t\x01\x7f", "\"a\\\"b\\\\c\\n\\t\\x01\\x7f\""},
        {"\xff\xc3\xa9\xc2\xad", "\"\\xff\xc3\xa9\\u00ad\""},
        {"\xe2\x80\xa8\xf0\x9f\x98\x80", "\"\\u2028\xf0\x9f\x98\x80\""},
    };
    for (u32 i = 0; i < COUNT_OF(cases); i++)
        assert_str(go_quote(&arena, str_from_c(cases[i][0])), cases[i][1]);
}

static void test_path__clean_and_join(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "."},
        {"abc", "abc"},
        {"abc/def", "abc/def"},
        {"a/b/", "a/b"},
        {"/", "/"},
        {"//abc//", "/abc"},
        {"a//b///c", "a/b/c"},
        {"./a/./b", "a/b"},
        {"a/..", "."},
        {"a/../b", "b"},
        {"../a", "../a"},
        {"../../a", "../../a"},
        {"a/../../b", "../b"},
        {"/..", "/"},
        {"/../a", "/a"},
        {"a/b/../../../c", "../c"},
        {"..", ".."},
        {".", "."},
        {"/a/../..", "/"},
        {"../a/..", ".."},
        {"abc/./../def", "def"},
        {"a/b/c/..", "a/b"},
    };
    for (u32 i = 0; i < COUNT_OF(cases); i++)
        assert_str(path_clean(&arena, str_from_c(cases[i][0])), cases[i][1]);
    assert_str(path_join(&arena, STR("a"), STR("../b")), "b");
    assert_str(path_join(&arena, STR(""), STR("a/")), "a");
    assert_str(path_join(&arena, STR(""), STR("")), "");
}

static void test_prefix__round_trip(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"foo", "foo"},
        {"github.com/a/b", "github.com/a/b"},
        {"gopkg.in/yaml.v3", "gopkg.in/yaml%2ev3"},
        {"a b%\"", "a%20b%25%22"},
        {"x.y", "x%2ey"},
        {"p\xc3\xa9/q", "p%c3%a9/q"},
    };
    Str back;
    for (u32 i = 0; i < COUNT_OF(cases); i++) {
        Str got = path_to_prefix(&arena, str_from_c(cases[i][0]));
        assert_str(got, cases[i][1]);
        assert_true(prefix_to_path(&arena, got, &back));
        assert_str(back, cases[i][0]);
    }
    assert_false(prefix_to_path(&arena, STR("a%2"), &back));
    assert_false(prefix_to_path(&arena, STR("a%zz"), &back));
}

static void test_importcfg__parse(void **state) {
    (void)state;
    ImportCfg cfg;
    Str err, file;
    Str text = STR("# import config\n\n  packagefile a/b=/x/y.a  \r\npackagefile c=d=e\nmodinfo \"0w\\n\"\n"
                   "packageshlib s=t\npackagefile c=new");
    assert_true(importcfg_parse(&cfg, &arena, STR("cfg"), text, &err));
    assert_int_equal(cfg.packages.n, 2);
    assert_true(importcfg_find(&cfg, STR("a/b"), &file));
    assert_str(file, "/x/y.a");
    assert_true(importcfg_find(&cfg, STR("c"), &file));
    assert_str(file, "new");
    assert_false(importcfg_find(&cfg, STR("zz"), &file));
    assert_int_equal(cfg.modinfo.n, 1);
    assert_str(cfg.modinfo.v[0], "0w\n");
    assert_int_equal(cfg.shlibs.n, 1);

    static const char *const bad[][2] = {
        {"packagefile a", "f:1: invalid packagefile: syntax is \"packagefile path=filename\""},
        {"\npackagefile =b", "f:2: invalid packagefile: syntax is \"packagefile path=filename\""},
        {"packageshlib a=", "f:1: invalid packageshlib: syntax is \"packageshlib path=filename\""},
        {"#\n\nimportmap a=b", "f:3: unknown directive \"importmap\""},
        {"modinfo x", "f:1: invalid modinfo: invalid syntax"},
    };
    for (u32 i = 0; i < COUNT_OF(bad); i++) {
        assert_false(importcfg_parse(&cfg, &arena, STR("f"), str_from_c(bad[i][0]), &err));
        assert_str(err, bad[i][1]);
    }
}

static void test_experiments__differences_from_the_default(void **state) {
    (void)state;
    static const struct {
        const char *header, *goos, *goarch, *version, *want;
    } cases[] = {
        {"go object darwin amd64 go1.26.8 GOAMD64=v1 "
         "X:regabiwrappers,regabiargs,greenteagc,randomizedheapbase64\n",
         "darwin", "amd64", "go1.26.8", ""},
        {"go object linux amd64 go1.26.8 GOAMD64=v1 "
         "X:fieldtrack,regabiwrappers,regabiargs,dwarf5,greenteagc,randomizedheapbase64\n",
         "linux", "amd64", "go1.26.8", "fieldtrack"},
        {"go object linux amd64 go1.27.4 X:regabiwrappers,regabiargs,jsonv2,randomizedheapbase64,"
         "sizespecializedmalloc,mapsplitgroup",
         "linux", "amd64", "go1.27.4", "nodwarf5,nogreenteagc,mapsplitgroup"},
    };
    for (u32 i = 0; i < COUNT_OF(cases); i++)
        assert_str(experiments_changed(&arena, str_from_c(cases[i].header), str_from_c(cases[i].goos),
                                       str_from_c(cases[i].goarch), str_from_c(cases[i].version)),
                   cases[i].want);
}

static void test_experiments__list_of_a_header(void **state) {
    (void)state;
    static const struct {
        const char *value, *goos, *version, *want;
    } cases[] = {
        {"", "darwin", "go1.26.8", "regabiwrappers,regabiargs,greenteagc,randomizedheapbase64"},
        {"dwarf5,nogreenteagc", "darwin", "go1.26.8", "regabiwrappers,regabiargs,dwarf5,randomizedheapbase64"},
        {"none,,arenas", "linux", "go1.27.4", "regabiwrappers,regabiargs,arenas"},
        {"noregabi,nojsonv2,nodwarf5", "linux", "go1.27.4",
         "regabiwrappers,regabiargs,greenteagc,randomizedheapbase64,sizespecializedmalloc"},
    };
    Str list;
    for (u32 i = 0; i < COUNT_OF(cases); i++) {
        assert_true(experiments_enabled(&arena, str_from_c(cases[i].value), str_from_c(cases[i].goos), STR("amd64"),
                                        str_from_c(cases[i].version), &list));
        assert_str(list, cases[i].want);
    }
    assert_false(experiments_enabled(&arena, STR("arenas,nofoo"), STR("linux"), STR("amd64"), STR("go1.26.8"), &list));
    assert_str(list, "foo");
    assert_false(
        experiments_enabled(&arena, STR("mapsplitgroup"), STR("linux"), STR("amd64"), STR("go1.26.8"), &list));
}

int main(void) {
    arena_init(&arena, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unquote__literals),
        cmocka_unit_test(test_quote__escapes),
        cmocka_unit_test(test_path__clean_and_join),
        cmocka_unit_test(test_prefix__round_trip),
        cmocka_unit_test(test_importcfg__parse),
        cmocka_unit_test(test_experiments__differences_from_the_default),
        cmocka_unit_test(test_experiments__list_of_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
