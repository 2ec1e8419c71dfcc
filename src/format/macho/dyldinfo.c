// dyldinfo.c - opcodes that tell dyld which pointers to change when it loads the file (LC_DYLD_INFO_ONLY).
//
// WHAT  Two byte codes for small state machines. A rebase record sets segment and offset and adds the slide
//       to one pointer:
//
//         0x20|segment, uleb offset, 0x51
//
//       A bind record names the library by its position among the LC_LOAD_DYLIB commands and the symbol, and
//       stores its address:
//
//         0x70|segment, uleb offset, 0x10|ordinal, 0x40|flags, "_name\0", 0x90
//
//       Both machines could express runs of pointers in fewer bytes; the stock linker writes one record a
//       pointer, in the order in which it found them.
// HOW   A big program has half a million rebase records. Their sizes depend on addresses, so that the list is
//       cut in pieces that are measured and later written in parallel.
// REF   mach-o/loader.h: struct dyld_info_command; cmd/link/internal/ld/macho.go: machoDyldInfo.
#include "base/diag.h"
#include "format/macho/macho.h"

enum {
    REBASE_SET_TYPE_POINTER = 0x11,
    REBASE_SET_SEGMENT_AND_OFFSET = 0x20,
    REBASE_DO_ONCE = 0x51,
    REBASE_ALIGN = 8,

    BIND_SET_DYLIB_ORDINAL_IMM = 0x10,
    BIND_SET_DYLIB_ORDINAL_ULEB = 0x20,
    BIND_SET_DYLIB_SPECIAL_IMM = 0x30,
    BIND_SET_SYMBOL = 0x40,
    BIND_SET_TYPE_POINTER = 0x51,
    BIND_SET_SEGMENT_AND_OFFSET = 0x70,
    BIND_DO = 0x90,
    BIND_ALIGN = 16,
    BIND_FLAG_WEAK = 1,
    DYLIB_FLAT_LOOKUP = -2, // any library

    PIECE = 8192, // rebase records that are measured or written at once
};

// Number of the segment in the file: __PAGEZERO is 0.
static u8 segment_number(const Program *p, const Segment *seg) {
    if (seg == &p->seg_text)
        return 1;
    return seg == &p->seg_data && p->seg_relrodata.size ? 3 : 2;
}

static u64 segment_offset(const Program *p, SymId s, u64 off, const Segment **seg) {
    const Section *sect = sym_sect(p, s);
    if (!sect) { // a pointer in thread-local data, for example
        error_at(s.i, STR_FMT ": pointer in a symbol without section", STR_ARG(sym_name(p, s)));
        *seg = &p->seg_data;
        return 0;
    }
    *seg = sect->seg;
    return sym_addr(p, s) + off - (*seg)->addr;
}

// ---- rebase -----------------------------------------------------------------------------------------------

typedef struct {
    const Program *p;
    u64 *piece_off; // sizes, then offsets
} Rebase;

static u64 rebase_pieces(const Program *p) {
    return (p->dyn_pointers.n + PIECE - 1) / PIECE;
}

static void measure_rebase(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Rebase *rb = arg;
    const Program *p = rb->p;
    for (u64 i = begin; i < end; i++) {
        u64 size = 0, to = MIN((i + 1) * PIECE, p->dyn_pointers.n);
        for (u64 j = i * PIECE; j < to; j++) {
            const Segment *seg;
            DynPointer d = p->dyn_pointers.v[j];
            size += 2 + uleb_size(segment_offset(p, d.sym, d.off, &seg));
        }
        rb->piece_off[i] = size;
    }
}

u64 macho_rebase_size(Program *p) {
    if (!format_is_pie(p))
        return 0;
    u64 n = rebase_pieces(p);
    p->macho->rebase_off = arena_array(&p->arena, u64, n + 1);
    Rebase rb = {.p = p, .piece_off = p->macho->rebase_off};
    parallel_for(p->pool, n, 1, measure_rebase, &rb);
    u64 off = 1;
    for (u64 i = 0; i < n; i++) {
        u64 size = rb.piece_off[i];
        rb.piece_off[i] = off;
        off += size;
    }
    return align_up(off + 1, REBASE_ALIGN);
}

static void write_rebase(void *arg, u64 begin, u64 end, u32 worker) {
    enum { RECORD_MAX = 2 + 10 };
    const Program *p = arg;
    Arena *a = worker_arena(p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        size_t mark = arena_mark(a);
        u64 to = MIN((i + 1) * PIECE, p->dyn_pointers.n);
        u8 *bytes = arena_array_raw(a, u8, PIECE * RECORD_MAX), *out = bytes;
        for (u64 j = i * PIECE; j < to; j++) {
            const Segment *seg;
            DynPointer d = p->dyn_pointers.v[j];
            u64 off = segment_offset(p, d.sym, d.off, &seg);
            *out++ = REBASE_SET_SEGMENT_AND_OFFSET | segment_number(p, seg);
            out = put_uleb(out, off);
            *out++ = REBASE_DO_ONCE;
        }
        u64 fileoff = p->macho->rebase.fileoff + p->macho->rebase_off[i];
        output_write(p->output, fileoff, bytes, (u64)(out - bytes));
        arena_release(a, mark);
    }
}

// What follows the last record are zeros: the opcode that ends the list.
void macho_write_rebase(Program *p) {
    if (!p->macho->rebase.size)
        return;
    output_write(p->output, p->macho->rebase.fileoff, &(u8){REBASE_SET_TYPE_POINTER}, 1);
    parallel_for(p->pool, rebase_pieces(p), 1, write_rebase, p);
}

// ---- bind -------------------------------------------------------------------------------------------------

static i32 library_ordinal(const Program *p, const DynSym *d) {
    for (u32 i = 0; i < p->dylibs.n; i++) {
        if (str_eq(p->dylibs.v[i].path, d->lib))
            return (i32)i + 1;
    }
    return DYLIB_FLAT_LOOKUP;
}

// A different choice from the stock linker's: it keeps four bits of ordinals from 16 to 127, so that the
// symbol is looked for in the wrong library (docs/differences.md).
static void put_ordinal(ByteBuf *b, i32 ordinal) {
    if (ordinal < 0) {
        buf_u8(b, BIND_SET_DYLIB_SPECIAL_IMM | (ordinal & 0xf));
    } else if (ordinal < 16) {
        buf_u8(b, (u8)(BIND_SET_DYLIB_ORDINAL_IMM | ordinal));
    } else {
        buf_u8(b, BIND_SET_DYLIB_ORDINAL_ULEB);
        buf_uleb(b, (u64)ordinal);
    }
}

static void put_binds(const Program *p, ByteBuf *b) {
    buf_u8(b, BIND_SET_TYPE_POINTER);
    for (u32 i = 0; i < p->macho->binds.n; i++) {
        const MachoBind *bind = &p->macho->binds.v[i];
        const DynSym *d = sym_dyn(p, bind->target);
        const Segment *seg;
        u64 off = segment_offset(p, bind->sym, (u64)bind->off, &seg);
        buf_u8(b, BIND_SET_SEGMENT_AND_OFFSET | segment_number(p, seg));
        buf_uleb(b, off);
        put_ordinal(b, library_ordinal(p, d));
        buf_u8(b, BIND_SET_SYMBOL | (d->weak ? BIND_FLAG_WEAK : 0));
        buf_u8(b, '_');
        buf_str(b, sym_extname(p, bind->target));
        buf_u8(b, 0);
        buf_u8(b, BIND_DO);
    }
    buf_u8(b, 0);
}

u64 macho_bind_size(Program *p) {
    if (!format_is_pie(p))
        return 0;
    ByteBuf *b = &p->macho->bind_ops;
    b->arena = &p->arena;
    put_binds(p, b);
    return align_up(b->n, BIND_ALIGN);
}

void macho_write_bind(const Program *p) {
    if (p->macho->bind.size)
        output_write(p->output, p->macho->bind.fileoff, p->macho->bind_ops.v, p->macho->bind_ops.n);
}
