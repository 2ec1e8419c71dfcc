// command.c - see command.h.
#include "base/command.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"

extern char **environ;

static bool spawn(char *const argv[], int out, pid_t *pid) {
    posix_spawn_file_actions_t files;
    if (posix_spawn_file_actions_init(&files))
        return false;
    bool ok = !posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO) &&
              !posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) &&
              !posix_spawnp(pid, argv[0], &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return ok;
}

static Str read_all(Arena *a, int fd) {
    ByteBuf b = {.arena = a};
    u8 piece[4096];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            buf_bytes(&b, piece, (u32)n);
    return (Str){(const char *)b.v, b.n};
}

bool command_output(Arena *a, char *const argv[], Str *out) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return false;
    pid_t pid;
    bool started = spawn(argv, ends[1], &pid);
    close(ends[1]);
    if (started)
        *out = read_all(a, ends[0]);
    close(ends[0]);
    int status = -1;
    while (started && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return started && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
