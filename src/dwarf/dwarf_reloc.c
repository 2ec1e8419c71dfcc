// dwarf_reloc.c - the bytes of one debugging symbol, with its relocations applied.
//
// Few types occur in debugging symbols, and addresses of everything else are final when this runs:
//   R_DWARFSECREF  offset of an entry, location list or range list in its section
//   R_ADDR         address of a function or variable
//   R_ADDRCUOFF    distance of an address from the first function of its unit
// Types are not symbols of the linker: a reference to "go:info.T" goes through Dwarf.info_die.
#include "base/diag.h"
#include "dwarf/dwarf_state.h"

static void bad_reloc(const Dwarf *d, SymId s, u32 i, const char *what, SymId target) {
    error_at(s.i, STR_FMT ": relocation %u against '" STR_FMT "': %s", STR_ARG(sym_name(d->p, s)), i,
             STR_ARG(sym_name(d->p, target)), what);
}

// Offset of the target in its debugging section.
static i64 section_ref(const Dwarf *d, SymId s, u32 i, SymId target) {
    const SymTab *t = &d->p->syms;
    u8 kind = t->kind[target.i];
    if (kind != SYM_NONE && kind != SYM_DWARF_TYPE)
        return (i64)t->addr[target.i];
    u32 die = target.i < d->nsym ? d->info_die[target.i] : 0;
    if (die)
        return (i64)(d->types_off + d->dies.v[die].off);
    bad_reloc(d, s, i, "type is not in the program", target);
    return 0;
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

u8 *dwarf_write_symbol(const Dwarf *d, SymId s, u8 *out) {
    const Program *p = d->p;
    u32 size = p->syms.size[s.i], n;
    const u8 *data = sym_data(p, s, &n);
    n = MIN(n, size);
    if (n)
        memcpy(out, data, n);
    memset(out + n, 0, size - n);
    RelocList rl = sym_relocs(p, s);
    for (u32 i = 0; i < rl.n; i++) {
        u32 siz = reloc_siz(rl, i);
        if (!siz)
            continue;
        SymId target = reloc_sym(p, rl, i);
        i64 off = reloc_off(rl, i), v = reloc_add(rl, i);
        if (off < 0 || off + siz > size) {
            bad_reloc(d, s, i, "offset outside the symbol", target);
            continue;
        }
        switch (reloc_type(rl, i)) {
        case R_DWARFSECREF: v += section_ref(d, s, i, target); break;
        case R_ADDR:
            if (!bitmap_get(&p->syms.live, target.i))
                bad_reloc(d, s, i, "unreachable symbol", target);
            v += (i64)p->syms.addr[target.i];
            break;
        case R_ADDRCUOFF: v += unit_offset(d, target); break;
        default: bad_reloc(d, s, i, "type has no meaning in debugging information", target); break;
        }
        put_number(out + off, siz, (u64)v);
    }
    return out + size;
}
