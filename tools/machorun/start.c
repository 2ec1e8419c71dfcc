// start.c - from a loaded image to a running one.
//
// WHAT  The kernel starts a process with a stack that begins like this:
//
//           argc | argv[0] .. argv[argc-1] | 0 | envp[0] .. | 0 | apple[0] .. | 0
//                ^ the stack pointer is at argc              ^ strings from the kernel: "executable_path=..."
//
//       With LC_UNIXTHREAD the program's first instruction sees just that. With LC_MAIN dyld calls a C function
//       main(argc, argv, envp, apple), and exits with what it returns; Go relies on all of them being in the block, one
//       behind the other. Before either, dyld runs the initializers: functions whose addresses (or distances from the
//       header) are in sections of their own, with main's arguments.
// HOW   The stack of machorun's main thread is the program's too: it has the size that the user's limit says, as on
//       macOS. For LC_UNIXTHREAD a function of assembler copies the block to it and jumps.
// REF   xnu, bsd/kern/kern_exec.c: exec_copyout_strings; Go, runtime/rt0_darwin_*.s.
#include "machorun/loader.h"

typedef int (*MainFunction)(u64 argc, u64 *argv, u64 *envp, u64 *apple);

// The block, and where its parts are.
static struct {
    u64 *block, *argv, *envp, *apple, *end;
} start;

// Appends a list of strings with its end mark.
static void add_strings(char **list) {
    for (; *list; list++)
        *start.end++ = (uintptr_t)*list;
    *start.end++ = 0;
}

static void build_block(Image *im, const ShimProcess *process) {
    u64 words = (u64)process->argc + 8;
    for (char **e = process->envp; *e; e++)
        words++;
    char *apple[] = {(char *)arena_printf(&im->arena, "executable_path=%s", process->program).p, NULL};
    start.block = start.end = arena_array(&im->arena, u64, words);
    *start.end++ = (u64)process->argc;
    start.argv = start.end;
    add_strings(process->argv);
    start.envp = start.end;
    add_strings(process->envp);
    start.apple = start.end;
    add_strings(apple);
}

static int call(u64 addr) {
    return ((MainFunction)(uintptr_t)addr)(*start.block, start.argv, start.envp, start.apple);
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

int start_program(Image *im, const ShimProcess *process) {
    build_block(im, process);
    shim_start(process);
    start_initializers(im);
    if (!im->entry_is_main)
        start_on_stack(im->entry + im->slide, start.block, (u64)(start.end - start.block));
    return call(im->entry + im->slide);
}
