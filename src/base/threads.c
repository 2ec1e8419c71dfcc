// threads.c - the pool behind parallel_for and parallel_tasks.
//
// A loop is put on a list under the lock; sleeping threads wake, join the loop with the fewest helpers, and
// take index ranges from its atomic counter until none is left. The caller works too. When the caller runs
// out of ranges it takes the loop off the list, so that a thread that wakes late finds nothing to join, and
// waits for those that did join. Short loops therefore never wait for a thread that the scheduler has not got
// round to.
//
// Tasks are a loop as well, whose body changes the thread's lane. The list holds more than one loop only
// while tasks run. Who waits for the end of a loop does not help with another in the meantime: it would
// return late from a short loop.
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/diag.h"

// What the loops of one task share. Lane 0 is the program's main line, and that of the first task.
typedef struct {
    u32 owner;     // thread that runs the task
    Arena *arenas; // by number of the worker in this lane; each is reserved when first asked for
} Lane;

typedef struct Loop {
    ParallelFn *fn;
    void *arg;
    u64 n;
    u64 grain;
    u64 next;          // first index that nobody has taken; atomic
    Lane *lane;        // of the caller
    bool is_tasks;     // the bodies are tasks
    u32 joined;        // threads inside the loop, the caller not counted; this and below under lock
    struct Loop *link; // next open loop
} Loop;

typedef struct {
    Pool *pool;
    u32 id;
    pthread_t thread;
} Worker;

struct Pool {
    u32 n;       // threads, the first caller is number 0
    u32 asked;   // the same before the system refused some
    u32 started; // threads running, besides the caller
    void (*between)(void);
    pthread_mutex_t lock;
    pthread_cond_t wake; // a loop was opened, all tasks have ended, or quit
    pthread_cond_t idle; // some loop's `joined` fell to 0
    Loop *open;          // loops that may be joined; this and below under lock
    bool quit;
    Lane lanes[MAX_TASKS];
    Worker workers[];
};

// The calling thread.
static _Thread_local struct {
    u32 id;
    Lane *lane;   // NULL: lane 0
    bool in_body; // guards against nested loops
} self;

static u32 available_cpus(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return (u32)MAX(CPU_COUNT(&set), 1);
}

Pool *pool_new(u32 n, void (*between)(void)) {
    if (!n)
        n = available_cpus();
    Pool *p = calloc(1, sizeof(Pool) + n * sizeof(Worker));
    Arena *arenas = calloc((size_t)n * MAX_TASKS, sizeof(Arena));
    if (!p || !arenas)
        fatal("out of memory: cannot make a pool of %u threads", n);
    p->n = p->asked = n;
    p->between = between;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    pthread_cond_init(&p->idle, NULL);
    for (u32 i = 0; i < n; i++) {
        p->workers[i].pool = p;
        p->workers[i].id = i;
    }
    for (u32 i = 0; i < MAX_TASKS; i++)
        p->lanes[i].arenas = arenas + (size_t)i * n;
    return p;
}

u32 pool_size(const Pool *p) {
    return p->n;
}

static Lane *current_lane(Pool *p) {
    return self.lane ? self.lane : &p->lanes[0];
}

Arena *worker_arena(Pool *p, u32 worker) {
    assert(worker < p->n);
    Arena *a = &current_lane(p)->arenas[worker];
    if (!a->base)
        arena_init(a, 0);
    return a;
}

// The calling thread's number in the lane: 0 for the owner, which changes places with thread 0.
static u32 number_in(const Lane *lane) {
    return self.id == lane->owner ? 0 : self.id == 0 ? lane->owner : self.id;
}

static void run_loop(const Pool *p, Loop *l) {
    Lane *lane = self.lane;
    self.lane = l->lane;
    self.in_body = true;
    u32 worker = number_in(l->lane);
    for (;;) {
        u64 begin = __atomic_fetch_add(&l->next, l->grain, __ATOMIC_RELAXED);
        if (begin >= l->n)
            break;
        l->fn(l->arg, begin, begin + MIN(l->grain, l->n - begin), worker);
        if (p->between && !l->is_tasks)
            p->between();
    }
    self.in_body = false;
    self.lane = lane;
}

// The loop that needs help most: a task that nobody has begun, then the loop with the fewest helpers. NULL:
// none.
static Loop *pick_loop(const Pool *p) {
    Loop *best = NULL;
    for (Loop *l = p->open; l; l = l->link) {
        if (__atomic_load_n(&l->next, __ATOMIC_RELAXED) >= l->n)
            continue;
        if (l->is_tasks)
            return l;
        if (!best || l->joined < best->joined)
            best = l;
    }
    return best;
}

// Under lock, which is given up in the meantime.
static void join_loop(Pool *p, Loop *l) {
    l->joined++;
    pthread_mutex_unlock(&p->lock);
    run_loop(p, l);
    pthread_mutex_lock(&p->lock);
    if (--l->joined == 0)
        pthread_cond_broadcast(l->is_tasks ? &p->wake : &p->idle);
}

static void *worker_main(void *arg) {
    Worker *w = arg;
    Pool *p = w->pool;
    self.id = w->id;
    pthread_mutex_lock(&p->lock);
    while (!p->quit) {
        Loop *l = pick_loop(p);
        if (l)
            join_loop(p, l);
        else
            pthread_cond_wait(&p->wake, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

// A system that refuses threads gets fewer of them; the loops work with any number. Never called while tasks
// run.
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

static void open_loop(Pool *p, Loop *l) {
    pthread_mutex_lock(&p->lock);
    l->link = p->open;
    p->open = l;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

// Under lock.
static void close_loop(Pool *p, Loop *l) {
    Loop **at = &p->open;
    while (*at != l)
        at = &(*at)->link;
    *at = l->link;
}

void parallel_for(Pool *p, u64 n, u64 grain, ParallelFn *fn, void *arg) {
    if (!n)
        return;
    assert(!self.in_body);
    Loop l = {.fn = fn, .arg = arg, .n = n, .grain = MAX(grain, 1), .lane = current_lane(p)};
    if (p->n == 1 || n <= l.grain) {
        l.grain = n;
        run_loop(p, &l);
        return;
    }
    if (!self.lane)
        start_threads(p);
    open_loop(p, &l);
    run_loop(p, &l);
    pthread_mutex_lock(&p->lock);
    close_loop(p, &l);
    while (l.joined)
        pthread_cond_wait(&p->idle, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

// ---- tasks -----------------------------------------------------------------------------------------------------------

typedef struct {
    Pool *pool;
    const Task *tasks;
} TaskList;

static void run_task(Pool *p, const Task *t, u32 i) {
    Lane *lane = self.lane;
    bool in_body = self.in_body;
    self.lane = &p->lanes[i];
    if (i) // lane 0 is thread 0's for ever
        self.lane->owner = self.id;
    self.in_body = false;
    t->fn(t->arg);
    self.lane = lane;
    self.in_body = in_body;
}

// All tasks but the first.
static void run_tasks(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    TaskList *list = arg;
    for (u64 i = begin; i < end; i++)
        run_task(list->pool, &list->tasks[i + 1], (u32)i + 1);
}

void parallel_tasks(Pool *p, const Task *tasks, u32 n) {
    assert(n <= MAX_TASKS && self.id == 0 && !self.lane && !self.in_body);
    if (!n)
        return;
    TaskList list = {p, tasks};
    Loop l = {.fn = run_tasks, .arg = &list, .n = n - 1, .grain = 1, .lane = &p->lanes[0], .is_tasks = true};
    if (p->n > 1 && n > 1)
        start_threads(p);
    open_loop(p, &l);
    run_task(p, &tasks[0], 0);
    run_loop(p, &l);
    pthread_mutex_lock(&p->lock);
    while (l.joined) {
        Loop *other = pick_loop(p);
        if (other)
            join_loop(p, other);
        else
            pthread_cond_wait(&p->wake, &p->lock);
    }
    close_loop(p, &l);
    pthread_mutex_unlock(&p->lock);
}

void pool_free(Pool *p) {
    pthread_mutex_lock(&p->lock);
    p->quit = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (u32 i = 1; i <= p->started; i++)
        pthread_join(p->workers[i].thread, NULL);
    for (u32 i = 0; i < p->asked * MAX_TASKS; i++)
        arena_free(&p->lanes[0].arenas[i]);
    free(p->lanes[0].arenas);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    pthread_cond_destroy(&p->idle);
    free(p);
}
