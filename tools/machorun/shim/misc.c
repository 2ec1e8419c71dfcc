// misc.c - random numbers, and services of macOS that Go calls only to wake them up.
//
// Go's start calls notify_is_valid_token and xpc_date_create_from_current for a side effect on macOS, where they ready
// locks that would otherwise be taken between fork and exec (runtime/sys_darwin.go, osinit_hack). There is nothing to
// ready here.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

_Noreturn void shim_abort(const char *what, const char *why) {
    char line[256];
    int n = snprintf(line, sizeof line, "machorun: %s: %s\n", what, why);
    if (n > 0 && write(STDERR_FILENO, line, MIN((size_t)n, sizeof line - 1)) < 0)
        _exit(124);
    _exit(125);
}

void shim_random_bytes(void *out, size_t size) {
    for (u8 *p = out; size > 0;) {
        ssize_t n = getrandom(p, size, 0);
        if (n < 0 && errno != EINTR)
            shim_abort("getrandom", strerror(errno));
        p += MAX(n, 0);
        size -= (size_t)MAX(n, 0);
    }
}

static u32 shim_arc4random(void) {
    u32 r;
    shim_random_bytes(&r, sizeof r);
    return r;
}

PASS2(getentropy, void *, size_t)

static bool shim_notify_is_valid_token(int token) {
    return token > 0;
}

// The date object is never looked at.
static void *shim_xpc_date_create_from_current(void) {
    return NULL;
}

const Export exports_misc[] = {
    EXPORT(arc4random),
    EXPORT(getentropy),
    EXPORT(notify_is_valid_token),
    EXPORT(xpc_date_create_from_current),
    {"arc4random_buf", shim_random_bytes},
    EXPORTS_END,
};
