// dwarf_list_view.c - reads location and range lists.
//
// In DWARF 4 (sections 2.6.2 and 2.17.3) an entry is a pair of 8 bytes; a pair of zeros ends the list, and a first word
// of all ones selects a base address. In DWARF 5 (sections 7.25 and 7.29) an entry begins with its kind. Entries of
// location lists that have a range are followed by an expression, whose length comes in 2 bytes, or as ULEB128.
#include "inspect/dwarf_view.h"

enum { LIST_END = 0, LIST_BASE_INDEX = 1, LIST_OFFSETS = 4 }; // the same for both sorts

// What follows the kind.
typedef enum { NOTHING, U, UU, A, AA, AU } Operands;

static const u8 range_operands[] = {NOTHING, U, UU, UU, UU, A, AA, AU};
static const u8 location_operands[] = {NOTHING, U, UU, UU, UU, NOTHING, A, AA, AU}; // 5: the default location

static u8 base_address_kind(bool locations) {
    return locations ? 6 : 5;
}

static Str read_expr(ByteReader *r, u64 n) {
    const u8 *p = n <= UINT32_MAX ? read_bytes(r, n) : NULL;
    if (!p)
        r->bad = true;
    return (Str){(const char *)p, p ? (u32)n : 0};
}

static void read_pair(ByteReader *r, bool locations, ListEntry *e) {
    e->lo = read_u64(r);
    e->hi = read_u64(r);
    e->end = !e->lo && !e->hi;
    e->kind = e->end ? LIST_END : e->lo == UINT64_MAX ? base_address_kind(locations) : LIST_OFFSETS;
    if (locations && e->kind == LIST_OFFSETS)
        e->expr = read_expr(r, read_u16(r));
}

static void read_opcode(ByteReader *r, bool locations, ListEntry *e) {
    e->kind = read_u8(r);
    e->end = e->kind == LIST_END;
    const u8 *operands = locations ? location_operands : range_operands;
    if (e->kind >= (locations ? sizeof location_operands : sizeof range_operands)) {
        r->bad = true;
        return;
    }
    switch ((Operands)operands[e->kind]) {
    case NOTHING: break;
    case U: e->lo = read_uleb(r); break;
    case A: e->lo = read_u64(r); break;
    case UU:
    case AU:
        e->lo = operands[e->kind] == UU ? read_uleb(r) : read_u64(r);
        e->hi = read_uleb(r);
        break;
    case AA:
        e->lo = read_u64(r);
        e->hi = read_u64(r);
        break;
    }
    if (locations && e->kind != LIST_END && e->kind != LIST_BASE_INDEX && e->kind != base_address_kind(true))
        e->expr = read_expr(r, read_uleb(r));
}

bool dwarf_list_entry(ByteReader *r, ListSort sort, ListEntry *e) {
    *e = (ListEntry){0};
    if (sort.opcodes)
        read_opcode(r, sort.locations, e);
    else
        read_pair(r, sort.locations, e);
    return !r->bad;
}
