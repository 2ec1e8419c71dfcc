// elf_dynamic.c - tables for the dynamic linker: .dynamic, .dynsym, .got, .plt and what belongs to them.
//
// WHAT  .dynamic is a list of (tag, value) pairs that leads to everything else:
//
//         .dynsym, .dynstr     symbols that are imported or exported, and their names
//         .hash                finds a symbol by name
//         .gnu.version         which version of a symbol is wanted, by its number; .gnu.version_r names the
//                              versions, by library
//         .rela                pointers to adjust, and slots of .got to fill (elf_rela.c)
//         .rela.plt            slots of .got.plt to fill
//         DT_NEEDED            a library to load
//
//       A call of an imported function goes to a stub in .plt, which jumps to the address in a slot of .got.plt. At
//       first the slot leads back into .plt, where the dynamic linker is called to find the function: it puts the
//       address into the slot. With -bindnow it does so at the start.
//
//         call stub -> stub: jmp *slot -> [first time] push number; jmp .plt -> dynamic linker
//                                   `-> [then]        function
//
// HOW   The tables are symbols with kinds of their own. Symbols get their numbers in the order in which the stock
//       linker meets them: exported ones, then imported ones as code that refers to them is found. So what is not
//       used is not imported either, and a library that is only named together with symbols is needed when one of
//       them is used.
// REF   System V ABI, chapter 5; cmd/link/internal/ld/elf.go: doelf, elfdynhash, elfadddynsym; lib.go: AddGotSym;
//       go.go: addexport.
#include "base/diag.h"
#include "base/sort.h"
#include "format/elf/elf.h"

static SymId make_table(Program *p, Str name, SymKind kind) {
    SymId s = sym_lookup_or_make(p, name, 0);
    sym_edit(p, s);
    p->syms.kind[s.i] = (u8)kind;
    bitmap_set(&p->syms.live, s.i);
    return s;
}

// ---- .dynamic and .dynstr ---------------------------------------------------------------------------------

static u32 add_string(Program *p, Str s) {
    SymId t = p->elf->dynstr;
    u32 off = sym_add_bytes(p, t, s.p, s.n);
    sym_add_u8(p, t, 0);
    return off;
}

static void add_value(Program *p, i64 tag, u64 value) {
    sym_add_u64(p, p->dynamic, (u64)tag);
    sym_add_u64(p, p->dynamic, value);
}

static void add_address(Program *p, i64 tag, SymId s) {
    sym_add_u64(p, p->dynamic, (u64)tag);
    sym_add_addr(p, p->dynamic, s, 0);
}

static void add_size(Program *p, i64 tag, SymId s) {
    sym_add_u64(p, p->dynamic, (u64)tag);
    u32 off = sym_add_u64(p, p->dynamic, 0);
    sym_add_reloc(p, p->dynamic, (i32)off, 8, R_SIZE, s, 0);
}

static void start_dynamic(Program *p) {
    ElfState *e = p->elf;
    add_address(p, DT_HASH, e->hash);
    add_address(p, DT_SYMTAB, e->dynsym);
    add_value(p, DT_SYMENT, sizeof(Elf64_Sym));
    add_address(p, DT_STRTAB, e->dynstr);
    add_size(p, DT_STRSZ, e->dynstr);
    add_address(p, DT_RELA, p->rela);
    add_size(p, DT_RELASZ, p->rela);
    add_value(p, DT_RELAENT, sizeof(Elf64_Rela));
    if (p->opt->rpath.n)
        add_value(p, DT_RUNPATH, add_string(p, p->opt->rpath));
    add_address(p, DT_PLTGOT, e->gotplt);
    add_value(p, DT_DEBUG, 0); // a place for the dynamic linker to leave its address for debuggers
}

void elf_make_dynamic_symbols(Program *p) {
    if (!p->dynlinked)
        return;
    ElfState *e = p->elf;
    bool relro = format_use_relro(p);
    e->dynsym = make_table(p, STR(".dynsym"), SYM_ELF_RO);
    sym_add_bytes(p, e->dynsym, &(Elf64_Sym){0}, sizeof(Elf64_Sym)); // number 0 is no symbol
    e->dynstr = make_table(p, STR(".dynstr"), SYM_ELF_RO);
    add_string(p, (Str){0});
    p->rela = make_table(p, STR(".rela"), SYM_ELF_RO);
    p->got = make_table(p, STR(".got"), relro ? SYM_ELF_RELRO : SYM_ELF_GOT);
    e->hash = make_table(p, STR(".hash"), SYM_ELF_RO);
    e->gotplt = make_table(p, STR(".got.plt"), relro && p->opt->bindnow ? SYM_ELF_RELRO : SYM_ELF_SECT);
    p->plt = make_table(p, STR(".plt"), SYM_ELF_RX);
    p->rela_plt = make_table(p, STR(".rela.plt"), SYM_ELF_RO);
    e->version = make_table(p, STR(".gnu.version"), SYM_ELF_RO);
    e->version_r = make_table(p, STR(".gnu.version_r"), SYM_ELF_RO);
    p->dynamic = make_table(p, STR(".dynamic"), relro ? SYM_ELF_RELRO : SYM_ELF_SECT);
    e->cpu->start_plt(p);
    start_dynamic(p);
}

// ---- symbols and libraries --------------------------------------------------------------------------------

static void need_library(Program *p, Str lib) {
    ElfState *e = p->elf;
    for (u32 i = 0; i < e->needed.n; i++)
        if (str_eq(e->needed.v[i], lib))
            return;
    vec_push(&p->arena, &e->needed, lib);
    add_value(p, DT_NEEDED, add_string(p, lib));
}

// Gives s its number and an entry in .dynsym, if it has none.
static u32 number_symbol(Program *p, SymId s) {
    ElfState *e = p->elf;
    DynSym *d = sym_dyn_make(p, s);
    if (d->dynid >= 0)
        return (u32)d->dynid;
    vec_push(&p->arena, &e->dynsyms, s);
    d->dynid = (i32)e->dynsyms.n;

    u8 kind = sym_kind(p, s);
    bool function = (d->cgo_export_static || d->cgo_export_dynamic) && kind_is_text(kind);
    u32 size;
    sym_data(p, s, &size);
    Elf64_Sym sym = {
        .st_name = add_string(p, sym_extname(p, s)),
        .st_info = ELF64_ST_INFO(STB_GLOBAL, function ? STT_FUNC : STT_OBJECT),
        .st_shndx = kind == SYM_DYNIMPORT ? SHN_UNDEF : 1, // that it is defined is all that matters
        .st_size = size,
    };
    u32 off = sym_add_bytes(p, e->dynsym, &sym, sizeof sym);
    if (kind != SYM_DYNIMPORT)
        sym_add_reloc(p, e->dynsym, (i32)(off + offsetof(Elf64_Sym, st_value)), 8, R_ADDR, s, 0);
    if (!d->cgo_export_dynamic && d->lib.n)
        need_library(p, d->lib);
    return (u32)d->dynid;
}

void elf_add_library(Program *p, Str lib, bool for_symbol) {
    if (!for_symbol)
        vec_push(&p->arena, &p->elf->libs, lib);
}

void elf_finish_symbols(Program *p) {
    sym_lookup_or_make(p, STR(".rel"), 0);
    sym_lookup_or_make(p, STR(".rela"), 0);
    sym_lookup_or_make(p, STR(".rel.plt"), 0);
    sym_lookup_or_make(p, STR(".rela.plt"), 0);
    if (!p->dynlinked) {
        // The stock linker takes the table of these symbols for data and stumbles over it.
        if (p->dynexp.n && !p->external)
            error("cannot export " STR_FMT " from a file without dynamic linker", STR_ARG(sym_name(p, p->dynexp.v[0])));
        return;
    }
    for (u32 i = 0; i < p->dynexp.n; i++)
        number_symbol(p, p->dynexp.v[i]);
    for (u32 i = 0; i < p->elf->libs.n; i++)
        need_library(p, p->elf->libs.v[i]);
}

// ---- .got and .plt ----------------------------------------------------------------------------------------

void elf_add_got(Program *p, SymId s) {
    ElfState *e = p->elf;
    u32 number = number_symbol(p, s);
    DynSym *d = sym_dyn(p, s);
    if (d->got >= 0)
        return;
    d->got = (i32)sym_add_u64(p, p->got, 0);
    vec_push(&p->arena, &e->got_slots, ((ElfGotSlot){(u32)d->got, number}));
}

void elf_add_plt(Program *p, SymId s) {
    ElfState *e = p->elf;
    u32 number = number_symbol(p, s);
    DynSym *d = sym_dyn(p, s);
    if (d->plt >= 0)
        return;
    u32 slot = sym_size(p, e->gotplt);
    d->plt = (i32)e->cpu->add_stub(p, slot);
    sym_add_addr(p, p->rela_plt, e->gotplt, slot); // a record of .rela.plt
    sym_add_u64(p, p->rela_plt, ELF64_R_INFO((u64)number, e->cpu->r_jump_slot));
    sym_add_u64(p, p->rela_plt, 0);
}

void elf_bind_host_pointer(Program *p, SymId s, const Reloc *r) {
    vec_push(&p->arena, &p->elf->bound_pointers, ((ElfBoundPointer){s, (u32)r->off, number_symbol(p, r->sym), r->add}));
}

// ---- .hash ------------------------------------------------------------------------------------------------

static u32 hash_name(Str name) {
    u32 h = 0;
    for (u32 i = 0; i < name.n; i++) {
        h = (h << 4) + (u8)name.p[i];
        h ^= h >> 24 & 0xf0;
        h &= 0x0fffffff;
    }
    return h;
}

// Positions in dynsyms by symbol number of the link.
static SortPair *sort_dynsyms(Program *p) {
    const SymVec *syms = &p->elf->dynsyms;
    SortPair *v = arena_array_raw(&p->arena, SortPair, syms->n);
    for (u32 i = 0; i < syms->n; i++)
        v[i] = (SortPair){.key = syms->v[i].i, .val = i};
    sort_u64_pairs(&p->arena, v, syms->n);
    return v;
}

static void add_u32(Program *p, SymId s, u32 v) {
    sym_add_bytes(p, s, &v, sizeof v);
}

static void fill_hash(Program *p, const SortPair *sorted) {
    const ElfState *e = p->elf;
    u32 n = e->dynsyms.n + 1, nbucket = 1;
    for (u32 i = n; i; i >>= 1)
        nbucket++;
    u32 *bucket = arena_array(&p->arena, u32, nbucket), *chain = arena_array(&p->arena, u32, n);
    for (u32 i = 0; i < e->dynsyms.n; i++) {
        u32 number = sorted[i].val + 1;
        u32 b = hash_name(sym_extname(p, e->dynsyms.v[number - 1])) % nbucket;
        chain[number] = bucket[b];
        bucket[b] = number;
    }
    add_u32(p, e->hash, nbucket);
    add_u32(p, e->hash, n);
    sym_add_bytes(p, e->hash, bucket, nbucket * 4);
    sym_add_bytes(p, e->hash, chain, n * 4);
}

// ---- versions ---------------------------------------------------------------------------------------------

// A version of a library that is needed.
typedef struct {
    Str name;
    u16 number;
} Version;

typedef struct {
    Str lib;
    VEC(Version) versions; // by first use
} VersionedLib;

typedef VEC(VersionedLib) VersionedLibs;

static void find_version(Program *p, VersionedLibs *libs, const DynSym *d, u32 *lib, u32 *version) {
    u32 i = 0, k = 0;
    while (i < libs->n && !str_eq(libs->v[i].lib, d->lib))
        i++;
    if (i == libs->n)
        vec_push(&p->arena, libs, ((VersionedLib){.lib = d->lib}));
    VersionedLib *l = &libs->v[i];
    while (k < l->versions.n && !str_eq(l->versions.v[k].name, d->version))
        k++;
    if (k == l->versions.n)
        vec_push(&p->arena, &l->versions, ((Version){.name = d->version}));
    *lib = i;
    *version = k;
}

// Libraries and their versions are listed from the last to the first.
static void fill_version_needs(Program *p, VersionedLibs *libs) {
    const ElfState *e = p->elf;
    u16 number = VER_NDX_GLOBAL + 1;
    for (u32 i = libs->n; i-- > 0;) {
        VersionedLib *l = &libs->v[i];
        u32 n = l->versions.n;
        Elf64_Verneed need = {
            .vn_version = VER_NEED_CURRENT,
            .vn_cnt = (u16)n,
            .vn_file = add_string(p, l->lib),
            .vn_aux = sizeof need,
            .vn_next = i ? (u32)(sizeof need + n * sizeof(Elf64_Vernaux)) : 0,
        };
        sym_add_bytes(p, e->version_r, &need, sizeof need);
        for (u32 k = n; k-- > 0;) {
            Version *v = &l->versions.v[k];
            v->number = number++;
            Elf64_Vernaux aux = {
                .vna_hash = hash_name(v->name),
                .vna_other = v->number,
                .vna_name = add_string(p, v->name),
                .vna_next = k ? sizeof aux : 0,
            };
            sym_add_bytes(p, e->version_r, &aux, sizeof aux);
        }
    }
}

static void fill_versions(Program *p, const SortPair *sorted) {
    ElfState *e = p->elf;
    u32 n = e->dynsyms.n, lib, version;
    VersionedLibs libs = {0};
    for (u32 i = 0; i < n; i++) {
        const DynSym *d = sym_dyn(p, e->dynsyms.v[sorted[i].val]);
        if (d->version.n)
            find_version(p, &libs, d, &lib, &version);
    }
    fill_version_needs(p, &libs);
    e->nverneed = libs.n;

    u16 number = VER_NDX_LOCAL; // of no symbol
    sym_add_bytes(p, e->version, &number, sizeof number);
    for (u32 i = 0; i < n; i++) {
        const DynSym *d = sym_dyn(p, e->dynsyms.v[i]);
        number = VER_NDX_GLOBAL;
        if (d->version.n) {
            find_version(p, &libs, d, &lib, &version);
            number = libs.v[lib].versions.v[version].number;
        }
        sym_add_bytes(p, e->version, &number, sizeof number);
    }
}

void elf_finish_dynamic(Program *p) {
    if (!p->dynlinked)
        return;
    const ElfState *e = p->elf;
    const SortPair *sorted = sort_dynsyms(p);
    fill_hash(p, sorted);
    fill_versions(p, sorted);
    if (p->opt->bindnow)
        add_value(p, DT_FLAGS, DF_BIND_NOW);
    add_value(p, DT_FLAGS_1, (p->opt->bindnow ? DF_1_NOW : 0) | (format_is_pie(p) ? DF_1_PIE : 0));
    if (e->nverneed) {
        add_address(p, DT_VERNEED, e->version_r);
        add_value(p, DT_VERNEEDNUM, e->nverneed);
        add_address(p, DT_VERSYM, e->version);
    }
    if (sym_size(p, p->rela_plt)) {
        add_value(p, DT_PLTREL, DT_RELA);
        add_size(p, DT_PLTRELSZ, p->rela_plt);
        add_address(p, DT_JMPREL, p->rela_plt);
    }
    add_value(p, DT_NULL, 0);
    u64 rela = elf_rela_size(p);
    if (rela > UINT32_MAX)
        fatal("too many dynamic relocations: %llu bytes", (unsigned long long)rela);
    p->syms.size[p->rela.i] = (u32)rela;
}
