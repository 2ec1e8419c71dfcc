// emit.c - the contents of all sections are written into the output.
//
// WHAT  Every symbol's bytes go from the mapped input (or from where the linker made them) to their place in
//       the output and are relocated on the way. Gaps between functions are filled with trap instructions; all
//       else in a fresh output is zero.
// HOW   Sections are cut into pieces of about the same number of bytes, at symbol boundaries found by
//       bisection, since a section's symbols stand in address order. A piece is made in a buffer that stays in
//       the second-level cache and then written to the file. Big tables that are generated come first, so that
//       no thread is left alone with one at the end; compressed sections, which are only copied, come last.
// Requires: all addresses and file offsets.  Provides: everything in the file but headers and tables behind
// the segments.
// REF   cmd/link/internal/ld/asmb.go: asmb; data.go: writeBlock.
#include "arch/relocate.h"
#include "dwarf/dwarf.h"
#include "format/format.h"
#include "passes/passes.h"

enum { PIECE_BYTES = 128 << 10, BUFFER_BYTES = 1 << 20 };

// Symbols [from, to) of a section.
typedef struct {
    const Section *sect;
    const SymId *syms;
    u32 from, to, n; // n: symbols of the section
} Piece;

// Bytes that are complete.
typedef struct {
    const u8 *bytes;
    u64 n;
    u64 fileoff;
} Copy;

typedef struct {
    const Program *p;
    VEC(Piece) pieces;
    VEC(Copy) copies;
} Emit;

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
static u64 piece_end(const Program *p, const Piece *pc) {
    if (pc->to < pc->n)
        return sym_addr(p, pc->syms[pc->to]);
    if (is_code(pc->sect))
        return pc->sect->addr + pc->sect->size;
    SymId last = pc->syms[pc->n - 1];
    return sym_addr(p, last) + sym_size(p, last);
}

static void emit_piece(const Program *p, const Piece *pc, Arena *a) {
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

// Writes the bytes of its pieces and copies.
static void emit_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    const Emit *e = arg;
    const Program *p = e->p;
    Arena *a = worker_arena(p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        if (i < e->pieces.n) {
            emit_piece(p, &e->pieces.v[i], a);
            file_trim();
        } else {
            const Copy *c = &e->copies.v[i - e->pieces.n];
            output_write(p->output, c->fileoff, c->bytes, c->n);
        }
    }
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

static void add_section(Emit *e, Arena *scratch, const Section *sect, const SymId *syms, u32 n) {
    const Program *p = e->p;
    for (u32 i = 0; i < n;) {
        u32 to = first_at(p, syms, i + 1, n, sym_addr(p, syms[i]) + PIECE_BYTES);
        vec_push(scratch, &e->pieces, ((Piece){sect, syms, i, to, n}));
        i = to;
    }
}

static void add_segment(Emit *e, Arena *scratch, const Segment *seg) {
    const Program *p = e->p;
    for (u32 i = 0; i < seg->sects.n; i++) {
        const Section *sect = seg->sects.v[i];
        if (sect->addr >= seg->addr + seg->filesize)
            continue; // zeroed at run time
        if (is_code(sect)) {
            u32 from = first_at(p, p->textp.v, 0, p->textp.n, sect->addr);
            u32 to = first_at(p, p->textp.v, from, p->textp.n, sect->addr + sect->size);
            add_section(e, scratch, sect, p->textp.v + from, to - from);
        } else {
            add_section(e, scratch, sect, sect->syms, sect->nsym);
        }
    }
}

// Compressed sections are there already; others are written piece by piece, in a loop of their own.
static void add_dwarf(Emit *e, Arena *scratch) {
    const Program *p = e->p;
    for (u32 i = 0; i < p->seg_dwarf.sects.n; i++) {
        const Section *sect = p->seg_dwarf.sects.v[i];
        u64 fileoff = p->seg_dwarf.fileoff + (sect->addr - p->seg_dwarf.addr);
        if (!sect->content)
            dwarf_write_section(p, sect, p->out + fileoff);
        else
            for (u64 off = 0; off < sect->size; off += BUFFER_BYTES)
                vec_push(scratch, &e->copies,
                         ((Copy){sect->content + off, MIN(sect->size - off, BUFFER_BYTES), fileoff + off}));
    }
}

void emit(Program *p) {
    Arena *scratch = &p->arena;
    size_t mark = arena_mark(scratch);
    Emit e = {.p = p};
    const Segment *segs[] = {&p->seg_rodata, &p->seg_relrodata, &p->seg_text, &p->seg_data};
    for (u32 i = 0; i < COUNT_OF(segs); i++)
        add_segment(&e, scratch, segs[i]);
    add_dwarf(&e, scratch);
    parallel_for(p->pool, (u64)e.pieces.n + e.copies.n, 1, emit_pieces, &e);
    arena_release(scratch, mark);
}
