// macho_symtab.c - the symbol table (LC_SYMTAB, LC_DYSYMTAB) and its strings.
//
// WHAT  Local symbols, then exported, then imported ones, each by name. Code and data of the program are
//       local; with -s only what dyld needs remains. A name is written with an underscore in front, as the
//       system's tools expect of C, and with a point for the middle dot of assembly, which DTrace does not
//       take. No two symbols share a string.
// HOW   The order has to be known before addresses are: stubs and GOT slots name imported symbols by their
//       number. The stock linker sorts with an unstable sort and many names tie (ABI wrappers, file-static
//       functions, content-hashed closures), so its sort is replayed on ranks (pdqsort.h). Strings are
//       measured and written by pieces, in parallel.
// REF   cmd/link/internal/ld/macho.go: collectmachosyms, machosymorder, machosymtab; symtab.go:
//       mangleABIName.
#include "base/diag.h"
#include "format/macho/macho.h"
#include "golang/rank_strings.h"

enum {
    N_EXT = 0x01,
    N_SECT = 0x0e,
    N_PEXT = 0x10,

    STRTAB_START = 2, // " \0": dyld wants the table to begin so
    PIECE = 4096,     // symbols that are measured or written at once
};

static bool is_undefined(u8 kind) {
    return kind == SYM_DYNIMPORT || kind == SYM_HOSTOBJ || kind == SYM_UNDEFEXT;
}

static MachoClass class_of(const Program *p, SymId s) {
    if (is_undefined(sym_kind(p, s)))
        return MACHO_UNDEF;
    const DynSym *d = sym_dyn(p, s);
    return d && (d->cgo_export_dynamic || d->cgo_export_static) ? MACHO_EXTDEF : MACHO_LOCAL;
}

static bool survives_strip(const Program *p, SymId s) {
    const DynSym *d = sym_dyn(p, s);
    return d && d->cgo_export_dynamic;
}

// ---- which symbols ----------------------------------------------------------------------------------------

static void add_marker(Program *p, SymVec *out, Str name) {
    SymId s = sym_lookup(p, name, 0);
    if (s.i && kind_is_text(sym_kind(p, s)))
        vec_push(&p->arena, out, s);
}

// libSystem has two forms of some functions; Go uses the one with 64-bit inode numbers.
static void choose_inode64(Program *p, SymId s) {
    static const Str names[] = {STR_INIT("fdopendir"), STR_INIT("readdir_r"), STR_INIT("getfsstat")};
    DynSym *d = sym_dyn(p, s);
    if (p->arch->id != ARCH_AMD64 || !d || !str_eq(d->lib, STR("/usr/lib/libSystem.B.dylib")))
        return;
    Str name = sym_extname(p, s);
    for (u32 i = 0; i < COUNT_OF(names); i++) {
        if (str_eq(name, names[i]))
            d->extname = arena_printf(&p->arena, STR_FMT "$INODE64", STR_ARG(name));
    }
}

// Data and imported symbols by number.
static void collect_data(Program *p, SymVec *out) {
    bool strip = p->opt->strip_symbols;
    const u8 *kinds = p->syms.kind;
    for (u32 i = 1; i < p->syms.n; i++) {
        u8 kind = kinds[i];
        SymId s = {i};
        if (kind < SYM_ELF_RX || !sym_is_live(p, s))
            continue;
        if (is_undefined(kind)) {
            vec_push(&p->arena, out, s);
            if (kind == SYM_DYNIMPORT)
                choose_inode64(p, s);
            continue;
        }
        if (kind >= SYM_FIRST_UNALLOCATED || kind == SYM_TLSBSS || bitmap_get(&p->syms.not_in_symtab, i))
            continue;
        if (strip && !survives_strip(p, s))
            continue;
        Str name = sym_name(p, s);
        if (name.n && name.p[0] != '.')
            vec_push(&p->arena, out, s);
    }
}

static SymVec collect_symbols(Program *p) {
    SymVec out = {0};
    vec_reserve(&p->arena, &out, p->textp.n + 4096);
    if (!p->opt->strip_symbols) {
        add_marker(p, &out, STR("runtime.text"));
        add_marker(p, &out, STR("runtime.etext"));
        vec_append(&p->arena, &out, p->textp.v, p->textp.n);
    } else {
        for (u32 i = 0; i < p->textp.n; i++) {
            if (survives_strip(p, p->textp.v[i]))
                vec_push(&p->arena, &out, p->textp.v[i]);
        }
    }
    collect_data(p, &out);
    return out;
}

// ---- order ------------------------------------------------------------------------------------------------

typedef struct {
    const Program *p;
    const SymId *syms;
    Str *names;
    u8 *classes;
} Naming;

static void name_symbols(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Naming *nm = arg;
    for (u64 i = begin; i < end; i++) {
        nm->names[i] = sym_extname(nm->p, nm->syms[i]);
        nm->classes[i] = (u8)class_of(nm->p, nm->syms[i]);
    }
}

// Ranks the symbols of one class among themselves, from `base` on. Returns how many there are.
static u32 rank_class(Program *p, Arena *scratch, const Naming *nm, RankIdx *ranks, u32 n, MachoClass class,
                      u32 base) {
    size_t mark = arena_mark(scratch);
    Str *names = arena_array_raw(scratch, Str, n);
    RankIdx *part = arena_array_raw(scratch, RankIdx, n);
    u32 count = 0;
    for (u32 i = 0; i < n; i++) {
        if (nm->classes[i] != class)
            continue;
        names[count] = nm->names[i];
        part[count++].idx = i;
    }
    rank_strings(p->pool, scratch, names, part, count, base);
    for (u32 i = 0; i < count; i++)
        ranks[part[i].idx].rank = part[i].rank;
    arena_release(scratch, mark);
    return count;
}

void macho_order_symbols(Program *p) {
    MachoState *m = p->macho;
    SymVec syms = collect_symbols(p);
    u32 n = syms.n;
    Arena *scratch = worker_arena(p->pool, 0);
    size_t mark = arena_mark(scratch);
    Naming nm = {p, syms.v, arena_array_raw(scratch, Str, n), arena_array_raw(scratch, u8, n)};
    parallel_for(p->pool, n, PIECE, name_symbols, &nm);

    RankIdx *ranks = arena_array_raw(scratch, RankIdx, n);
    for (u32 i = 0; i < n; i++)
        ranks[i].idx = i;
    u32 base = 0;
    for (u32 class = 0; class < MACHO_NCLASS; class ++) {
        m->nclass[class] = rank_class(p, scratch, &nm, ranks, n, (MachoClass) class, base);
        base += m->nclass[class];
    }
    go_pdqsort(ranks, n);

    m->nsorted = n;
    m->sorted = arena_array_raw(&p->arena, SymId, n);
    for (u32 i = 0; i < n; i++)
        m->sorted[i] = syms.v[ranks[i].idx];
    for (u32 i = m->nclass[MACHO_LOCAL]; i < n; i++)
        sym_dyn_make(p, m->sorted[i])->dynid = (i32)i;
    arena_release(scratch, mark);
}

// ---- strings ----------------------------------------------------------------------------------------------

static const char middle_dot[] = "\xc2\xb7";

// Copies name to out with points for middle dots; returns the bytes written.
static u32 copy_plain(Str name, u8 *out) {
    u32 n = 0;
    for (u32 i = 0; i < name.n; i++) {
        if (i + 1 < name.n && name.p[i] == middle_dot[0] && name.p[i + 1] == middle_dot[1]) {
            out[n++] = '.';
            i++;
        } else {
            out[n++] = (u8)name.p[i];
        }
    }
    return n;
}

// A function of the old calling convention makes room for its namesake of the new one, which keeps the plain
// name.
static bool has_abi_suffix(const Program *p, SymId s, Str plain) {
    if (!kind_is_text(sym_kind(p, s)) || sym_version(p, s) != ABI0)
        return false;
    SymId other = sym_lookup(p, plain, ABI_INTERNAL);
    return other.i && kind_is_text(sym_kind(p, other));
}

// Writes the string of s with its NUL at out, which may be NULL to learn the size. Returns the size.
static u32 put_name(const Program *p, Arena *scratch, SymId s, u8 *out) {
    static const char suffix[] = ".abi0";
    Str name = sym_extname(p, s);
    size_t mark = arena_mark(scratch);
    if (UNLIKELY(str_index_byte(name, middle_dot[0]) >= 0)) {
        u8 *plain = arena_array_raw(scratch, u8, name.n);
        name = (Str){(const char *)plain, copy_plain(name, plain)};
    }
    u32 nsuffix = has_abi_suffix(p, s, name) ? sizeof suffix - 1 : 0;
    if (out) {
        *out++ = '_';
        memcpy(out, name.p, name.n);
        memcpy(out + name.n, suffix, nsuffix);
        out[name.n + nsuffix] = 0;
    }
    arena_release(scratch, mark);
    return 1 + name.n + nsuffix + 1;
}

static void measure_names(void *arg, u64 begin, u64 end, u32 worker) {
    const Program *p = arg;
    const MachoState *m = p->macho;
    for (u64 i = begin; i < end; i++)
        m->name_off[i] = put_name(p, worker_arena(p->pool, worker), m->sorted[i], NULL);
    file_trim();
}

u64 macho_layout_symtab(Program *p) {
    MachoState *m = p->macho;
    m->name_off = arena_array_raw(&p->arena, u32, m->nsorted);
    parallel_for(p->pool, m->nsorted, PIECE, measure_names, p);
    u64 off = STRTAB_START;
    for (u32 i = 0; i < m->nsorted; i++) {
        u32 size = m->name_off[i];
        m->name_off[i] = (u32)off;
        off += size;
    }
    if (off > UINT32_MAX)
        fatal("symbol table strings are too big: %llu bytes", (unsigned long long)off);
    return off;
}

// ---- entries ----------------------------------------------------------------------------------------------

typedef struct {
    const Program *p;
    u8 *symtab, *strtab;
} SymtabWriter;

static u8 type_of(const Program *p, SymId s) {
    const DynSym *d = sym_dyn(p, s);
    if (d && d->cgo_export_dynamic)
        return N_SECT | N_EXT;
    return d && d->cgo_export_static ? N_SECT | N_EXT | N_PEXT : N_SECT;
}

static u8 section_of(const Program *p, SymId s) {
    SymId outer = sym_outer(p, s);
    const Section *sect = sym_sect(p, outer.i ? outer : s);
    if (sect)
        return (u8)sect->extnum;
    error_at(s.i, STR_FMT ": missing section for symbol", STR_ARG(sym_name(p, s)));
    return 0;
}

static void write_entries(void *arg, u64 begin, u64 end, u32 worker) {
    const SymtabWriter *w = arg;
    const Program *p = w->p;
    const MachoState *m = p->macho;
    for (u64 i = begin; i < end; i++) {
        SymId s = m->sorted[i];
        put_name(p, worker_arena(p->pool, worker), s, w->strtab + m->name_off[i]);
        u8 *e = w->symtab + i * MACHO_NLIST_SIZE;
        put_u32le(e, m->name_off[i]);
        if (is_undefined(sym_kind(p, s))) {
            e[4] = N_EXT;
            continue;
        }
        e[4] = type_of(p, s);
        e[5] = section_of(p, s);
        put_u64le(e + 8, sym_addr(p, s));
    }
}

void macho_write_symtab(const Program *p, u8 *symtab, u8 *strtab) {
    strtab[0] = ' ';
    SymtabWriter w = {p, symtab, strtab};
    parallel_for(p->pool, p->macho->nsorted, PIECE, write_entries, &w);
}
