// dwarf_reloc.c - the bytes of one debugging symbol, with its relocations applied.
//
// Few types occur in debugging symbols, and addresses of everything else are final when this runs:
//   R_DWARFSECREF  offset of an entry, location list or range list in its section
//   R_ADDR         address of a function or variable
//   R_ADDRCUOFF    distance of an address from the first function of its unit
//   R_DWTXTADDR_*  slot of the function's address in .debug_addr (DWARF 5)
// Types are not symbols of the linker: a reference to "go:info.T" goes through Dwarf.info_die.
#include "base/diag.h"
#include "dwarf/dwarf_state.h"

// Reports a relocation that makes no sense; false.
static bool bad_reloc(const Dwarf *d, SymId s, u32 i, const char *what, SymId target) {
    error_at(s.i, STR_FMT ": relocation %u against '" STR_FMT "': %s", STR_ARG(sym_name(d->p, s)), i,
             STR_ARG(sym_name(d->p, target)), what);
    return false;
}

// Offset of the target in its debugging section, in *off.
static bool section_ref(const Dwarf *d, SymId s, u32 i, SymId target, i64 *off) {
    const SymTab *t = &d->p->syms;
    u8 kind = t->kind[target.i];
    *off = (i64)t->addr[target.i];
    if (kind != SYM_NONE && kind != SYM_DWARF_TYPE)
        return true;
    u32 die = target.i < d->nsym ? d->info_die[target.i] : 0;
    *off = die ? (i64)(d->types_off + d->dies.v[die].off) : 0;
    return die || bad_reloc(d, s, i, "type is not in the program", target);
}

static i64 unit_offset(const Dwarf *d, SymId target) {
    const Program *p = d->p;
    i64 unit = sym_unit(p, target);
    if (unit < 0 || !p->units.v[unit].textp.n)
        return 0;
    return (i64)(p->syms.addr[target.i] - p->syms.addr[p->units.v[unit].textp.v[0].i]);
}

static void put_number(u8 *at, u32 siz, u64 v) {
    switch (siz) {
    case 8: put_u64le(at, v); break;
    case 4: put_u32le(at, (u32)v); break;
    case 2: put_u16le(at, (u16)v); break;
    default: *at = (u8)v; break;
    }
}

// The function that a debugging symbol describes; text is nil when there is none.
typedef struct {
    SymId text;
    u32 slot;
} Described;

// What a relocation adds to its addend, in *base. False: an error, which has been reported.
static bool reloc_base(const Dwarf *d, SymId s, Described fn, RelocList rl, u32 i, i64 *base) {
    const SymTab *t = &d->p->syms;
    SymId target = reloc_sym(d->p, rl, i);
    u16 type = reloc_type(rl, i);
    *base = 0;
    switch (type) {
    case R_DWARFSECREF: return section_ref(d, s, i, target, base);
    case R_ADDR:
        *base = (i64)t->addr[target.i];
        if (!bitmap_get(&t->live, target.i))
            return bad_reloc(d, s, i, "unreachable symbol", target);
        return true;
    case R_ADDRCUOFF: *base = unit_offset(d, target); return true;
    case R_DWTXTADDR_U1:
    case R_DWTXTADDR_U2:
    case R_DWTXTADDR_U3:
    case R_DWTXTADDR_U4:
        if (target.i != fn.text.i || fn.slot == SLOT_NONE)
            return bad_reloc(d, s, i, "not the function that is described", target);
        if (fn.slot >> 7 * (type - R_DWTXTADDR_U1 + 1))
            return bad_reloc(d, s, i, "too many addresses in the unit", target);
        *base = fn.slot;
        return true;
    default: return bad_reloc(d, s, i, "type has no meaning in debugging information", target);
    }
}

// The section of a debugging symbol.
static u32 section_of(const Dwarf *d, SymId s) {
    switch (sym_kind(d->p, s)) {
    case SYM_DWARF_LINES: return DW_LINE;
    case SYM_DWARF_LOC: return DW_LOC;
    case SYM_DWARF_RANGE: return DW_RANGES;
    default: return DW_INFO;
    }
}

static void keep_reloc(const Dwarf *d, DwKept *kept, u8 *at, RelocList rl, u32 i, i64 value) {
    Reloc r = reloc_get(d->p, rl, i);
    if (r.type == R_DWARFSECREF)
        dwarf_keep_offset(kept, at, section_of(d, r.sym), r.siz, value);
    else if (r.type == R_ADDR)
        dwarf_keep_address(kept, at, r.sym, r.siz, r.add);
}

// In location and range lists nearly all relocations have the same target; so what the last one came to is kept, and
// compared by the bytes of the record. That saves a quarter of the time which the contents of all sections take.
static u8 *write_symbol(const Dwarf *d, SymId s, Described fn, u8 *out, DwKept *kept) {
    const Program *p = d->p;
    u32 size = p->syms.size[s.i], n;
    const u8 *data = sym_data(p, s, &n);
    n = MIN(n, size);
    if (n)
        memcpy(out, data, n);
    memset(out + n, 0, size - n);
    RelocList rl = sym_relocs(p, s);
    i64 base = 0;
    bool is_index = false;
    u32 last_kind = 0; // size and type; no relocation that is applied has kind 0
    u64 last_target = 0;
    for (u32 i = 0; i < rl.n; i++) {
        const u8 *r = rl.p + (u64)i * GOOBJ_RELOC_SIZE;
        u32 siz = r[4], kind = get_u32le(r + 4) & 0xffffff;
        u64 target = get_u64le(r + 15);
        if (!siz)
            continue;
        i64 off = reloc_off(rl, i);
        if (UNLIKELY(off < 0 || off + siz > size)) {
            bad_reloc(d, s, i, "offset outside the symbol", reloc_sym(p, rl, i));
            continue;
        }
        if (UNLIKELY(kind != last_kind || target != last_target)) {
            last_kind = reloc_base(d, s, fn, rl, i, &base) ? kind : 0;
            last_target = target;
            is_index = reloc_is_address_index(reloc_type(rl, i));
        }
        if (is_index)
            put_uleb_wide(out + off, (u64)base, siz);
        else
            put_number(out + off, siz, (u64)(base + reloc_add(rl, i)));
        if (kept)
            keep_reloc(d, kept, out + off, rl, i, base + reloc_add(rl, i));
    }
    return out + size;
}

u8 *dwarf_write_symbol(const Dwarf *d, SymId s, u8 *out, DwKept *kept) {
    return write_symbol(d, s, (Described){NIL_SYM, SLOT_NONE}, out, kept);
}

u8 *dwarf_write_function_symbol(const Dwarf *d, const DwUnit *u, u32 k, SymId s, u8 *out, DwKept *kept) {
    Described fn = {d->p->units.v[u->unit].textp.v[k], d->funcs[u->func + k].slot};
    return s.i ? write_symbol(d, s, fn, out, kept) : out;
}
