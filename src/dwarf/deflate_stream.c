// deflate_stream.c - zlib framing around the two DEFLATE encoders: header, window, checksum (RFC 1950).
//
//     78 01            deflate with a window of 32 KiB, fastest level, no dictionary
//     blocks           one or more for each 65535 bytes of input, and an empty one that ends the stream
//     Adler-32         of the input, big-endian
//
// The window holds the history that matches may reach, and the block in work. The 32 KiB at the end of a
// block move to the front before the next block comes in; that costs 1% of the time, and the memory stays
// in the second-level cache.

#include "dwarf/deflate.h"

#include "dwarf/adler32.h"
#include "dwarf/deflate_huffman.h"

typedef struct {
    u8 before[16]; // room for reads of whole words
    u8 bytes[DEFLATE_HISTORY + DEFLATE_BLOCK];
    u8 behind[33];
} Window;

typedef struct {
    const u8 *in;
} MemorySource;

static void fill_from_memory(void *ctx, u8 *dst, u64 off, u32 n) {
    const MemorySource *m = ctx;
    memcpy(dst, m->in + off, n);
}

static void write_trailer(BitWriter *w, u32 adler) {
    if (!bits_room(w, 32))
        return;
    put_u32be(w->p, adler);
    w->p += 4;
}

u64 go_deflate_stream(DeflateKind kind, Arena *scratch, DeflateFill *fill, void *ctx, u64 n, u8 *out,
                      u64 limit) {
    if (limit < 2)
        return 0;
    size_t mark = arena_mark(scratch);
    Window *window = arena_new(scratch, Window);
    Deflate126 *d126 = kind == DEFLATE_GO126 ? deflate126_new(scratch) : NULL;
    Deflate127 *d127 = kind == DEFLATE_GO127 ? deflate127_new(scratch) : NULL;
    u8 *block = window->bytes + DEFLATE_HISTORY;
    u32 adler = ADLER32_INIT;

    BitWriter w = {.p = out + 2, .limit = out + limit};
    out[0] = 0x78;
    out[1] = 0x01;
    for (u64 off = 0; off < n && !w.full; off += DEFLATE_BLOCK) {
        u32 size = (u32)MIN(n - off, (u64)DEFLATE_BLOCK);
        bool last = off + size == n;
        if (off > 0)
            memcpy(window->bytes, window->bytes + DEFLATE_BLOCK, DEFLATE_HISTORY);
        fill(ctx, block, off, size);
        adler = adler32_update(adler, block, size);
        if (d126)
            deflate126_block(d126, &w, block, size, last);
        else
            deflate127_block(d127, &w, block, size, last);
    }
    if (d126)
        deflate126_end(&w);
    else
        deflate127_end(&w);
    write_trailer(&w, adler);
    arena_release(scratch, mark);

    u64 size = (u64)(w.p - out);
    return w.full || size >= limit ? 0 : size;
}

u64 go_deflate(DeflateKind kind, Arena *scratch, const u8 *in, u64 n, u8 *out, u64 limit) {
    MemorySource m = {in};
    return go_deflate_stream(kind, scratch, fill_from_memory, &m, n, out, limit);
}
