// clocks.c - the time, sleeping, interval timers.
//
// mach_absolute_time counts ticks; mach_timebase_info says how many nanoseconds a tick is: here one, as on Intel Macs
// (a Mac with Apple's processor says 125/3). A struct timeval of Darwin has microseconds of 32 bits.
// REF   CLOCK_: xnu/libsyscall/wrappers (time.h of macOS); Timeval: syscall/ztypes_darwin_*.go; ITIMER_ are the same.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <unistd.h>

DarwinTimeval darwin_timeval(struct timeval t) {
    return (DarwinTimeval){.sec = t.tv_sec, .usec = (i32)t.tv_usec};
}

struct timeval linux_timeval(const DarwinTimeval *t) {
    return (struct timeval){.tv_sec = t->sec, .tv_usec = t->usec};
}

static long shim_clock_gettime(int darwin_clock, struct timespec *out) {
    clockid_t c;
    switch (darwin_clock) {
    case 0: c = CLOCK_REALTIME; break;
    case 4: // MONOTONIC_RAW: goes on while the machine sleeps, unlike
    case 5: c = CLOCK_BOOTTIME; break;
    case 6: c = CLOCK_BOOTTIME; break;  // MONOTONIC
    case 8:                             // UPTIME_RAW and
    case 9: c = CLOCK_MONOTONIC; break; // UPTIME_RAW_APPROX
    case 12: c = CLOCK_PROCESS_CPUTIME_ID; break;
    case 16: c = CLOCK_THREAD_CPUTIME_ID; break;
    default: return fail(DARWIN_EINVAL);
    }
    return result(clock_gettime(c, out));
}

static u64 shim_mach_absolute_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

typedef struct {
    u32 numer, denom; // nanoseconds = ticks * numer / denom
} DarwinTimebase;

static long shim_mach_timebase_info(DarwinTimebase *out) {
    *out = (DarwinTimebase){1, 1};
    return 0;
}

static long shim_gettimeofday(DarwinTimeval *out, void *zone) {
    (void)zone; // obsolete on both systems
    struct timeval t;
    gettimeofday(&t, NULL);
    if (out)
        *out = darwin_timeval(t);
    return 0;
}

static long shim_settimeofday(const DarwinTimeval *in, void *zone) {
    (void)zone;
    struct timeval t = linux_timeval(in);
    return result(settimeofday(&t, NULL));
}

static long shim_usleep(u32 usec) {
    struct timespec t = {usec / 1000000, (long)(usec % 1000000) * 1000};
    return result(nanosleep(&t, NULL));
}

PASS2(nanosleep, const struct timespec *, struct timespec *)

typedef struct {
    DarwinTimeval interval, value;
} DarwinItimerval;

static long shim_setitimer(int which, const DarwinItimerval *new, DarwinItimerval *old) {
    struct itimerval n, o;
    if (new)
        n = (struct itimerval){linux_timeval(&new->interval), linux_timeval(&new->value)};
    if (setitimer((__itimer_which_t)which, new ? &n : NULL, &o) != 0)
        return result(-1);
    if (old)
        *old = (DarwinItimerval){darwin_timeval(o.it_interval), darwin_timeval(o.it_value)};
    return 0;
}

const Export exports_clocks[] = {
    EXPORT(clock_gettime),      EXPORT(gettimeofday), EXPORT(mach_absolute_time),
    EXPORT(mach_timebase_info), EXPORT(nanosleep),    EXPORT(setitimer),
    EXPORT(settimeofday),       EXPORT(usleep),       EXPORTS_END,
};
