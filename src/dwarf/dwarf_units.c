// dwarf_units.c - part 1: the units, and which types and abstract functions the program's entries refer to.
//
// WHAT  The order of type entries is the order of first references: unit by unit, function by function,
//       relocation by relocation of the functions' entries; then the variables in the order of their numbers;
//       then the synthesized types. An abstract function (the common part of inlined copies) belongs to the
//       first unit that refers to it.
// HOW   Only the first reference to a symbol has an effect. So the units look through their relocations in
//       parallel, and claim what they find: first_user[symbol] is the smallest unit that refers to it. A unit
//       lists what it claimed, in order. Then one thread goes over the lists and makes the types; entries
//       that a smaller unit claimed later are passed over. The list is a small part of all relocations.
// REF   cmd/link/internal/ld/dwarf.go: dwarfGenerateDebugInfo, dwarfVisitFunction, importInfoSymbol.
#include "base/diag.h"
#include "format/format.h"
#include "dwarf/dwarf_state.h"

// A listed reference: SymId with its meaning in the upper bits.
enum {
    REF_INFO = 0,        // "go:info.T": the type T
    REF_TYPE = 1 << 29,  // descriptor of a type that a function uses without a variable of it
    REF_ABSFN = 1 << 30, // abstract function
    REF_MASK = REF_TYPE | REF_ABSFN,
};

// ---- units ------------------------------------------------------------------------------------------------

// The bytes of the symbol `prefix`pkg, empty when there is none.
static Str package_note(Program *p, const char *prefix, Str pkg) {
    size_t mark = arena_mark(&p->arena);
    SymId s = sym_lookup(p, arena_printf(&p->arena, "%s" STR_FMT, prefix, STR_ARG(pkg)), 0);
    arena_release(&p->arena, mark);
    if (!s.i)
        return (Str){0};
    Str note = {0};
    note.p = (const char *)sym_data(p, s, &note.n);
    return note;
}

static SymId package_consts(Program *p, Str pkg) {
    size_t mark = arena_mark(&p->arena);
    SymId s = sym_lookup(p, arena_printf(&p->arena, "go:constinfo." STR_FMT, STR_ARG(pkg)), 0);
    arena_release(&p->arena, mark);
    return s;
}

static void add_library_units(Dwarf *d, const Library *lib) {
    Program *p = d->p;
    Str flags = package_note(p, "go:cuinfo.producer.", lib->pkg);
    Str producer = flags.n ? arena_printf(&p->arena, "Go cmd/compile " STR_FMT "; " STR_FMT,
                                          STR_ARG(p->go_version), STR_ARG(flags))
                           : arena_printf(&p->arena, "Go cmd/compile " STR_FMT, STR_ARG(p->go_version));
    Str pkgname = package_note(p, "go:cuinfo.packagename.", lib->pkg);
    SymId consts = package_consts(p, lib->pkg);
    for (u32 i = 0; i < lib->units.n; i++) {
        u32 unit = lib->units.v[i];
        DwUnit u = {.unit = unit,
                    .pkg = lib->pkg,
                    .producer = producer,
                    .pkgname = pkgname,
                    .has_text = p->units.v[unit].textp.n > 0};
        if (i == 0)
            u.consts = consts;
        d->unit_of[unit] = d->units.n;
        if (str_eq(lib->pkg, STR("runtime")))
            d->types_unit = d->units.n;
        vec_push(&p->arena, &d->units, u);
    }
}

static void add_units(Dwarf *d) {
    Program *p = d->p;
    d->unit_of = arena_array(&p->arena, u32, p->units.n);
    d->types_unit = UINT32_MAX;
    vec_reserve(&p->arena, &d->units, p->units.n);
    for (u32 i = 0; i < p->libs.n; i++)
        add_library_units(d, &p->libs.v[p->lib_order[i]]);
    if (d->types_unit == UINT32_MAX)
        fatal("dwarf: the program has no package runtime");
    d->units.v[d->types_unit].has_types = true;
    u32 nfunc = 0;
    for (u32 i = 0; i < d->units.n; i++) {
        d->units.v[i].func = nfunc;
        nfunc += p->units.v[d->units.v[i].unit].textp.n;
    }
    d->funcs = arena_array(&p->arena, DwFunc, nfunc);
}

// ---- references of functions ------------------------------------------------------------------------------

// Whether this unit is the first of all so far to refer to s, and does so for the first time.
static bool claim(Dwarf *d, u32 unit, SymId s) {
    u32 *slot = &d->first_user[s.i], mine = ~unit;
    u32 old = __atomic_load_n(slot, __ATOMIC_RELAXED);
    while (old < mine)
        if (__atomic_compare_exchange_n(slot, &old, mine, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return true;
    return false;
}

// Lists the types that an abstract function's entry or the constants' entries refer to.
static void list_info_types(Dwarf *d, u32 unit, SymId s, Arena *a) {
    const Program *p = d->p;
    RelocList rl = sym_relocs(p, s);
    for (u32 i = 0; i < rl.n; i++) {
        if (reloc_type(rl, i) != R_DWARFSECREF)
            continue;
        SymId target = reloc_sym(p, rl, i);
        if (claim(d, unit, target))
            vec_push(a, &d->units.v[unit].refs, target.i | REF_INFO);
    }
}

static void list_function_refs(Dwarf *d, u32 unit, DwFunc *fn, Arena *a) {
    const Program *p = d->p;
    RelocList rl = sym_relocs(p, fn->info);
    SymId loc = NIL_SYM;
    for (u32 i = 0; i < rl.n; i++) {
        u16 type = reloc_type(rl, i);
        if (type != R_DWARFSECREF && type != R_USETYPE)
            continue;
        SymId target = reloc_sym(p, rl, i);
        if (type == R_USETYPE) {
            if (claim(d, unit, target))
                vec_push(a, &d->units.v[unit].refs, target.i | REF_TYPE);
            continue;
        }
        switch (p->syms.kind[target.i]) {
        case SYM_DWARF_ABSFCN:
            if (claim(d, unit, target)) {
                vec_push(a, &d->units.v[unit].refs, target.i | REF_ABSFN);
                list_info_types(d, unit, target, a);
            }
            break;
        case SYM_DWARF_TYPE:
        case SYM_NONE:
            if (claim(d, unit, target))
                vec_push(a, &d->units.v[unit].refs, target.i | REF_INFO);
            break;
        case SYM_DWARF_LOC:
            if (!loc.i)
                loc = target;
            break;
        default: break;
        }
    }
    fn->loc = loc; // one list a function; it is in the output only when its entry refers to it
}

// The symbol is given an offset in a section of its kind, which would be wrong for any other.
static SymId debug_aux(const Program *p, SymId text, AuxList al, u32 i, SymKind kind) {
    SymId s = aux_sym(p, al, i);
    if (!s.i || sym_kind(p, s) == kind)
        return s;
    error_at(text.i, STR_FMT ": debugging symbol of type %s, expected %s", STR_ARG(sym_name(p, text)),
             symkind_name(sym_kind(p, s)), symkind_name(kind));
    return NIL_SYM;
}

static void find_function_symbols(const Program *p, SymId text, DwFunc *fn) {
    AuxList al = sym_auxs(p, text);
    for (u32 i = 0; i < al.n; i++) {
        switch (aux_type(al, i)) {
        case AUX_DWARF_INFO: fn->info = debug_aux(p, text, al, i, SYM_DWARF_FCN); break;
        case AUX_DWARF_RANGES: fn->ranges = debug_aux(p, text, al, i, SYM_DWARF_RANGE); break;
        case AUX_DWARF_LINES: fn->lines = debug_aux(p, text, al, i, SYM_DWARF_LINES); break;
        default: break;
        }
    }
    if (!fn->info.i)
        fn->ranges = NIL_SYM;
}

// Writes funcs and refs of its units, and claims in first_user.
static void gather_units(void *arg, u64 begin, u64 end, u32 worker) {
    Dwarf *d = arg;
    Program *p = d->p;
    Arena *a = worker_arena(p->pool, worker);
    for (u32 i = (u32)begin; i < end; i++) {
        DwUnit *u = &d->units.v[i];
        file_trim();
        if (u->consts.i)
            list_info_types(d, i, u->consts, a);
        const Unit *unit = &p->units.v[u->unit];
        for (u32 k = 0; k < unit->textp.n; k++) {
            DwFunc *fn = &d->funcs[u->func + k];
            find_function_symbols(p, unit->textp.v[k], fn);
            if (fn->info.i)
                list_function_refs(d, i, fn, a);
        }
    }
}

static void make_function_types(Dwarf *d) {
    for (u32 i = 0; i < d->units.n; i++) {
        DwUnit *u = &d->units.v[i];
        file_trim();
        for (u32 k = 0; k < u->refs.n; k++) {
            SymId s = {u->refs.v[k] & ~REF_MASK};
            if (d->first_user[s.i] != ~i)
                continue;
            switch (u->refs.v[k] & REF_MASK) {
            case REF_TYPE: dwarf_type(d, s); break;
            case REF_ABSFN: vec_push(&d->p->arena, &u->absfns, s); break;
            default: dwarf_info_type(d, s); break;
            }
        }
    }
}

// ---- variables --------------------------------------------------------------------------------------------

// A variable with an entry, or a type that a dictionary refers to (entry is nil).
typedef struct {
    SymId gotype;
    SymId entry;
    u32 unit; // index in Dwarf.units
} DataRef;

enum { IDS_PER_PIECE = 1 << 12 };

typedef VEC(DataRef) DataRefs;

typedef struct {
    Dwarf *d;
    DataRefs *pieces; // one per IDS_PER_PIECE symbols
} VarScan;

static bool may_be_variable(u8 kind) {
    switch (kind) {
    case SYM_TYPE:
    case SYM_BSS:
    case SYM_NOPTRBSS:
    case SYM_TLSBSS:
    case SYM_MODULEDATA: return true;
    default: return kind_is_rodata(kind) || kind_is_ptrdata(kind) || kind_is_noptrdata(kind);
    }
}

static void scan_symbol(Dwarf *d, SymId s, DataRefs *out, Arena *a) {
    const Program *p = d->p;
    u8 kind = p->syms.kind[s.i];
    if (!may_be_variable(kind) || bitmap_get(&p->syms.not_in_symtab, s.i))
        return;
    AuxList al = sym_auxs(p, s);
    if (!al.n && kind != SYM_RODATA)
        return;
    i32 version = sym_version(p, s);
    if (version != ABI0 && version != ABI_INTERNAL)
        return;
    SymId gotype = sym_gotype(p, s);
    if (gotype.i) {
        SymId entry = sym_aux(p, s, AUX_DWARF_INFO);
        if (entry.i)
            vec_push(a, out, ((DataRef){gotype, entry, d->unit_of[sym_unit(p, s)]}));
    } else if (kind == SYM_RODATA && sym_flags(p, s) & SYMF_DICT) {
        // The types in a dictionary are those that a generic function was instantiated with.
        RelocList rl = sym_relocs(p, s);
        for (u32 i = 0; i < rl.n; i++)
            if (reloc_type(rl, i) == R_USEIFACE)
                vec_push(a, out, ((DataRef){.gotype = reloc_sym(p, rl, i)}));
    }
}

// Writes its slot of pieces.
static void scan_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    VarScan *scan = arg;
    const Program *p = scan->d->p;
    Arena *a = worker_arena(p->pool, worker);
    for (u64 piece = begin; piece < end; piece++) {
        DataRefs refs = {0};
        u64 last = MIN((piece + 1) * IDS_PER_PIECE, p->syms.ext_start);
        for (u64 i = piece * IDS_PER_PIECE; i < last; i += 64) {
            u64 live = p->syms.live.w[i / 64];
            for (; live; live &= live - 1) {
                u64 s = i + (u64)__builtin_ctzll(live);
                if (s < last)
                    scan_symbol(scan->d, (SymId){(u32)s}, &refs, a);
            }
        }
        scan->pieces[piece] = refs;
        file_trim();
    }
}

// The type that a variable's entry mentions was made from its descriptor; find it once more under the name in
// the entry.
static void resolve_variable_types(Dwarf *d, SymId entry) {
    RelocList rl = sym_relocs(d->p, entry);
    for (u32 i = 0; i < rl.n; i++)
        if (reloc_type(rl, i) == R_DWARFSECREF)
            dwarf_info_type(d, reloc_sym(d->p, rl, i));
}

static void add_variables(Dwarf *d) {
    Program *p = d->p;
    u32 npiece = (p->syms.ext_start + IDS_PER_PIECE - 1) / IDS_PER_PIECE;
    VarScan scan = {d, arena_array(&p->arena, DataRefs, npiece)};
    parallel_for(p->pool, npiece, 1, scan_pieces, &scan);
    for (u32 i = 0; i < npiece; i++) {
        for (u32 k = 0; k < scan.pieces[i].n; k++) {
            DataRef *r = &scan.pieces[i].v[k];
            dwarf_type(d, r->gotype);
            if (r->entry.i) {
                resolve_variable_types(d, r->entry);
                vec_push(&p->arena, &d->units.v[r->unit].vars, r->entry);
            }
        }
    }
}

static const DwarfForms *choose_forms(const Program *p) {
    if (p->format->dwarf4)
        return &dwarf4_darwin_forms;
    return str_eq(p->opt->goexperiment, STR("nodwarf5")) ? &dwarf4_forms : &dwarf5_forms;
}

void dwarf_build_entries(Program *p) {
    if (p->opt->strip_dwarf)
        return;
    Dwarf *d = arena_new(&p->arena, Dwarf);
    p->dwarf = d;
    d->p = p;
    d->forms = choose_forms(p);
    d->ptr_size = p->arch->ptr_size;
    d->nsym = p->syms.n;
    d->first_user = arena_array(&p->arena, u32, p->syms.n);
    add_units(d);
    dwarf_types_init(d);
    parallel_for(p->pool, d->units.n, 1, gather_units, d);
    make_function_types(d);
    add_variables(d);
    dwarf_synthesize_types(d);
}
