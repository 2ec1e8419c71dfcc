// hostlink.c - the command line of the system's linker, and what is done with what it prints.
#include "format/hostlink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/process.h"
#include "format/format.h"
#include "golang/gostrings.h"
#include "golang/shlib.h"

enum { LONG_ARGS = 30 << 10 }; // bytes of arguments from which on a response file is tried

void hostlink_add(HostLink *h, Str arg) {
    vec_push(h->a, &h->argv, arg);
}

static void add_all(HostLink *h, const StrVec *args) {
    vec_append(h->a, &h->argv, args->v, args->n);
}

void hostlink_fail(HostLink *h, const char *fmt, ...) {
    char *text;
    va_list ap;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        fatal("out of memory while reporting an error");
    va_end(ap);
    Str out = h->p->opt->outfile;
    struct stat st;
    if (lstat(out.p, &st) != 0 || S_ISREG(st.st_mode))
        unlink(out.p);
    fatal("%s", text);
}

Str hostlink_temp_file(const HostLink *h, const char *name) {
    return path_clean(h->a, arena_printf(h->a, STR_FMT "/%s", STR_ARG(h->tmpdir), name));
}

static Str compiler_program(const Program *p) {
    return p->opt->extld.n ? p->opt->extld.v[0] : str_from_c(p->format->default_compiler);
}

static void add_arch_args(const Program *p, Arena *a, StrVec *argv) {
    const char *const *args = p->format->compiler_args[p->arch->id];
    for (; args && *args; args++)
        vec_push(a, argv, str_from_c(*args));
}

StrVec host_compiler(const Program *p, Arena *a) {
    StrVec argv = {0};
    if (p->opt->extld.n)
        vec_append(a, &argv, p->opt->extld.v, p->opt->extld.n);
    else
        vec_push(a, &argv, compiler_program(p));
    add_arch_args(p, a, &argv);
    return argv;
}

Str host_answer_line(Str output) {
    while (output.n && strchr("\r\n", output.p[output.n - 1]))
        output.n--;
    return output;
}

// ---- what the compiler knows ------------------------------------------------------------------------------

// Flags that say for which system code is made, or which linker makes it, matter for a probe; libraries do not.
typedef enum { FLAG_DROP, FLAG_KEEP, FLAG_DROP_NEXT, FLAG_KEEP_NEXT } FlagUse;

typedef struct {
    const char *flag;
    FlagUse use;
} FlagRule;

static FlagUse use_of_flag(const GoRelease *rel, Str f) {
    static const FlagRule whole[] = {
        {"-F", FLAG_DROP_NEXT},         {"-l", FLAG_DROP_NEXT},         {"-framework", FLAG_DROP_NEXT},
        {"-Wl,-framework", FLAG_DROP_NEXT}, {"-Wl,-rpath", FLAG_DROP_NEXT}, {"-Wl,-undefined", FLAG_DROP_NEXT},
        {"-arch", FLAG_KEEP_NEXT},      {"-isysroot", FLAG_KEEP_NEXT},  {"--sysroot", FLAG_KEEP_NEXT},
        {"-target", FLAG_KEEP_NEXT},    {"--target", FLAG_KEEP_NEXT},
    };
    static const char *const whole_runtime[] = {"-B",      "-L",       "-resource-dir", "-rtlib",     "--rtlib",
                                                "-stdlib", "--stdlib", "-unwindlib",    "--unwindlib"};
    static const char *const starts[] = {"-f", "-m", "-p", "-Wl,", "-arch", "-isysroot", "--sysroot", "-target", "--target"};
    static const char *const starts_runtime[] = {
        "-B",         "-L",          "-resource-dir", "-rtlib",    "--rtlib",         "-stdlib",
        "--stdlib",   "-unwindlib",  "--unwindlib",   "-nostdlib", "-nodefaultlibs", "-nostartfiles",
        "-nostdinc",  "-nobuiltininc"};
    if (!f.n || f.p[0] != '-')
        return FLAG_DROP;
    for (u32 i = 0; i < COUNT_OF(whole); i++)
        if (str_eq(f, str_from_c(whole[i].flag)))
            return whole[i].use;
    if (!rel->probe_keeps_runtime && str_eq(f, STR("-L")))
        return FLAG_DROP_NEXT;
    for (u32 i = 0; rel->probe_keeps_runtime && i < COUNT_OF(whole_runtime); i++)
        if (str_eq(f, str_from_c(whole_runtime[i])))
            return FLAG_KEEP_NEXT;
    for (u32 i = 0; i < COUNT_OF(starts); i++)
        if (str_has_prefix(f, str_from_c(starts[i])))
            return FLAG_KEEP;
    for (u32 i = 0; rel->probe_keeps_runtime && i < COUNT_OF(starts_runtime); i++)
        if (str_has_prefix(f, str_from_c(starts_runtime[i])))
            return FLAG_KEEP;
    return FLAG_DROP;
}

// Those of the flags that matter for a probe.
static void add_probe_flags(const HostLink *h, StrVec *argv, const StrVec *flags, FlagUse *next) {
    for (u32 i = 0; i < flags->n; i++) {
        FlagUse use = *next;
        *next = FLAG_DROP;
        if (use == FLAG_DROP_NEXT)
            continue;
        if (use != FLAG_KEEP_NEXT) {
            use = use_of_flag(h->p->rel, flags->v[i]);
            if (use == FLAG_DROP_NEXT || use == FLAG_KEEP_NEXT)
                *next = use;
        }
        if (use == FLAG_KEEP || use == FLAG_KEEP_NEXT)
            vec_push(h->a, argv, flags->v[i]);
    }
}

static bool contains(Str text, const char *word) {
    return text.n && memmem(text.p, text.n, word, strlen(word));
}

bool hostlink_supports(HostLink *h, Str alt_linker, Str flag) {
    Str source = hostlink_temp_file(h, "trivial.c");
    if (!h->has_probe && !file_write(h->a, source, (Str[]){STR("int main() { return 0; }")}, 1))
        fatal("cannot write " STR_FMT ": %s", STR_ARG(source), file_error_text(errno));
    h->has_probe = true;
    StrVec argv = {0};
    vec_push(h->a, &argv, compiler_program(h->p));
    add_arch_args(h->p, h->a, &argv);
    FlagUse next = FLAG_DROP;
    add_probe_flags(h, &argv, &h->p->ldflags, &next);
    add_probe_flags(h, &argv, &h->p->opt->extldflags, &next);
    if (alt_linker.n)
        vec_push(h->a, &argv, arena_printf(h->a, "-fuse-ld=" STR_FMT, STR_ARG(alt_linker)));
    const Str rest[] = {STR("-o"), hostlink_temp_file(h, "a.out"), flag, source};
    vec_append(h->a, &argv, rest, COUNT_OF(rest));
    const Str locale = STR("LC_ALL=C"); // the messages are looked at
    ProcessResult r = process_run(h->a, argv.v, argv.n, &locale, getenv("LC_ALL") ? 0 : 1);
    return r.ok && !contains(r.output, "unrecognized") && !contains(r.output, "unknown");
}

Str hostlink_find_tool(HostLink *h, const char *tool) {
    StrVec argv = host_compiler(h->p, h->a);
    vec_push(h->a, &argv, STR("--print-prog-name"));
    vec_push(h->a, &argv, str_from_c(tool));
    ProcessResult r = process_run(h->a, argv.v, argv.n, NULL, 0);
    if (!r.ok)
        hostlink_fail(h, "finding %s failed: " STR_FMT "\n" STR_FMT, tool, STR_ARG(r.failure), STR_ARG(r.output));
    return host_answer_line(r.output);
}

// ---- files ------------------------------------------------------------------------------------------------

Str hostlink_object(Program *p) {
    if (!p->host_tmpdir.n)
        p->host_tmpdir = p->opt->tmpdir.n ? p->opt->tmpdir : tempdir_make(&p->arena, "go-link-");
    return path_clean(&p->arena, arena_printf(&p->arena, STR_FMT "/go.o", STR_ARG(p->host_tmpdir)));
}

// Some linkers put the times of objects into the file.
static void clear_time(Str file) {
    const struct timespec epoch[2] = {{0}};
    if (utimensat(AT_FDCWD, file.p, epoch, 0) != 0)
        fatal("cannot chtimes " STR_FMT ": %s", STR_ARG(file), file_error_text(errno));
}

typedef VEC(Str) FileParts;

// A Str has less than 4 GB.
static FileParts cut_parts(Arena *a, const u8 *bytes, u64 n) {
    enum { PART = 1 << 30 };
    FileParts parts = {0};
    for (u64 off = 0; off < n; off += PART)
        vec_push(a, &parts, ((Str){(const char *)bytes + off, (u32)MIN(n - off, PART)}));
    return parts;
}

static Str copy_object(HostLink *h, u32 i) {
    const HostObject *obj = &h->p->host_objs.v[i];
    char name[32];
    snprintf(name, sizeof name, "%06u.o", i);
    Str file = hostlink_temp_file(h, name);
    FileParts parts = cut_parts(h->a, obj->data, obj->size);
    if (!file_write(h->a, file, parts.v, parts.n))
        fatal("cannot write " STR_FMT ": %s", STR_ARG(file), file_error_text(errno));
    clear_time(file);
    return file;
}

static void add_objects(HostLink *h) {
    Str object = hostlink_object(h->p);
    clear_time(object);
    hostlink_add(h, object);
    for (u32 i = 0; i < h->p->host_objs.n; i++)
        hostlink_add(h, copy_object(h, i));
}

bool hostlink_replace_output(const HostLink *h, const u8 *bytes, u64 n) {
    FileParts parts = cut_parts(h->a, bytes, n);
    return file_write(h->a, h->p->opt->outfile, parts.v, parts.n);
}

// ---- the command line -------------------------------------------------------------------------------------

static void add_strip_flags(HostLink *h) {
    const Options *opt = h->p->opt;
    if (opt->strip_symbols) {
        if (h->p->format->cc_strips)
            hostlink_add(h, STR("-s"));
    } else if (opt->strip_dwarf) {
        hostlink_add(h, STR("-Wl,-S"));
    }
}

// Programs and libraries by path; what the release writes between flag and path.
static void add_paths(HostLink *h) {
    const Options *opt = h->p->opt;
    if (opt->rpath.n)
        hostlink_add(h, arena_printf(h->a, "-Wl,-rpath," STR_FMT, STR_ARG(opt->rpath)));
    if (!opt->interpreter.n)
        return;
    bool comma = str_index_byte(opt->interpreter, ',') >= 0;
    if (comma && h->p->rel->cgo_rejects_commas)
        fatal("invalid dynamic linker path " STR_FMT, STR_ARG(go_quote(h->a, opt->interpreter)));
    hostlink_add(h, arena_printf(h->a, "-Wl,--dynamic-linker%c" STR_FMT, h->p->rel->linker_path_after,
                                 STR_ARG(opt->interpreter)));
}

static void add_if_supported(HostLink *h, Str flag) {
    if (hostlink_supports(h, h->alt_linker, flag))
        hostlink_add(h, flag);
}

// A program that is linked statically exports nothing and has no dynamic linker, and some linkers say so.
static void add_user_flags(HostLink *h, const StrVec *flags) {
    Str path = arena_printf(h->a, "-Wl,--dynamic-linker%c", h->p->rel->linker_path_after);
    for (u32 i = 0; i < flags->n; i++) {
        hostlink_add(h, flags->v[i]);
        if (!h->p->format->cc_static || !str_eq(flags->v[i], STR("-static")))
            continue;
        for (u32 k = 0; k < h->argv.n; k++)
            if (str_eq(h->argv.v[k], STR("-rdynamic")) || str_has_prefix(h->argv.v[k], path))
                h->argv.v[k] = STR("-static");
    }
}

// Code of a program at fixed addresses cannot be moved, whatever the compiler does by default.
static void add_no_pie(HostLink *h) {
    static const Str flags[] = {STR_INIT("-no-pie"), STR_INIT("-nopie")}; // gcc's, clang's
    if (h->p->opt->buildmode != BUILDMODE_EXE || h->p->opt->linkshared)
        return;
    for (u32 i = 0; i < COUNT_OF(flags); i++) {
        if (hostlink_supports(h, h->alt_linker, flags[i])) {
            hostlink_add(h, flags[i]);
            return;
        }
    }
}

// What add_shlib has added.
typedef struct {
    StrVec dirs, names;
} ShlibFlags;

static bool is_new(HostLink *h, StrVec *seen, Str s) {
    for (u32 i = 0; i < seen->n; i++)
        if (str_eq(seen->v[i], s))
            return false;
    vec_push(h->a, seen, s);
    return true;
}

static void add_shlib(HostLink *h, ShlibFlags *added, Str path) {
    Str name = path_base(path), dir = str_slice(path, 0, path.n - name.n);
    if (is_new(h, &added->dirs, dir)) {
        hostlink_add(h, arena_printf(h->a, "-L" STR_FMT, STR_ARG(dir)));
        if (!h->p->opt->rpath_set)
            hostlink_add(h, arena_printf(h->a, "-Wl,-rpath=" STR_FMT, STR_ARG(dir)));
    }
    if (str_has_suffix(name, STR(".so")))
        name.n -= 3;
    if (str_has_prefix(name, STR("lib")))
        name = str_slice(name, 3, name.n);
    if (is_new(h, &added->names, name))
        hostlink_add(h, arena_printf(h->a, "-l" STR_FMT, STR_ARG(name)));
}

// The libraries of Go packages, and those that they need.
static void add_shlibs(HostLink *h) {
    ShlibFlags added = {0};
    for (u32 i = 0; i < h->p->nshlib; i++) {
        const Shlib *lib = &h->p->shlibs[i];
        add_shlib(h, &added, lib->path);
        for (u32 k = 0; k < lib->deps.n; k++) {
            Str path = shlib_find(h->p, lib->deps.v[k]);
            if (path.n)
                add_shlib(h, &added, path);
        }
    }
    checkpoint(); // for what was not found
}

static void build_command(HostLink *h) {
    const Program *p = h->p;
    StrVec cc = host_compiler(p, h->a);
    add_all(h, &cc);
    add_strip_flags(h);
    p->format->add_host_flags(h);
    hostlink_add(h, STR("-o"));
    hostlink_add(h, p->opt->outfile);
    add_paths(h);
    if (p->format->add_host_exports)
        p->format->add_host_exports(h);
    add_if_supported(h, STR("-Qunused-arguments"));
    if (p->opt->compressdwarf)
        add_if_supported(h, STR("-Wl,--compress-debug-sections=zlib"));
    add_objects(h);
    add_shlibs(h);
    add_user_flags(h, &p->ldflags);
    add_no_pie(h);
    add_user_flags(h, &p->opt->extldflags);
}

// For -v, in the stock linker's words: a linker's command is quoted, an archiver's is not.
static void print_command(const HostLink *h, bool link) {
    printf("%s:", link ? "host link" : "archive");
    for (u32 i = 0; i < h->argv.n; i++)
        printf(" " STR_FMT, STR_ARG(link ? go_quote(h->a, h->argv.v[i]) : h->argv.v[i]));
    putchar('\n');
}

static void use_response_file(HostLink *h) {
    u64 n = 0;
    for (u32 i = 0; i < h->argv.n; i++)
        n += h->argv.v[i].n;
    if (n < LONG_ARGS)
        return;
    Str file = hostlink_temp_file(h, "response"), ref = arena_printf(h->a, "@" STR_FMT, STR_ARG(file));
    if (!file_write(h->a, file, NULL, 0))
        fatal("failed while testing response file: %s", file_error_text(errno));
    if (!hostlink_supports(h, h->alt_linker, ref))
        return;
    ByteBuf b = {.arena = h->a};
    for (u32 i = 1; i < h->argv.n; i++) {
        buf_str(&b, go_quote(h->a, h->argv.v[i]));
        buf_u8(&b, '\n');
    }
    if (!file_write(h->a, file, &(Str){(const char *)b.v, b.n}, 1))
        fatal("failed while writing response file: %s", file_error_text(errno));
    h->argv.n = 1;
    hostlink_add(h, ref);
}

// ---- running ----------------------------------------------------------------------------------------------

Str hostlink_command_text(const HostLink *h, const StrVec *argv, Str path) {
    ByteBuf b = {.arena = h->a};
    buf_str(&b, path);
    for (u32 i = 1; i < argv->n; i++) {
        buf_u8(&b, ' ');
        buf_str(&b, argv->v[i]);
    }
    return (Str){(const char *)b.v, b.n};
}

// What a linker says is worth reading even when it succeeds, but for complaints that mean nothing.
static void print_output(const HostLink *h, Str out) {
    const char *const *noise = h->p->format->host_noise;
    while (out.n) {
        i64 nl = str_index_byte(out, '\n');
        u32 n = nl < 0 ? out.n : (u32)nl + 1;
        Str line = str_slice(out, 0, n);
        bool drop = contains(line, "ld: warning: text-based stub file");
        for (u32 i = 0; noise && noise[i]; i++)
            drop |= contains(line, noise[i]);
        if (!drop)
            printf(STR_FMT, STR_ARG(line));
        out = str_slice(out, n, out.n);
    }
}

static void run_linker(HostLink *h) {
    build_command(h);
    use_response_file(h);
    if (h->p->opt->verbose > 0)
        print_command(h, true);
    ProcessResult r = process_run(h->a, h->argv.v, h->argv.n, NULL, 0);
    if (!r.ok)
        hostlink_fail(h, "running " STR_FMT " failed: " STR_FMT "\n" STR_FMT "\n" STR_FMT, STR_ARG(h->argv.v[0]),
                      STR_ARG(r.failure), STR_ARG(hostlink_command_text(h, &h->argv, r.path)), STR_ARG(r.output));
    print_output(h, r.output);
    if (h->p->format->finish_host_link)
        h->p->format->finish_host_link(h);
}

static void run_archiver(HostLink *h) {
    Str ar = h->p->opt->extar;
    if (!ar.n)
        ar = hostlink_supports(h, (Str){0}, STR("--print-prog-name=ar")) ? hostlink_find_tool(h, "ar") : STR("ar");
    unlink(h->p->opt->outfile.p); // else it would be added to
    const Str head[] = {ar, STR("-q"), STR("-c"), STR("-s"), h->p->opt->outfile};
    vec_append(h->a, &h->argv, head, COUNT_OF(head));
    add_objects(h);
    if (h->p->opt->verbose > 0)
        print_command(h, false);
    ProcessResult r = process_run(h->a, h->argv.v, h->argv.n, NULL, 0);
    if (!r.ok)
        hostlink_fail(h, "running " STR_FMT " failed: " STR_FMT "\n" STR_FMT, STR_ARG(ar), STR_ARG(r.failure),
                      STR_ARG(r.output));
}

void hostlink_run(Program *p) {
    HostLink h = {.p = p, .a = &p->arena, .tmpdir = p->host_tmpdir};
    if (p->opt->buildmode == BUILDMODE_C_ARCHIVE)
        run_archiver(&h);
    else
        run_linker(&h);
    tempdir_remove();
}
