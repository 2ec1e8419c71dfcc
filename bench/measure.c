// measure.c - runs commands in turn and compares their time and memory.
//
// usage: measure [-n runs] [-w warm-ups] [-t] [-k] -- NAME COMMAND [ARG...] [-- NAME COMMAND [ARG...]]...
//
// WHAT  Every round runs each command once, in the order given: A B C, A B C, ... A machine that is busy or hot for a
//       while slows all of them down; the ratio of two runs of one round is therefore steadier than the ratio of two
//       averages, and the ratio printed is the median of those. -t prints numbers for scripts, one command a line:
//       name, wall, ratio of wall, user + system time, peak of resident memory, ratio, peak of anonymous memory,
//       ratio. Seconds and KiB; a ratio says how many times more the first command takes. -k keeps going when a
//       command fails.
// HOW   Time and peak resident memory are the kernel's own figures for the child (wait4). The peak of anonymous memory
//       - what cannot be dropped or written back to a file, and so what a machine runs out of - is nowhere kept by the
//       kernel: rounds of their own, not timed, read RssAnon in /proc/PID/status five thousand times a second.
//       Resident memory counts the pages of mapped files too; they are shared with the page cache.
// REF   getrusage(2), proc(5).
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_COMMANDS = 8, MAX_RUNS = 200, MEMORY_RUNS = 3, SAMPLE_NS = 200 * 1000 };

typedef struct {
    const char *name;
    char **argv;
    double wall[MAX_RUNS], cpu[MAX_RUNS], rss[MAX_RUNS]; // seconds, seconds, KiB
    double anon[MEMORY_RUNS];                            // KiB
} Command;

static Command commands[MAX_COMMANDS];
static int ncommands;
static bool keep_going;

static void die(const char *what, const char *name) {
    fprintf(stderr, "measure: %s: %s\n", what, name);
    exit(2);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t) {
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

// What the command prints goes to standard error, so that standard output is the report. vfork: the child's peak of
// resident memory must not contain this process.
static pid_t start(const Command *c) {
    pid_t pid = vfork();
    if (pid < 0)
        die("cannot start a process", strerror(errno));
    if (pid == 0) {
        dup2(2, 1);
        execvp(c->argv[0], c->argv);
        _exit(127);
    }
    return pid;
}

static void check(const Command *c, int status) {
    if (keep_going || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return;
    die(WIFSIGNALED(status) ? "killed by a signal" : "failed", c->name);
}

static void run_timed(Command *c, int i) {
    struct rusage u;
    int status;
    double t = now();
    pid_t pid = start(c);
    while (wait4(pid, &status, 0, &u) < 0)
        if (errno != EINTR)
            die("wait", c->name);
    c->wall[i] = now() - t;
    c->cpu[i] = seconds(u.ru_utime) + seconds(u.ru_stime);
    c->rss[i] = (double)u.ru_maxrss;
    check(c, status);
}

// KiB of anonymous memory now, or 0 when the process has ended.
static double read_anon(int fd) {
    char text[4096];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return 0;
    text[n] = 0;
    const char *p = strstr(text, "RssAnon:");
    return p ? strtod(p + 8, NULL) : 0;
}

static void run_sampled(Command *c, int i) {
    char path[64];
    int status = 0;
    pid_t pid = start(c);
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    double peak = 0;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        double anon = fd >= 0 ? read_anon(fd) : 0;
        if (anon > peak)
            peak = anon;
        nanosleep(&(struct timespec){.tv_nsec = SAMPLE_NS}, NULL);
    }
    if (fd >= 0)
        close(fd);
    c->anon[i] = peak;
    check(c, status);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *v, int n) {
    double sorted[MAX_RUNS];
    memcpy(sorted, v, (size_t)n * sizeof *v);
    qsort(sorted, (size_t)n, sizeof *sorted, compare);
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

// The median over the rounds of what the first command took for each unit that c took.
static double ratio(const double *first, const double *v, int n) {
    double r[MAX_RUNS];
    for (int i = 0; i < n; i++)
        r[i] = v[i] > 0 ? first[i] / v[i] : 0;
    return median(r, n);
}

static void report(int runs, bool for_scripts) {
    const Command *a = &commands[0];
    if (!for_scripts)
        printf("%-10s %10s %7s %10s %12s %7s %12s %7s\n", "", "wall ms", "ratio", "cpu ms", "resident MB", "ratio",
               "anonymous MB", "ratio");
    for (int k = 0; k < ncommands; k++) {
        const Command *c = &commands[k];
        double wall = median(c->wall, runs), cpu = median(c->cpu, runs), rss = median(c->rss, runs);
        double anon = median(c->anon, MEMORY_RUNS);
        double rwall = ratio(a->wall, c->wall, runs), rrss = ratio(a->rss, c->rss, runs);
        double ranon = ratio(a->anon, c->anon, MEMORY_RUNS);
        if (for_scripts)
            printf("%s\t%.6f\t%.3f\t%.6f\t%.0f\t%.3f\t%.0f\t%.3f\n", c->name, wall, rwall, cpu, rss, rrss, anon, ranon);
        else
            printf("%-10s %10.1f %7.2f %10.1f %12.1f %7.2f %12.1f %7.2f\n", c->name, wall * 1e3, rwall, cpu * 1e3,
                   rss / 1024, rrss, anon / 1024, ranon);
    }
}

// Splits what follows the options at each "--".
static void parse_commands(char **argv) {
    while (*argv) {
        if (strcmp(*argv, "--") != 0)
            die("expected -- before", *argv);
        *argv++ = NULL;
        if (!argv[0] || !argv[1])
            die("usage", "measure [options] -- NAME COMMAND [ARG...] ...");
        if (ncommands == MAX_COMMANDS)
            die("too many commands", argv[0]);
        commands[ncommands++] = (Command){.name = argv[0], .argv = argv + 1};
        while (*argv && strcmp(*argv, "--") != 0)
            argv++;
    }
}

int main(int argc, char **argv) {
    int runs = 5, warm = 1, opt;
    bool for_scripts = false;
    while ((opt = getopt(argc, argv, "+n:w:tk")) != -1) {
        switch (opt) {
        case 'n': runs = atoi(optarg); break;
        case 'w': warm = atoi(optarg); break;
        case 't': for_scripts = true; break;
        case 'k': keep_going = true; break;
        default: return 2;
        }
    }
    if (runs < 1 || runs > MAX_RUNS)
        die("the number of runs is not between 1 and 200", "-n");
    // getopt steps over the "--" that ends the options.
    parse_commands(argv + optind - (optind > 1 && !strcmp(argv[optind - 1], "--")));
    if (ncommands == 0)
        die("usage", "measure [-n runs] [-w warm-ups] [-t] [-k] -- NAME COMMAND [ARG...] [-- NAME COMMAND...]");

    for (int i = 0; i < warm; i++)
        for (int k = 0; k < ncommands; k++)
            run_timed(&commands[k], 0);
    for (int i = 0; i < runs; i++)
        for (int k = 0; k < ncommands; k++)
            run_timed(&commands[k], i);
    for (int i = 0; i < MEMORY_RUNS; i++)
        for (int k = 0; k < ncommands; k++)
            run_sampled(&commands[k], i);
    report(runs, for_scripts);
    return 0;
}
