// inspect_run.h - files of a test of `gild diff` and `gild info`, and what the commands print about them.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include "unit.h"

static char dir[] = "/tmp/u_inspect.XXXXXX";

static inline int make_dir(void **state) {
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static inline int remove_dir(void **state) {
    (void)state;
    char cmd[64];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

// The path of a file of this name; stays valid.
static inline const char *path_of(const char *name) {
    static char paths[8][64];
    char want[64];
    snprintf(want, sizeof want, "%s/%s", dir, name);
    for (u32 i = 0; i < COUNT_OF(paths); i++) {
        if (!paths[i][0])
            memcpy(paths[i], want, sizeof want);
        if (strcmp(paths[i], want) == 0)
            return paths[i];
    }
    fail_msg("too many files");
    return NULL;
}

static inline const char *write_file(const char *name, const void *p, size_t n) {
    const char *path = path_of(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
    return path;
}

// Runs a command with its output in a file; returns the exit status and the output as a static string.
static inline int run(int (*command)(int, char **), const char *a, const char *b, const char **out) {
    static char text[65536];
    fflush(stdout);
    fflush(stderr);
    int saved_out = dup(1), saved_err = dup(2);
    const char *path = path_of("output");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    dup2(fd, 1);
    dup2(fd, 2);
    char *argv[] = {(char[]){"command"}, (char *)(uintptr_t)a, (char *)(uintptr_t)b, NULL};
    int rc = command(b ? 3 : 2, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(saved_out, 1);
    dup2(saved_err, 2);
    close(saved_out);
    close(saved_err);
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    close(fd);
    if (out)
        *out = text;
    return rc;
}

static inline void expect(const char *out, const char *part) {
    if (!strstr(out, part))
        fail_msg("no '%s' in:\n%s", part, out);
}
