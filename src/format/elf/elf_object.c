// elf_object.c - ELF objects: what an external link gives to the system's linker.
//
// WHAT  A file without program headers, in which addresses count from the start of each section:
//
//         ELF header, section headers, free space      4096 bytes
//         code and read-only data                      .note.go.buildid is one of its sections
//         data
//         debugging sections                           not compressed
//         symbol table, its strings, names of sections
//         relocations                                  section by section (passes/keptrelocs.c)
//
//       Each section with content has a .rela section beside it, if only an empty one; .note.GNU-stack says that the
//       stack need not be executable.
// HOW   Headers stay in the order in which they are made: sections, names, relocations.
// REF   System V ABI, chapter 4; cmd/link/internal/ld/elf.go: asmbElf, elfshreloc, elfEmitReloc, doelf.
#include "arch/arch.h"
#include "base/diag.h"
#include "format/elf/elf.h"

bool elf_is_object(const Program *p) {
    return p->external;
}

static void make_symbols(Program *p) {
    if (p->opt->buildmode == BUILDMODE_SHARED)
        elf_add_library_notes(p);
    if (p->opt->buildid.n)
        elf_add_buildid_note(p);
}

static void add_library(Program *p, Str lib, bool for_symbol) {
    (void)p, (void)lib, (void)for_symbol; // the system's linker is told by flags
}

// ---- relocations ------------------------------------------------------------------------------------------

static i64 kept_number(const Program *p, const KeptReloc *k) {
    return p->elf->cpu->addend_in_place ? k->add : 0;
}

// The number of the symbol table's entry; 0 as long as they have no numbers.
static u32 target_number(const Program *p, const KeptReloc *k) {
    const ElfState *e = p->elf;
    if (k->sym.i)
        return e->symnum ? e->symnum[k->sym.i] : 0;
    for (u32 i = 0; i < p->seg_dwarf.sects.n; i++)
        if (p->seg_dwarf.sects.v[i] == k->sect)
            return 1 + i;
    return 0;
}

static u32 put_kept(const Program *p, const KeptReloc *k, u8 *out) {
    enum { MAX_RECORDS = 2 };
    Elf64_Rela records[MAX_RECORDS];
    u32 number = out ? target_number(p, k) : 0;
    if (out && !number)
        error_at(k->sym.i, "reloc %u to non-elf symbol " STR_FMT, k->type, STR_ARG(sym_name(p, k->sym)));
    u32 n = p->elf->cpu->put_kept(k, number, out ? records : NULL) * (u32)sizeof *records;
    if (out)
        memcpy(out, records, n);
    else if (!n)
        error_at(k->sym.i, "unsupported obj reloc %u/%u to " STR_FMT, k->type, k->siz, STR_ARG(sym_name(p, k->sym)));
    return n;
}

// ---- layout -----------------------------------------------------------------------------------------------

static bool has_relocs(const ElfSection *s) {
    return s->sect && s->h.sh_type != SHT_NOBITS && s->h.sh_type != SHT_NOTE &&
           !str_eq(s->sect->name, STR(".gopclntab"));
}

static void make_reloc_sections(Program *p) {
    ElfState *e = p->elf;
    u32 symtab = 1 + elf_section(p, STR(".symtab")), n = e->sections.n;
    for (u32 i = 0; i < n; i++) {
        if (!has_relocs(&e->sections.v[i]))
            continue;
        u32 k = elf_section(p, arena_printf(&p->arena, ".rela" STR_FMT, STR_ARG(e->sections.v[i].name)));
        ElfSection *s = &e->sections.v[k];
        s->link = symtab;
        s->info = 1 + i;
        s->h.sh_type = SHT_RELA;
        s->h.sh_entsize = sizeof(Elf64_Rela);
        s->h.sh_addralign = p->arch->ptr_size;
    }
    Elf64_Shdr *stack = elf_section_header(p, elf_section(p, STR(".note.GNU-stack")));
    stack->sh_type = SHT_PROGBITS;
    stack->sh_addralign = 1;
}

// Relocations follow from file offset off on, in the order of sections; returns the end.
static u64 place_relocs(Program *p, u64 off) {
    ElfState *e = p->elf;
    for (u32 i = 0; i < e->sections.n; i++) {
        ElfSection *s = &e->sections.v[i];
        if (s->h.sh_type != SHT_RELA)
            continue;
        Section *sect = e->sections.v[s->info - 1].sect;
        s->h.sh_offset = sect->reloc_off = off;
        s->h.sh_size = sect->reloc_size;
        off += sect->reloc_size;
    }
    return off;
}

static u64 layout_tail(Program *p, u64 file_size) {
    elf_list_sections(p);
    elf_describe_sections(p);
    make_reloc_sections(p);
    elf_number_sections(p);
    u64 end = elf_layout_symtab(p, align_up(file_size, p->arch->ptr_size));
    end = elf_layout_section_names(p, end);
    return place_relocs(p, align_up(end, p->arch->ptr_size));
}

static void write_tail(Program *p) {
    elf_write_symtab(p);
    elf_write_section_names(p);
    elf_write_headers(p);
}

const Format format_elf_object = {
    .name = "ELF object",
    .target =
        {
            [ARCH_AMD64] = {.page_size = 4096},
            [ARCH_ARM64] = {.page_size = 0x10000},
        },
    .header_reserve = ELF_HEADER_RESERVE,
    .relro_names = true,
    .default_compiler = "gcc",
    .compiler_args = {[ARCH_AMD64] = elf_compiler_args_amd64},
    .cc_strips = true,
    .cc_static = true,
    .tls_section = true,
    .init = elf_init,
    .add_library = add_library,
    .read_shlib = elf_read_shlib,
    .make_symbols = make_symbols,
    .finish_symbols = elf_finish_symbols,
    .kept_number = kept_number,
    .put_kept = put_kept,
    .add_host_flags = elf_add_host_flags,
    .add_host_exports = elf_add_host_exports,
    .finish_host_link = elf_finish_host_link,
    .layout_tail = layout_tail,
    .write_tail = write_tail,
};
