// options_flags.c - the flags of the Go linker, and Go's flag syntax.
//
// The table is in the order in which usage texts list flags. A row says where the value goes, how it is
// parsed and what -help prints: usage texts are those of the stock tool, because people and scripts read
// them. In a usage text the word in back quotes names the argument.
// REF flag/flag.go: parseOne, PrintDefaults; cmd/link/internal/ld/main.go.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "golang/gostrings.h"
#include "options_internal.h"

typedef enum {
    F_BOOL,
    F_NOOP,    // a boolean that means nothing
    F_TERNARY, // int: 0 unset, 1 true, -1 false
    F_COUNT,   // i64: -v adds one, -v=n sets
    F_STRING,
    F_INT,
    F_QUOTED, // StrVec
    F_LIBDIR,
    F_XDEF,
    F_IMPORTCFG,
    F_RPATH,
    F_MACOS,
    F_MACSDK,
    F_BUILDMODE,
    F_LINKMODE,
    F_VERSION,
    F_JOBS,
} FlagKind;

typedef struct {
    const char *name;
    FlagKind kind;
    u32 field;          // offset in FlagState
    const char *usage;  // NULL: not listed
    const char *deflt;  // as printed; NULL: the type's zero value
    const char *not_in; // release that does not have the flag
} Flag;

#define FIELD(f) offsetof(FlagState, f)

// clang-format off
static const Flag flags[] = {
    {"B", F_STRING, FIELD(o.host_buildid), "set ELF NT_GNU_BUILD_ID `note` or Mach-O UUID; use \"gobuildid\" to generate it from the Go build ID; \"none\" to disable", NULL, NULL},
    {"D", F_INT, FIELD(o.data_addr), "set the start address of data symbols", "-1", NULL},
    {"E", F_STRING, FIELD(o.entry), "set `entry` symbol name", NULL, NULL},
    {"H", F_STRING, FIELD(headtype), "set header `type`", NULL, NULL},
    {"I", F_STRING, FIELD(o.interpreter), "use `linker` as ELF dynamic linker", NULL, NULL},
    {"L", F_LIBDIR, 0, "add specified `directory` to library path", NULL, NULL},
    {"R", F_INT, FIELD(o.round), "set address rounding `quantum`", "-1", NULL},
    {"T", F_INT, FIELD(o.text_addr), "set the start address of text symbols", "-1", NULL},
    {"V", F_VERSION, 0, "print version and exit", NULL, NULL},
    {"X", F_XDEF, 0, "add string value `definition` of the form importpath.name=value", NULL, NULL},
    {"a", F_NOOP, 0, "no-op (deprecated)", NULL, NULL},
    {"asan", F_BOOL, FIELD(o.asan), "enable ASan interface", NULL, NULL},
    {"aslr", F_BOOL, FIELD(o.aslr), "enable ASLR for buildmode=c-shared on windows", "true", NULL},
    {"benchmark", F_STRING, FIELD(o.benchmark), "set to 'mem' or 'cpu' to enable phase benchmarking", NULL, NULL},
    {"benchmarkprofile", F_STRING, FIELD(o.benchmarkprofile), "emit phase profiles to `base`_phase.{cpu,mem}prof", NULL, NULL},
    {"bindnow", F_BOOL, FIELD(o.bindnow), "mark a dynamically linked ELF object for immediate function binding", NULL, NULL},
    {"buildid", F_STRING, FIELD(o.buildid), "record `id` as Go toolchain build id", NULL, NULL},
    {"buildmode", F_BUILDMODE, 0, "set build `mode`", NULL, NULL},
    {"c", F_BOOL, FIELD(o.dump_callgraph), "dump call graph", NULL, NULL},
    {"capturehostobjs", F_STRING, FIELD(o.capturehostobjs), "capture host object files loaded during internal linking to specified dir", NULL, NULL},
    {"checklinkname", F_BOOL, FIELD(o.checklinkname), "check linkname symbol references", "true", NULL},
    {"compressdwarf", F_BOOL, FIELD(o.compressdwarf), "compress DWARF if possible", "true", NULL},
    {"cpuprofile", F_STRING, FIELD(o.cpuprofile), "write cpu profile to `file`", NULL, NULL},
    {"d", F_BOOL, FIELD(o.no_dynamic), "disable dynamic executable", NULL, NULL},
    {"debugfree", F_BOOL, FIELD(o.debugfree), NULL, NULL, NULL},
    {"debugnosplit", F_BOOL, FIELD(o.debug_nosplit), "dump nosplit call graph", NULL, NULL},
    {"debugtextsize", F_INT, FIELD(o.debugtextsize), "debug text section max size", NULL, NULL},
    {"debugtramp", F_INT, FIELD(o.debugtramp), "debug trampolines", NULL, NULL},
    {"dumpdep", F_BOOL, FIELD(o.dumpdep), "dump symbol dependency graph", NULL, NULL},
    {"e", F_BOOL, FIELD(o.all_errors), "no limit on number of errors reported", NULL, NULL},
    {"extar", F_STRING, FIELD(o.extar), "archive program for buildmode=c-archive", NULL, NULL},
    {"extld", F_QUOTED, FIELD(o.extld), "use `linker` when linking in external mode", NULL, NULL},
    {"extldflags", F_QUOTED, FIELD(o.extldflags), "pass `flags` to external linker", NULL, NULL},
    {"f", F_BOOL, FIELD(o.ignore_version), "ignore version mismatch", NULL, NULL},
    {"fipso", F_STRING, FIELD(o.fipso), "write fips module to `file`", NULL, NULL},
    {"funcalign", F_INT, FIELD(o.funcalign), "set function align to `N` bytes", NULL, NULL},
    {"g", F_BOOL, FIELD(o.no_go_data_check), "disable go package data checks", NULL, NULL},
    {"h", F_BOOL, FIELD(o.halt), "halt on error", NULL, NULL},
    {"importcfg", F_IMPORTCFG, 0, "read import configuration from `file`", NULL, NULL},
    {"installsuffix", F_STRING, FIELD(o.installsuffix), "set package directory `suffix`", NULL, NULL},
    {"j", F_JOBS, 0, NULL, NULL, NULL},
    {"k", F_STRING, FIELD(o.fieldtrack), "set field tracking `symbol`", NULL, NULL},
    {"libgcc", F_STRING, FIELD(o.libgcc), "compiler support lib for internal linking; use \"none\" to disable", NULL, NULL},
    {"linkmode", F_LINKMODE, 0, "set link `mode`", NULL, NULL},
    {"linkshared", F_BOOL, FIELD(o.linkshared), "link against installed Go shared libraries", NULL, NULL},
    {"macos", F_MACOS, 0, "mac OS version to write in build info (only used in internal linking)", "13.0.0", "go1.26"},
    {"macsdk", F_MACSDK, 0, "mac SDK version to write in build info (only used in internal linking)", "26.2.0", "go1.26"},
    {"memprofile", F_STRING, FIELD(o.memprofile), "write memory profile to `file`", NULL, NULL},
    {"memprofilerate", F_INT, FIELD(o.memprofilerate), "set runtime.MemProfileRate to `rate`", NULL, NULL},
    {"msan", F_BOOL, FIELD(o.msan), "enable MSan interface", NULL, NULL},
    {"n", F_NOOP, 0, "no-op (deprecated)", NULL, NULL},
    {"o", F_STRING, FIELD(o.outfile), "write output to `file`", NULL, NULL},
    {"pluginpath", F_STRING, FIELD(o.pluginpath), "full path name for plugin", NULL, NULL},
    {"pruneweakmap", F_BOOL, FIELD(o.pruneweakmap), "prune weak mapinit refs", "true", NULL},
    {"r", F_RPATH, 0, "set the ELF dynamic linker search `path` to dir1:dir2:...", NULL, NULL},
    {"race", F_BOOL, FIELD(o.race), "enable race detector", NULL, NULL},
    {"randlayout", F_INT, FIELD(o.randlayout), "randomize function layout", NULL, NULL},
    {"s", F_BOOL, FIELD(o.strip_symbols), "disable symbol table", NULL, NULL},
    {"strictdups", F_INT, FIELD(o.strictdups), "sanity check duplicate symbol contents during object file reading (1=warn 2=err).", NULL, NULL},
    {"tmpdir", F_STRING, FIELD(o.tmpdir), "use `directory` for temporary files", NULL, NULL},
    {"v", F_COUNT, FIELD(o.verbose), "print link trace", NULL, NULL},
    {"w", F_TERNARY, FIELD(dwarf), "disable DWARF generation", NULL, NULL},
};
// clang-format on

static const Flag *find_flag(Str name, Str version) {
    for (u32 i = 0; i < COUNT_OF(flags); i++)
        if (str_eq(name, str_from_c(flags[i].name)))
            return flags[i].not_in && version_is(version, flags[i].not_in) ? NULL : &flags[i];
    return NULL;
}

static bool is_bool_flag(FlagKind k) {
    return k == F_BOOL || k == F_NOOP || k == F_TERNARY || k == F_COUNT || k == F_VERSION;
}

// ---- values
// ----------------------------------------------------------------------------------------------------

// The words of strconv.ParseBool.
static bool parse_bool(Str s, bool *v) {
    static const char *const words[] = {"1", "t", "T", "TRUE",  "true",  "True",
                                        "0", "f", "F", "FALSE", "false", "False"};
    for (u32 i = 0; i < COUNT_OF(words); i++) {
        if (str_eq(s, str_from_c(words[i]))) {
            *v = i < COUNT_OF(words) / 2;
            return true;
        }
    }
    return false;
}

static u32 digit_value(char c) {
    if (c >= '0' && c <= '9')
        return (u32)(c - '0');
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'z' ? (u32)(lower - 'a') + 10 : 99;
}

// An underscore may stand between two digits, or between a base prefix and a digit.
static bool underscores_ok(Str s, bool prefix) {
    char last = prefix ? '0' : '^';
    for (u32 i = prefix ? 2 : 0; i < s.n; i++) {
        if (s.p[i] == '_' && last != '0')
            return false;
        last = s.p[i] == '_' ? '_' : '0';
    }
    return last != '_';
}

const char *options_parse_int(Str s, u32 base, i64 *v) {
    static const char syntax[] = "parse error", range[] = "value out of range";
    bool negative = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s = str_slice(s, 1, s.n);
    if (!s.n)
        return syntax;

    bool underscores = base == 0, prefix = false;
    Str digits = s;
    if (base == 0 && s.p[0] == '0') {
        char mark = s.n >= 2 ? (char)(s.p[1] | 0x20) : 0;
        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        prefix = mark == 'x' || mark == 'b' || mark == 'o';
        digits = str_slice(s, prefix ? 2 : 1, s.n);
        if (prefix && !digits.n)
            return syntax;
    } else if (base == 0) {
        base = 10;
    }

    u64 limit = negative ? (u64)INT64_MAX + 1 : INT64_MAX;
    u64 x = 0;
    bool seen = false;
    for (u32 i = 0; i < digits.n; i++) {
        if (digits.p[i] == '_' && underscores) {
            seen = true;
            continue;
        }
        u32 d = digit_value(digits.p[i]);
        if (d >= base)
            return syntax;
        if (__builtin_mul_overflow(x, (u64)base, &x) || __builtin_add_overflow(x, (u64)d, &x))
            return range;
    }
    if (seen && !underscores_ok(s, prefix))
        return syntax;
    if (x > limit)
        return range;
    *v = (i64)(negative ? 0 - x : x);
    return NULL;
}

// "13", "13.1" or "13.1.2" packed as 0x000d0102.
static bool parse_mac_version(Str s, u32 *v) {
    u32 packed = 0;
    for (u32 part = 0, start = 0; part < 3; part++) {
        Str rest = str_slice(s, start, s.n);
        i64 dot = str_index_byte(rest, '.');
        Str num = dot < 0 ? rest : str_slice(rest, 0, (u32)dot);
        i64 x;
        if (options_parse_int(num, 10, &x) || x < 0 || x > 255)
            return false;
        packed |= (u32)x << (8 * (2 - part));
        if (dot < 0) {
            *v = packed;
            return true;
        }
        start += (u32)dot + 1;
    }
    return false;
}

const char *quoted_split(Arena *a, Str text, StrVec *out) {
    for (u32 i = 0; i < text.n;) {
        char c = text.p[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            i++;
            continue;
        }
        u32 start = i;
        if (c == '"' || c == '\'') {
            start = ++i;
            while (i < text.n && text.p[i] != c)
                i++;
            if (i == text.n)
                return c == '"' ? "unterminated \" string" : "unterminated ' string";
            vec_push(a, out, arena_str(a, str_slice(text, start, i)));
            i++;
            continue;
        }
        while (i < text.n && text.p[i] != ' ' && text.p[i] != '\t' && text.p[i] != '\n' && text.p[i] != '\r')
            i++;
        vec_push(a, out, arena_str(a, str_slice(text, start, i)));
    }
    return NULL;
}

// ---- what a flag does
// ------------------------------------------------------------------------------------------

// What is wrong with a value.
#define message(st, ...) (arena_printf((st)->a, __VA_ARGS__).p)

// "pkg.path.name=value": the package's part of the name is spelled as symbols spell it.
static void add_xdef(FlagState *st, Str def) {
    i64 eq = str_index_byte(def, '=');
    i64 dot = eq < 0 ? -1 : str_last_index_byte(str_slice(def, 0, (u32)eq), '.');
    if (dot < 0)
        fatal("-X flag requires argument of the form importpath.name=value");
    Str pkg = str_slice(def, 0, (u32)dot);
    if (st->o.buildmode == BUILDMODE_PLUGIN && str_eq(pkg, STR("main")))
        pkg = st->o.pluginpath;
    pkg = path_to_prefix(st->a, pkg);
    Str name = arena_printf(st->a, STR_FMT STR_FMT, STR_ARG(pkg), STR_ARG(str_slice(def, (u32)dot, (u32)eq)));
    vec_push(st->a, &st->o.xdefs, ((StringDef){name, str_slice(def, (u32)eq + 1, def.n)}));
}

static void read_importcfg(FlagState *st, Str path) {
    Options *o = &st->o;
    importcfg_read(&o->importcfg, st->a, path);
    o->has_importcfg = true;
    for (u32 i = 0; i < o->importcfg.modinfo.n; i++)
        vec_push(st->a, &o->xdefs, ((StringDef){STR("runtime.modinfo"), o->importcfg.modinfo.v[i]}));
}

static const char *set_build_mode(FlagState *st, Str value) {
    Options *o = &st->o;
    BuildMode m = build_mode_parse(value);
    if (m == BUILDMODE_UNSET)
        return message(st, "invalid buildmode: " STR_FMT, STR_ARG(go_quote(st->a, value)));
    if (!(o->target->modes & MODE_BIT(m)))
        return message(st, "buildmode " STR_FMT " not supported on %s/%s", STR_ARG(value), o->target->goos,
                       o->target->goarch);
    o->buildmode = m == BUILDMODE_EXE && (o->target->traits & TARGET_EXE_IS_PIE) ? BUILDMODE_PIE : m;
    return NULL;
}

static const char *set_link_mode(FlagState *st, Str value) {
    for (LinkMode m = LINKMODE_AUTO; m <= LINKMODE_EXTERNAL; m++) {
        if (str_eq(value, str_from_c(link_mode_name(m)))) {
            st->o.linkmode = m;
            return NULL;
        }
    }
    return message(st, "invalid linkmode: " STR_FMT, STR_ARG(go_quote(st->a, value)));
}

static const char *set_mac_version(FlagState *st, Str value, u32 *version, bool *set) {
    if (!parse_mac_version(value, version))
        return message(st, "invalid version " STR_FMT, STR_ARG(go_quote(st->a, value)));
    *set = true;
    return NULL;
}

static const char *set_bool(FlagState *st, const Flag *f, Str value) {
    void *field = (char *)st + f->field;
    bool b = false;
    i64 n;
    if (f->kind == F_COUNT) {
        if (str_eq(value, STR("true")) || str_eq(value, STR("false")))
            *(i64 *)field = value.n == 4 ? *(i64 *)field + 1 : 0;
        else if (options_parse_int(value, 10, &n) == NULL)
            *(i64 *)field = n;
        else
            return message(st, "invalid count " STR_FMT, STR_ARG(go_quote(st->a, value)));
        return NULL;
    }
    if (f->kind == F_VERSION) {
        st->print_version = true;
        return NULL;
    }
    if (!parse_bool(value, &b)) {
        if (f->kind != F_TERNARY)
            return "parse error";
        return message(st, "strconv.ParseBool: parsing " STR_FMT ": invalid syntax",
                       STR_ARG(go_quote(st->a, value)));
    }
    if (f->kind == F_BOOL)
        *(bool *)field = b;
    else if (f->kind == F_TERNARY)
        *(int *)field = b ? 1 : -1;
    return NULL;
}

// Gives the flag its value; NULL, or what is wrong with it.
static const char *set_value(FlagState *st, const Flag *f, Str value) {
    Options *o = &st->o;
    void *field = (char *)st + f->field;
    i64 n;
    switch (f->kind) {
    case F_STRING: *(Str *)field = value; return NULL;
    case F_INT: return options_parse_int(value, 0, field);
    case F_QUOTED: *(StrVec *)field = (StrVec){0}; return quoted_split(st->a, value, field);
    case F_LIBDIR: vec_push(st->a, &o->libdirs, value); return NULL;
    case F_XDEF: add_xdef(st, value); return NULL;
    case F_IMPORTCFG: read_importcfg(st, value); return NULL;
    case F_RPATH:
        o->rpath = value;
        o->rpath_set = true;
        return NULL;
    case F_MACOS: return set_mac_version(st, value, &o->macos, &o->macos_set);
    case F_MACSDK: return set_mac_version(st, value, &o->macsdk, &o->macsdk_set);
    case F_BUILDMODE: return set_build_mode(st, value);
    case F_LINKMODE: return set_link_mode(st, value);
    case F_JOBS:
        if (options_parse_int(value, 10, &n) || n < 1 || n > 1024)
            return "want a number of threads from 1 to 1024";
        o->jobs = (u32)n;
        return NULL;
    default: return set_bool(st, f, value);
    }
}

// ---- syntax
// ----------------------------------------------------------------------------------------------------

__attribute__((format(printf, 2, 3))) static _Noreturn void usage_error(const FlagState *st, const char *fmt,
                                                                        ...) {
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    options_usage_exit(st);
}

// Reads the flag at args[*i] and moves *i past it and its value. False: the flags end here.
static bool read_flag(FlagState *st, StrVec args, u32 *i, bool may_skip) {
    Str s = args.v[*i];
    if (s.n < 2 || s.p[0] != '-')
        return false;
    u32 dashes = s.p[1] == '-' ? 2 : 1;
    if (s.n == 2 && dashes == 2) {
        ++*i;
        return false;
    }
    Str name = str_slice(s, dashes, s.n);
    if (!name.n || name.p[0] == '-' || name.p[0] == '=')
        usage_error(st, "bad flag syntax: " STR_FMT, STR_ARG(s));
    ++*i;

    i64 eq = str_index_byte(name, '=');
    bool has_value = eq >= 0;
    Str value = has_value ? str_slice(name, (u32)eq + 1, name.n) : STR("true");
    if (has_value)
        name = str_slice(name, 0, (u32)eq);

    const Flag *f = find_flag(name, st->o.version);
    if (!f) {
        if (may_skip) {
            st->o.unsupported = arena_printf(st->a, "the flag -" STR_FMT, STR_ARG(name));
            return false;
        }
        if (str_eq(name, STR("help")))
            options_usage_exit(st);
        usage_error(st, "flag provided but not defined: -" STR_FMT, STR_ARG(name));
    }
    if (!is_bool_flag(f->kind) && !has_value) {
        if (*i == args.n)
            usage_error(st, "flag needs an argument: -" STR_FMT, STR_ARG(name));
        value = args.v[(*i)++];
    }
    const char *err = set_value(st, f, value);
    if (err && is_bool_flag(f->kind))
        usage_error(st, "invalid boolean value " STR_FMT " for -%s: %s", STR_ARG(go_quote(st->a, value)),
                    f->name, err);
    if (err)
        usage_error(st, "invalid value " STR_FMT " for flag -%s: %s", STR_ARG(go_quote(st->a, value)),
                    f->name, err);
    return true;
}

void options_read_flags(FlagState *st, StrVec args, bool may_skip) {
    u32 i = 0;
    while (i < args.n && !st->print_version && read_flag(st, args, &i, may_skip))
        ;
    for (; i < args.n; i++)
        vec_push(st->a, &st->o.args, args.v[i]);
}

// ---- usage
// -----------------------------------------------------------------------------------------------------

// The name of a flag's argument: the back-quoted word of the usage text, or the type.
static Str argument_name(const Flag *f) {
    const char *open = strchr(f->usage, '`');
    const char *close = open ? strchr(open + 1, '`') : NULL;
    if (close)
        return (Str){open + 1, (u32)(close - open - 1)};
    if (is_bool_flag(f->kind))
        return (Str){0};
    return f->kind == F_INT ? STR("int") : f->kind == F_STRING ? STR("string") : STR("value");
}

void options_usage_exit(const FlagState *st) {
    fprintf(stderr, "usage: link [options] main.o\n");
    for (u32 i = 0; i < COUNT_OF(flags); i++) {
        const Flag *f = &flags[i];
        if (!f->usage || (f->not_in && version_is(st->o.version, f->not_in)))
            continue;
        Str arg = argument_name(f);
        fprintf(stderr, "  -%s%s" STR_FMT, f->name, arg.n ? " " : "", STR_ARG(arg));
        // One-letter flags without argument fit on the line of their text.
        fputs(!arg.n && !f->name[1] ? "\t" : "\n    \t", stderr);
        for (const char *c = f->usage; *c; c++)
            if (*c != '`')
                fputc(*c, stderr);
        if (f->deflt)
            fprintf(stderr, " (default %s)", f->deflt);
        fputc('\n', stderr);
    }
    exit(2);
}
