// clocks.c - the time, sleeping, interval timers.
//
// mach_absolute_time counts ticks; mach_timebase_info says how many nanoseconds a tick is: here one, as on Intel Macs
// (a Mac with Apple's processor says 125/3). A struct timeval of Darwin has microseconds of 32 bits.
// Broken-down times (struct tm) are the same.
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

// -1: no such clock.
static clockid_t linux_clock(int darwin) {
    switch (darwin) {
    case 0: return CLOCK_REALTIME;
    case 4: // MONOTONIC_RAW, its _APPROX and MONOTONIC go on while the machine sleeps, unlike
    case 5:
    case 6: return CLOCK_BOOTTIME;
    case 8: // UPTIME_RAW and its _APPROX
    case 9: return CLOCK_MONOTONIC;
    case 12: return CLOCK_PROCESS_CPUTIME_ID;
    case 16: return CLOCK_THREAD_CPUTIME_ID;
    default: return -1;
    }
}

static long shim_clock_gettime(int clock, struct timespec *out) {
    clockid_t c = linux_clock(clock);
    return c < 0 ? fail(DARWIN_EINVAL) : result(clock_gettime(c, out));
}

static long shim_clock_getres(int clock, struct timespec *out) {
    clockid_t c = linux_clock(clock);
    return c < 0 ? fail(DARWIN_EINVAL) : result(clock_getres(c, out));
}

// In nanoseconds; 0 when there is no such clock.
static u64 shim_clock_gettime_nsec_np(int clock) {
    struct timespec t;
    return shim_clock_gettime(clock, &t) == 0 ? (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec : 0;
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
    if (!in) // only the zone would be set
        return 0;
    struct timeval t = linux_timeval(in);
    return result(settimeofday(&t, NULL));
}

// Makes the clock run faster or slower until it has caught up.
static long shim_adjtime(const DarwinTimeval *new, DarwinTimeval *old) {
    struct timeval n, o;
    if (new)
        n = linux_timeval(new);
    if (adjtime(new ? &n : NULL, &o) != 0)
        return result(-1);
    if (old)
        *old = darwin_timeval(o);
    return 0;
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
    struct itimerval o;
    if (!new) { // just tells
        if (getitimer((__itimer_which_t)which, &o) != 0)
            return result(-1);
    } else {
        struct itimerval n = {linux_timeval(&new->interval), linux_timeval(&new->value)};
        if (setitimer((__itimer_which_t)which, &n, &o) != 0)
            return result(-1);
    }
    if (old)
        *old = (DarwinItimerval){darwin_timeval(o.it_interval), darwin_timeval(o.it_value)};
    return 0;
}

static long shim_getitimer(int which, DarwinItimerval *out) {
    return shim_setitimer(which, NULL, out);
}

const Export exports_clocks[] = {
    EXPORT(adjtime),
    EXPORT(clock_getres),
    EXPORT(clock_gettime),
    EXPORT(clock_gettime_nsec_np),
    EXPORT(getitimer),
    EXPORT(gettimeofday),
    EXPORT(mach_absolute_time),
    EXPORT(mach_timebase_info),
    EXPORT(nanosleep),
    EXPORT(setitimer),
    EXPORT(settimeofday),
    EXPORT(usleep),
    {"clock", clock},
    {"difftime", difftime},
    {"gmtime", gmtime},
    {"gmtime_r", gmtime_r},
    {"localtime", localtime},
    {"localtime_r", localtime_r},
    {"mktime", mktime},
    {"sleep", sleep},
    {"strftime", strftime},
    {"time", time},
    {"timegm", timegm},
    {"tzset", tzset},
    EXPORTS_END,
};
