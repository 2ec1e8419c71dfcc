// u_options.c - flag syntax, response files, defaults, the table of targets. What ends the program is tested
// against the stock linker by tests/link/flags.sh.
#include <stdlib.h>
#include <unistd.h>

#include "options.h"
#include "options_internal.h"
#include "unit.h"

static Arena arena;

// Parses a NULL-terminated list of arguments for darwin/amd64 of Go 1.27, or of `version`.
static Options *parse_for(const char *version, const char *const *args) {
    char *argv[32] = {(char *)(uintptr_t)"gild"};
    int argc = 1;
    while (args[argc - 1]) {
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
        argc++;
    }
    setenv("GOOS", "darwin", 1);
    setenv("GOARCH", "amd64", 1);
    OptionsHint hint = {.version = str_from_c(version), .may_hand_over = true};
    return options_parse(&arena, argc, argv, &hint);
}

#define PARSE(...) parse_for("go1.27.4", (const char *const[]){__VA_ARGS__, NULL})

static void test_options__defaults(void **state) {
    (void)state;
    setenv("GOROOT", "/goroot", 1);
    Options *o = PARSE("main.a");
    assert_str(o->main_file, "main.a");
    assert_str(o->outfile, "a.out");
    assert_str(o->goroot, "/goroot");
    assert_str(o->entry, "_rt0_amd64_darwin");
    assert_int_equal(o->buildmode, BUILDMODE_EXE);
    assert_int_equal(o->head, HEAD_DARWIN);
    assert_int_equal(o->linkmode, LINKMODE_AUTO);
    assert_int_equal(o->round, -1);
    assert_int_equal(o->text_addr, -1);
    assert_int_equal(o->buildinfo_kind, BUILDINFO_DEFAULT);
    assert_true(o->compressdwarf && o->checklinkname && o->pruneweakmap && o->aslr);
    assert_false(o->strip_dwarf || o->strip_symbols || o->has_importcfg || o->macos_set);
    assert_int_equal(o->unsupported.n, 0);
}

static void test_options__syntax(void **state) {
    (void)state;
    Options *o = PARSE("-o", "x", "--buildid=a/b", "-s", "-compressdwarf=0", "-R=0x2_000", "-T", "-5", "-v",
                       "-v", "-X", "a/b.c.d=e=f", "-L", "p", "-L=q", "-extldflags", "'a b' \"c\" d",
                       "-r=", "-j", "3", "--", "-main.a");
    assert_str(o->outfile, "x");
    assert_str(o->buildid, "a/b");
    assert_str(o->host_buildid, "gobuildid");
    assert_int_equal(o->buildinfo_kind, BUILDINFO_GOBUILDID);
    assert_true(o->strip_symbols && o->strip_dwarf);
    assert_false(o->compressdwarf);
    assert_int_equal(o->round, 0x2000);
    assert_int_equal(o->text_addr, -5);
    assert_int_equal(o->verbose, 2);
    assert_int_equal(o->xdefs.n, 1);
    assert_str(o->xdefs.v[0].name, "a/b%2ec.d");
    assert_str(o->xdefs.v[0].value, "e=f");
    assert_int_equal(o->libdirs.n, 2);
    assert_str(o->libdirs.v[1], "q");
    assert_int_equal(o->extldflags.n, 3);
    assert_str(o->extldflags.v[0], "a b");
    assert_true(o->rpath_set);
    assert_int_equal(o->jobs, 3);
    assert_str(o->main_file, "-main.a");

    assert_false(PARSE("-s", "-w=0", "m")->strip_dwarf);
    assert_true(PARSE("-w", "m")->strip_dwarf);
    assert_int_equal(PARSE("-v=7", "-v", "m")->verbose, 8);
    assert_int_equal(PARSE("-v", "-v=false", "m")->verbose, 0);
    o = PARSE("-B", "0x00ff", "-buildmode=pie", "-macos=14.1", "-macsdk", "26", "m");
    assert_int_equal(o->buildinfo_kind, BUILDINFO_BYTES);
    assert_int_equal(o->nbuildinfo, 2);
    assert_int_equal(o->buildinfo[1], 0xff);
    assert_int_equal(o->buildmode, BUILDMODE_PIE);
    assert_int_equal(o->macos, 0x0e0100);
    assert_int_equal(o->macsdk, 0x1a0000);
    assert_int_equal(PARSE("-B=none", "-buildid=x", "m")->buildinfo_kind, BUILDINFO_NONE);
}

static void test_options__unsupported_is_named(void **state) {
    (void)state;
    assert_str(PARSE("-memprofile=f", "m")->unsupported, "-memprofile");
    assert_str(PARSE("-H=linux", "m")->unsupported, "a -H that is not the platform's");
    assert_str(PARSE("-future-flag", "m")->unsupported, "the flag -future-flag");
    // -macos came with Go 1.27.
    const char *const args[] = {"-macos=14", "m", NULL};
    assert_str(parse_for("go1.26.8", args)->unsupported, "the flag -macos");
    assert_int_equal(parse_for("go1.27rc1", args)->unsupported.n, 0);
    const char *const plain[] = {"m", NULL};
    assert_str(parse_for("go1.25.3", plain)->unsupported, "objects of go1.25.3");
}

static void test_options__integers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        i64 value;
    } good[] = {{"0", 0},
                {"10", 10},
                {"-10", -10},
                {"+3", 3},
                {"0x1F", 31},
                {"0b101", 5},
                {"0o17", 15},
                {"017", 15},
                {"1_000", 1000},
                {"0_7", 7},
                {"0x_f", 15},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    static const char *const bad[] = {"",   "-",   "x",  "0x",  "08",  "1__0", "_1",
                                      "1_", "1.5", " 1", "0b2", "0x_", "--1"};
    i64 v;
    for (u32 i = 0; i < COUNT_OF(good); i++) {
        assert_null(options_parse_int(str_from_c(good[i].text), 0, &v));
        assert_int_equal(v, good[i].value);
    }
    for (u32 i = 0; i < COUNT_OF(bad); i++)
        assert_string_equal(options_parse_int(str_from_c(bad[i]), 0, &v), "parse error");
    assert_string_equal(options_parse_int(STR("9223372036854775808"), 0, &v), "value out of range");
    assert_string_equal(options_parse_int(STR("1_0"), 10, &v), "parse error");
}

static void check_split(const char *text, bool quoted, const char *const *want) {
    StrVec got = {0};
    assert_true(response_file_split(&arena, str_from_c(text), quoted, &got));
    u32 n = 0;
    for (; want[n]; n++) {
        assert_true(n < got.n);
        assert_str(got.v[n], want[n]);
    }
    assert_int_equal(got.n, n);
}

#define SPLIT(text, quoted, ...) check_split(text, quoted, (const char *const[]){__VA_ARGS__, NULL})

static void test_response_file__quoted(void **state) {
    (void)state;
    SPLIT("a b\tc\nd\r\ne", true, "a", "b", "c", "d", "e");
    SPLIT("'a b' \"c d\" e'f'\"g\"", true, "a b", "c d", "efg");
    SPLIT("'' \"\"", true, "", "");
    SPLIT("'a\\n'", true, "a\\n");
    SPLIT("\"\\\\ \\\" \\$ \\` \\n\"", true, "\\ \" $ ` \\n");
    SPLIT("a\\ b \\'c\\\nd e\\\r\nf", true, "a b", "'cd", "ef");
    SPLIT("\"a\\\nb\\\r\nc\\\rd\"", true, "abc\\\rd");
    SPLIT("a\\", true, "a");
    SPLIT("'open", true, "open");
    SPLIT("", true, NULL);
}

static void test_response_file__lines(void **state) {
    (void)state;
    SPLIT("a b\nc\\nd\\\\e\r\n\nf\n\n", false, "a b", "c\nd\\e", "", "f");
    SPLIT("", false, "");
    SPLIT("  x\\", false, "x");
    StrVec out = {0};
    assert_false(response_file_split(&arena, STR("a\\qb"), false, &out));
}

static void write_text(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

// The rule for response files is that of the release which the object at their end names.
static void test_response_file__release_decides(void **state) {
    (void)state;
    char dir[] = "/tmp/gild-unit-XXXXXX";
    assert_non_null(mkdtemp(dir));
    Str object = arena_printf(&arena, "%s/main object", dir);
    Str response = arena_printf(&arena, "%s/args", dir);
    Str at = arena_printf(&arena, "@%s", response.p);
    const char *const args[] = {at.p, NULL};

    write_text(object.p, "go object darwin amd64 go1.26.8 GOAMD64=v1 X:none\n");
    write_text(response.p, arena_printf(&arena, "-X\na.b=c 'd'\n%s\n", object.p).p);
    Options *o = parse_for("", args);
    assert_str(o->version, "go1.26.8");
    assert_str(o->main_file, object.p);
    assert_str(o->xdefs.v[0].value, "c 'd'");

    write_text(object.p, "go object darwin amd64 go1.27.4 GOAMD64=v1 X:none\n");
    write_text(response.p, arena_printf(&arena, "-X \"a.b=c 'd'\" '%s'\n", object.p).p);
    o = parse_for("", args);
    assert_str(o->version, "go1.27.4");
    assert_str(o->main_file, object.p);
    assert_str(o->xdefs.v[0].value, "c 'd'");
    unlink(object.p);
    unlink(response.p);
    rmdir(dir);
}

static void test_peek__archive(void **state) {
    (void)state;
    char path[] = "/tmp/gild-unit-XXXXXX";
    close(mkstemp(path));
    write_text(path, "!<arch>\n__.PKGDEF       0           0     0     644     270       `\n"
                     "go object linux arm64 go1.27.4 X:a\nbuild id \"x\"\n");
    Str goos, goarch, version;
    assert_true(options_peek_object(&arena, str_from_c(path), &goos, &goarch, &version));
    assert_str(goos, "linux");
    assert_str(goarch, "arm64");
    assert_str(version, "go1.27.4");
    write_text(path, "ELF");
    assert_false(options_peek_object(&arena, str_from_c(path), &goos, &goarch, &version));
    unlink(path);
    assert_false(options_peek_object(&arena, STR("/nonexistent"), &goos, &goarch, &version));
}

static void test_target__rows(void **state) {
    (void)state;
    const Target *t = target_find(STR("linux"), STR("ppc64"), STR("go1.26.1"));
    assert_int_equal(t->modes, MODE_BIT(BUILDMODE_EXE));
    assert_true(target_find(STR("linux"), STR("ppc64"), STR("go1.27.4"))->modes & MODE_BIT(BUILDMODE_PIE));
    assert_null(target_find(STR("linux"), STR("pdp11"), (Str){0}));
    assert_true(version_is(STR("go1.26"), "go1.26"));
    assert_true(version_is(STR("go1.26rc1"), "go1.26"));
    assert_false(version_is(STR("go1.261"), "go1.26"));
    assert_int_equal(head_type_parse(STR("ios")), HEAD_DARWIN);
    assert_string_equal(head_type_name(HEAD_LINUX), "linux");
    assert_int_equal(build_mode_parse(STR("c-shared")), BUILDMODE_C_SHARED);
}

int main(void) {
    arena_init(&arena, 0);
    unsetenv("GO_EXTLINK_ENABLED");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options__defaults),
        cmocka_unit_test(test_options__syntax),
        cmocka_unit_test(test_options__unsupported_is_named),
        cmocka_unit_test(test_options__integers),
        cmocka_unit_test(test_response_file__quoted),
        cmocka_unit_test(test_response_file__lines),
        cmocka_unit_test(test_response_file__release_decides),
        cmocka_unit_test(test_peek__archive),
        cmocka_unit_test(test_target__rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
