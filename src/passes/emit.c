// emit.c - the contents of all sections are written into the output.
//
// WHAT  Every symbol's bytes go from the mapped input (or from where the linker made them) to their place in
//       the output and are relocated on the way. Gaps between functions are filled with trap instructions; all
//       else in a fresh output is zero.
// HOW   Sections are cut into pieces of about the same number of bytes, at symbol boundaries found by
//       bisection, since a section's symbols stand in address order. A piece is made in a buffer that stays in
//       the second-level cache and then written to the file. Code and debugging information are made unit by
//       unit: the pieces of code, cut where units change, go between those of debugging information
//       (emit_walk.c). The rest follows, big tables that are generated first, so that no thread is left alone
//       with one at the end.
// Requires: all addresses and file offsets but those of compressed sections.  Provides: everything in the file but
// those, headers and tables behind the segments; the contents of compressed sections in memory.
// REF   cmd/link/internal/ld/asmb.go: asmb; data.go: writeBlock.
#include "arch/relocate.h"
#include "base/file.h"
#include "arch/arch.h"
#include "passes/emit.h"
#include "passes/passes.h"

enum { PIECE_BYTES = 128 << 10, BUFFER_BYTES = 1 << 20 };

static bool is_code(const Section *sect) {
    return str_eq(sect->name, STR(".text"));
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
    relocate_symbol(p, s, out, sym_size(p, s));
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

void emit_piece(const Program *p, const EmitPiece *pc, Arena *a) {
    const Segment *seg = pc->sect->seg;
    u64 start = sym_addr(p, pc->syms[pc->from]), end = piece_end(p, pc);
    u64 fileoff = seg->fileoff + (start - seg->addr);
    // A single huge symbol goes straight into the file's mapping.
    bool buffered = end - start <= BUFFER_BYTES;
    size_t mark = arena_mark(a);
    u8 *out = buffered ? arena_alloc(a, end - start, 16) : p->out + fileoff;
    bool pad = is_code(pc->sect);
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

// The first of syms[from..n) at or behind addr.
static u32 first_at(const Program *p, const SymId *syms, u32 from, u32 n, u64 addr) {
    while (from < n) {
        u32 mid = from + (n - from) / 2;
        if (sym_addr(p, syms[mid]) < addr)
            from = mid + 1;
        else
            n = mid;
    }
    return from;
}

// ---- the plan ---------------------------------------------------------------------------------------------

// The pieces of code, as a list for each unit; those of no unit are the last list.
typedef struct {
    const Program *p;
    Arena *a;
    EmitPlan plan;
    VEC(EmitPiece) code;
    u32 *first, *last; // by unit: 1 + number of a piece, or 0
    u32 *count;        // of pieces that are left
    u32 *next;         // by piece
} Planner;

static void add_section(Planner *pl, const Section *sect) {
    for (u32 i = 0; i < sect->nsym;) {
        u32 to = first_at(pl->p, sect->syms, i + 1, sect->nsym, sym_addr(pl->p, sect->syms[i]) + PIECE_BYTES);
        vec_push(pl->a, &pl->plan.rest, ((EmitItem){.piece = {sect, sect->syms, i, to, sect->nsym}}));
        i = to;
    }
}

static void add_segment(Planner *pl, const Segment *seg) {
    for (u32 i = 0; i < seg->sects.n; i++) {
        const Section *sect = seg->sects.v[i];
        if (sect->addr < seg->addr + seg->filesize && !is_code(sect)) // else zeroed at run time, or in the walk
            add_section(pl, sect);
    }
}

static void cut_code(Planner *pl) {
    const Program *p = pl->p;
    const SymVec *textp = &p->textp;
    u32 nunit = p->units.n;
    pl->first = arena_array(pl->a, u32, nunit + 1);
    pl->last = arena_array(pl->a, u32, nunit + 1);
    pl->count = arena_array(pl->a, u32, nunit + 1);
    pl->next = arena_array(pl->a, u32, textp->n + 1);
    for (u32 i = 0; i < textp->n;) {
        i64 unit = sym_unit(p, textp->v[i]);
        u64 limit = sym_addr(p, textp->v[i]) + PIECE_BYTES;
        u32 to = i + 1;
        while (to < textp->n && sym_unit(p, textp->v[to]) == unit && sym_addr(p, textp->v[to]) < limit)
            to++;
        vec_push(pl->a, &pl->code, ((EmitPiece){p->text_sect, textp->v, i, to, textp->n}));
        u32 k = unit < 0 ? nunit : (u32)unit;
        *(pl->last[k] ? &pl->next[pl->last[k]] : &pl->first[k]) = pl->code.n;
        pl->last[k] = pl->code.n;
        pl->count[k]++;
        i = to;
    }
}

// Takes n pieces from the list of the unit.
static void add_code(Planner *pl, u32 unit, u32 n) {
    for (; n; n--) {
        u32 k = pl->first[unit];
        vec_push(pl->a, &pl->plan.walk, ((EmitItem){.piece = pl->code.v[k - 1]}));
        pl->first[unit] = pl->next[k];
        pl->count[unit]--;
    }
}

// The items of debugging information, and between those of a unit, evenly spread, its code.
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
                add_code(pl, (u32)unit, (pl->count[unit] + end - i - 1) / (end - i));
            vec_push(pl->a, &pl->plan.walk, ((EmitItem){.dwarf = &items[i]}));
        }
    }
    for (u32 unit = 0; unit <= pl->p->units.n; unit++)
        add_code(pl, unit, pl->count[unit]);
}

void emit(Program *p) {
    dwarf_open_streams(p);
    Planner pl = {.p = p, .a = &p->arena};
    const Segment *segs[] = {&p->seg_rodata, &p->seg_relrodata, &p->seg_text, &p->seg_data};
    for (u32 i = 0; i < COUNT_OF(segs); i++)
        add_segment(&pl, segs[i]);
    cut_code(&pl);
    add_units(&pl);
    emit_all(p, &pl.plan);
}
