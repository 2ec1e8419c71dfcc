// c_library.c - what C programs use of the C library beyond the system: memory, strings, numbers, kinds of characters.
//
// These functions are those of Linux, where nothing differs; strerror, strtol and the like are not, because of the numbers
// of errors. The <ctype.h> of macOS looks the kind of an ASCII character up in a table, _DefaultRuneLocale, which is filled
// in here for the locale "C", the only one.
// clang turns loops into calls of functions that only Darwin has (memset_pattern16, __sincos_stret).
// REF   runetype.h, _ctype.h, secure/_string.h of macOS.
#include "machorun/shim/darwin.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

// ---- kinds of characters --------------------------------------------------------------------------------------------

enum { N_RUNES = 256, N_ASCII = 128 };

typedef struct {
    char magic[8], encoding[32];
    void *get, *put;
    i32 invalid;
    u32 kinds[N_RUNES];
    i32 lower[N_RUNES], upper[N_RUNES];
    u64 more[10]; // of characters above, of which there are none
} DarwinRuneLocale;

static DarwinRuneLocale default_locale = {.magic = "RuneMagA", .encoding = "NONE"};

static u32 kinds_of(int c) {
    return (isalpha(c) ? 0x100u : 0) | (iscntrl(c) ? 0x200u : 0) |
           (isdigit(c) ? 0x400u | (u32)(c - '0') : 0) | (isgraph(c) ? 0x800u : 0) |
           (islower(c) ? 0x1000u : 0) | (ispunct(c) ? 0x2000u : 0) | (isspace(c) ? 0x4000u : 0) |
           (isupper(c) ? 0x8000u : 0) | (isxdigit(c) ? 0x10000u : 0) | (isblank(c) ? 0x20000u : 0) |
           (isprint(c) ? 0x40000u : 0);
}

void c_library_start(void) {
    for (int c = 0; c < N_RUNES; c++) {
        default_locale.kinds[c] = c < N_ASCII ? kinds_of(c) : 0;
        default_locale.lower[c] = c < N_ASCII ? tolower(c) : c;
        default_locale.upper[c] = c < N_ASCII ? toupper(c) : c;
    }
}

static int shim___maskrune(int c, u64 mask) {
    return c >= 0 && c < N_RUNES ? (int)(default_locale.kinds[c] & mask) : 0;
}

static int shim___tolower(int c) {
    return c >= 0 && c < N_RUNES ? default_locale.lower[c] : c;
}

static int shim___toupper(int c) {
    return c >= 0 && c < N_RUNES ? default_locale.upper[c] : c;
}

// ---- numbers --------------------------------------------------------------------------------------------------------

// Functions that report by errno alone that a number does not fit.
#define NUMBER(type, name, ...)                                                                              \
    errno = 0;                                                                                               \
    type r = name(__VA_ARGS__);                                                                              \
    if (errno)                                                                                               \
        result(-1);                                                                                          \
    return r

static long shim_strtol(const char *s, char **end, int base) {
    NUMBER(long, strtol, s, end, base);
}

static unsigned long shim_strtoul(const char *s, char **end, int base) {
    NUMBER(unsigned long, strtoul, s, end, base);
}

static double shim_strtod(const char *s, char **end) {
    NUMBER(double, strtod, s, end);
}

static float shim_strtof(const char *s, char **end) {
    NUMBER(float, strtof, s, end);
}

typedef struct {
    double sin, cos;
} SinCos;

static SinCos shim___sincos_stret(double x) {
    return (SinCos){sin(x), cos(x)};
}

static double shim___exp10(double x) {
    return exp10(x);
}

static u32 shim_arc4random_uniform(u32 limit) {
    if (limit < 2)
        return 0;
    u32 r, least = -limit % limit; // below it the rest would favour small numbers
    do {
        shim_random_bytes(&r, sizeof r);
    } while (r < least);
    return r % limit;
}

// ---- memory and strings ---------------------------------------------------------------------------------------------

static void *shim_malloc(size_t size) {
    return result_pointer(malloc(size));
}

static void *shim_calloc(size_t n, size_t size) {
    return result_pointer(calloc(n, size));
}

static void *shim_realloc(void *p, size_t size) {
    void *r = realloc(p, size);
    return r || !size ? r : result_pointer(r);
}

// Fills size bytes with copies of a pattern, the last one perhaps not whole.
static void fill(u8 *out, const void *pattern, size_t pattern_size, size_t size) {
    for (size_t done = 0; done < size; done += pattern_size)
        memcpy(out + done, pattern, MIN(pattern_size, size - done));
}

static void shim_memset_pattern4(void *out, const void *pattern, size_t size) {
    fill(out, pattern, 4, size);
}

static void shim_memset_pattern8(void *out, const void *pattern, size_t size) {
    fill(out, pattern, 8, size);
}

static void shim_memset_pattern16(void *out, const void *pattern, size_t size) {
    fill(out, pattern, 16, size);
}

// Copies what fits and a NUL; returns how long the string is.
static size_t shim_strlcpy(char *out, const char *s, size_t size) {
    size_t n = strlen(s);
    if (size) {
        size_t copied = MIN(n, size - 1);
        memcpy(out, s, copied);
        out[copied] = '\0';
    }
    return n;
}

static size_t shim_strlcat(char *out, const char *s, size_t size) {
    size_t n = strnlen(out, size);
    return n + shim_strlcpy(out + n, s, size - n);
}

static size_t shim___strlcpy_chk(char *out, const char *s, size_t size, size_t room) {
    if (size > room)
        shim_abort("strlcpy", "the buffer is smaller than the program says");
    return shim_strlcpy(out, s, size);
}

static size_t shim___strlcat_chk(char *out, const char *s, size_t size, size_t room) {
    if (size > room)
        shim_abort("strlcat", "the buffer is smaller than the program says");
    return shim_strlcat(out, s, size);
}

static char *shim_strerror(int problem) {
    return (char *)darwin_error_text(problem);
}

static int shim_strerror_r(int problem, char *out, size_t size) {
    return shim_strlcpy(out, darwin_error_text(problem), size) < size ? 0 : ERANGE; // the same number
}

// ---- what the compiler adds -----------------------------------------------------------------------------------------

static u64 stack_guard = 0x595e9fbd94fda700; // a NUL stops functions of strings

static _Noreturn void shim___stack_chk_fail(void) {
    shim_abort("the program", "a function wrote beyond its variables");
}

static _Noreturn void shim___assert_rtn(const char *function, const char *file, int line, const char *text) {
    fprintf(stderr, "Assertion failed: (%s), function %s, file %s, line %d.\n", text, function, file, line);
    abort();
}

int __cxa_atexit(void (*f)(void *), void *arg, void *image);

// Functions for the end of an image run at the end of the process: images stay.
static int shim___cxa_atexit(void (*f)(void *), void *arg, void *image) {
    (void)image;
    return __cxa_atexit(f, arg, NULL);
}

static int shim_atexit(void (*f)(void)) {
    return __cxa_atexit((void (*)(void *))f, NULL, NULL);
}

// Arithmetic that the compiler calls functions for; Darwin has them in libSystem.
double _Complex __divdc3(double, double, double, double);
double _Complex __muldc3(double, double, double, double);
float _Complex __divsc3(float, float, float, float);
float _Complex __mulsc3(float, float, float, float);
int __absvsi2(int);
long __absvdi2(long);
__int128 __divti3(__int128, __int128);
__int128 __modti3(__int128, __int128);
unsigned __int128 __udivti3(unsigned __int128, unsigned __int128);
unsigned __int128 __umodti3(unsigned __int128, unsigned __int128);

void *__memcpy_chk(void *, const void *, size_t, size_t);
void *__memmove_chk(void *, const void *, size_t, size_t);
void *__memset_chk(void *, int, size_t, size_t);
char *__strcat_chk(char *, const char *, size_t);
char *__strcpy_chk(char *, const char *, size_t);
char *__strncat_chk(char *, const char *, size_t, size_t);
char *__strncpy_chk(char *, const char *, size_t, size_t);
char *__stpcpy_chk(char *, const char *, size_t);

#define SAME(name) {#name, name}

const Export exports_c_library[] = {
    EXPORT(__assert_rtn),
    EXPORT(__cxa_atexit),
    EXPORT(__exp10),
    EXPORT(__maskrune),
    EXPORT(__sincos_stret),
    EXPORT(__stack_chk_fail),
    EXPORT(__strlcat_chk),
    EXPORT(__strlcpy_chk),
    EXPORT(__tolower),
    EXPORT(__toupper),
    EXPORT(arc4random_uniform),
    EXPORT(atexit),
    EXPORT(calloc),
    EXPORT(malloc),
    EXPORT(memset_pattern16),
    EXPORT(memset_pattern4),
    EXPORT(memset_pattern8),
    EXPORT(realloc),
    EXPORT(strerror),
    EXPORT(strerror_r),
    EXPORT(strlcat),
    EXPORT(strlcpy),
    EXPORT(strtod),
    EXPORT(strtof),
    EXPORT(strtol),
    EXPORT(strtoul),
    SAME(__absvdi2),
    SAME(__absvsi2),
    SAME(__divdc3),
    SAME(__divsc3),
    SAME(__divti3),
    SAME(__memcpy_chk),
    SAME(__memmove_chk),
    SAME(__memset_chk),
    SAME(__modti3),
    SAME(__muldc3),
    SAME(__mulsc3),
    SAME(__stpcpy_chk),
    SAME(__strcat_chk),
    SAME(__strcpy_chk),
    SAME(__strncat_chk),
    SAME(__strncpy_chk),
    SAME(__udivti3),
    SAME(__umodti3),
    SAME(abs),
    SAME(atof),
    SAME(atoi),
    SAME(atol),
    SAME(atoll),
    SAME(bsearch),
    SAME(bzero),
    SAME(div),
    SAME(free),
    SAME(isalnum),
    SAME(isalpha),
    SAME(iscntrl),
    SAME(isdigit),
    SAME(isgraph),
    SAME(islower),
    SAME(isprint),
    SAME(ispunct),
    SAME(isspace),
    SAME(isupper),
    SAME(isxdigit),
    SAME(labs),
    SAME(ldiv),
    SAME(memchr),
    SAME(memcmp),
    SAME(memcpy),
    SAME(memmem),
    SAME(memmove),
    SAME(memset),
    SAME(posix_memalign),
    SAME(qsort),
    SAME(rand),
    SAME(random),
    SAME(srand),
    SAME(srandom),
    SAME(stpcpy),
    SAME(stpncpy),
    SAME(strcasecmp),
    SAME(strcat),
    SAME(strchr),
    SAME(strcmp),
    SAME(strcoll),
    SAME(strcpy),
    SAME(strcspn),
    SAME(strdup),
    SAME(strlen),
    SAME(strncasecmp),
    SAME(strncat),
    SAME(strncmp),
    SAME(strncpy),
    SAME(strndup),
    SAME(strnlen),
    SAME(strpbrk),
    SAME(strrchr),
    SAME(strsep),
    SAME(strspn),
    SAME(strstr),
    SAME(strtok),
    SAME(strtok_r),
    SAME(strxfrm),
    SAME(tolower),
    SAME(toupper),
    {"__bzero", bzero},
    {"_DefaultRuneLocale", &default_locale},
    {"__stack_chk_guard", &stack_guard},
    {"strtoll", shim_strtol},
    {"strtoull", shim_strtoul},
    EXPORTS_END,
};

// The functions of <math.h>, for double and for float.
#define BOTH(name) SAME(name), SAME(name##f)

const Export exports_math[] = {
    BOTH(acos),   BOTH(acosh), BOTH(asin),  BOTH(asinh), BOTH(atan),      BOTH(atan2),  BOTH(atanh),
    BOTH(cbrt),   BOTH(ceil),  BOTH(cos),   BOTH(cosh),  BOTH(erf),       BOTH(erfc),   BOTH(exp),
    BOTH(exp2),   BOTH(expm1), BOTH(fabs),  BOTH(fdim),  BOTH(floor),     BOTH(fma),    BOTH(fmax),
    BOTH(fmin),   BOTH(fmod),  BOTH(frexp), BOTH(hypot), BOTH(ldexp),     BOTH(lgamma), BOTH(log),
    BOTH(log10),  BOTH(log1p), BOTH(log2),  BOTH(modf),  BOTH(nearbyint), BOTH(pow),    BOTH(remainder),
    BOTH(rint),   BOTH(round), BOTH(sin),   BOTH(sinh),  BOTH(sqrt),      BOTH(tan),    BOTH(tanh),
    BOTH(tgamma), BOTH(trunc), EXPORTS_END,
};

// ---- the environment ------------------------------------------------------------------------------------------------

PASS1(putenv, char *)
PASS3(setenv, const char *, const char *, int)
PASS1(unsetenv, const char *)

const Export exports_environment[] = {
    EXPORT(putenv), EXPORT(setenv), EXPORT(unsetenv), SAME(getenv), {"environ", &environ}, EXPORTS_END,
};
