// deflate_stream.c - zlib framing around the DEFLATE encoders: header, window, checksum (RFC 1950).
//
//     78 01            deflate with a window of 32 KiB, fastest level (default: 78 9c), no dictionary
//     blocks           one or more for each 65535 bytes of input, and an empty one that ends the stream
//     Adler-32         of the input, big-endian
//
// The window holds the history that matches may reach, and the block in work. The 32 KiB at the end of a
// block move to the front before the next block comes in; that costs 1% of the time, and the memory stays
// in the second-level cache.

#include "flate/deflate.h"

#include "flate/adler32.h"
#include "flate/deflate_huffman.h"

typedef struct {
    u8 before[16]; // room for reads of whole words
    u8 bytes[DEFLATE_HISTORY + DEFLATE_BLOCK];
    u8 behind[33];
} Window;

struct DeflateStream {
    DeflateKind kind;
    Window *window;
    Deflate126 *d126; // one of them; the other is NULL
    Deflate127 *d127;
    BitWriter w;
    u8 *out;
    u64 limit;
    u64 n, off; // bytes of input in all, and so far
    u32 adler;
};

enum { LEVEL_FASTEST = 0x01, LEVEL_DEFAULT = 0x9c }; // with check bits

static void write_trailer(BitWriter *w, u32 adler) {
    if (!bits_room(w, 32))
        return;
    put_u32be(w->p, adler);
    w->p += 4;
}

// A stream with its header, still without an encoder.
static DeflateStream *open_stream(DeflateKind kind, Arena *a, u64 n, u8 *out, u64 limit, u8 level) {
    DeflateStream *z = arena_new(a, DeflateStream);
    *z = (DeflateStream){.kind = kind,
                         .w = {.p = out, .limit = out + limit, .full = limit < 2},
                         .out = out,
                         .limit = limit,
                         .n = n,
                         .adler = ADLER32_INIT};
    if (z->w.full)
        return z;
    *z->w.p++ = 0x78;
    *z->w.p++ = level;
    return z;
}

DeflateStream *deflate_open(DeflateKind kind, Arena *a, u64 n, u8 *out, u64 limit) {
    DeflateStream *z = open_stream(kind, a, n, out, limit, LEVEL_FASTEST);
    z->window = arena_array_present(a, Window, 1);
    if (kind == DEFLATE_GO126)
        z->d126 = deflate126_new(a);
    else
        z->d127 = deflate127_new(a, NULL);
    return z;
}

u32 deflate_next(const DeflateStream *z) {
    return (u32)MIN(z->n - z->off, (u64)DEFLATE_BLOCK);
}

u8 *deflate_room(DeflateStream *z) {
    if (z->off)
        memcpy(z->window->bytes, z->window->bytes + DEFLATE_BLOCK, DEFLATE_HISTORY);
    return z->window->bytes + DEFLATE_HISTORY;
}

void deflate_block(DeflateStream *z, Arena *scratch) {
    const u8 *block = z->window->bytes + DEFLATE_HISTORY;
    u32 size = deflate_next(z);
    z->off += size;
    if (z->w.full)
        return;
    bool last = z->off == z->n;
    z->adler = adler32_update(z->adler, block, size);
    size_t mark = arena_mark(scratch);
    Tokens *t = arena_array_raw(scratch, Tokens, 1);
    if (z->d126)
        deflate126_block(z->d126, &z->w, t, block, size, last);
    else
        deflate127_block(z->d127, &z->w, t, block, size, last);
    arena_release(scratch, mark);
}

u64 deflate_close(DeflateStream *z) {
    if (z->w.full)
        return 0;
    if (z->kind == DEFLATE_GO126)
        deflate126_end(&z->w);
    else
        deflate127_end(&z->w);
    write_trailer(&z->w, z->adler);
    u64 size = (u64)(z->w.p - z->out);
    return z->w.full || size >= z->limit ? 0 : size;
}

static void compress_blocks(DeflateStream *z, const u8 *in, Arena *scratch) {
    for (u32 size; (size = deflate_next(z)) && !z->w.full; in += size) {
        memcpy(deflate_room(z), in, size);
        deflate_block(z, scratch);
    }
}

u64 go_deflate(DeflateKind kind, Arena *scratch, const u8 *in, u64 n, u8 *out, u64 limit) {
    size_t mark = arena_mark(scratch);
    DeflateStream *z = deflate_open(kind, scratch, n, out, limit);
    compress_blocks(z, in, scratch);
    u64 size = deflate_close(z);
    arena_release(scratch, mark);
    return size;
}

u64 go_deflate_default(DeflateKind kind, Arena *scratch, const u8 *in, u64 n, u8 *out, u64 limit) {
    size_t mark = arena_mark(scratch);
    DeflateStream *z = open_stream(kind, scratch, n, out, limit, LEVEL_DEFAULT);
    if (kind == DEFLATE_GO126) {
        deflate126_lazy(scratch, &z->w, in, n);
        for (; z->off < n; z->off += deflate_next(z))
            z->adler = adler32_update(z->adler, in + z->off, deflate_next(z));
    } else {
        z->window = arena_array_present(scratch, Window, 1);
        z->d127 = deflate127_new(scratch, deep127_new(scratch));
        compress_blocks(z, in, scratch);
    }
    u64 size = deflate_close(z);
    arena_release(scratch, mark);
    return size;
}
