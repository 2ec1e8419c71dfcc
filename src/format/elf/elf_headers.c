// elf_headers.c - the ELF header and the program headers, by which the kernel loads the file.
//
// WHAT    PT_PHDR       the program headers themselves
//         PT_INTERP     path of the dynamic linker
//         PT_NOTE       notes
//         PT_LOAD       text, read-only data, relro, data
//         PT_GNU_RELRO  what becomes read-only when the dynamic linker is done
//         PT_DYNAMIC    .dynamic
//         PT_TLS        thread-local data: its size only, it is all zeros
//         PT_GNU_STACK  the stack is not executable
//
// RULES A PT_LOAD begins at a page in memory and in the file: so the first one, which is to contain the program
//       headers, contains all headers.
// REF   System V ABI, chapters 4 and 5; cmd/link/internal/ld/elf.go: asmbElf, fixElfPhdr.
#include "arch/arch.h"
#include "base/diag.h"
#include "format/elf/elf.h"

static Elf64_Phdr *new_segment(Program *p, u32 type, u32 flags) {
    ElfState *e = p->elf;
    vec_push(&p->arena, &e->segments, ((Elf64_Phdr){.p_type = type, .p_flags = flags}));
    return &e->segments.v[e->segments.n - 1];
}

void elf_add_segment(Program *p, u32 type, u32 flags, const Elf64_Shdr *h) {
    Elf64_Phdr *ph = new_segment(p, type, flags);
    ph->p_offset = h->sh_offset;
    ph->p_vaddr = ph->p_paddr = h->sh_addr;
    ph->p_filesz = ph->p_memsz = h->sh_size;
    ph->p_align = h->sh_addralign;
}

void elf_start_segments(Program *p) {
    Elf64_Phdr *ph = new_segment(p, PT_PHDR, PF_R);
    ph->p_offset = sizeof(Elf64_Ehdr);
    ph->p_vaddr = ph->p_paddr = p->text_base - p->header_size + ph->p_offset;
    ph->p_align = p->segment_align;
}

static Elf64_Phdr *add_memory(Program *p, u32 type, u32 flags, const Segment *seg) {
    Elf64_Phdr *ph = new_segment(p, type, flags);
    ph->p_offset = seg->fileoff;
    ph->p_vaddr = ph->p_paddr = seg->addr;
    ph->p_filesz = seg->filesize;
    ph->p_memsz = seg->size;
    ph->p_align = p->segment_align;
    return ph;
}

static void add_load(Program *p, const Segment *seg) {
    u32 flags = (seg->rwx & 4 ? PF_R : 0) | (seg->rwx & 2 ? PF_W : 0) | (seg->rwx & 1 ? PF_X : 0);
    Elf64_Phdr *ph = add_memory(p, PT_LOAD, flags, seg);
    u64 before = ph->p_vaddr & (ph->p_align - 1);
    ph->p_offset -= before;
    ph->p_vaddr -= before;
    ph->p_paddr -= before;
    ph->p_filesz += before;
    ph->p_memsz += before;
}

static void add_dynamic_segments(Program *p) {
    elf_add_segment(p, PT_DYNAMIC, PF_R | PF_W, elf_section_header(p, elf_section(p, STR(".dynamic"))));
    u64 tls = p->seg_tls.sects.n ? p->seg_tls.size : 0;
    if (!tls)
        return;
    Elf64_Phdr *ph = new_segment(p, PT_TLS, PF_R);
    ph->p_memsz = tls;
    ph->p_align = p->arch->ptr_size;
}

void elf_finish_segments(Program *p) {
    add_load(p, &p->seg_text);
    if (p->seg_rodata.sects.n)
        add_load(p, &p->seg_rodata);
    if (p->seg_relrodata.sects.n) {
        add_load(p, &p->seg_relrodata);
        add_memory(p, PT_GNU_RELRO, PF_R, &p->seg_relrodata);
    }
    add_load(p, &p->seg_data);
    if (p->dynlinked)
        add_dynamic_segments(p);
    new_segment(p, PT_GNU_STACK, PF_R | PF_W)->p_align = p->arch->ptr_size;
    Elf64_Phdr *self = &p->elf->segments.v[0];
    self->p_filesz = self->p_memsz = p->elf->segments.n * sizeof *self;
}

static Elf64_Ehdr file_header(const Program *p) {
    const ElfState *e = p->elf;
    Elf64_Ehdr h = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = elf_is_object(p) ? ET_REL : format_is_pie(p) ? ET_DYN : ET_EXEC,
        .e_machine = e->cpu->machine,
        .e_version = EV_CURRENT,
        .e_shoff = sizeof h + e->segments.n * sizeof(Elf64_Phdr),
        .e_ehsize = sizeof h,
        .e_phnum = (u16)e->segments.n,
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = (u16)e->sections.n,
    };
    for (u32 i = 0; i < e->sections.n; i++)
        if (str_eq(e->sections.v[i].name, STR(".shstrtab")))
            h.e_shstrndx = (u16)e->sections.v[i].number;
    if (elf_is_object(p))
        return h;
    h.e_entry = format_entry_addr(p);
    h.e_phoff = sizeof h;
    h.e_phentsize = sizeof(Elf64_Phdr);
    return h;
}

// Bytes of the headers and of what elf_layout_notes placed behind them.
static u64 reserved_size(const Program *p, const Elf64_Ehdr *h) {
    u64 size = h->e_shoff + (u64)h->e_shnum * sizeof(Elf64_Shdr);
    for (u32 i = 0; i < p->elf->sections.n; i++) {
        const ElfSection *s = &p->elf->sections.v[i];
        if (!s->sect && (s->h.sh_flags & SHF_ALLOC))
            size += s->h.sh_size;
    }
    return size;
}

void elf_write_headers(Program *p) {
    const ElfState *e = p->elf;
    Elf64_Ehdr h = file_header(p);
    u64 size = reserved_size(p, &h);
    if (size > p->header_size) {
        error("HEADR too small: %llu > %u with 1 text sections", (unsigned long long)size, p->header_size);
        return;
    }
    memcpy(p->out, &h, sizeof h);
    if (e->segments.n)
        memcpy(p->out + h.e_phoff, e->segments.v, e->segments.n * sizeof(Elf64_Phdr));
    for (u32 i = 0; i < e->sections.n; i++)
        memcpy(p->out + h.e_shoff + i * sizeof(Elf64_Shdr), &e->sections.v[e->order[i]].h,
               sizeof(Elf64_Shdr));
}
