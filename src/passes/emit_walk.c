// emit_walk.c - one walk over the inputs: which thread makes which piece, and who compresses, when.
//
// WHAT  The walk makes code, data and debugging information object by object, so that each part of an object is
//       mapped once. Debugging information goes into streams (dwarf_compress.c), each of which is compressed by one
//       thread at a time. The rest of the plan has no order.
// HOW   A thread that is free takes the first of these that there is:
//
//         1. a stream that has a block of bytes and no other thread on it: packing empties the rings, and the
//            longest stream, which no second thread can help with, gets on as early as possible
//         2. the next item of the walk, if there is room for it
//         3. an item of the rest: this keeps all threads busy when rings are full, and at the end
//
//       If there is none it waits until somebody has made or packed something. Which thread does what depends on
//       time; what is made does not, as every item has its place and every stream its order.
// RULES The lock guards the position in the plan and what dwarf.h says; items are made without it.
#include <pthread.h>

#include "base/file.h"
#include "passes/emit.h"

typedef struct {
    Program *p;
    const EmitPlan *plan;
    pthread_mutex_t lock;
    pthread_cond_t news; // something has been made or packed
    u32 walk, rest;      // next items; this and below under lock
    u32 waiting;         // threads
} Walk;

// What a thread does next. Both NULL: nothing is left.
typedef struct {
    DwStream *stream;
    const EmitItem *item;
} Turn;

// Under lock, which is given up while it waits.
static Turn next_turn(Walk *w) {
    const EmitPlan *plan = w->plan;
    for (;;) {
        DwStream *stream = dwarf_claim(w->p);
        if (stream)
            return (Turn){.stream = stream};
        if (w->walk < plan->walk.n) {
            const EmitItem *item = &plan->walk.v[w->walk];
            if (!item->dwarf || dwarf_reserve(w->p, item->dwarf)) {
                w->walk++;
                return (Turn){.item = item};
            }
        }
        if (w->rest < plan->rest.n)
            return (Turn){.item = &plan->rest.v[w->rest++]};
        if (w->walk == plan->walk.n && dwarf_all_packed(w->p))
            return (Turn){0};
        w->waiting++;
        pthread_cond_wait(&w->news, &w->lock);
        w->waiting--;
    }
}

static void make_item(const Walk *w, const EmitItem *item, Arena *scratch) {
    if (item->dwarf)
        dwarf_make(w->p, item->dwarf, scratch);
    else
        emit_item(w->p, w->plan, item, scratch);
    file_trim();
}

// One index is one thread's part in the whole; a thread that comes late finds nothing left.
static void take_turns(void *arg, u64 begin, u64 end, u32 worker) {
    (void)begin, (void)end;
    Walk *w = arg;
    Arena *scratch = worker_arena(w->p->pool, worker);
    pthread_mutex_lock(&w->lock);
    for (;;) {
        Turn t = next_turn(w);
        if (!t.stream && !t.item)
            break;
        pthread_mutex_unlock(&w->lock);
        if (t.stream)
            dwarf_pack(t.stream, scratch);
        else
            make_item(w, t.item, scratch);
        pthread_mutex_lock(&w->lock);
        if (t.stream)
            dwarf_release(t.stream);
        else if (t.item->dwarf)
            dwarf_commit(w->p, t.item->dwarf);
        if (w->waiting)
            pthread_cond_broadcast(&w->news);
    }
    pthread_mutex_unlock(&w->lock);
}

void emit_all(Program *p, const EmitPlan *plan) {
    Walk w = {.p = p, .plan = plan};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.news, NULL);
    parallel_for(p->pool, pool_size(p->pool), 1, take_turns, &w);
    pthread_cond_destroy(&w.news);
    pthread_mutex_destroy(&w.lock);
}
