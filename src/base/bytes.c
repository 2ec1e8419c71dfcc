// bytes.c - growth of ByteBuf, LEB128, and the reads of ByteReader.
#include "base/bytes.h"

#include "base/diag.h"

void buf_reserve(ByteBuf *b, u32 more) {
    if (more > UINT32_MAX - b->n)
        bug("byte buffer of more than 4 GiB");
    if (b->n + more > b->cap)
        vec_grow_(b->arena, (void **)&b->v, &b->cap, 1, b->n + more);
}

u32 uleb_size(u64 x) {
    u32 n = 1;
    while (x >>= 7)
        n++;
    return n;
}

u32 sleb_size(i64 x) {
    u32 n = 1;
    // One byte holds the values -64..63: seven bits, the top one of them the sign.
    for (; x < -64 || x > 63; x >>= 7)
        n++;
    return n;
}

u8 *put_uleb(u8 *p, u64 x) {
    for (; x >= 0x80; x >>= 7)
        *p++ = (u8)x | 0x80;
    *p++ = (u8)x;
    return p;
}

u8 *put_sleb(u8 *p, i64 x) {
    for (; x < -64 || x > 63; x >>= 7)
        *p++ = (u8)x | 0x80;
    *p++ = (u8)x & 0x7f;
    return p;
}

u8 *put_uleb_wide(u8 *p, u64 x, u32 n) {
    for (u32 i = 0; i < n; i++, x >>= 7)
        *p++ = (u8)((x & 0x7f) | (i + 1 < n ? 0x80 : 0));
    return p;
}

void buf_uleb(ByteBuf *b, u64 x) {
    buf_reserve(b, 10);
    b->n = (u32)(put_uleb(b->v + b->n, x) - b->v);
}

void buf_sleb(ByteBuf *b, i64 x) {
    buf_reserve(b, 10);
    b->n = (u32)(put_sleb(b->v + b->n, x) - b->v);
}

const u8 *read_bytes(ByteReader *r, u64 n) {
    if (r->off > r->n || n > r->n - r->off) {
        r->bad = true;
        r->off = r->n;
        return NULL;
    }
    const u8 *p = r->p + r->off;
    r->off += n;
    return p;
}

u8 read_u8(ByteReader *r) {
    const u8 *p = read_bytes(r, 1);
    return p ? *p : 0;
}

u16 read_u16(ByteReader *r) {
    const u8 *p = read_bytes(r, 2);
    return p ? get_u16le(p) : 0;
}

u32 read_u32(ByteReader *r) {
    const u8 *p = read_bytes(r, 4);
    return p ? get_u32le(p) : 0;
}

u64 read_u64(ByteReader *r) {
    const u8 *p = read_bytes(r, 8);
    return p ? get_u64le(p) : 0;
}

u64 read_uleb(ByteReader *r) {
    u64 x = 0;
    for (u32 shift = 0; shift < 64; shift += 7) {
        u8 c = read_u8(r);
        x |= (u64)(c & 0x7f) << shift;
        if (!(c & 0x80))
            return x;
    }
    r->bad = true;
    return 0;
}

i64 read_sleb(ByteReader *r) {
    u64 x = 0;
    for (u32 shift = 0; shift < 64;) {
        u8 c = read_u8(r);
        x |= (u64)(c & 0x7f) << shift;
        shift += 7;
        if (!(c & 0x80)) {
            if (shift < 64 && (c & 0x40))
                x |= ~0ull << shift;
            return (i64)x;
        }
    }
    r->bad = true;
    return 0;
}

Str read_cstr(ByteReader *r) {
    const u8 *p = r->off < r->n ? r->p + r->off : NULL;
    const u8 *end = p ? memchr(p, 0, r->n - r->off) : NULL;
    if (!end || (u64)(end - p) > UINT32_MAX) {
        r->bad = true;
        r->off = r->n;
        return (Str){0};
    }
    r->off += (u64)(end - p) + 1;
    return (Str){(const char *)p, (u32)(end - p)};
}
