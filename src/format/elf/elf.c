// elf.c - the ELF back end: numbers, and the order of the steps.
#include "format/elf/elf.h"

#include "arch/arch.h"

enum {
    TCB_SIZE = 16, // two pointers, from which the thread pointer of arm64 counts
};

static const ElfCpu *const cpus[ARCH_COUNT] = {
    [ARCH_AMD64] = &elf_cpu_amd64,
    [ARCH_ARM64] = &elf_cpu_arm64,
};

void elf_init(Program *p) {
    p->elf = arena_new(&p->arena, ElfState);
    p->elf->cpu = cpus[p->arch->id];
}

// The text segment begins with the program headers, which the dynamic linker reads in memory.
static void include_headers(Program *p) {
    Segment *text = &p->seg_text;
    u64 off = text->fileoff - sizeof(Elf64_Ehdr);
    text->addr -= off;
    text->size += off;
    text->fileoff -= off;
    text->filesize += off;
}

static u64 layout_tail(Program *p, u64 file_size) {
    elf_list_sections(p);
    elf_start_segments(p);
    include_headers(p);
    elf_layout_notes(p);
    if (p->dynlinked)
        elf_describe_dynamic_sections(p);
    elf_finish_segments(p);
    elf_describe_sections(p);
    elf_number_sections(p);
    u64 end = align_up(file_size, p->arch->ptr_size);
    if (!p->opt->strip_symbols)
        end = elf_layout_symtab(p, end);
    return elf_layout_section_names(p, end);
}

static void write_tail(Program *p) {
    if (p->dynlinked)
        elf_write_rela(p);
    if (!p->opt->strip_symbols)
        elf_write_symtab(p);
    elf_write_section_names(p);
    elf_write_notes(p);
    elf_write_headers(p);
}

const char *const elf_compiler_args_amd64[] = {"-m64", NULL};

const Format format_elf = {
    .name = "ELF",
    .default_compiler = "gcc",
    .compiler_args = {[ARCH_AMD64] = elf_compiler_args_amd64},
    .target =
        {
            // The thread pointer of amd64 is behind the thread's block, whose last word is g.
            [ARCH_AMD64] = {.image_base = 0x400000, .page_size = 4096, .tls_offset = -8},
            [ARCH_ARM64] = {.image_base = 0x10000, .page_size = 0x10000, .tls_offset = TCB_SIZE},
        },
    .header_reserve = ELF_HEADER_RESERVE,
    .rodata_segment = true,
    .relro_segment = true,
    .relro_names = true,
    .tls_section = true,
    .static_exe = true,
    .init = elf_init,
    .load_host_object = elf_load_host_object,
    .add_library = elf_add_library,
    .make_symbols = elf_make_dynamic_symbols,
    .finish_symbols = elf_finish_symbols,
    .add_got = elf_add_got,
    .bind_host_pointer = elf_bind_host_pointer,
    .add_plt = elf_add_plt,
    .finish_dynamic = elf_finish_dynamic,
    .layout_tail = layout_tail,
    .write_tail = write_tail,
};
