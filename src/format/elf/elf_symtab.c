// elf_symtab.c - the symbol table (.symtab) and its strings (.strtab), for debuggers and profilers.
//
// WHAT  Number 0 is no symbol, number 1 names a source file, as some linkers want to see one. Then all local symbols,
//       then all global ones, each in the order: markers of the code and functions by address, then data and imported
//       symbols by number. Names are written as they are, without sharing of strings.
//       Local is what other modules must not see: file-static symbols, markers, and (Go 1.27) functions that are named
//       by a hash of their content, since several may have the same name.
// HOW   The list of symbols is cut into pieces, which are made in parallel: entries and strings, the local ones apart
//       from the global ones. When the sizes of all are known, each piece goes to its four places in the file.
// REF   System V ABI, "Symbol Table"; cmd/link/internal/ld/symtab.go: genelfsym, putelfsym, asmElfSym.
#include "arch/arch.h"
#include "base/diag.h"
#include "base/file.h"
#include "format/elf/elf.h"
#include "format/symbol_name.h"

enum {
    PIECE = 1024, // symbols
    NFIXED = 2,   // entries in front of the symbols, but for sections
};

static const Str file_name = STR_INIT("go.go");

static bool is_undefined(u8 kind) {
    return kind == SYM_DYNIMPORT || kind == SYM_HOSTOBJ || kind == SYM_UNDEFEXT;
}

// ---- which symbols ----------------------------------------------------------------------------------------

static bool is_listed_data(const Program *p, SymId s) {
    u8 kind = sym_kind(p, s);
    if (is_undefined(kind))
        return true;
    if (kind < SYM_ELF_RX || kind >= SYM_FIRST_UNALLOCATED)
        return false;
    if (kind == SYM_TLSBSS && !elf_is_object(p))
        return false;
    // What is not laid out has no name.
    return !bitmap_get(&p->syms.not_in_symtab, s.i) &&
           (p->group[s.i] || bitmap_get(&p->syms.special, s.i) || bitmap_get(&p->syms.is_part, s.i));
}

static SymVec list_symbols(const Program *p, Arena *a) {
    SymVec out = {0};
    vec_reserve(a, &out, p->textp.n + 4096);
    vec_push(a, &out, sym_lookup(p, STR("runtime.text"), 0));
    vec_append(a, &out, p->textp.v, p->textp.n);
    vec_push(a, &out, sym_lookup(p, STR("runtime.etext"), 0));
    for (u32 w = 0; w < (p->syms.n + 63) / 64; w++) {
        for (u64 bits = p->syms.live.w[w]; bits; bits &= bits - 1) {
            SymId s = {w * 64 + (u32)__builtin_ctzll(bits)};
            if (is_listed_data(p, s))
                vec_push(a, &out, s);
        }
    }
    return out;
}

// ---- entries ----------------------------------------------------------------------------------------------

static u32 binding_of(const Program *p, SymId s, Str name) {
    bool is_static = sym_is_static(p, s) && !memmem(name.p, name.n, "..stmp_", 7);
    if (is_static || bitmap_get(&p->syms.is_local, s.i) || bitmap_get(&p->syms.is_hidden, s.i) || symbol_is_hashed_text(p, s))
        return ELF_LOCAL;
    // What is global in an object becomes a dynamic symbol of the program: only what C refers to.
    const DynSym *d = sym_dyn(p, s);
    bool hidden = elf_is_object(p) && !p->go_dynlink && !is_undefined(sym_kind(p, s));
    return hidden && !(d && d->cgo_export_static) ? ELF_LOCAL : ELF_GLOBAL;
}

static u32 type_of(u8 kind) {
    return kind_is_text(kind) ? STT_FUNC : kind == SYM_TLSBSS ? STT_TLS : STT_OBJECT;
}

static Elf64_Sym make_entry(const Program *p, SymId s, u32 binding) {
    u8 kind = sym_kind(p, s), bind = binding == ELF_LOCAL ? STB_LOCAL : STB_GLOBAL;
    u8 other = bitmap_get(&p->syms.is_hidden, s.i) ? STV_HIDDEN : STV_DEFAULT;
    if (is_undefined(kind)) {
        u8 type = sym_dyn(p, s) ? sym_dyn(p, s)->type_there : STT_NOTYPE;
        return (Elf64_Sym){.st_info = ELF64_ST_INFO(bind, type), .st_other = other, .st_value = sym_addr(p, s)};
    }
    SymId outer = sym_outer(p, s);
    const Section *sect = sym_sect(p, outer.i ? outer : s);
    if (!sect) {
        error_at(s.i, STR_FMT ": missing section in putelfsym", STR_ARG(sym_name(p, s)));
        return (Elf64_Sym){0};
    }
    return (Elf64_Sym){
        .st_info = ELF64_ST_INFO(bind, type_of(kind)),
        .st_other = other,
        .st_shndx = sect->extnum,
        .st_value = sym_addr(p, s) - (elf_is_object(p) ? sect->addr : 0),
        .st_size = sym_size(p, s),
    };
}

typedef struct {
    const Program *p;
    SymVec syms;
} SymList;

// A symbol with what its entry takes.
typedef struct {
    SymId sym;
    u32 binding;
    Str prefix;
    Str name; // as it is in Go
} Named;

// Other modules look for the names as they are.
static u32 copy_name(const Program *p, Str name, u8 *out) {
    if (!p->go_dynlink)
        return symbol_copy_plain(name, out);
    memcpy(out, name.p, name.n);
    return name.n;
}

// Reads the names of n symbols; returns the number of entries. Sets that of the piece, too, and in room[] the bytes that the
// strings take at most.
static u32 read_names(const Program *p, const SymId *syms, u32 n, Named *out, ElfSymPiece *pc, u32 room[ELF_NBIND]) {
    u32 listed = 0;
    for (u32 i = 0; i < n; i++) {
        SymId s = syms[i];
        Str own = sym_name(p, s), name = sym_extname(p, s);
        u8 kind = sym_kind(p, s);
        if (!kind_is_text(kind) && !is_undefined(kind) && (!own.n || own.p[0] == '.'))
            continue;
        u32 binding = binding_of(p, s, name);
        // A module's own calls are to its own function, whatever another module calls by the name: relocations are
        // against a local name of it.
        if (binding == ELF_GLOBAL && p->go_dynlink && kind_is_text(kind))
            out[listed++] = (Named){s, ELF_LOCAL, STR("local."), name};
        out[listed++] = (Named){s, binding, {0}, name};
    }
    for (u32 i = 0; i < listed; i++) {
        pc->n[out[i].binding]++;
        room[out[i].binding] += out[i].prefix.n + out[i].name.n + SYMBOL_SUFFIX_MAX + 1;
    }
    return listed;
}

static void add_entry(const Program *p, ElfSymPiece *pc, const Named *sym, u32 idx) {
    Elf64_Sym *entry = &pc->syms[sym->binding][idx];
    *entry = make_entry(p, sym->sym, sym->binding);
    entry->st_name = pc->nstr[sym->binding];
    pc->ids[sym->binding][idx] = sym->sym;
    u8 *start = pc->strings[sym->binding] + entry->st_name, *out = start;
    if (sym->prefix.n)
        memcpy(out, sym->prefix.p, sym->prefix.n);
    out += sym->prefix.n;
    out += copy_name(p, sym->name, out);
    Str suffix = symbol_abi_suffix(p, sym->sym, sym->name);
    if (suffix.n)
        memcpy(out, suffix.p, suffix.n);
    out += suffix.n;
    *out++ = 0;
    pc->nstr[sym->binding] += (u32)(out - start);
}

// Writes its pieces and the worker's arena.
static void make_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    const SymList *list = arg;
    const Program *p = list->p;
    Arena *a = worker_arena(p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        ElfSymPiece *pc = &p->elf->pieces[i];
        Named syms[2 * PIECE];
        u32 room[ELF_NBIND] = {0}, idx[ELF_NBIND] = {0}, from = (u32)i * PIECE;
        u32 n = read_names(p, list->syms.v + from, MIN(PIECE, list->syms.n - from), syms, pc, room);
        for (u32 k = 0; k < ELF_NBIND; k++) {
            pc->syms[k] = arena_array_raw(a, Elf64_Sym, pc->n[k]);
            pc->ids[k] = arena_array_raw(a, SymId, pc->n[k]);
            pc->strings[k] = arena_array_raw(a, u8, room[k]);
        }
        for (u32 k = 0; k < n; k++)
            add_entry(p, pc, &syms[k], idx[syms[k].binding]++);
    }
}

// ---- places -----------------------------------------------------------------------------------------------

static void place_pieces(Program *p) {
    ElfState *e = p->elf;
    u64 first = e->nfixed, str = 1 + file_name.n + 1;
    for (u32 k = 0; k < ELF_NBIND; k++) {
        for (u32 i = 0; i < e->npiece; i++) {
            ElfSymPiece *pc = &e->pieces[i];
            pc->first[k] = first;
            pc->str_off[k] = str;
            first += pc->n[k];
            str += pc->nstr[k];
            e->nsym[k] += pc->n[k];
        }
    }
    if (str > UINT32_MAX)
        fatal("symbol table strings are too big: %llu bytes", (unsigned long long)str);
    e->strtab_size = str;
}

static u64 describe_tables(Program *p, u64 off) {
    ElfState *e = p->elf;
    u64 nentry = (u64)e->nfixed + e->nsym[ELF_LOCAL] + e->nsym[ELF_GLOBAL];
    u32 symtab = elf_section(p, STR(".symtab")), strtab = elf_section(p, STR(".strtab"));
    Elf64_Shdr *h = elf_section_header(p, symtab);
    h->sh_type = SHT_SYMTAB;
    h->sh_offset = e->symtab_off = off;
    h->sh_size = nentry * sizeof(Elf64_Sym);
    h->sh_addralign = p->arch->ptr_size;
    h->sh_entsize = sizeof(Elf64_Sym);
    h->sh_link = e->sections.v[strtab].number;
    h->sh_info = e->nfixed + e->nsym[ELF_LOCAL]; // the first global symbol
    off += h->sh_size;
    h = elf_section_header(p, strtab);
    h->sh_type = SHT_STRTAB;
    h->sh_offset = e->strtab_off = off;
    h->sh_size = e->strtab_size;
    h->sh_addralign = 1;
    return off + h->sh_size;
}

// Relocations of an object name entries by number.
static void number_symbols(Program *p) {
    ElfState *e = p->elf;
    e->symnum = arena_array(&p->arena, u32, p->syms.n);
    for (u32 i = 0; i < e->npiece; i++) {
        const ElfSymPiece *pc = &e->pieces[i];
        for (u32 k = ELF_NBIND; k-- > 0;) // a local entry is preferred
            for (u32 j = 0; j < pc->n[k]; j++)
                e->symnum[pc->ids[k][j].i] = (u32)pc->first[k] + j;
    }
}

u64 elf_layout_symtab(Program *p, u64 off) {
    ElfState *e = p->elf;
    e->nfixed = NFIXED + (elf_is_object(p) ? p->seg_dwarf.sects.n : 0);
    SymList list = {p, list_symbols(p, &p->arena)};
    e->npiece = (list.syms.n + PIECE - 1) / PIECE;
    e->pieces = arena_array(&p->arena, ElfSymPiece, e->npiece);
    parallel_for(p->pool, e->npiece, 1, make_pieces, &list);
    place_pieces(p);
    if (elf_is_object(p))
        number_symbols(p);
    u64 end = describe_tables(p, off);
    p->symtab_size = e->strtab_off - off;
    return end;
}

static void write_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const Program *p = arg;
    const ElfState *e = p->elf;
    for (u64 i = begin; i < end; i++) {
        const ElfSymPiece *pc = &e->pieces[i];
        for (u32 k = 0; k < ELF_NBIND; k++) {
            for (u32 j = 0; j < pc->n[k]; j++)
                pc->syms[k][j].st_name += (u32)pc->str_off[k];
            output_write(p->output, e->symtab_off + pc->first[k] * sizeof(Elf64_Sym), pc->syms[k],
                         pc->n[k] * sizeof(Elf64_Sym));
            output_write(p->output, e->strtab_off + pc->str_off[k], pc->strings[k], pc->nstr[k]);
        }
    }
}

// Entries in front of the symbols: none, the debugging sections of an object, by which it refers to them, a file.
static void write_fixed(const Program *p) {
    const ElfState *e = p->elf;
    Elf64_Sym *fixed = arena_array(worker_arena(p->pool, 0), Elf64_Sym, e->nfixed);
    for (u32 i = 1; i + 1 < e->nfixed; i++)
        fixed[i] = (Elf64_Sym){.st_info = ELF64_ST_INFO(STB_LOCAL, STT_SECTION),
                               .st_shndx = p->seg_dwarf.sects.v[i - 1]->extnum};
    fixed[e->nfixed - 1] =
        (Elf64_Sym){.st_name = 1, .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FILE), .st_shndx = SHN_ABS};
    output_write(p->output, e->symtab_off, fixed, e->nfixed * sizeof *fixed);
}

void elf_write_symtab(Program *p) {
    const ElfState *e = p->elf;
    write_fixed(p);
    output_write(p->output, e->strtab_off + 1, file_name.p, file_name.n);
    parallel_for(p->pool, e->npiece, 1, write_pieces, p);
}
