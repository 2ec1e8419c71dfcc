// processes.c - processes: fork, exec, wait, identities, limits.
//
// A child that is itself a macOS program has to run through machorun: execve looks at the first bytes of the file, and if
// they are those of a Mach-O file it runs the command that shim_start was given, followed by the program and its
// arguments. Everything else is Linux's own business, so that /bin/sh and the like work.
// The status of a child has the same layout on both systems, with the number of a signal in it.
// RULES Go calls fork, and in the child what it needs up to execve, without locks and memory: so do these functions.
// REF   Rusage, Rlimit: syscall/ztypes_darwin_*.go; RLIMIT_: xnu/bsd/sys/resource.h; struct mach_header_64: mach-o/loader.h.
#include "machorun/shim/darwin.h"
#include "machorun/shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

PASS0(getegid)
PASS0(geteuid)
PASS0(getgid)
PASS2(getgroups, int, gid_t *)
PASS1(getpgid, pid_t)
PASS0(getpgrp)
PASS0(getpid)
PASS0(getppid)
PASS1(getsid, pid_t)
PASS0(getuid)
PASS1(setegid, gid_t)
PASS1(seteuid, uid_t)
PASS1(setgid, gid_t)
PASS2(setpgid, pid_t, pid_t)
PASS2(setregid, gid_t, gid_t)
PASS2(setreuid, uid_t, uid_t)
PASS0(setsid)
PASS1(setuid, uid_t)

static pid_t ending; // the thread that ends the process

static long shim_fork(void) {
    pid_t pid = fork();
    if (pid == 0) {
        kqueue_leave();
        ending = 0;
    }
    return result(pid);
}

static long shim_setgroups(int n, const gid_t *groups) {
    return result(setgroups((size_t)n, groups));
}

// Only the flag that the file is set-uid or set-gid; a program run by machorun is not.
static long shim_issetugid(void) {
    return 0;
}

// PRIO_PROCESS, PRIO_PGRP, PRIO_USER are the same. A priority may be -1, so errno alone tells of an error.
static long shim_getpriority(int which, id_t who) {
    errno = 0;
    int r = getpriority((__priority_which_t)which, who);
    return errno ? result(-1) : r;
}

static long shim_setpriority(int which, id_t who, int priority) {
    return result(setpriority((__priority_which_t)which, who, priority));
}

static void shim__exit(int status) {
    _exit(status);
}

// Go ends with this one too (syscall.Exit); C programs have functions to run and streams to write out. The first thread
// that calls it ends the process; the C library does not want a second one.
static void shim_exit(int status) {
    pid_t nobody = 0, self = gettid();
    if (!__atomic_compare_exchange_n(&ending, &nobody, self, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        while (nobody != self) // a function that runs at the end may come here again
            pause();
    exit(status);
}

// ---- exec -----------------------------------------------------------------------------------------------------------

typedef struct {
    u32 magic, cpu_type;
} MachoStart;

#ifdef __aarch64__
enum { CPU_TYPE = 0x0100000c };
#else
enum { CPU_TYPE = 0x01000007 };
#endif

static MachoStart file_start(const char *path) {
    MachoStart s = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return s;
    if (read(fd, &s, sizeof s) != sizeof s)
        s.magic = 0;
    close(fd);
    return s;
}

static size_t count_words(const char *const *words) {
    size_t n = 0;
    while (words[n])
        n++;
    return n;
}

// Runs: machorun [options] [-argv0=NAME] path arguments. The words are put together in a mapping, which goes away with
// the process image.
static long exec_macho(const char *path, char *const argv[], char *const envp[]) {
    const char *const *command = shim_process->machorun;
    size_t n_command = count_words(command), n_args = count_words((const char *const *)argv);
    size_t name_size = sizeof "-argv0=" + (n_args ? strlen(argv[0]) : 0);
    size_t size = (n_command + n_args + 3) * sizeof(char *) + name_size;
    const char **words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED)
        return result(-1);
    size_t n = 0;
    for (; n < n_command; n++)
        words[n] = command[n];
    if (n_args && strcmp(argv[0], path) != 0) {
        char *name = (char *)&words[n_command + n_args + 3];
        memcpy(name, "-argv0=", 7);
        memcpy(name + 7, argv[0], strlen(argv[0]) + 1);
        words[n++] = name;
    }
    words[n++] = path;
    for (size_t i = 1; i < n_args; i++)
        words[n++] = argv[i];
    long r = result(execve(words[0], (char *const *)words, envp));
    munmap(words, size);
    return r;
}

static long shim_execve(const char *path, char *const argv[], char *const envp[]) {
    MachoStart s = file_start(path);
    if (s.magic != 0xfeedfacf || access(path, X_OK) != 0)
        return result(execve(path, argv, envp));
    return s.cpu_type == CPU_TYPE ? exec_macho(path, argv, envp) : fail(DARWIN_EBADARCH);
}

// ---- wait -----------------------------------------------------------------------------------------------------------

typedef struct {
    DarwinTimeval user, system;
    i64 counts[14]; // ru_maxrss to ru_nivcsw, in Linux's order too
} DarwinRusage;

static void rusage_show(DarwinRusage *d, const struct rusage *l) {
    d->user = darwin_timeval(l->ru_utime);
    d->system = darwin_timeval(l->ru_stime);
    memcpy(d->counts, &l->ru_maxrss, sizeof d->counts);
    d->counts[0] *= 1024; // bytes on Darwin, KiB on Linux
}

static long shim_getrusage(int who, DarwinRusage *out) {
    struct rusage r;
    if (getrusage(who, &r) != 0)
        return result(-1);
    rusage_show(out, &r);
    return 0;
}

static int darwin_status(int status) {
    if (WIFSIGNALED(status))
        return (status & ~0x7f) | darwin_signal(WTERMSIG(status));
    if (WIFSTOPPED(status))
        return darwin_signal(WSTOPSIG(status)) << 8 | 0x7f;
    if (WIFCONTINUED(status))
        return 0x13 << 8 | 0x7f; // Darwin tells of it as of a stop by SIGCONT
    return status;
}

static long shim_wait4(pid_t pid, int *status, int options, DarwinRusage *usage) {
    struct rusage r;
    int s;
    int linux_options =
        (options & 1 ? WNOHANG : 0) | (options & 2 ? WUNTRACED : 0) | (options & 0x10 ? WCONTINUED : 0);
    long got = result(wait4(pid, &s, linux_options, &r));
    if (got <= 0)
        return got;
    if (status)
        *status = darwin_status(s);
    if (usage)
        rusage_show(usage, &r);
    return got;
}

static long shim_waitpid(pid_t pid, int *status, int options) {
    return shim_wait4(pid, status, options, NULL);
}

// ---- limits ---------------------------------------------------------------------------------------------------------

// CPU, FSIZE, DATA, STACK and CORE are 0 to 4 on both systems.
static int linux_resource(int darwin) {
    static const int above[] = {
        [5] = RLIMIT_AS, [6] = RLIMIT_MEMLOCK, [7] = RLIMIT_NPROC, [8] = RLIMIT_NOFILE};
    darwin &= ~0x1000; // _RLIMIT_POSIX_FLAG, which C programs add
    if (darwin >= 0 && darwin < 5)
        return darwin;
    return darwin >= 5 && darwin < (int)COUNT_OF(above) ? above[darwin] : -1;
}

typedef struct {
    u64 current, maximum;
} DarwinRlimit;

static const u64 DARWIN_INFINITY = INT64_MAX;

static long shim_getrlimit(int resource, DarwinRlimit *out) {
    struct rlimit l;
    if (getrlimit((__rlimit_resource_t)linux_resource(resource), &l) != 0)
        return result(-1);
    out->current = MIN(l.rlim_cur, DARWIN_INFINITY);
    out->maximum = MIN(l.rlim_max, DARWIN_INFINITY);
    return 0;
}

static long shim_setrlimit(int resource, const DarwinRlimit *in) {
    struct rlimit l = {
        .rlim_cur = in->current >= DARWIN_INFINITY ? RLIM_INFINITY : in->current,
        .rlim_max = in->maximum >= DARWIN_INFINITY ? RLIM_INFINITY : in->maximum,
    };
    return result(setrlimit((__rlimit_resource_t)linux_resource(resource), &l));
}

// The size of the table of descriptors.
PASS0(getdtablesize)

// ---- ptrace ---------------------------------------------------------------------------------------------------------

// What the os and syscall packages use: a child that asks to be traced, attach and detach.
static long shim_ptrace(int request, pid_t pid, void *addr, int data) {
    switch (request) {
    case 0: return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    case 7: return result(ptrace(PTRACE_CONT, pid, NULL, (void *)(i64)linux_signal(data)));
    case 8: return result(ptrace(PTRACE_KILL, pid, NULL, NULL));
    case 10: return result(ptrace(PTRACE_ATTACH, pid, NULL, NULL));
    case 11: return result(ptrace(PTRACE_DETACH, pid, NULL, (void *)(i64)linux_signal(data)));
    default: (void)addr; return fail(DARWIN_ENOTSUP);
    }
}

const Export exports_processes[] = {
    EXPORT(_exit),       EXPORT(execve),   EXPORT(exit),     EXPORT(fork),        EXPORT(getdtablesize),
    EXPORT(getegid),     EXPORT(geteuid),  EXPORT(getgid),   EXPORT(getgroups),   EXPORT(getpgid),
    EXPORT(getpgrp),     EXPORT(getpid),   EXPORT(getppid),  EXPORT(getpriority), EXPORT(getrlimit),
    EXPORT(getrusage),   EXPORT(getsid),   EXPORT(getuid),   EXPORT(issetugid),   EXPORT(ptrace),
    EXPORT(setegid),     EXPORT(seteuid),  EXPORT(setgid),   EXPORT(setgroups),   EXPORT(setpgid),
    EXPORT(setpriority), EXPORT(setregid), EXPORT(setreuid), EXPORT(setrlimit),   EXPORT(setsid),
    EXPORT(setuid),      EXPORT(wait4),    EXPORT(waitpid),  EXPORTS_END,
};
