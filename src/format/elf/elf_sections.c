// elf_sections.c - section headers and their names, which debuggers and other tools go by.
//
// WHAT  A header for each section of the layout, for the notes and for the tables behind the segments. Sections that
//       are loaded come first, by address, then the others as they were made. sh_link and sh_info name other
//       sections by number.
// HOW   Headers are made in the stock linker's order, which decides among equals and numbers what is not loaded:
//       sections segment by segment, notes, symbol table. The tables for the dynamic linker are sections of the layout
//       already; their headers say more than those of others and keep addresses and sizes of the symbols that they
//       consist of.
// REF   System V ABI, "Sections"; cmd/link/internal/ld/elf.go: Asmbelfsetup, elfshbits, elfSortShdrs,
//       elfWriteShstrtab.
#include "arch/arch.h"
#include "base/sort.h"
#include "format/elf/elf.h"

static u32 new_header(Program *p, Str name, Section *sect) {
    vec_push(&p->arena, &p->elf->sections, ((ElfSection){.name = name, .sect = sect}));
    return p->elf->sections.n - 1;
}

u32 elf_section(Program *p, Str name) {
    const ElfState *e = p->elf;
    for (u32 i = 0; i < e->sections.n; i++)
        if (str_eq(e->sections.v[i].name, name))
            return i;
    return new_header(p, name, NULL);
}

void elf_list_sections(Program *p) {
    const Segment *segs[] = {&p->seg_text, &p->seg_rodata, &p->seg_relrodata,
                             &p->seg_data, &p->seg_tls,    &p->seg_dwarf};
    new_header(p, (Str){0}, NULL); // number 0 means none
    for (u32 i = 0; i < COUNT_OF(segs); i++)
        for (u32 j = 0; j < segs[i]->sects.n; j++)
            new_header(p, segs[i]->sects.v[j]->name, segs[i]->sects.v[j]);
}

// ---- tables for the dynamic linker ------------------------------------------------------------------------

// Place in the file of a table, counted from one of two segments, as the stock linker does. A text address that is no
// multiple of the page size (-T) makes a difference.
static u64 table_fileoff(const Program *p, u64 addr) {
    const Segment *seg = addr >= p->seg_data.addr ? &p->seg_data : &p->seg_text;
    return seg->fileoff + (addr - seg->addr);
}

// The section that symbol s is the whole content of.
static ElfSection *describe(Program *p, SymId s, u32 type, u64 flags, u64 entsize, u64 align) {
    u32 i = elf_section(p, sym_name(p, s));
    Elf64_Shdr *h = elf_section_header(p, i);
    h->sh_type = type;
    h->sh_flags = SHF_ALLOC | flags;
    h->sh_addr = sym_addr(p, s);
    h->sh_offset = table_fileoff(p, h->sh_addr);
    h->sh_size = sym_size(p, s);
    h->sh_entsize = entsize;
    h->sh_addralign = align;
    return &p->elf->sections.v[i];
}

void elf_describe_dynamic_sections(Program *p) {
    const ElfState *e = p->elf;
    u64 word = p->arch->ptr_size, plt = e->cpu->plt_entsize;
    u32 dynsym = 1 + elf_section(p, STR(".dynsym")), dynstr = 1 + elf_section(p, STR(".dynstr"));
    ElfSection *s = describe(p, e->dynsym, SHT_DYNSYM, 0, sizeof(Elf64_Sym), word);
    s->link = dynstr;
    s->h.sh_info = 1; // the first symbol that is not local
    describe(p, e->dynstr, SHT_STRTAB, 0, 0, 1);
    if (e->nverneed) {
        describe(p, e->version, SHT_GNU_versym, 0, sizeof(Elf64_Half), sizeof(Elf64_Half))->link = dynsym;
        s = describe(p, e->version_r, SHT_GNU_verneed, 0, 0, word);
        s->link = dynstr;
        s->h.sh_info = e->nverneed;
    }
    s = describe(p, p->rela_plt, SHT_RELA, 0, sizeof(Elf64_Rela), word);
    s->link = dynsym;
    s->info = 1 + elf_section(p, STR(".plt"));
    describe(p, p->rela, SHT_RELA, 0, sizeof(Elf64_Rela), word)->link = dynsym;
    describe(p, p->plt, SHT_PROGBITS, SHF_EXECINSTR, plt, plt);
    describe(p, p->got, SHT_PROGBITS, SHF_WRITE, word, word);
    describe(p, e->gotplt, SHT_PROGBITS, SHF_WRITE, word, word);
    describe(p, e->hash, SHT_HASH, 0, sizeof(Elf64_Word), word)->link = dynsym;
    describe(p, p->dynamic, SHT_DYNAMIC, SHF_WRITE, sizeof(Elf64_Dyn), word)->link = dynstr;
}

// ---- all others -------------------------------------------------------------------------------------------

static u32 section_type(const Section *sect) {
    if (sect->addr >= sect->seg->addr + sect->seg->filesize)
        return SHT_NOBITS;
    if (str_has_prefix(sect->name, STR(".note.")))
        return SHT_NOTE;
    return str_eq(sect->name, STR(".init_array")) ? SHT_INIT_ARRAY : SHT_PROGBITS;
}

// Notes for tools only: the program does not need them in memory. The stock linker's marks, too, say so.
static bool is_tools_note(Str name) {
    return str_eq(name, STR(".note.go.pkg-list")) || str_eq(name, STR(".note.go.deps"));
}

static void describe_section(const Program *p, Elf64_Shdr *h, const Section *sect) {
    const Segment *seg = sect->seg;
    bool loaded = seg != &p->seg_dwarf && !is_tools_note(sect->name);
    h->sh_type = section_type(sect);
    if (loaded) {
        h->sh_flags = SHF_ALLOC | (sect->rwx & 1 ? SHF_EXECINSTR : 0) | (sect->rwx & 2 ? SHF_WRITE : 0);
        h->sh_addr = elf_is_object(p) ? 0 : sect->addr;
    } else if (sect->compressed) {
        h->sh_flags = SHF_COMPRESSED;
    }
    h->sh_addralign = sect->align;
    h->sh_size = sect->size;
    if (seg == &p->seg_tls)
        h->sh_flags |= SHF_TLS;
    else
        h->sh_offset = seg->fileoff + (sect->addr - seg->addr);
}

static int compare_sections(const void *ctx, u32 a, u32 b) {
    const ElfSection *s = ctx, *x = &s[a], *y = &s[b];
    bool loaded = x->h.sh_flags & SHF_ALLOC;
    if (loaded != (bool)(y->h.sh_flags & SHF_ALLOC))
        return loaded ? -1 : 1;
    if (!loaded)
        return 0;
    if (x->h.sh_addr != y->h.sh_addr)
        return x->h.sh_addr < y->h.sh_addr ? -1 : 1;
    return (x->h.sh_size > y->h.sh_size) - (x->h.sh_size < y->h.sh_size);
}

void elf_describe_sections(Program *p) {
    ElfState *e = p->elf;
    if (!p->opt->strip_symbols || elf_is_object(p)) {
        elf_section(p, STR(".symtab"));
        elf_section(p, STR(".strtab"));
    }
    elf_section(p, STR(".shstrtab"));
    u32 n = e->sections.n;
    for (u32 i = 0; i < n; i++)
        if (e->sections.v[i].sect && e->sections.v[i].h.sh_type == SHT_NULL)
            describe_section(p, &e->sections.v[i].h, e->sections.v[i].sect);
}

void elf_number_sections(Program *p) {
    ElfState *e = p->elf;
    u32 n = e->sections.n;
    e->order = arena_array_raw(&p->arena, u32, n);
    for (u32 i = 0; i < n; i++)
        e->order[i] = i;
    if (!elf_is_object(p)) // where addresses are not known
        sort_by(&p->arena, e->order + 1, n - 1, compare_sections, e->sections.v);
    for (u32 i = 0; i < n; i++) {
        ElfSection *s = &e->sections.v[e->order[i]];
        s->number = i;
        if (s->sect)
            s->sect->extnum = (u16)i;
    }
    for (u32 i = 0; i < n; i++) {
        ElfSection *s = &e->sections.v[i];
        if (s->link)
            s->h.sh_link = e->sections.v[s->link - 1].number;
        if (s->info)
            s->h.sh_info = e->sections.v[s->info - 1].number;
    }
}

// ---- names ------------------------------------------------------------------------------------------------

static void put_name(ByteBuf *b, Str name) {
    buf_str(b, name);
    buf_u8(b, 0);
}

// Offset of a string of which some name so far is the end, or 0.
static u32 find_name(const Program *p, const u32 *off, Str name) {
    const ElfState *e = p->elf;
    for (u32 i = 0; i < e->sections.n; i++)
        if (off[i] && str_eq(e->sections.v[e->order[i]].name, name))
            return off[i];
    return 0;
}

// Names of relocation tables come first: those of what they are for are their ends.
u64 elf_layout_section_names(Program *p, u64 fileoff) {
    ElfState *e = p->elf;
    ByteBuf *b = &e->shstrtab;
    b->arena = &p->arena;
    buf_u8(b, 0);
    u32 n = e->sections.n, *off = arena_array(&p->arena, u32, n);
    const Str prefix = STR(".rela");
    for (u32 i = 0; i < n; i++) {
        Str name = e->sections.v[e->order[i]].name;
        if (!str_has_prefix(name, prefix))
            continue;
        off[i] = b->n;
        Str rest = str_slice(name, prefix.n, name.n);
        for (u32 k = 0; k < n && rest.n; k++)
            if (!off[k] && str_eq(e->sections.v[e->order[k]].name, rest))
                off[k] = b->n + prefix.n;
        put_name(b, name);
    }
    for (u32 i = 1; i < n; i++) {
        Str name = e->sections.v[e->order[i]].name;
        if (!off[i])
            off[i] = find_name(p, off, name);
        if (!off[i]) {
            off[i] = b->n;
            put_name(b, name);
        }
        e->sections.v[e->order[i]].h.sh_name = off[i];
    }
    Elf64_Shdr *h = elf_section_header(p, elf_section(p, STR(".shstrtab")));
    h->sh_type = SHT_STRTAB;
    h->sh_offset = e->shstrtab_off = fileoff;
    h->sh_size = b->n;
    h->sh_addralign = 1;
    return fileoff + b->n;
}

void elf_write_section_names(const Program *p) {
    output_write(p->output, p->elf->shstrtab_off, p->elf->shstrtab.v, p->elf->shstrtab.n);
}
