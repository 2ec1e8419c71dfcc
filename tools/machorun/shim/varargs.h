// varargs.h - functions with "..." : where Darwin's arguments are, and how to hand them to the C library of Linux.
//
// WHAT  On amd64 both systems pass and list them alike. On arm64 Darwin puts what stands for "..." on the stack, a word of 8
//       bytes each, and a va_list is just a pointer to it; Linux passes as much as it can in registers, and its va_list
//       says what is left of these.
// HOW   The shim has the forms with a va_list (vprintf); the others are made of them. On arm64 these are a few
//       instructions that pass the stack pointer on as the list, as it was at the call.
//       Go's trampolines leave the third argument of open, fcntl and ioctl, and the fourth of openat, in both places; C
//       programs only on the stack: so it is loaded from there (STACKED).
// RULES No argument is wider than 8 bytes: a long double is a double on Darwin's arm64, and not on Linux.
// REF   Apple, "Writing ARM64 code for Apple platforms"; Arm, "Procedure Call Standard for the Arm 64-bit Architecture",
//       B.4 Variable argument lists; runtime/sys_darwin_arm64.s.
#pragma once

#include <stdarg.h>

#ifdef __aarch64__

typedef void *DarwinArgs;

// All registers are used up: the next argument is the first on the stack.
static inline void linux_args(va_list *out, DarwinArgs args) {
    memset(out, 0, sizeof *out);
    out->__stack = args;
}

// shim_NAME(FIXED parameters, ...), which calls shim_vNAME(the same, list); `last` is the last of them.
#define VARIADIC(name, fixed, parameters, last, arguments)                                                   \
    long shim_##name(void);                                                                                  \
    __asm__(".text\n"                                                                                        \
            "shim_" #name ":\n"                                                                              \
            "   mov x" #fixed ", sp\n"                                                                       \
            "   b shim_v" #name "\n");

// shim_stacked_NAME(FIXED parameters, ...), which calls shim_NAME(the same, the first of the others).
#define STACKED(name, fixed)                                                                                 \
    long shim_stacked_##name(void);                                                                          \
    __asm__(".text\n"                                                                                        \
            "shim_stacked_" #name ":\n"                                                                      \
            "   ldr x" #fixed ", [sp]\n"                                                                     \
            "   b shim_" #name "\n");
#define EXPORT_STACKED(name) {#name, shim_stacked_##name}

#else

typedef __builtin_va_list DarwinArgs; // as a parameter: a pointer

static inline void linux_args(va_list *out, DarwinArgs args) {
    va_copy(*out, args);
}

#define VARIADIC(name, fixed, parameters, last, arguments)                                                   \
    static long shim_##name parameters {                                                                     \
        va_list list;                                                                                        \
        va_start(list, last);                                                                                \
        long r = shim_v##name arguments;                                                                     \
        va_end(list);                                                                                        \
        return r;                                                                                            \
    }

#define STACKED(name, fixed)
#define EXPORT_STACKED(name) EXPORT(name)

#endif
