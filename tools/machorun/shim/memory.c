// memory.c - mmap and its relatives, and what the kernel says of the address space.
//
// The page of macOS on arm64 is 16 KiB, and Go relies on it: what mmap returns must be a multiple of it, and sizes are
// rounded up to it. Linux below has pages of 4 KiB, so first a mapping is made larger and cut, then the one that is wanted is
// put over it.
// Advice: Darwin's MADV_DONTNEED only says that the contents are not needed soon, while Linux's throws them away, as
// do Darwin's MADV_FREE and MADV_FREE_REUSABLE, which Go uses for memory that it gives back.
// REF   MAP_, MADV_: runtime/defs_darwin_*.go, syscall/zerrors_darwin_*.go; MS_: xnu/bsd/sys/mman.h; struct
//       vm_region_basic_info_64: xnu/osfmk/mach/vm_region.h, as runtime/pprof/defs_darwin_*.go has it.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __aarch64__
enum { DARWIN_PAGE = 0x4000 };
#else
enum { DARWIN_PAGE = 0x1000 };
#endif

static u64 page_round(u64 n) {
    return (n + DARWIN_PAGE - 1) & ~(u64)(DARWIN_PAGE - 1);
}

static bool is_page(u64 n) {
    return n % DARWIN_PAGE == 0;
}

// Free pages of Darwin, if possible at addr: a mapping that has room for them, less what is before and behind.
static void *reserve(void *addr, u64 size) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    u8 *p = mmap(addr, size, PROT_NONE, flags, -1, 0);
    if (p == MAP_FAILED || is_page((u64)p))
        return p;
    munmap(p, size);
    p = mmap(NULL, size + DARWIN_PAGE, PROT_NONE, flags, -1, 0);
    if (p == MAP_FAILED)
        return p;
    u8 *start = (u8 *)page_round((u64)p);
    if (start > p)
        munmap(p, (size_t)(start - p));
    munmap(start + size, (size_t)(p + DARWIN_PAGE - start));
    return start;
}

static int linux_map_flags(int darwin) {
    enum { ANON = 0x1000, NORESERVE = 0x40, SHARED_PRIVATE_FIXED = 0x13 };
    return (darwin & SHARED_PRIVATE_FIXED) | (darwin & NORESERVE ? MAP_NORESERVE : 0) |
           (darwin & ANON ? MAP_ANONYMOUS : 0);
}

static void *shim_mmap(void *addr, u64 size, int prot, int darwin_flags, int fd, i64 off) {
    int flags = linux_map_flags(darwin_flags);
    if (flags & MAP_ANONYMOUS) {
        fd = -1;
        off = 0;
    }
    const bool aligned = is_page((u64)off) && (!(flags & MAP_FIXED) || is_page((u64)addr));
    if (!aligned || size > INT64_MAX) {
        fail(aligned ? DARWIN_ENOMEM : DARWIN_EINVAL);
        return MAP_FAILED;
    }
    u64 whole = page_round(size);
    void *place = flags & MAP_FIXED ? addr : reserve(addr, whole);
    void *p = place == MAP_FAILED
                  ? place
                  : mmap(place, flags & MAP_ANONYMOUS ? whole : size, prot, flags | MAP_FIXED, fd, off);
    if (p == MAP_FAILED) {
        result(-1);
        if (place != MAP_FAILED && !(flags & MAP_FIXED))
            munmap(place, whole);
    }
    return p;
}

static long shim_munmap(void *addr, u64 size) {
    return is_page((u64)addr) ? result(munmap(addr, page_round(size))) : fail(DARWIN_EINVAL);
}

static long shim_mprotect(void *addr, u64 size, int prot) {
    return is_page((u64)addr) ? result(mprotect(addr, page_round(size), prot)) : fail(DARWIN_EINVAL);
}

static long shim_madvise(void *addr, size_t size, int advice) {
    switch (advice) {
    case 4: // MADV_DONTNEED
    case 8: // MADV_FREE_REUSE: pages of MADV_FREE_REUSABLE are used again
        return 0;
    case 5: // MADV_FREE
    case 7: // MADV_FREE_REUSABLE
        return result(madvise(addr, size, MADV_DONTNEED));
    case 0:
    case 1:
    case 2:
    case 3: // NORMAL, RANDOM, SEQUENTIAL, WILLNEED
        return result(madvise(addr, size, advice));
    default: return fail(DARWIN_EINVAL);
    }
}

static long shim_msync(void *addr, size_t size, int flags) {
    return result(
        msync(addr, size,
              (flags & 1 ? MS_ASYNC : 0) | (flags & 2 ? MS_INVALIDATE : 0) | (flags & 0x10 ? MS_SYNC : 0)));
}

PASS2(mlock, const void *, size_t)
PASS2(munlock, const void *, size_t)
PASS1(mlockall, int)
PASS0(munlockall)

// ---- the map of the address space -----------------------------------------------------------------------------------

// A line of /proc/self/maps: "lo-hi rwxp offset dev inode path".
typedef struct {
    u64 lo, hi, off;
    int prot;
    const char *path; // "" when there is none
} Region;

// Reads the next line of f into the buffer and takes it apart.
static bool region_next(FILE *f, char *line, int size, Region *out) {
    char r, w, x;
    int path = 0;
    if (!fgets(line, size, f) || sscanf(line, "%lx-%lx %c%c%c%*c %lx %*s %*s %n", &out->lo, &out->hi, &r, &w,
                                        &x, &out->off, &path) != 6)
        return false;
    out->prot = (r == 'r' ? PROT_READ : 0) | (w == 'w' ? PROT_WRITE : 0) | (x == 'x' ? PROT_EXEC : 0);
    line[strcspn(line, "\n")] = '\0';
    out->path = line + path;
    return true;
}

// The region that holds addr or, if none does, the first one above.
static bool region_at(u64 addr, char *line, int size, Region *out) {
    FILE *f = fopen("/proc/self/maps", "re");
    if (!f)
        return false;
    bool found = false;
    while (!found && region_next(f, line, size, out))
        found = out->hi > addr;
    fclose(f);
    return found;
}

typedef struct {
    i32 prot, max_prot;
    u32 inheritance;
    i32 is_shared, is_reserved;
    u8 off[8]; // aligned to 4
    i32 behavior;
    u16 user_wired_count;
    u16 pad;
} DarwinRegion;

static long shim_mach_vm_region(u32 task, u64 *addr, u64 *size, int flavor, DarwinRegion *info, u32 *count,
                                u32 *object) {
    (void)task; // always the own one
    (void)flavor;
    (void)count;
    char line[4096 + 128];
    Region r;
    if (!region_at(*addr, line, sizeof line, &r))
        return 0x10000003; // MACH_SEND_INVALID_DEST, by which pprof knows that there is no region any more
    *addr = r.lo;
    *size = r.hi - r.lo;
    *info = (DarwinRegion){.prot = r.prot, .max_prot = PROT_READ | PROT_WRITE | PROT_EXEC};
    memcpy(info->off, &r.off, sizeof info->off);
    *object = 0;
    return 0;
}

// The path of the file that is mapped at addr; its size, or 0.
static long shim_proc_regionfilename(int pid, u64 addr, char *buf, u32 size) {
    (void)pid;
    char line[4096 + 128];
    Region r;
    if (!region_at(addr, line, sizeof line, &r) || r.lo > addr || r.path[0] != '/')
        return 0;
    return MIN((long)size, snprintf(buf, size, "%s", r.path));
}

static const u32 shim_mach_task_self_ = 0x103; // the name of a port; the shim's functions take any

const Export exports_memory[] = {
    EXPORT(madvise),
    EXPORT(mlock),
    EXPORT(mlockall),
    EXPORT(mmap),
    EXPORT(mprotect),
    EXPORT(msync),
    EXPORT(munlock),
    EXPORT(munlockall),
    EXPORT(munmap),
    EXPORT(mach_vm_region),
    EXPORT(proc_regionfilename),
    {"mach_task_self_", &shim_mach_task_self_},
    EXPORTS_END,
};
