// gotype.c - reading type descriptors; the layout is drawn in the header.
#include "golang/gotype.h"

#include "golang/shlib.h"

enum {
    TYPE_OFF_SIZE = 0,
    TYPE_OFF_PTRDATA = 8,
    TYPE_OFF_FLAGS = 20,
    TYPE_OFF_KIND = 23,
    TYPE_OFF_GCDATA = 32,
    TYPE_OFF_STR = 40,
    TYPE_COMMON_SIZE = 48,
    PTR_SIZE = 8,

    FUNC_PARAMS_OFF = TYPE_COMMON_SIZE + 8, // counts, padded to a pointer
    COUNT_OFF = TYPE_COMMON_SIZE + 16,      // array length, struct fields, interface methods
    FIELDS_OFF = TYPE_COMMON_SIZE + 32,
    FIELD_SIZE = 24,    // name, type, offset
    UNCOMMON_SIZE = 16, // package path, method counts, offset of the methods, unused
    METHOD_SIZE = 16,   // name, type, two code offsets
    IMETHOD_SIZE = 8,   // name, type
    ITAB_OFF_TYPE = 8,

    TFLAG_UNCOMMON = 1 << 0,
    TFLAG_EXTRA_STAR = 1 << 1, // the name has a '*' in front that is not part of it
    TFLAG_GCMASK_ON_DEMAND = 1 << 4,

    NAME_EMBEDDED = 1 << 3, // in the first byte of an abi.Name
};

// The n bytes (at most 8) at off as a number; bytes that the symbol does not have are zeros.
static u64 get_uint(const GoType *t, u64 off, u32 n) {
    u64 v = 0;
    if (off >= t->n)
        return 0;
    memcpy(&v, t->data + off, MIN(n, t->n - off));
    return v;
}

GoType gotype_open(const Program *p, SymId s) {
    GoType t = {.p = p, .sym = s};
    if (s.i) {
        t.data = sym_data(p, s, &t.n);
        if (!t.data)
            t.n = 0;
        t.relocs = sym_relocs(p, s);
    }
    return t;
}

SymId gotype_target(GoType *t, u32 off) {
    if (t->sym.i && sym_kind(t->p, t->sym) == SYM_DYNIMPORT)
        return shlib_pointer(t->p, t->sym, off);
    u32 n = t->relocs.n;
    for (u32 i = t->hint; i < n; i++) {
        if ((u32)reloc_off(t->relocs, i) == off) {
            t->hint = i;
            return reloc_sym(t->p, t->relocs, i);
        }
    }
    for (u32 i = 0; i < t->hint; i++) {
        if ((u32)reloc_off(t->relocs, i) == off) {
            t->hint = i;
            return reloc_sym(t->p, t->relocs, i);
        }
    }
    return NIL_SYM;
}

Str goname_str(const Program *p, SymId name) {
    u32 n = 0;
    const u8 *d = name.i ? sym_data(p, name, &n) : NULL;
    if (!d)
        return (Str){0};
    ByteReader r = {.p = d, .n = n, .off = 1};
    u64 size = read_uleb(&r);
    const u8 *text = read_bytes(&r, size);
    return text && !r.bad ? (Str){(const char *)text, (u32)size} : (Str){0};
}

GoKind gotype_kind(const GoType *t) {
    u64 k = get_uint(t, TYPE_OFF_KIND, 1);
    return k <= GOKIND_UNSAFE_POINTER ? (GoKind)k : GOKIND_INVALID;
}

u64 gotype_size(const GoType *t) {
    return get_uint(t, TYPE_OFF_SIZE, 8);
}

u64 gotype_ptrdata(const GoType *t) {
    return get_uint(t, TYPE_OFF_PTRDATA, 8);
}

bool gotype_has_uncommon(const GoType *t) {
    return get_uint(t, TYPE_OFF_FLAGS, 1) & TFLAG_UNCOMMON;
}

bool gotype_gcmask_on_demand(const GoType *t) {
    return get_uint(t, TYPE_OFF_FLAGS, 1) & TFLAG_GCMASK_ON_DEMAND;
}

Str gotype_str(GoType *t) {
    Str s = goname_str(t->p, gotype_target(t, TYPE_OFF_STR));
    bool star = get_uint(t, TYPE_OFF_FLAGS, 1) & TFLAG_EXTRA_STAR;
    return star && s.n ? str_slice(s, 1, s.n) : s;
}

const u8 *gotype_gcmask(GoType *t, u32 *n) {
    if (sym_kind(t->p, t->sym) == SYM_DYNIMPORT) {
        *n = (u32)((gotype_ptrdata(t) / PTR_SIZE + 7) / 8);
        return shlib_bytes(t->p, t->sym, get_uint(t, TYPE_OFF_GCDATA, 8), *n);
    }
    SymId mask = gotype_target(t, TYPE_OFF_GCDATA);
    *n = 0;
    return mask.i ? sym_data(t->p, mask, n) : NULL;
}

SymId gotype_elem(GoType *t) {
    return gotype_target(t, TYPE_COMMON_SIZE);
}

u64 gotype_array_len(const GoType *t) {
    return get_uint(t, COUNT_OFF, 8);
}

SymId gotype_map_key(GoType *t) {
    return gotype_target(t, TYPE_COMMON_SIZE);
}

SymId gotype_map_value(GoType *t) {
    return gotype_target(t, TYPE_COMMON_SIZE + PTR_SIZE);
}

SymId gotype_map_group(GoType *t) {
    return gotype_target(t, TYPE_COMMON_SIZE + 2 * PTR_SIZE);
}

u32 gotype_func_nin(const GoType *t) {
    return (u32)get_uint(t, TYPE_COMMON_SIZE, 2);
}

u32 gotype_func_nout(const GoType *t) {
    return get_uint(t, TYPE_COMMON_SIZE + 2, 2) & 0x7fff;
}

bool gotype_func_variadic(const GoType *t) {
    return get_uint(t, TYPE_COMMON_SIZE + 2, 2) & 0x8000;
}

SymId gotype_func_param(GoType *t, u32 i) {
    u32 off = FUNC_PARAMS_OFF + (gotype_has_uncommon(t) ? UNCOMMON_SIZE : 0);
    return gotype_target(t, off + i * PTR_SIZE);
}

u64 gotype_nfield(const GoType *t) {
    return MIN(get_uint(t, COUNT_OFF, 8), t->n / FIELD_SIZE);
}

static u32 field_off(const GoType *t, u64 i) {
    return (u32)(FIELDS_OFF + (gotype_has_uncommon(t) ? UNCOMMON_SIZE : 0) + i * FIELD_SIZE);
}

Str gotype_field_name(GoType *t, u64 i) {
    return goname_str(t->p, gotype_target(t, field_off(t, i)));
}

bool gotype_field_embedded(GoType *t, u64 i) {
    SymId name = gotype_target(t, field_off(t, i));
    u32 n = 0;
    const u8 *d = name.i ? sym_data(t->p, name, &n) : NULL;
    return d && n && d[0] & NAME_EMBEDDED;
}

SymId gotype_field_type(GoType *t, u64 i) {
    return gotype_target(t, field_off(t, i) + PTR_SIZE);
}

u64 gotype_field_offset(const GoType *t, u64 i) {
    return get_uint(t, field_off(t, i) + 2 * PTR_SIZE, 8);
}

u64 gotype_iface_nmethod(const GoType *t) {
    return MIN(get_uint(t, COUNT_OFF, 8), t->n / IMETHOD_SIZE);
}

// Bytes of the head and the fields of the kind: where the UncommonType starts (abi.RTypeSize).
static u32 kind_size(const GoType *t) {
    u32 words = 0;
    switch (gotype_kind(t)) {
    case GOKIND_STRUCT: words = 4; break;
    case GOKIND_ARRAY: words = 3; break;
    case GOKIND_CHAN: words = 2; break;
    case GOKIND_FUNC:
    case GOKIND_POINTER:
    case GOKIND_SLICE: words = 1; break;
    case GOKIND_MAP: words = t->p->rel->map_type_words; break;
    case GOKIND_INTERFACE: words = t->p->rel->iface_type_words; break;
    default: break;
    }
    return TYPE_COMMON_SIZE + words * PTR_SIZE;
}

u32 gotype_methods(const GoType *t, u32 *off) {
    *off = 0;
    if (!gotype_has_uncommon(t))
        return 0;
    u32 uncommon = kind_size(t);
    u64 at = uncommon + get_uint(t, uncommon + 8u, 4);
    u64 count = get_uint(t, uncommon + 4u, 2);
    if (at >= t->n)
        return 0;
    *off = (u32)at;
    return (u32)MIN(count, (t->n - at + METHOD_SIZE - 1) / METHOD_SIZE);
}

GoMethod gotype_method_at(GoType *t, u32 off) {
    GoMethod m;
    m.name = goname_str(t->p, gotype_target(t, off));
    m.type = gotype_target(t, off + 4);
    return m;
}

SymId goitab_type(const Program *p, SymId itab) {
    GoType t = gotype_open(p, itab);
    return gotype_target(&t, ITAB_OFF_TYPE);
}
