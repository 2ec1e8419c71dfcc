// timing.c - the stopwatch behind -v and -benchmark=cpu.
#include "base/timing.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "base/diag.h"

enum { MAX_PHASES = 128 };

typedef struct {
    const char *name;
    u64 start_ns;  // wall clock
    u64 cpu_ns;    // processor time of all threads at the start
    u64 sys_ns;    // of it in the kernel
    long faults;   // page faults so far
    long peak_kib; // highest resident size so far
} Phase;

static struct {
    TimingMode mode;
    u32 n;
    Phase v[MAX_PHASES + 1]; // the last one marks the end
} timing;

static u64 clock_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static Phase phase_now(const char *name) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (Phase){
        .name = name,
        .start_ns = clock_ns(CLOCK_MONOTONIC),
        .cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID),
        .sys_ns = (u64)u.ru_stime.tv_sec * 1000000000u + (u64)u.ru_stime.tv_usec * 1000u,
        .faults = u.ru_minflt + u.ru_majflt,
        .peak_kib = u.ru_maxrss,
    };
}

void timing_init(TimingMode mode) {
    timing.mode = mode;
}

void timing_phase(const char *name) {
    diag_set_phase(name);
    if (timing.mode == TIMING_OFF || timing.n == MAX_PHASES)
        return;
    timing.v[timing.n++] = phase_now(name);
}

static void print_row(const char *name, const Phase *from, const Phase *to, u64 total) {
    u64 ns = to->start_ns - from->start_ns;
    printf("%-24s %10.3f %6.1f%% %10.3f %10.3f %8ld %10ld\n", name, (double)ns / 1e6,
           100.0 * (double)ns / (double)total, (double)(to->cpu_ns - from->cpu_ns) / 1e6,
           (double)(to->sys_ns - from->sys_ns) / 1e6, to->faults - from->faults, to->peak_kib);
}

void timing_report(void) {
    if (timing.mode == TIMING_OFF || !timing.n)
        return;
    const Phase *first = timing.v, *end = &timing.v[timing.n];
    timing.v[timing.n] = phase_now(NULL);
    u64 total = MAX(end->start_ns - first->start_ns, 1);
    printf("%-24s %10s %7s %10s %10s %8s %10s\n", "phase", "ms", "share", "cpu ms", "kernel ms", "faults",
           "peak KiB");
    for (const Phase *p = first; p < end; p++)
        print_row(p->name, p, p + 1, total);
    print_row("total", first, end, total);
    fflush(stdout);
}
