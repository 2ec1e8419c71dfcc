// start.c - from a loaded image to a running one.
//
// WHAT  The kernel starts a process with a stack that begins like this:
//
//           argc | argv[0] .. argv[argc-1] | 0 | envp[0] .. | 0 | apple[0] .. | 0
//                ^ the stack pointer is at argc              ^ strings from the kernel: "executable_path=..."
//
//       With LC_UNIXTHREAD the program's first instruction sees just that. With LC_MAIN dyld calls a C function
//       main(argc, argv, envp, apple), and exits with what it returns. Before either, dyld runs the initializers: functions
//       whose addresses (or distances from the header) are in sections of their own, with main's arguments.
// HOW   The stack of machorun's main thread is the program's too: it has the size that the user's limit says, as
//       on macOS. For LC_UNIXTHREAD the block above is built on it by a function of assembler, which then jumps.
// REF   xnu, bsd/kern/kern_exec.c: exec_copyout_strings; Go, runtime/rt0_darwin_*.s.
#include "machorun/loader.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

typedef int (*MainFunction)(int argc, char **argv, char **envp, char **apple);

// The arguments of main; apple[0] is all that programs look for.
typedef struct {
    int argc;
    char **argv, **envp, *apple[2];
} Arguments;

static Arguments arguments;

static void prepare_arguments(const ShimProcess *process) {
    static char executable_path[PATH_MAX + 32];
    snprintf(executable_path, sizeof executable_path, "executable_path=%s", process->program);
    arguments = (Arguments){process->argc, process->argv, process->envp, {executable_path, NULL}};
}

static void call(u64 addr) {
    ((MainFunction)(uintptr_t)addr)(arguments.argc, arguments.argv, arguments.envp, arguments.apple);
}

static void run_section(Image *im, const SectionHeader *sect) {
    u32 type = sect->flags & SECTION_TYPE;
    u8 *p = image_memory(im, sect->addr);
    for (u64 i = 0; type == S_MOD_INIT_FUNC_POINTERS && i < sect->size / 8; i++)
        call(get_u64le(p + 8 * i));
    for (u64 i = 0; type == S_INIT_FUNC_OFFSETS && i < sect->size / 4; i++)
        call(im->low + im->slide + get_u32le(p + 4 * i));
}

void start_initializers(Image *im) {
    if (im->initialized)
        return;
    im->initialized = true;
    for (u32 i = 0; i < im->libs.n; i++)
        if (im->libs.v[i].image)
            start_initializers(im->libs.v[i].image);
    for (u32 i = 0; i < im->segs.n; i++)
        for (u32 k = 0; segment_is_mapped(im->segs.v[i]) && k < im->segs.v[i]->nsects; k++)
            run_section(im, &segment_sections(im->segs.v[i])[k]);
}

// Copies `words` words to the top of the stack and jumps to the entry.
_Noreturn void start_on_stack(u64 entry, const u64 *block, u64 words);

#ifdef __x86_64__
__asm__(".text\n"
        "start_on_stack:\n"
        "   mov %rdi, %rax\n"        // entry
        "   mov %rdx, %rcx\n"        // words
        "   lea 15(,%rdx,8), %rdx\n" // their bytes, a multiple of 16
        "   and $-16, %rdx\n"
        "   and $-16, %rsp\n"
        "   sub %rdx, %rsp\n"
        "   mov %rsp, %rdi\n"
        "   rep movsq\n"
        "   xor %ebp, %ebp\n" // no caller
        "   jmp *%rax\n");
#else
__asm__(".text\n"
        "start_on_stack:\n"
        "   mov x16, x0\n"    // entry
        "   add x3, x2, #1\n" // words, made even
        "   and x3, x3, #-2\n"
        "   sub x4, sp, x3, lsl #3\n"
        "   mov sp, x4\n"
        "1: cbz x2, 2f\n"
        "   ldr x5, [x1], #8\n"
        "   str x5, [x4], #8\n"
        "   sub x2, x2, #1\n"
        "   b 1b\n"
        "2: mov x29, xzr\n" // no caller
        "   br x16\n");
#endif

// Appends a list of strings with its end mark.
static u64 *add_strings(u64 *to, char **list) {
    for (; *list; list++)
        *to++ = (uintptr_t)*list;
    *to++ = 0;
    return to;
}

static _Noreturn void start_thread(Image *im) {
    u64 n = (u64)arguments.argc + 8;
    for (char **e = arguments.envp; *e; e++)
        n++;
    u64 *block = arena_array(&im->arena, u64, n), *end = block;
    *end++ = (u64)arguments.argc;
    end = add_strings(end, arguments.argv);
    end = add_strings(end, arguments.envp);
    end = add_strings(end, arguments.apple);
    start_on_stack(im->entry + im->slide, block, (u64)(end - block));
}

int start_program(Image *im, const ShimProcess *process) {
    prepare_arguments(process);
    shim_start(process);
    start_initializers(im);
    if (!im->entry_is_main)
        start_thread(im);
    return ((MainFunction)(uintptr_t)(im->entry + im->slide))(arguments.argc, arguments.argv, arguments.envp,
                                                              arguments.apple);
}
