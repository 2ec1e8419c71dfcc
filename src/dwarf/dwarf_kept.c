// dwarf_kept.c - debugging information in an object: references are kept as relocations.
//
// WHAT  Another linker joins the sections with those of C, so no reference from one section to another, or to code, is
//       final: the offset of an entry, of a list, of a line table; the address of a function. An index, a length or a
//       distance is.
// HOW   What writes a piece says where a reference stands (dwarf_keep_offset, dwarf_keep_address); see DwKept. When
//       the piece is made for the file that is only counted. When all is counted and symbols have numbers, the piece
//       is made once more, for the records, and its bytes are thrown away.
// REF   cmd/link/internal/ld/data.go: relocsym, extreloc, R_DWARFSECREF and R_ADDR.
#include "base/diag.h"
#include "base/file.h"
#include "dwarf/dwarf_state.h"
#include "format/format.h"
#include "format/kept_reloc.h"

struct DwKept {
    const Dwarf *d;
    const u8 *start; // of the piece's bytes
    u64 off;         // of the piece in its section
    u8 *out;         // for records; NULL: they are counted
    u64 size;        // bytes of records so far
};

static void keep(DwKept *kept, u8 *at, KeptReloc k) {
    const Program *p = kept->d->p;
    k.off = kept->off + (u64)(at - kept->start);
    k.debug = true;
    i64 number = p->format->kept_number(p, &k);
    memcpy(at, &number, k.siz); // little-endian
    kept->size += p->format->put_kept(p, &k, kept->out ? kept->out + kept->size : NULL);
}

void dwarf_keep_offset(DwKept *kept, u8 *at, u32 sect, u32 siz, i64 off) {
    if (kept)
        keep(kept, at, (KeptReloc){.type = R_DWARFSECREF, .siz = (u8)siz, .sect = kept->d->sects[sect].sect, .add = off});
}

void dwarf_keep_address(DwKept *kept, u8 *at, SymId sym, u32 siz, i64 add) {
    if (!kept)
        return;
    KeptReloc k = {.type = R_ADDR, .siz = (u8)siz, .sym = sym, .add = add};
    kept_fold_carrier(kept->d->p, &k);
    keep(kept, at, k);
}

void dwarf_write_piece(const Dwarf *d, const DwSection *s, DwPiece *piece, u8 *out) {
    DwKept kept = {.d = d, .start = out, .off = piece->off};
    s->write(d, piece, out, d->p->external ? &kept : NULL);
    piece->kept = kept.size;
}

void dwarf_measure_kept(Program *p) {
    for (u32 i = 0; p->dwarf && i < DW_NSECT; i++) {
        const DwSection *s = &p->dwarf->sects[i];
        for (u32 k = 0; s->sect && k < s->pieces.n; k++)
            s->sect->reloc_size += s->pieces.v[k].kept;
    }
}

typedef struct {
    const DwSection *s;
    const Dwarf *d;
    const u64 *place; // by piece: of its first record in the file
} WriteJob;

// Writes the records of its pieces.
static void write_records(void *arg, u64 begin, u64 end, u32 worker) {
    const WriteJob *job = arg;
    const Program *p = job->d->p;
    Arena *a = worker_arena(p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        const DwPiece *piece = &job->s->pieces.v[i];
        if (!piece->kept)
            continue;
        size_t mark = arena_mark(a);
        u8 *bytes = arena_alloc_raw(a, piece->size, 16);
        DwKept kept = {job->d, bytes, piece->off, arena_alloc_raw(a, piece->kept, 16), 0};
        job->s->write(job->d, piece, bytes, &kept);
        output_write(p->output, job->place[i], kept.out, kept.size);
        arena_release(a, mark);
    }
}

void dwarf_write_kept(Program *p) {
    for (u32 i = 0; p->dwarf && i < DW_NSECT; i++) {
        const DwSection *s = &p->dwarf->sects[i];
        if (!s->sect)
            continue;
        u64 *place = arena_array_raw(&p->arena, u64, s->pieces.n), next = s->sect->reloc_off;
        for (u32 k = 0; k < s->pieces.n; k++) {
            place[k] = next;
            next += s->pieces.v[k].kept;
        }
        WriteJob job = {s, p->dwarf, place};
        parallel_for(p->pool, s->pieces.n, 1, write_records, &job);
    }
}
