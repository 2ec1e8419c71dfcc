// jumps.c - setjmp and longjmp.
//
// setjmp remembers where it was called: the registers that a function has to leave as they are, among them the stack pointer,
// and the address that it returns to. longjmp puts all that back, so that setjmp returns once more, with another value.
// On Darwin setjmp remembers the mask of signals as well; _setjmp does not, and sigsetjmp is told. The C library of Linux
// has larger buffers, so these are made here.
// REF   setjmp.h of macOS: 148 bytes of registers on amd64, 192 on arm64. The registers: the calling conventions, darwin.h.
#include "machorun/shim/darwin.h"

#ifdef __x86_64__
enum { N_REGISTERS = 8, ROOM = 148 }; // rbx, rbp, r12 to r15, rsp, rip
#else
enum { N_REGISTERS = 21, ROOM = 192 }; // x19 to x30, sp, d8 to d15
#endif

typedef struct {
    u64 registers[N_REGISTERS];
    u32 has_mask;
    u32 mask;
} JumpBuffer;
_Static_assert(sizeof(JumpBuffer) <= ROOM, "jmp_buf of Darwin");
_Static_assert(offsetof(JumpBuffer, has_mask) == 8 * N_REGISTERS, "the code below knows the place");

// Called by setjmp, before it looks at the registers.
CALLED_FROM_ASM static void jump_keep_mask(JumpBuffer *b) {
    signal_mask(0, NULL, &b->mask);
}

long shim_setjmp(void), shim__setjmp(void), shim_sigsetjmp(void);
_Noreturn void jump_back(const JumpBuffer *b, long value);

#ifdef __x86_64__

__asm__(".text\n"
        "shim__setjmp:\n"
        "   xor %esi, %esi\n"
        "   jmp shim_sigsetjmp\n"
        "shim_setjmp:\n"
        "   mov $1, %esi\n"
        "shim_sigsetjmp:\n"
        "   mov %esi, 64(%rdi)\n" // has_mask
        "   test %esi, %esi\n"
        "   je 1f\n"
        "   push %rdi\n"
        "   call jump_keep_mask\n"
        "   pop %rdi\n"
        "1: mov %rbx, 0(%rdi)\n"
        "   mov %rbp, 8(%rdi)\n"
        "   mov %r12, 16(%rdi)\n"
        "   mov %r13, 24(%rdi)\n"
        "   mov %r14, 32(%rdi)\n"
        "   mov %r15, 40(%rdi)\n"
        "   lea 8(%rsp), %rdx\n" // rsp when setjmp has returned,
        "   mov %rdx, 48(%rdi)\n"
        "   mov (%rsp), %rdx\n" // to there
        "   mov %rdx, 56(%rdi)\n"
        "   xor %eax, %eax\n"
        "   ret\n"
        "jump_back:\n"
        "   mov 0(%rdi), %rbx\n"
        "   mov 8(%rdi), %rbp\n"
        "   mov 16(%rdi), %r12\n"
        "   mov 24(%rdi), %r13\n"
        "   mov 32(%rdi), %r14\n"
        "   mov 40(%rdi), %r15\n"
        "   mov 48(%rdi), %rsp\n"
        "   mov %rsi, %rax\n"
        "   jmp *56(%rdi)\n");

#else

__asm__(".text\n"
        "shim__setjmp:\n"
        "   mov w1, #0\n"
        "   b shim_sigsetjmp\n"
        "shim_setjmp:\n"
        "   mov w1, #1\n"
        "shim_sigsetjmp:\n"
        "   str w1, [x0, #168]\n" // has_mask
        "   cbz w1, 1f\n"
        "   stp x0, x30, [sp, #-16]!\n"
        "   bl jump_keep_mask\n"
        "   ldp x0, x30, [sp], #16\n"
        "1: stp x19, x20, [x0]\n"
        "   stp x21, x22, [x0, #16]\n"
        "   stp x23, x24, [x0, #32]\n"
        "   stp x25, x26, [x0, #48]\n"
        "   stp x27, x28, [x0, #64]\n"
        "   stp x29, x30, [x0, #80]\n"
        "   mov x2, sp\n"
        "   str x2, [x0, #96]\n"
        "   stp d8, d9, [x0, #104]\n"
        "   stp d10, d11, [x0, #120]\n"
        "   stp d12, d13, [x0, #136]\n"
        "   stp d14, d15, [x0, #152]\n"
        "   mov x0, #0\n"
        "   ret\n"
        "jump_back:\n"
        "   ldp x19, x20, [x0]\n"
        "   ldp x21, x22, [x0, #16]\n"
        "   ldp x23, x24, [x0, #32]\n"
        "   ldp x25, x26, [x0, #48]\n"
        "   ldp x27, x28, [x0, #64]\n"
        "   ldp x29, x30, [x0, #80]\n"
        "   ldr x2, [x0, #96]\n"
        "   mov sp, x2\n"
        "   ldp d8, d9, [x0, #104]\n"
        "   ldp d10, d11, [x0, #120]\n"
        "   ldp d12, d13, [x0, #136]\n"
        "   ldp d14, d15, [x0, #152]\n"
        "   mov x0, x1\n"
        "   ret\n");

#endif

// setjmp returns 1 for 0.
static _Noreturn void shim_longjmp(const JumpBuffer *b, int value) {
    enum { DARWIN_SIG_SETMASK = 3 };
    if (b->has_mask)
        signal_mask(DARWIN_SIG_SETMASK, &b->mask, NULL);
    jump_back(b, value ? value : 1);
}

const Export exports_jumps[] = {
    EXPORT(_setjmp),
    EXPORT(longjmp),
    EXPORT(setjmp),
    EXPORT(sigsetjmp),
    {"_longjmp", shim_longjmp},
    {"siglongjmp", shim_longjmp},
    EXPORTS_END,
};
