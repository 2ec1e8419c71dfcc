// bytes.h - a growing byte buffer and bounds-checked reads.
//
// ByteBuf builds small generated tables (load commands, opcode streams, DWARF of one unit) in an arena.
// ByteReader walks untrusted input: a read past the end sets `bad` and yields zeros, so a parser checks once
// at the end of a record instead of at every field.
#pragma once

#include "base/vec.h"

typedef struct {
    Arena *arena;
    u8 *v;
    u32 n;   // bytes written
    u32 cap;
} ByteBuf;

// Makes room for `more` bytes behind the n that are there.
void buf_reserve(ByteBuf *b, u32 more);

static inline void buf_u8(ByteBuf *b, u8 x) {
    if (b->n == b->cap)
        buf_reserve(b, 1);
    b->v[b->n++] = x;
}

static inline void buf_bytes(ByteBuf *b, const void *p, u32 n) {
    if (n > b->cap - b->n)
        buf_reserve(b, n);
    if (n)
        memcpy(b->v + b->n, p, n);
    b->n += n;
}

static inline void buf_zeros(ByteBuf *b, u32 n) {
    if (n > b->cap - b->n)
        buf_reserve(b, n);
    memset(b->v + b->n, 0, n);
    b->n += n;
}

static inline void buf_str(ByteBuf *b, Str s) { buf_bytes(b, s.p, s.n); }
static inline void buf_u16(ByteBuf *b, u16 x) { buf_bytes(b, &x, 2); }
static inline void buf_u32(ByteBuf *b, u32 x) { buf_bytes(b, &x, 4); }
static inline void buf_u64(ByteBuf *b, u64 x) { buf_bytes(b, &x, 8); }

// LEB128 (DWARF 4, section 7.6).
void buf_uleb(ByteBuf *b, u64 x);
void buf_sleb(ByteBuf *b, i64 x);

// Bytes that uleb/sleb need for x.
u32 uleb_size(u64 x);
u32 sleb_size(i64 x);

// Writes x at p and returns the position behind it; the caller made room (10 bytes at most).
u8 *put_uleb(u8 *p, u64 x);
// In exactly n bytes; what of x is above 7 * n bits is lost.
u8 *put_uleb_wide(u8 *p, u64 x, u32 n);
u8 *put_sleb(u8 *p, i64 x);

typedef struct {
    const u8 *p;
    u64 n;    // bytes in all
    u64 off;  // next byte to read
    bool bad; // a read went past the end, or a LEB128 was too long
} ByteReader;

u8 read_u8(ByteReader *r);
u16 read_u16(ByteReader *r);
u32 read_u32(ByteReader *r);
u64 read_u64(ByteReader *r);
u64 read_uleb(ByteReader *r);
i64 read_sleb(ByteReader *r);
// The next n bytes, or NULL (and bad) when there are fewer.
const u8 *read_bytes(ByteReader *r, u64 n);
// The bytes up to the next NUL, which is skipped.
Str read_cstr(ByteReader *r);
