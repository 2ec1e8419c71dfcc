// dwarf_view.h - reads the debug information of a linked file.
//
// WHAT  DWARF describes units (one for each package), each a tree of entries (DIEs): functions, variables,
//       types. A DIE starts with the number of an abbreviation, which lists its tag and the attributes that
//       follow, each with the form of its value. Line tables, frame entries, ranges and location lists live
//       in sections of their own.
// HOW   A section is found as __debug_x or __zdebug_x; the latter starts with "ZLIB", the size as 8
//       big-endian bytes, then a zlib stream. Readers step through one entry at a time, all reads
//       bounds-checked.
// REF   DWARF 4, sections 6 and 7; DWARF 5 where Go uses it. Units of 64-bit DWARF are not read (Go writes
//       none).
#pragma once

#include "base/bytes.h"
#include "inspect/image.h"

typedef struct {
    const ImageSect *sect; // NULL when the file has no such section
    const u8 *p;           // contents, decompressed
    u64 n;
    bool compressed;
    const char *problem; // why the contents could not be read
} DebugSect;

// name without prefix: "info", "line", …
DebugSect dwarf_section(const Image *im, Arena *a, const char *name);

// One block of a deflate stream.
typedef struct {
    u64 in_bit; // where it starts in the deflate stream, in bits
    u64 out;    // uncompressed offset of its first byte
    u8 type;    // 0 stored, 1 fixed codes, 2 dynamic codes
} DeflateBlock;

typedef VEC(DeflateBlock) DeflateBlockVec;

// The blocks of a section's zlib stream, whose first byte is at data + 12; bit positions count from behind
// the 2 bytes of zlib header. Stops at the first fault.
void dwarf_deflate_blocks(const ImageSect *s, Arena *a, DeflateBlockVec *out);

typedef struct {
    u32 name, form; // DW_AT_…, DW_FORM_…
    i64 implicit;   // DW_FORM_implicit_const
} AbbrevAttr;

typedef struct {
    u64 code;
    u32 tag;
    bool children;
    u32 first, count; // in the table's attrs
} Abbrev;

typedef struct {
    VEC(Abbrev) abbrevs;
    VEC(AbbrevAttr) attrs;
    bool bad;
} AbbrevTable;

// The abbreviation table at an offset of .debug_abbrev.
AbbrevTable dwarf_abbrevs(const DebugSect *s, Arena *a, u64 off);

// NULL when the code is unknown.
const Abbrev *dwarf_abbrev(const AbbrevTable *t, u64 code);

typedef struct {
    u64 off;     // of the unit's header in .debug_info
    u64 end;     // offset behind the unit
    u64 die_off; // offset of the first entry
    u64 abbrev_off;
    u16 version;
    u8 unit_type; // DWARF 5
    u8 addr_size;
} DwarfUnit;

// Reads the unit header at *off and moves *off behind the unit; false at the end or on a fault.
bool dwarf_next_unit(const DebugSect *info, u64 *off, DwarfUnit *u);

// A value: a number, or a view (strings, blocks).
typedef struct {
    u32 name, form;
    u64 num;
    Str bytes;
    bool is_bytes;
} DieAttr;

enum { DIE_MAX_ATTRS = 48 };

typedef struct {
    u64 off;  // in .debug_info
    u64 code; // 0: end of a list of children
    u32 tag;
    bool children;
    u32 nattrs; // at most DIE_MAX_ATTRS; further ones are read and dropped
    DieAttr attrs[DIE_MAX_ATTRS];
} Die;

// Reads the entry at r->off (r covers .debug_info up to the unit's end). False on a fault or at the end.
bool dwarf_read_die(ByteReader *r, const AbbrevTable *t, const DwarfUnit *u, Die *die);

// Reads the value that at->form says; r->bad for a form we do not know.
void dwarf_read_form(ByteReader *r, const DwarfUnit *u, DieAttr *at);

// The attribute of that name, or NULL.
const DieAttr *dwarf_attr(const Die *die, u32 name);

// "DW_TAG_subprogram"; "tag 0x…" for one we have no name for. Static or in the arena.
const char *dwarf_tag_name(Arena *a, u32 tag);
const char *dwarf_attr_name(Arena *a, u32 name);

enum {
    DW_AT_location = 0x02,
    DW_AT_name = 0x03,
    DW_AT_stmt_list = 0x10,
    DW_AT_low_pc = 0x11,
    DW_AT_abstract_origin = 0x31,
    DW_AT_ranges = 0x55,
    DW_FORM_ref_addr = 0x10,
};

// One row of a line table.
typedef struct {
    u64 addr;
    u32 file, line, column;
    bool is_stmt, prologue_end, end_sequence;
} LineRow;

// A line program while it runs.
typedef struct {
    ByteReader r;    // .debug_line up to the end of the unit
    u64 off, end;    // of the unit
    u64 program_off; // of the first opcode
    u64 files_off;   // of the directory and file tables
    u16 version;
    u8 min_inst, max_ops, default_is_stmt, line_range, opcode_base;
    i8 line_base;
    const u8 *lengths; // of the standard opcodes, opcode_base - 1 of them
    LineRow row;
} LineProgram;

// Opens the unit at *off and moves *off behind it; false at the end or on a fault.
bool dwarf_line_unit(const DebugSect *line, u64 *off, LineProgram *p);

// Runs to the next row; false at the end of the unit or on a fault (p->r.bad).
bool dwarf_line_row(LineProgram *p, LineRow *row);

// Name number n (from 0) of the unit's tables: directories first, then files. Empty past the end.
Str dwarf_line_name(const LineProgram *p, u32 n);

// An entry of a location or range list.
typedef struct {
    u8 kind;    // DW_LLE_… or DW_RLE_…; DWARF 4: one of the same meaning
    bool end;   // of the list
    u64 lo, hi; // the operands: addresses, offsets, or indexes into .debug_addr
    Str expr;   // location
} ListEntry;

// How the lists of a section are written.
typedef struct {
    bool locations; // else ranges
    bool opcodes;   // DWARF 5
} ListSort;

enum { LIST_HEADER = 12, ADDR_HEADER = 8 }; // bytes before the lists, and before the addresses, of DWARF 5

// Reads the next entry; false on a fault.
bool dwarf_list_entry(ByteReader *r, ListSort sort, ListEntry *e);
