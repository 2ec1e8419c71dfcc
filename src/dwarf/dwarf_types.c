// dwarf_types.c - entries of types, made from type descriptors.
//
// WHAT  A type gets an entry when a function, variable or another type refers to it. The order of entries is
//       the order of first visits in a depth-first walk, where a type stands before what it consists of: so
//       which reference comes first decides the output.
// HOW   The walk keeps its own stack, because types of big programs nest deeper than a thread's stack likes.
//       A frame visits the references of one type in order: each is an existing entry, or a new frame. A type
//       is found again by its descriptor, and by its name: two descriptors of one name share the entry of the
//       first.
// REF   cmd/link/internal/ld/dwarf.go: defgotype, newtype, dotypedef.
#include "base/diag.h"
#include "dwarf/dwarf_state.h"
#include "golang/gotype.h"

static const Str TYPE_PREFIX = STR_INIT("type:");
static const Str INFO_PREFIX = STR_INIT("go:info.");

// A type whose references are being visited.
typedef struct {
    GoType type;
    SymId sym;
    u32 die;     // the definition, not the typedef
    u32 next, n; // reference to visit, number of references
} Frame;

typedef VEC(Frame) Frames;

u32 dwarf_new_die(Dwarf *d, u8 abbrev, Str name) {
    u32 die = d->dies.n;
    vec_push(&d->die_arena, &d->dies, ((Die){.name = name.p, .name_n = name.n, .abbrev = abbrev}));
    strmap_put(&d->die_by_name, name, 0, die);
    return die;
}

// n Members for the entry.
static void add_members(Dwarf *d, u32 die, u32 n) {
    d->dies.v[die].child = d->members.n;
    d->dies.v[die].nchild = n;
    vec_reserve(&d->member_arena, &d->members, d->members.n + n);
    memset(d->members.v + d->members.n, 0, n * sizeof(Member));
    d->members.n += n;
}

static void set_member(Dwarf *d, u32 die, u32 i, u8 abbrev, Str name) {
    Member *m = &d->members.v[d->dies.v[die].child + i];
    m->abbrev = abbrev;
    m->name = name.p;
    m->name_n = name.n;
}

static bool is_imported(const Dwarf *d, SymId s) {
    return sym_kind(d->p, s) == SYM_DYNIMPORT;
}

// Whether the linker knows what the type is. A library of Go packages has most types under short names only, which no
// object uses (passes/mangle.c), so entries cannot be made of them.
static bool has_descriptor(const Dwarf *d, SymId s) {
    const DynSym *dyn = is_imported(d, s) ? sym_dyn(d->p, s) : NULL;
    u32 n;
    return !(dyn && dyn->extname.n) && sym_data(d->p, s, &n) && n;
}

static SymId missing_type(const Dwarf *d, SymId s) {
    error_at(s.i, STR_FMT ": missing type", STR_ARG(sym_name(d->p, s)));
    return NIL_SYM;
}

SymId dwarf_descriptor(const Dwarf *d, Str name) {
    SymId s = sym_lookup(d->p, name, 0);
    if (!s.i)
        fatal("dwarf: missing type: " STR_FMT, STR_ARG(name));
    if (!has_descriptor(d, s))
        fatal("dwarf: missing type (no data): " STR_FMT, STR_ARG(name));
    return s;
}

// The name of a type, from its descriptor's symbol.
static Str type_name(const Dwarf *d, SymId s) {
    Str name = sym_name(d->p, s);
    if (!str_has_prefix(name, TYPE_PREFIX)) {
        error("dwarf: type name doesn't start with \"type:\": " STR_FMT, STR_ARG(name));
        return STR("<unspecified>");
    }
    return str_slice(name, TYPE_PREFIX.n, name.n);
}

static u8 abbrev_of_kind(GoKind k) {
    switch (k) {
    case GOKIND_ARRAY: return ABRV_ARRAYTYPE;
    case GOKIND_CHAN: return ABRV_CHANTYPE;
    case GOKIND_FUNC: return ABRV_FUNCTYPE;
    case GOKIND_INTERFACE: return ABRV_IFACETYPE;
    case GOKIND_MAP: return ABRV_MAPTYPE;
    case GOKIND_POINTER: return ABRV_PTRTYPE;
    case GOKIND_SLICE: return ABRV_SLICETYPE;
    case GOKIND_STRING: return ABRV_STRINGTYPE;
    case GOKIND_STRUCT: return ABRV_STRUCTTYPE;
    case GOKIND_UNSAFE_POINTER: return ABRV_BARE_PTRTYPE;
    case GOKIND_INVALID: return ABRV_TYPEDECL;
    default: return ABRV_BASETYPE;
    }
}

static u8 encoding_of_kind(GoKind k) {
    switch (k) {
    case GOKIND_BOOL: return DW_ATE_boolean;
    case GOKIND_INT:
    case GOKIND_INT8:
    case GOKIND_INT16:
    case GOKIND_INT32:
    case GOKIND_INT64: return DW_ATE_signed;
    case GOKIND_FLOAT32:
    case GOKIND_FLOAT64: return DW_ATE_float;
    case GOKIND_COMPLEX64:
    case GOKIND_COMPLEX128: return DW_ATE_complex_float;
    default: return DW_ATE_unsigned;
    }
}

// Whether the type's name deserves a typedef: type literals do not.
static bool has_typedef(GoKind k, Str name) {
    switch (k) {
    case GOKIND_ARRAY:
    case GOKIND_FUNC:
    case GOKIND_INTERFACE:
    case GOKIND_POINTER:
    case GOKIND_SLICE:
    case GOKIND_STRUCT: break;
    default: return false;
    }
    static const Str literals[] = {STR_INIT("map["),  STR_INIT("struct {"), STR_INIT("noalg.struct {"),
                                   STR_INIT("chan "), STR_INIT("["),        STR_INIT("*")};
    for (u32 i = 0; i < COUNT_OF(literals); i++)
        if (str_has_prefix(name, literals[i]))
            return false;
    return true;
}

// Members of a function type: parameters, "..." when variadic, results. Returns the number of references.
static u32 begin_func(Dwarf *d, u32 die, const GoType *t) {
    u32 nin = gotype_func_nin(t), nout = gotype_func_nout(t), dots = gotype_func_variadic(t);
    add_members(d, die, nin + dots + nout);
    for (u32 i = 0; i < nin; i++)
        set_member(d, die, i, ABRV_FUNCTYPEPARAM, (Str){0});
    if (dots)
        set_member(d, die, nin, ABRV_DOTDOTDOT, (Str){0});
    for (u32 i = 0; i < nout; i++)
        set_member(d, die, nin + dots + i, ABRV_FUNCTYPEOUTPARAM, (Str){0});
    return nin + nout;
}

static u32 begin_struct(Dwarf *d, u32 die, GoType *t) {
    u32 n = (u32)gotype_nfield(t);
    add_members(d, die, n);
    for (u32 i = 0; i < n; i++) {
        Str name = gotype_field_name(t, i);
        if (!name.n)
            name = type_name(d, gotype_field_type(t, i));
        set_member(d, die, i, ABRV_STRUCTFIELD, name);
        Member *m = &d->members.v[d->dies.v[die].child + i];
        m->value = (u64)(i64)(i32)gotype_field_offset(t, i);
        m->embedded = gotype_field_embedded(t, i);
    }
    return n;
}

// Makes the entry of a type, and the typedef behind it when it has one. What it refers to is left to the
// frame.
static Frame begin_type(Dwarf *d, SymId sym, Str name) {
    bool known = has_descriptor(d, sym);
    if (!known)
        missing_type(d, sym);
    Frame f = {.type = gotype_open(d->p, sym), .sym = sym};
    GoKind k = gotype_kind(&f.type);
    f.die = dwarf_new_die(d, abbrev_of_kind(k), name);
    u32 result = f.die;
    if (has_typedef(k, name)) {
        result = dwarf_new_die(d, ABRV_TYPEDECL, name);
        d->dies.v[result].type = f.die;
    }
    d->type_die[sym.i] = result;

    Die *die = &d->dies.v[f.die];
    die->kind = (u8)k;
    die->size = gotype_size(&f.type);
    die->encoding = encoding_of_kind(k);
    if (bitmap_get(&d->p->syms.live, sym.i))
        die->rtype = sym;
    switch (k) {
    case GOKIND_INVALID:
        if (known)
            error("dwarf: definition of unknown kind: " STR_FMT, STR_ARG(name));
        die->type = DIE_UNSPECIFIED;
        break;
    case GOKIND_ARRAY:
    case GOKIND_CHAN:
    case GOKIND_INTERFACE:
    case GOKIND_POINTER:
    case GOKIND_SLICE: f.n = 1; break;
    case GOKIND_MAP:
        die->gotype = sym;
        f.n = 2;
        break;
    case GOKIND_FUNC: f.n = begin_func(d, f.die, &f.type); break;
    case GOKIND_STRUCT: f.n = begin_struct(d, f.die, &f.type); break;
    default: break;
    }
    if (k == GOKIND_ARRAY) {
        add_members(d, f.die, 1);
        set_member(d, f.die, 0, ABRV_ARRAYRANGE, (Str){0});
        Member *range = &d->members.v[d->dies.v[f.die].child];
        range->value = gotype_array_len(&f.type);
        range->type = d->uintptr_die;
    }
    return f;
}

// The descriptor that the frame's next reference means. In a library of Go packages elements of arrays and slices are
// known, fields and parameters are not.
static SymId next_reference(Dwarf *d, Frame *f) {
    GoKind kind = gotype_kind(&f->type);
    if (is_imported(d, f->sym) && kind != GOKIND_ARRAY && kind != GOKIND_SLICE && kind != GOKIND_INTERFACE)
        return missing_type(d, f->sym);
    switch (kind) {
    case GOKIND_FUNC: return gotype_func_param(&f->type, f->next);
    case GOKIND_STRUCT: return gotype_field_type(&f->type, f->next);
    case GOKIND_MAP: return f->next == 0 ? gotype_map_key(&f->type) : gotype_map_value(&f->type);
    case GOKIND_INTERFACE: return gotype_iface_nmethod(&f->type) ? d->iface : d->eface;
    default: return gotype_elem(&f->type);
    }
}

// Stores the entry that the frame's next reference means.
static void set_reference(Dwarf *d, const Frame *f, SymId sym, u32 ref) {
    Die *die = &d->dies.v[f->die];
    switch (gotype_kind(&f->type)) {
    case GOKIND_FUNC: {
        u32 nin = gotype_func_nin(&f->type), i = f->next;
        d->members.v[die->child + i + (i >= nin && gotype_func_variadic(&f->type))].type = ref;
        break;
    }
    case GOKIND_STRUCT: d->members.v[die->child + f->next].type = ref; break;
    case GOKIND_MAP: *(f->next == 0 ? &die->key : &die->elem) = ref; break;
    case GOKIND_CHAN:
        die->elem = ref;
        die->gotype = sym;
        break;
    case GOKIND_SLICE: die->elem = ref; break;
    default: die->type = ref; break;
    }
}

// The existing entry of a descriptor, or 0; *name is set when it has to be made.
static u32 find_type(Dwarf *d, SymId sym, Str *name) {
    if (!sym.i)
        return DIE_UNSPECIFIED;
    if (d->type_die[sym.i])
        return d->type_die[sym.i];
    *name = type_name(d, sym);
    u32 die = strmap_get(&d->die_by_name, *name, 0);
    if (die == STRMAP_NONE)
        return 0;
    d->type_die[sym.i] = die;
    return die;
}

u32 dwarf_type(Dwarf *d, SymId gotype) {
    Str name;
    u32 found = find_type(d, gotype, &name);
    if (found)
        return found;
    Arena *a = &d->stack_arena;
    size_t mark = arena_mark(a);
    Frames stack = {0};
    vec_push(a, &stack, begin_type(d, gotype, name));
    while (stack.n) {
        Frame *f = &stack.v[stack.n - 1];
        if (f->next == f->n) {
            stack.n--;
            continue;
        }
        SymId sym = next_reference(d, f);
        u32 ref = find_type(d, sym, &name);
        if (ref) {
            set_reference(d, f, sym, ref);
            f->next++;
        } else {
            vec_push(a, &stack, begin_type(d, sym, name));
        }
    }
    arena_release(a, mark);
    return d->type_die[gotype.i];
}

SymId dwarf_info_descriptor(const Dwarf *d, SymId info, Arena *a) {
    Str name = sym_name(d->p, info);
    if (!str_has_prefix(name, INFO_PREFIX))
        return NIL_SYM;
    size_t mark = arena_mark(a);
    Str type = arena_printf(a, "type:" STR_FMT, (int)(name.n - INFO_PREFIX.n), name.p + INFO_PREFIX.n);
    SymId gotype = sym_lookup(d->p, type, 0);
    arena_release(a, mark);
    return gotype;
}

void dwarf_info_type(Dwarf *d, SymId info, SymId gotype) {
    if (gotype.i)
        d->info_die[info.i] = dwarf_type(d, gotype);
}

static u32 add_builtin(Dwarf *d, u8 abbrev, Str name, SymId descriptor) {
    u32 die = dwarf_new_die(d, abbrev, name);
    d->dies.v[die].rtype = descriptor;
    d->type_die[descriptor.i] = die;
    return die;
}

void dwarf_types_init(Dwarf *d) {
    Program *p = d->p;
    arena_init(&d->die_arena, 0);
    arena_init(&d->member_arena, 0);
    arena_init(&d->stack_arena, 0);
    strmap_init(&d->die_by_name, &p->arena, 4096);
    d->type_die = arena_array_present(&p->arena, u32, p->syms.n);
    d->info_die = arena_array_present(&p->arena, u32, p->syms.n);
    d->eface = dwarf_descriptor(d, STR("type:runtime.eface"));
    d->iface = dwarf_descriptor(d, STR("type:runtime.iface"));

    vec_push(&d->die_arena, &d->dies, (Die){0});
    dwarf_new_die(d, ABRV_NULLTYPE, STR("<unspecified>"));
    add_builtin(d, ABRV_BARE_PTRTYPE, STR("unsafe.Pointer"), dwarf_descriptor(d, STR("type:unsafe.Pointer")));
    d->uintptr_die = add_builtin(d, ABRV_BASETYPE, STR("uintptr"), dwarf_descriptor(d, STR("type:uintptr")));
    if (d->types_unit == UINT32_MAX)
        fatal("dwarf: the program has no package runtime");
    d->units.v[d->types_unit].has_types = true;
    Die *u = &d->dies.v[d->uintptr_die];
    u->encoding = DW_ATE_unsigned;
    u->size = d->ptr_size;
    u->kind = GOKIND_UINTPTR;

    // What debuggers need to look inside an interface.
    static const Str wanted[] = {
        STR_INIT("type:internal/abi.Type"),          STR_INIT("type:internal/abi.ArrayType"),
        STR_INIT("type:internal/abi.ChanType"),      STR_INIT("type:internal/abi.FuncType"),
        STR_INIT("type:internal/abi.MapType"),       STR_INIT("type:internal/abi.PtrType"),
        STR_INIT("type:internal/abi.SliceType"),     STR_INIT("type:internal/abi.StructType"),
        STR_INIT("type:internal/abi.InterfaceType"), STR_INIT("type:internal/abi.ITab"),
        STR_INIT("type:internal/abi.Imethod"),
    };
    for (u32 i = 0; i < COUNT_OF(wanted); i++)
        dwarf_type(d, dwarf_descriptor(d, wanted[i]));
}
