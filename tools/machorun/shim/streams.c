// streams.c - stdio: streams, printf and scanf.
//
// A FILE is an object of the C library that macOS programs only hand on, so it is that of Linux. stdin, stdout and stderr
// are variables, named __stdinp and so on. The formats of printf and scanf are the same on both systems.
// With _FORTIFY_SOURCE, which macOS's headers set, calls go to functions with __ and _chk in their names; the C library of
// Linux has them, too.
// The macros getc_unlocked and putc_unlocked look into Darwin's FILE and cannot work.
// REF   stdio.h and secure/_stdio.h of macOS.
#include "machorun/shim/darwin.h"
#include "machorun/shim/varargs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static FILE *standard_in, *standard_out, *standard_error;

void streams_start(void) {
    standard_in = stdin;
    standard_out = stdout;
    standard_error = stderr;
}

// ---- formatted ------------------------------------------------------------------------------------------------------

// NAME with a list, which is Darwin's: shim_vNAME(parameters, args) calls vNAME(arguments, list).
#define LISTED(name, call, ...)                                                                              \
    CALLED_FROM_ASM static long shim_v##name(__VA_ARGS__, DarwinArgs args) {                                 \
        va_list list;                                                                                        \
        linux_args(&list, args);                                                                             \
        long r = result(call);                                                                               \
        va_end(list);                                                                                        \
        return r;                                                                                            \
    }

int __vsprintf_chk(char *out, int flag, size_t room, const char *format, va_list list);
int __vsnprintf_chk(char *out, size_t size, int flag, size_t room, const char *format, va_list list);

#pragma GCC diagnostic ignored "-Wformat-nonliteral" // the formats are the program's

LISTED(printf, vprintf(format, list), const char *format)
LISTED(fprintf, vfprintf(f, format, list), FILE *f, const char *format)
LISTED(dprintf, vdprintf(fd, format, list), int fd, const char *format)
LISTED(sprintf, vsprintf(out, format, list), char *out, const char *format)
LISTED(snprintf, vsnprintf(out, size, format, list), char *out, size_t size, const char *format)
LISTED(asprintf, vasprintf(out, format, list), char **out, const char *format)
LISTED(scanf, vscanf(format, list), const char *format)
LISTED(fscanf, vfscanf(f, format, list), FILE *f, const char *format)
LISTED(sscanf, vsscanf(text, format, list), const char *text, const char *format)
LISTED(sprintf_chk, __vsprintf_chk(out, flag, room, format, list), char *out, int flag, size_t room,
       const char *format)
LISTED(snprintf_chk, __vsnprintf_chk(out, size, flag, room, format, list), char *out, size_t size, int flag,
       size_t room, const char *format)

VARIADIC(printf, 1, (const char *format, ...), format, (format, list))
VARIADIC(fprintf, 2, (FILE * f, const char *format, ...), format, (f, format, list))
VARIADIC(dprintf, 2, (int fd, const char *format, ...), format, (fd, format, list))
VARIADIC(sprintf, 2, (char *out, const char *format, ...), format, (out, format, list))
VARIADIC(snprintf, 3, (char *out, size_t size, const char *format, ...), format, (out, size, format, list))
VARIADIC(asprintf, 2, (char **out, const char *format, ...), format, (out, format, list))
VARIADIC(scanf, 1, (const char *format, ...), format, (format, list))
VARIADIC(fscanf, 2, (FILE * f, const char *format, ...), format, (f, format, list))
VARIADIC(sscanf, 2, (const char *text, const char *format, ...), format, (text, format, list))
VARIADIC(sprintf_chk, 4, (char *out, int flag, size_t room, const char *format, ...), format,
         (out, flag, room, format, list))
VARIADIC(snprintf_chk, 5, (char *out, size_t size, int flag, size_t room, const char *format, ...), format,
         (out, size, flag, room, format, list))

// ---- the others -----------------------------------------------------------------------------------------------------

static FILE *shim_fopen(const char *path, const char *mode) {
    return result_pointer(fopen(path, mode));
}

static FILE *shim_fdopen(int fd, const char *mode) {
    return result_pointer(fdopen(fd, mode));
}

static FILE *shim_freopen(const char *path, const char *mode, FILE *f) {
    return result_pointer(freopen(path, mode, f));
}

static FILE *shim_tmpfile(void) {
    return result_pointer(tmpfile());
}

static size_t shim_fread(void *out, size_t size, size_t n, FILE *f) {
    size_t r = fread(out, size, n, f);
    if (r < n)
        result(-1);
    return r;
}

static size_t shim_fwrite(const void *data, size_t size, size_t n, FILE *f) {
    size_t r = fwrite(data, size, n, f);
    if (r < n)
        result(-1);
    return r;
}

static char *shim_fgets(char *out, int size, FILE *f) {
    return result_pointer(fgets(out, size, f));
}

static void shim_perror(const char *what) {
    const char *text = darwin_error_text(*darwin_errno_addr());
    if (what && *what)
        fprintf(stderr, "%s: %s\n", what, text);
    else
        fprintf(stderr, "%s\n", text);
}

PASS1(fclose, FILE *)
PASS1(fflush, FILE *)
PASS1(fgetc, FILE *)
PASS1(fileno, FILE *)
PASS2(fputc, int, FILE *)
PASS2(fputs, const char *, FILE *)
PASS3(fseek, FILE *, long, int)
PASS3(fseeko, FILE *, off_t, int)
PASS1(ftell, FILE *)
PASS1(ftello, FILE *)
PASS0(getchar)
PASS4(getdelim, char **, size_t *, int, FILE *)
PASS3(getline, char **, size_t *, FILE *)
PASS1(putchar, int)
PASS1(puts, const char *)
PASS1(remove, const char *)

const Export exports_streams[] = {
    EXPORT(asprintf),
    EXPORT(dprintf),
    EXPORT(fclose),
    EXPORT(fdopen),
    EXPORT(fflush),
    EXPORT(fgetc),
    EXPORT(fgets),
    EXPORT(fileno),
    EXPORT(fopen),
    EXPORT(fprintf),
    EXPORT(fputc),
    EXPORT(fputs),
    EXPORT(fread),
    EXPORT(freopen),
    EXPORT(fscanf),
    EXPORT(fseek),
    EXPORT(fseeko),
    EXPORT(ftell),
    EXPORT(ftello),
    EXPORT(fwrite),
    EXPORT(getchar),
    EXPORT(getdelim),
    EXPORT(getline),
    EXPORT(perror),
    EXPORT(printf),
    EXPORT(putchar),
    EXPORT(puts),
    EXPORT(remove),
    EXPORT(scanf),
    EXPORT(snprintf),
    EXPORT(sprintf),
    EXPORT(sscanf),
    EXPORT(tmpfile),
    EXPORT(vasprintf),
    EXPORT(vdprintf),
    EXPORT(vfprintf),
    EXPORT(vfscanf),
    EXPORT(vprintf),
    EXPORT(vscanf),
    EXPORT(vsnprintf),
    EXPORT(vsprintf),
    EXPORT(vsscanf),
    {"__snprintf_chk", shim_snprintf_chk},
    {"__sprintf_chk", shim_sprintf_chk},
    {"__stderrp", &standard_error},
    {"__stdinp", &standard_in},
    {"__stdoutp", &standard_out},
    {"__vsnprintf_chk", shim_vsnprintf_chk},
    {"__vsprintf_chk", shim_vsprintf_chk},
    {"clearerr", clearerr},
    {"feof", feof},
    {"ferror", ferror},
    {"getc", shim_fgetc},
    {"putc", shim_fputc},
    {"rewind", rewind},
    {"setbuf", setbuf},
    {"setvbuf", setvbuf},
    {"ungetc", ungetc},
    EXPORTS_END,
};
