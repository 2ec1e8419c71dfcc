// elf_hostobj.c - reads objects of C compilers for Linux and Android.
//
// WHAT  Sections that take memory (SHF_ALLOC, with bytes or zeros) are linked; their flags say what they are. A symbol
//       has a binding: a local one is the object's own, a global one is shared, a weak one gives way to another
//       definition that came before it. A common symbol is a variable without a home: it gets memory of its own.
//       Relocations carry their addends.
// REF   System V ABI, chapter 4; cmd/link/internal/loadelf/ldelf.go.
#include "arch/arch.h"
#include "format/elf/elf.h"
#include "format/hostobj.h"
#include "golang/pdqsort.h"

typedef struct {
    Elf64_Shdr h;
    Str name;
    SymId sym; // nil: not linked
} ElfHostSection;

typedef struct {
    HostReader r;
    const u8 *d;
    u64 n;
    ElfHostSection *sects;
    u32 nsect;
    const u8 *symtab;
    u32 nsym;
    Str strings;
    SymId *syms; // by number; nil: not used
} ElfObject;

// ---- header and sections ----------------------------------------------------------------------------------

static bool in_file(const ElfObject *o, u64 off, u64 size) {
    return off <= o->n && size <= o->n - off;
}

// The bytes of a section; false, and an error, when the file does not have them.
static bool section_bytes(ElfObject *o, const Elf64_Shdr *h, Str *bytes) {
    if (h->sh_type == SHT_NOBITS || !in_file(o, h->sh_offset, h->sh_size) || h->sh_size > UINT32_MAX) {
        host_error(&o->r, "malformed elf file: elf section past end of file");
        return false;
    }
    *bytes = (Str){(const char *)o->d + h->sh_offset, (u32)h->sh_size};
    return true;
}

static bool check_header(ElfObject *o, const Elf64_Ehdr *h) {
    const ElfCpu *cpu = o->r.p->elf->cpu;
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_machine != cpu->machine)
        host_error(&o->r, "elf object but not %s", o->r.p->arch->name);
    else if (h->e_ident[EI_VERSION] != h->e_version)
        host_error(&o->r, "malformed elf version: got %u, want %u", h->e_ident[EI_VERSION], h->e_version);
    else if (h->e_type != ET_REL)
        host_error(&o->r, "elf but not elf relocatable object");
    else if (h->e_shentsize != sizeof(Elf64_Shdr) || !in_file(o, h->e_shoff, (u64)h->e_shnum * sizeof(Elf64_Shdr)))
        host_error(&o->r, "malformed elf file: %u section headers of %u bytes at %llu", h->e_shnum, h->e_shentsize,
                   (unsigned long long)h->e_shoff);
    else if (h->e_shstrndx >= h->e_shnum)
        host_error(&o->r, "malformed elf file: shstrndx out of range %u >= %u", h->e_shstrndx, h->e_shnum);
    return !o->r.failed;
}

static bool read_section_headers(ElfObject *o) {
    Elf64_Ehdr h;
    if (o->n < sizeof h) {
        host_error(&o->r, "malformed elf file: %llu bytes", (unsigned long long)o->n);
        return false;
    }
    memcpy(&h, o->d, sizeof h);
    if (!check_header(o, &h))
        return false;
    o->nsect = h.e_shnum;
    o->sects = arena_array(&o->r.p->arena, ElfHostSection, o->nsect);
    for (u32 i = 0; i < o->nsect; i++)
        memcpy(&o->sects[i].h, o->d + h.e_shoff + (u64)i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
    Str names;
    if (!section_bytes(o, &o->sects[h.e_shstrndx].h, &names))
        return false;
    for (u32 i = 0; i < o->nsect; i++)
        o->sects[i].name = elf_string_at(names, o->sects[i].h.sh_name);
    return true;
}

// The symbol table and its strings, if there is one.
static bool find_symtab(ElfObject *o) {
    for (u32 i = 0; i < o->nsect; i++) {
        const Elf64_Shdr *h = &o->sects[i].h;
        if (!str_eq(o->sects[i].name, STR(".symtab")))
            continue;
        if (h->sh_link == 0 || h->sh_link >= o->nsect) {
            host_error(&o->r, "elf object has symbol table with invalid string table link");
            return false;
        }
        Str syms;
        if (!section_bytes(o, h, &syms) || !section_bytes(o, &o->sects[h->sh_link].h, &o->strings))
            return false;
        o->symtab = (const u8 *)syms.p;
        o->nsym = syms.n / sizeof(Elf64_Sym);
        return true;
    }
    return true;
}

static bool section_kind(ElfObject *o, const ElfHostSection *s, SymKind *kind) {
    switch (s->h.sh_flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR)) {
    case SHF_ALLOC: *kind = SYM_RODATA; break;
    case SHF_ALLOC | SHF_WRITE: *kind = s->h.sh_type == SHT_NOBITS ? SYM_NOPTRBSS : SYM_NOPTRDATA; break;
    case SHF_ALLOC | SHF_EXECINSTR: *kind = SYM_TEXT; break;
    default: host_error(&o->r, "unexpected flags for ELF section " STR_FMT, STR_ARG(s->name)); return false;
    }
    if (str_eq(s->name, STR(".got")) || str_eq(s->name, STR(".toc")))
        *kind = SYM_ELF_GOT;
    return true;
}

// "package(section)", with a number if the object has several of the name.
static Str section_symbol_name(ElfObject *o, StrMap *used, u32 *counter, Str section) {
    Arena *a = &o->r.p->arena;
    Str name = arena_printf(a, STR_FMT "(" STR_FMT ")", STR_ARG(o->r.obj->pkg), STR_ARG(section));
    while (strmap_get(used, name, 0) != STRMAP_NONE)
        name = arena_printf(a, STR_FMT "(" STR_FMT "%u)", STR_ARG(o->r.obj->pkg), STR_ARG(section), ++*counter);
    strmap_put(used, name, 0, 1);
    return name;
}

static bool make_section(ElfObject *o, ElfHostSection *s, Str name) {
    HostContent c = {.size = s->h.sh_size, .align = (u32)s->h.sh_addralign};
    if (s->h.sh_addralign > UINT16_MAX || (c.align & (c.align - 1))) {
        host_error(&o->r, "section " STR_FMT ": alignment %llu", STR_ARG(s->name),
                   (unsigned long long)s->h.sh_addralign);
        return false;
    }
    Str bytes = {0};
    if (s->h.sh_type == SHT_PROGBITS && !section_bytes(o, &s->h, &bytes))
        return false;
    c.data = (const u8 *)bytes.p;
    c.ndata = bytes.n;
    if (!section_kind(o, s, &c.kind))
        return false;
    s->sym = host_section(&o->r, name, &c);
    return s->sym.i;
}

static bool make_sections(ElfObject *o) {
    StrMap used;
    u32 counter = 0;
    strmap_init(&used, &o->r.p->arena, 64);
    for (u32 i = 0; i < o->nsect; i++) {
        ElfHostSection *s = &o->sects[i];
        if ((s->h.sh_type != SHT_PROGBITS && s->h.sh_type != SHT_NOBITS) || !(s->h.sh_flags & SHF_ALLOC))
            continue;
        if (!make_section(o, s, section_symbol_name(o, &used, &counter, s->name)))
            return false;
    }
    return true;
}

// ---- symbols ----------------------------------------------------------------------------------------------

static bool is_variable_or_function(u8 type) {
    return type == STT_OBJECT || type == STT_FUNC || type == STT_NOTYPE || type == STT_COMMON;
}

// $x, $d and their like say whether code or data follows.
static bool is_mapping_symbol(const ElfObject *o, Str name) {
    return o->r.p->elf->cpu->has_mapping_symbols && name.n >= 2 && name.p[0] == '$' && memchr("adx", name.p[1], 3);
}

// The symbol of gild's that an entry means, in *sym; nil: the entry is of no use.
static bool resolve_symbol(ElfObject *o, const Elf64_Sym *e, Str name, SymId *sym) {
    Program *p = o->r.p;
    u8 bind = ELF64_ST_BIND(e->st_info), type = ELF64_ST_TYPE(e->st_info);
    bool hidden = e->st_other == STV_HIDDEN;
    if (type == STT_SECTION) {
        *sym = e->st_shndx < o->nsect ? o->sects[e->st_shndx].sym : NIL_SYM;
        return true;
    }
    if (!is_variable_or_function(type))
        return true;
    switch (bind) {
    case STB_GLOBAL: *sym = host_symbol(&o->r, name, false); break;
    case STB_WEAK: *sym = host_symbol(&o->r, name, false); break;
    case STB_LOCAL:
        if (is_mapping_symbol(o, name))
            return true;
        *sym = sym_make_anonymous(p, name); // only the object's own entry leads to it
        hidden = true;
        break;
    default: host_error(&o->r, STR_FMT ": invalid symbol binding %u", STR_ARG(name), bind); return false;
    }
    if (hidden)
        bitmap_set(&p->syms.is_hidden, sym->i);
    if ((bind == STB_GLOBAL && hidden) || (bind == STB_WEAK && sym_outer(p, *sym).i))
        p->syms.flags[sym->i] |= SYMF_DUPOK;
    if (sym_kind(p, *sym) == SYM_NONE) {
        sym_edit(p, *sym);
        p->syms.kind[sym->i] = SYM_XREF;
    }
    return true;
}

static void define_common(Program *p, SymId s, u64 size) {
    sym_edit(p, s);
    if (sym_size(p, s) < size)
        p->syms.size[s.i] = (u32)MIN(size, UINT32_MAX);
    if (sym_kind(p, s) == SYM_XREF)
        p->syms.kind[s.i] = SYM_NOPTRBSS;
}

// Names in sections that are left out: what compilers put there on purpose.
static bool is_debugging_name(Str section, Str name, u8 type) {
    static const Str always[] = {STR_INIT(".Linfo_string"), STR_INIT(".LASF"), STR_INIT(".LLRL"), STR_INIT(".LLST"),
                                 STR_INIT(".LVUS")};
    static const Str untyped[] = {STR_INIT(".Ldebug_"), STR_INIT("wm4."), STR_INIT("wm8.")};
    for (u32 i = 0; i < COUNT_OF(always); i++)
        if (str_has_prefix(name, always[i]))
            return true;
    for (u32 i = 0; type == STT_NOTYPE && i < COUNT_OF(untyped); i++)
        if (str_has_prefix(name, untyped[i]))
            return true;
    return type == STT_NOTYPE && ((!name.n && str_has_prefix(section, STR(".debug_"))) ||
                                  str_eq(name, STR(".L0 ")) || str_eq(name, STR(".Lline_table_start0")));
}

static bool make_symbol(ElfObject *o, u32 i) {
    Program *p = o->r.p;
    Elf64_Sym e;
    memcpy(&e, o->symtab + (u64)i * sizeof e, sizeof e);
    u8 type = ELF64_ST_TYPE(e.st_info);
    Str name = elf_string_at(o->strings, e.st_name);
    if (str_eq(name, STR("_GLOBAL_OFFSET_TABLE_")))
        name = STR(".got");
    SymId s = NIL_SYM;
    if (!resolve_symbol(o, &e, name, &s))
        return false;
    o->syms[i] = s;
    if (!is_variable_or_function(type) || !s.i)
        return true;
    if (e.st_shndx == SHN_COMMON || type == STT_COMMON) {
        define_common(p, s, e.st_size);
        return true;
    }
    if (e.st_shndx == SHN_UNDEF || e.st_shndx >= o->nsect)
        return true;
    const ElfHostSection *in = &o->sects[e.st_shndx];
    if (!in->sym.i) {
        if (is_debugging_name(in->name, name, type))
            return true;
        host_error(&o->r, "sym#%u (" STR_FMT "): unrecognized symbol in section %u (" STR_FMT ") (type %u)", i,
                   STR_ARG(name), e.st_shndx, STR_ARG(in->name), type);
        return false;
    }
    bool known = sym_outer(p, s).i;
    if (!host_define(&o->r, s, in->sym, e.st_value, 0))
        return false;
    if (!known)
        p->syms.size[s.i] = (u32)MIN(e.st_size, UINT32_MAX);
    return true;
}

static bool make_symbols(ElfObject *o) {
    o->syms = arena_array(&o->r.p->arena, SymId, o->nsym);
    for (u32 i = 1; i < o->nsym; i++)
        if (!make_symbol(o, i))
            return false;
    for (u32 i = 0; i < o->nsect; i++)
        if (o->sects[i].sym.i)
            host_finish_section(&o->r, o->sects[i].sym);
    return true;
}

// ---- relocations ------------------------------------------------------------------------------------------

static const ElfRelocType *find_reloc_type(const ElfCpu *cpu, u32 type) {
    for (u32 i = 0; i < cpu->nhost_reloc; i++)
        if (cpu->host_relocs[i].type == type)
            return &cpu->host_relocs[i];
    return NULL;
}

static bool add_reloc(ElfObject *o, SymId section, const Elf64_Rela *rel) {
    Program *p = o->r.p;
    u32 type = ELF64_R_TYPE(rel->r_info), num = ELF64_R_SYM(rel->r_info), ndata;
    if (type == 0) // R_*_NONE
        return true;
    const ElfRelocType *t = find_reloc_type(p->elf->cpu, type);
    if (!t) {
        host_error(&o->r, "unknown relocation type %u; compiled without -fpic?", type);
        return false;
    }
    SymId target = num < o->nsym ? o->syms[num] : NIL_SYM;
    if (num && !target.i) {
        host_error(&o->r, "malformed elf file: " STR_FMT ": reloc of invalid sym #%u", STR_ARG(sym_name(p, section)),
                   num);
        return false;
    }
    sym_data(p, section, &ndata);
    if (rel->r_offset > ndata || t->siz > ndata - rel->r_offset) {
        host_error(&o->r, STR_FMT ": relocation at %llu outside %u bytes", STR_ARG(sym_name(p, section)),
                   (unsigned long long)rel->r_offset, ndata);
        return false;
    }
    i64 add = t->siz == 4 ? (i32)rel->r_addend : rel->r_addend;
    sym_add_reloc(p, section, (i32)rel->r_offset, t->siz, t->host, target, add + (t->pcrel ? t->siz : 0));
    return true;
}

// Orders relocations by place, as the stock linker does, in case they are not.
static void order_relocs(Program *p, SymId section) {
    Arena *a = &p->arena;
    MadeSym *m = sym_edit(p, section);
    RelocList rl = sym_relocs(p, section);
    bool sorted = true;
    for (u32 i = 1; i < rl.n; i++)
        sorted &= reloc_off(rl, i - 1) <= reloc_off(rl, i);
    if (sorted)
        return;
    RankIdx *ranks = arena_array_raw(a, RankIdx, rl.n);
    for (u32 i = 0; i < rl.n; i++)
        ranks[i] = (RankIdx){(u32)reloc_off(rl, i), i};
    go_pdqsort(ranks, rl.n);
    u8 *ordered = arena_alloc(a, (u64)rl.n * GOOBJ_RELOC_SIZE, 1);
    for (u32 i = 0; i < rl.n; i++)
        memcpy(ordered + (u64)i * GOOBJ_RELOC_SIZE, rl.p + (u64)ranks[i].idx * GOOBJ_RELOC_SIZE, GOOBJ_RELOC_SIZE);
    m->relocs = ordered;
    m->reloc_cap = rl.n;
}

static bool add_relocs(ElfObject *o, const Elf64_Shdr *h) {
    if (h->sh_type != SHT_RELA || h->sh_info >= o->nsect || !o->sects[h->sh_info].sym.i)
        return true;
    SymId section = o->sects[h->sh_info].sym;
    Str records;
    if (!section_bytes(o, h, &records))
        return false;
    for (u32 off = 0; records.n - off >= sizeof(Elf64_Rela); off += sizeof(Elf64_Rela)) {
        Elf64_Rela rel;
        memcpy(&rel, records.p + off, sizeof rel);
        if (!add_reloc(o, section, &rel))
            return false;
    }
    order_relocs(o->r.p, section);
    return true;
}

void elf_load_host_object(Program *p, const HostObject *obj) {
    ElfObject o = {.d = obj->data, .n = obj->size};
    host_open(&o.r, p, obj, "loadelf");
    o.r.knows_sizes = true;
    if (!read_section_headers(&o) || !find_symtab(&o) || !o.symtab || !make_sections(&o) || !make_symbols(&o))
        return; // without symbols nothing can refer to it
    for (u32 i = 0; i < o.nsect; i++)
        if (!add_relocs(&o, &o.sects[i].h))
            return;
}
