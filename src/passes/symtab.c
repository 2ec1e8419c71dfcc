// symtab.c - markers, and the grouping of small read-only symbols.
//
// WHAT  The runtime finds the parts of the program by markers (runtime.rodata, runtime.etypes, ...): symbols
//       without content that are defined here and get their addresses from layout_data.
//
//       Tens of thousands of strings, type descriptors, pointer masks and function descriptors are symbols of
//       one object kind (SYM_RODATA). They are told apart by name and laid out group by group, each behind a
//       carrier symbol that stands for the group in the symbol table, where its members do not appear:
//
//           go:string."..."     go:string.*        SYM_GOSTRING
//           runtime.gcbits.*    runtime.gcbits.*   SYM_GCBITS
//           f·f                 go:funcdesc        SYM_GOFUNC
//           type:T, itabs       type:*             SYM_TYPE
//           type:.gcmask.*      runtime.gcmask.*   SYM_GCMASK
//
//       The symbols keep their kinds (later passes ask for them); what layout uses is in Program.group.
//       Releases differ in which groups exist: see LayoutPlan.
// HOW   One parallel loop over the live data symbols. It also decides which symbols are laid out at all: those
//       that have a name and are not markers. (Unnamed ones are parts of tables, such as the pc-value tables
//       of functions.)
// REF   cmd/link/internal/ld/symtab.go: symtab; cmd/link/internal/loader/loader.go: topLevelSym.
#include "arch/arch.h"
#include "format/format.h"
#include "passes/define.h"
#include "passes/moduledata.h"
#include "passes/passes.h"

// The carriers of the groups. Those that a release or a file does not have are the same as their neighbours.
typedef struct {
    SymId type, type_relro, string, func, func_relro, gcbits, gcmask;
} Carriers;

// What loads a library of C calls the functions of .init_array: the runtime's entry.
static void define_initializer(Program *p) {
    BuildMode mode = p->opt->buildmode;
    SymId entry = sym_lookup(p, p->opt->entry, ABI0);
    if ((mode != BUILDMODE_C_SHARED && mode != BUILDMODE_C_ARCHIVE) || !entry.i)
        return;
    SymId s = define_symbol(p, arena_printf(&p->arena, STR_FMT ".ptr", STR_ARG(p->opt->entry)), SYM_INITARR);
    clear_symbol(p, s);
    sym_add_addr(p, s, entry, 0);
}

static void define_markers(Program *p) {
    static const struct {
        Str name;
        u8 kind;
    } markers[] = {
        {STR_INIT("runtime.rodata"), SYM_RODATA},
        {STR_INIT("runtime.erodata"), SYM_RODATA_END},
        {STR_INIT("runtime.types"), SYM_RODATA},
        {STR_INIT("runtime.etypes"), SYM_RODATA},
        {STR_INIT("runtime.noptrdata"), SYM_NOPTRDATA},
        {STR_INIT("runtime.enoptrdata"), SYM_NOPTRDATA_END},
        {STR_INIT("runtime.data"), SYM_DATA},
        {STR_INIT("runtime.edata"), SYM_DATA_END},
        {STR_INIT("runtime.bss"), SYM_BSS},
        {STR_INIT("runtime.ebss"), SYM_BSS},
        {STR_INIT("runtime.noptrbss"), SYM_NOPTRBSS},
        {STR_INIT("runtime.enoptrbss"), SYM_NOPTRBSS},
        {STR_INIT("runtime.gcmask.*"), SYM_NOPTRBSS},
        {STR_INIT("runtime.covctrs"), SYM_NOPTRBSS},
        {STR_INIT("runtime.ecovctrs"), SYM_NOPTRBSS},
        {STR_INIT("runtime.end"), SYM_BSS},
        {STR_INIT("runtime.epclntab"), SYM_RODATA},
    };
    for (u32 i = 0; i < COUNT_OF(markers); i++)
        if (p->rel->layout->groups_gcmasks || !str_eq(markers[i].name, STR("runtime.gcmask.*")))
            define_marker(p, markers[i].name, markers[i].kind);

    // The pointer masks of .data and .bss get their content, and with it their size, in layout_data.
    clear_symbol(p, define_symbol(p, STR("runtime.gcdata"), SYM_RODATA));
    define_marker(p, STR("runtime.egcdata"), SYM_RODATA);
    clear_symbol(p, define_symbol(p, STR("runtime.gcbss"), SYM_RODATA));
    define_marker(p, STR("runtime.egcbss"), SYM_RODATA);
}

// See Format.sized_markers. Those at the start have a size, those at the end come last.
static void size_markers(Program *p) {
    enum { MARKER_SIZE = 8 };
    static const struct {
        Str start, end;
    } sections[] = {
        {STR_INIT("runtime.bss"), STR_INIT("runtime.ebss")},
        {STR_INIT("runtime.data"), STR_INIT("runtime.edata")},
        {STR_INIT("runtime.noptrbss"), STR_INIT("runtime.enoptrbss")},
        {STR_INIT("runtime.noptrdata"), STR_INIT("runtime.enoptrdata")},
        {STR_INIT("runtime.types"), STR_INIT("runtime.etypes")},
    };
    SymId start, end;
    for (u32 i = 0; i < COUNT_OF(sections); i++) {
        start = sym_lookup(p, sections[i].start, ABI0);
        end = sym_lookup(p, sections[i].end, ABI0);
        p->syms.size[start.i] = MARKER_SIZE;
        bitmap_clear(&p->syms.special, start.i);
        bitmap_clear(&p->syms.special, end.i);
    }
    p->syms.kind[start.i] = SYM_TYPE;
    p->syms.kind[end.i] = p->rel->layout->relro_twins ? SYM_FUNCTAB : SYM_TYPE;
    if (!p->rel->layout->relro_twins)
        sym_set_align(p, start, MARKER_SIZE);
}

static SymId define_type_carrier(Program *p, Str name, SymKind kind) {
    SymId s = define_symbol(p, name, kind);
    p->syms.size[s.i] = 0;
    sym_set_align(p, s, p->arch->ptr_size);
    bitmap_set(&p->syms.is_carrier, s.i);
    return s;
}

static SymId define_carrier(Program *p, Str name, SymKind kind) {
    SymId s = define_type_carrier(p, name, kind);
    bitmap_set(&p->syms.is_local, s.i);
    return s;
}

static Carriers define_carriers(Program *p) {
    const LayoutPlan *plan = p->rel->layout;
    BuildMode mode = p->opt->buildmode;
    bool type_twin = !p->go_dynlink && plan->relro_twins && format_use_relro(p) &&
                     (mode == BUILDMODE_C_ARCHIVE || mode == BUILDMODE_C_SHARED || mode == BUILDMODE_PIE);
    // Types that other modules see are laid out one by one; Go 1.26 makes no carriers for them then.
    bool type_carrier = !p->go_dynlink || !plan->relro_twins;
    Carriers c;
    c.type = type_carrier ? define_type_carrier(p, STR("type:*"), SYM_TYPE) : NIL_SYM;
    c.type_relro = type_twin ? define_type_carrier(p, STR("typerel.*"), SYM_TYPE_RELRO) : c.type;
    c.string = define_carrier(p, STR("go:string.*"), SYM_GOSTRING);
    c.func = define_carrier(p, STR("go:funcdesc"), SYM_GOFUNC);
    c.gcbits = define_carrier(p, STR("runtime.gcbits.*"), SYM_GCBITS);
    c.gcmask = NIL_SYM;
    if (plan->groups_gcmasks) {
        // The carrier is a marker too, so it is not laid out.
        c.gcmask = define_carrier(p, STR("runtime.gcmask.*"), SYM_GCMASK);
    }
    c.func_relro = c.func;
    if (plan->relro_twins && format_use_relro(p))
        c.func_relro = define_carrier(p, STR("go:funcdescrel"), SYM_GOFUNC_RELRO);
    return c;
}

// ---- grouping ---------------------------------------------------------------------------------------------

typedef struct {
    Program *p;
    const LayoutPlan *plan;
    Carriers carrier;
    u8 type_kind, func_kind; // SymKinds of types and of function descriptors
    bool internal;
} Grouping;

static void put_in_group(const Grouping *g, SymId s, SymKind kind, SymId carrier) {
    Program *p = g->p;
    p->group[s.i] = kind;
    p->syms.outer[s.i] = carrier;
    bitmap_set(&p->syms.not_in_symtab, s.i);
}

// The same for what other modules see: it stays in the symbol table, by itself.
static void put_visible(const Grouping *g, SymId s, SymKind kind, SymId carrier) {
    if (!g->p->go_dynlink) {
        put_in_group(g, s, kind, carrier);
        return;
    }
    g->p->group[s.i] = kind;
    // Go 1.26 refers to function descriptors by their carrier nevertheless, unless they are apart from the others.
    if (kind == SYM_GOFUNC && g->plan->relro_twins)
        g->p->syms.outer[s.i] = carrier;
}

static void group_rodata(const Grouping *g, SymId s, Str name) {
    if (str_has_prefix(name, STR("go:string.")))
        put_in_group(g, s, SYM_GOSTRING, g->carrier.string);
    else if (str_has_prefix(name, STR("runtime.gcbits.")))
        put_in_group(g, s, SYM_GCBITS, g->carrier.gcbits);
    else if (str_has_suffix(name, STR("·f")))
        put_visible(g, s, g->func_kind, g->carrier.func_relro);
    else if (str_has_prefix(name, STR("type:")))
        put_visible(g, s, g->type_kind, g->carrier.type_relro);
    else if (g->plan->groups_itabs && !sym_is_made(g->p, s) && (sym_flags(g->p, s) & SYMF_ITAB))
        put_visible(g, s, g->type_kind, g->carrier.type_relro);
}

// Unnamed symbols of these kinds are laid out all the same (loader.topLevelSym).
static bool is_laid_out_unnamed(SymKind kind) {
    return kind == SYM_GOFUNC;
}

static void group_symbol(const Grouping *g, SymId s) {
    Program *p = g->p;
    SymKind kind = sym_kind(p, s);
    if (kind <= SYM_TEXT_END || kind >= SYM_FIRST_UNALLOCATED)
        return;
    bool is_static = sym_is_static(p, s);
    if (g->internal) {
        u32 local;
        const Object *o = is_static ? sym_object(p, s, &local) : NULL;
        if ((o && !(o->flags & OBJ_FROM_ASSEMBLY)) || kind == SYM_COVERAGE_COUNTER)
            bitmap_set(&p->syms.not_in_symtab, s.i);
    }
    if (bitmap_get(&p->syms.special, s.i) || bitmap_get(&p->syms.is_part, s.i))
        return;
    if (!sym_has_name(p, s) && !is_laid_out_unnamed(kind))
        return;
    p->group[s.i] = kind;
    if (kind == SYM_NOPTRBSS && g->plan->groups_gcmasks && str_has_prefix(sym_name(p, s), STR("type:.gcmask.")))
        put_in_group(g, s, SYM_GCMASK, g->carrier.gcmask);
    else if (kind == SYM_RODATA || kind == SYM_GOFUNC)
        group_rodata(g, s, sym_name(p, s));
}

// Takes whole words of the live bitmap; so no two workers write the same word of another one.
static void group_words(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const Grouping *g = arg;
    for (u64 w = begin; w < end; w++)
        for (u64 bits = g->p->syms.live.w[w]; bits; bits &= bits - 1)
            group_symbol(g, (SymId){(u32)(w * 64) + (u32)__builtin_ctzll(bits)});
}

// Requires: pclntab, the symbols of all other tables.   Provides: Program.group, SymTab.outer, moduledata.
// Freezes: no symbol becomes live after this, except markers.
void group_symbols(Program *p) {
    define_initializer(p);
    define_markers(p);
    Grouping g = {.p = p, .plan = p->rel->layout, .type_kind = SYM_TYPE, .func_kind = SYM_GOFUNC};
    g.internal = !p->external;
    g.carrier = define_carriers(p);
    if (g.plan->relro_twins && format_use_relro(p)) {
        g.type_kind = SYM_TYPE_RELRO;
        g.func_kind = SYM_GOFUNC_RELRO;
    }
    fill_moduledata(p);
    if (format_sizes_markers(p))
        size_markers(p);

    p->group = arena_array(&p->arena, u8, p->syms.n);
    enum { WORDS_PER_TASK = 64 };
    parallel_for(p->pool, (p->syms.n + 63) / 64, WORDS_PER_TASK, group_words, &g);
}
