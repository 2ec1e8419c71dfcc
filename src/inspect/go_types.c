// go_types.c - finding type descriptors.
#include "inspect/go_types.h"

#include "inspect/dwarf_view.h"

enum {
    TYPE_SIZE = 48,     // abi.Type
    UNCOMMON_SIZE = 16, // abi.UncommonType
    METHOD_SIZE = 16,   // abi.Method
    TFLAG_OFF = 20,
    KIND_OFF = 23,
    TFLAG_UNCOMMON = 1,
    KIND_MASK = 31,
    DW_AT_GO_RUNTIME_TYPE = 0x2904,
};

// Bytes of a descriptor with everything that follows it directly; 0 for what is none (internal/abi/type.go).
static u64 descriptor_size(const GoTables *g, u64 addr) {
    // The fixed size of each kind, from abi.Kind 1 (bool) to 26 (unsafe pointer).
    static const u8 sizes[] = {0,  48, 48, 48, 48, 48, 48, 48,  48, 48, 48, 48, 48, 48,
                               48, 48, 48, 72, 64, 56, 80, 136, 56, 56, 48, 80, 48};
    enum { ARRAY = 17, FUNC = 19, INTERFACE = 20, STRUCT = 25 };
    const u8 *p = image_bytes_at(g->im, addr, TYPE_SIZE);
    if (!p)
        return 0;
    u32 kind = p[KIND_OFF] & KIND_MASK;
    if (kind == 0 || kind >= COUNT_OF(sizes))
        return 0;
    u64 size = sizes[kind];
    const u8 *whole = image_bytes_at(g->im, addr, size + UNCOMMON_SIZE);
    if (!whole)
        return size;
    u64 methods = 0;
    if (p[TFLAG_OFF] & TFLAG_UNCOMMON) {
        methods = get_u16le(whole + size + 4);
        size += UNCOMMON_SIZE;
    }
    if (kind == FUNC) // in and out counts; the top bit of the latter means variadic
        size += 8ull * (get_u16le(whole + 48) + (get_u16le(whole + 50) & 0x7fffu));
    else if (kind == INTERFACE) // length of the slice of methods, 8 bytes each
        size += 8 * MIN(get_u64le(whole + 64), g->im->file.size);
    else if (kind == STRUCT) // length of the slice of fields, 24 bytes each
        size += 24 * MIN(get_u64le(whole + 64), g->im->file.size);
    return size + methods * METHOD_SIZE;
}

static void push_type(const GoTables *g, Arena *a, GoTypeVec *out, u64 addr) {
    GoType t = {addr, go_type_string(g, addr)};
    if (t.name.n)
        vec_push(a, out, t);
}

void go_typelinks(const GoTables *g, Arena *a, GoTypeVec *out) {
    for (u64 i = 0; i + 4 <= g->typelinks.n; i += 4)
        push_type(g, a, out, g->types + get_u32le(g->typelinks.p + i));
    if (g->typelinks.p || !g->typedesclen)
        return;
    u64 end = g->types + MIN(g->typedesclen, g->im->file.size);
    // The first 8 bytes are left free, so that no type has offset 0.
    for (u64 addr = g->types + 8; addr < end;) {
        addr = align_up(addr, 8);
        push_type(g, a, out, addr);
        u64 size = descriptor_size(g, addr);
        if (size == 0)
            break;
        addr += size;
    }
}

// The types that debug entries refer to.
static void push_debug_types(const Image *im, Arena *a, GoTypeVec *out) {
    const GoTables *g = im->go;
    DebugSect info = dwarf_section(im, a, "info"), abbrev = dwarf_section(im, a, "abbrev");
    AbbrevTable t = {0};
    u64 table_off = UINT64_MAX;
    DwarfUnit u;
    Die *die = arena_new(a, Die);
    for (u64 off = 0; dwarf_next_unit(&info, &off, &u);) {
        if (table_off != u.abbrev_off)
            t = dwarf_abbrevs(&abbrev, a, table_off = u.abbrev_off);
        ByteReader r = {.p = info.p, .n = u.end, .off = u.die_off};
        while (r.off < r.n && dwarf_read_die(&r, &t, &u, die)) {
            const DieAttr *at = dwarf_attr(die, DW_AT_GO_RUNTIME_TYPE);
            if (at && at->num >= g->types && at->num < g->etypes)
                push_type(g, a, out, at->num);
        }
    }
}

static void sort_types(GoType *v, GoType *tmp, u32 n) {
    if (n < 2)
        return;
    u32 half = n / 2;
    sort_types(v, tmp, half);
    sort_types(v + half, tmp, n - half);
    memcpy(tmp, v, sizeof *v * half);
    u32 i = 0, j = half, k = 0;
    while (i < half && j < n)
        v[k++] = v[j].addr < tmp[i].addr ? v[j++] : tmp[i++];
    while (i < half)
        v[k++] = tmp[i++];
}

void go_types_known(const Image *im, Arena *a, GoTypeVec *out) {
    if (!im->go || im->go->problem)
        return;
    go_typelinks(im->go, a, out);
    push_debug_types(im, a, out);
    sort_types(out->v, arena_array_raw(a, GoType, out->n / 2 + 1), out->n);
    u32 n = 0;
    for (u32 i = 0; i < out->n; i++)
        if (n == 0 || out->v[n - 1].addr != out->v[i].addr)
            out->v[n++] = out->v[i];
    out->n = n;
}

const GoType *go_type_below(const GoTypeVec *v, u64 addr) {
    u32 lo = 0, hi = v->n;
    while (lo < hi) {
        u32 mid = lo + (hi - lo) / 2;
        if (v->v[mid].addr <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? &v->v[lo - 1] : NULL;
}
