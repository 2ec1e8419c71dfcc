// dwarf_addr.c - the table of addresses of DWARF 5, the headers of lists, and the address ranges of units.
//
// WHAT  DWARF 5 keeps addresses apart from what refers to them: .debug_addr is a table, and an entry, a range list
//       or a location list has the number of a slot in its unit's part of the table. So whoever moves code has one
//       section to adjust. The three sections of that kind begin with a header, of which Go writes one for the
//       whole section:
//
//         length, version 5, size of an address, size of a segment selector
//         number of offsets in front of the lists: 0; not in .debug_addr
//
// SLOTS Numbers are given to functions in the order of their first mention, function by function. Compilers mention
//       in what describes a function no function but that one (dwarf_reloc.c checks it), so a slot is a count of
//       functions. The base of the unit's own ranges is its first function, which has a slot of its own only
//       when nothing describes it.
// RANGE The list of a unit's ranges in DWARF 4 is pairs of addresses, relative to the unit's DW_AT_low_pc, and a
//       pair of zeros; in DWARF 5 DW_RLE_base_addressx with a slot, DW_RLE_offset_pair for each, an end marker.
// REF   DWARF 5, sections 7.25 to 7.29; cmd/link/internal/ld/dwarf.go: writedebugaddr, writepcranges,
//       writeDebugMiscSecHdr; cmd/internal/dwarf/dwarf.go: PutRngListRanges.
#include "dwarf/dwarf_state.h"

enum {
    DW_RLE_end_of_list = 0x00,
    DW_RLE_base_addressx = 0x01,
    DW_RLE_offset_pair = 0x04,
};

enum { LIST_VERSION = 5, SLOT_BYTES = 4 }; // the linker writes slots as ULEB128 of four bytes

// ---- headers ----------------------------------------------------------------------------------------------

u32 dwarf_list_header_size(const Dwarf *d, u32 sect) {
    if (!d->forms->addr_table)
        return 0;
    return 4 + 2 + 1 + 1 + (sect == DW_ADDR ? 0 : 4);
}

void dwarf_write_list_header(const Dwarf *d, u32 sect, u8 *out) {
    put_u32le(out, (u32)(d->sects[sect].size - 4));
    put_u16le(out + 4, LIST_VERSION);
    out[6] = (u8)d->ptr_size;
    memset(out + 7, 0, dwarf_list_header_size(d, sect) - 7);
}

// ---- addresses --------------------------------------------------------------------------------------------

void dwarf_number_addresses(const Dwarf *d, DwUnit *u) {
    if (!d->forms->addr_table || !u->has_text)
        return;
    u32 n = 0;
    DwFunc *fn = &d->funcs[u->func];
    for (u32 k = 0; k < d->p->units.v[u->unit].textp.n; k++)
        if (fn[k].slot != SLOT_NONE)
            fn[k].slot = n++;
    u->base_slot = fn[0].slot != SLOT_NONE ? fn[0].slot : n++;
    u->addr_size = (u64)n * d->ptr_size;
}

static u8 *put_address(const Dwarf *d, SymId text, u8 *out, DwKept *kept) {
    u64 addr = sym_addr(d->p, text);
    memcpy(out, &addr, d->ptr_size);
    dwarf_keep_address(kept, out, text, d->ptr_size, 0);
    return out + d->ptr_size;
}

u8 *dwarf_write_addresses(const Dwarf *d, const DwUnit *u, const DwPiece *piece, bool last, u8 *out, DwKept *kept) {
    const SymVec *textp = &d->p->units.v[u->unit].textp;
    const DwFunc *fn = &d->funcs[u->func];
    for (u32 k = piece->from; k < piece->to; k++)
        if (fn[k].slot != SLOT_NONE)
            out = put_address(d, textp->v[k], out, kept);
    return last && fn[0].slot == SLOT_NONE ? put_address(d, textp->v[0], out, kept) : out;
}

// ---- ranges -----------------------------------------------------------------------------------------------

u64 dwarf_unit_ranges_size(const Dwarf *d, const DwUnit *u) {
    if (!d->forms->addr_table)
        return 2ull * d->ptr_size * (u->pcs.n + 1);
    u64 size = 1 + SLOT_BYTES + 1;
    for (u32 i = 0; i < u->pcs.n; i++)
        size += 1 + uleb_size((u64)u->pcs.v[i].start) + uleb_size((u64)u->pcs.v[i].end);
    return size;
}

static u8 *put_pairs(const Dwarf *d, const DwUnit *u, u8 *out) {
    for (u32 i = 0; i <= u->pcs.n; i++) {
        PcRange r = i < u->pcs.n ? u->pcs.v[i] : (PcRange){0};
        memcpy(out, &r.start, d->ptr_size);
        memcpy(out + d->ptr_size, &r.end, d->ptr_size);
        out += 2 * d->ptr_size;
    }
    return out;
}

u8 *dwarf_write_unit_ranges(const Dwarf *d, const DwUnit *u, u8 *out) {
    if (!d->forms->addr_table)
        return put_pairs(d, u, out);
    *out++ = DW_RLE_base_addressx;
    out = put_uleb_wide(out, u->base_slot, SLOT_BYTES);
    for (u32 i = 0; i < u->pcs.n; i++) {
        *out++ = DW_RLE_offset_pair;
        out = put_uleb(out, (u64)u->pcs.v[i].start);
        out = put_uleb(out, (u64)u->pcs.v[i].end);
    }
    *out++ = DW_RLE_end_of_list;
    return out;
}
