// info_elf.c - what `gild info` says about an ELF file.
#include <stdio.h>

#include "inspect/elf_view.h"

void elf_print_header(const Image *im) {
    const Elf64_Ehdr *h = &im->elf->head;
    const char *cpu = h->e_machine == EM_X86_64    ? "amd64"
                      : h->e_machine == EM_AARCH64 ? "arm64"
                                                   : "unknown cpu";
    const char *type = h->e_type == ET_EXEC  ? "at fixed addresses"
                       : h->e_type == ET_DYN ? "at any address"
                                             : "of another type";
    printf("format: ELF 64, %s, %s, %lu bytes\n", cpu, type, im->file.size);
}

void elf_print_segments(const Image *im, Arena *a) {
    const ElfView *v = im->elf;
    Str at = image_describe(im, a, v->head.e_entry);
    printf("entry: 0x%lx " STR_FMT "\n", v->head.e_entry, STR_ARG(at));
    printf("segments: %lu\n", v->segments.n);
    for (u64 i = 0; i < v->segments.n; i++) {
        Elf64_Phdr h = elf_segment(v, i);
        Str rights = elf_rights(a, h.p_flags);
        printf("  %-16s addr 0x%-10lx size %10lu  file 0x%-8lx %10lu  " STR_FMT "\n",
               elf_segment_name(a, h.p_type), h.p_vaddr, h.p_memsz, h.p_offset, h.p_filesz, STR_ARG(rights));
    }
}

void elf_print_dynamic(const Image *im, Arena *a) {
    const ElfView *v = im->elf;
    const ImageSect *interp = image_sect_named(im, (Str){0}, STR(".interp"));
    if (interp && interp->data) {
        Str path =
            image_printable(a, elf_string((Str){(const char *)interp->data, (u32)interp->nbytes}, 0), 200);
        printf("dynamic linker: " STR_FMT "\n", STR_ARG(path));
    }
    for (u64 i = 0; i < v->dynamic.n; i++) {
        Elf64_Dyn e = elf_dyn(v, i);
        if (e.d_tag != DT_NEEDED && e.d_tag != DT_RUNPATH)
            continue;
        Str name = image_printable(a, elf_string(v->dynstr, e.d_un.d_val), 200);
        printf("%s: " STR_FMT "\n", e.d_tag == DT_NEEDED ? "library" : "run path", STR_ARG(name));
    }
    printf("dynamic symbols: %lu, dynamic relocations: %lu, of stubs: %lu\n", v->dynsym.n, v->rela.n,
           v->rela_plt.n);
    printf("symbols: %u, %u bytes of names\n", im->nsyms, v->strtab.n);
}
