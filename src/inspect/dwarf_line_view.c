// dwarf_line_view.c - runs line programs (DWARF 4 and 5, section 6.2).
//
// A line program is a list of opcodes that drives a small machine whose registers are a row: address, file,
// line. Two programs may differ in opcodes and still say the same, so rows are what is compared.
#include "inspect/dwarf_view.h"

bool dwarf_line_unit(const DebugSect *line, u64 *off, LineProgram *p) {
    *p = (LineProgram){.r = {.p = line->p, .n = line->n, .off = *off}, .off = *off};
    if (*off >= line->n)
        return false;
    ByteReader *r = &p->r;
    u64 len = read_u32(r);
    if (len >= 0xfffffff0 || len > line->n - MIN(r->off, line->n))
        return false;
    r->n = p->end = r->off + len;
    *off = p->end;
    p->version = read_u16(r);
    if (p->version < 2 || p->version > 5)
        return false;
    if (p->version >= 5)
        read_u16(r); // address and segment selector sizes
    u64 header = read_u32(r);
    p->program_off = r->off + header;
    p->min_inst = read_u8(r);
    p->max_ops = p->version >= 4 ? read_u8(r) : 1;
    p->default_is_stmt = read_u8(r);
    p->line_base = (i8)read_u8(r);
    p->line_range = read_u8(r);
    p->opcode_base = read_u8(r);
    if (p->opcode_base == 0 || p->line_range == 0)
        return false;
    p->lengths = read_bytes(r, p->opcode_base - 1u);
    p->files_off = r->off;
    if (r->bad || p->program_off < p->files_off || p->program_off > p->end)
        return false;
    r->off = p->program_off;
    p->row = (LineRow){.file = 1, .line = 1, .is_stmt = p->default_is_stmt != 0};
    return true;
}

// Versions 2 to 4: strings up to an empty one; files have directory, time and length, too.
static Str old_name(ByteReader *r, u32 n) {
    bool in_files = false;
    while (!r->bad && r->off < r->n) {
        Str s = read_cstr(r);
        if (s.n == 0) {
            if (in_files)
                break;
            in_files = true;
            continue;
        }
        if (in_files)
            for (int i = 0; i < 3; i++)
                read_uleb(r);
        if (n-- == 0)
            return s;
    }
    return (Str){0};
}

// A table of version 5 says first which fields its entries have, in which forms. Finds the name of entry *n; or
// returns false and takes from *n the entries that it has.
static bool table_name(ByteReader *r, u32 *n, Str *name) {
    enum { DW_LNCT_path = 1, MAX_FIELDS = 16 };
    DwarfUnit u = {.version = 5, .addr_size = 8};
    u32 content[MAX_FIELDS], form[MAX_FIELDS], nfield = read_u8(r);
    if (nfield > MAX_FIELDS)
        return true;
    for (u32 i = 0; i < nfield; i++) {
        content[i] = (u32)read_uleb(r);
        form[i] = (u32)read_uleb(r);
    }
    u64 count = read_uleb(r);
    for (u64 k = 0; k < count; k++, (*n)--) {
        u64 start = r->off;
        for (u32 i = 0; i < nfield; i++) {
            DieAttr at = {.form = form[i]};
            dwarf_read_form(r, &u, &at);
            if (content[i] == DW_LNCT_path)
                *name = at.bytes;
        }
        if (r->bad || r->off == start)
            *name = (Str){0};
        if (r->bad || r->off == start || *n == 0)
            return true;
    }
    *name = (Str){0};
    return false;
}

Str dwarf_line_name(const LineProgram *p, u32 n) {
    ByteReader r = {.p = p->r.p, .n = p->program_off, .off = p->files_off};
    if (p->version < 5)
        return old_name(&r, n);
    Str name = {0};
    if (!table_name(&r, &n, &name))
        table_name(&r, &n, &name);
    return name;
}

// An extended opcode; true when it makes a row.
static bool extended_opcode(LineProgram *p, LineRow *out) {
    ByteReader *r = &p->r;
    u64 len = read_uleb(r), start = r->off;
    if (len == 0 || len > r->n - MIN(r->off, r->n)) {
        r->bad = true;
        return false;
    }
    u8 op = read_u8(r);
    bool row = false;
    if (op == 1) { // end_sequence
        p->row.end_sequence = true;
        *out = p->row;
        p->row = (LineRow){.file = 1, .line = 1, .is_stmt = p->default_is_stmt != 0};
        row = true;
    } else if (op == 2 && len == 9) { // set_address
        p->row.addr = read_u64(r);
    }
    r->off = start + len;
    return row;
}

// A standard opcode; true when it makes a row.
static bool standard_opcode(LineProgram *p, u8 op) {
    ByteReader *r = &p->r;
    switch (op) {
    case 1: // copy
        return true;
    case 2: // advance_pc
        p->row.addr += read_uleb(r) * p->min_inst;
        break;
    case 3: // advance_line
        p->row.line += (u32)read_sleb(r);
        break;
    case 4: // set_file
        p->row.file = (u32)read_uleb(r);
        break;
    case 5: // set_column
        p->row.column = (u32)read_uleb(r);
        break;
    case 6: // negate_stmt
        p->row.is_stmt = !p->row.is_stmt;
        break;
    case 8: // const_add_pc: as special opcode 255, without a row
        p->row.addr += (u64)((255 - p->opcode_base) / p->line_range) * p->min_inst;
        break;
    case 9: // fixed_advance_pc
        p->row.addr += read_u16(r);
        break;
    case 10: // set_prologue_end
        p->row.prologue_end = true;
        break;
    default: // one we have no use for: skip its operands
        for (u8 i = 0; i < p->lengths[op - 1]; i++)
            read_uleb(r);
    }
    return false;
}

bool dwarf_line_row(LineProgram *p, LineRow *row) {
    ByteReader *r = &p->r;
    while (r->off < r->n && !r->bad) {
        u8 op = read_u8(r);
        if (op == 0) {
            if (extended_opcode(p, row))
                return true;
            continue;
        }
        bool made = false;
        if (op >= p->opcode_base) {
            u32 adj = op - p->opcode_base;
            p->row.addr += (u64)(adj / p->line_range) * p->min_inst;
            p->row.line += (u32)(p->line_base + (i32)(adj % p->line_range));
            made = true;
        } else {
            made = standard_opcode(p, op);
        }
        if (made) {
            *row = p->row;
            p->row.prologue_end = false;
            return !r->bad;
        }
    }
    return false;
}
