// pe_base_relocs.c - which pointers the loader adjusts when the image is not where it was linked for (.reloc).
//
// WHAT  A block for each page of memory with such pointers, by address:
//
//         RVA of the page (4 bytes), size of the block (4), for each pointer: type << 12 | offset in the page (2)
//
//       A block has an even number of entries; one of zeros is added if need be.
// HOW   Every relocation that is an address counts, in the order of symbols and in that of their records. Symbols are
//       looked through in parallel, in pieces, and these joined in the order of addresses. Within a symbol records may be
//       out of order; so, if any are, entries are sorted by page.
// REF   Microsoft, "PE Format": The .reloc Section; cmd/link/internal/ld/pe.go: addPEBaseReloc.
#include "base/diag.h"
#include "base/file.h"
#include "base/sort.h"
#include "format/pe/pe.h"

enum {
    BASED_HIGHLOW = 3, // 4 bytes
    BASED_DIR64 = 10,  // 8 bytes
    PAGE_SIZE = 4096,
    BLOCK_HEAD = 8,
    PIECE = 2048, // symbols
};

// A pointer: RVA << 4 | type.
typedef VEC(u64) Entries;

typedef struct {
    const SymId *syms;
    u32 n;
    u64 addr;        // of the first one
    Entries entries;
} Piece;

typedef struct {
    Program *p;
    VEC(Piece) pieces;
} Scan;

bool pe_needs_base_relocs(const Program *p) {
    return !p->pe->cpu->fixed || p->opt->buildmode == BUILDMODE_PIE;
}

static void scan_symbol(const Program *p, SymId s, Arena *a, Entries *out) {
    RelocList rl = sym_relocs(p, s);
    u64 rva = sym_addr(p, s) - p->image_base;
    for (u32 i = 0; i < rl.n; i++) {
        if (reloc_type(rl, i) != R_ADDR)
            continue;
        Reloc r = reloc_get(p, rl, i);
        if (!r.siz || !r.sym.i)
            continue;
        if (r.siz != 4 && r.siz != 8)
            error_at(s.i, STR_FMT ": unsupported relocation size %u", STR_ARG(sym_name(p, s)), r.siz);
        vec_push(a, out, (rva + (u64)r.off) << 4 | (r.siz == 4 ? BASED_HIGHLOW : BASED_DIR64));
    }
}

// Writes its pieces and the worker's arena.
static void scan_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    const Scan *sc = arg;
    Arena *a = worker_arena(sc->p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        Piece *pc = &sc->pieces.v[i];
        for (u32 k = 0; k < pc->n; k++)
            scan_symbol(sc->p, pc->syms[k], a, &pc->entries);
    }
}

static void add_pieces(Scan *sc, const Section *sect) {
    for (u32 i = 0; i < sect->nsym; i += PIECE) {
        Piece pc = {.syms = sect->syms + i, .n = MIN(sect->nsym - i, PIECE)};
        vec_push(&sc->p->arena, &sc->pieces, pc);
    }
}

static bool is_sorted(const u64 *v, u32 n) {
    for (u32 i = 1; i < n; i++)
        if (v[i] / (16 * PAGE_SIZE) < v[i - 1] / (16 * PAGE_SIZE))
            return false;
    return true;
}

static void sort_by_page(Program *p, u64 *v, u32 n) {
    Arena *a = worker_arena(p->pool, 0);
    size_t mark = arena_mark(a);
    SortPair *pairs = arena_array_raw(a, SortPair, n);
    u64 *old = arena_array_raw(a, u64, n);
    memcpy(old, v, n * sizeof *v);
    for (u32 i = 0; i < n; i++)
        pairs[i] = (SortPair){.key = v[i] / (16 * PAGE_SIZE), .val = i};
    sort_u64_pairs(a, pairs, n);
    for (u32 i = 0; i < n; i++)
        v[i] = old[pairs[i].val];
    arena_release(a, mark);
}

static Entries join_pieces(Scan *sc) {
    Entries all = {0};
    u32 total = 0;
    for (u32 i = 0; i < sc->pieces.n; i++)
        total += sc->pieces.v[i].entries.n;
    vec_reserve(&sc->p->arena, &all, total);
    for (u32 i = 0; i < sc->pieces.n; i++)
        vec_append(&sc->p->arena, &all, sc->pieces.v[i].entries.v, sc->pieces.v[i].entries.n);
    if (!is_sorted(all.v, all.n))
        sort_by_page(sc->p, all.v, all.n);
    return all;
}

static void put_blocks(const Entries *all, ByteBuf *b) {
    for (u32 i = 0, end; i < all->n; i = end) {
        u64 page = all->v[i] / (16 * PAGE_SIZE);
        for (end = i + 1; end < all->n && all->v[end] / (16 * PAGE_SIZE) == page;)
            end++;
        u32 n = end - i, padded = n + n % 2;
        buf_u32(b, (u32)(page * PAGE_SIZE));
        buf_u32(b, BLOCK_HEAD + 2 * padded);
        for (u32 k = i; k < end; k++)
            buf_u16(b, (u16)((all->v[k] & 15) << 12 | (all->v[k] >> 4) % PAGE_SIZE));
        buf_zeros(b, 2 * (padded - n));
    }
}

void pe_layout_base_relocs(Program *p) {
    Scan sc = {.p = p};
    const Segment *segs[] = {&p->seg_text, &p->seg_rodata, &p->seg_data}; // in the order of addresses
    for (u32 i = 0; i < COUNT_OF(segs); i++)
        for (u32 k = 0; k < segs[i]->sects.n; k++)
            add_pieces(&sc, segs[i]->sects.v[k]);
    parallel_for(p->pool, sc.pieces.n, 1, scan_pieces, &sc);
    Entries all = join_pieces(&sc);
    PeState *pe = p->pe;
    put_blocks(&all, &pe->base_relocs);
    pe->reloc_section = pe_add_section(p, STR(".reloc"), pe->base_relocs.n, pe->base_relocs.n,
                                       SCN_INITIALIZED | SCN_READ | SCN_DISCARDABLE);
    const PeSection *s = pe_section(pe, pe->reloc_section);
    pe->dirs[PE_DIR_BASE_RELOC] = (PeDirectory){s->rva, s->size};
}

void pe_write_base_relocs(const Program *p) {
    const PeState *pe = p->pe;
    if (pe->reloc_section)
        output_write(p->output, pe->sections[pe->reloc_section - 1].fileoff, pe->base_relocs.v, pe->base_relocs.n);
}
