// macho_symtab.c - the symbol table (LC_SYMTAB, LC_DYSYMTAB) and its strings.
//
// WHAT  Local symbols, then exported, then imported ones, each by name. Code and data of the program are
//       local; with -s only what dyld needs remains. A name is written with an underscore in front, as the
//       system's tools expect of C, and with a point for the middle dot of assembly, which DTrace does not
//       take. No two symbols share a string.
// HOW   The order has to be known before addresses are: stubs and GOT slots name imported symbols by their
//       number. The stock linker sorts with an unstable sort and many names tie (ABI wrappers, file-static
//       functions, content-hashed closures), so its sort is replayed on ranks (pdqsort.h).
//       Names lie scattered over all inputs. They are read once: the strings are copied as they will stand in
//       the table, which is then ranked, measured and written from the copies.
// REF   cmd/link/internal/ld/macho.go: collectmachosyms, machosymorder, machosymtab; symtab.go:
//       mangleABIName.
#include "base/diag.h"
#include "format/macho/macho.h"
#include "format/symbol_name.h"
#include "golang/rank_strings.h"

enum {
    N_EXT = 0x01,
    N_SECT = 0x0e,
    N_PEXT = 0x10,

    STRTAB_START = 2, // " \0": dyld wants the table to begin so
    PIECE = 1024,     // symbols whose names are read, or that are written, at once
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

// An object keeps all symbols: the linker that reads it needs them.
static bool is_stripped(const Program *p) {
    return p->opt->strip_symbols && !p->external;
}

static bool survives_strip(const Program *p, SymId s) {
    const DynSym *d = sym_dyn(p, s);
    return d && d->cgo_export_dynamic;
}

// ---- which symbols ----------------------------------------------------------------------------------------

static void add_marker(const Program *p, Arena *a, SymVec *out, Str name) {
    SymId s = sym_lookup(p, name, 0);
    if (s.i && kind_is_text(sym_kind(p, s)))
        vec_push(a, out, s);
}

// libSystem has two forms of some functions; Go uses the one with 64-bit inode numbers.
static void choose_inode64(Program *p, SymId s) {
    static const Str names[] = {STR_INIT("fdopendir"), STR_INIT("readdir_r"), STR_INIT("getfsstat")};
    DynSym *d = sym_dyn(p, s);
    if (!macho_cpu(p)->inode64_names || !d || !str_eq(d->lib, STR("/usr/lib/libSystem.B.dylib")))
        return;
    Str name = sym_extname(p, s);
    for (u32 i = 0; i < COUNT_OF(names); i++) {
        if (str_eq(name, names[i]))
            d->extname = arena_printf(&p->arena, STR_FMT "$INODE64", STR_ARG(name));
    }
}

static void add_data_symbol(Program *p, Arena *a, SymVec *out, SymId s) {
    u8 kind = sym_kind(p, s);
    if (kind < SYM_ELF_RX)
        return;
    if (is_undefined(kind)) {
        vec_push(a, out, s);
        if (kind == SYM_DYNIMPORT)
            choose_inode64(p, s);
        return;
    }
    if (kind >= SYM_FIRST_UNALLOCATED || kind == SYM_TLSBSS || bitmap_get(&p->syms.not_in_symtab, s.i))
        return;
    if (!p->group[s.i] && !bitmap_get(&p->syms.special, s.i) && !bitmap_get(&p->syms.is_part, s.i))
        return; // it has no name
    if (!is_stripped(p) || survives_strip(p, s))
        vec_push(a, out, s);
}

// Functions in address order, then data and imported symbols by number. Whether the names of data keep them
// out is not known yet.
static SymVec collect_symbols(Program *p, Arena *a) {
    SymVec out = {0};
    vec_reserve(a, &out, p->textp.n + 4096);
    if (!is_stripped(p)) {
        bool among_functions = format_sizes_markers(p);
        if (!among_functions)
            add_marker(p, a, &out, STR("runtime.text"));
        for (u32 i = 1; i < p->seg_text.sects.n; i++) // see trampoline.c
            add_marker(p, a, &out, arena_printf(a, "runtime.text.%u", i));
        if (!among_functions)
            add_marker(p, a, &out, STR("runtime.etext"));
        vec_append(a, &out, p->textp.v, p->textp.n);
    } else {
        for (u32 i = 0; i < p->textp.n; i++) {
            if (survives_strip(p, p->textp.v[i]))
                vec_push(a, &out, p->textp.v[i]);
        }
    }
    for (u32 w = 0; w < (p->syms.n + 63) / 64; w++)
        for (u64 bits = p->syms.live.w[w]; bits; bits &= bits - 1)
            add_data_symbol(p, a, &out, (SymId){w * 64 + (u32)__builtin_ctzll(bits)});
    return out;
}

// ---- strings ----------------------------------------------------------------------------------------------

// Flags of a symbol while it is named.
enum {
    CLASS_MASK = 3,      // MachoClass
    NAMED_LEFT_OUT = 4,  // the name keeps it out of the table
    NAMED_ABI0 = 8,      // its string has the suffix
    NAMED_REWRITTEN = 16 // its string has points that the name does not have
};

// Reads the name of symbol i: names[i], flags[i], and in from[i] the size of its string.
static void read_name(const Program *p, const MachoNaming *nm, Arena *scratch, u64 i) {
    SymId s = nm->syms[i];
    MachoClass class = class_of(p, s);
    u8 flags = class;
    if (class != MACHO_UNDEF && !kind_is_text(sym_kind(p, s))) {
        Str own = sym_name(p, s);
        if (!own.n || own.p[0] == '.')
            flags |= NAMED_LEFT_OUT;
    }
    size_t mark = arena_mark(scratch);
    Str name = sym_extname(p, s), plain = symbol_plain_name(scratch, name);
    nm->names[i] = name;
    nm->from[i] = 1 + plain.n + 1;
    if (plain.p != name.p)
        flags |= NAMED_REWRITTEN;
    if (symbol_abi_suffix(p, s, plain).n) { // the format has no libraries of Go packages, and so no other suffix
        flags |= NAMED_ABI0;
        nm->from[i] += symbol_abi0_suffix.n;
    }
    nm->flags[i] = flags;
    arena_release(scratch, mark);
}

static void read_names(void *arg, u64 begin, u64 end, u32 worker) {
    const Program *p = arg;
    Arena *scratch = worker_arena(p->pool, worker);
    for (u64 i = begin; i < end; i++)
        read_name(p, p->macho->naming, scratch, i);
}

// Removes what is left out, and turns sizes of strings into places. Returns the size of all.
static u64 place_strings(MachoNaming *nm, u32 n) {
    u64 size = 0;
    for (u32 i = 0; i < n; i++) {
        if (nm->flags[i] & NAMED_LEFT_OUT)
            continue;
        u32 to = nm->n++, n_string = nm->from[i];
        nm->syms[to] = nm->syms[i];
        nm->names[to] = nm->names[i];
        nm->flags[to] = nm->flags[i];
        nm->from[to] = (u32)size;
        size += n_string;
    }
    if (STRTAB_START + size > UINT32_MAX)
        fatal("symbol table strings are too big: %llu bytes", (unsigned long long)(STRTAB_START + size));
    nm->from[nm->n] = (u32)size;
    return size;
}

// Writes the strings, and lets names[] show into them, so that the sort stays near.
static void copy_strings(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const Program *p = arg;
    const MachoNaming *nm = p->macho->naming;
    for (u64 i = begin; i < end; i++) {
        Str name = nm->names[i];
        u8 *out = p->macho->strings + nm->from[i];
        *out++ = '_';
        u32 n = name.n;
        if (nm->flags[i] & NAMED_REWRITTEN) {
            n = symbol_copy_plain(name, out);
        } else {
            memcpy(out, name.p, n);
            nm->names[i].p = (const char *)out;
        }
        if (nm->flags[i] & NAMED_ABI0) {
            memcpy(out + n, symbol_abi0_suffix.p, symbol_abi0_suffix.n);
            n += symbol_abi0_suffix.n;
        }
        out[n] = 0;
    }
}

void macho_name_symbols(Program *p) {
    MachoState *m = p->macho;
    Arena *scratch = worker_arena(p->pool, 0);
    SymVec syms = collect_symbols(p, scratch);
    MachoNaming *nm = m->naming = arena_new(scratch, MachoNaming);
    nm->syms = syms.v;
    nm->names = arena_array_raw(scratch, Str, syms.n);
    nm->from = arena_array_raw(scratch, u32, syms.n + 1);
    nm->flags = arena_array_raw(scratch, u8, syms.n);
    parallel_for(p->pool, syms.n, PIECE, read_names, p);
    u64 size = place_strings(nm, syms.n);
    m->strtab_size = STRTAB_START + size;
    m->strings = arena_array_raw(&p->arena, u8, size);
    parallel_for(p->pool, nm->n, PIECE, copy_strings, p);
}

// ---- order ------------------------------------------------------------------------------------------------

// The class decides, then the name.
static void rank_symbols(const Program *p, Arena *scratch, RankIdx *ranks, u32 nclass[MACHO_NCLASS]) {
    const MachoNaming *nm = p->macho->naming;
    rank_strings(p->pool, scratch, nm->names, ranks, nm->n, 0);
    if (nm->n > UINT32_MAX / MACHO_NCLASS)
        fatal("too many symbols");
    for (u32 i = 0; i < nm->n; i++) {
        u32 class = nm->flags[i] & CLASS_MASK;
        nclass[class]++;
        ranks[i].idx = i;
        ranks[i].rank += class * nm->n;
    }
}

void macho_order_symbols(Program *p) {
    MachoState *m = p->macho;
    const MachoNaming *nm = m->naming;
    Arena *scratch = worker_arena(p->pool, 0);
    RankIdx *ranks = arena_array_raw(scratch, RankIdx, nm->n);
    rank_symbols(p, scratch, ranks, m->nclass);
    go_pdqsort(ranks, nm->n);

    m->nentry = nm->n;
    m->entries = arena_array_raw(&p->arena, MachoEntry, nm->n);
    u32 off = STRTAB_START;
    for (u32 i = 0; i < nm->n; i++) {
        u32 k = ranks[i].idx;
        m->entries[i] = (MachoEntry){nm->syms[k], off, nm->from[k], 0};
        off += nm->from[k + 1] - nm->from[k];
    }
}

void macho_number_dynamic_symbols(Program *p) {
    MachoState *m = p->macho;
    if (p->external) {
        m->symnum = arena_array(&p->arena, u32, p->syms.n);
        for (u32 i = 0; i < m->nentry; i++)
            m->symnum[m->entries[i].sym.i] = 1 + i;
    }
    for (u32 i = m->nclass[MACHO_LOCAL]; i < m->nentry; i++)
        sym_dyn_make(p, m->entries[i].sym)->dynid = (i32)i;
}

static void append_labels(Program *p, MachoLabels *labels, ByteBuf *strings) {
    MachoState *m = p->macho;
    Arena *a = &p->arena;
    Str name = symbol_plain_name(a, sym_extname(p, labels->sym));
    labels->first = m->nentry;
    for (u32 i = 1; i <= labels->n; i++) {
        u32 off = i * MACHO_LABEL_STEP;
        m->entries[m->nentry++] = (MachoEntry){labels->sym, STRTAB_START + strings->n, strings->n, off};
        buf_str(strings, arena_printf(a, "_" STR_FMT "+%uMB", STR_ARG(name), off >> 20));
        buf_u8(strings, 0);
    }
}

void macho_append_labels(Program *p) {
    MachoState *m = p->macho;
    Arena *a = &p->arena;
    u32 total = 0, had = m->nentry;
    for (u32 i = 0; i < m->labels.n; i++)
        total += m->labels.v[i].n;
    if (!total)
        return;
    MachoEntry *entries = arena_array_raw(a, MachoEntry, had + total);
    memcpy(entries, m->entries, had * sizeof *entries);
    m->entries = entries;
    ByteBuf strings = {.arena = a};
    buf_bytes(&strings, m->strings, (u32)(m->strtab_size - STRTAB_START));
    for (u32 i = 0; i < m->labels.n; i++)
        append_labels(p, &m->labels.v[i], &strings);
    m->strings = strings.v;
    m->strtab_size = STRTAB_START + strings.n;
}

// ---- entries ----------------------------------------------------------------------------------------------

// Whether other Go modules share what is called so: types, itabs, package hashes, and what a plugin exports.
static bool is_shared_name(const Program *p, Str name, Str extname) {
    Str plugin = p->macho->plugin_prefix;
    return (plugin.n && str_has_prefix(extname, plugin)) || str_has_prefix(name, STR("go:itab.")) ||
           (str_has_prefix(name, STR("type:")) && !str_has_prefix(name, STR("type:."))) ||
           str_has_prefix(name, STR("go:link.pkghash"));
}

// All that, and variables.
static bool is_shared(const Program *p, SymId s) {
    if (!p->go_dynlink || bitmap_get(&p->syms.is_local, s.i) || symbol_is_hashed_text(p, s))
        return false;
    return sym_kind(p, s) >= SYM_FIRST_WRITABLE || is_shared_name(p, sym_name(p, s), sym_extname(p, s));
}

// A label is shared by its name only, which begins with that of its symbol.
static u8 type_of_label(const Program *p, SymId s) {
    Str name = sym_extname(p, s);
    return p->go_dynlink && is_shared_name(p, name, name) ? N_SECT | N_EXT : N_SECT;
}

static u8 type_of(const Program *p, SymId s) {
    const DynSym *d = sym_dyn(p, s);
    if ((d && d->cgo_export_dynamic) || is_shared(p, s))
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

// Writes entries [begin, end) at out.
static void put_entries(const Program *p, u64 begin, u64 end, u8 *out) {
    for (u64 i = begin; i < end; i++) {
        SymId s = p->macho->entries[i].sym;
        u8 *e = out + (i - begin) * MACHO_NLIST_SIZE;
        put_u32le(e, p->macho->entries[i].name_off);
        if (is_undefined(sym_kind(p, s))) {
            e[4] = N_EXT;
            continue;
        }
        u32 off = p->macho->entries[i].off;
        e[4] = off ? type_of_label(p, s) : type_of(p, s);
        e[5] = section_of(p, s);
        put_u64le(e + 8, sym_addr(p, s) + off);
    }
}

static u64 name_end(const MachoState *m, u64 i) {
    return i + 1 < m->nentry ? m->entries[i + 1].name_off : m->strtab_size;
}

// Writes the entries' places in both tables.
static void write_entries(void *arg, u64 begin, u64 end, u32 worker) {
    const Program *p = arg;
    const MachoState *m = p->macho;
    Arena *a = worker_arena(p->pool, worker);
    size_t mark = arena_mark(a);
    u64 size = (end - begin) * MACHO_NLIST_SIZE;
    u8 *out = arena_alloc(a, size, 8);
    put_entries(p, begin, end, out);
    output_write(p->output, m->symtab.fileoff + begin * MACHO_NLIST_SIZE, out, size);

    u64 from = m->entries[begin].name_off, to = name_end(m, end - 1);
    u8 *strings = arena_alloc_raw(a, to - from, 1);
    for (u64 i = begin; i < end; i++) {
        const MachoEntry *e = &m->entries[i];
        memcpy(strings + (e->name_off - from), m->strings + e->string, name_end(m, i) - e->name_off);
    }
    output_write(p->output, m->strtab.fileoff + from, strings, to - from);
    arena_release(a, mark);
}

void macho_write_symtab(Program *p) {
    output_write(p->output, p->macho->strtab.fileoff, " ", 1);
    parallel_for(p->pool, p->macho->nentry, PIECE, write_entries, p);
}
