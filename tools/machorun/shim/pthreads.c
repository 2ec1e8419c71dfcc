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
//       A thread ends when its function returns or calls pthread_exit, which jumps back here. Then the destructors of its
//       data run; that of runtime/cgo takes a thread of C's away from Go. Last goes the page.
// REF   runtime/sys_darwin_amd64.s, tls_arm64.s, go_tls.h; sizes of pthread objects: runtime/defs_darwin_*.go. The
//       stack of a thread has 512 KiB (Apple's "Threading Programming Guide").
#include "machorun/shim/darwin.h"
#include "machorun/shim/shim.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef __x86_64__
#include <asm/prctl.h>
#include <sys/syscall.h>
#endif

_Static_assert(sizeof(pthread_attr_t) <= 64, "Darwin's attributes have room for glibc's");

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

// Signals are blocked: a handler of the program's would look for g there.
static void thread_block_remove(u64 *block) {
    munmap(block, BLOCK_SIZE);
}

static u64 *slot_of(u64 key) {
    u64 *block;
    __asm__("movq %%gs:0, %0" : "=r"(block));
    return &block[key];
}

#else

// On Darwin a function may use 128 bytes below the stack pointer, which Linux does not keep free when it delivers a signal.
// So the block is a stack for handlers, until the program has one of its own.
enum { BLOCK_SIZE = 64 << 10 };

// The slots of the keys; Go looks at 512 words from the thread pointer on.
static _Thread_local volatile u64 thread_slots[N_KEYS];

static void thread_block_install(u64 *block) {
    sigaltstack(&(stack_t){.ss_sp = block, .ss_size = BLOCK_SIZE}, NULL);
    if ((u8 *)&thread_slots[N_KEYS] - (u8 *)__builtin_thread_pointer() > 512 * 8)
        shim_abort("thread-specific data", "too far from the thread pointer");
}

// Signals are blocked.
static void thread_block_remove(u64 *block) {
    sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
    munmap(block, BLOCK_SIZE);
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

static u64 keys_made; // may be more than there are keys
static void (*destructors[N_KEYS])(void *);

static long shim_pthread_key_create(u64 *key, void (*destructor)(void *)) {
    u64 made = __atomic_fetch_add(&keys_made, 1, __ATOMIC_RELAXED);
    if (made >= N_KEYS)
        return DARWIN_EAGAIN;
    __atomic_store_n(&destructors[made], destructor, __ATOMIC_RELEASE);
    *key = FIRST_KEY + made;
    return 0;
}

// The key is not given to anybody else.
static long shim_pthread_key_delete(u64 key) {
    if (key < FIRST_KEY || key >= FIRST_KEY + N_KEYS)
        return DARWIN_EINVAL;
    __atomic_store_n(&destructors[key - FIRST_KEY], NULL, __ATOMIC_RELEASE);
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

// A destructor may set data again: then there are more rounds, up to PTHREAD_DESTRUCTOR_ITERATIONS.
static void run_destructors(void) {
    bool again = true;
    for (int round = 0; round < 4 && again; round++) {
        again = false;
        for (u64 k = 0; k < N_KEYS; k++) {
            void (*destructor)(void *) = __atomic_load_n(&destructors[k], __ATOMIC_ACQUIRE);
            u64 value = *slot_of(FIRST_KEY + k);
            if (!destructor || !value)
                continue;
            *slot_of(FIRST_KEY + k) = 0;
            destructor((void *)value);
            again = true;
        }
    }
}

// ---- threads --------------------------------------------------------------------------------------------------------

// What a new thread has to know lies in the memory that becomes its block.
typedef struct {
    u64 block_slots[8]; // not touched before the thread runs
    void *(*start)(void *);
    void *arg;
    sigset_t mask;
} ThreadStart;

// Where pthread_exit jumps to, and with what; NULL in the first thread.
typedef struct {
    jmp_buf end;
    void *value;
} ThreadEnd;

static _Thread_local ThreadEnd *thread_end;

static void *run_thread(const ThreadStart *s) {
    ThreadEnd end;
    thread_end = &end;
    if (setjmp(end.end) == 0)
        end.value = s->start(s->arg);
    run_destructors();
    return end.value;
}

static void block_signals(sigset_t *before) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
}

static void *thread_main(void *block) {
    ThreadStart s = *(ThreadStart *)block;
    memset(block, 0, sizeof(ThreadStart));
    thread_block_install(block);
    pthread_sigmask(SIG_SETMASK, &s.mask, NULL);
    void *value = run_thread(&s);
    block_signals(NULL);
    thread_block_remove(block);
    return value;
}

static _Noreturn void shim_pthread_exit(void *value) {
    if (!thread_end) {
        run_destructors();
        pthread_exit(value);
    }
    thread_end->value = value;
    longjmp(thread_end->end, 1);
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
    sigset_t before;
    block_signals(&before);
    s->mask = before;
    int r = pthread_create(thread, &a, thread_main, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
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

static long shim_pthread_attr_getdetachstate(const pthread_attr_t *attr, int *state) {
    int r = pthread_attr_getdetachstate(attr, state);
    *state = *state == PTHREAD_CREATE_DETACHED ? 2 : 1;
    return darwin_errno(r);
}

static pthread_t shim_pthread_self(void) {
    return pthread_self();
}

static long shim_pthread_equal(pthread_t a, pthread_t b) {
    return pthread_equal(a, b);
}

static long shim_pthread_detach(pthread_t thread) {
    return darwin_errno(pthread_detach(thread));
}

// The end of a thread's stack, which is where it begins to grow from, and its size.
typedef struct {
    u8 *end;
    size_t size;
} Stack;

static Stack stack_of(pthread_t thread) {
    enum { MAX_STACK = 64 << 20 }; // what Darwin allows for the first thread; on Linux that may have no limit
    pthread_attr_t a;
    void *low = NULL;
    size_t size = 0;
    if (pthread_getattr_np(thread, &a) == 0) {
        pthread_attr_getstack(&a, &low, &size);
        pthread_attr_destroy(&a);
    }
    return (Stack){(u8 *)low + size, MIN(size, (size_t)MAX_STACK)};
}

static void *shim_pthread_get_stackaddr_np(pthread_t thread) {
    return stack_of(thread).end;
}

static size_t shim_pthread_get_stacksize_np(pthread_t thread) {
    return stack_of(thread).size;
}

static long shim_pthread_threadid_np(pthread_t thread, u64 *id) {
    if (thread && !pthread_equal(thread, pthread_self()))
        return DARWIN_ENOTSUP; // Linux tells a thread its own number only
    *id = (u64)gettid();
    return 0;
}

// Names the calling thread; Linux keeps the first 15 bytes.
static long shim_pthread_setname_np(const char *name) {
    return result(prctl(PR_SET_NAME, name)) == 0 ? 0 : *darwin_errno_addr();
}

static long shim_pthread_join(pthread_t thread, void **value) {
    return darwin_errno(pthread_join(thread, value));
}

// Go asks for thread 0 when a thread of C's has just left Go.
static long shim_pthread_kill(pthread_t thread, int sig) {
    if (!thread)
        return DARWIN_ESRCH;
    return darwin_errno(pthread_kill(thread, linux_signal(sig)));
}

static long shim_pthread_main_np(void) {
    return getpid() == gettid();
}

PASS0(sched_yield)

const Export exports_pthreads[] = {
    EXPORT(pthread_attr_destroy),
    EXPORT(pthread_attr_getdetachstate),
    EXPORT(pthread_attr_getstacksize),
    EXPORT(pthread_attr_init),
    EXPORT(pthread_attr_setdetachstate),
    EXPORT(pthread_attr_setstacksize),
    EXPORT(pthread_create),
    EXPORT(pthread_detach),
    EXPORT(pthread_equal),
    EXPORT(pthread_exit),
    EXPORT(pthread_get_stackaddr_np),
    EXPORT(pthread_get_stacksize_np),
    EXPORT(pthread_getspecific),
    EXPORT(pthread_join),
    EXPORT(pthread_key_create),
    EXPORT(pthread_key_delete),
    EXPORT(pthread_kill),
    EXPORT(pthread_main_np),
    EXPORT(pthread_self),
    EXPORT(pthread_setname_np),
    EXPORT(pthread_setspecific),
    EXPORT(pthread_threadid_np),
    EXPORT(sched_yield),
    EXPORTS_END,
};
