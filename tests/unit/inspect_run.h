// inspect_run.h - files of a test of `gild diff` and `gild info`, and what the commands print about them.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include "inspect/diff.h"
#include "inspect/info.h"
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

// A byte whose lowest bit is turned over, and what gild diff says of that.
typedef struct {
    u64 at;
    const char *says[2];
} FlippedBit;

static inline void expect_flipped_bits(u8 *file, size_t n, const FlippedBit *cases, u32 ncase) {
    const char *first = write_file("first", file, n), *out;
    assert_int_equal(run(diff_main, first, first, &out), 0);
    for (u32 i = 0; i < ncase; i++) {
        file[cases[i].at] ^= 1;
        const char *second = write_file("second", file, n);
        file[cases[i].at] ^= 1;
        assert_int_equal(run(diff_main, first, second, &out), 1);
        expect(out, cases[i].says[0]);
        expect(out, cases[i].says[1]);
    }
}

// A file that is cut off, or has a byte turned over from `from` on, ends the commands with a status, never with a signal.
static inline void expect_status_when_corrupt(u8 *file, size_t n, size_t from) {
    const char *first = write_file("first", file, n);
    for (size_t k = 0; k < n; k += 7) {
        int rc = run(diff_main, first, write_file("second", file, k), NULL);
        assert_true(rc == 1 || rc == 2);
    }
    for (size_t i = from; i < n; i++) {
        file[i] ^= 0xff;
        const char *second = write_file("second", file, n);
        file[i] ^= 0xff;
        int rc = run(diff_main, first, second, NULL), info = run(info_main, second, NULL, NULL);
        if ((rc != 1 && rc != 2) || (info != 0 && info != 2))
            fail_msg("byte %zu: status %d of diff, %d of info", i, rc, info);
    }
}
