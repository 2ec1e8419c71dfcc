// errno.c - the numbers of errors: Darwin's for Linux's.
//
// Both systems number the classic errors of Unix alike up to 34 (ERANGE), but for EDEADLK and EAGAIN, which changed
// places: 11 and 35. From there on Darwin follows BSD and Linux goes its own way.
// Each thread has an errno of Darwin, which ___error points to (errno.h of macOS: #define errno (*__error())); Go asks
// for the address once for each of its threads. The errno of the C library below is another variable, so that a
// function of the shim never shows an error that it dealt with itself.
// REF   Darwin: the constants E... of syscall/zerrors_darwin_amd64.go (xnu/bsd/sys/errno.h).
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static _Thread_local int thread_errno;

// Indexed by Linux's number. What Darwin has no name for becomes EINVAL.
static const u8 darwin_numbers[] = {
    [EPERM] = 1,
    [ENOENT] = 2,
    [ESRCH] = 3,
    [EINTR] = 4,
    [EIO] = 5,
    [ENXIO] = 6,
    [E2BIG] = 7,
    [ENOEXEC] = 8,
    [EBADF] = 9,
    [ECHILD] = 10,
    [EDEADLK] = 11,
    [ENOMEM] = 12,
    [EACCES] = 13,
    [EFAULT] = 14,
    [ENOTBLK] = 15,
    [EBUSY] = 16,
    [EEXIST] = 17,
    [EXDEV] = 18,
    [ENODEV] = 19,
    [ENOTDIR] = 20,
    [EISDIR] = 21,
    [EINVAL] = 22,
    [ENFILE] = 23,
    [EMFILE] = 24,
    [ENOTTY] = 25,
    [ETXTBSY] = 26,
    [EFBIG] = 27,
    [ENOSPC] = 28,
    [ESPIPE] = 29,
    [EROFS] = 30,
    [EMLINK] = 31,
    [EPIPE] = 32,
    [EDOM] = 33,
    [ERANGE] = 34,
    [EAGAIN] = 35,
    [EINPROGRESS] = 36,
    [EALREADY] = 37,
    [ENOTSOCK] = 38,
    [EDESTADDRREQ] = 39,
    [EMSGSIZE] = 40,
    [EPROTOTYPE] = 41,
    [ENOPROTOOPT] = 42,
    [EPROTONOSUPPORT] = 43,
    [ESOCKTNOSUPPORT] = 44,
    [EPFNOSUPPORT] = 46,
    [EAFNOSUPPORT] = 47,
    [EADDRINUSE] = 48,
    [EADDRNOTAVAIL] = 49,
    [ENETDOWN] = 50,
    [ENETUNREACH] = 51,
    [ENETRESET] = 52,
    [ECONNABORTED] = 53,
    [ECONNRESET] = 54,
    [ENOBUFS] = 55,
    [EISCONN] = 56,
    [ENOTCONN] = 57,
    [ESHUTDOWN] = 58,
    [ETOOMANYREFS] = 59,
    [ETIMEDOUT] = 60,
    [ECONNREFUSED] = 61,
    [ELOOP] = 62,
    [ENAMETOOLONG] = 63,
    [EHOSTDOWN] = 64,
    [EHOSTUNREACH] = 65,
    [ENOTEMPTY] = 66,
    [EUSERS] = 68,
    [EREMOTE] = 71,
    [EDQUOT] = 69,
    [ESTALE] = 70,
    [ENOLCK] = 77,
    [ENOSYS] = 78,
    [EOVERFLOW] = 84,
    [ECANCELED] = 89,
    [EIDRM] = 90,
    [ENOMSG] = 91,
    [EILSEQ] = 92,
    [ENODATA] = 96, // of streams; the attribute that is not there (ENOATTR, 93) is the same number on Linux
    [EBADMSG] = 94,
    [EMULTIHOP] = 95,
    [ENOLINK] = 97,
    [ENOSR] = 98,
    [ENOSTR] = 99,
    [EPROTO] = 100,
    [ETIME] = 101,
    [EOPNOTSUPP] = 102, // of sockets; ENOTSUP (45), of files, is the same number on Linux
    [EOWNERDEAD] = 105,
    [ENOTRECOVERABLE] = 104,
};

int darwin_errno(int linux_errno) {
    if (linux_errno == 0)
        return 0;
    bool known =
        linux_errno > 0 && linux_errno < (int)COUNT_OF(darwin_numbers) && darwin_numbers[linux_errno];
    return known ? darwin_numbers[linux_errno] : DARWIN_EINVAL;
}

int *darwin_errno_addr(void) {
    return &thread_errno;
}

long result(long r) {
    if (r == -1)
        thread_errno = darwin_errno(errno);
    return r;
}

void *result_pointer(void *p) {
    if (!p)
        result(-1);
    return p;
}

const char *darwin_error_text(int darwin) {
    static _Thread_local char unknown[40];
    for (int i = 0; i < (int)COUNT_OF(darwin_numbers); i++)
        if (darwin_numbers[i] == darwin && i)
            return strerror(i);
    if (darwin == 0)
        return "Undefined error: 0";
    snprintf(unknown, sizeof unknown, "Unknown error: %d", darwin);
    return unknown;
}

long fail(int darwin) {
    thread_errno = darwin;
    return -1;
}

const Export exports_errno[] = {
    {"__error", darwin_errno_addr},
    EXPORTS_END,
};
