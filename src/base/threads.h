// threads.h - one small pool of threads and parallel_for.
//
// RULES Only passes call parallel_for, never from inside a loop body. A body may write its slot out[i], its
//       own arena (worker_arena), its byte range of the output, or an atomic OR/max/add on a flags word;
//       all else is read-only while the loop runs. Results are merged in index order, so that output and
//       diagnostics do not depend on the number of threads.
#pragma once

#include "base/arena.h"

typedef struct Pool Pool;

// Called for index ranges [begin, end); `worker` is 0..pool_size-1 and names the thread's own resources.
typedef void ParallelFn(void *arg, u64 begin, u64 end, u32 worker);

// A pool of n threads, the caller included (0: one per available CPU). Threads start with the first loop.
Pool *pool_new(u32 n);

u32 pool_size(const Pool *p);

// A scratch arena of the worker's own; its contents live until pool_free (callers mark and release), and it
// may be filled in one loop and read after it.
Arena *worker_arena(Pool *p, u32 worker);

// Calls fn over [0, n) in pieces of at most `grain` indexes, handed out in ascending order; returns when
// all are done. With one thread (or n <= grain) it is a plain call.
void parallel_for(Pool *p, u64 n, u64 grain, ParallelFn *fn, void *arg);

// Joins the threads and frees the arenas. The process may as well exit without it.
void pool_free(Pool *p);
