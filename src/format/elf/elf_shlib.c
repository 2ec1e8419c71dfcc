// elf_shlib.c - reads libraries of Go packages (golang/shlib.h).
//
// WHAT  .dynsym has what the library defines, and what it needs itself. Names of functions say by their end which calling
//       convention is meant (format/symbol_name.h). .rela.dyn tells where pointers in types lead. Notes have the hash of what
//       the packages export, and the libraries that this one needs.
// HOW   Symbols get their numbers in the order of the table. What the objects of the link define themselves stays theirs.
// REF   cmd/link/internal/ld/lib.go: ldshlibsyms, readnote, readelfsymboldata.
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/sort.h"
#include "format/elf/elf.h"
#include "golang/shlib.h"

typedef struct {
    Program *p;
    Shlib *lib;
    u32 number; // of the library, from 1
    const u8 *d;
    u64 n;
    Elf64_Shdr *sects;
    u32 nsect;
    const u8 *syms; // .dynsym
    u32 nsym;
    Str strings;
} SoReader;

static bool in_file(const SoReader *r, u64 off, u64 n) {
    return off <= r->n && n <= r->n - off;
}

static bool complain(const SoReader *r, const char *what) {
    error("cannot read %s shared library: " STR_FMT, what, STR_ARG(r->lib->path));
    return false;
}

static bool read_sections(SoReader *r) {
    Elf64_Ehdr h;
    if (r->n < sizeof h)
        return complain(r, "header of");
    memcpy(&h, r->d, sizeof h);
    if (memcmp(h.e_ident, ELFMAG, SELFMAG) || h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_machine != r->p->elf->cpu->machine ||
        !in_file(r, h.e_shoff, h.e_shnum * sizeof(Elf64_Shdr)))
        return complain(r, "header of");
    r->nsect = h.e_shnum;
    r->sects = arena_array(&r->p->arena, Elf64_Shdr, h.e_shnum + 1u);
    memcpy(r->sects, r->d + h.e_shoff, h.e_shnum * sizeof(Elf64_Shdr));
    for (u32 i = 0; i < r->nsect; i++) {
        const Elf64_Shdr *s = &r->sects[i];
        if (s->sh_type == SHT_NOBITS)
            continue;
        if (!in_file(r, s->sh_offset, s->sh_size))
            return complain(r, "sections of");
        if (s->sh_flags & SHF_ALLOC)
            vec_push(&r->p->arena, &r->lib->parts, ((ShlibPart){s->sh_addr, r->d + s->sh_offset, s->sh_size}));
    }
    return true;
}

static const Elf64_Shdr *section_of_type(const SoReader *r, u32 type) {
    for (u32 i = 0; i < r->nsect; i++)
        if (r->sects[i].sh_type == type)
            return &r->sects[i];
    return NULL;
}

// What Go's note of this type says; empty: there is none.
static Str read_note(const SoReader *r, u32 type) {
    enum { ALIGN = 4 };
    for (u32 i = 0; i < r->nsect; i++) {
        const Elf64_Shdr *s = &r->sects[i];
        if (s->sh_type != SHT_NOTE)
            continue;
        Elf64_Nhdr h;
        for (u64 off = s->sh_offset, end = off + s->sh_size; end - off >= sizeof h;) {
            memcpy(&h, r->d + off, sizeof h);
            u64 name = off + sizeof h, desc = name + align_up((u64)h.n_namesz, (u64)ALIGN);
            u64 next = desc + align_up((u64)h.n_descsz, (u64)ALIGN);
            if (next > end)
                break;
            if (h.n_type == type && h.n_namesz == ALIGN && !memcmp(r->d + name, "Go\0", ALIGN))
                return (Str){(const char *)r->d + desc, h.n_descsz};
            off = next;
        }
    }
    return (Str){0};
}

// A name is looked for beside the library first.
static void read_deps(SoReader *r) {
    Arena *a = &r->p->arena;
    Str rest = read_note(r, NT_GO_DEPS), path = r->lib->path;
    Str dir = str_slice(path, 0, (u32)(str_last_index_byte(path, '/') + 1));
    while (rest.n) {
        i64 nl = str_index_byte(rest, '\n');
        Str dep = nl < 0 ? rest : str_slice(rest, 0, (u32)nl);
        rest = nl < 0 ? (Str){0} : str_slice(rest, (u32)nl + 1, rest.n);
        if (!dep.n)
            continue;
        Str beside = arena_printf(a, STR_FMT STR_FMT, STR_ARG(dir), STR_ARG(dep));
        vec_push(a, &r->lib->deps, dep.p[0] != '/' && access(beside.p, F_OK) == 0 ? beside : dep);
    }
}

// ---- symbols ----------------------------------------------------------------------------------------------

static bool find_symbols(SoReader *r) {
    const Elf64_Shdr *s = section_of_type(r, SHT_DYNSYM);
    if (!s || s->sh_link >= r->nsect || r->sects[s->sh_link].sh_type != SHT_STRTAB)
        return complain(r, "symbols from");
    const Elf64_Shdr *str = &r->sects[s->sh_link];
    r->syms = r->d + s->sh_offset;
    r->nsym = (u32)(s->sh_size / sizeof(Elf64_Sym));
    r->strings = (Str){(const char *)r->d + str->sh_offset, (u32)str->sh_size};
    return true;
}

static Elf64_Sym symbol_at(const SoReader *r, u32 i) {
    Elf64_Sym sym;
    memcpy(&sym, r->syms + (u64)i * sizeof sym, sizeof sym);
    return sym;
}

// The symbol that is meant by a name. Functions of types have one calling convention, and it is not in their names.
static SymId find_symbol(SoReader *r, Str name, bool is_function) {
    static const Str abi_internal = STR_INIT(".abiinternal"), abi0 = STR_INIT(".abi0");
    i32 version = ABI0;
    if (is_function && str_has_prefix(name, STR("type:"))) {
        version = ABI_INTERNAL;
    } else if (is_function && str_has_suffix(name, abi_internal)) {
        version = ABI_INTERNAL;
        name.n -= abi_internal.n;
    } else if (is_function && str_has_suffix(name, abi0)) {
        name.n -= abi0.n;
    }
    return sym_lookup_or_make(r->p, name, version);
}

static void import_symbol(SoReader *r, const Elf64_Sym *sym) {
    Program *p = r->p;
    u32 type = ELF64_ST_TYPE(sym->st_info);
    if (type == STT_NOTYPE || type == STT_SECTION)
        return;
    Str name = elf_string_at(r->strings, sym->st_name);
    SymId s = find_symbol(r, name, type == STT_FUNC);
    if (sym_kind(p, s) != SYM_NONE && sym_kind(p, s) != SYM_DYNIMPORT)
        return; // the objects' own
    sym_edit(p, s);
    p->syms.kind[s.i] = SYM_DYNIMPORT;
    p->syms.size[s.i] = (u32)sym->st_size;
    DynSym *d = sym_dyn_make(p, s);
    d->is_function = type == STT_FUNC;
    d->type_there = (u8)type;
    if (!str_eq(sym_name(p, s), name))
        d->extname = name;
    if (sym->st_shndx == SHN_UNDEF)
        return;
    d->shlib = r->number;
    d->shlib_addr = sym->st_value;
    Str own = sym_name(p, s);
    const u8 *data = NULL;
    if (str_has_prefix(own, STR("type:")) && !str_has_prefix(own, STR("type:.")))
        data = shlib_bytes(p, s, sym->st_value, sym->st_size);
    if (data)
        sym_set_data(p, s, data, (u32)sym->st_size);
}

// ---- pointers ---------------------------------------------------------------------------------------------

static int by_address(const void *ctx, u32 a, u32 b) {
    const ShlibPointer *v = ctx;
    return (v[a].addr > v[b].addr) - (v[a].addr < v[b].addr);
}

static void read_pointers(SoReader *r) {
    Arena *a = &r->p->arena;
    const Elf64_Shdr *s = section_of_type(r, SHT_RELA);
    if (!s) {
        complain(r, "relocations of");
        return;
    }
    VEC(ShlibPointer) found = {0};
    VEC(u32) order = {0};
    for (u64 off = 0; s->sh_size - off >= sizeof(Elf64_Rela); off += sizeof(Elf64_Rela)) {
        Elf64_Rela rel;
        memcpy(&rel, r->d + s->sh_offset + off, sizeof rel);
        u64 number = ELF64_R_SYM(rel.r_info);
        if (ELF64_R_TYPE(rel.r_info) != r->p->elf->cpu->r_address || rel.r_addend || number == 0 || number >= r->nsym)
            continue;
        Elf64_Sym sym = symbol_at(r, (u32)number);
        vec_push(a, &order, found.n);
        vec_push(a, &found, ((ShlibPointer){rel.r_offset, elf_string_at(r->strings, sym.st_name)}));
    }
    sort_by(a, order.v, order.n, by_address, found.v);
    vec_reserve(a, &r->lib->pointers, found.n);
    for (u32 i = 0; i < found.n; i++)
        vec_push(a, &r->lib->pointers, found.v[order.v[i]]);
}

void elf_read_shlib(Program *p, Str path) {
    MappedFile *f = arena_new(&p->arena, MappedFile);
    Shlib *lib = &p->shlibs[p->nshlib];
    *lib = (Shlib){.path = path};
    if (!file_map(f, &p->arena, path)) {
        error("cannot open shared library: " STR_FMT, STR_ARG(path));
        return;
    }
    SoReader r = {.p = p, .lib = lib, .number = ++p->nshlib, .d = f->data, .n = f->size};
    if (!read_sections(&r) || !find_symbols(&r))
        return;
    lib->hash = read_note(&r, NT_GO_ABIHASH);
    read_deps(&r);
    for (u32 i = 1; i < r.nsym; i++) {
        Elf64_Sym sym = symbol_at(&r, i);
        import_symbol(&r, &sym);
    }
    read_pointers(&r);
}
