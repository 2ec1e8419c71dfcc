// arena.c - reservation and bump allocation.
//
// The reservation is one anonymous private mapping with MAP_NORESERVE: the kernel counts pages when they are
// touched, and gives zero pages, so fresh memory needs no clearing. Below the high-water mark `dirty` it
// does. A big release returns the pages to the system: that makes scratch of one pass invisible in the peak
// of the next one, and the pages come back as zeros.
//
// AddressSanitizer knows of malloc, not of arenas. A build with it is told: blocks have a forbidden zone behind
// them, and what was released is forbidden until it is handed out again.
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/diag.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = 32, GRANULE = 8 }; // bytes; what the sanitizer can tell apart
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
enum { RED_ZONE = 0, GRANULE = 1 };
#endif

enum {
    PAGE = 4096,
    BIG_PAGE = 2 << 20,
    GIVE_BACK = 4 << 20, // a release of at least so many bytes returns pages to the system
};

static const size_t DEFAULT_SIZE = (size_t)64 << 30;
static const size_t SMALLEST_DEFAULT = (size_t)64 << 20;

static void *reserve(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

// The default, or a fair part of what a limit on address space (ulimit -v) leaves for a handful of arenas.
static size_t default_size(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return DEFAULT_SIZE;
    size_t part = align_up(limit.rlim_cur / 12, PAGE);
    return MIN(MAX(part, SMALLEST_DEFAULT), DEFAULT_SIZE);
}

void arena_init(Arena *a, size_t size) {
    size_t want = size ? align_up(size, PAGE) : default_size();
    void *p = reserve(want);
    // Strict overcommit refuses what it could not back; take what there is.
    while (!p && !size && want > SMALLEST_DEFAULT) {
        want /= 2;
        p = reserve(want);
    }
    if (!p)
        fatal("out of memory: cannot reserve %zu bytes of address space", want);
    *a = (Arena){.base = p, .size = want};
}

void arena_free(Arena *a) {
    if (a->base) {
        ASAN_UNPOISON_MEMORY_REGION(a->base, MAX(a->used, a->dirty));
        munmap(a->base, a->size);
    }
    *a = (Arena){0};
}

// Moves `used` past n bytes at the alignment and returns the start of them.
static size_t take(Arena *a, size_t n, size_t align) {
    assert(align && (align & (align - 1)) == 0);
    size_t start = align_up(a->used, MAX(align, GRANULE)), room = n + RED_ZONE;
    if (UNLIKELY(start > a->size || room > a->size - start))
        fatal("out of memory: an arena of %zu bytes has no room for %zu more", a->size, n);
    a->used = start + room;
    ASAN_UNPOISON_MEMORY_REGION(a->base + start, n);
    ASAN_POISON_MEMORY_REGION(a->base + start + n, RED_ZONE);
    return start;
}

void *arena_alloc(Arena *a, size_t n, size_t align) {
    size_t start = take(a, n, align);
    if (UNLIKELY(start < a->dirty))
        memset(a->base + start, 0, MIN(n, a->dirty - start));
    return a->base + start;
}

void *arena_alloc_raw(Arena *a, size_t n, size_t align) {
    return a->base + take(a, n, align);
}

void arena_expect_dense(Arena *a, size_t n) {
    size_t start = align_up((uintptr_t)a->base + a->used, BIG_PAGE) - (uintptr_t)a->base;
    // The last big page is filled to three quarters at least.
    size_t size = (n + BIG_PAGE / 4) & ~((size_t)BIG_PAGE - 1);
    if (!size || start > a->size || size > a->size - start)
        return;
    take(a, start - a->used, 1);
    madvise(a->base + start, size, MADV_HUGEPAGE); // no matter whether the system can
}

void *arena_alloc_present(Arena *a, size_t n) {
    if (n < PAGE)
        return arena_alloc(a, n, 16);
    arena_expect_dense(a, n);
    u8 *block = arena_alloc(a, n, PAGE);
    madvise(block, align_up(n, PAGE), MADV_POPULATE_WRITE); // no matter whether the system can
    return block;
}

void arena_release(Arena *a, size_t mark) {
    assert(mark <= a->used);
    size_t top = MAX(a->used, a->dirty);
    size_t keep = align_up(mark, PAGE);
    ASAN_POISON_MEMORY_REGION(a->base + mark, top - mark);
    a->used = mark;
    a->dirty = top;
    if (top >= keep + GIVE_BACK && madvise(a->base + keep, align_up(top, PAGE) - keep, MADV_DONTNEED) == 0)
        a->dirty = keep;
}

Str arena_str(Arena *a, Str s) {
    char *p = arena_alloc_raw(a, (size_t)s.n + 1, 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return (Str){p, s.n};
}

Str arena_printf(Arena *a, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        bug("arena_printf: bad format '%s'", fmt);
    char *p = arena_alloc_raw(a, (size_t)n + 1, 1);
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return (Str){p, (u32)n};
}
