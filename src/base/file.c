// file.c - mapped inputs, and the output that appears whole or not at all.
//
// There is one output at a time; what a signal handler must know about it (the temporary file's name, where
// it is mapped) lies in the static `making`. Inputs are linked into a list when they are mapped, so that the
// SIGBUS handler can tell from the fault's address which file shrank under us.
//
// The target may be something a rename would destroy (/dev/null, a pipe) or stand in a directory where
// nothing can be created. Then the bytes are made in memory and written to the target at the end.
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/vec.h"

enum { OUTPUT_MODE = 0775 };

// Inputs are mapped one behind the other in one reservation, so that a single call gives all their pages back: the
// processors are then interrupted once to forget the addresses, and not once a file.
static const u64 REGION_SIZE = (u64)64 << 30;

// What the handlers see of a mapped input.
typedef struct MapNote {
    const u8 *data;
    u64 size;
    const char *path;
    struct MapNote *next;
} MapNote;

struct Output {
    const char *path;   // as given, for messages
    const char *target; // the file to replace: path with symbolic links followed
    int fd;             // the temporary file, or -1 when the bytes are made in memory
    u8 *data;
    u64 size;
};

// The process may be resident with this share of the size of its inputs, in any case with so many bytes, and with so many of
// mapped files. The share is what keeps the peak of big links below a third of the stock linker's; more would be faster.
enum { RESIDENT_PERCENT = 45 };
static const u64 RESIDENT_MIN = 64u << 20, MAPPED_MIN = 22u << 20;

static MapNote *mapped; // atomic list head

static struct {
    u8 *base; // NULL: no reservation (a limit on address space); then inputs lie anywhere and stay resident
    u64 size;
    u64 used;
    bool asked;
} region;

static struct {
    char temp[PATH_MAX];       // name of the temporary file
    volatile sig_atomic_t set; // it exists
    const char *path;          // the target, for messages
    u8 *data;
    u64 size;
} making;

bool file_patch(Str path, u64 off, const void *bytes, u32 n) {
    int fd = open(path.p, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = pwrite(fd, bytes, n, (off_t)off) == (ssize_t)n;
    return close(fd) == 0 && ok;
}

const char *file_error_text(int err) {
    static _Thread_local char text[128];
    snprintf(text, sizeof text, "%s", strerror(err));
    if (text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z')
        text[0] = (char)(text[0] | 0x20);
    return text;
}

static int open_retry(const char *path, int flags, mode_t mode) {
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

// Closes fd and leaves errno as it was; returns false for the caller to return.
static bool close_failed(int fd) {
    int err = errno;
    close(fd);
    errno = err;
    return false;
}

// Files are mapped by one thread, before other threads read them.
static u8 *map_input(int fd, u64 size) {
    if (!region.asked) {
        region.asked = true;
        void *p = mmap(NULL, REGION_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p != MAP_FAILED) {
            region.base = p;
            region.size = REGION_SIZE;
        }
    }
    u8 *want = NULL;
    u64 room = align_up(size, (u64)sysconf(_SC_PAGESIZE));
    if (room <= region.size - region.used) {
        want = region.base + region.used;
        region.used += room;
    }
    void *p = mmap(want, size, PROT_READ, MAP_PRIVATE | (want ? MAP_FIXED : 0), fd, 0);
    return p == MAP_FAILED ? NULL : p;
}

bool file_map(MappedFile *f, Arena *a, Str path) {
    Str name = arena_str(a, path);
    *f = (MappedFile){.path = name};
    int fd = open_retry(name.p, O_RDONLY, 0);
    if (fd < 0)
        return false;
    struct stat st;
    if (fstat(fd, &st) != 0)
        return close_failed(fd);
    if (!S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        return close_failed(fd);
    }
    if (st.st_size == 0) {
        close(fd);
        return true;
    }
    u8 *p = map_input(fd, (u64)st.st_size);
    if (!p)
        return close_failed(fd);
    close(fd);
    f->data = p;
    f->size = (u64)st.st_size;

    MapNote *note = arena_new(a, MapNote);
    *note = (MapNote){.data = p, .size = f->size, .path = name.p, .next = mapped};
    while (
        !__atomic_compare_exchange_n(&mapped, &note->next, note, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
    return true;
}

// Resident bytes in all and of file mappings (proc(5): statm, second and third field, in pages).
static bool resident_bytes(u64 *all, u64 *files) {
    static int statm = -1;
    int fd = __atomic_load_n(&statm, __ATOMIC_RELAXED);
    if (fd < 0) {
        fd = open_retry("/proc/self/statm", O_RDONLY, 0);
        __atomic_store_n(&statm, fd, __ATOMIC_RELAXED);
    }
    char text[128];
    ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return false;
    text[n] = '\0';
    unsigned long long size, resident, shared;
    if (sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3)
        return false;
    *all = resident * (u64)sysconf(_SC_PAGESIZE);
    *files = shared * (u64)sysconf(_SC_PAGESIZE);
    return true;
}

// Inputs are given back in slices, so that a thread that comes by can help with those that are left.
enum { TRIM_SLICES = 16 };
static u32 next_slice = TRIM_SLICES; // atomic

static void trim_slices(void) {
    u64 step = align_up(region.used / TRIM_SLICES + 1, (u64)sysconf(_SC_PAGESIZE)), i;
    while ((i = __atomic_fetch_add(&next_slice, 1, __ATOMIC_RELAXED)) < TRIM_SLICES)
        if (i * step < region.used)
            madvise(region.base + i * step, MIN(step, region.used - i * step), MADV_DONTNEED);
}

static bool is_much_resident(void) {
    u64 all, files;
    return region.used && resident_bytes(&all, &files) && files > MAPPED_MIN &&
           all > MAX(RESIDENT_MIN, region.used / 100 * RESIDENT_PERCENT);
}

static void start_trim(void) {
    if (making.set && making.data) // a file, which keeps what is written
        madvise(making.data, making.size, MADV_DONTNEED);
    __atomic_store_n(&next_slice, 0, __ATOMIC_RELAXED);
}

void file_trim(void) {
    static bool busy; // one thread at a time asks
    if (__atomic_load_n(&next_slice, __ATOMIC_RELAXED) < TRIM_SLICES)
        trim_slices();
    if (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
        return;
    if (is_much_resident()) {
        start_trim();
        trim_slices();
    }
    __atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

static void trim_part(void *arg, u64 begin, u64 end, u32 worker) {
    (void)arg, (void)begin, (void)end, (void)worker;
    trim_slices();
}

void file_trim_together(Pool *pool) {
    if (!is_much_resident())
        return;
    start_trim();
    parallel_for(pool, pool_size(pool), 1, trim_part, NULL);
}

bool file_read(Arena *a, Str path, Str *out) {
    size_t mark = arena_mark(a);
    int fd = open_retry(arena_str(a, path).p, O_RDONLY, 0);
    if (fd < 0) {
        arena_release(a, mark);
        return false;
    }
    VEC(char) text = {0};
    for (;;) {
        struct stat st;
        if (!text.cap && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < INT_MAX)
            vec_reserve(a, &text, (u32)st.st_size + 1);
        if (text.n == text.cap)
            vec_reserve(a, &text, text.cap + 1);
        ssize_t got = read(fd, text.v + text.n, text.cap - text.n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            arena_release(a, mark);
            return close_failed(fd);
        }
        if (got == 0)
            break;
        text.n += (u32)got;
    }
    close(fd);
    *out = (Str){text.v, text.n};
    return true;
}

bool file_write(Arena *a, Str path, const Str *parts, u32 n) {
    int fd = open_retry(arena_str(a, path).p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    for (u32 i = 0; i < n; i++) {
        for (u32 off = 0; off < parts[i].n;) {
            ssize_t k = write(fd, parts[i].p + off, parts[i].n - off);
            if (k < 0 && errno == EINTR)
                continue;
            if (k < 0)
                return close_failed(fd);
            off += (u32)k;
        }
    }
    return close(fd) == 0;
}

static _Noreturn void fail_create(const char *path, int err) {
    fatal("cannot create %s: open %s: %s", path, path, file_error_text(err));
}

// Follows symbolic links to the file that writing through `path` would change, which need not exist.
static const char *follow_links(Arena *a, const char *path) {
    for (int hops = 0; hops < 40; hops++) {
        char to[PATH_MAX];
        ssize_t n = readlink(path, to, sizeof to - 1);
        if (n <= 0)
            return path;
        to[n] = 0;
        const char *slash = strrchr(path, '/');
        int dir = to[0] != '/' && slash ? (int)(slash - path + 1) : 0;
        path = arena_printf(a, "%.*s%s", dir, path, to).p;
    }
    fail_create(path, ELOOP);
}

// Creates a file with a fresh name beside the target; -1 and errno when the directory allows none.
static int create_temp(const char *target) {
    const char *slash = strrchr(target, '/');
    int dir = slash ? (int)(slash - target + 1) : 0;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    u64 seed = (u64)getpid() << 32 ^ (u64)t.tv_nsec;
    for (int i = 0; i < 100; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int n = snprintf(making.temp, sizeof making.temp, "%.*s.%.200s.gild-%06x", dir, target, target + dir,
                         (unsigned)(seed >> 40));
        if (n >= (int)sizeof making.temp) {
            errno = ENAMETOOLONG;
            return -1;
        }
        making.set = 1; // before the file exists, so that no signal finds it unknown
        // The mode is right from the start: the system applies the umask and the directory's default ACL.
        int fd = open_retry(making.temp, O_RDWR | O_CREAT | O_EXCL, OUTPUT_MODE);
        if (fd >= 0)
            return fd;
        making.set = 0;
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

static void unmap_output(Output *o) {
    making.data = NULL;
    if (o->data)
        munmap(o->data, o->size);
    o->data = NULL;
}

// Gives the file the size, with disk blocks behind it.
static void size_file(const Output *o, u64 size) {
    int rc;
    do
        rc = size ? fallocate(o->fd, 0, 0, (off_t)size) : 0;
    while (rc != 0 && errno == EINTR);
    // Some file systems cannot allocate ahead; a full disk is SIGBUS there.
    if (rc != 0 && errno != EOPNOTSUPP && errno != ENOSYS && errno != EPERM)
        fatal("mapping output file failed: %s: %s", o->path, file_error_text(errno));
    if (ftruncate(o->fd, (off_t)size) != 0)
        fatal("resize output file failed: %s: %s", o->path, file_error_text(errno));
}

// Maps a file of the size; memory instead when there is no file.
static void map_output(Output *o, u64 size) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (o->fd >= 0) {
        size_file(o, size);
        flags = MAP_SHARED;
    }
    void *p = NULL;
    if (size && o->size)
        p = mremap(o->data, o->size, size, MREMAP_MAYMOVE);
    else if (size)
        p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, o->fd, 0);
    if (p == MAP_FAILED)
        fatal("mapping output file failed: %s: %s", o->path, file_error_text(errno));
    o->size = size;
    o->data = p;
    making.size = size;
    making.data = p;
}

u8 *output_resize(Output *o, u64 size) {
    map_output(o, size);
    return o->data;
}

Output *output_create(Arena *a, Str path, u64 size) {
    Output *o = arena_new(a, Output);
    o->path = arena_str(a, path).p;
    o->target = follow_links(a, o->path);
    o->fd = -1;
    making.path = o->path;

    struct stat st;
    bool exists = stat(o->target, &st) == 0;
    if (exists && S_ISDIR(st.st_mode))
        fail_create(o->path, EISDIR);
    if (!exists || S_ISREG(st.st_mode)) {
        o->fd = create_temp(o->target);
        int err = errno;
        bool no_room_beside = err == EACCES || err == EPERM || err == EROFS;
        if (o->fd < 0 && !(exists && no_room_beside && access(o->target, W_OK) == 0))
            fail_create(o->path, err);
    } else if (access(o->target, W_OK) != 0) {
        fail_create(o->path, errno);
    }
    map_output(o, size);
    return o;
}

u8 *output_data(Output *o) {
    return o->data;
}

void output_write(Output *o, u64 off, const void *bytes, u64 n) {
    assert(off <= o->size && n <= o->size - off);
    if (o->fd < 0) {
        memcpy(o->data + off, bytes, n);
        return;
    }
    for (u64 done = 0; done < n;) {
        ssize_t k = pwrite(o->fd, (const u8 *)bytes + done, n - done, (off_t)(off + done));
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            fatal("cannot write %s: %s", o->path, file_error_text(errno));
        done += (u64)k;
    }
}

// The target cannot be replaced, so its contents are.
static void write_in_place(const Output *o) {
    int fd = open_retry(o->target, O_WRONLY | O_CREAT | O_TRUNC, OUTPUT_MODE);
    if (fd < 0)
        fail_create(o->path, errno);
    for (u64 done = 0; done < o->size;) {
        ssize_t n = write(fd, o->data + done, MIN(o->size - done, (u64)1 << 30));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fatal("cannot write %s: %s", o->path, file_error_text(errno));
        done += (u64)n;
    }
    if (close(fd) != 0)
        fatal("cannot write %s: %s", o->path, file_error_text(errno));
}

void output_commit(Output *o) {
    if (o->fd < 0) {
        write_in_place(o);
        unmap_output(o);
        return;
    }
    unmap_output(o);
    if (close(o->fd) != 0)
        fatal("cannot write %s: %s", o->path, file_error_text(errno));
    o->fd = -1;
    if (rename(making.temp, o->target) != 0)
        fatal("cannot create %s: %s", o->path, file_error_text(errno));
    making.set = 0;
}

void output_abort(void) {
    if (making.set) {
        making.set = 0;
        unlink(making.temp);
    }
}

// write(2) of pieces of text: all that a handler may do.
static void say(const char *s) {
    ssize_t n = write(STDERR_FILENO, s, strlen(s));
    (void)n;
}

static void on_bus_error(int sig, siginfo_t *info, void *context) {
    (void)sig;
    (void)context;
    const u8 *at = info->si_addr;
    say(diag_program());
    if (making.data && at >= making.data && at < making.data + making.size) {
        say(": cannot write ");
        say(making.path);
        say(": bus error in the output mapping; disk full?\n");
    } else {
        const MapNote *m = __atomic_load_n(&mapped, __ATOMIC_ACQUIRE);
        while (m && !(at >= m->data && at < m->data + align_up(m->size, 4096)))
            m = m->next;
        say(": ");
        say(m ? "cannot read " : "bus error in phase '");
        say(m ? m->path : diag_phase());
        say(m ? ": file truncated while it was linked, or a fault of the disk\n" : "'\n");
    }
    output_abort();
    _exit(2);
}

// Dies of the signal, so that the parent sees why; a fault names the phase first.
static void on_deadly_signal(int sig) {
    output_abort();
    if (sig == SIGSEGV || sig == SIGABRT || sig == SIGFPE || sig == SIGILL) {
        say(diag_program());
        say(": internal error: crashed in phase '");
        say(diag_phase());
        say("'\n");
    }
    signal(sig, SIG_DFL);
    raise(sig);
}

void file_install_signal_handlers(void) {
    static const int deadly[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE,
                                 SIGXCPU, SIGSEGV, SIGABRT, SIGFPE,  SIGILL};
    // A handler needs a stack also when the main thread has used up its own.
    static u8 stack[64 << 10];
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    for (u32 i = 0; i < COUNT_OF(deadly); i++) {
        // A signal that is ignored (nohup) or that a sanitizer watches stays as it is.
        struct sigaction old;
        if (sigaction(deadly[i], NULL, &old) != 0 || (old.sa_flags & SA_SIGINFO) || old.sa_handler != SIG_DFL)
            continue;
        struct sigaction act = {.sa_handler = on_deadly_signal, .sa_flags = SA_ONSTACK};
        sigemptyset(&act.sa_mask);
        sigaction(deadly[i], &act, NULL);
    }
    struct sigaction bus = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&bus.sa_mask);
    sigaction(SIGBUS, &bus, NULL);
    // A limit on the size of files is then an error of fallocate.
    signal(SIGXFSZ, SIG_IGN);
    diag_at_abort(output_abort);
}

void file_restore_signals(void) {
    signal(SIGXFSZ, SIG_DFL);
}
