// keptrelocs.c - the records of relocations that an object keeps, section by section.
//
// WHAT  Behind everything else an object has a table of kept relocations for each section, in the order of the
//       symbols and of their relocations. Their number is known when all relocations have been looked at, their
//       content when symbols have numbers.
// HOW   The symbols of a section are cut into pieces, which are walked twice, in parallel: once to count, once to write.
//       That reads the inputs again, but a table of a big program is larger than its code, and the time of an
//       external link is another linker's. Debugging information counts its own while it is made.
// REF   cmd/link/internal/ld/asmb.go: sizeExtRelocs; elf.go: elfrelocsect; macho.go: machorelocsect.
#include "base/file.h"
#include "dwarf/dwarf.h"
#include "format/kept_reloc.h"
#include "passes/passes.h"

enum { PIECE_SYMBOLS = 512 };

typedef struct KeptPiece {
    const Section *sect;
    u32 from, to; // symbols of the section
    u64 size;     // bytes of records
    u64 off;      // in those of the section
} KeptPiece;

static void add_pieces(Program *p, const Segment *seg) {
    for (u32 i = 0; i < seg->sects.n; i++) {
        const Section *sect = seg->sects.v[i];
        if (sect->addr >= seg->addr + seg->filesize)
            continue; // zeroed data
        for (u32 k = 0; k < sect->nsym; k += PIECE_SYMBOLS)
            vec_push(&p->arena, &p->kept_pieces, ((KeptPiece){sect, k, MIN(k + PIECE_SYMBOLS, sect->nsym), 0, 0}));
    }
}

static void measure_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const Program *p = arg;
    for (u64 i = begin; i < end; i++) {
        KeptPiece *pc = &p->kept_pieces.v[i];
        for (u32 k = pc->from; k < pc->to; k++)
            pc->size += kept_put_symbol(p, pc->sect->syms[k], NULL);
    }
}

// Requires: emit.   Provides: Section.reloc_size of all sections.
void measure_kept_relocs(Program *p) {
    if (!p->external)
        return;
    const Segment *segs[] = {&p->seg_text, &p->seg_rodata, &p->seg_relrodata, &p->seg_data};
    for (u32 i = 0; i < COUNT_OF(segs); i++)
        add_pieces(p, segs[i]);
    parallel_for(p->pool, p->kept_pieces.n, 1, measure_pieces, p);
    for (u32 i = 0; i < p->kept_pieces.n; i++) {
        KeptPiece *pc = &p->kept_pieces.v[i];
        Section *sect = p->sects.v[pc->sect->id];
        pc->off = sect->reloc_size;
        sect->reloc_size += pc->size;
    }
    dwarf_measure_kept(p);
}

// Writes the records of its pieces.
static void write_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    const Program *p = arg;
    Arena *a = worker_arena(p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        const KeptPiece *pc = &p->kept_pieces.v[i];
        size_t mark = arena_mark(a);
        u8 *out = arena_alloc_raw(a, pc->size, 16);
        for (u64 k = pc->from, off = 0; k < pc->to; k++)
            off += kept_put_symbol(p, pc->sect->syms[k], out + off);
        output_write(p->output, pc->sect->reloc_off + pc->off, out, pc->size);
        arena_release(a, mark);
    }
}

// Requires: Section.reloc_off, numbers of symbols.
void write_kept_relocs(Program *p) {
    if (!p->external)
        return;
    parallel_for(p->pool, p->kept_pieces.n, 1, write_pieces, p);
    dwarf_write_kept(p);
}
