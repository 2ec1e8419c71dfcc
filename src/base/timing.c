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
    long peak_kib; // highest resident size up to the end of the phase
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

static long peak_kib(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

void timing_init(TimingMode mode) {
    timing.mode = mode;
}

void timing_phase(const char *name) {
    diag_set_phase(name);
    if (timing.mode == TIMING_OFF || timing.n == MAX_PHASES)
        return;
    if (timing.n)
        timing.v[timing.n - 1].peak_kib = peak_kib();
    timing.v[timing.n++] = (Phase){
        .name = name,
        .start_ns = clock_ns(CLOCK_MONOTONIC),
        .cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID),
    };
}

void timing_report(void) {
    if (timing.mode == TIMING_OFF || !timing.n)
        return;
    Phase *end = &timing.v[timing.n];
    *end = (Phase){.start_ns = clock_ns(CLOCK_MONOTONIC), .cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID)};
    timing.v[timing.n - 1].peak_kib = peak_kib();
    u64 total = MAX(end->start_ns - timing.v[0].start_ns, 1);
    printf("%-24s %10s %7s %10s %12s\n", "phase", "ms", "share", "cpu ms", "peak KiB");
    for (const Phase *p = timing.v; p < end; p++) {
        u64 ns = p[1].start_ns - p->start_ns;
        printf("%-24s %10.3f %6.1f%% %10.3f %12ld\n", p->name, (double)ns / 1e6,
               100.0 * (double)ns / (double)total, (double)(p[1].cpu_ns - p->cpu_ns) / 1e6, p->peak_kib);
    }
    printf("%-24s %10.3f %6.1f%% %10.3f %12ld\n", "total", (double)total / 1e6, 100.0,
           (double)(end->cpu_ns - timing.v[0].cpu_ns) / 1e6, end[-1].peak_kib);
    fflush(stdout);
}
