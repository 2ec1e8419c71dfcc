// kqueue.c - Darwin's queues of events, over epoll, eventfd, timerfd and pidfd.
//
// WHAT  A kqueue holds notes: (filter, ident) with flags and a word of the program's (udata). kevent changes notes, then
//       waits for some of them to become active. Go's network poller has one kqueue, and adds for every socket and pipe
//       a note for reading and one for writing, both edge-triggered (EV_CLEAR), and once a note of its own that another
//       thread can trigger (EVFILT_USER).
// HOW   A kqueue is an epoll instance, so that its descriptor is one of the system. What epoll does not hold is kept
//       here: for each descriptor the two notes, which share one registration in epoll, and a short list of the notes
//       that have a descriptor made for them: an eventfd (EVFILT_USER), a timerfd (EVFILT_TIMER), a pidfd (EVFILT_PROC,
//       for the end of a process only).
//       On Darwin notes vanish when their descriptor is closed. epoll forgets a file only when all its descriptors are
//       closed, so close and dup2 call kqueue_forget. A child of fork has no kqueues on Darwin; here it shares the
//       instance of its parent and must not touch it: kqueue_leave.
// RULES Notes change under one lock; the wait itself holds none. An event that arrives while its note goes away is dropped
//       or comes with the udata of the new note, which a program must expect of Darwin, too (Go counts, in fdseq).
// REF   Kevent_t, EVFILT_, EV_, NOTE_: syscall/ztypes_darwin_*.go, zerrors_darwin_*.go; kqueue(2) of macOS. Use:
//       runtime/netpoll_kqueue.go and netpoll_kqueue_event.go.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILTER_READ = -1, FILTER_WRITE = -2, FILTER_PROC = -5, FILTER_TIMER = -7, FILTER_USER = -10 };

enum {
    EV_ADD = 0x1,
    EV_DELETE = 0x2,
    EV_ENABLE = 0x4,
    EV_DISABLE = 0x8,
    EV_ONESHOT = 0x10,
    EV_CLEAR = 0x20,
    EV_RECEIPT = 0x40,
    EV_DISPATCH = 0x80,
    EV_ERROR = 0x4000,
    EV_EOF = 0x8000,
};

enum { NOTE_SECONDS = 0x1, NOTE_USECONDS = 0x2, NOTE_NSECONDS = 0x4, NOTE_ABSOLUTE = 0x8 };
enum { NOTE_TRIGGER = 0x1000000, NOTE_EXITSTATUS = 0x4000000 };
static const u32 NOTE_EXIT = 0x80000000;

typedef struct {
    u64 ident;
    i16 filter;
    u16 flags;
    u32 filter_flags;
    i64 data;
    u64 udata;
} Kevent;

typedef struct {
    u64 udata;
    u16 flags; // EV_CLEAR, EV_ONESHOT, EV_DISPATCH as the program gave them
    bool present, enabled;
} Note;

enum { READ, WRITE, N_DIRECTIONS };

typedef struct {
    Note notes[N_DIRECTIONS];
    bool registered; // with epoll
} FdNotes;

typedef struct {
    Kevent event; // as it was added; filter 0: a free place
    int fd;
    bool enabled;
} OwnNote;

enum { MAX_FDS = 1 << 20, MAX_KQUEUES = 256, MAX_OWN = 256 };

typedef struct {
    int epoll; // the descriptor of the kqueue, -1 when it is closed
    FdNotes *fds;
    OwnNote own[MAX_OWN];
} Kqueue;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Kqueue *kqueues[MAX_KQUEUES];
static u32 n_kqueues;

// In epoll_event.data: the descriptor, or this and an index of own.
static const u64 OWN_NOTE = 1ull << 32;

// ---- the queues -----------------------------------------------------------------------------------------------------

static Kqueue *kqueue_of(int fd) {
    u32 n = __atomic_load_n(&n_kqueues, __ATOMIC_ACQUIRE);
    for (u32 i = 0; i < n; i++) {
        Kqueue *q = __atomic_load_n(&kqueues[i], __ATOMIC_ACQUIRE);
        if (__atomic_load_n(&q->epoll, __ATOMIC_RELAXED) == fd)
            return q;
    }
    return NULL;
}

static const size_t notes_size = (size_t)MAX_FDS * sizeof(FdNotes);

// A new one, closed. NULL without memory.
static Kqueue *kqueue_add(void) {
    if (n_kqueues == MAX_KQUEUES)
        return NULL;
    u8 *p = mmap(NULL, notes_size + sizeof(Kqueue), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    Kqueue *q = (Kqueue *)(p + notes_size);
    q->epoll = -1;
    q->fds = (FdNotes *)p;
    __atomic_store_n(&kqueues[n_kqueues], q, __ATOMIC_RELEASE);
    __atomic_store_n(&n_kqueues, n_kqueues + 1, __ATOMIC_RELEASE);
    return q;
}

static long shim_kqueue(void) {
    int epoll = epoll_create1(EPOLL_CLOEXEC); // a child never has it
    if (epoll < 0)
        return result(-1);
    pthread_mutex_lock(&lock);
    u32 i = 0;
    while (i < n_kqueues && kqueues[i]->epoll != -1)
        i++;
    Kqueue *q = i < n_kqueues ? kqueues[i] : kqueue_add();
    if (q)
        __atomic_store_n(&q->epoll, epoll, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&lock);
    if (q)
        return epoll;
    close(epoll);
    return fail(DARWIN_ENOMEM);
}

void kqueue_leave(void) {
    n_kqueues = 0;
    pthread_mutex_init(&lock, NULL); // another thread of the parent may have held it
}

// Its memory stays, for the next kqueue: a thread may still wait in it.
static void kqueue_close(Kqueue *q) {
    for (u32 k = 0; k < MAX_OWN; k++)
        if (q->own[k].event.filter)
            close(q->own[k].fd);
    memset(q->own, 0, sizeof q->own);
    madvise(q->fds, notes_size, MADV_DONTNEED); // makes it zeros
    __atomic_store_n(&q->epoll, -1, __ATOMIC_RELAXED);
}

void kqueue_forget(int fd) {
    u32 n = __atomic_load_n(&n_kqueues, __ATOMIC_ACQUIRE);
    if (n == 0 || fd < 0 || fd >= MAX_FDS)
        return;
    pthread_mutex_lock(&lock);
    for (u32 i = 0; i < n; i++) {
        Kqueue *q = kqueues[i];
        if (q->epoll == fd) {
            kqueue_close(q);
        } else if (q->fds[fd].registered) {
            epoll_ctl(q->epoll, EPOLL_CTL_DEL, fd, NULL);
            q->fds[fd] = (FdNotes){0};
        }
    }
    pthread_mutex_unlock(&lock);
}

// ---- notes for descriptors ------------------------------------------------------------------------------------------

// Brings epoll's registration in line with the notes, and makes it report anew what is ready. Returns 0 or an errno of
// Linux.
static int fd_update(Kqueue *q, int fd) {
    FdNotes *f = &q->fds[fd];
    const Note *r = &f->notes[READ], *w = &f->notes[WRITE];
    bool edge = (!r->present || r->flags & EV_CLEAR) && (!w->present || w->flags & EV_CLEAR);
    struct epoll_event e = {.data.u64 = (u64)fd};
    e.events = (r->present && r->enabled ? EPOLLIN | EPOLLRDHUP : 0u) |
               (w->present && w->enabled ? EPOLLOUT : 0u) | (edge ? (u32)EPOLLET : 0u);
    int op = !r->present && !w->present ? EPOLL_CTL_DEL : f->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(q->epoll, op, fd, &e) != 0)
        return errno;
    f->registered = op != EPOLL_CTL_DEL;
    return 0;
}

static int fd_change(Kqueue *q, const Kevent *c) {
    if (c->ident >= MAX_FDS)
        return EBADF;
    int fd = (int)c->ident;
    Note *note = &q->fds[fd].notes[c->filter == FILTER_READ ? READ : WRITE];
    Note before = *note;
    if (!note->present && !(c->flags & EV_ADD))
        return ENOENT;
    if (c->flags & EV_ADD)
        *note = (Note){c->udata, c->flags & (EV_CLEAR | EV_ONESHOT | EV_DISPATCH), true, true};
    if (c->flags & EV_DISABLE)
        note->enabled = false;
    if (c->flags & EV_ENABLE)
        note->enabled = true;
    if (c->flags & EV_DELETE)
        note->present = false;
    int problem = fd_update(q, fd);
    if (problem)
        *note = before;
    return problem;
}

// ---- notes with a descriptor of their own ---------------------------------------------------------------------------

static OwnNote *own_find(Kqueue *q, i16 filter, u64 ident) {
    for (u32 i = 0; i < MAX_OWN; i++)
        if (q->own[i].event.filter == filter && (filter == 0 || q->own[i].event.ident == ident))
            return &q->own[i];
    return NULL;
}

static void own_delete(Kqueue *q, OwnNote *n) {
    epoll_ctl(q->epoll, EPOLL_CTL_DEL, n->fd, NULL);
    close(n->fd);
    n->event.filter = 0;
}

// A timer of 'data' milliseconds, or the unit that the flags name; it repeats unless it is EV_ONESHOT or absolute.
static int timer_open(const Kevent *c) {
    u64 unit = c->filter_flags & NOTE_SECONDS    ? 1000000000
               : c->filter_flags & NOTE_USECONDS ? 1000
               : c->filter_flags & NOTE_NSECONDS ? 1
                                                 : 1000000;
    bool absolute = c->filter_flags & NOTE_ABSOLUTE;
    u64 ns = MAX((u64)c->data * unit, 1);
    struct itimerspec t = {.it_value = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)}};
    if (!absolute && !(c->flags & EV_ONESHOT))
        t.it_interval = t.it_value;
    int fd = timerfd_create(absolute ? CLOCK_REALTIME : CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd >= 0)
        timerfd_settime(fd, absolute ? TFD_TIMER_ABSTIME : 0, &t, NULL);
    return fd;
}

static int own_open(const Kevent *c) {
    switch (c->filter) {
    case FILTER_USER: return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    case FILTER_TIMER: return timer_open(c);
    default: return (int)syscall(SYS_pidfd_open, (pid_t)c->ident, 0);
    }
}

// What a program triggered and does not have cleared is reported until it is deleted.
static bool stays_triggered(const OwnNote *n) {
    return n->event.filter == FILTER_USER && !(n->event.flags & EV_CLEAR);
}

// Tells epoll of the note, which then reports anew what is ready. Returns 0 or an errno of Linux.
static int own_register(Kqueue *q, const OwnNote *n, int operation) {
    struct epoll_event e = {.data.u64 = OWN_NOTE | (u64)(n - q->own)};
    if (n->enabled)
        e.events = EPOLLIN | (stays_triggered(n) ? 0 : (u32)EPOLLET);
    return epoll_ctl(q->epoll, operation, n->fd, &e) == 0 ? 0 : errno;
}

static int own_add(Kqueue *q, const Kevent *c) {
    OwnNote *n = own_find(q, c->filter, c->ident);
    if (n && c->filter == FILTER_USER) { // it may have been triggered already
        n->event = *c;
        n->enabled = true;
        return own_register(q, n, EPOLL_CTL_MOD);
    }
    if (n)
        own_delete(q, n);
    n = own_find(q, 0, 0);
    if (!n)
        return ENOMEM;
    int fd = own_open(c);
    if (fd < 0)
        return errno;
    *n = (OwnNote){*c, fd, true};
    int problem = own_register(q, n, EPOLL_CTL_ADD);
    if (problem)
        own_delete(q, n);
    return problem;
}

static int own_change(Kqueue *q, const Kevent *c) {
    if (c->filter == FILTER_PROC && !(c->filter_flags & NOTE_EXIT) && c->flags & EV_ADD)
        return EOPNOTSUPP;
    int problem = c->flags & EV_ADD ? own_add(q, c) : 0;
    OwnNote *n = own_find(q, c->filter, c->ident);
    if (problem || !n)
        return problem ? problem : ENOENT;
    if (c->filter == FILTER_USER && c->filter_flags & NOTE_TRIGGER) {
        u64 one = 1;
        if (write(n->fd, &one, sizeof one) < 0 && errno != EAGAIN)
            return errno;
    }
    if (c->flags & EV_DELETE) {
        own_delete(q, n);
        return 0;
    }
    bool enabled = c->flags & EV_ENABLE || (n->enabled && !(c->flags & EV_DISABLE));
    if (enabled == n->enabled)
        return 0;
    n->enabled = enabled;
    return own_register(q, n, EPOLL_CTL_MOD);
}

// ---- changes --------------------------------------------------------------------------------------------------------

static int change(Kqueue *q, const Kevent *c) {
    switch (c->filter) {
    case FILTER_READ:
    case FILTER_WRITE: return fd_change(q, c);
    case FILTER_USER:
    case FILTER_TIMER:
    case FILTER_PROC: return own_change(q, c);
    default: return EOPNOTSUPP;
    }
}

// A change that failed, or that asks for a receipt, takes a place among the events; without room an error ends it all.
// Returns the number of events, or -1.
static long apply_changes(Kqueue *q, const Kevent *changes, int n_changes, Kevent *events, int n_events) {
    int n = 0;
    for (int i = 0; i < n_changes; i++) {
        pthread_mutex_lock(&lock);
        int problem = darwin_errno(change(q, &changes[i]));
        pthread_mutex_unlock(&lock);
        if (!problem && !(changes[i].flags & EV_RECEIPT))
            continue;
        if (n == n_events)
            return problem ? fail(problem) : n;
        events[n] = changes[i];
        events[n].flags = EV_ERROR;
        events[n].data = problem;
        n++;
    }
    return n;
}

// ---- events ---------------------------------------------------------------------------------------------------------

typedef struct {
    Kevent *v;
    int n, max;
} EventList;

static i64 bytes_readable(int fd) {
    int n;
    return ioctl(fd, FIONREAD, &n) == 0 ? n : 1; // a socket that listens has connections, not bytes
}

// One direction of a descriptor became ready.
static void emit_ready(Kqueue *q, int fd, int direction, bool eof, EventList *out) {
    Note *note = &q->fds[fd].notes[direction];
    if (out->n == out->max) {
        fd_update(q, fd); // to be reported again: no event of an edge may get lost
        return;
    }
    out->v[out->n++] = (Kevent){
        .ident = (u64)fd,
        .filter = direction == READ ? FILTER_READ : FILTER_WRITE,
        .flags = (u16)(EV_ADD | note->flags | (eof ? EV_EOF : 0)),
        .data = direction == READ ? bytes_readable(fd) : 1,
        .udata = note->udata,
    };
    if (note->flags & EV_ONESHOT)
        note->present = false;
    if (note->flags & EV_DISPATCH)
        note->enabled = false;
    if (note->flags & (EV_ONESHOT | EV_DISPATCH))
        fd_update(q, fd);
}

static void emit_fd(Kqueue *q, int fd, u32 ready, EventList *out) {
    const Note *r = &q->fds[fd].notes[READ], *w = &q->fds[fd].notes[WRITE];
    u32 broken = ready & (EPOLLHUP | EPOLLERR);
    if (r->present && r->enabled && (broken || ready & (EPOLLIN | EPOLLRDHUP)))
        emit_ready(q, fd, READ, broken || ready & EPOLLRDHUP, out);
    if (w->present && w->enabled && (broken || ready & EPOLLOUT))
        emit_ready(q, fd, WRITE, broken, out);
}

// How a process ended, as wait would say; it stays to be waited for.
static i64 exit_status(pid_t pid) {
    siginfo_t s = {0};
    if (waitid(P_PID, (id_t)pid, &s, WEXITED | WNOHANG | WNOWAIT) != 0 || s.si_pid == 0)
        return 0;
    return s.si_code == CLD_EXITED ? s.si_status << 8 : darwin_signal(s.si_status);
}

static void emit_own(Kqueue *q, OwnNote *n, EventList *out) {
    Kevent e = n->event;
    if (!e.filter || !n->enabled)
        return;
    e.data = 0;
    if (e.filter == FILTER_PROC) {
        e.flags |= EV_EOF | EV_ONESHOT;
        e.filter_flags &= NOTE_EXIT | NOTE_EXITSTATUS;
        if (e.filter_flags & NOTE_EXITSTATUS)
            e.data = exit_status((pid_t)e.ident);
    } else if (stays_triggered(n)) {
        e.filter_flags = NOTE_TRIGGER;
    } else {
        u64 times;
        if (read(n->fd, &times, sizeof times) != sizeof times)
            return; // another thread took it
        if (e.filter == FILTER_TIMER)
            e.data = (i64)times;
        else
            e.filter_flags = NOTE_TRIGGER;
    }
    out->v[out->n++] = e;
    if (e.flags & EV_ONESHOT) {
        own_delete(q, n);
    } else if (e.flags & EV_DISPATCH) {
        n->enabled = false;
        own_register(q, n, EPOLL_CTL_MOD);
    }
}

static int wait_ready(int epoll, struct epoll_event *ready, int max, const struct timespec *timeout) {
    static bool only_milliseconds; // the kernel, or qemu, is older than epoll_pwait2
    if (!only_milliseconds) {
        int n = epoll_pwait2(epoll, ready, max, timeout, NULL);
        if (n >= 0 || errno != ENOSYS)
            return n;
        only_milliseconds = true;
    }
    i64 ms = timeout ? timeout->tv_sec * 1000 + (timeout->tv_nsec + 999999) / 1000000 : -1;
    return epoll_wait(epoll, ready, max, (int)MIN(ms, INT32_MAX));
}

static long shim_kevent(int kq, const Kevent *changes, int n_changes, Kevent *events, int n_events,
                        const struct timespec *timeout) {
    Kqueue *q = kqueue_of(kq);
    if (!q)
        return fail(DARWIN_EBADF);
    long n = apply_changes(q, changes, n_changes, events, n_events);
    if (n != 0 || n_events <= 0)
        return n;
    EventList out = {events, 0, n_events};
    do {
        struct epoll_event ready[64];
        // A descriptor may become two events.
        int found = wait_ready(q->epoll, ready, MIN(MAX(n_events / 2, 1), (int)COUNT_OF(ready)), timeout);
        if (found < 0)
            return result(-1);
        pthread_mutex_lock(&lock);
        for (int i = 0; i < found; i++) {
            u64 d = ready[i].data.u64;
            if (d & OWN_NOTE)
                emit_own(q, &q->own[d & ~OWN_NOTE], &out);
            else
                emit_fd(q, (int)d, ready[i].events, &out);
        }
        pthread_mutex_unlock(&lock);
    } while (out.n == 0 && !timeout);
    return out.n;
}

const Export exports_kqueue[] = {
    EXPORT(kqueue),
    EXPORT(kevent),
    EXPORTS_END,
};
