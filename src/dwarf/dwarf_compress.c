// dwarf_compress.c - contents of whole sections: into the output file as they are, or compressed.
//
// WHAT    Go compresses debugging sections by default. In Mach-O and PE a compressed section is called
//         .zdebug_* and holds "ZLIB", the size before compression (8 bytes, big-endian) and a zlib stream; in
//         ELF it keeps its name and starts with an Elf64_Chdr. A section that would not shrink stays as it is.
//         The compressor is Go's, choice for choice (deflate.h).
// STREAM  A section that is compressed is a stream: pieces are made in a ring of memory, in any order as far as
//         room has been kept for them, and packed from front to back, block by block. Room is kept in the order
//         of the section and given back when the whole piece has been packed. A piece is not cut at the ring's
//         end but moves to its start.
//         The ring has room for a block and four of the biggest pieces: then there is either room for the next
//         piece, or enough for a block, or a piece that somebody is making. .debug_frame, whose pieces come in
//         another order, has a ring of its own size.
// REF     cmd/link/internal/ld/dwarf.go: dwarfcompress; cmd/link/internal/ld/data.go: compressSyms.
#include "base/diag.h"
#include "base/file.h"
#include "flate/deflate.h"
#include "dwarf/dwarf_state.h"
#include "format/format.h"

enum { ZDEBUG_HEAD = 12, ELF_CHDR = 24, ELFCOMPRESS_ZLIB = 1 };
enum { COPY_BYTES = 1 << 20, RING_MIN = 1 << 18 };

struct DwStream {
    const DwSection *s;
    u8 *ring;
    u64 cap;         // bytes of the ring
    u64 head, tail;  // ends of the bytes in use, not reduced to the ring's size
    u32 reserved;    // pieces that have room; this and below under lock
    u32 made;        // pieces from the start without gap
    u64 made_bytes;  // their bytes
    bool busy;       // somebody packs
    u64 *place;      // by piece: where it begins; not reduced
    bool *is_made;   // by piece
    u32 piece;       // that is packed next; this and below: whoever packs
    u64 from;        // what is packed of it
    u64 packed_from; // what is packed of the section
    DeflateStream *deflate;
    u8 *packed;      // head, then the zlib stream
    u64 packed_size; // of both; 0: it does not shrink
};

static u64 section_fileoff(const Program *p, const Section *sect) {
    return p->seg_dwarf.fileoff + (sect->addr - p->seg_dwarf.addr);
}

// Writes a piece into the file.
static void write_piece(const Program *p, const DwSection *s, DwPiece *piece, Arena *scratch) {
    size_t mark = arena_mark(scratch);
    u8 *out = arena_alloc_raw(scratch, piece->size, 16);
    dwarf_write_piece(p->dwarf, s, piece, out);
    output_write(p->output, section_fileoff(p, s->sect) + piece->off, out, piece->size);
    arena_release(scratch, mark);
}

// ---- streams ----------------------------------------------------------------------------------------------

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

static u64 biggest_piece(const DwSection *s) {
    u64 size = 0;
    for (u32 i = 0; i < s->pieces.n; i++)
        size = MAX(size, s->pieces.v[i].size);
    return size;
}

static DwStream *open_stream(Program *p, DwSection *s, bool in_order) {
    Arena *a = &p->arena;
    u32 head = head_size(p);
    u64 limit = s->size > head ? s->size - head : 0;
    DwStream *st = arena_new(a, DwStream);
    st->s = s;
    st->cap = in_order ? MIN(s->size, MAX(4 * biggest_piece(s) + DEFLATE_BLOCK_MAX, RING_MIN)) : s->size;
    st->ring = arena_alloc_raw(a, st->cap, 64);
    st->place = arena_array_raw(a, u64, s->pieces.n);
    st->is_made = arena_array(a, bool, s->pieces.n);
    arena_expect_dense(a, s->size / 4);
    st->packed = arena_alloc_raw(a, head + limit + DEFLATE_SLACK, 16);
    st->deflate = deflate_open(p->rel->deflate, a, s->size, st->packed + head, limit);
    write_head(p, s, st->packed);
    if (!in_order) {
        for (u32 i = 0; i < s->pieces.n; i++)
            st->place[i] = s->pieces.v[i].off;
        st->reserved = s->pieces.n;
    }
    return st;
}

void dwarf_open_streams(Program *p) {
    Dwarf *d = p->dwarf;
    if (!d || !dwarf_is_compressed(p))
        return;
    for (u32 i = 0; i < DW_NSECT; i++)
        if (d->sects[i].sect && d->sects[i].size)
            d->sects[i].stream = open_stream(p, &d->sects[i], i != DW_FRAME);
}

const DwarfItem *dwarf_items(const Program *p, u32 *n) {
    *n = p->dwarf ? p->dwarf->items.n : 0;
    return p->dwarf ? p->dwarf->items.v : NULL;
}

bool dwarf_reserve(const Program *p, const DwarfItem *item) {
    DwStream *st = p->dwarf->sects[item->sect].stream;
    if (!st || item->piece < st->reserved)
        return true;
    assert(item->piece == st->reserved);
    u64 size = st->s->pieces.v[item->piece].size, place = st->head, rest = st->cap - place % st->cap;
    if (rest < size)
        place += rest;
    if (place + size - st->tail > st->cap)
        return false;
    st->place[st->reserved++] = place;
    st->head = place + size;
    return true;
}

void dwarf_make(const Program *p, const DwarfItem *item, Arena *scratch) {
    const DwSection *s = &p->dwarf->sects[item->sect];
    DwPiece *piece = &s->pieces.v[item->piece];
    const DwStream *st = s->stream;
    if (st)
        dwarf_write_piece(p->dwarf, s, piece, st->ring + st->place[item->piece] % st->cap);
    else
        write_piece(p, s, piece, scratch);
}

void dwarf_commit(const Program *p, const DwarfItem *item) {
    DwStream *st = p->dwarf->sects[item->sect].stream;
    if (!st)
        return;
    st->is_made[item->piece] = true;
    for (; st->made < st->s->pieces.n && st->is_made[st->made]; st->made++)
        st->made_bytes += st->s->pieces.v[st->made].size;
}

static bool has_block(const DwStream *st) {
    u32 next = deflate_next(st->deflate);
    return next && st->made_bytes - st->packed_from >= next;
}

DwStream *dwarf_claim(const Program *p) {
    // Later sections first: .debug_info, .debug_loc and .debug_ranges are the big ones.
    for (u32 i = DW_NSECT; p->dwarf && i-- > 0;) {
        DwStream *st = p->dwarf->sects[i].stream;
        if (st && !st->busy && has_block(st)) {
            st->busy = true;
            return st;
        }
    }
    return NULL;
}

void dwarf_pack(DwStream *st, Arena *scratch) {
    u32 n = deflate_next(st->deflate);
    for (u8 *dst = deflate_room(st->deflate); n;) {
        u64 size = st->s->pieces.v[st->piece].size;
        u32 take = (u32)MIN(n, size - st->from);
        memcpy(dst, st->ring + st->place[st->piece] % st->cap + st->from, take);
        dst += take;
        n -= take;
        st->from += take;
        if (st->from == size) {
            st->piece++;
            st->from = 0;
        }
    }
    deflate_block(st->deflate, scratch);
}

void dwarf_release(DwStream *st) {
    const DwSection *s = st->s;
    st->busy = false;
    bool all = st->piece == s->pieces.n;
    st->packed_from = all ? s->size : s->pieces.v[st->piece].off + st->from;
    st->tail = all || st->piece >= st->reserved ? st->head : st->place[st->piece];
}

bool dwarf_all_packed(const Program *p) {
    for (u32 i = 0; p->dwarf && i < DW_NSECT; i++) {
        const DwStream *st = p->dwarf->sects[i].stream;
        if (st && (st->busy || deflate_next(st->deflate)))
            return false;
    }
    return true;
}

// ---- sizes and the rest -----------------------------------------------------------------------------------

// Gives the section the size of its compressed contents, and the name.
static void replace_section(Program *p, const DwStream *st) {
    Section *sect = st->s->sect;
    if (p->format->zdebug_names) {
        Str rest = str_slice(sect->name, sizeof ".debug_" - 1, sect->name.n);
        sect->name = arena_printf(&p->arena, ".zdebug_" STR_FMT, STR_ARG(rest));
    }
    sect->compressed = true;
    sect->align = 1;
    sect->size = st->packed_size;
}

void dwarf_close_streams(Program *p) {
    Dwarf *d = p->dwarf;
    if (!d || !dwarf_is_compressed(p))
        return;
    u64 addr = p->seg_dwarf.addr;
    for (u32 i = 0; i < DW_NSECT; i++) {
        const DwSection *s = &d->sects[i];
        DwStream *st = s->stream;
        if (!s->sect)
            continue;
        u64 n = st ? deflate_close(st->deflate) : 0;
        if (n) {
            st->packed_size = head_size(p) + n;
            replace_section(p, st);
        }
        addr = p->format->file_align ? align_up(addr, p->format->file_align) : addr;
        s->sect->addr = addr;
        addr += s->sect->size;
    }
    p->seg_dwarf.size = p->seg_dwarf.filesize = addr - p->seg_dwarf.addr;
}

typedef struct {
    const Program *p;
    const DwSection *s;
} WriteJob;

// Writes parts of compressed bytes.
static void copy_packed(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const WriteJob *job = arg;
    const DwStream *st = job->s->stream;
    for (u64 i = begin; i < end; i++) {
        u64 off = i * COPY_BYTES;
        output_write(job->p->output, section_fileoff(job->p, job->s->sect) + off, st->packed + off,
                     MIN(st->packed_size - off, COPY_BYTES));
    }
}

// Writes pieces as they are.
static void write_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    const WriteJob *job = arg;
    Arena *a = worker_arena(job->p->pool, worker);
    for (u64 i = begin; i < end; i++)
        write_piece(job->p, job->s, &job->s->pieces.v[i], a);
}

void dwarf_write_sections(Program *p) {
    Dwarf *d = p->dwarf;
    for (u32 i = 0; d && i < DW_NSECT; i++) {
        WriteJob job = {p, &d->sects[i]};
        const DwStream *st = job.s->stream;
        if (!st)
            continue;
        if (st->packed_size)
            parallel_for(p->pool, (st->packed_size + COPY_BYTES - 1) / COPY_BYTES, 1, copy_packed, &job);
        else
            parallel_for(p->pool, job.s->pieces.n, 1, write_pieces, &job);
    }
}
