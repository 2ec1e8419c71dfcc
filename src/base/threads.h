// threads.h - one small pool of threads, parallel_for, and lanes: passes side by side.
//
// LOOP  parallel_for spreads one loop over the idle threads of the pool. A body may write its slot out[i],
//       its own arena (worker_arena), its byte range of the output, or an atomic OR/max/add on a flags word;
//       all else is read-only while the loop runs. It starts no loop itself. Results are merged in index
//       order, so that output and diagnostics do not depend on the number of threads.
// LANE  parallel_tasks runs a few functions side by side, each on a thread of its own where there is one,
//       and each may call parallel_for as if it were alone. A thread that has no task left helps with the
//       loops of the others, so a long task gets all threads in the end. What a task does counts as one lane,
//       which has its own numbering of workers and its own set of worker arenas: in a lane, worker 0 is the
//       thread that runs the task, and marks on the lane's arenas are never in the way of another lane. So a
//       pass written for parallel_for alone runs in a lane unchanged, provided that it shares nothing that
//       is written with the passes beside it: Program.arena first of all.
#pragma once

#include "base/arena.h"

typedef struct Pool Pool;

// Called for index ranges [begin, end); `worker` is 0..pool_size-1 and names the thread's own resources; 0 is
// the caller.
typedef void ParallelFn(void *arg, u64 begin, u64 end, u32 worker);

// A pool of n threads, the caller included (0: one per available CPU). Threads start with the first loop. `between` is
// called by each thread after each piece of a loop (NULL: nothing is).
Pool *pool_new(u32 n, void (*between)(void));

u32 pool_size(const Pool *p);

// A scratch arena of the worker's own, in the lane of the caller; its contents live until pool_free (callers
// mark and release), and it may be filled in one loop and read after it. To be called by the worker, or
// outside of loops.
Arena *worker_arena(Pool *p, u32 worker);

// Calls fn over [0, n) in pieces of at most `grain` indexes, handed out in ascending order; returns when
// all are done. With one thread (or n <= grain) it is a plain call.
void parallel_for(Pool *p, u64 n, u64 grain, ParallelFn *fn, void *arg);

typedef struct {
    void (*fn)(void *arg);
    void *arg;
} Task;

enum { MAX_TASKS = 4 };

// Runs the n <= MAX_TASKS tasks side by side and returns when all are done. The caller runs the first, in the
// lane in which it is, so what that task puts into worker arenas is where it would be without lanes; the
// contents of the other lanes' arenas live on as well. With one thread the tasks run one after another, in
// their order. No task calls parallel_tasks.
void parallel_tasks(Pool *p, const Task *tasks, u32 n);

// Joins the threads and frees the arenas. The process may as well exit without it.
void pool_free(Pool *p);
