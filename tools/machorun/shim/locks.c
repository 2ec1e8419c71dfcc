// locks.c - mutexes, condition variables, read-write locks, "once".
//
// WHAT  A C program need not call anything to have a mutex: PTHREAD_MUTEX_INITIALIZER fills the object in when it is compiled,
//       on Darwin with a signature in its first word and zeros behind that. So all its forms here work from that state,
//       and the signature says which kind of mutex it is. Go calls pthread_mutex_init, which writes the same.
// HOW   A mutex is a word that is 0 (free), 1 (locked) or 2 (locked, and perhaps somebody waits); a condition variable is a
//       number that each signal changes, so that a thread which is about to sleep sees that it came too late. The kernel's
//       futex does the sleeping. Waits may end without a reason, as POSIX allows.
//       Read-write locks and "once" are the C library's, behind the signature: zeros are their initial state, too.
// REF   sizes and signatures: pthread/pthread_impl.h and sys/_pthread/_pthread_types.h of macOS. Futexes: "Futexes Are Tricky"
//       (U. Drepper), whose second mutex this is.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SIGNATURE_ERRORCHECK = 0x32aaaba1,
    SIGNATURE_RECURSIVE = 0x32aaaba2,
    SIGNATURE_FIRSTFIT = 0x32aaaba3,
    SIGNATURE_NORMAL = 0x32aaaba7,
    SIGNATURE_CONDITION = 0x3cb0b1bb,
};

// Darwin's numbers of what locking finds.
enum { DARWIN_DEADLOCK = 11, DARWIN_BUSY = 16, DARWIN_TIMED_OUT = 60 };

// ---- the kernel's part ----------------------------------------------------------------------------------------------

// Sleeps while *word is value. A limit is a time of the clock that does not jump, or of the calendar; NULL: none. False
// when it ended the sleep.
static bool sleep_while(u32 *word, u32 value, const struct timespec *limit, bool calendar) {
    int operation = FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | (calendar ? FUTEX_CLOCK_REALTIME : 0);
    return syscall(SYS_futex, word, operation, value, limit, NULL, FUTEX_BITSET_MATCH_ANY) == 0 ||
           errno != ETIMEDOUT;
}

static void wake(u32 *word, int n) {
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n, NULL, NULL, 0);
}

static bool word_try(u32 *word) {
    u32 free_word = 0;
    return __atomic_compare_exchange_n(word, &free_word, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void word_lock(u32 *word) {
    if (word_try(word))
        return;
    while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0)
        sleep_while(word, 2, NULL, false);
}

static void word_unlock(u32 *word) {
    if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2)
        wake(word, 1);
}

// ---- mutexes --------------------------------------------------------------------------------------------------------

typedef struct {
    u64 signature;
    u32 word;
    u32 owner; // its thread, for the kinds that care; 0: none
    u32 depth; // how often a recursive one is locked beyond the first time
    u32 reserved[11];
} DarwinMutex;
_Static_assert(sizeof(DarwinMutex) == 64, "pthread_mutex_t of Darwin");

typedef struct {
    u64 signature;
    i32 type; // PTHREAD_MUTEX_NORMAL, ERRORCHECK, RECURSIVE are 0, 1, 2
    i32 reserved;
} DarwinMutexAttr;

static bool is_mutex(const DarwinMutex *m) {
    return m->signature == SIGNATURE_NORMAL || m->signature == SIGNATURE_FIRSTFIT ||
           m->signature == SIGNATURE_RECURSIVE || m->signature == SIGNATURE_ERRORCHECK;
}

static bool has_owner(const DarwinMutex *m) {
    return m->signature == SIGNATURE_RECURSIVE || m->signature == SIGNATURE_ERRORCHECK;
}

static u32 this_thread(void) {
    static _Thread_local u32 id;
    if (!id)
        id = (u32)gettid();
    return id;
}

static bool is_mine(const DarwinMutex *m) {
    return __atomic_load_n(&m->owner, __ATOMIC_RELAXED) == this_thread();
}

static long lock_again(DarwinMutex *m, long otherwise) {
    if (m->signature != SIGNATURE_RECURSIVE)
        return otherwise;
    m->depth++;
    return 0;
}

static void set_owner(DarwinMutex *m) {
    if (has_owner(m))
        __atomic_store_n(&m->owner, this_thread(), __ATOMIC_RELAXED);
}

static long shim_pthread_mutex_init(DarwinMutex *m, const DarwinMutexAttr *attr) {
    static const u32 signatures[] = {SIGNATURE_NORMAL, SIGNATURE_ERRORCHECK, SIGNATURE_RECURSIVE};
    i32 type = attr ? attr->type : 0;
    if (type < 0 || type >= (i32)COUNT_OF(signatures))
        return DARWIN_EINVAL;
    *m = (DarwinMutex){.signature = signatures[type]};
    return 0;
}

static long shim_pthread_mutex_destroy(DarwinMutex *m) {
    if (!is_mutex(m))
        return DARWIN_EINVAL;
    if (__atomic_load_n(&m->word, __ATOMIC_RELAXED) != 0)
        return DARWIN_BUSY;
    m->signature = 0;
    return 0;
}

static long shim_pthread_mutex_lock(DarwinMutex *m) {
    if (!is_mutex(m))
        return DARWIN_EINVAL;
    if (has_owner(m) && is_mine(m))
        return lock_again(m, DARWIN_DEADLOCK);
    word_lock(&m->word);
    set_owner(m);
    return 0;
}

static long shim_pthread_mutex_trylock(DarwinMutex *m) {
    if (!is_mutex(m))
        return DARWIN_EINVAL;
    if (has_owner(m) && is_mine(m))
        return lock_again(m, DARWIN_BUSY);
    if (!word_try(&m->word))
        return DARWIN_BUSY;
    set_owner(m);
    return 0;
}

static long shim_pthread_mutex_unlock(DarwinMutex *m) {
    if (!is_mutex(m))
        return DARWIN_EINVAL;
    if (has_owner(m)) {
        if (!is_mine(m))
            return DARWIN_EPERM;
        if (m->depth) {
            m->depth--;
            return 0;
        }
        __atomic_store_n(&m->owner, 0, __ATOMIC_RELAXED);
    }
    word_unlock(&m->word);
    return 0;
}

static long shim_pthread_mutexattr_init(DarwinMutexAttr *attr) {
    *attr = (DarwinMutexAttr){0};
    return 0;
}

static long shim_pthread_mutexattr_destroy(DarwinMutexAttr *attr) {
    (void)attr;
    return 0;
}

static long shim_pthread_mutexattr_settype(DarwinMutexAttr *attr, int type) {
    if (type < 0 || type > 2)
        return DARWIN_EINVAL;
    attr->type = type;
    return 0;
}

// The lock of os/lock.h is the bare word.
static void shim_os_unfair_lock_lock(u32 *lock) {
    word_lock(lock);
}

static bool shim_os_unfair_lock_trylock(u32 *lock) {
    return word_try(lock);
}

static void shim_os_unfair_lock_unlock(u32 *lock) {
    word_unlock(lock);
}

// ---- condition variables --------------------------------------------------------------------------------------------

typedef struct {
    u64 signature;
    u32 signals;  // changes with each
    u32 sleepers; // counted while the mutex is still locked, so that no signal misses one
    u32 reserved[8];
} DarwinCondition;
_Static_assert(sizeof(DarwinCondition) == 48, "pthread_cond_t of Darwin");

static long shim_pthread_cond_init(DarwinCondition *c, const void *attr) {
    (void)attr; // only whether other processes use it as well, which is not served
    *c = (DarwinCondition){.signature = SIGNATURE_CONDITION};
    return 0;
}

// Threads that were signalled may still be on their way out.
static long shim_pthread_cond_destroy(DarwinCondition *c) {
    while (__atomic_load_n(&c->sleepers, __ATOMIC_SEQ_CST))
        sched_yield();
    c->signature = 0;
    return 0;
}

static long wait_until(DarwinCondition *c, DarwinMutex *m, const struct timespec *limit, bool calendar) {
    if (c->signature != SIGNATURE_CONDITION)
        return DARWIN_EINVAL;
    u32 before = __atomic_load_n(&c->signals, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&c->sleepers, 1, __ATOMIC_SEQ_CST);
    long r = shim_pthread_mutex_unlock(m);
    if (r == 0) {
        r = sleep_while(&c->signals, before, limit, calendar) ? 0 : DARWIN_TIMED_OUT;
        __atomic_sub_fetch(&c->sleepers, 1, __ATOMIC_SEQ_CST); // the last use of *c
        shim_pthread_mutex_lock(m);
        return r;
    }
    __atomic_sub_fetch(&c->sleepers, 1, __ATOMIC_SEQ_CST);
    return r;
}

static long shim_pthread_cond_wait(DarwinCondition *c, DarwinMutex *m) {
    return wait_until(c, m, NULL, false);
}

static long shim_pthread_cond_timedwait(DarwinCondition *c, DarwinMutex *m, const struct timespec *limit) {
    return wait_until(c, m, limit, true);
}

static long shim_pthread_cond_timedwait_relative_np(DarwinCondition *c, DarwinMutex *m,
                                                    const struct timespec *wait) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += wait->tv_sec;
    t.tv_nsec += wait->tv_nsec;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return wait_until(c, m, &t, false);
}

static long signal_condition(DarwinCondition *c, int n) {
    if (c->signature != SIGNATURE_CONDITION)
        return DARWIN_EINVAL;
    __atomic_add_fetch(&c->signals, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&c->sleepers, __ATOMIC_SEQ_CST))
        wake(&c->signals, n);
    return 0;
}

static long shim_pthread_cond_signal(DarwinCondition *c) {
    return signal_condition(c, 1);
}

static long shim_pthread_cond_broadcast(DarwinCondition *c) {
    return signal_condition(c, INT32_MAX);
}

// ---- read-write locks, once -----------------------------------------------------------------------------------------

typedef struct {
    u64 signature;
    pthread_rwlock_t lock;
    u8 reserved[192 - sizeof(pthread_rwlock_t)];
} DarwinRwlock;
_Static_assert(sizeof(DarwinRwlock) == 200, "pthread_rwlock_t of Darwin");

static long shim_pthread_rwlock_init(DarwinRwlock *l, const void *attr) {
    (void)attr;
    *l = (DarwinRwlock){.signature = 0x2da8b3b4};
    return 0;
}

#define ON_RWLOCK(name)                                                                                      \
    static long shim_pthread_rwlock_##name(DarwinRwlock *l) {                                                \
        return darwin_errno(pthread_rwlock_##name(&l->lock));                                                \
    }
ON_RWLOCK(destroy)
ON_RWLOCK(rdlock)
ON_RWLOCK(tryrdlock)
ON_RWLOCK(trywrlock)
ON_RWLOCK(unlock)
ON_RWLOCK(wrlock)

typedef struct {
    u64 signature;
    pthread_once_t once;
} DarwinOnce;

static long shim_pthread_once(DarwinOnce *o, void (*f)(void)) {
    return darwin_errno(pthread_once(&o->once, f));
}

const Export exports_locks[] = {
    EXPORT(os_unfair_lock_lock),
    EXPORT(os_unfair_lock_trylock),
    EXPORT(os_unfair_lock_unlock),
    EXPORT(pthread_cond_broadcast),
    EXPORT(pthread_cond_destroy),
    EXPORT(pthread_cond_init),
    EXPORT(pthread_cond_signal),
    EXPORT(pthread_cond_timedwait),
    EXPORT(pthread_cond_timedwait_relative_np),
    EXPORT(pthread_cond_wait),
    EXPORT(pthread_mutex_destroy),
    EXPORT(pthread_mutex_init),
    EXPORT(pthread_mutex_lock),
    EXPORT(pthread_mutex_trylock),
    EXPORT(pthread_mutex_unlock),
    EXPORT(pthread_mutexattr_destroy),
    EXPORT(pthread_mutexattr_init),
    EXPORT(pthread_mutexattr_settype),
    EXPORT(pthread_once),
    EXPORT(pthread_rwlock_destroy),
    EXPORT(pthread_rwlock_init),
    EXPORT(pthread_rwlock_rdlock),
    EXPORT(pthread_rwlock_tryrdlock),
    EXPORT(pthread_rwlock_trywrlock),
    EXPORT(pthread_rwlock_unlock),
    EXPORT(pthread_rwlock_wrlock),
    EXPORTS_END,
};
