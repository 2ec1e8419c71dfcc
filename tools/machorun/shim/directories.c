// directories.c - reading directories.
//
// Go on macOS reads with fdopendir, readdir_r and closedir (os/dir_darwin.go); syscall.Getdirentries is built on the
// same. The stream is the C library's, only the entry is laid out anew: amd64 asks for the layout with 64-bit inode
// numbers by the names with $INODE64, arm64 never had another.
// REF   Dirent: syscall/ztypes_darwin_*.go. The size of an entry is rounded up to 4 (xnu/bsd/sys/dirent.h).
#include "machorun/shim/darwin.h"

#include <dirent.h>
#include <errno.h>

typedef struct {
    u64 ino;
    u64 seek_off;
    u16 size; // of this entry, up to and with the NUL of the name
    u16 name_size;
    u8 type; // DT_ numbers are the same
    char name[1024];
} DarwinDirent;

static DIR *shim_fdopendir(int fd) {
    return result_pointer(fdopendir(fd));
}

static DIR *shim_opendir(const char *path) {
    return result_pointer(opendir(path));
}

// Returns the error rather than setting errno; *found is NULL at the end.
static long shim_readdir_r(DIR *dir, DarwinDirent *entry, DarwinDirent **found) {
    *found = NULL;
    errno = 0;
    const struct dirent *d = readdir(dir);
    if (!d)
        return darwin_errno(errno);
    size_t n = strlen(d->d_name);
    entry->ino = d->d_ino;
    entry->seek_off = (u64)d->d_off;
    entry->size = (u16)((offsetof(DarwinDirent, name) + n + 1 + 3) & ~3u);
    entry->name_size = (u16)n;
    entry->type = d->d_type;
    memcpy(entry->name, d->d_name, n + 1);
    *found = entry;
    return 0;
}

// The entry is valid until the thread's next call.
static DarwinDirent *shim_readdir(DIR *dir) {
    static _Thread_local DarwinDirent entry;
    DarwinDirent *found;
    long problem = shim_readdir_r(dir, &entry, &found);
    if (problem)
        fail((int)problem);
    return found;
}

PASS1(closedir, DIR *)
PASS1(dirfd, DIR *)

const Export exports_directories[] = {
    EXPORT(closedir),
    EXPORT(dirfd),
    EXPORT(fdopendir),
    EXPORT(opendir),
    EXPORT(readdir),
    EXPORT(readdir_r),
    {"fdopendir$INODE64", shim_fdopendir},
    {"opendir$INODE64", shim_opendir},
    {"readdir$INODE64", shim_readdir},
    {"readdir_r$INODE64", shim_readdir_r},
    {"rewinddir", rewinddir},
    {"rewinddir$INODE64", rewinddir},
    EXPORTS_END,
};
