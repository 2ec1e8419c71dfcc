// threads.c - the pool behind parallel_for.
//
// A loop is published under the lock; sleeping threads wake, join it, and take index ranges from one atomic
// counter until none is left. The caller works too. When the caller runs out of ranges it closes the loop,
// so that a thread that wakes late finds nothing to join, and waits for those that did join. Short loops
// therefore never wait for a thread that the scheduler has not got round to.
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/diag.h"

typedef struct {
    ParallelFn *fn;
    void *arg;
    u64 n;
    u64 grain;
    u64 next; // first index that nobody has taken; atomic
} Loop;

typedef struct {
    Pool *pool;
    u32 id;
    pthread_t thread;
    Arena arena; // reserved when first asked for
} Worker;

struct Pool {
    u32 n;        // workers, the caller is number 0
    u32 started;  // threads running, besides the caller
    bool in_loop; // guards against nested loops
    pthread_mutex_t lock;
    pthread_cond_t wake; // a loop was opened, or quit
    pthread_cond_t idle; // `joined` fell to 0
    u64 generation;      // number of the current loop; all below under lock
    bool open;           // threads may still join the loop
    bool quit;
    u32 joined; // threads inside the loop, the caller not counted
    Loop loop;
    Worker workers[];
};

static u32 available_cpus(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return (u32)MAX(CPU_COUNT(&set), 1);
}

Pool *pool_new(u32 n) {
    if (!n)
        n = available_cpus();
    Pool *p = calloc(1, sizeof(Pool) + n * sizeof(Worker));
    if (!p)
        fatal("out of memory: cannot make a pool of %u threads", n);
    p->n = n;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    pthread_cond_init(&p->idle, NULL);
    for (u32 i = 0; i < n; i++) {
        p->workers[i].pool = p;
        p->workers[i].id = i;
    }
    return p;
}

u32 pool_size(const Pool *p) {
    return p->n;
}

Arena *worker_arena(Pool *p, u32 worker) {
    assert(worker < p->n);
    Arena *a = &p->workers[worker].arena;
    if (!a->base)
        arena_init(a, 0);
    return a;
}

static void run_loop(Loop *l, u32 worker) {
    for (;;) {
        u64 begin = __atomic_fetch_add(&l->next, l->grain, __ATOMIC_RELAXED);
        if (begin >= l->n)
            return;
        l->fn(l->arg, begin, begin + MIN(l->grain, l->n - begin), worker);
    }
}

static void *worker_main(void *arg) {
    Worker *w = arg;
    Pool *p = w->pool;
    u64 seen = 0;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->quit && (!p->open || p->generation == seen))
            pthread_cond_wait(&p->wake, &p->lock);
        if (p->quit)
            break;
        seen = p->generation;
        p->joined++;
        pthread_mutex_unlock(&p->lock);
        run_loop(&p->loop, w->id);
        pthread_mutex_lock(&p->lock);
        if (--p->joined == 0)
            pthread_cond_signal(&p->idle);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

// A system that refuses threads gets fewer of them; the loops work with any number.
static void start_threads(Pool *p) {
    while (p->started + 1 < p->n) {
        Worker *w = &p->workers[p->started + 1];
        if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
            p->n = p->started + 1;
            break;
        }
        p->started++;
    }
}

void parallel_for(Pool *p, u64 n, u64 grain, ParallelFn *fn, void *arg) {
    if (!n)
        return;
    grain = MAX(grain, 1);
    assert(!p->in_loop);
    if (p->n == 1 || n <= grain) {
        fn(arg, 0, n, 0);
        return;
    }
    start_threads(p);

    p->in_loop = true;
    pthread_mutex_lock(&p->lock);
    p->loop = (Loop){.fn = fn, .arg = arg, .n = n, .grain = grain};
    p->generation++;
    p->open = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);

    run_loop(&p->loop, 0);

    pthread_mutex_lock(&p->lock);
    p->open = false;
    while (p->joined)
        pthread_cond_wait(&p->idle, &p->lock);
    pthread_mutex_unlock(&p->lock);
    p->in_loop = false;
}

void pool_free(Pool *p) {
    pthread_mutex_lock(&p->lock);
    p->quit = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (u32 i = 1; i <= p->started; i++)
        pthread_join(p->workers[i].thread, NULL);
    for (u32 i = 0; i < p->n; i++)
        arena_free(&p->workers[i].arena);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    pthread_cond_destroy(&p->idle);
    free(p);
}
