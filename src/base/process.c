// process.c - running other programs, and a folder for what is handed to them.
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/bytes.h"

extern char **environ;

// ---- finding ----------------------------------------------------------------------------------------------

static bool is_program(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode) && access(path, X_OK) == 0;
}

Str process_find(Arena *a, Str name) {
    Str file = arena_str(a, name);
    if (str_index_byte(name, '/') >= 0)
        return is_program(file.p) ? file : (Str){0};
    const char *path = getenv("PATH");
    for (Str rest = str_from_c(path ? path : ""); rest.n;) {
        i64 colon = str_index_byte(rest, ':');
        Str dir = str_slice(rest, 0, colon < 0 ? rest.n : (u32)colon);
        rest = str_slice(rest, colon < 0 ? rest.n : (u32)colon + 1, rest.n);
        Str try = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(dir), dir.n ? "/" : "./", STR_ARG(name));
        if (is_program(try.p))
            return try;
    }
    return (Str){0};
}

// ---- running ----------------------------------------------------------------------------------------------

static char **c_strings(Arena *a, const Str *v, u32 n) {
    char **out = arena_array(a, char *, n + 1);
    for (u32 i = 0; i < n; i++)
        out[i] = (char *)arena_str(a, v[i]).p;
    return out;
}

static bool sets(const Str *env, u32 nenv, const char *var) {
    for (u32 i = 0; i < nenv; i++) {
        u32 name = (u32)str_index_byte(env[i], '=') + 1;
        if (!strncmp(env[i].p, var, name))
            return true;
    }
    return false;
}

static char **environment(Arena *a, const Str *env, u32 nenv) {
    u32 n = 0;
    while (environ[n])
        n++;
    char **out = arena_array(a, char *, n + nenv + 1);
    u32 k = 0;
    for (u32 i = 0; i < n; i++)
        if (!sets(env, nenv, environ[i]))
            out[k++] = environ[i];
    for (u32 i = 0; i < nenv; i++)
        out[k++] = (char *)arena_str(a, env[i]).p;
    return out;
}

// Starts the program with its output in the pipe; 0, or errno.
static int start(const char *path, char **argv, char **env, int pipe_end, bool drop_errors, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t all;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe_end, STDOUT_FILENO);
    if (drop_errors)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    else
        posix_spawn_file_actions_adddup2(&actions, pipe_end, STDERR_FILENO);
    posix_spawnattr_init(&attr);
    sigfillset(&all); // those that are ignored here, too
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    int err = posix_spawn(pid, path, &actions, &attr, argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return err;
}

static Str read_all(Arena *a, int fd) {
    enum { CHUNK = 65536 };
    ByteBuf b = {.arena = a};
    for (;;) {
        buf_reserve(&b, CHUNK);
        ssize_t n = read(fd, b.v + b.n, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return (Str){(const char *)b.v, b.n};
        b.n += (u32)n;
    }
}

static Str describe_status(Arena *a, int status) {
    if (WIFSIGNALED(status))
        return arena_printf(a, "signal: %s", sigdescr_np(WTERMSIG(status)));
    return arena_printf(a, "exit status %d", WEXITSTATUS(status));
}

static ProcessResult run(Arena *a, const Str *argv, u32 n, char **env, bool drop_errors) {
    ProcessResult r = {.path = process_find(a, argv[0])};
    if (!r.path.n) {
        r.path = argv[0];
        r.failure = str_index_byte(argv[0], '/') >= 0
                        ? arena_printf(a, "fork/exec " STR_FMT ": no such file or directory", STR_ARG(argv[0]))
                        : arena_printf(a, "exec: \"" STR_FMT "\": executable file not found in $PATH", STR_ARG(argv[0]));
        return r;
    }
    int fds[2], status = 0;
    if (pipe2(fds, O_CLOEXEC) != 0)
        fatal("cannot make a pipe: %s", file_error_text(errno));
    pid_t pid;
    int err = start(r.path.p, c_strings(a, argv, n), env, fds[1], drop_errors, &pid);
    close(fds[1]);
    if (!err) {
        r.output = read_all(a, fds[0]);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    close(fds[0]);
    if (err)
        r.failure = arena_printf(a, "fork/exec " STR_FMT ": %s", STR_ARG(r.path), file_error_text(err));
    else if (status)
        r.failure = describe_status(a, status);
    r.ok = !err && !status;
    return r;
}

ProcessResult process_run(Arena *a, const Str *argv, u32 n, const Str *env, u32 nenv) {
    return run(a, argv, n, environment(a, env, nenv), false);
}

ProcessResult process_ask(Arena *a, const Str *argv, u32 n) {
    return run(a, argv, n, environ, true);
}

void process_become(Arena *a, Str path, const Str *argv, u32 n) {
    file_restore_signals();
    execv(arena_str(a, path).p, c_strings(a, argv, n));
}

// ---- temporary files --------------------------------------------------------------------------------------

static char tempdir[4096]; // empty: there is none

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where) {
    (void)st, (void)type, (void)where;
    remove(path);
    return 0; // what cannot be removed stays
}

void tempdir_remove(void) {
    enum { OPEN_FOLDERS = 16 };
    if (tempdir[0])
        nftw(tempdir, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    tempdir[0] = 0;
}

Str tempdir_make(Arena *a, const char *prefix) {
    const char *base = getenv("TMPDIR");
    if (!base || !*base)
        base = "/tmp";
    int n = snprintf(tempdir, sizeof tempdir, "%s/%sXXXXXX", base, prefix);
    if (n >= (int)sizeof tempdir || !mkdtemp(tempdir)) {
        int err = n >= (int)sizeof tempdir ? ENAMETOOLONG : errno;
        tempdir[0] = 0;
        fatal("cannot make a folder in %s: %s", base, file_error_text(err));
    }
    diag_at_abort(tempdir_remove);
    return arena_str(a, str_from_c(tempdir));
}
