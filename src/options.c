// options.c - from argv and environment to Options.
//
// The rules for response files and the set of flags depend on the release, the release is written in the
// main object, and the main object is the last argument, which may stand in a response file. So the
// arguments are expanded by the newest rule first; when the object that then comes last is of a release
// with the other rule, once more.
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "base/bytes.h"
#include "base/diag.h"
#include "base/file.h"
#include "golang/cpu_level.h"
#include "options_internal.h"
#include "version.h"

enum { MAX_RESPONSE_DEPTH = 64 };

// Go 1.26 was the last release whose response files hold one argument a line.
static const char LAST_LINE_BASED[] = "go1.26";

// ---- response files
// --------------------------------------------------------------------------------------------

// State of the splitter: the argument being read.
typedef struct {
    Arena *a;
    StrVec *out;
    ByteBuf arg;
    bool started; // an argument has begun, though it may be empty
} ArgReader;

static void finish_arg(ArgReader *r) {
    if (!r->arg.n && !r->started)
        return;
    vec_push(r->a, r->out, arena_str(r->a, (Str){(const char *)r->arg.v, r->arg.n}));
    r->arg.n = 0;
    r->started = false;
}

// Length of the line end at s: \n, or \r\n; 0 when there is none.
static u32 line_end(Str s) {
    if (s.n >= 1 && s.p[0] == '\n')
        return 1;
    return s.n >= 2 && s.p[0] == '\r' && s.p[1] == '\n' ? 2 : 0;
}

// Reads what follows an opening quote; returns the position behind the closing one, or the end of the text.
static u32 read_quoted(ArgReader *r, Str s, u32 i, char quote) {
    for (; i < s.n && s.p[i] != quote; i++) {
        char next = i + 1 < s.n ? s.p[i + 1] : 0;
        if (quote == '"' && s.p[i] == '\\') {
            u32 eol = line_end(str_slice(s, i + 1, s.n));
            if (eol) {
                i += eol;
                continue;
            }
            if (next == '\\' || next == '"' || next == '$' || next == '`')
                i++;
        }
        buf_u8(&r->arg, (u8)s.p[i]);
    }
    return i < s.n ? i + 1 : i;
}

static void split_quoted(ArgReader *r, Str s) {
    for (u32 i = 0; i < s.n;) {
        char c = s.p[i++];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            finish_arg(r);
        } else if (c == '\'' || c == '"') {
            r->started = true;
            i = read_quoted(r, s, i, c);
        } else if (c == '\\') {
            // A backslash joins lines, or takes the next character as it is; at the end of the file it is
            // nothing.
            u32 eol = line_end(str_slice(s, i, s.n));
            if (eol) {
                i += eol;
            } else if (i < s.n) {
                buf_u8(&r->arg, (u8)s.p[i++]);
                r->started = true;
            }
        } else {
            buf_u8(&r->arg, (u8)c);
        }
    }
    finish_arg(r);
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool split_lines(ArgReader *r, Str s) {
    u32 from = 0, to = s.n;
    while (from < to && is_blank(s.p[from]))
        from++;
    while (to > from && is_blank(s.p[to - 1]))
        to--;
    for (u32 i = from; i <= to; i++) {
        if (i == to || s.p[i] == '\n') {
            r->started = true; // an empty line is an empty argument
            finish_arg(r);
            continue;
        }
        char c = s.p[i];
        if (c == '\r')
            continue;
        if (c == '\\') {
            if (i + 1 == to || s.p[i + 1] == '\n')
                continue;
            c = s.p[++i];
            if (c != '\\' && c != 'n')
                return false;
            c = c == 'n' ? '\n' : c;
        }
        buf_u8(&r->arg, (u8)c);
    }
    return true;
}

bool response_file_split(Arena *a, Str text, bool quoted, StrVec *out) {
    ArgReader r = {.a = a, .out = out, .arg.arena = a};
    if (!quoted)
        return split_lines(&r, text);
    split_quoted(&r, text);
    return true;
}

static void expand_args(Arena *a, StrVec in, bool quoted, u32 depth, StrVec *out) {
    for (u32 i = 0; i < in.n; i++) {
        Str arg = in.v[i];
        if (!arg.n || arg.p[0] != '@') {
            vec_push(a, out, arg);
            continue;
        }
        Str name = str_slice(arg, 1, arg.n), text;
        if (depth == MAX_RESPONSE_DEPTH)
            fatal("response files nest too deeply at " STR_FMT, STR_ARG(name));
        if (!file_read(a, name, &text))
            refuse("open " STR_FMT ": %s", STR_ARG(name), file_error_text(errno));
        StrVec inner = {0};
        if (!response_file_split(a, text, quoted, &inner))
            fatal("response file " STR_FMT ": backslash before a character other than 'n' and backslash",
                  STR_ARG(name));
        expand_args(a, inner, quoted, depth + 1, out);
    }
}

// ---- the main object
// -------------------------------------------------------------------------------------------

// Cuts the next word off *line.
static Str next_word(Str *line) {
    i64 sp = str_index_byte(*line, ' ');
    u32 end = sp < 0 ? line->n : (u32)sp;
    Str word = str_slice(*line, 0, end);
    *line = str_slice(*line, sp < 0 ? end : end + 1, line->n);
    return word;
}

bool options_peek_object(Arena *a, Str path, Str *goos, Str *goarch, Str *version) {
    enum { ARCHIVE_HEADER = 8 + 60 }; // magic, header of the first member
    static const char head[] = "go object ";
    char buf[512];
    size_t mark = arena_mark(a);
    FILE *f = fopen(arena_str(a, path).p, "rbe");
    arena_release(a, mark);
    if (!f)
        return false;
    Str text = {buf, (u32)fread(buf, 1, sizeof buf, f)};
    fclose(f);

    if (str_has_prefix(text, STR("!<arch>\n")) && text.n > ARCHIVE_HEADER)
        text = str_slice(text, ARCHIVE_HEADER, text.n);
    i64 nl = str_index_byte(text, '\n');
    if (nl < 0 || !str_has_prefix(text, str_from_c(head)))
        return false;
    Str line = str_slice(text, (u32)strlen(head), (u32)nl);
    *goos = arena_str(a, next_word(&line));
    *goarch = arena_str(a, next_word(&line));
    *version = arena_str(a, next_word(&line));
    return version->n != 0;
}

// The last argument is an object, or, for a library of Go packages, "path=object".
static bool peek_last(Arena *a, Str arg, Str *goos, Str *goarch, Str *version) {
    i64 eq = str_index_byte(arg, '=');
    return options_peek_object(a, arg, goos, goarch, version) ||
           (eq >= 0 && options_peek_object(a, str_slice(arg, (u32)eq + 1, arg.n), goos, goarch, version));
}

// ---- environment
// -----------------------------------------------------------------------------------------------

static Str env(const char *name) {
    const char *v = getenv(name);
    return str_from_c(v ? v : "");
}

// Go's name for the machine gild runs on.
static Str host_goarch(Arena *a) {
    struct utsname u;
    if (uname(&u) != 0)
        return STR("amd64");
    static const char *const names[][2] = {{"x86_64", "amd64"}, {"aarch64", "arm64"}};
    for (u32 i = 0; i < COUNT_OF(names); i++)
        if (!strcmp(u.machine, names[i][0]))
            return str_from_c(names[i][1]);
    return arena_str(a, str_from_c(u.machine));
}

// GOOS and GOARCH as set, else those of the main object, else the host's. An unknown pair is an error, or
//      `unsupported`.
static void choose_target(FlagState *st, Str obj_goos, Str obj_goarch, bool may_hand_over) {
    Options *o = &st->o;
    o->goos = env("GOOS");
    o->goarch = env("GOARCH");
    if (!o->goos.n)
        o->goos = obj_goos.n ? obj_goos : STR("linux");
    if (!o->goarch.n)
        o->goarch = obj_goarch.n ? obj_goarch : host_goarch(st->a);
    const char *level = cpu_level_variable(o->goarch);
    o->cpu_level = level ? env(level) : (Str){0};
    o->target = target_find(o->goos, o->goarch, o->version);
    if (o->target)
        return;
    if (may_hand_over) {
        o->unsupported =
            arena_printf(st->a, "the platform " STR_FMT "/" STR_FMT, STR_ARG(o->goos), STR_ARG(o->goarch));
        return;
    }
    if (!target_has_arch(o->goarch))
        fatal("unknown architecture \"" STR_FMT "\"", STR_ARG(o->goarch));
    fatal("unsupported GOOS/GOARCH pair " STR_FMT "/" STR_FMT, STR_ARG(o->goos), STR_ARG(o->goarch));
}

// ---- all of it
// -------------------------------------------------------------------------------------------------

static FlagState *new_state(Arena *a) {
    FlagState *st = arena_new(a, FlagState);
    st->a = a;
    st->o = (Options){
        .round = -1,
        .text_addr = -1,
        .data_addr = -1,
        .aslr = true,
        .checklinkname = true,
        .compressdwarf = true,
        .pruneweakmap = true,
        .goroot = env("GOROOT"),
        .goexperiment = env("GOEXPERIMENT"),
        .extlink_enabled = env("GO_EXTLINK_ENABLED"),
    };
    return st;
}

Options *options_parse(Arena *a, int argc, char **argv, const OptionsHint *hint) {
    StrVec raw = {0};
    bool response_files = false;
    for (int i = 1; i < argc; i++) {
        // cmd/go's tests make tools fail silently with this.
        if (!strcmp(argv[i], "-crash_for_testing"))
            exit(2);
        response_files |= argv[i][0] == '@';
        vec_push(a, &raw, str_from_c(argv[i]));
    }

    FlagState *st = new_state(a);
    Str goos = {0}, goarch = {0}, version = {0};
    StrVec args = raw;
    bool quoted = !version_is(hint->version, LAST_LINE_BASED);
    for (int attempt = 0; attempt < 2; attempt++) {
        if (response_files) {
            args = (StrVec){0};
            expand_args(a, raw, quoted, 0, &args);
        }
        if (args.n && peek_last(a, args.v[args.n - 1], &goos, &goarch, &version)) {
            if (!response_files || quoted != version_is(version, LAST_LINE_BASED))
                break;
        }
        if (!response_files)
            break;
        quoted = !quoted;
    }
    st->o.version = hint->version.n ? hint->version : version;
    choose_target(st, goos, goarch, hint->may_hand_over);
    if (!st->o.unsupported.n)
        options_read_flags(st, args, hint->may_hand_over);
    if (st->print_version) {
        printf("%s\n", GILD_VERSION_LINE);
        exit(0);
    }
    if (!st->o.unsupported.n)
        options_check(st);
    return &st->o;
}
