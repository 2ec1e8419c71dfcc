// paths.c - names of files: links, directories, owners, modes, times.
//
// The functions with "at" take a directory: Darwin's AT_FDCWD, "the current one", is -2 (Linux: -100), and its flags
// have other bits. Some results differ and are made Darwin's: unlink of a directory is EPERM; link follows a symbolic
// link (link(2) of macOS); rename of "link/", where the link leads to a directory, renames the directory.
// REF   AT_: xnu/bsd/sys/fcntl.h (AT_EACCESS, AT_REMOVEDIR and AT_SYMLINK_NOFOLLOW also in
//       internal/syscall/unix/faccessat_darwin.go and at_sysnum_darwin.go); UTIME_NOW and UTIME_OMIT: xnu/bsd/sys/stat.h.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int linux_dirfd(int darwin) {
    return darwin == -2 ? AT_FDCWD : darwin;
}

int linux_at_flags(int darwin) {
    return (darwin & 0x10 ? AT_EACCESS : 0) | (darwin & 0x20 ? AT_SYMLINK_NOFOLLOW : 0) |
           (darwin & 0x40 ? AT_SYMLINK_FOLLOW : 0) | (darwin & 0x80 ? AT_REMOVEDIR : 0);
}

PASS2(access, const char *, int)
PASS1(chdir, const char *)
PASS2(chmod, const char *, mode_t)
PASS3(chown, const char *, uid_t, gid_t)
PASS1(chroot, const char *)
PASS1(fchdir, int)
PASS2(fchmod, int, mode_t)
PASS3(fchown, int, uid_t, gid_t)
PASS3(lchown, const char *, uid_t, gid_t)
PASS2(mkdir, const char *, mode_t)
PASS2(mkfifo, const char *, mode_t)
PASS3(readlink, const char *, char *, size_t)
PASS1(rmdir, const char *)
PASS2(symlink, const char *, const char *)
PASS2(truncate, const char *, off_t)
PASS1(umask, mode_t)

// A device: major in the upper 8 bits, minor in the others.
static long shim_mknod(const char *path, mode_t mode, i32 device) {
    return result(mknod(path, mode, makedev((u32)device >> 24, (u32)device & 0xffffff)));
}

// ---- relative to a directory ----------------------------------------------------------------------------------------

static long shim_faccessat(int dirfd, const char *path, int mode, int flags) {
    return result(faccessat(linux_dirfd(dirfd), path, mode, linux_at_flags(flags)));
}

static long shim_fchmodat(int dirfd, const char *path, mode_t mode, int flags) {
    return result(fchmodat(linux_dirfd(dirfd), path, mode, linux_at_flags(flags)));
}

static long shim_fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags) {
    return result(fchownat(linux_dirfd(dirfd), path, uid, gid, linux_at_flags(flags)));
}

static long shim_linkat(int fromfd, const char *from, int tofd, const char *to, int flags) {
    return result(linkat(linux_dirfd(fromfd), from, linux_dirfd(tofd), to, linux_at_flags(flags)));
}

static long shim_link(const char *from, const char *to) {
    return result(linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW));
}

static long shim_mkdirat(int dirfd, const char *path, mode_t mode) {
    return result(mkdirat(linux_dirfd(dirfd), path, mode));
}

static long shim_readlinkat(int dirfd, const char *path, char *buf, size_t size) {
    return result(readlinkat(linux_dirfd(dirfd), path, buf, size));
}

// "link/" stands for the directory that the link leads to; its path, or false when it is none.
static bool resolve_directory(int dirfd, const char *path, char resolved[PATH_MAX]) {
    size_t n = strlen(path);
    int fd = n && path[n - 1] == '/' ? openat(dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, resolved, PATH_MAX - 1);
    close(fd);
    resolved[MAX(size, 0)] = '\0';
    return size > 0;
}

static long shim_renameat(int fromfd, const char *from, int tofd, const char *to) {
    char resolved[PATH_MAX];
    long r = renameat(linux_dirfd(fromfd), from, linux_dirfd(tofd), to);
    if (r < 0 && errno == ENOTDIR && resolve_directory(linux_dirfd(fromfd), from, resolved))
        r = renameat(AT_FDCWD, resolved, linux_dirfd(tofd), to);
    return result(r);
}

// RENAME_SWAP is 2 on both (RENAME_EXCHANGE), RENAME_EXCL is 4 (RENAME_NOREPLACE: 1).
static long shim_renameatx_np(int fromfd, const char *from, int tofd, const char *to, u32 flags) {
    if (flags & ~6u)
        return fail(DARWIN_EINVAL);
    u32 linux_flags = (flags & 2 ? RENAME_EXCHANGE : 0) | (flags & 4 ? RENAME_NOREPLACE : 0);
    return result(renameat2(linux_dirfd(fromfd), from, linux_dirfd(tofd), to, linux_flags));
}

static long shim_renamex_np(const char *from, const char *to, u32 flags) {
    return shim_renameatx_np(-2, from, -2, to, flags);
}

static long shim_rename(const char *from, const char *to) {
    return shim_renameat(-2, from, -2, to);
}

static long shim_symlinkat(const char *target, int dirfd, const char *path) {
    return result(symlinkat(target, linux_dirfd(dirfd), path));
}

static long shim_unlinkat(int dirfd, const char *path, int flags) {
    long r = unlinkat(linux_dirfd(dirfd), path, linux_at_flags(flags));
    if (r < 0 && errno == EISDIR)
        return fail(DARWIN_EPERM);
    return result(r);
}

static long shim_unlink(const char *path) {
    return shim_unlinkat(-2, path, 0);
}

// ---- the current directory ------------------------------------------------------------------------------------------

// A buffer of 0 bytes or none asks for memory, which is then the caller's.
static char *shim_getcwd(char *buf, size_t size) {
    return result_pointer(getcwd(buf, size));
}

// The absolute path without links. A buffer of the caller has room for Darwin's PATH_MAX, 1024 bytes; without one the
// result is memory that becomes the caller's.
static char *shim_realpath(const char *path, char *out) {
    enum { DARWIN_PATH_MAX = 1024 };
    char resolved[PATH_MAX];
    if (!realpath(path, resolved))
        return result_pointer(NULL);
    size_t n = strlen(resolved) + 1;
    if (out && n > DARWIN_PATH_MAX) {
        fail(DARWIN_ENAMETOOLONG);
        return NULL;
    }
    return out ? memcpy(out, resolved, n) : result_pointer(strdup(resolved));
}

// ---- times ----------------------------------------------------------------------------------------------------------

// Nanoseconds of -1 and -2 stand for "now" and "leave it".
static void linux_times(struct timespec out[2], const struct timespec in[2]) {
    for (int i = 0; i < 2; i++) {
        out[i] = in[i];
        if (in[i].tv_nsec == -1)
            out[i].tv_nsec = UTIME_NOW;
        if (in[i].tv_nsec == -2)
            out[i].tv_nsec = UTIME_OMIT;
    }
}

static long shim_utimensat(int dirfd, const char *path, const struct timespec *times, int flags) {
    struct timespec t[2];
    if (times)
        linux_times(t, times);
    return result(utimensat(linux_dirfd(dirfd), path, times ? t : NULL, linux_at_flags(flags)));
}

static long shim_utimes(const char *path, const DarwinTimeval *times) {
    struct timeval t[2];
    if (times) {
        t[0] = linux_timeval(&times[0]);
        t[1] = linux_timeval(&times[1]);
    }
    return result(utimes(path, times ? t : NULL));
}

static long shim_futimes(int fd, const DarwinTimeval *times) {
    struct timeval t[2];
    if (times) {
        t[0] = linux_timeval(&times[0]);
        t[1] = linux_timeval(&times[1]);
    }
    return result(futimes(fd, times ? t : NULL));
}

// ---- what a path allows ---------------------------------------------------------------------------------------------

// _PC_LINK_MAX to _PC_VDISABLE are 1 to 9 on Darwin and 0 to 8 on Linux. Where there is no limit, errno stays as it is.
static long limit(long r) {
    return r == -1 && errno ? result(-1) : r;
}

static long shim_pathconf(const char *path, int name) {
    errno = 0;
    return name >= 1 && name <= 9 ? limit(pathconf(path, name - 1)) : fail(DARWIN_EINVAL);
}

static long shim_fpathconf(int fd, int name) {
    errno = 0;
    return name >= 1 && name <= 9 ? limit(fpathconf(fd, name - 1)) : fail(DARWIN_EINVAL);
}

const Export exports_paths[] = {
    EXPORT(access),       EXPORT(chdir),      EXPORT(chmod),
    EXPORT(chown),        EXPORT(chroot),     EXPORT(faccessat),
    EXPORT(fchdir),       EXPORT(fchmod),     EXPORT(fchmodat),
    EXPORT(fchown),       EXPORT(fchownat),   EXPORT(fpathconf),
    EXPORT(futimes),      EXPORT(getcwd),     EXPORT(lchown),
    EXPORT(link),         EXPORT(linkat),     EXPORT(mkdir),
    EXPORT(mkdirat),      EXPORT(mkfifo),     EXPORT(mknod),
    EXPORT(pathconf),     EXPORT(readlink),   EXPORT(readlinkat),
    EXPORT(realpath),     EXPORT(rename),     EXPORT(renameat),
    EXPORT(renameatx_np), EXPORT(renamex_np), EXPORT(rmdir),
    EXPORT(symlink),      EXPORT(symlinkat),  EXPORT(truncate),
    EXPORT(umask),        EXPORT(unlink),     EXPORT(unlinkat),
    EXPORT(utimensat),    EXPORT(utimes),     {"realpath$DARWIN_EXTSN", shim_realpath},
    EXPORTS_END,
};
