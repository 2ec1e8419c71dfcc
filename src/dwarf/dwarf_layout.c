// dwarf_layout.c - part 2: the order of units, the size and place of everything, and how pieces are written.
//
// ORDER   Units are sorted by the place of their first function - relative to that same function, so nearly
//         always 0, and units without code come last, by package. The stock linker's sort is not stable; see
//         golang/pdqsort.h.
// PLACE   Sizes of units are added up in parallel, then each unit gives its symbols their offsets
//         (Program.syms.addr), because abstract functions, location lists and range lists are referred to.
// PIECES  A unit is cut into chunks of functions, of about the same number of bytes in all sections together. A
//         chunk is a piece in each of .debug_info, .debug_line, and the sections of locations, ranges and addresses.
//         The unit with the types has more pieces in .debug_info: blocks of types, and its last byte. The headers of
//         lists are pieces, too.
// ITEMS   All pieces in the order of units, so that an object is read once: its chunks in order, and between
//         them the pieces of .debug_frame that begin with one of its functions.
// REF     cmd/link/internal/ld/dwarf.go: dwarfGenerateDebugSyms, calcCompUnitRanges, writeUnitInfo,
//         writepcranges.
#include "base/diag.h"
#include "dwarf/dwarf_state.h"
#include "golang/pdqsort.h"

enum { DIES_PER_PIECE = 512, CHUNK_BYTES = 128 << 10 };

// Bits of DwPiece.part.
enum {
    PIECE_FIRST = 1, // functions, and what precedes those of the unit
    PIECE_LAST = 2,  // functions, and what follows those of the unit
    PIECE_TYPES = 4, // a block of types
    PIECE_END = 8,   // the last byte of the unit with the types
    PIECE_HEADER = 16, // the header of the section
};

// ---- order ------------------------------------------------------------------------------------------------

// The address ranges of units: a new one wherever the functions of another unit lie in between.
static void find_ranges(Dwarf *d) {
    Program *p = d->p;
    i64 prev = -1;
    for (u32 i = 0; i < p->textp.n; i++) {
        SymId s = p->textp.v[i];
        i64 unit = sym_unit(p, s);
        const DwFunc fn = dwarf_frame(d, i);
        if (!fn.frame_size || unit < 0)
            continue;
        DwUnit *u = &d->units.v[d->unit_of[unit]];
        i64 start = (i64)(p->syms.addr[s.i] - p->syms.addr[p->units.v[unit].textp.v[0].i]);
        if (unit != prev)
            vec_push(&p->arena, &u->pcs, ((PcRange){start, start}));
        prev = unit;
        u->pcs.v[u->pcs.n - 1].end = start + fn.code_size;
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

// What precedes the functions.
static DwChunk first_chunk(const Dwarf *d, const DwUnit *u) {
    DwChunk c = {.info = dwarf_unit_die_size(d, u) + sum_sizes(d->p, &u->absfns)};
    if (u->has_text) {
        c.line = u->line_header.n;
        c.ranges = dwarf_unit_ranges_size(d, u);
    }
    return c;
}

static void cut_unit(const Dwarf *d, DwUnit *u, Arena *a) {
    const Program *p = d->p;
    u32 n = unit_nfunc(d, u);
    DwChunk c = first_chunk(d, u);
    for (u32 k = 0; k < n; k++) {
        const DwFunc *fn = &d->funcs[u->func + k];
        if (c.info + c.line + c.loc + c.ranges + c.addr >= CHUNK_BYTES) {
            vec_push(a, &u->chunks, c);
            c = (DwChunk){0};
        }
        c.to = k + 1;
        c.info += sym_size(p, fn->info);
        c.line += sym_size(p, fn->lines);
        c.loc += sym_size(p, fn->loc);
        c.ranges += sym_size(p, fn->ranges);
        c.addr += fn->slot == SLOT_NONE ? 0 : d->ptr_size;
    }
    c.to = n;
    c.info += sum_sizes(p, &u->vars) + 1;
    if (u->addr_size && d->funcs[u->func].slot == SLOT_NONE)
        c.addr += d->ptr_size;
    if (u->consts.i)
        c.info += sym_size(p, u->consts);
    vec_push(a, &u->chunks, c);
}

// Writes the sizes of its units.
static void size_units(void *arg, u64 begin, u64 end, u32 worker) {
    Dwarf *d = arg;
    Arena *a = worker_arena(d->p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        DwUnit *u = &d->units.v[i];
        u->empty = !u->has_text && !u->has_types && !u->vars.n;
        if (u->empty)
            continue;
        dwarf_number_addresses(d, u);
        cut_unit(d, u, a);
        for (u32 k = 0; k < u->chunks.n; k++) {
            const DwChunk *c = &u->chunks.v[k];
            u->info_size += c->info;
            u->line_size += c->line;
            u->loc_size += c->loc;
            u->ranges_size += c->ranges;
        }
    }
}

// Adds a piece, without its place, behind those that are there.
static void add_piece(Dwarf *d, u32 sect, i64 unit, DwPiece piece) {
    DwSection *s = &d->sects[sect];
    if (!piece.size)
        return;
    piece.off = s->size;
    s->size += piece.size;
    vec_push(&d->p->arena, &d->items, ((DwarfItem){unit, sect, s->pieces.n}));
    vec_push(&d->p->arena, &s->pieces, piece);
}

// The types follow everything else in their unit.
static void add_type_pieces(Dwarf *d, u32 unit) {
    d->types_off = d->sects[DW_INFO].size;
    for (u32 from = 1; from < d->dies.n; from += DIES_PER_PIECE) {
        u32 to = MIN(from + DIES_PER_PIECE, d->dies.n);
        u64 end = to < d->dies.n ? d->dies.v[to].off : d->types_size;
        add_piece(
            d, DW_INFO, -1,
            (DwPiece){
                .size = end - d->dies.v[from].off, .idx = unit, .part = PIECE_TYPES, .from = from, .to = to});
    }
    add_piece(d, DW_INFO, -1, (DwPiece){.size = 1, .idx = unit, .part = PIECE_END});
}

// The frame pieces of each unit as lists.
typedef struct {
    u32 *first; // by unit of the program; 1 + number of a piece, or 0
    u32 *next;  // by piece
} FrameLists;

// Whether a frame piece of the unit begins not behind the last function of the chunk.
static bool frame_begins_in(const Dwarf *d, const DwUnit *u, const DwChunk *c, u32 piece) {
    const Program *p = d->p;
    return c->to &&
           sym_addr(p, dwarf_frame_func(d, piece)) <= sym_addr(p, p->units.v[u->unit].textp.v[c->to - 1]);
}

static void add_unit_pieces(Dwarf *d, u32 k, FrameLists *frames) {
    const DwUnit *u = &d->units.v[k];
    DwPiece piece = {.idx = k, .part = PIECE_FIRST};
    u32 *frame = &frames->first[u->unit];
    for (u32 i = 0; i < u->chunks.n; i++) {
        const DwChunk *c = &u->chunks.v[i];
        bool last = i + 1 == u->chunks.n;
        piece.to = c->to;
        piece.part |= last ? PIECE_LAST : 0;
        piece.size = c->info - (last && u->has_types);
        add_piece(d, DW_INFO, u->unit, piece);
        piece.size = c->line;
        add_piece(d, DW_LINE, u->unit, piece);
        piece.size = c->loc;
        add_piece(d, DW_LOC, u->unit, piece);
        piece.size = c->ranges;
        add_piece(d, DW_RANGES, u->unit, piece);
        piece.size = c->addr;
        add_piece(d, DW_ADDR, u->unit, piece);
        piece = (DwPiece){.idx = k, .from = c->to};
        for (; *frame && (last || frame_begins_in(d, u, c, *frame - 1)); *frame = frames->next[*frame - 1])
            vec_push(&d->p->arena, &d->items, ((DwarfItem){u->unit, DW_FRAME, *frame - 1}));
    }
    if (u->has_types)
        add_type_pieces(d, k);
}

static void place_units(Dwarf *d, FrameLists *frames) {
    for (u32 i = 0; i < d->units.n; i++) {
        u32 k = d->order[i];
        DwUnit *u = &d->units.v[k];
        u->line_off = d->sects[DW_LINE].size;
        u->ranges_off = d->sects[DW_RANGES].size;
        u->loc_off = d->sects[DW_LOC].size;
        u->addr_off = d->sects[DW_ADDR].size;
        u->info_off = d->sects[DW_INFO].size;
        if (u->line_size != (u32)u->line_size || u->info_size != (u32)u->info_size)
            fatal("dwarf: package " STR_FMT " needs more than 4 GB", STR_ARG(u->pkg));
        add_unit_pieces(d, k, frames);
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
        u64 loc = u->loc_off, ranges = u->ranges_off + dwarf_unit_ranges_size(d, u);
        const DwFunc *fn = &d->funcs[u->func];
        for (u32 k = 0; k < unit_nfunc(d, u); k++, fn++) {
            off = place_symbol(p, fn->info, off); // generic functions refer to parts of themselves
            loc = place_symbol(p, fn->loc, loc);
            ranges = place_symbol(p, fn->ranges, ranges);
        }
    }
}

// ---- writing ----------------------------------------------------------------------------------------------

static void write_abbrev(const Dwarf *d, const DwPiece *piece, u8 *out, DwKept *kept) {
    (void)kept;
    memcpy(out, d->abbrev.v, piece->size);
}

static void write_gdb_script(const Dwarf *d, const DwPiece *piece, u8 *out, DwKept *kept) {
    (void)kept;
    out[0] = 1; // a Python script, by file name
    memcpy(out + 1, d->gdb_script.p, piece->size - 1);
}

static u8 *write_symbols(const Dwarf *d, const SymVec *syms, u8 *out, DwKept *kept) {
    for (u32 i = 0; i < syms->n; i++)
        out = dwarf_write_symbol(d, syms->v[i], out, kept);
    return out;
}

static void write_info(const Dwarf *d, const DwPiece *piece, u8 *out, DwKept *kept) {
    const DwUnit *u = &d->units.v[piece->idx];
    if (piece->part == PIECE_TYPES) {
        dwarf_write_dies(d, piece->from, piece->to, out, kept);
        return;
    }
    if (piece->part & PIECE_FIRST) {
        out = dwarf_write_unit_die(d, u, out, kept);
        out = write_symbols(d, &u->absfns, out, kept);
    }
    const DwFunc *fn = &d->funcs[u->func];
    for (u32 k = piece->from; k < piece->to; k++)
        out = dwarf_write_function_symbol(d, u, k, fn[k].info, out, kept);
    if (piece->part & PIECE_LAST) {
        if (u->consts.i)
            out = dwarf_write_symbol(d, u->consts, out, kept);
        out = write_symbols(d, &u->vars, out, kept);
    }
    if (piece->part & (u->has_types ? PIECE_END : PIECE_LAST))
        *out = 0; // ends the entries inside the unit's
}

static void write_line(const Dwarf *d, const DwPiece *piece, u8 *out, DwKept *kept) {
    const DwUnit *u = &d->units.v[piece->idx];
    if (piece->part & PIECE_FIRST) {
        memcpy(out, u->line_header.v, u->line_header.n);
        out += u->line_header.n;
    }
    for (u32 k = piece->from; k < piece->to; k++)
        out = dwarf_write_function_symbol(d, u, k, d->funcs[u->func + k].lines, out, kept);
}

static void write_loc(const Dwarf *d, const DwPiece *piece, u8 *out, DwKept *kept) {
    if (piece->part == PIECE_HEADER) {
        dwarf_write_list_header(d, DW_LOC, out);
        return;
    }
    const DwUnit *u = &d->units.v[piece->idx];
    for (u32 k = piece->from; k < piece->to; k++)
        out = dwarf_write_function_symbol(d, u, k, d->funcs[u->func + k].loc, out, kept);
}

static void write_ranges(const Dwarf *d, const DwPiece *piece, u8 *out, DwKept *kept) {
    if (piece->part == PIECE_HEADER) {
        dwarf_write_list_header(d, DW_RANGES, out);
        return;
    }
    const DwUnit *u = &d->units.v[piece->idx];
    if (piece->part & PIECE_FIRST)
        out = dwarf_write_unit_ranges(d, u, out);
    for (u32 k = piece->from; k < piece->to; k++)
        out = dwarf_write_function_symbol(d, u, k, d->funcs[u->func + k].ranges, out, kept);
}

static void write_addr(const Dwarf *d, const DwPiece *piece, u8 *out, DwKept *kept) {
    if (piece->part == PIECE_HEADER)
        dwarf_write_list_header(d, DW_ADDR, out);
    else
        dwarf_write_addresses(d, &d->units.v[piece->idx], piece, piece->part & PIECE_LAST, out, kept);
}

// ---- all of it --------------------------------------------------------------------------------------------

// Gives each frame piece to the unit of its first function; the rest become items.
static void assign_frames(Dwarf *d, FrameLists *frames) {
    Program *p = d->p;
    const DwSection *s = &d->sects[DW_FRAME];
    frames->first = arena_array(&p->arena, u32, p->units.n);
    frames->next = arena_array(&p->arena, u32, s->pieces.n);
    for (u32 i = s->pieces.n; i-- > 0;) {
        i64 unit = p->textp.n ? sym_unit(p, dwarf_frame_func(d, i)) : -1;
        if (unit < 0) {
            vec_push(&p->arena, &d->items, ((DwarfItem){-1, DW_FRAME, i}));
            continue;
        }
        frames->next[i] = frames->first[unit];
        frames->first[unit] = i + 1;
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
        [DW_ADDR] = {STR_INIT(".debug_addr"), write_addr},
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
    d->abbrev.arena = &p->arena;
    dwarf_put_abbrevs(d->forms, &d->abbrev);
    add_piece(d, DW_ABBREV, -1, (DwPiece){.size = d->abbrev.n});
    dwarf_find_gdb_script(d);
    if (d->gdb_script.n)
        add_piece(d, DW_GDB, -1, (DwPiece){.size = d->gdb_script.n + 2});
    for (u32 sect = DW_LOC; sect <= DW_ADDR; sect++)
        add_piece(d, sect, -1, (DwPiece){.size = dwarf_list_header_size(d, sect), .part = PIECE_HEADER});

    parallel_for(p->pool, d->units.n, 1, size_units, d);
    dwarf_layout_frames(d);
    FrameLists frames;
    assign_frames(d, &frames);
    place_units(d, &frames);
    parallel_for(p->pool, d->units.n, 1, place_symbols, d);
}

void dwarf_allocate_sections(Program *p) {
    Dwarf *d = p->dwarf;
    if (!d)
        return;
    u64 addr = 0;
    for (u32 i = 0; i < DW_NSECT; i++) {
        DwSection *s = &d->sects[i];
        if (!s->size && (i == DW_GDB || i == DW_LOC || i == DW_ADDR))
            continue;
        Section *sect = section_new(p, &p->seg_dwarf, s->name, 4);
        sect->align = 1;
        sect->addr = addr;
        sect->size = s->size;
        s->sect = sect;
        addr += s->size;
    }
}
