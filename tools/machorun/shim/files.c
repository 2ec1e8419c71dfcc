// files.c - open files: open, read, write, fcntl and what else takes a descriptor.
//
// Both systems have the calls of POSIX with the same arguments; what differs is the numbers of flags and commands, and
// the struct of file locks. Flags are translated bit by bit from a table. Closing a descriptor tells the kqueues
// (kqueue.c), because on Darwin events go away with the descriptor and on Linux not always.
// open, openat and fcntl take "..." in C, which is one argument at most.
// REF   O_, F_, SEEK_, LOCK_: syscall/zerrors_darwin_*.go; struct flock, fstore: syscall/ztypes_darwin_*.go.
#include "machorun/shim/darwin.h"
#include "machorun/shim/varargs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DARWIN_O_DSYNC = 0x400000 };

static const struct {
    int darwin, linux_flag;
} open_flags[] = {
    {0x4, O_NONBLOCK},
    {0x8, O_APPEND},
    {0x40, O_ASYNC},
    {0x80, O_SYNC},
    {0x100, O_NOFOLLOW},
    {0x200, O_CREAT},
    {0x400, O_TRUNC},
    {0x800, O_EXCL},
    {0x20000, O_NOCTTY},
    {0x100000, O_DIRECTORY},
    {DARWIN_O_DSYNC, O_DSYNC},
    {0x1000000, O_CLOEXEC},
    {0x200000, O_PATH | O_NOFOLLOW}, // O_SYMLINK: the link itself
};

int linux_open_flags(int darwin) {
    int flags = darwin & O_ACCMODE;
    for (size_t i = 0; i < COUNT_OF(open_flags); i++)
        if (darwin & open_flags[i].darwin)
            flags |= open_flags[i].linux_flag;
    return flags;
}

static int darwin_open_flags(int linux_flags) {
    int flags = linux_flags & O_ACCMODE;
    for (size_t i = 0; i < COUNT_OF(open_flags); i++)
        if ((linux_flags & open_flags[i].linux_flag) == open_flags[i].linux_flag)
            flags |= open_flags[i].darwin;
    if ((linux_flags & O_SYNC) == O_SYNC) // which has the bit of O_DSYNC in it
        flags &= ~DARWIN_O_DSYNC;
    return flags;
}

// ---- opening and closing --------------------------------------------------------------------------------------------

// O_SHLOCK and O_EXLOCK: the lock of flock comes with the open.
static int lock_opened(int fd, int darwin) {
    int lock = darwin & 0x20 ? LOCK_EX : darwin & 0x10 ? LOCK_SH : 0;
    if (fd < 0 || !lock || flock(fd, lock | (darwin & 0x4 ? LOCK_NB : 0)) == 0)
        return fd;
    int problem = errno;
    close(fd);
    errno = problem;
    return -1;
}

CALLED_FROM_ASM static long shim_open(const char *path, int flags, int mode) {
    return result(lock_opened(open(path, linux_open_flags(flags), mode), flags));
}

CALLED_FROM_ASM static long shim_openat(int dirfd, const char *path, int flags, int mode) {
    return result(lock_opened(openat(linux_dirfd(dirfd), path, linux_open_flags(flags), mode), flags));
}

STACKED(open, 2)
STACKED(openat, 3)

static long shim_close(int fd) {
    kqueue_forget(fd);
    return result(close(fd));
}

static long shim_dup2(int from, int to) {
    if (from != to)
        kqueue_forget(to);
    return result(dup2(from, to));
}

// ---- reading and writing --------------------------------------------------------------------------------------------

typedef const struct iovec *Iovecs;

PASS1(dup, int)
PASS1(pipe, int *)
PASS3(read, int, void *, size_t)
PASS3(write, int, const void *, size_t)
PASS4(pread, int, void *, size_t, off_t)
PASS4(pwrite, int, const void *, size_t, off_t)
PASS3(readv, int, Iovecs, int)
PASS3(writev, int, Iovecs, int)
PASS4(preadv, int, Iovecs, int, off_t)
PASS4(pwritev, int, Iovecs, int, off_t)
PASS1(fsync, int)
PASS2(ftruncate, int, off_t)
PASS2(flock, int, int)
PASS3(poll, struct pollfd *, nfds_t, int)
PASS1(isatty, int)

static long shim_sync(void) {
    sync();
    return 0;
}

// SEEK_HOLE and SEEK_DATA, 3 and 4, changed places.
static long shim_lseek(int fd, off_t off, int whence) {
    return result(lseek(fd, off, whence == 3 ? SEEK_HOLE : whence == 4 ? SEEK_DATA : whence));
}

// Sends from a file to a socket: *size bytes, or all up to the end when that is 0. Unlike Linux's it goes on until that
// is done, and when it has to stop it says in *size how far it came.
static long shim_sendfile(int file, int sock, off_t off, off_t *size, void *headers, int flags) {
    if (headers || flags)
        return fail(DARWIN_ENOTSUP);
    off_t wanted = *size, sent = 0;
    while (wanted == 0 || sent < wanted) {
        ssize_t n = sendfile(sock, file, &off, wanted ? (size_t)(wanted - sent) : SSIZE_MAX);
        if (n < 0) {
            *size = sent;
            return result(-1);
        }
        if (n == 0)
            break;
        sent += n;
    }
    *size = sent;
    return 0;
}

// The sets of descriptors are arrays of bits on both systems.
static long shim_select(int n, fd_set *r, fd_set *w, fd_set *e, const DarwinTimeval *timeout) {
    struct timeval t;
    if (timeout)
        t = linux_timeval(timeout);
    return result(select(n, r, w, e, timeout ? &t : NULL));
}

// ---- fcntl ----------------------------------------------------------------------------------------------------------

typedef struct {
    i64 start, size;
    i32 pid;
    i16 type, whence;
} DarwinFlock;

static long lock_file(int fd, int cmd, DarwinFlock *lock) {
    enum { READ_LOCK = 1, UNLOCK = 2, WRITE_LOCK = 3 };
    struct flock l = {
        .l_type = lock->type == READ_LOCK ? F_RDLCK
                  : lock->type == UNLOCK  ? F_UNLCK
                                          : F_WRLCK,
        .l_whence = lock->whence,
        .l_start = lock->start,
        .l_len = lock->size,
    };
    long r = result(fcntl(fd, cmd, &l));
    if (r == 0 && cmd == F_GETLK) {
        lock->type = l.l_type == F_RDLCK ? READ_LOCK : l.l_type == F_UNLCK ? UNLOCK : WRITE_LOCK;
        lock->whence = l.l_whence;
        lock->start = l.l_start;
        lock->size = l.l_len;
        lock->pid = l.l_pid;
    }
    return r;
}

// F_PREALLOCATE: blocks for 'size' more bytes, from the end of the file or (mode F_VOLPOSMODE) from an offset.
typedef struct {
    u32 flags;
    i32 position_mode; // 3: the physical end of the file
    i64 off, size, allocated;
} DarwinFstore;

static long preallocate(int fd, DarwinFstore *store) {
    off_t from = store->off;
    if (store->position_mode == 3) {
        struct stat st;
        if (fstat(fd, &st) != 0)
            return result(-1);
        from += st.st_size;
    }
    long r = result(fallocate(fd, FALLOC_FL_KEEP_SIZE, from, store->size));
    store->allocated = r == 0 ? store->size : 0;
    return r;
}

// F_GETPATH: the buffer has MAXPATHLEN (1024) bytes.
static long path_of(int fd, char *path) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, 1023);
    if (n < 0)
        return result(-1);
    path[n] = '\0';
    return 0;
}

CALLED_FROM_ASM static long shim_fcntl(int fd, int cmd, i64 arg) {
    switch (cmd) {
    case 0: return result(fcntl(fd, F_DUPFD, (int)arg));
    case 1: return result(fcntl(fd, F_GETFD));
    case 2: return result(fcntl(fd, F_SETFD, (int)arg));
    case 3: { // F_GETFL
        long flags = result(fcntl(fd, F_GETFL));
        return flags < 0 ? flags : darwin_open_flags((int)flags);
    }
    case 4: return result(fcntl(fd, F_SETFL, linux_open_flags((int)arg)));
    case 5: return result(fcntl(fd, F_GETOWN));
    case 6: return result(fcntl(fd, F_SETOWN, (int)arg));
    case 7: return lock_file(fd, F_GETLK, (DarwinFlock *)arg);
    case 8: return lock_file(fd, F_SETLK, (DarwinFlock *)arg);
    case 9: return lock_file(fd, F_SETLKW, (DarwinFlock *)arg);
    case 42: return preallocate(fd, (DarwinFstore *)arg);
    case 45: // F_RDAHEAD and
    case 48: // F_NOCACHE are advice that Linux has no words for
        return result(fcntl(fd, F_GETFD)) < 0 ? -1 : 0;
    case 50: return path_of(fd, (char *)arg);
    case 51: // F_FULLFSYNC and
    case 85: // F_BARRIERFSYNC ask for more than Darwin's fsync gives, and as much as Linux's does
        return result(fsync(fd));
    case 67: return result(fcntl(fd, F_DUPFD_CLOEXEC, (int)arg));
    default: return fail(DARWIN_EINVAL);
    }
}

STACKED(fcntl, 2)

const Export exports_files[] = {
    EXPORT(close),   EXPORT(dup),       EXPORT(dup2),   EXPORT_STACKED(fcntl), EXPORT(flock),
    EXPORT(fsync),   EXPORT(isatty),    EXPORT(lseek),  EXPORT_STACKED(open),  EXPORT_STACKED(openat),
    EXPORT(pipe),    EXPORT(poll),      EXPORT(pread),  EXPORT(preadv),        EXPORT(pwrite),
    EXPORT(pwritev), EXPORT(read),      EXPORT(readv),  EXPORT(select),        EXPORT(sync),
    EXPORT(write),   EXPORT(ftruncate), EXPORT(writev), EXPORT(sendfile),      EXPORTS_END,
};
