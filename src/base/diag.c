// diag.c - collection and printing of diagnostics.
//
// Errors are kept as (key, text) and sorted when they are printed, so what people see does not depend on
// which thread met which error first. The lists live in plain heap memory: they must work when an arena
// cannot be had.
#include "base/diag.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MAX_PRINTED = 20,
    MAX_AT_ABORT = 4,
    MAX_LINE = 2000, // bytes; a damaged object may have names of megabytes
};

typedef struct {
    u64 key;
    u64 subject; // equal texts about different subjects are different messages
    char *text;
    bool refused; // by refuse_at
} Message;

static struct {
    const char *program;
    const char *phase;
    void (*at_abort[MAX_AT_ABORT])(void);
    u32 nat_abort;
    bool print_all;
    pthread_mutex_t lock;
    Message *v; // collected and not printed yet
    u32 n, cap;
    u32 errors;  // reported in all
    bool ending; // a thread is ending the program; atomic
} diag = {.program = "link", .phase = "start", .lock = PTHREAD_MUTEX_INITIALIZER};

void diag_init(const char *program) {
    diag.program = program;
}

void diag_print_all(void) {
    diag.print_all = true;
}

void diag_set_phase(const char *name) {
    __atomic_store_n(&diag.phase, name, __ATOMIC_RELAXED);
}

const char *diag_phase(void) {
    return __atomic_load_n(&diag.phase, __ATOMIC_RELAXED);
}

const char *diag_program(void) {
    return diag.program;
}

void diag_at_abort(void (*fn)(void)) {
    if (diag.nat_abort < MAX_AT_ABORT)
        diag.at_abort[diag.nat_abort++] = fn;
}

u32 error_count(void) {
    return __atomic_load_n(&diag.errors, __ATOMIC_RELAXED);
}

static void collect(u64 key, u64 subject, bool refused, const char *fmt, va_list ap) {
    char *text;
    if (vasprintf(&text, fmt, ap) < 0)
        fatal("out of memory while reporting an error");
    pthread_mutex_lock(&diag.lock);
    if (diag.n == diag.cap) {
        u32 cap = diag.cap ? diag.cap * 2 : 64;
        Message *v = realloc(diag.v, cap * sizeof *v);
        if (!v) {
            pthread_mutex_unlock(&diag.lock);
            fatal("out of memory while reporting an error: %s", text);
        }
        diag.v = v;
        diag.cap = cap;
    }
    diag.v[diag.n++] = (Message){key, subject, text, refused};
    __atomic_fetch_add(&diag.errors, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&diag.lock);
}

static bool is_same(const Message *x, const Message *y) {
    return x->subject == y->subject && !strcmp(x->text, y->text);
}

static int by_text(const void *a, const void *b) {
    const Message *x = a, *y = b;
    int c = strcmp(x->text, y->text);
    if (!c)
        c = (x->subject > y->subject) - (x->subject < y->subject);
    return c ? c : (x->key > y->key) - (x->key < y->key);
}

static int by_key(const void *a, const void *b) {
    const Message *x = a, *y = b;
    int c = (x->key > y->key) - (x->key < y->key);
    return c ? c : strcmp(x->text, y->text);
}

// Prints the lines of a text, the last one with its end.
static void print_lines(const char *text) {
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, '\n');
        int n = (int)MIN(end - text, MAX_LINE);
        fprintf(stderr, "%.*s%s\n", n, text, end - text > MAX_LINE ? "..." : "");
    }
}

// Prints what was collected, each message once, under the lowest of its keys. Called with the lock held.
static void print_collected(void) {
    if (!diag.n)
        return;
    qsort(diag.v, diag.n, sizeof *diag.v, by_text);
    u32 n = 0;
    for (u32 i = 0; i < diag.n; i++) {
        if (n && is_same(&diag.v[n - 1], &diag.v[i]))
            free(diag.v[i].text);
        else
            diag.v[n++] = diag.v[i];
    }
    qsort(diag.v, n, sizeof *diag.v, by_key);
    for (u32 i = 0; i < n; i++) {
        if (i == MAX_PRINTED && !diag.print_all)
            fprintf(stderr, "%s: too many errors\n", diag.program);
        if (i < MAX_PRINTED || diag.print_all)
            print_lines(diag.v[i].text);
        free(diag.v[i].text);
    }
    diag.n = 0;
}

// Only one thread ends the program; another one that wants to waits here for that to happen.
static void begin_end(void) {
    if (__atomic_exchange_n(&diag.ending, true, __ATOMIC_ACQ_REL))
        for (;;)
            pause();
}

static _Noreturn void end(int status) {
    for (u32 i = 0; i < diag.nat_abort; i++)
        diag.at_abort[i]();
    fflush(stdout);
    fflush(stderr);
    _exit(status);
}

void warn(const char *fmt, ...) {
    char *text;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    fprintf(stderr, "%s: warning: %s\n", diag.program, text);
    free(text);
}

void error(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    collect(0, 0, false, fmt, ap);
    va_end(ap);
}

void error_at(u64 key, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    collect(key, 0, false, fmt, ap);
    va_end(ap);
}

void error_about(u64 key, u64 subject, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    collect(key, subject, false, fmt, ap);
    va_end(ap);
}

void refuse_at(u64 key, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    collect(key, 0, true, fmt, ap);
    va_end(ap);
}

// The last line of a run that failed.
static _Noreturn void end_with_line(int status, const char *head, const char *fmt, va_list ap) {
    begin_end();
    pthread_mutex_lock(&diag.lock);
    print_collected();
    fprintf(stderr, "%s: %s", diag.program, head);
    char *text;
    if (vasprintf(&text, fmt, ap) < 0)
        fprintf(stderr, "%s\n", fmt); // no memory, not even for this
    else
        print_lines(text);
    end(status);
}

void fatal(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    end_with_line(2, "", fmt, ap);
}

void refuse(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    end_with_line(1, "", fmt, ap);
}

void bug(const char *fmt, ...) {
    char head[128];
    snprintf(head, sizeof head, "internal error in phase '%s': ", diag_phase());
    va_list ap;
    va_start(ap, fmt);
    end_with_line(2, head, fmt, ap);
}

static const Message *first_refused(void) {
    const Message *first = NULL;
    for (u32 i = 0; i < diag.n; i++)
        if (diag.v[i].refused && (!first || by_key(&diag.v[i], first) < 0))
            first = &diag.v[i];
    return first;
}

void checkpoint(void) {
    if (!error_count())
        return;
    begin_end();
    pthread_mutex_lock(&diag.lock);
    const Message *refused = first_refused();
    if (refused) {
        fprintf(stderr, "%s: ", diag.program);
        print_lines(refused->text);
        end(1);
    }
    print_collected();
    end(2);
}
