// stat.c - what the system knows of a file and of a file system.
//
// Darwin's struct stat has 144 bytes (the layout with 64-bit inode numbers, which amd64 asks for by other names: stat64
// or stat$INODE64), and a time of birth; Linux tells that through statx, which therefore serves all forms.
// A device number is 32 bits, major in the upper 8 (xnu/bsd/sys/types.h); Linux's larger ones lose bits.
// REF   Stat_t, Statfs_t: syscall/ztypes_darwin_*.go. MNT_ flags: xnu/bsd/sys/mount.h.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

typedef struct {
    i32 dev;
    u16 mode, nlink;
    u64 ino;
    u32 uid, gid;
    i32 rdev, pad;
    struct timespec atime, mtime, ctime, birthtime;
    i64 size, blocks; // bytes; units of 512
    i32 block_size;
    u32 flags, generation;
    i32 spare;
    i64 spares[2];
} DarwinStat;
_Static_assert(sizeof(DarwinStat) == 144, "struct stat of Darwin");

static i32 darwin_dev(u32 major_number, u32 minor_number) {
    return (i32)(major_number << 24 | (minor_number & 0xffffff));
}

static struct timespec timespec_of(struct statx_timestamp t) {
    return (struct timespec){t.tv_sec, t.tv_nsec};
}

static long stat_at(int dirfd, const char *path, int flags, DarwinStat *out) {
    struct statx x;
    if (statx(dirfd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &x) != 0)
        return result(-1);
    *out = (DarwinStat){
        .dev = darwin_dev(x.stx_dev_major, x.stx_dev_minor),
        .mode = x.stx_mode,
        .nlink = (u16)MIN(x.stx_nlink, UINT16_MAX),
        .ino = x.stx_ino,
        .uid = x.stx_uid,
        .gid = x.stx_gid,
        .rdev = darwin_dev(x.stx_rdev_major, x.stx_rdev_minor),
        .atime = timespec_of(x.stx_atime),
        .mtime = timespec_of(x.stx_mtime),
        .ctime = timespec_of(x.stx_ctime),
        .birthtime = timespec_of(x.stx_mask & STATX_BTIME ? x.stx_btime : x.stx_ctime),
        .size = (i64)x.stx_size,
        .blocks = (i64)x.stx_blocks,
        .block_size = (i32)x.stx_blksize,
    };
    return 0;
}

static long shim_stat(const char *path, DarwinStat *out) {
    return stat_at(AT_FDCWD, path, 0, out);
}

static long shim_lstat(const char *path, DarwinStat *out) {
    return stat_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, out);
}

static long shim_fstat(int fd, DarwinStat *out) {
    return fd < 0 ? fail(DARWIN_EBADF) : stat_at(fd, "", AT_EMPTY_PATH, out);
}

static long shim_fstatat(int dirfd, const char *path, DarwinStat *out, int flags) {
    return stat_at(linux_dirfd(dirfd), path, linux_at_flags(flags), out);
}

// ---- file systems ---------------------------------------------------------------------------------------------------

typedef struct {
    u32 block_size;
    i32 io_size;
    u64 blocks, free, available, files, free_files;
    i32 fsid[2];
    u32 owner, type, flags, subtype;
    char type_name[16], mounted_on[1024], mounted_from[1024];
    u32 reserved[8];
} DarwinStatfs;
_Static_assert(sizeof(DarwinStatfs) == 2168, "struct statfs of Darwin");

static u32 darwin_mount_flags(unsigned long linux_flags) {
    static const u32 flags[][2] = {{ST_RDONLY, 0x1}, {ST_SYNCHRONOUS, 0x2}, {ST_NOEXEC, 0x4},
                                   {ST_NOSUID, 0x8}, {ST_NODEV, 0x10},      {ST_NOATIME, 0x10000000}};
    u32 r = 0x1000; // MNT_LOCAL
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (linux_flags & flags[i][0])
            r |= flags[i][1];
    return r;
}

// mount may be NULL.
static void statfs_fill(DarwinStatfs *out, const struct statfs *s, const struct mntent *mount) {
    *out = (DarwinStatfs){
        .block_size = (u32)s->f_bsize,
        .io_size = (i32)s->f_bsize,
        .blocks = s->f_blocks,
        .free = s->f_bfree,
        .available = s->f_bavail,
        .files = s->f_files,
        .free_files = s->f_ffree,
        .type = (u32)s->f_type,
        .flags = darwin_mount_flags((unsigned long)s->f_flags),
    };
    memcpy(out->fsid, &s->f_fsid, sizeof out->fsid);
    if (mount) {
        snprintf(out->type_name, sizeof out->type_name, "%s", mount->mnt_type);
        snprintf(out->mounted_on, sizeof out->mounted_on, "%s", mount->mnt_dir);
        snprintf(out->mounted_from, sizeof out->mounted_from, "%s", mount->mnt_fsname);
    }
}

// The mounts one after the other: with out NULL they are counted, else the first n are filled in. If only is not NULL,
// just the mount with that file system id.
static long list_mounts(DarwinStatfs *out, long n, const struct statfs *only) {
    FILE *f = setmntent("/proc/self/mounts", "re");
    if (!f)
        return result(-1);
    struct mntent m;
    char line[4096];
    long found = 0;
    while ((!out || found < n) && getmntent_r(f, &m, line, sizeof line)) {
        struct statfs s;
        if (statfs(m.mnt_dir, &s) != 0 || (only && memcmp(&only->f_fsid, &s.f_fsid, sizeof s.f_fsid) != 0))
            continue;
        if (out)
            statfs_fill(&out[found], &s, &m);
        found++;
    }
    endmntent(f);
    return found;
}

static long statfs_result(int r, const struct statfs *s, DarwinStatfs *out) {
    if (r != 0)
        return result(-1);
    if (list_mounts(out, 1, s) != 1)
        statfs_fill(out, s, NULL);
    return 0;
}

static long shim_statfs(const char *path, DarwinStatfs *out) {
    struct statfs s;
    return statfs_result(statfs(path, &s), &s, out);
}

static long shim_fstatfs(int fd, DarwinStatfs *out) {
    struct statfs s;
    return statfs_result(fstatfs(fd, &s), &s, out);
}

static long shim_getfsstat(DarwinStatfs *out, int size, int flags) {
    (void)flags; // whether to wait for file systems that are slow to answer
    return list_mounts(out, (long)((size_t)size / sizeof *out), NULL);
}

const Export exports_stat[] = {
    EXPORT(stat),
    EXPORT(lstat),
    EXPORT(fstat),
    EXPORT(fstatat),
    EXPORT(statfs),
    EXPORT(fstatfs),
    EXPORT(getfsstat),
    {"stat64", shim_stat},
    {"lstat64", shim_lstat},
    {"fstat64", shim_fstat},
    {"fstatat64", shim_fstatat},
    {"statfs64", shim_statfs},
    {"fstatfs64", shim_fstatfs},
    {"getfsstat64", shim_getfsstat},
    {"stat$INODE64", shim_stat},
    {"lstat$INODE64", shim_lstat},
    {"fstat$INODE64", shim_fstat},
    {"fstatat$INODE64", shim_fstatat},
    {"getfsstat$INODE64", shim_getfsstat},
    EXPORTS_END,
};
