// darwin.h - what the files of the shim share: how a function of libSystem is written here.
//
// WHAT  The shim gives a macOS program the functions of libSystem that Go programs import, done with the C library and
//       the kernel of Linux. Each topic (files, signals, sockets, ...) is a file; it ends with the list of the names
//       that it exports, and libsystem.c joins the lists.
// HOW   A function of the shim has the C calling convention of Darwin, which is that of Linux: the same registers on
//       amd64 (System V) and on arm64 (AAPCS64). The exception is arm64's functions with "...": varargs.h.
// RULES Results are 64 bits wide, and -1 means that errno is set, as Go's trampolines expect. errno is Darwin's, one for
//       each thread, apart from the errno of the C library below. Functions that Go calls between fork and exec, or in
//       signal handlers, take no locks and no memory.
// REF   Layouts and numbers: syscall/ztypes_darwin_*.go, syscall/zerrors_darwin_*.go, runtime/defs_darwin_*.go of the
//       Go release; where those are silent, Apple's public headers (xnu/bsd/sys), named at the place.
#pragma once

#include "base/types.h"

#include <sys/time.h>
#include <time.h>

// One exported function or variable, by its name in C (without the underscore that Mach-O puts before it).
typedef struct {
    const char *name;
    const void *addr;
} Export;

// The lists of the topics, each ended by a row without a name.
extern const Export exports_c_library[], exports_clocks[], exports_corefoundation[], exports_directories[],
    exports_dyld[], exports_environment[], exports_errno[], exports_files[], exports_identity[],
    exports_jumps[], exports_kqueue[], exports_libresolv[], exports_locks[], exports_math[], exports_memory[],
    exports_misc[], exports_paths[], exports_processes[], exports_pthreads[], exports_refused[],
    exports_resolver[], exports_security[], exports_signals[], exports_sockets[], exports_stat[],
    exports_streams[], exports_sysctl[], exports_terminals[];

// Errors of Darwin that the shim itself finds.
enum {
    DARWIN_EPERM = 1,
    DARWIN_ENOENT = 2,
    DARWIN_ESRCH = 3,
    DARWIN_EBADF = 9,
    DARWIN_ENOMEM = 12,
    DARWIN_EINVAL = 22,
    DARWIN_ENOTTY = 25,
    DARWIN_EAGAIN = 35,
    DARWIN_ENOPROTOOPT = 42,
    DARWIN_ENOTSUP = 45,
    DARWIN_ENAMETOOLONG = 63,
    DARWIN_ENOSYS = 78,
    DARWIN_EBADARCH = 86,
};

// A function that is called from assembler, where the compiler does not see it.
#define CALLED_FROM_ASM __attribute__((used))

#define EXPORT(name) {#name, shim_##name}
#define EXPORTS_END {NULL, NULL}

// Functions that both systems define alike, but for errno: shim_NAME of as many arguments.
#define PASS0(name)                                                                                          \
    static long shim_##name(void) {                                                                          \
        return result(name());                                                                               \
    }
#define PASS1(name, A)                                                                                       \
    static long shim_##name(A a) {                                                                           \
        return result(name(a));                                                                              \
    }
#define PASS2(name, A, B)                                                                                    \
    static long shim_##name(A a, B b) {                                                                      \
        return result(name(a, b));                                                                           \
    }
#define PASS3(name, A, B, C)                                                                                 \
    static long shim_##name(A a, B b, C c) {                                                                 \
        return result(name(a, b, c));                                                                        \
    }
#define PASS4(name, A, B, C, D)                                                                              \
    static long shim_##name(A a, B b, C c, D d) {                                                            \
        return result(name(a, b, c, d));                                                                     \
    }

// ---- errno.c

// Darwin's number for an errno of Linux; 0 stays 0.
int darwin_errno(int linux_errno);

// What a function returns: r itself, but -1 also turns errno of Linux into errno of Darwin.
long result(long r);

// The same for a pointer, which is NULL when it failed.
void *result_pointer(void *p);

// What strerror says of an error of Darwin. Of numbers that it has not the text is valid until the thread's next call.
const char *darwin_error_text(int darwin);

// Sets errno to an error of Darwin; returns -1.
long fail(int darwin);

// Darwin's errno of this thread, as signal handlers save and restore it.
int *darwin_errno_addr(void);

// ---- c_library.c, streams.c

// Ready the variables that programs see.
void c_library_start(void);
void streams_start(void);

// ---- clocks.c

typedef struct {
    i64 sec;
    i32 usec;
    i32 pad;
} DarwinTimeval;

DarwinTimeval darwin_timeval(struct timeval t);
struct timeval linux_timeval(const DarwinTimeval *t);

// ---- dyld.c

// Remembers the arguments, which a program may change.
void dyld_start(void);

// ---- files.c

// Flags of open: Darwin's as Linux's.
int linux_open_flags(int darwin);
// Darwin's AT_FDCWD is -2.
int linux_dirfd(int darwin);
// AT_ flags of the ...at functions.
int linux_at_flags(int darwin);

// ---- kqueue.c

// fd is about to be closed or replaced: its events go away with it.
void kqueue_forget(int fd);
// This process is the child of a fork: the kqueues stay the parent's.
void kqueue_leave(void);

// ---- pthreads.c

// Gives the first thread its thread-specific data, where Go keeps g.
void pthreads_start(void);

// ---- sockets.c

struct sockaddr_storage;
enum { DARWIN_AF_INET6 = 30 };

// Families of addresses; -1 when the other system has none such.
int linux_family(int darwin);
int darwin_family(int linux_number);
// An address of Darwin as one of Linux. Returns its size, 0 when there is none.
u32 linux_sockaddr(const u8 *darwin, u32 size, struct sockaddr_storage *out);
// An address of Linux (changed on the way) as one of Darwin: *out_size is the room at out and becomes the size, which may
// be more. Does nothing when out is NULL.
void darwin_sockaddr(struct sockaddr_storage *in, u32 size, u8 *out, u32 *out_size);

// ---- interfaces.c

// The answer of the routing table: NET_RT_IFLIST, or NET_RT_IFLIST2 with groups; of all interfaces when the index is 0.
// *size is the room at out, which may be NULL, and becomes what is needed. Returns as a sysctl does.
long interfaces_list(bool second_form, int index, void *out, size_t *size);

// ---- signals.c

// Numbers of signals; 0 stays 0, and what has no counterpart becomes a number that the system refuses.
int linux_signal(int darwin);
int darwin_signal(int linux_number);

// Changes the mask of signals of the thread, as pthread_sigmask does: SIG_BLOCK is 1, SIG_UNBLOCK 2, SIG_SETMASK 3; new and
// old may be NULL. Returns the error of Darwin.
long signal_mask(int how, const u32 *new, u32 *old);

// ---- corefoundation.c

typedef enum { CF_DATA, CF_STRING, CF_ARRAY, CF_DATE, CF_ERROR, CF_CERTIFICATE, CF_LIST, CF_TRUST } CfKind;

typedef struct CfObject CfObject;
struct CfObject {
    CfKind kind;
    u32 refs;
    u64 size;         // bytes of data, or items in use
    u64 cap;          // places at items
    u8 *data;         // CF_DATA, CF_STRING (UTF-8), CF_ERROR (its description), CF_CERTIFICATE (DER)
    CfObject **items; // CF_ARRAY: borrowed; CF_LIST, CF_TRUST: owned
    double date;      // CF_DATE: seconds since 2001
    i64 code;         // CF_ERROR
};

// A new object with one reference; data is copied.
CfObject *cf_new(CfKind kind, const void *data, u64 size);
// A new object with n places for others, all NULL and none in use.
CfObject *cf_new_items(CfKind kind, u64 n);
void cf_append(CfObject *array, CfObject *item);
// Both take NULL.
CfObject *cf_retain(CfObject *o);
void cf_release(CfObject *o);

// ---- libsystem.c

// Set before the program starts.
extern const struct ShimProcess *shim_process;

// ---- misc.c

void shim_random_bytes(void *out, size_t size);

// Ends the program with one line: 'what' is not served by the shim.
_Noreturn void shim_abort(const char *what, const char *why);
