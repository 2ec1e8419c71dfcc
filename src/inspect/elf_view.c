// elf_view.c - parsing of ELF headers, section headers and symbol tables.
#include "inspect/elf_view.h"

static bool fail(Image *im, const char *why) {
    im->problem = why;
    return false;
}

static bool range_ok(const Image *im, u64 off, u64 n) {
    return off <= im->file.size && n <= im->file.size - off;
}

static bool read_header(Image *im) {
    Elf64_Ehdr *h = &im->elf->head;
    if (im->file.size < sizeof *h)
        return fail(im, "shorter than an ELF header");
    memcpy(h, im->file.data, sizeof *h);
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
        return fail(im, "not a 64-bit little-endian ELF file");
    if (h->e_phnum && h->e_phentsize != sizeof(Elf64_Phdr))
        return fail(im, "program headers of another size");
    if (h->e_shnum && h->e_shentsize != sizeof(Elf64_Shdr))
        return fail(im, "section headers of another size");
    if (!range_ok(im, h->e_phoff, (u64)h->e_phnum * sizeof(Elf64_Phdr)))
        return fail(im, "the program headers lie outside the file");
    if (!range_ok(im, h->e_shoff, (u64)h->e_shnum * sizeof(Elf64_Shdr)))
        return fail(im, "the section headers lie outside the file");
    im->elf->segments = (ElfTable){im->file.data + h->e_phoff, h->e_phnum};
    return true;
}

static Elf64_Shdr section_header(const Image *im, u32 i) {
    Elf64_Shdr h;
    memcpy(&h, im->file.data + im->elf->head.e_shoff + (u64)i * sizeof h, sizeof h);
    return h;
}

// The contents of a section as a string table; empty when there is none.
static Str string_table(const Image *im, u32 i) {
    if (i == 0 || i >= im->elf->head.e_shnum)
        return (Str){0};
    Elf64_Shdr h = section_header(im, i);
    if (h.sh_type == SHT_NOBITS || h.sh_size > UINT32_MAX || !range_ok(im, h.sh_offset, h.sh_size))
        return (Str){0};
    return (Str){(const char *)im->file.data + h.sh_offset, (u32)h.sh_size};
}

Str elf_string(Str table, u64 off) {
    if (off >= table.n)
        return (Str){0};
    return (Str){table.p + off, (u32)strnlen(table.p + off, table.n - off)};
}

// The compressed contents' head.
static void read_chdr(ImageSect *s) {
    Elf64_Chdr c;
    if (!(s->flags & SHF_COMPRESSED) || s->nbytes < sizeof c)
        return;
    memcpy(&c, s->data, sizeof c);
    if (c.ch_type != ELFCOMPRESS_ZLIB)
        return;
    s->packed_head = sizeof c;
    s->unpacked = c.ch_size;
}

static bool read_section(Image *im, Arena *a, u32 i, Str names) {
    Elf64_Shdr h = section_header(im, i);
    bool loaded = h.sh_flags & SHF_ALLOC;
    u32 rights =
        (loaded ? PF_R : 0) | (h.sh_flags & SHF_WRITE ? PF_W : 0) | (h.sh_flags & SHF_EXECINSTR ? PF_X : 0);
    ImageSect s = {
        .name = elf_string(names, h.sh_name),
        .seg = elf_rights(a, rights),
        .addr = h.sh_addr,
        .size = h.sh_size,
        .fileoff = h.sh_offset,
        .align = (u32)h.sh_addralign,
        .loaded = loaded && !(h.sh_flags & SHF_TLS),
        .flags = h.sh_flags,
        .type = h.sh_type,
        .reserved1 = h.sh_link,
        .reserved2 = h.sh_info,
    };
    if (h.sh_type != SHT_NOBITS) {
        if (!range_ok(im, s.fileoff, s.size))
            return fail(im, "a section's contents lie outside the file");
        s.data = im->file.data + s.fileoff;
        s.nbytes = s.size;
    }
    if (s.size > UINT64_MAX - s.addr)
        return fail(im, "a section's end address overflows");
    read_chdr(&s);
    vec_push(a, &im->sects, s);
    return true;
}

// The contents of the section of this name as a table of elements of `size` bytes.
static ElfTable table_named(const Image *im, Str name, u64 size) {
    const ImageSect *s = image_sect_named(im, (Str){0}, name);
    return s && s->data ? (ElfTable){s->data, s->nbytes / size} : (ElfTable){0};
}

static void read_symbols(Image *im, Arena *a) {
    ElfTable t = table_named(im, STR(".symtab"), sizeof(Elf64_Sym));
    const ImageSect *symtab = image_sect_named(im, (Str){0}, STR(".symtab"));
    if (symtab)
        im->elf->strtab = string_table(im, symtab->reserved1);
    im->nsyms = (u32)MIN(t.n, UINT32_MAX);
    im->syms = arena_array_raw(a, ImageSym, im->nsyms);
    for (u32 i = 0; i < im->nsyms; i++) {
        Elf64_Sym e;
        memcpy(&e, t.p + (u64)i * sizeof e, sizeof e);
        im->syms[i] = (ImageSym){
            .name = elf_string(im->elf->strtab, e.st_name),
            .value = e.st_value,
            .size = e.st_size,
            .strx = e.st_name,
            .desc = e.st_shndx,
            .sect = e.st_shndx && e.st_shndx <= im->sects.n ? e.st_shndx : 0,
            .type = e.st_info,
        };
    }
    image_sort_symbols(im, a);
}

static bool load(Image *im, Arena *a) {
    ElfView *v = im->elf = arena_new(a, ElfView);
    if (!read_header(im))
        return false;
    Str names = string_table(im, v->head.e_shstrndx);
    for (u32 i = 1; i < v->head.e_shnum; i++)
        if (!read_section(im, a, i, names))
            return false;
    v->dynamic = table_named(im, STR(".dynamic"), sizeof(Elf64_Dyn));
    v->rela = table_named(im, STR(".rela"), sizeof(Elf64_Rela));
    v->rela_plt = table_named(im, STR(".rela.plt"), sizeof(Elf64_Rela));
    v->dynsym = table_named(im, STR(".dynsym"), sizeof(Elf64_Sym));
    const ImageSect *dynsym = image_sect_named(im, (Str){0}, STR(".dynsym"));
    if (dynsym)
        v->dynstr = string_table(im, dynsym->reserved1);
    read_symbols(im, a);
    return true;
}

Elf64_Phdr elf_segment(const ElfView *v, u64 i) {
    Elf64_Phdr h;
    memcpy(&h, v->segments.p + i * sizeof h, sizeof h);
    return h;
}

Elf64_Dyn elf_dyn(const ElfView *v, u64 i) {
    Elf64_Dyn e;
    memcpy(&e, v->dynamic.p + i * sizeof e, sizeof e);
    return e;
}

Elf64_Rela elf_rela(ElfTable t, u64 i) {
    Elf64_Rela r;
    memcpy(&r, t.p + i * sizeof r, sizeof r);
    return r;
}

Str elf_dynsym_name(const ElfView *v, u64 i) {
    if (i >= v->dynsym.n)
        return STR("(no such symbol)");
    return elf_string(v->dynstr, get_u32le(v->dynsym.p + i * sizeof(Elf64_Sym)));
}

const char *elf_segment_name(Arena *a, u32 type) {
    static const struct {
        u32 type;
        const char *name;
    } names[] = {
        {PT_LOAD, "LOAD"}, {PT_DYNAMIC, "DYNAMIC"}, {PT_INTERP, "INTERP"},       {PT_NOTE, "NOTE"},
        {PT_PHDR, "PHDR"}, {PT_TLS, "TLS"},         {PT_GNU_STACK, "GNU_STACK"}, {PT_GNU_RELRO, "GNU_RELRO"},
    };
    for (u32 i = 0; i < COUNT_OF(names); i++)
        if (names[i].type == type)
            return names[i].name;
    return arena_printf(a, "segment type 0x%x", type).p;
}

const char *elf_tag_name(Arena *a, i64 tag) {
    static const struct {
        i64 tag;
        const char *name;
    } names[] = {
        {DT_NULL, "NULL"},       {DT_NEEDED, "NEEDED"}, {DT_PLTRELSZ, "PLTRELSZ"},
        {DT_PLTGOT, "PLTGOT"},   {DT_HASH, "HASH"},     {DT_STRTAB, "STRTAB"},
        {DT_SYMTAB, "SYMTAB"},   {DT_RELA, "RELA"},     {DT_RELASZ, "RELASZ"},
        {DT_RELAENT, "RELAENT"}, {DT_STRSZ, "STRSZ"},   {DT_SYMENT, "SYMENT"},
        {DT_PLTREL, "PLTREL"},   {DT_DEBUG, "DEBUG"},   {DT_JMPREL, "JMPREL"},
        {DT_RUNPATH, "RUNPATH"}, {DT_FLAGS, "FLAGS"},   {DT_FLAGS_1, "FLAGS_1"},
        {DT_VERNEED, "VERNEED"}, {DT_VERSYM, "VERSYM"}, {DT_VERNEEDNUM, "VERNEEDNUM"},
    };
    for (u32 i = 0; i < COUNT_OF(names); i++)
        if (names[i].tag == tag)
            return names[i].name;
    return arena_printf(a, "tag 0x%lx", (u64)tag).p;
}

Str elf_rights(Arena *a, u32 flags) {
    return arena_printf(a, "%c%c%c", flags & PF_R ? 'r' : '-', flags & PF_W ? 'w' : '-',
                        flags & PF_X ? 'x' : '-');
}

// "stub of write" or "pointer to write", through the relocation of the stub's slot.
static Str import_at(const Image *im, Arena *a, u64 addr) {
    const ElfView *v = im->elf;
    const ImageSect *s = image_sect_at(im, addr);
    bool stub = s && str_eq(s->name, STR(".plt"));
    enum { STUB_SIZE = 16 };
    for (u64 i = 0; s && i < v->rela_plt.n; i++) {
        Elf64_Rela r = elf_rela(v->rela_plt, i);
        // Stubs stand in the order of the relocations at the end of .plt.
        u64 at = stub ? s->addr + s->size - STUB_SIZE * (v->rela_plt.n - i) : r.r_offset;
        if (at != addr)
            continue;
        Str name = image_printable(a, elf_dynsym_name(v, ELF64_R_SYM(r.r_info)), 200);
        return arena_printf(a, "%s " STR_FMT, stub ? "stub of" : "pointer to", STR_ARG(name));
    }
    return (Str){0};
}

static Str file_place(const Image *im, Arena *a, u64 off) {
    const ElfView *v = im->elf;
    if (off < sizeof v->head)
        return STR("ELF header");
    u64 phdr = off - v->head.e_phoff, shdr = off - v->head.e_shoff;
    if (phdr < v->segments.n * sizeof(Elf64_Phdr))
        return arena_printf(a, "program header %lu", phdr / sizeof(Elf64_Phdr));
    if (shdr < v->head.e_shnum * sizeof(Elf64_Shdr))
        return arena_printf(a, "section header %lu", shdr / sizeof(Elf64_Shdr));
    return (Str){0};
}

const ImageFormat image_elf = {
    .name = "ELF",
    .load = load,
    .import_at = import_at,
    .file_place = file_place,
    .diff_header = elf_diff_header,
    .diff_commands = elf_diff_commands,
    .diff_symtab = elf_diff_symtab,
    .diff_dynamic = elf_diff_dynamic,
    .print_header = elf_print_header,
    .print_segments = elf_print_segments,
    .print_dynamic = elf_print_dynamic,
};
