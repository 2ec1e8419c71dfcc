// emit.c - the contents of all sections are written into the output.
//
// WHAT  Every symbol's bytes go from the mapped input (or from where the linker made them) to their place in
//       the output and are relocated on the way. Gaps between functions are filled with trap instructions; all
//       else in a fresh output is zero.
// HOW   Unit by unit, so that each object is read once (emit_walk.c): between the pieces of a unit's debugging
//       information come those of its code, cut where units change, and its data symbols, 512 at a time. Code is
//       made in a buffer that stays in the second-level cache and then written to the file. Data of a unit is
//       spread over sections; so these are made in memory and written when all is done. Generated tables and what
//       the linker made follow after the walk. A huge symbol goes from the input straight into the file.
// Requires: all addresses and file offsets but those of compressed sections.  Provides: everything in the file but
// those, headers and tables behind the segments; the contents of compressed sections in memory.
// REF   cmd/link/internal/ld/asmb.go: asmb; data.go: writeBlock.
#include "passes/emit.h"
#include "arch/arch.h"
#include "arch/relocate.h"
#include "base/file.h"
#include "format/kept_reloc.h"
#include "passes/passes.h"

enum { PIECE_BYTES = 128 << 10, BUFFER_BYTES = 1 << 20, SYMS_PER_ITEM = 512 };

static bool is_code(const Section *sect) {
    return str_eq(sect->name, STR(".text"));
}

static bool is_parted(const Program *p, SymId s) {
    return bitmap_get(&p->syms.generated, s.i) && sym_made(p, s)->write_part;
}

// Writes the content of s; returns its size, which may be less than the symbol's.
static u32 emit_symbol(const Program *p, SymId s, u8 *out) {
    u32 n = sym_size(p, s);
    if (bitmap_get(&p->syms.generated, s.i)) {
        sym_made(p, s)->write(p, s, out);
    } else {
        const u8 *data = sym_data(p, s, &n);
        n = MIN(n, sym_size(p, s)); // whatever a corrupt input says
        if (n)
            memcpy(out, data, n);
    }
    (p->external ? keep_symbol : relocate_symbol)(p, s, out, sym_size(p, s));
    return n;
}

// Address behind the bytes of the piece.
static u64 piece_end(const Program *p, const EmitPiece *pc) {
    if (pc->to < pc->n)
        return sym_addr(p, pc->syms[pc->to]);
    if (is_code(pc->sect))
        return pc->sect->addr + pc->sect->size;
    SymId last = pc->syms[pc->n - 1];
    return sym_addr(p, last) + sym_size(p, last);
}

static void emit_piece(const Program *p, const EmitPiece *pc, Arena *a) {
    const Segment *seg = pc->sect->seg;
    bool pad = is_code(pc->sect);
    u64 first = sym_addr(p, pc->syms[pc->from]), end = piece_end(p, pc);
    u64 start = pad && pc->from == 0 ? pc->sect->addr : first;
    u64 fileoff = seg->fileoff + (start - seg->addr);
    // A single huge symbol goes straight into the file's mapping.
    bool buffered = end - start <= BUFFER_BYTES;
    size_t mark = arena_mark(a);
    u8 *out = buffered ? arena_alloc(a, end - start, 16) : p->out + fileoff;
    memset(out, p->arch->code_pad, first - start);
    for (u32 i = pc->from; i < pc->to; i++) {
        SymId s = pc->syms[i];
        u64 at = sym_addr(p, s) - start;
        at += emit_symbol(p, s, out + at);
        if (pad) {
            u64 next = (i + 1 < pc->to ? sym_addr(p, pc->syms[i + 1]) : end) - start;
            if (next > at)
                memset(out + at, p->arch->code_pad, next - at);
        }
    }
    if (buffered)
        output_write(p->output, fileoff, out, end - start);
    arena_release(a, mark);
}

void emit_item(const Program *p, const EmitPlan *plan, const EmitItem *item, Arena *scratch) {
    for (u32 i = 0; i < item->nplaced; i++) {
        PlacedSym ps = item->placed[i];
        u8 *out = plan->bytes[ps.sect] + (sym_addr(p, ps.sym) - p->sects.v[ps.sect]->addr);
        if (is_parted(p, ps.sym))
            sym_made(p, ps.sym)->write_part(p, item->part, out);
        else
            emit_symbol(p, ps.sym, out);
    }
    if (!item->nplaced)
        emit_piece(p, &item->piece, scratch);
}

// ---- the plan ---------------------------------------------------------------------------------------------

// Bytes of a section that go into the file when all are made.
typedef struct {
    const u8 *bytes;
    u64 n;
    u64 fileoff;
} Copy;

typedef struct {
    const Program *p;
    Arena *a;
    EmitPlan plan;
    VEC(Copy) copies;
    VEC(PlacedSym) data;   // symbols that have an object
    VEC(PlacedSym) made;   // others
    VEC(PlacedSym) parted; // others that are written in parts
    u32 *next_part;        // of each
    VEC(EmitItem) items;   // of units, as a list for each
    u32 *first, *last;     // by unit, and one for what has none: 1 + number of an item, or 0
    u32 *count;            // of items that are left
    VEC(u32) next;         // by item
} Planner;

static u32 list_of(const Planner *pl, SymId s) {
    i64 unit = sym_unit(pl->p, s);
    return unit < 0 ? pl->p->units.n : (u32)unit;
}

static void add_to_list(Planner *pl, u32 list, EmitItem item) {
    vec_push(pl->a, &pl->items, item);
    vec_push(pl->a, &pl->next, 0);
    *(pl->last[list] ? &pl->next.v[pl->last[list] - 1] : &pl->first[list]) = pl->items.n;
    pl->last[list] = pl->items.n;
    pl->count[list]++;
}

// ---- data -------------------------------------------------------------------------------------------------

// Bytes [from, to) of a section, in parts.
static void add_copies(Planner *pl, const Section *sect, u64 from, u64 to) {
    u64 fileoff = sect->seg->fileoff + (sect->addr - sect->seg->addr);
    for (u64 n; from < to; from += n) {
        n = MIN(to - from, BUFFER_BYTES);
        vec_push(pl->a, &pl->copies, ((Copy){pl->plan.bytes[sect->id] + from, n, fileoff + from}));
    }
}

static void add_section(Planner *pl, const Section *sect) {
    const Program *p = pl->p;
    arena_expect_dense(pl->a, sect->size);
    pl->plan.bytes[sect->id] = arena_alloc(pl->a, sect->size, 64);
    u64 copied = 0;
    for (u32 i = 0; i < sect->nsym; i++) {
        SymId s = sect->syms[i];
        PlacedSym ps = {s, sect->id};
        if (is_parted(p, s)) {
            vec_push(pl->a, &pl->parted, ps);
        } else if (bitmap_get(&p->syms.generated, s.i)) {
            PlacedSym *own = arena_new(pl->a, PlacedSym);
            *own = ps;
            vec_push(pl->a, &pl->plan.rest, ((EmitItem){.placed = own, .nplaced = 1}));
        } else if (sym_size(p, s) > BUFFER_BYTES) {
            // It is in memory once, in the input, and goes straight into the file.
            vec_push(pl->a, &pl->plan.rest, ((EmitItem){.piece = {sect, sect->syms, i, i + 1, i + 1}}));
            u64 off = sym_addr(p, s) - sect->addr;
            add_copies(pl, sect, copied, off);
            copied = off + sym_size(p, s);
        } else if (sym_is_made(p, s)) {
            vec_push(pl->a, &pl->made, ps);
        } else {
            vec_push(pl->a, &pl->data, ps);
        }
    }
    add_copies(pl, sect, copied, sect->size);
}

// The stock linker looks for a segment's symbols from the first one on that is not below it, read-only ones first. With
// -D below the code it finds those of another segment, writes none, and the data stays zero.
static bool is_below_rodata(const Program *p, const Segment *seg) {
    const Segment *rodata[] = {&p->seg_text, &p->seg_rodata, &p->seg_relrodata};
    for (u32 i = 0; i < COUNT_OF(rodata); i++) {
        for (u32 k = 0; k < rodata[i]->sects.n; k++) {
            const Section *sect = rodata[i]->sects.v[k];
            if (!is_code(sect) && sect->nsym && sym_addr(p, sect->syms[sect->nsym - 1]) >= seg->addr)
                return true;
        }
    }
    return false;
}

static void add_segment(Planner *pl, const Segment *seg) {
    for (u32 i = 0; i < seg->sects.n; i++) {
        const Section *sect = seg->sects.v[i];
        if (sect->addr < seg->addr + seg->filesize &&
            !is_code(sect)) // else zeroed at run time, or in the walk
            add_section(pl, sect);
    }
}

// Puts the data symbols of each unit on its list.
static void sort_data(Planner *pl) {
    u32 nlist = pl->p->units.n + 1;
    u32 *at = arena_array(pl->a, u32, nlist + 1);
    PlacedSym *sorted = arena_array_raw(pl->a, PlacedSym, pl->data.n);
    for (u32 i = 0; i < pl->data.n; i++)
        at[list_of(pl, pl->data.v[i].sym) + 1]++;
    for (u32 k = 0; k < nlist; k++)
        at[k + 1] += at[k];
    for (u32 i = 0; i < pl->data.n; i++)
        sorted[at[list_of(pl, pl->data.v[i].sym)]++] = pl->data.v[i];
    for (u32 k = 0, from = 0; k < nlist; k++) {
        for (u32 n; from < at[k]; from += n) {
            n = MIN(at[k] - from, SYMS_PER_ITEM);
            add_to_list(pl, k, (EmitItem){.placed = sorted + from, .nplaced = n});
        }
    }
}

// ---- code -------------------------------------------------------------------------------------------------

// Parts of tables that belong to functions before number `end` of textp.
static void add_parts(Planner *pl, u32 list, u32 end) {
    const Program *p = pl->p;
    for (u32 i = 0; i < pl->parted.n; i++) {
        u32 n = sym_made(p, pl->parted.v[i].sym)->nparts, *next = &pl->next_part[i];
        for (; *next < n && (u64)*next * p->textp.n / n < end; (*next)++)
            add_to_list(pl, list, (EmitItem){.placed = &pl->parted.v[i], .nplaced = 1, .part = *next});
    }
}

// Functions in front of the section are left out: with -T, which need not be a multiple of any alignment, the
// first function is where -funcalign allows it, and the section where the largest alignment in it does.
static u32 functions_in_front(const Program *p, const Section *sect) {
    u32 n = 0;
    while (n < sect->nsym && sym_addr(p, sect->syms[n]) < sect->addr)
        n++;
    return n;
}

// `before` functions are in sections in front of this one.
static void cut_section(Planner *pl, const Section *sect, u32 before) {
    const Program *p = pl->p;
    u32 front = functions_in_front(p, sect), n = sect->nsym - front;
    const SymId *funcs = sect->syms + front;
    for (u32 i = 0; i < n;) {
        u32 list = list_of(pl, funcs[i]), to = i + 1;
        u64 limit = sym_addr(p, funcs[i]) + PIECE_BYTES;
        while (to < n && sym_addr(p, funcs[to]) < limit && list_of(pl, funcs[to]) == list)
            to++;
        add_to_list(pl, list, (EmitItem){.piece = {sect, funcs, i, to, n}});
        add_parts(pl, list, before + to);
        i = to;
    }
}

static void cut_code(Planner *pl) {
    const Segment *seg = &pl->p->seg_text;
    pl->next_part = arena_array(pl->a, u32, pl->parted.n);
    u32 before = 0;
    for (u32 i = 0; i < seg->sects.n && is_code(seg->sects.v[i]); i++) {
        cut_section(pl, seg->sects.v[i], before);
        before += seg->sects.v[i]->nsym;
    }
    add_parts(pl, pl->p->units.n, UINT32_MAX); // what is left
}

// ---- the walk ---------------------------------------------------------------------------------------------

// Takes n items from a list.
static void add_from_list(Planner *pl, u32 list, u32 n) {
    for (; n; n--) {
        u32 k = pl->first[list];
        vec_push(pl->a, &pl->plan.walk, pl->items.v[k - 1]);
        pl->first[list] = pl->next.v[k - 1];
        pl->count[list]--;
    }
}

// The items of debugging information, and between those of a unit, evenly spread, its code and data.
static void add_units(Planner *pl) {
    u32 n;
    const DwarfItem *items = dwarf_items(pl->p, &n);
    for (u32 i = 0; i < n;) {
        u32 end = i + 1;
        i64 unit = items[i].unit;
        while (end < n && items[end].unit == unit)
            end++;
        for (; i < end; i++) {
            if (unit >= 0)
                add_from_list(pl, (u32)unit, (pl->count[unit] + end - i - 1) / (end - i));
            vec_push(pl->a, &pl->plan.walk, ((EmitItem){.dwarf = &items[i]}));
        }
    }
    for (u32 list = 0; list <= pl->p->units.n; list++)
        add_from_list(pl, list, pl->count[list]);
}

// Writes its copies into the file.
static void write_copies(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const Planner *pl = arg;
    for (u64 i = begin; i < end; i++)
        output_write(pl->p->output, pl->copies.v[i].fileoff, pl->copies.v[i].bytes, pl->copies.v[i].n);
}

void emit(Program *p) {
    dwarf_open_streams(p);
    u32 nlist = p->units.n + 1;
    Arena *a = &p->arena;
    size_t mark = arena_mark(a);
    Planner pl = {.p = p,
                  .a = a,
                  .plan.bytes = arena_array(a, u8 *, p->sects.n),
                  .first = arena_array(a, u32, nlist),
                  .last = arena_array(a, u32, nlist),
                  .count = arena_array(a, u32, nlist)};
    const Segment *segs[] = {&p->seg_rodata, &p->seg_relrodata, &p->seg_text,
                             &p->seg_data,   &p->seg_pdata,     &p->seg_xdata};
    for (u32 i = 0; i < COUNT_OF(segs); i++)
        if (segs[i] != &p->seg_data || !is_below_rodata(p, segs[i]))
            add_segment(&pl, segs[i]);
    if (pl.made.n)
        vec_push(a, &pl.plan.rest, ((EmitItem){.placed = pl.made.v, .nplaced = pl.made.n}));
    sort_data(&pl);
    cut_code(&pl);
    add_units(&pl);
    emit_all(p, &pl.plan);
    parallel_for(p->pool, pl.copies.n, 1, write_copies, &pl);
    arena_release(a, mark); // the data of all sections
}
