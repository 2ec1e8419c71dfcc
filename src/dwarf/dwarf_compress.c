// dwarf_compress.c - contents of whole sections: into the output file as they are, or compressed.
//
// WHAT  Go compresses debugging sections by default. In Mach-O and PE a compressed section is called
//       .zdebug_* and holds "ZLIB", the size before compression (8 bytes, big-endian) and a zlib stream; in
//       ELF it keeps its name and starts with an Elf64_Chdr. A section that would not shrink stays as it is.
//       The compressor is Go's, choice for choice (deflate.h).
// HOW   Sections are compressed in parallel, the biggest first. The compressor asks for its input block by
//       block, and gets it piece by piece: relocated straight into its window where a whole piece fits, else
//       through a buffer of one piece. So no section is ever in memory as a whole.
// REF   cmd/link/internal/ld/dwarf.go: dwarfcompress; cmd/link/internal/ld/data.go: compressSyms.
#include "base/diag.h"
#include "base/sort.h"
#include "dwarf/deflate.h"
#include "dwarf/dwarf_state.h"
#include "format/format.h"

enum { ZDEBUG_HEAD = 12, ELF_CHDR = 24, ELFCOMPRESS_ZLIB = 1 };

// ---- as it is ---------------------------------------------------------------------------------------------

typedef struct {
    const Dwarf *d;
    const DwSection *s;
    u8 *out;
} WriteJob;

// Writes the bytes of its pieces.
static void write_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const WriteJob *job = arg;
    for (u64 i = begin; i < end; i++) {
        const DwPiece *piece = &job->s->pieces.v[i];
        job->s->write(job->d, piece, job->out + piece->off);
    }
}

void dwarf_write_section(const Program *p, const Section *sect, u8 *out) {
    if (sect->content) {
        memcpy(out, sect->content, sect->size);
        return;
    }
    const Dwarf *d = p->dwarf;
    for (u32 i = 0; i < DW_NSECT; i++) {
        const DwSection *s = &d->sects[i];
        if (s->sect != sect)
            continue;
        WriteJob job = {d, s, out};
        parallel_for(p->pool, s->pieces.n, 1, write_pieces, &job);
        return;
    }
    bug("section " STR_FMT " is not one of debugging information", STR_ARG(sect->name));
}

// ---- compressed -------------------------------------------------------------------------------------------

// A section that is read from front to back.
typedef struct {
    const Dwarf *d;
    const DwSection *s;
    u32 piece;   // next piece to write
    u8 *buf;     // room for the biggest piece
    u64 from, n; // what is left of the piece in buf
} Reader;

// DeflateFill: the next n bytes.
static void read_section(void *ctx, u8 *dst, u64 off, u32 n) {
    (void)off;
    Reader *r = ctx;
    while (n) {
        if (!r->n) {
            const DwPiece *piece = &r->s->pieces.v[r->piece++];
            file_trim();
            if (piece->size <= n) {
                r->s->write(r->d, piece, dst);
                dst += piece->size;
                n -= (u32)piece->size;
                continue;
            }
            r->s->write(r->d, piece, r->buf);
            r->from = 0;
            r->n = piece->size;
        }
        u32 take = (u32)MIN(n, r->n);
        memcpy(dst, r->buf + r->from, take);
        r->from += take;
        r->n -= take;
        dst += take;
        n -= take;
    }
}

static u64 biggest_piece(const DwSection *s) {
    u64 size = 0;
    for (u32 i = 0; i < s->pieces.n; i++)
        size = MAX(size, s->pieces.v[i].size);
    return size;
}

static u32 head_size(const Program *p) {
    return p->format->zdebug_names ? ZDEBUG_HEAD : ELF_CHDR;
}

static void write_head(const Program *p, const DwSection *s, u8 *out) {
    if (p->format->zdebug_names) {
        memcpy(out, "ZLIB", 4);
        put_u64be(out + 4, s->size);
    } else {
        put_u32le(out, ELFCOMPRESS_ZLIB);
        put_u32le(out + 4, 0);
        put_u64le(out + 8, s->size);
        put_u64le(out + 16, 1); // alignment
    }
}

typedef struct {
    Dwarf *d;
    const SortPair *jobs; // val: number of the section
} CompressJobs;

// Writes packed_size of its sections and the bytes at packed.
static void compress_sections(void *arg, u64 begin, u64 end, u32 worker) {
    CompressJobs *jobs = arg;
    const Program *p = jobs->d->p;
    Arena *a = worker_arena(p->pool, worker);
    u32 head = head_size(p);
    for (u64 i = begin; i < end; i++) {
        DwSection *s = &jobs->d->sects[jobs->jobs[i].val];
        if (s->size <= head)
            continue;
        size_t mark = arena_mark(a);
        Reader r = {.d = jobs->d, .s = s, .buf = arena_alloc_raw(a, biggest_piece(s), 8)};
        u64 n = go_deflate_stream(p->rel->deflate, a, read_section, &r, s->size, s->packed + head,
                                  s->size - head);
        arena_release(a, mark);
        if (!n)
            continue;
        write_head(p, s, s->packed);
        s->packed_size = head + n;
    }
}

// Gives the section its compressed contents and name.
static void replace_section(Program *p, DwSection *s) {
    Section *sect = s->sect;
    if (p->format->zdebug_names) {
        Str rest = str_slice(sect->name, sizeof ".debug_" - 1, sect->name.n);
        sect->name = arena_printf(&p->arena, ".zdebug_" STR_FMT, STR_ARG(rest));
    }
    sect->align = 1;
    sect->size = s->packed_size;
    sect->compressed = true;
    sect->content = s->packed;
}

void dwarf_compress(Program *p) {
    Dwarf *d = p->dwarf;
    if (!d || !p->opt->compressdwarf)
        return;
    SortPair jobs[DW_NSECT] = {0};
    u32 n = 0;
    for (u32 i = 0; i < DW_NSECT; i++) {
        DwSection *s = &d->sects[i];
        if (!s->sect)
            continue;
        s->packed = arena_alloc_raw(&p->arena, s->size + DEFLATE_SLACK, 16);
        jobs[n++] = (SortPair){.key = ~s->size, .val = i};
    }
    sort_u64_pairs(&d->stack_arena, jobs, n);
    CompressJobs arg = {d, jobs};
    parallel_for(p->pool, n, 1, compress_sections, &arg);

    u64 addr = p->seg_dwarf.addr;
    for (u32 i = 0; i < DW_NSECT; i++) {
        DwSection *s = &d->sects[i];
        if (!s->sect)
            continue;
        if (s->packed_size)
            replace_section(p, s);
        s->sect->addr = addr;
        addr += s->sect->size;
    }
    p->seg_dwarf.size = addr - p->seg_dwarf.addr;
}
