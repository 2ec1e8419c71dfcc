// dwarf_synth.c - the insides of strings, slices, maps and channels.
//
// WHAT  The descriptors of these types do not say what they are made of; debuggers need it. The runtime has
//       Go types that do: a string looks like runtime.stringStructDWARF, a slice like runtime.slice, a map is
//       a pointer to an internal/runtime/maps.Map, a channel to a runtime.hchan. Each is copied and one field
//       set to the element's type:
//
//         []T          fields of runtime.slice,  array *T
//         map[K]V   -> *map<K,V>    dirPtr **table<K,V>, whose groups groupReference<K,V>, whose data *group
//         chan T    -> *hchan<T>    recvq, sendq waitq<T>, whose first, last *sudog<T>, whose elem *T
//
// ORDER Four passes over the types there are when the pass starts, the newest first; what a pass makes comes
//       behind.
// REF   cmd/link/internal/ld/dwarf.go: synthesizestringtypes and its neighbours.
#include "base/diag.h"
#include "dwarf/dwarf_state.h"
#include "golang/gotype.h"

static const Str TYPE_PREFIX = STR_INIT("type:");

// The entry of a runtime type that serves as pattern: the definition, not the typedef.
static u32 prototype(Dwarf *d, Str descriptor) {
    u32 die = dwarf_type(d, dwarf_descriptor(d, descriptor));
    return d->dies.v[die].abbrev == ABRV_TYPEDECL ? d->dies.v[die].type : die;
}

// Gives `die` copies of the fields of `from`.
static void copy_members(Dwarf *d, u32 die, u32 from) {
    u32 n = d->dies.v[from].nchild, start = d->members.n;
    vec_reserve(&d->member_arena, &d->members, start + n);
    memcpy(d->members.v + start, d->members.v + d->dies.v[from].child, n * sizeof(Member));
    d->members.n += n;
    d->dies.v[die].child = start;
    d->dies.v[die].nchild = n;
}

// Sets the type of the field called `field`.
static void set_field_type(Dwarf *d, u32 die, Str field, u32 type) {
    const Die *dd = &d->dies.v[die];
    for (u32 i = dd->nchild; i-- > 0;) {
        Member *m = &d->members.v[dd->child + i];
        if (str_eq((Str){m->name, m->name_n}, field)) {
            m->type = type;
            return;
        }
    }
    fatal("dwarf: " STR_FMT " has no field " STR_FMT, STR_ARG(die_name(d, die)), STR_ARG(field));
}

// The entry of the pointer type to `die`.
static u32 pointer_to(Dwarf *d, u32 die) {
    Program *p = d->p;
    Str elem = die_name(d, die);
    size_t mark = arena_mark(&p->arena);
    Str symbol = arena_printf(&p->arena, "type:*" STR_FMT, STR_ARG(elem));
    Str name = str_slice(symbol, TYPE_PREFIX.n, symbol.n);
    u32 found = strmap_get(&d->die_by_name, name, 0);
    if (found != STRMAP_NONE) {
        arena_release(&p->arena, mark);
        return found;
    }
    u32 ptr = dwarf_new_die(d, ABRV_PTRTYPE, name);
    d->dies.v[ptr].type = die;
    SymId gotype = sym_lookup(p, symbol, 0);
    if (gotype.i) {
        if (bitmap_get(&p->syms.live, gotype.i)) {
            d->dies.v[ptr].kind = GOKIND_POINTER;
            d->dies.v[ptr].rtype = gotype;
        }
        d->type_die[gotype.i] = ptr;
    }
    return ptr;
}

// A structure "base<arg>" made after the pattern `from`. *made: it did not exist, and its fields are to be
// set.
static u32 internal_struct(Dwarf *d, const char *base, Str arg, u32 from, u8 kind, bool *made) {
    Arena *a = &d->p->arena;
    size_t mark = arena_mark(a);
    Str name = arena_printf(a, "%s<" STR_FMT ">", base, STR_ARG(arg));
    u32 die = strmap_get(&d->die_by_name, name, 0);
    *made = die == STRMAP_NONE;
    if (!*made) {
        arena_release(a, mark);
        return die;
    }
    die = dwarf_new_die(d, ABRV_STRUCTTYPE, name);
    copy_members(d, die, from);
    d->dies.v[die].size = d->dies.v[from].size;
    d->dies.v[die].kind = kind;
    return die;
}

static void synthesize_strings(Dwarf *d, u32 n) {
    u32 proto = prototype(d, STR("type:runtime.stringStructDWARF"));
    for (u32 die = n; die-- > 1;)
        if (d->dies.v[die].abbrev == ABRV_STRINGTYPE)
            copy_members(d, die, proto);
}

static void synthesize_slices(Dwarf *d, u32 n) {
    u32 proto = prototype(d, STR("type:runtime.slice"));
    for (u32 die = n; die-- > 1;) {
        if (d->dies.v[die].abbrev != ABRV_SLICETYPE)
            continue;
        copy_members(d, die, proto);
        set_field_type(d, die, STR("array"), pointer_to(d, d->dies.v[die].elem));
    }
}

static void synthesize_map(Dwarf *d, u32 die, u32 map, u32 table, u32 groups) {
    GoType t = gotype_open(d->p, d->dies.v[die].gotype);
    u32 key = dwarf_type(d, gotype_map_key(&t));
    u32 value = dwarf_type(d, gotype_map_value(&t));
    u32 group = dwarf_type(d, gotype_map_group(&t));

    size_t mark = arena_mark(&d->stack_arena);
    Str args = arena_printf(&d->stack_arena, STR_FMT "," STR_FMT, STR_ARG(die_name(d, key)),
                            STR_ARG(die_name(d, value)));
    bool made;
    u32 dgroups = internal_struct(d, "groupReference", args, groups, GOKIND_STRUCT, &made);
    if (made)
        set_field_type(d, dgroups, STR("data"), pointer_to(d, group));
    u32 dtable = internal_struct(d, "table", args, table, GOKIND_STRUCT, &made);
    if (made)
        set_field_type(d, dtable, STR("groups"), dgroups);
    // dirPtr leads to an array of pointers to tables, whose length the type cannot say.
    u32 dmap = internal_struct(d, "map", args, map, GOKIND_STRUCT, &made);
    if (made)
        set_field_type(d, dmap, STR("dirPtr"), pointer_to(d, pointer_to(d, dtable)));
    arena_release(&d->stack_arena, mark);
    u32 ptr = pointer_to(d, dmap);
    d->dies.v[die].type = ptr;
}

static void synthesize_maps(Dwarf *d, u32 n) {
    u32 map = prototype(d, STR("type:internal/runtime/maps.Map"));
    u32 table = prototype(d, STR("type:internal/runtime/maps.table"));
    u32 groups = prototype(d, STR("type:internal/runtime/maps.groupsReference"));
    for (u32 die = n; die-- > 1;)
        if (d->dies.v[die].abbrev == ABRV_MAPTYPE)
            synthesize_map(d, die, map, table, groups);
}

static void synthesize_chan(Dwarf *d, u32 die, u32 sudog, u32 waitq, u32 hchan) {
    SymId gotype = d->dies.v[die].gotype;
    Str name = sym_name(d->p, gotype);
    name = str_slice(name, MIN(TYPE_PREFIX.n, name.n), name.n);
    u32 elem = dwarf_type(d, gotype);
    bool made;
    u32 dsudog = internal_struct(d, "sudog", name, sudog, 0, &made);
    if (made)
        set_field_type(d, dsudog, STR("elem"), pointer_to(d, elem));
    u32 dwaitq = internal_struct(d, "waitq", name, waitq, 0, &made);
    if (made) {
        set_field_type(d, dwaitq, STR("first"), pointer_to(d, dsudog));
        set_field_type(d, dwaitq, STR("last"), pointer_to(d, dsudog));
    }
    u32 dhchan = internal_struct(d, "hchan", name, hchan, 0, &made);
    if (made) {
        set_field_type(d, dhchan, STR("recvq"), dwaitq);
        set_field_type(d, dhchan, STR("sendq"), dwaitq);
    }
    u32 ptr = pointer_to(d, dhchan);
    d->dies.v[die].type = ptr;
}

static void synthesize_chans(Dwarf *d, u32 n) {
    u32 sudog = prototype(d, STR("type:runtime.sudog"));
    u32 waitq = prototype(d, STR("type:runtime.waitq"));
    u32 hchan = prototype(d, STR("type:runtime.hchan"));
    for (u32 die = n; die-- > 1;)
        if (d->dies.v[die].abbrev == ABRV_CHANTYPE)
            synthesize_chan(d, die, sudog, waitq, hchan);
}

void dwarf_synthesize_types(Dwarf *d) {
    synthesize_strings(d, d->dies.n);
    synthesize_slices(d, d->dies.n);
    synthesize_maps(d, d->dies.n);
    synthesize_chans(d, d->dies.n);
}
