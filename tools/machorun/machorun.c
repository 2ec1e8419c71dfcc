// machorun.c - runs a macOS program on Linux.
//
// usage: machorun [-strict] [-audit] [-n] [-slide=random|0|N] [-via=COMMAND] [-argv0=NAME] [-v] PROGRAM [ARGUMENT...]
//
// WHAT  Loads a Mach-O executable of this processor, as macOS would, connects what it imports from macOS's libraries to
//       functions of the same name that are made of Linux's, and jumps to its entry. README.md says for what, and what it is
//       not; loader.h shows the steps of loading, shim/ is the other half.
// RULES A file that cannot be loaded: one line on standard error, status 125. Else the status is the program's.
#include "base/diag.h"
#include "machorun/loader.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CANNOT_LOAD = 125 };

#ifdef __x86_64__
enum { HOST_CPU = CPU_TYPE_X86_64 };
#else
enum { HOST_CPU = CPU_TYPE_ARM64 };
#endif

static const char usage[] =
    "usage: machorun [options] PROGRAM [ARGUMENT...]\n"
    "  -strict        refuse files with errors that macOS does not notice\n"
    "  -audit         list words that look like pointers which were not slid\n"
    "  -n             load and check, do not run; for programs of either processor\n"
    "  -slide=random  move the program by any distance (the default)\n"
    "  -slide=N       move it by N bytes, a multiple of the page size; 0: do not move it\n"
    "  -argv0=NAME    what the program sees as argv[0], instead of its path\n"
    "  -via=COMMAND   the words to start machorun with when the program starts another one (an emulator and "
    "its options)\n"
    "  -v             say what is done\n";

typedef struct {
    Options opt;
    const char *argv0, *via;
    int first; // index of PROGRAM in argv
} Arguments;

static _Noreturn void say_refusal(const char *what, const char *arg) {
    fprintf(stderr, "machorun: %s%s\n%s", what, arg, usage);
    exit(CANNOT_LOAD);
}

// The value of "-name=value", or NULL if arg is something else.
static const char *value_of(const char *arg, const char *name) {
    size_t n = strlen(name);
    return strncmp(arg, name, n) == 0 && arg[n] == '=' ? arg + n + 1 : NULL;
}

static void parse_slide(Options *opt, const char *value) {
    opt->fixed_slide = strcmp(value, "random") != 0;
    if (!opt->fixed_slide)
        return;
    char *end;
    opt->slide = strtoull(value, &end, 0);
    if (end == value || *end || opt->slide >> 47)
        say_refusal("bad slide: ", value);
}

static void parse_option(Arguments *a, const char *arg) {
    const char *value;
    if (!strcmp(arg, "-strict"))
        a->opt.strict = true;
    else if (!strcmp(arg, "-audit"))
        a->opt.audit = true;
    else if (!strcmp(arg, "-n"))
        a->opt.check_only = true;
    else if (!strcmp(arg, "-v"))
        a->opt.verbose = true;
    else if ((value = value_of(arg, "-slide")))
        parse_slide(&a->opt, value);
    else if ((value = value_of(arg, "-argv0")))
        a->argv0 = value;
    else if ((value = value_of(arg, "-via")))
        a->via = value;
    else
        say_refusal("unknown option ", arg);
}

static Arguments parse(int argc, char **argv) {
    Arguments a = {.first = 1};
    for (; a.first < argc && argv[a.first][0] == '-'; a.first++)
        parse_option(&a, argv[a.first]);
    if (a.first == argc)
        say_refusal("no program", "");
    return a;
}

// ---- what programs that the program starts are started with ---------------------------------------------------------

static const char *own_path(void) {
    static char path[PATH_MAX];
    return realpath("/proc/self/exe", path) ? path : "machorun";
}

// The file of a command, which is looked for as a shell does.
static const char *command_file(Arena *a, const char *name) {
    char *path =
        getenv("PATH") && !strchr(name, '/') ? (char *)arena_str(a, str_from_c(getenv("PATH"))).p : NULL;
    for (char *dir; (dir = strsep(&path, ":"));) {
        const char *file = arena_printf(a, "%s/%s", *dir ? dir : ".", name).p;
        if (access(file, X_OK) == 0)
            return file;
    }
    return name;
}

// [words of -via] machorun [options, except -argv0]
static const char *const *command_words(const Arguments *a, char **argv) {
    static Arena arena;
    arena_init(&arena, 1 << 20);
    VEC(const char *) words = {0};
    char *rest = a->via ? (char *)arena_str(&arena, str_from_c(a->via)).p : NULL;
    for (char *word; (word = strsep(&rest, " "));) {
        const char *full = words.n ? word : command_file(&arena, word);
        if (*word)
            vec_push(&arena, &words, full);
    }
    vec_push(&arena, &words, own_path());
    for (int i = 1; i < a->first; i++)
        if (!value_of(argv[i], "-argv0"))
            vec_push(&arena, &words, argv[i]);
    vec_push(&arena, &words, NULL);
    return words.v;
}

int main(int argc, char **argv, char **envp) {
    diag_init("machorun"); // for base/, which ends the program when memory runs out
    Arguments a = parse(argc, argv);
    char problem[1024];
    Image *im = image_load(argv[a.first], &a.opt, problem, sizeof problem);
    if (im && im->header->filetype != MH_EXECUTE) {
        snprintf(problem, sizeof problem, "%s: a library, not a program", im->path);
        im = NULL;
    } else if (im && !a.opt.check_only && im->header->cputype != HOST_CPU) {
        snprintf(problem, sizeof problem, "%s: for %s, which this machorun only checks (-n)", im->path,
                 im->cpu->name);
        im = NULL;
    }
    if (!im) {
        fprintf(stderr, "machorun: %s\n", problem);
        return CANNOT_LOAD;
    }
    if (a.opt.check_only)
        return 0;
    ShimProcess process = {.program = im->path, .argc = argc - a.first, .argv = argv + a.first, .envp = envp};
    process.machorun = command_words(&a, argv);
    if (a.argv0)
        process.argv[0] = (char *)a.argv0;
    exit(start_program(im, &process));
}
