// dwarf_layout.c - part 2: the order of units, the size and place of everything, and how pieces are written.
//
// ORDER   Units are sorted by the place of their first function - relative to that same function, so nearly
//         always 0, and units without code come last, by package. The stock linker's sort is not stable; see
//         golang/pdqsort.h.
// PLACE   Sizes of units are added up in parallel, then each unit gives its symbols their offsets
//         (Program.syms.addr), because abstract functions, location lists and range lists are referred to.
// PIECES  .debug_info has a piece for each unit; the unit with the types is three: the unit without its last
//         byte, blocks of types, that byte. .debug_line, .debug_loc and .debug_ranges have one for each unit
//         with code.
// REF     cmd/link/internal/ld/dwarf.go: dwarfGenerateDebugSyms, calcCompUnitRanges, writeUnitInfo,
//         writepcranges.
#include "base/diag.h"
#include "dwarf/dwarf_state.h"
#include "golang/pdqsort.h"

enum { DIES_PER_PIECE = 512 };

// DwPiece.part in .debug_info.
enum {
    PIECE_UNIT,  // the unit, without the types
    PIECE_TYPES, // a block of types
    PIECE_END,   // the last byte of the unit with the types
};

// ---- order ------------------------------------------------------------------------------------------------

// The address ranges of units: a new one wherever the functions of another unit lie in between.
static void find_ranges(Dwarf *d) {
    Program *p = d->p;
    i64 prev = -1;
    for (u32 i = 0; i < p->textp.n; i++) {
        SymId s = p->textp.v[i];
        i64 unit = sym_unit(p, s);
        if (unit < 0 || !sym_aux(p, s, AUX_FUNCINFO).i)
            continue;
        DwUnit *u = &d->units.v[d->unit_of[unit]];
        i64 start = (i64)(p->syms.addr[s.i] - p->syms.addr[p->units.v[unit].textp.v[0].i]);
        if (unit != prev)
            vec_push(&p->arena, &u->pcs, ((PcRange){start, start}));
        prev = unit;
        u32 size;
        sym_data(p, s, &size);
        u->pcs.v[u->pcs.n - 1].end = start + size;
    }
}

static int compare_units(const void *ctx, u32 a, u32 b) {
    const Dwarf *d = ctx;
    const DwUnit *x = &d->units.v[a], *y = &d->units.v[b];
    if (!x->has_text && !y->has_text)
        return str_cmp(x->pkg, y->pkg);
    if (x->has_text != y->has_text)
        return x->has_text ? -1 : 1;
    i64 i = x->pcs.n ? x->pcs.v[0].start : 0, j = y->pcs.n ? y->pcs.v[0].start : 0;
    return (i > j) - (i < j);
}

static void order_units(Dwarf *d) {
    Program *p = d->p;
    d->order = arena_array(&p->arena, u32, d->units.n);
    for (u32 i = 0; i < d->units.n; i++)
        d->order[i] = i;
    go_pdqsort_cmp(&d->stack_arena, d->order, d->units.n, compare_units, d);
}

// ---- sizes ------------------------------------------------------------------------------------------------

static u64 sum_sizes(const Program *p, const SymVec *syms) {
    u64 size = 0;
    for (u32 i = 0; i < syms->n; i++)
        size += sym_size(p, syms->v[i]);
    return size;
}

static u32 unit_nfunc(const Dwarf *d, const DwUnit *u) {
    return d->p->units.v[u->unit].textp.n;
}

// Writes the sizes of its units, and their line headers.
static void size_units(void *arg, u64 begin, u64 end, u32 worker) {
    Dwarf *d = arg;
    const Program *p = d->p;
    for (u64 i = begin; i < end; i++) {
        DwUnit *u = &d->units.v[i];
        file_trim();
        u->empty = !u->has_text && !u->has_types && !u->vars.n;
        if (u->has_text) {
            dwarf_build_line_header(d, u, worker_arena(p->pool, worker));
            u->line_size = u->line_header.n;
            u->ranges_size = 2ull * d->ptr_size * (u->pcs.n + 1);
        }
        u->info_size = dwarf_unit_die_size(d, u) + sum_sizes(p, &u->absfns) + sum_sizes(p, &u->vars) + 1;
        if (u->consts.i)
            u->info_size += sym_size(p, u->consts);
        const DwFunc *fn = &d->funcs[u->func];
        for (u32 k = 0; k < unit_nfunc(d, u); k++, fn++) {
            u->info_size += sym_size(p, fn->info);
            u->line_size += sym_size(p, fn->lines);
            u->ranges_size += sym_size(p, fn->ranges);
            u->loc_size += sym_size(p, fn->loc);
        }
        if (u->empty)
            u->info_size = 0;
    }
}

// Adds a piece behind those that are there.
static void add_piece(Dwarf *d, DwSection *s, u64 size, u32 unit, u16 part, u32 from, u32 to) {
    if (!size)
        return;
    vec_push(&d->p->arena, &s->pieces,
             ((DwPiece){.off = s->size, .size = size, .idx = unit, .part = part, .from = from, .to = to}));
    s->size += size;
}

// The types follow everything else in their unit.
static void add_type_pieces(Dwarf *d, u32 unit) {
    DwSection *s = &d->sects[DW_INFO];
    d->types_off = s->size;
    for (u32 from = 1; from < d->dies.n; from += DIES_PER_PIECE) {
        u32 to = MIN(from + DIES_PER_PIECE, d->dies.n);
        u64 end = to < d->dies.n ? d->dies.v[to].off : d->types_size;
        add_piece(d, s, end - d->dies.v[from].off, unit, PIECE_TYPES, from, to);
    }
    add_piece(d, s, 1, unit, PIECE_END, 0, 0);
}

static void place_units(Dwarf *d) {
    DwSection *info = &d->sects[DW_INFO], *line = &d->sects[DW_LINE];
    DwSection *ranges = &d->sects[DW_RANGES], *loc = &d->sects[DW_LOC];
    for (u32 i = 0; i < d->units.n; i++) {
        u32 k = d->order[i];
        DwUnit *u = &d->units.v[k];
        u->line_off = line->size;
        u->ranges_off = ranges->size;
        u->loc_off = loc->size;
        u->info_off = info->size;
        if (u->line_size != (u32)u->line_size || u->info_size != (u32)u->info_size)
            fatal("dwarf: package " STR_FMT " needs more than 4 GB", STR_ARG(u->pkg));
        add_piece(d, line, u->line_size, k, 0, 0, 0);
        add_piece(d, ranges, u->ranges_size, k, 0, 0, 0);
        add_piece(d, loc, u->loc_size, k, 0, 0, 0);
        if (u->has_types) {
            add_piece(d, info, u->info_size - 1, k, 0, 0, 0);
            add_type_pieces(d, k);
        } else {
            add_piece(d, info, u->info_size, k, 0, 0, 0);
        }
        if (u->line_size)
            put_u32le(u->line_header.v, (u32)u->line_size - 4);
    }
}

static u64 place_symbol(Program *p, SymId s, u64 off) {
    if (s.i)
        p->syms.addr[s.i] = off;
    return off + sym_size(p, s);
}

// Writes the offsets of what its units contain and others refer to.
static void place_symbols(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Dwarf *d = arg;
    Program *p = d->p;
    for (u64 i = begin; i < end; i++) {
        const DwUnit *u = &d->units.v[i];
        u64 off = u->info_off + dwarf_unit_die_size(d, u);
        for (u32 k = 0; k < u->absfns.n; k++)
            off = place_symbol(p, u->absfns.v[k], off);
        u64 loc = u->loc_off, ranges = u->ranges_off + 2ull * d->ptr_size * (u->pcs.n + 1);
        const DwFunc *fn = &d->funcs[u->func];
        for (u32 k = 0; k < unit_nfunc(d, u); k++, fn++) {
            off = place_symbol(p, fn->info, off); // generic functions refer to parts of themselves
            loc = place_symbol(p, fn->loc, loc);
            ranges = place_symbol(p, fn->ranges, ranges);
        }
    }
}

// ---- writing ----------------------------------------------------------------------------------------------

static void write_abbrev(const Dwarf *d, const DwPiece *piece, u8 *out) {
    memcpy(out, d->abbrev.v, piece->size);
}

static void write_gdb_script(const Dwarf *d, const DwPiece *piece, u8 *out) {
    out[0] = 1; // a Python script, by file name
    memcpy(out + 1, d->gdb_script.p, piece->size - 1);
}

static u8 *write_symbols(const Dwarf *d, const SymVec *syms, u8 *out) {
    for (u32 i = 0; i < syms->n; i++)
        out = dwarf_write_symbol(d, syms->v[i], out);
    return out;
}

static void write_info(const Dwarf *d, const DwPiece *piece, u8 *out) {
    const DwUnit *u = &d->units.v[piece->idx];
    if (piece->part == PIECE_TYPES) {
        dwarf_write_dies(d, piece->from, piece->to, out);
        return;
    }
    if (piece->part != PIECE_END) {
        out = dwarf_write_unit_die(d, u, out);
        out = write_symbols(d, &u->absfns, out);
        const DwFunc *fn = &d->funcs[u->func];
        for (u32 k = 0; k < unit_nfunc(d, u); k++)
            if (fn[k].info.i)
                out = dwarf_write_symbol(d, fn[k].info, out);
        if (u->consts.i)
            out = dwarf_write_symbol(d, u->consts, out);
        out = write_symbols(d, &u->vars, out);
    }
    if (piece->part == PIECE_END || !u->has_types)
        *out = 0; // ends the entries inside the unit's
}

static void write_line(const Dwarf *d, const DwPiece *piece, u8 *out) {
    const DwUnit *u = &d->units.v[piece->idx];
    memcpy(out, u->line_header.v, u->line_header.n);
    out += u->line_header.n;
    const DwFunc *fn = &d->funcs[u->func];
    for (u32 k = 0; k < unit_nfunc(d, u); k++)
        if (fn[k].lines.i)
            out = dwarf_write_symbol(d, fn[k].lines, out);
}

static void write_loc(const Dwarf *d, const DwPiece *piece, u8 *out) {
    const DwUnit *u = &d->units.v[piece->idx];
    const DwFunc *fn = &d->funcs[u->func];
    for (u32 k = 0; k < unit_nfunc(d, u); k++)
        if (fn[k].loc.i)
            out = dwarf_write_symbol(d, fn[k].loc, out);
}

static void write_ranges(const Dwarf *d, const DwPiece *piece, u8 *out) {
    const DwUnit *u = &d->units.v[piece->idx];
    for (u32 i = 0; i <= u->pcs.n; i++) {
        PcRange r = i < u->pcs.n ? u->pcs.v[i] : (PcRange){0};
        memcpy(out, &r.start, d->ptr_size);
        memcpy(out + d->ptr_size, &r.end, d->ptr_size);
        out += 2 * d->ptr_size;
    }
    const DwFunc *fn = &d->funcs[u->func];
    for (u32 k = 0; k < unit_nfunc(d, u); k++)
        if (fn[k].ranges.i)
            out = dwarf_write_symbol(d, fn[k].ranges, out);
}

// ---- all of it --------------------------------------------------------------------------------------------

static void place_frames(Dwarf *d) {
    DwSection *s = &d->sects[DW_FRAME];
    for (u32 i = 0; i < s->pieces.n; i++) {
        s->pieces.v[i].off = s->size;
        s->size += s->pieces.v[i].size;
    }
}

void dwarf_build_sections(Program *p) {
    Dwarf *d = p->dwarf;
    if (!d)
        return;
    static const struct {
        Str name;
        PieceWriter *write;
    } sections[DW_NSECT] = {
        [DW_ABBREV] = {STR_INIT(".debug_abbrev"), write_abbrev},
        [DW_LINE] = {STR_INIT(".debug_line"), write_line},
        [DW_FRAME] = {STR_INIT(".debug_frame"), NULL},
        [DW_GDB] = {STR_INIT(".debug_gdb_scripts"), write_gdb_script},
        [DW_INFO] = {STR_INIT(".debug_info"), write_info},
        [DW_LOC] = {STR_INIT(".debug_loc"), write_loc},
        [DW_RANGES] = {STR_INIT(".debug_ranges"), write_ranges},
    };
    for (u32 i = 0; i < DW_NSECT; i++) {
        d->sects[i].name = sections[i].name;
        d->sects[i].write = sections[i].write;
    }
    d->sects[DW_LOC].name = d->forms->loc;
    d->sects[DW_RANGES].name = d->forms->ranges;

    find_ranges(d);
    order_units(d);
    dwarf_place_dies(d);
    parallel_for(p->pool, d->units.n, 1, size_units, d);
    place_units(d);
    parallel_for(p->pool, d->units.n, 1, place_symbols, d);
    dwarf_layout_frames(d);
    place_frames(d);

    d->abbrev.arena = &p->arena;
    dwarf_put_abbrevs(d->forms, &d->abbrev);
    add_piece(d, &d->sects[DW_ABBREV], d->abbrev.n, 0, 0, 0, 0);
    dwarf_find_gdb_script(d);
    if (d->gdb_script.n)
        add_piece(d, &d->sects[DW_GDB], d->gdb_script.n + 2, 0, 0, 0, 0);
}

void dwarf_allocate_sections(Program *p) {
    Dwarf *d = p->dwarf;
    if (!d)
        return;
    u64 addr = 0;
    for (u32 i = 0; i < DW_NSECT; i++) {
        DwSection *s = &d->sects[i];
        if (!s->size && (i == DW_GDB || i == DW_LOC))
            continue;
        Section *sect = section_new(p, &p->seg_dwarf, s->name, 4);
        sect->align = 1;
        sect->addr = addr;
        sect->size = s->size;
        s->sect = sect;
        addr += s->size;
    }
}
