// c_half.c - see c_half.h.
#define _GNU_SOURCE // for posix_openpt, on Linux
#include "c_half.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "_cgo_export.h"

// Leaves a function with the line number unless the condition holds.
#define EXPECT(condition)                                                                                    \
    if (!(condition))                                                                                        \
    return __LINE__

void c_print(const char *s, int n, double x) {
    char text[64];
    snprintf(text, sizeof text, "%s %d %.2f %c %lld %5.1f|%-4d|", s, n, x, 'c', 1LL << 40, x, n);
    printf("C says %s, of %d arguments: %d %d %d %d %d %d %.1f %.1f\n", text, 8, 1, 2, 3, 4, 5, 6, 0.5, 1.5);
    fflush(stdout);
}

int c_call(int x) {
    return goDouble(x) + 1;
}

// ---- threads --------------------------------------------------------------------------------------------------------

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static int n_done, sum;

static void *call_go(void *arg) {
    int r = 0;
    for (int i = 0; i < 5; i++)
        r = goDouble(*(int *)arg);
    pthread_mutex_lock(&mutex);
    sum += r;
    n_done++;
    pthread_cond_signal(&done);
    pthread_mutex_unlock(&mutex);
    if (r % 4 == 0)
        pthread_exit(arg);
    return arg;
}

int c_threads(int n) {
    pthread_t threads[100];
    int args[100];
    sum = n_done = 0;
    for (int i = 0; i < n; i++) {
        args[i] = i;
        EXPECT(pthread_create(&threads[i], NULL, call_go, &args[i]) == 0);
    }
    pthread_mutex_lock(&mutex);
    while (n_done < n)
        pthread_cond_wait(&done, &mutex);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < n; i++) {
        void *r;
        EXPECT(pthread_join(threads[i], &r) == 0 && r == &args[i]);
    }
    return -sum; // no line number
}

// ---- locks ----------------------------------------------------------------------------------------------------------

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int n_once;

static void count_once(void) {
    n_once++;
}

int c_locks(void) {
    pthread_mutexattr_t attr;
    pthread_mutex_t recursive, checked;
    EXPECT(pthread_mutexattr_init(&attr) == 0);
    EXPECT(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) == 0);
    EXPECT(pthread_mutex_init(&recursive, &attr) == 0);
    EXPECT(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
    EXPECT(pthread_mutex_init(&checked, &attr) == 0);
    EXPECT(pthread_mutex_lock(&recursive) == 0 && pthread_mutex_lock(&recursive) == 0);
    EXPECT(pthread_mutex_unlock(&recursive) == 0 && pthread_mutex_destroy(&recursive) == EBUSY);
    EXPECT(pthread_mutex_unlock(&recursive) == 0 && pthread_mutex_unlock(&recursive) == EPERM);
    EXPECT(pthread_mutex_lock(&checked) == 0 && pthread_mutex_lock(&checked) == EDEADLK);
    EXPECT(pthread_mutex_trylock(&checked) == EBUSY && pthread_mutex_unlock(&checked) == 0);
    EXPECT(pthread_mutex_destroy(&checked) == 0 && pthread_mutex_destroy(&recursive) == 0);
    EXPECT(pthread_rwlock_rdlock(&rwlock) == 0 && pthread_rwlock_tryrdlock(&rwlock) == 0);
    EXPECT(pthread_rwlock_trywrlock(&rwlock) == EBUSY);
    EXPECT(pthread_rwlock_unlock(&rwlock) == 0 && pthread_rwlock_unlock(&rwlock) == 0);
    EXPECT(pthread_once(&once, count_once) == 0 && pthread_once(&once, count_once) == 0 && n_once == 1);
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_nsec = (limit.tv_nsec + 20000000) % 1000000000;
    limit.tv_sec += limit.tv_nsec < 20000000;
    pthread_mutex_lock(&mutex);
    int r;
    while ((r = pthread_cond_timedwait(&done, &mutex, &limit)) == 0) {
    }
    EXPECT(pthread_mutex_unlock(&mutex) == 0 && r == ETIMEDOUT);
    return 0;
}

static pthread_key_t key;
static int n_destroyed;

static void destroy(void *value) {
    if (n_destroyed++ == 0)
        pthread_setspecific(key, value); // once more
}

static void *set_data(void *arg) {
    return pthread_setspecific(key, arg) == 0 && pthread_getspecific(key) == arg ? arg : NULL;
}

int c_thread_data(void) {
    pthread_t thread;
    void *r;
    EXPECT(pthread_key_create(&key, destroy) == 0);
    EXPECT(pthread_create(&thread, NULL, set_data, &thread) == 0 && pthread_join(thread, &r) == 0);
    EXPECT(r == &thread && n_destroyed == 2 && pthread_getspecific(key) == NULL);
    EXPECT(pthread_key_delete(key) == 0);
    return 0;
}

// ---- jumps ----------------------------------------------------------------------------------------------------------

static sigjmp_buf place;

static void jump_out_of(int depth, int value) {
    volatile char pad[100];
    pad[depth] = 1;
    if (depth)
        jump_out_of(depth - pad[depth], value);
    siglongjmp(place, value);
}

int c_jumps(void) {
    volatile int times = 0;
    volatile double kept = 1.5;
    sigset_t set, now;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    int r = sigsetjmp(place, 1);
    EXPECT(r == (times == 0 ? 0 : times == 1 ? 7 : 1));
    EXPECT(pthread_sigmask(SIG_BLOCK, NULL, &now) == 0 && !sigismember(&now, SIGUSR1));
    times = times + 1;
    kept = kept * 2;
    EXPECT(times == 3 || pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    if (times < 3)
        jump_out_of(20, times == 1 ? 7 : 0);
    EXPECT(kept == 12);
    static jmp_buf plain;
    r = _setjmp(plain);
    if (r == 0)
        _longjmp(plain, 3);
    EXPECT(r == 3);
    return 0;
}

// ---- files, text, numbers -------------------------------------------------------------------------------------------

int c_open_nothing(void) {
    return open("/nothing/there", O_RDONLY);
}

int c_files(void) {
    char name[64], path[PATH_MAX], line[64];
    snprintf(name, sizeof name, "/tmp/machorun-cgo-%d", getpid());
    int fd = open(name, O_CREAT | O_EXCL | O_RDWR, 0640);
    struct stat st;
    EXPECT(fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0640);
    EXPECT(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_APPEND) == 0 && fcntl(fd, F_GETFL) & O_APPEND);
    int waiting = 7;
    EXPECT(ioctl(fd, FIONREAD, &waiting) == 0 && waiting == 0);
    EXPECT(dprintf(fd, "%s %d\n", "line", 1) == 7 && close(fd) == 0);
    FILE *f = fopen(name, "r+");
    EXPECT(f && fgets(line, sizeof line, f) && strcmp(line, "line 1\n") == 0 && !fgets(line, 2, f) &&
           feof(f));
    EXPECT(fprintf(f, "%d,%x\n", 12, 0xab) == 6 && fseek(f, 7, SEEK_SET) == 0);
    int a, b;
    EXPECT(fscanf(f, "%d,%x", &a, (unsigned *)&b) == 2 && a == 12 && b == 0xab && fclose(f) == 0);
    EXPECT(realpath(name, path) && strstr(path, "machorun-cgo") && unlink(name) == 0);
    errno = 0;
    EXPECT(!fopen(name, "r") && errno == ENOENT && !realpath(name, path));
    return 0;
}

int c_text(void) {
    char text[16] = "";
    EXPECT(isalpha('x') && !isalpha('1') && isspace('\t') && isxdigit('f') && !isdigit('f'));
    EXPECT(toupper('q') == 'Q' && tolower('Q') == 'q' && ispunct('!'));
    strncat(strcpy(text, "one"), " two", sizeof text - 4);
    EXPECT(strcmp(text, "one two") == 0 && strlen(text) == 7 && strchr(text, 't') == text + 4);
    EXPECT(memcmp(text, "one", 3) == 0 && strcasecmp(text, "ONE TWO") == 0);
    EXPECT(strcmp(strerror(ENOENT), "No such file or directory") == 0);
    EXPECT(strcmp(strerror(ETIMEDOUT), strerror(EAGAIN)) != 0);
    char *end;
    errno = 0;
    EXPECT(strtol("-123x", &end, 10) == -123 && *end == 'x' && errno == 0);
    EXPECT(strtol("99999999999999999999", NULL, 10) == LONG_MAX && errno == ERANGE &&
           strtod("2.5", NULL) == 2.5);
    int n;
    char word[8];
    EXPECT(sscanf("7 seven", "%d %7s", &n, word) == 2 && n == 7 && strcmp(word, "seven") == 0);
    return 0;
}

static int by_value(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

int c_numbers(void) {
    int v[] = {5, 3, 9, 1};
    qsort(v, 4, sizeof *v, by_value);
    EXPECT(v[0] == 1 && v[3] == 9);
    volatile double x = 0.5;
    EXPECT(fabs(sin(x) * sin(x) + cos(x) * cos(x) - 1) < 1e-15 && floor(-x) == -1 && pow(2, 10 * x) == 32);
    time_t moment = 86400;
    struct tm t;
    EXPECT(gmtime_r(&moment, &t) == &t && t.tm_year == 70 && t.tm_mday == 2 && timegm(&t) == moment);
    struct timespec resolution;
    EXPECT(clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_sec == 0);
    long big[300];
    for (int i = 0; i < 300; i++) // what clang makes a call of
        big[i] = 0x1234567890;
    EXPECT(big[(int)(x * 2)] == big[299]);
    return 0;
}

int c_directory(void) {
    DIR *d = opendir("/");
    int found = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        found += strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    EXPECT(d && found == 2 && closedir(d) == 0);
    EXPECT(!opendir("/nothing/there") && errno == ENOENT);
    return 0;
}

// The stack of a thread lies around its variables.
int c_stack(void) {
#ifdef __APPLE__
    char here;
    char *end = pthread_get_stackaddr_np(pthread_self());
    EXPECT(&here < end && &here > end - pthread_get_stacksize_np(pthread_self()));
#endif
    return 0;
}

// ---- signals, terminals, the system ----------------------------------------------------------------------------------

static volatile sig_atomic_t caught;

static void catch (int signo) {
    caught = signo;
}

int c_signals(void) {
    struct sigaction action = {.sa_handler = catch}, old;
    EXPECT(sigaction(SIGKILL, &action, NULL) == -1 && errno == EINVAL);
    EXPECT(sigaction(SIGKILL, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
    sigset_t set, before, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    EXPECT(sigaction(SIGUSR2, &action, &old) == 0 && pthread_sigmask(SIG_BLOCK, &set, &before) == 0);
    EXPECT(pthread_kill(pthread_self(), SIGUSR2) == 0 && sigpending(&pending) == 0);
    EXPECT(sigismember(&pending, SIGUSR2) == 1 && sigismember(&pending, SIGUSR1) == 0 && !caught);
    EXPECT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0 && caught == SIGUSR2);
    EXPECT(pthread_kill(pthread_self(), 0) == 0 && sigaction(SIGUSR2, &old, NULL) == 0);
    return 0;
}

int c_terminal(void) {
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    EXPECT(fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0 && isatty(fd) == 1);
    struct termios modes, got;
    EXPECT(tcgetattr(fd, &modes) == 0 && modes.c_cc[VINTR] == 3 && modes.c_lflag & ICANON);
    modes.c_cc[VINTR] = _POSIX_VDISABLE;
    modes.c_cc[VMIN] = 0;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    EXPECT(tcsetattr(fd, TCSANOW, &modes) == 0 && tcgetattr(fd, &got) == 0);
    EXPECT(got.c_cc[VINTR] == _POSIX_VDISABLE && got.c_cc[VMIN] == 0 && !(got.c_lflag & (ICANON | ECHO)));
    EXPECT((got.c_cflag & CSIZE) == CS8 && close(fd) == 0);
    return 0;
}

int c_system(void) {
    int fd = open("/dev/null", O_WRONLY | O_SYNC);
    EXPECT(fd >= 0 && (fcntl(fd, F_GETFL) & (O_SYNC | O_ACCMODE)) == (O_SYNC | O_WRONLY) && close(fd) == 0);
    errno = 0;
    EXPECT(sysconf(_SC_PAGESIZE) >= 4096 && pathconf("/", _PC_NAME_MAX) == 255);
    const long page = sysconf(_SC_PAGESIZE);
    char *p = mmap(NULL, (size_t)page + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    EXPECT(p != MAP_FAILED && (long)p % page == 0 && munmap(p + 1, (size_t)page) == -1 && errno == EINVAL);
    EXPECT(mprotect(p + page, 1, PROT_NONE) == 0 && munmap(p, (size_t)page + 1) == 0);
    EXPECT(msync(p, (size_t)page, MS_SYNC) == -1 && errno == ENOMEM); // nothing is there any more
    struct itimerval none;
    EXPECT(getitimer(ITIMER_VIRTUAL, &none) == 0 && none.it_value.tv_sec == 0);
    char host[256];
    struct utsname name;
    EXPECT(gethostname(host, sizeof host) == 0 && uname(&name) == 0 && strcmp(name.nodename, host) == 0);
    struct passwd *user = getpwuid(getuid());
    EXPECT(user && user->pw_uid == getuid() && getpwnam(user->pw_name)->pw_uid == user->pw_uid);
    return 0;
}

void c_exit_with(int status) {
    printf("the last words\n");
    exit(status);
}
