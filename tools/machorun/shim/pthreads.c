// pthreads.c - threads, and where Go keeps its g.
//
// WHAT  A thread of a Go program on macOS is one of libpthread. Go keeps the current goroutine (g) in the thread-specific
//       data, and reads it from its own code without a call:
//         amd64  at gs:0x30 (slot 6 of the array that gs points to on Darwin; Apple reserved it for Go);
//         arm64  at slot k of the array that the register tpidrro_el0 points to, for a key k that Go makes at the start
//                and looks for in the array (tlsinit in runtime/sys_darwin_arm64.go).
// HOW   On amd64 the C library below uses fs alone, so gs is free: each thread gets a page, and arch_prctl sets gs. On
//       arm64 user code cannot set tpidrro_el0. The loader makes its reads ones of tpidr_el0, which is the thread
//       pointer of the C library, and the slots are a thread-local variable near it: Go's search finds them.
//       Mutexes and condition variables are the C library's own objects in the space of Darwin's, which is larger.
//       Go starts all threads detached and ends them by returning; their pages go with them.
// REF   runtime/sys_darwin_amd64.s, tls_arm64.s, go_tls.h; sizes of pthread objects: runtime/defs_darwin_*.go. The
//       stack of a thread has 512 KiB (Apple's "Threading Programming Guide").
#include "machorun/shim/darwin.h"
#include "machorun/shim/shim.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __x86_64__
#include <asm/prctl.h>
#include <sys/syscall.h>
#endif

_Static_assert(sizeof(pthread_attr_t) <= 64, "Darwin's attributes have room for glibc's");
_Static_assert(sizeof(pthread_mutex_t) <= 64, "Darwin's mutex has room for glibc's");
_Static_assert(sizeof(pthread_cond_t) <= 48, "Darwin's condition variable has room for glibc's");

enum {
    THREAD_STACK = 512 << 10, // of Darwin
    SHIM_STACK =
        256 << 10,   // more than that, as the C library below and the signal frames of Linux are larger
    FIRST_KEY = 256, // keys below are libSystem's own (slot 6 among them)
    N_KEYS = 128,
};

// ---- thread-specific data -------------------------------------------------------------------------------------------

#ifdef __x86_64__

enum { BLOCK_SIZE = (FIRST_KEY + N_KEYS) * 8 };

// On Darwin slot 0 holds the pthread_t, which is the address of a struct that ends where the slots begin.
static void thread_block_install(u64 *block) {
    block[0] = (u64)block;
    if (syscall(SYS_arch_prctl, ARCH_SET_GS, block) != 0)
        shim_abort("arch_prctl(ARCH_SET_GS)", "the system refuses it");
}

static u64 *slot_of(u64 key) {
    u64 *block;
    __asm__("movq %%gs:0, %0" : "=r"(block));
    return &block[key];
}

#else

enum { BLOCK_SIZE = 0x1000 };

// The slots of the keys; Go looks at 512 words from the thread pointer on.
static _Thread_local volatile u64 thread_slots[N_KEYS];

static void thread_block_install(u64 *block) {
    (void)block;
}

static volatile u64 *slot_of(u64 key) {
    return &thread_slots[key - FIRST_KEY];
}

#endif

static u64 *thread_block_new(void) {
    u64 *block = mmap(NULL, BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return block == MAP_FAILED ? NULL : block;
}

void pthreads_start(void) {
    u64 *block = thread_block_new();
    if (!block)
        shim_abort("thread-specific data", "no memory");
    thread_block_install(block);
}

static u64 keys_made;

// A destructor would run at the end of a thread; Go passes none.
static long shim_pthread_key_create(u64 *key, void (*destructor)(void *)) {
    if (destructor)
        return DARWIN_ENOTSUP;
    u64 made = __atomic_fetch_add(&keys_made, 1, __ATOMIC_RELAXED);
    if (made >= N_KEYS)
        return DARWIN_EAGAIN;
    *key = FIRST_KEY + made;
    return 0;
}

static long shim_pthread_setspecific(u64 key, u64 value) {
    if (key < FIRST_KEY || key >= FIRST_KEY + N_KEYS)
        return DARWIN_EINVAL;
    *slot_of(key) = value;
    return 0;
}

static u64 shim_pthread_getspecific(u64 key) {
    return key < FIRST_KEY || key >= FIRST_KEY + N_KEYS ? 0 : *slot_of(key);
}

// ---- threads --------------------------------------------------------------------------------------------------------

// What a new thread has to know lies in the page that becomes its block.
typedef struct {
    u64 block_slots[8]; // not touched before the thread runs
    void *(*start)(void *);
    void *arg;
} ThreadStart;

static void *thread_main(void *block) {
    ThreadStart s = *(ThreadStart *)block;
    memset(block, 0, sizeof(ThreadStart));
    thread_block_install(block);
    void *r = s.start(s.arg);
    munmap(block, BLOCK_SIZE);
    return r;
}

static long shim_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
                                void *arg) {
    size_t size = THREAD_STACK;
    int detached = PTHREAD_CREATE_JOINABLE;
    if (attr) {
        pthread_attr_getstacksize(attr, &size);
        pthread_attr_getdetachstate(attr, &detached);
    }
    ThreadStart *s = (ThreadStart *)thread_block_new();
    if (!s)
        return DARWIN_EAGAIN;
    s->start = start;
    s->arg = arg;
    pthread_attr_t a;
    pthread_attr_init(&a);
    pthread_attr_setstacksize(&a, size + SHIM_STACK);
    pthread_attr_setdetachstate(&a, detached);
    int r = pthread_create(thread, &a, thread_main, s);
    pthread_attr_destroy(&a);
    if (r != 0)
        munmap(s, BLOCK_SIZE);
    return darwin_errno(r);
}

static long shim_pthread_attr_init(pthread_attr_t *attr) {
    int r = pthread_attr_init(attr);
    return darwin_errno(r ? r : pthread_attr_setstacksize(attr, THREAD_STACK));
}

static long shim_pthread_attr_destroy(pthread_attr_t *attr) {
    return darwin_errno(pthread_attr_destroy(attr));
}

static long shim_pthread_attr_getstacksize(const pthread_attr_t *attr, size_t *size) {
    return darwin_errno(pthread_attr_getstacksize(attr, size));
}

static long shim_pthread_attr_setstacksize(pthread_attr_t *attr, size_t size) {
    return darwin_errno(pthread_attr_setstacksize(attr, MAX(size, (size_t)PTHREAD_STACK_MIN)));
}

// PTHREAD_CREATE_JOINABLE is 1, PTHREAD_CREATE_DETACHED is 2.
static long shim_pthread_attr_setdetachstate(pthread_attr_t *attr, int state) {
    return darwin_errno(
        pthread_attr_setdetachstate(attr, state == 2 ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE));
}

static pthread_t shim_pthread_self(void) {
    return pthread_self();
}

static long shim_pthread_join(pthread_t thread, void **value) {
    return darwin_errno(pthread_join(thread, value));
}

static long shim_pthread_kill(pthread_t thread, int sig) {
    return darwin_errno(pthread_kill(thread, linux_signal(sig)));
}

static long shim_pthread_main_np(void) {
    return getpid() == gettid();
}

PASS0(sched_yield)

// ---- mutexes and condition variables --------------------------------------------------------------------------------

static long shim_pthread_mutex_init(pthread_mutex_t *m, const void *attr) {
    (void)attr; // Go passes none
    return darwin_errno(pthread_mutex_init(m, NULL));
}

static long shim_pthread_mutex_lock(pthread_mutex_t *m) {
    return darwin_errno(pthread_mutex_lock(m));
}

static long shim_pthread_mutex_unlock(pthread_mutex_t *m) {
    return darwin_errno(pthread_mutex_unlock(m));
}

static long shim_pthread_mutex_destroy(pthread_mutex_t *m) {
    return darwin_errno(pthread_mutex_destroy(m));
}

// The clock of waits with a limit is the one that does not jump.
static long shim_pthread_cond_init(pthread_cond_t *c, const void *attr) {
    (void)attr; // Go passes none
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    return darwin_errno(pthread_cond_init(c, &a));
}

static long shim_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m) {
    return darwin_errno(pthread_cond_wait(c, m));
}

static long shim_pthread_cond_timedwait_relative_np(pthread_cond_t *c, pthread_mutex_t *m,
                                                    const struct timespec *wait) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += wait->tv_sec;
    t.tv_nsec += wait->tv_nsec;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return darwin_errno(pthread_cond_timedwait(c, m, &t));
}

static long shim_pthread_cond_signal(pthread_cond_t *c) {
    return darwin_errno(pthread_cond_signal(c));
}

static long shim_pthread_cond_broadcast(pthread_cond_t *c) {
    return darwin_errno(pthread_cond_broadcast(c));
}

static long shim_pthread_cond_destroy(pthread_cond_t *c) {
    return darwin_errno(pthread_cond_destroy(c));
}

const Export exports_pthreads[] = {
    EXPORT(pthread_attr_destroy),
    EXPORT(pthread_attr_getstacksize),
    EXPORT(pthread_attr_init),
    EXPORT(pthread_attr_setdetachstate),
    EXPORT(pthread_attr_setstacksize),
    EXPORT(pthread_cond_broadcast),
    EXPORT(pthread_cond_destroy),
    EXPORT(pthread_cond_init),
    EXPORT(pthread_cond_signal),
    EXPORT(pthread_cond_timedwait_relative_np),
    EXPORT(pthread_cond_wait),
    EXPORT(pthread_create),
    EXPORT(pthread_getspecific),
    EXPORT(pthread_join),
    EXPORT(pthread_key_create),
    EXPORT(pthread_kill),
    EXPORT(pthread_main_np),
    EXPORT(pthread_mutex_destroy),
    EXPORT(pthread_mutex_init),
    EXPORT(pthread_mutex_lock),
    EXPORT(pthread_mutex_unlock),
    EXPORT(pthread_self),
    EXPORT(pthread_setspecific),
    EXPORT(sched_yield),
    EXPORTS_END,
};
