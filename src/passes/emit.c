// emit.c - the contents of all sections are written into the output.
//
// WHAT  Every symbol's bytes go from the mapped input (or from where the linker made them) to their place in
//       the mapped output and are relocated there. Gaps between functions are filled with trap instructions;
//       all else in a fresh output is zero.
// HOW   Sections are cut into pieces of about the same number of bytes, at symbol boundaries found by
//       bisection, since a section's symbols stand in address order. Big tables that are generated come
//       first, so that no thread is left alone with one at the end.
// Requires: all addresses and file offsets.  Provides: everything in the file but headers and tables behind
// the segments.
// REF   cmd/link/internal/ld/asmb.go: asmb; data.go: writeBlock.
#include "arch/relocate.h"
#include "dwarf/dwarf.h"
#include "format/format.h"
#include "passes/passes.h"

enum { PIECE_BYTES = 128 << 10 };

// Symbols [from, to) of a section.
typedef struct {
    const Section *sect;
    const SymId *syms;
    u32 from, to, n; // n: symbols of the section
} Piece;

typedef struct {
    const Program *p;
    VEC(Piece) pieces;
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
        if (n)
            memcpy(out, data, n);
    }
    relocate_symbol(p, s, out, sym_size(p, s));
    return n;
}

static void emit_piece(const Program *p, const Piece *pc) {
    const Section *sect = pc->sect;
    u8 *base = p->out + sect->seg->fileoff - sect->seg->addr; // of address 0
    bool pad = is_code(sect);
    for (u32 i = pc->from; i < pc->to; i++) {
        SymId s = pc->syms[i];
        u64 addr = sym_addr(p, s);
        u64 end = addr + emit_symbol(p, s, base + addr);
        if (pad) {
            u64 next = i + 1 < pc->n ? sym_addr(p, pc->syms[i + 1]) : sect->addr + sect->size;
            if (next > end)
                memset(base + end, p->arch->code_pad, next - end);
        }
    }
}

static void emit_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const Emit *e = arg;
    for (u64 i = begin; i < end; i++) {
        emit_piece(e->p, &e->pieces.v[i]);
        file_trim(FILES_RESIDENT);
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

void emit(Program *p) {
    Arena *scratch = &p->arena;
    size_t mark = arena_mark(scratch);
    Emit e = {.p = p};
    const Segment *segs[] = {&p->seg_rodata, &p->seg_relrodata, &p->seg_text, &p->seg_data};
    for (u32 i = 0; i < COUNT_OF(segs); i++)
        add_segment(&e, scratch, segs[i]);
    parallel_for(p->pool, e.pieces.n, 1, emit_pieces, &e);
    arena_release(scratch, mark);

    for (u32 i = 0; i < p->seg_dwarf.sects.n; i++) {
        const Section *sect = p->seg_dwarf.sects.v[i];
        dwarf_write_section(p, sect, p->out + p->seg_dwarf.fileoff + (sect->addr - p->seg_dwarf.addr));
    }
}
