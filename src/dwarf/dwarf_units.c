// dwarf_units.c - the units, and which types and abstract functions the program's entries refer to.
//
// WHAT  The order of type entries is the order of first references: unit by unit, function by function,
//       relocation by relocation of the functions' entries; then the variables in the order of their numbers;
//       then the synthesized types. An abstract function (the common part of inlined copies) belongs to the
//       first unit that refers to it.
// HOW   Only the first reference to a symbol has an effect. So survey_functions looks through the relocations
//       in parallel, and claims what it finds: first_user[symbol] is the smallest batch that refers to it.
//       Batches are runs of functions of one unit in the order of units, then variables: one batch for the
//       package symbols of each object, then one for its others. A batch lists what it claimed, in order,
//       with what takes look-ups by name. Then one thread goes over the lists and makes the types; entries
//       that a smaller batch claimed later are passed over. The lists are a small part of all relocations.
// REF   cmd/link/internal/ld/dwarf.go: dwarfGenerateDebugInfo, dwarfVisitFunction, importInfoSymbol.
#include "base/diag.h"
#include "base/file.h"
#include "dwarf/dwarf_state.h"
#include "format/format.h"
#include "golang/debug_refs.h"
#include "golang/experiment.h"

enum { TRIM_BATCHES = 16 }; // between two looks at the resident size of the inputs

// ---- units ------------------------------------------------------------------------------------------------

static SymId package_symbol(const Program *p, const char *prefix, Str pkg, Arena *a) {
    size_t mark = arena_mark(a);
    SymId s = sym_lookup(p, arena_printf(a, "%s" STR_FMT, prefix, STR_ARG(pkg)), 0);
    arena_release(a, mark);
    return s;
}

// The bytes of the symbol, empty when there is none.
static Str package_note(const Program *p, SymId s) {
    Str note = {0};
    if (s.i)
        note.p = (const char *)sym_data(p, s, &note.n);
    return note;
}

// What symbols of the package's name say, for all of its units. The constants are part of the first.
static void read_package_notes(Dwarf *d, const Library *lib, Arena *a) {
    const Program *p = d->p;
    Str flags = package_note(p, package_symbol(p, "go:cuinfo.producer.", lib->pkg, a));
    Str name = package_note(p, package_symbol(p, "go:cuinfo.packagename.", lib->pkg, a));
    Str producer = flags.n ? arena_printf(a, "Go cmd/compile " STR_FMT "; " STR_FMT, STR_ARG(p->go_version),
                                          STR_ARG(flags))
                           : arena_printf(a, "Go cmd/compile " STR_FMT, STR_ARG(p->go_version));
    for (u32 i = 0; i < lib->units.n; i++) {
        DwUnit *u = &d->units.v[d->unit_of[lib->units.v[i]]];
        u->producer = producer;
        u->pkgname = name;
        if (i == 0)
            u->consts = package_symbol(p, "go:constinfo.", lib->pkg, a);
    }
}

static void add_library_units(Dwarf *d, const Library *lib) {
    Program *p = d->p;
    for (u32 i = 0; i < lib->units.n; i++) {
        u32 unit = lib->units.v[i];
        DwUnit u = {.unit = unit,
                    .pkg = lib->pkg,
                    .func = p->units.v[unit].func,
                    .has_text = p->units.v[unit].textp.n > 0};
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
    d->funcs = arena_array_present(&p->arena, DwFunc, p->nfunc);
}

// ---- references of functions ------------------------------------------------------------------------------

// Whether this batch is the first of all so far to refer to s, and does so for the first time.
static bool claim(Dwarf *d, u32 batch, SymId s) {
    u32 *slot = &d->first_user[s.i], mine = ~batch;
    u32 old = __atomic_load_n(slot, __ATOMIC_RELAXED);
    while (old < mine)
        if (__atomic_compare_exchange_n(slot, &old, mine, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return true;
    return false;
}

static void list_ref(Dwarf *d, u32 batch, DwRefKind kind, SymId s, Arena *a) {
    if (!claim(d, batch, s))
        return;
    DwRef ref = {.kind = kind, .sym = s};
    if (kind == REF_INFO)
        ref.type = dwarf_info_descriptor(d, s, a);
    vec_push(a, &d->batches[batch], ref);
}

// Lists the types that the entry of an abstract function, of a variable or of constants refers to.
static void list_info_types(Dwarf *d, u32 batch, SymId s, Arena *a) {
    const DebugRefs *refs = debug_refs(d->p, s, a);
    for (u32 i = 0; i < refs->n; i++)
        if (!(refs->ref[i] & DEBUG_REF_TYPE))
            list_ref(d, batch, REF_INFO, (SymId){refs->ref[i]}, a);
}

static void list_abstract_function(Dwarf *d, u32 batch, u32 unit, SymId s, Arena *a) {
    if (!claim(d, batch, s))
        return;
    vec_push(a, &d->batches[batch], ((DwRef){.kind = REF_ABSFN, .sym = s, .unit = unit}));
    list_info_types(d, batch, s, a);
}

static void list_function_refs(Dwarf *d, u32 batch, u32 unit, DwFunc *fn, Arena *a) {
    const Program *p = d->p;
    const DebugRefs *refs = debug_refs(p, fn->info, a);
    SymId loc = NIL_SYM;
    if (refs->has_address && d->forms->addr_table)
        fn->slot = 0;
    for (u32 i = 0; i < refs->n; i++) {
        SymId target = {refs->ref[i] & ~DEBUG_REF_TYPE};
        if (refs->ref[i] & DEBUG_REF_TYPE) {
            list_ref(d, batch, REF_TYPE, target, a);
            continue;
        }
        switch (p->syms.kind[target.i]) {
        case SYM_DWARF_ABSFCN: list_abstract_function(d, batch, unit, target, a); break;
        case SYM_DWARF_TYPE:
        case SYM_NONE: list_ref(d, batch, REF_INFO, target, a); break;
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

void dwarf_survey_function(Program *p, u32 batch, u32 unit, u32 k, u32 worker) {
    Dwarf *d = p->dwarf;
    if (!d)
        return;
    SymId s = p->units.v[unit].textp.v[k];
    DwFunc *fn = &d->funcs[p->units.v[unit].func + k];
    fn->slot = SLOT_NONE;
    find_function_symbols(p, s, fn);
    fn->frame_size = dwarf_frame_size(d, s, &fn->code_size);
    if (fn->info.i)
        list_function_refs(d, batch, d->unit_of[unit], fn, worker_arena(p->pool, worker));
}

// ---- variables --------------------------------------------------------------------------------------------

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

static void scan_symbol(Dwarf *d, u32 batch, SymId s, Arena *a) {
    const Program *p = d->p;
    u8 kind = p->syms.kind[s.i];
    bool dict = kind == SYM_RODATA && sym_flags(p, s) & SYMF_DICT;
    if (!may_be_variable(kind) || bitmap_get(&p->syms.not_in_symtab, s.i))
        return;
    if (!sym_auxs(p, s).n && !dict)
        return;
    if (sym_is_static(p, s) || (sym_is_made(p, s) && sym_version(p, s) < 0))
        return;
    SymId gotype = sym_gotype(p, s);
    if (gotype.i) {
        SymId entry = sym_aux(p, s, AUX_DWARF_INFO);
        if (!entry.i)
            return;
        list_ref(d, batch, REF_TYPE, gotype, a);
        // The type that the entry mentions is this one; but it is found under its name.
        list_info_types(d, batch, entry, a);
        DwRef var = {.kind = REF_VARIABLE, .sym = entry, .unit = d->unit_of[sym_unit(p, s)]};
        vec_push(a, &d->batches[batch], var);
    } else if (dict) {
        // The types in a dictionary are those that a generic function was instantiated with.
        RelocList rl = sym_relocs(p, s);
        for (u32 i = 0; i < rl.n; i++)
            if (reloc_type(rl, i) == R_USEIFACE)
                list_ref(d, batch, REF_TYPE, reloc_sym(p, rl, i), a);
    }
}

static void scan_symbols(Dwarf *d, u32 batch, u32 from, u32 to, Arena *a) {
    const Bitmap *live = &d->p->syms.live;
    for (u32 i = bitmap_next(live, from, to); i < to; i = bitmap_next(live, i + 1, to))
        scan_symbol(d, batch, (SymId){i}, a);
}

// The numbers of hashed and named symbols go object by object, too. A symbol of which another object's
// definition was chosen may begin that one's range too early, which does no harm.
static void find_named_ranges(Dwarf *d) {
    const Program *p = d->p;
    u32 nobj = p->objs.n, cur = 0, first = 1;
    d->named_start = arena_array(&d->p->arena, u32, nobj + 1);
    for (u32 i = 1; i < nobj; i++)
        first = MAX(first, p->objs.v[i].first + p->objs.v[i].ndef);
    for (u32 s = first; s < p->syms.ext_start; s++)
        while (cur < p->syms.obj[s])
            d->named_start[++cur] = s;
    while (cur < nobj)
        d->named_start[++cur] = p->syms.ext_start;
    d->named_start[1] = first;
}

void dwarf_survey_unit(Program *p, u32 batch, u32 unit, u32 worker) {
    Dwarf *d = p->dwarf;
    if (!d)
        return;
    DwUnit *u = &d->units.v[d->unit_of[unit]];
    Arena *a = worker_arena(p->pool, worker);
    const Library *lib = &p->libs.v[p->units.v[unit].lib];
    if (lib->units.v[0] == unit)
        read_package_notes(d, lib, a);
    if (u->consts.i)
        list_info_types(d, batch, u->consts, a);
    if (u->has_text)
        dwarf_build_line_header(d, u, a);
    u32 obj = p->units.v[unit].obj;
    if (!obj)
        return;
    const Object *o = &p->objs.v[obj];
    scan_symbols(d, d->nbatch + obj, o->first, o->first + o->ndef, a);
    scan_symbols(d, d->nbatch + p->objs.n + obj, d->named_start[obj], d->named_start[obj + 1], a);
}

bool dwarf_flags_differ(const Program *p) {
    const Dwarf *d = p->dwarf;
    for (u32 i = 1; d && i < d->units.n; i++)
        if (!str_eq(d->units.v[i].producer, d->units.v[0].producer))
            return true;
    return false;
}

// ---- part 1 -----------------------------------------------------------------------------------------------

// The compiler has written functions and variables in one version of DWARF, and the rest has to match.
static const DwarfForms *choose_forms(const Program *p) {
    if (experiment_is_on(p->header, STR("dwarf5")))
        return p->format->dwarf_data4 ? &dwarf5_darwin_forms : &dwarf5_forms;
    return p->format->dwarf_data4 ? &dwarf4_darwin_forms : &dwarf4_forms;
}

void dwarf_survey_begin(Program *p, u32 nbatch) {
    if (p->opt->strip_dwarf)
        return;
    Dwarf *d = arena_new(&p->arena, Dwarf);
    p->dwarf = d;
    d->p = p;
    d->forms = choose_forms(p);
    d->ptr_size = p->arch->ptr_size;
    d->nsym = p->syms.n;
    d->first_user = arena_array_present(&p->arena, u32, d->nsym);
    d->nbatch = nbatch;
    d->nvarbatch = 2 * p->objs.n;
    d->batches = arena_array(&p->arena, DwRefs, nbatch + d->nvarbatch);
    find_named_ranges(d);
    add_units(d);
}

void dwarf_build_entries(Program *p) {
    Dwarf *d = p->dwarf;
    if (!d)
        return;
    dwarf_types_init(d);
    for (u32 i = 0; i < d->nbatch + d->nvarbatch; i++) {
        if (i % TRIM_BATCHES == 0)
            file_trim_together(p->pool);
        for (u32 k = 0; k < d->batches[i].n; k++) {
            DwRef r = d->batches[i].v[k];
            if (r.kind != REF_VARIABLE && d->first_user[r.sym.i] != ~i)
                continue;
            switch (r.kind) {
            case REF_INFO: dwarf_info_type(d, r.sym, r.type); break;
            case REF_TYPE: dwarf_type(d, r.sym); break;
            case REF_ABSFN: vec_push(&p->arena, &d->units.v[r.unit].absfns, r.sym); break;
            case REF_VARIABLE: vec_push(&p->arena, &d->units.v[r.unit].vars, r.sym); break;
            }
        }
    }
    dwarf_synthesize_types(d);
}
