// signals.c - signals: numbers, actions, and what a handler gets to see.
//
// WHAT  Go's runtime lives on signals: a nil dereference is a SIGSEGV that its handler turns into a panic by changing the
//       registers of the interrupted code; a goroutine that runs too long is stopped by SIGURG, in the same way; os/signal
//       and the CPU profile (SIGPROF) as well.
// HOW   The handler of the program is remembered in a table, and the kernel calls deliver(), which lays out Darwin's
//       siginfo and ucontext from Linux's, calls the program's handler, and copies the registers back, since that is how
//       the handler changes where the code goes on. It runs on the program's alternate stack.
//       Darwin has 31 signals in a mask of 32 bits. SIGEMT and SIGINFO, which Linux lacks, take the places of SIGSTKFLT
//       and SIGPWR, which Darwin lacks, so that every signal can be sent and caught.
// RULES deliver() saves both errnos. It needs no memory but its stack; Go's alternate stacks have 32 KiB.
// REF   runtime/defs_darwin_*.go: numbers, SA_, siginfo, ucontext, mcontext64 (xnu/bsd/sys/signal.h, _types/_ucontext.h,
//       osfmk/mach/*/_structs.h); runtime/signal_darwin.go and signal_darwin_*.go say what Go makes of them.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

enum { N_SIGNALS = 32, SIGSTKFLT_AS_SIGEMT = SIGSTKFLT, SIGPWR_AS_SIGINFO = SIGPWR };

// Indexed by Darwin's number.
static const u8 linux_numbers[N_SIGNALS] = {
    [1] = SIGHUP,
    [2] = SIGINT,
    [3] = SIGQUIT,
    [4] = SIGILL,
    [5] = SIGTRAP,
    [6] = SIGABRT,
    [7] = SIGSTKFLT_AS_SIGEMT,
    [8] = SIGFPE,
    [9] = SIGKILL,
    [10] = SIGBUS,
    [11] = SIGSEGV,
    [12] = SIGSYS,
    [13] = SIGPIPE,
    [14] = SIGALRM,
    [15] = SIGTERM,
    [16] = SIGURG,
    [17] = SIGSTOP,
    [18] = SIGTSTP,
    [19] = SIGCONT,
    [20] = SIGCHLD,
    [21] = SIGTTIN,
    [22] = SIGTTOU,
    [23] = SIGIO,
    [24] = SIGXCPU,
    [25] = SIGXFSZ,
    [26] = SIGVTALRM,
    [27] = SIGPROF,
    [28] = SIGWINCH,
    [29] = SIGPWR_AS_SIGINFO,
    [30] = SIGUSR1,
    [31] = SIGUSR2,
};

int linux_signal(int darwin) {
    if (darwin == 0)
        return 0;
    return darwin > 0 && darwin < N_SIGNALS ? linux_numbers[darwin] : -1;
}

int darwin_signal(int linux_number) {
    for (int i = 1; i < N_SIGNALS; i++)
        if (linux_numbers[i] == linux_number)
            return i;
    return linux_number; // a real-time signal, which a child may end with
}

// ---- masks ----------------------------------------------------------------------------------------------------------

static u32 darwin_mask(const sigset_t *set) {
    u32 mask = 0;
    for (int i = 1; i < N_SIGNALS; i++)
        if (sigismember(set, linux_numbers[i]))
            mask |= 1u << (i - 1);
    return mask;
}

static sigset_t linux_mask(u32 mask) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 1; i < N_SIGNALS; i++)
        if (mask >> (i - 1) & 1)
            sigaddset(&set, linux_numbers[i]);
    return set;
}

// SIG_BLOCK, SIG_UNBLOCK and SIG_SETMASK are 1, 2 and 3 on Darwin, 0, 1 and 2 on Linux. Returns the error.
long signal_mask(int how, const u32 *new, u32 *old) {
    sigset_t n, o;
    if (new)
        n = linux_mask(*new);
    int r = pthread_sigmask(how - 1, new ? &n : NULL, &o);
    if (r == 0 && old)
        *old = darwin_mask(&o);
    return darwin_errno(r);
}

static long shim_sigprocmask(int how, const u32 *new, u32 *old) {
    long r = signal_mask(how, new, old);
    return r ? fail((int)r) : 0;
}

// ---- what a handler sees --------------------------------------------------------------------------------------------

typedef struct {
    i32 signo, err, code, pid;
    u32 uid;
    i32 status;
    u64 addr, value;
    i64 band;
    u64 pad[7];
} DarwinSiginfo;

typedef struct {
    void *sp;
    u64 size;
    i32 flags;
    i32 pad;
} DarwinStack;

#ifdef __x86_64__

typedef struct {
    u16 trapno, cpu;
    u32 err;
    u64 fault_addr;
    u64 rax, rbx, rcx, rdx, rdi, rsi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15, rip, rflags, cs, fs, gs;
    u8 float_state[528];
} DarwinMcontext;

static void registers_show(DarwinMcontext *d, const mcontext_t *l) {
    const greg_t *g = l->gregs;
    *d = (DarwinMcontext){
        .trapno = (u16)g[REG_TRAPNO],
        .err = (u32)g[REG_ERR],
        .fault_addr = (u64)g[REG_CR2],
        .rax = (u64)g[REG_RAX],
        .rbx = (u64)g[REG_RBX],
        .rcx = (u64)g[REG_RCX],
        .rdx = (u64)g[REG_RDX],
        .rdi = (u64)g[REG_RDI],
        .rsi = (u64)g[REG_RSI],
        .rbp = (u64)g[REG_RBP],
        .rsp = (u64)g[REG_RSP],
        .r8 = (u64)g[REG_R8],
        .r9 = (u64)g[REG_R9],
        .r10 = (u64)g[REG_R10],
        .r11 = (u64)g[REG_R11],
        .r12 = (u64)g[REG_R12],
        .r13 = (u64)g[REG_R13],
        .r14 = (u64)g[REG_R14],
        .r15 = (u64)g[REG_R15],
        .rip = (u64)g[REG_RIP],
        .rflags = (u64)g[REG_EFL],
        .cs = 0x2b, // of a process of 64 bits
    };
}

// The registers that Go's handlers change: preemption and panics put a call in, with registers of its own.
static void registers_take(const DarwinMcontext *d, mcontext_t *l) {
    const u64 values[][2] = {
        {REG_RAX, d->rax}, {REG_RBX, d->rbx}, {REG_RCX, d->rcx},    {REG_RDX, d->rdx}, {REG_RDI, d->rdi},
        {REG_RSI, d->rsi}, {REG_RBP, d->rbp}, {REG_RSP, d->rsp},    {REG_R8, d->r8},   {REG_R9, d->r9},
        {REG_R10, d->r10}, {REG_R11, d->r11}, {REG_R12, d->r12},    {REG_R13, d->r13}, {REG_R14, d->r14},
        {REG_R15, d->r15}, {REG_RIP, d->rip}, {REG_EFL, d->rflags},
    };
    for (size_t i = 0; i < COUNT_OF(values); i++)
        l->gregs[values[i][0]] = (greg_t)values[i][1];
}

#else

typedef struct {
    u64 fault_addr;
    u32 syndrome, exception;
    u64 x[29], fp, lr, sp, pc;
    u32 cpsr, pad;
    u8 neon_state[528];
} DarwinMcontext;

// Linux has x0 to x30 in one array; x29 is fp, x30 is lr.
static void registers_show(DarwinMcontext *d, const mcontext_t *l) {
    *d = (DarwinMcontext){
        .fault_addr = l->fault_address,
        .fp = l->regs[29],
        .lr = l->regs[30],
        .sp = l->sp,
        .pc = l->pc,
        .cpsr = (u32)l->pstate,
    };
    memcpy(d->x, l->regs, sizeof d->x);
}

static void registers_take(const DarwinMcontext *d, mcontext_t *l) {
    memcpy(l->regs, d->x, sizeof d->x);
    l->regs[29] = d->fp;
    l->regs[30] = d->lr;
    l->sp = d->sp;
    l->pc = d->pc;
}

#endif

typedef struct {
    i32 onstack;
    u32 mask;
    DarwinStack stack;
    void *link;
    u64 mcontext_size;
    DarwinMcontext *mcontext;
} DarwinUcontext;

static i32 darwin_stack_flags(int flags) {
    return (flags & SS_ONSTACK ? 1 : 0) | (flags & SS_DISABLE ? 4 : 0);
}

// The reasons of a signal: those for faults of memory are the same; those of arithmetic are numbered anew; a signal
// that a process sent has code 0. On amd64 Darwin gives code 0 to an access to no possible address as well, which Linux
// calls SI_KERNEL, and Go knows (fixsigcode).
static i32 darwin_code(const siginfo_t *info) {
    static const u8 fpe[] = {0, 7, 8, 1, 2, 3, 4, 5, 6}; // FPE_INTDIV, INTOVF, FLTDIV, ...
    if (info->si_signo == SIGTRAP)
        return 1; // TRAP_BRKPT, always
    if (info->si_code <= 0 || info->si_code == SI_KERNEL)
        return 0;
    if (info->si_signo == SIGFPE)
        return info->si_code < (int)COUNT_OF(fpe) ? fpe[info->si_code] : 0;
    return info->si_code;
}

static void siginfo_show(DarwinSiginfo *d, const siginfo_t *info) {
    *d = (DarwinSiginfo){.signo = darwin_signal(info->si_signo), .code = darwin_code(info)};
    bool sent = info->si_code <= 0; // by a process, also if it is a signal of faults
    switch (sent ? 0 : info->si_signo) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP: d->addr = (u64)info->si_addr; break;
    case SIGCHLD: d->status = info->si_status; __attribute__((fallthrough));
    default: d->pid = info->si_pid; d->uid = info->si_uid;
    }
}

// ---- actions --------------------------------------------------------------------------------------------------------

typedef void (*DarwinHandler)(int, DarwinSiginfo *, DarwinUcontext *);

typedef struct {
    DarwinHandler handler; // SIG_DFL and SIG_IGN are 0 and 1 as on Linux
    u32 mask;
    i32 flags;
} DarwinSigaction;

static struct {
    DarwinSigaction action;
    bool set; // by the program; before that the action is what the process began with
} actions[N_SIGNALS];

static bool is_function(DarwinHandler h) {
    return (u64)h > 1;
}

static void deliver(int signo, siginfo_t *info, void *context) {
    int saved = errno, saved_darwin = *darwin_errno_addr();
    ucontext_t *uc = context;
    DarwinSiginfo si;
    DarwinMcontext mc;
    const u32 mask = darwin_mask(&uc->uc_sigmask);
    siginfo_show(&si, info);
    registers_show(&mc, &uc->uc_mcontext);
    DarwinUcontext duc = {
        .onstack = (uc->uc_stack.ss_flags & SS_ONSTACK) != 0,
        .mask = mask,
        .stack = {uc->uc_stack.ss_sp, uc->uc_stack.ss_size, darwin_stack_flags(uc->uc_stack.ss_flags), 0},
        .mcontext_size = sizeof mc,
        .mcontext = &mc,
    };
    DarwinHandler handler = __atomic_load_n(&actions[darwin_signal(signo)].action.handler, __ATOMIC_ACQUIRE);
    if (is_function(handler)) // else another thread has just taken it away
        handler(si.signo, &si, &duc);
    registers_take(&mc, &uc->uc_mcontext);
    if (duc.mask != mask)
        uc->uc_sigmask = linux_mask(duc.mask);
    errno = saved;
    *darwin_errno_addr() = saved_darwin;
}

static int linux_action_flags(int darwin) {
    static const int flags[][2] = {{0x1, SA_ONSTACK},   {0x2, SA_RESTART},  {0x4, (int)SA_RESETHAND},
                                   {0x8, SA_NOCLDSTOP}, {0x10, SA_NODEFER}, {0x20, SA_NOCLDWAIT}};
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (darwin & flags[i][0])
            r |= flags[i][1];
    return r;
}

// What the process began with: a parent may have had signals ignored.
static void action_inherited(int signo, DarwinSigaction *out) {
    struct sigaction old;
    *out = (DarwinSigaction){0};
    if (sigaction(linux_signal(signo), NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        out->handler = (DarwinHandler)1;
}

static long shim_sigaction(int signo, const DarwinSigaction *new, DarwinSigaction *old) {
    if (signo < 1 || signo >= N_SIGNALS)
        return fail(DARWIN_EINVAL);
    const bool was_set = actions[signo].set;
    DarwinSigaction before = actions[signo].action;
    if (!was_set)
        action_inherited(signo, &before);
    if (new) {
        struct sigaction a = {.sa_flags = linux_action_flags(new->flags), .sa_mask = linux_mask(new->mask)};
        if (is_function(new->handler)) {
            a.sa_flags |= SA_SIGINFO;
            a.sa_sigaction = deliver;
        } else
            a.sa_handler = new->handler ? SIG_IGN : SIG_DFL;
        actions[signo].set = true;
        actions[signo].action.mask = new->mask;
        actions[signo].action.flags = new->flags;
        __atomic_store_n(&actions[signo].action.handler, new->handler, __ATOMIC_RELEASE);
        if (sigaction(linux_signal(signo), &a, NULL) != 0) { // SIGKILL, SIGSTOP
            actions[signo].action = before;
            actions[signo].set = was_set;
            return result(-1);
        }
    }
    if (old)
        *old = before;
    return 0;
}

// As on BSD, the handler stays and calls go on after it. Returns the handler before, or -1.
static u64 shim_signal(int signo, DarwinHandler handler) {
    enum { DARWIN_SA_RESTART = 2 };
    DarwinSigaction old;
    if (shim_sigaction(signo, &(DarwinSigaction){.handler = handler, .flags = DARWIN_SA_RESTART}, &old) != 0)
        return UINT64_MAX;
    return (u64)old.handler;
}

static long shim_sigaltstack(const DarwinStack *new, DarwinStack *old) {
    stack_t n, o;
    if (new)
        n = (stack_t){.ss_sp = new->sp, .ss_flags = new->flags & 4 ? SS_DISABLE : 0, .ss_size = new->size};
    if (sigaltstack(new ? &n : NULL, &o) != 0)
        return result(-1);
    if (old)
        *old = (DarwinStack){o.ss_sp, o.ss_size, darwin_stack_flags(o.ss_flags), 0};
    return 0;
}

// ---- sending --------------------------------------------------------------------------------------------------------

static long shim_kill(pid_t pid, int signo) {
    return result(kill(pid, linux_signal(signo)));
}

static long shim_raise(int signo) {
    return result(raise(linux_signal(signo)));
}

static void shim_abort_function(void) {
    abort();
}

static long shim_sigsuspend(const u32 *mask) {
    sigset_t set = linux_mask(*mask);
    return result(sigsuspend(&set));
}

static long shim_sigpending(u32 *mask) {
    sigset_t set;
    if (sigpending(&set) != 0)
        return result(-1);
    *mask = darwin_mask(&set);
    return 0;
}

// Returns the error.
static long shim_sigwait(const u32 *mask, int *signo) {
    sigset_t set = linux_mask(*mask);
    int r = sigwait(&set, signo);
    *signo = darwin_signal(*signo);
    return darwin_errno(r);
}

// ---- sets, which are macros in Darwin's header, too -----------------------------------------------------------------

static long shim_sigemptyset(u32 *set) {
    *set = 0;
    return 0;
}

static long shim_sigfillset(u32 *set) {
    *set = UINT32_MAX;
    return 0;
}

static u32 set_bit(int signo) {
    return signo > 0 && signo <= 32 ? 1u << (signo - 1) : 0;
}

static long shim_sigaddset(u32 *set, int signo) {
    *set |= set_bit(signo);
    return set_bit(signo) ? 0 : fail(DARWIN_EINVAL);
}

static long shim_sigdelset(u32 *set, int signo) {
    *set &= ~set_bit(signo);
    return set_bit(signo) ? 0 : fail(DARWIN_EINVAL);
}

static long shim_sigismember(const u32 *set, int signo) {
    return set_bit(signo) ? (*set & set_bit(signo)) != 0 : fail(DARWIN_EINVAL);
}

const Export exports_signals[] = {
    EXPORT(kill),
    EXPORT(raise),
    {"pthread_sigmask", signal_mask},
    EXPORT(sigaction),
    EXPORT(sigaddset),
    EXPORT(sigaltstack),
    EXPORT(sigdelset),
    EXPORT(sigemptyset),
    EXPORT(sigfillset),
    EXPORT(sigismember),
    EXPORT(signal),
    EXPORT(sigpending),
    EXPORT(sigprocmask),
    EXPORT(sigsuspend),
    EXPORT(sigwait),
    {"abort", shim_abort_function},
    EXPORTS_END,
};
