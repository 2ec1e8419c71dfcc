// types.h - the integer names, the string view and the small helpers used everywhere.
//
// Arithmetic is done in i64/u64; the narrow types are for arrays of millions and for records that
// a file format defines. A Str is a view: pointer and size in bytes, not NUL-terminated, owned by
// an input mapping or by the link arena.
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;

typedef struct {
    const char *p; // not NUL-terminated; may be NULL when n is 0
    u32 n;         // bytes
} Str;

#define STR(lit) ((Str){(lit), sizeof(lit) - 1})       // view of a string literal
#define STR_INIT(lit) {(lit), sizeof(lit) - 1}         // the same, as a static initialiser
#define STR_FMT "%.*s"                                 // printf conversion for a Str ...
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""      // ... and its arguments
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))       // elements of an array
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

static inline Str str_from_c(const char *s) {
    return (Str){s, (u32)strlen(s)};
}

static inline bool str_eq(Str a, Str b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_has_prefix(Str s, Str prefix) {
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool str_has_suffix(Str s, Str suffix) {
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

// Bytewise order, as Go compares strings: negative, zero or positive.
static inline int str_cmp(Str a, Str b) {
    u32 n = MIN(a.n, b.n);
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

// Position of byte c in s, or -1.
static inline i64 str_index_byte(Str s, char c) {
    const char *q = s.n ? memchr(s.p, c, s.n) : NULL;
    return q ? q - s.p : -1;
}

// Position of the last byte c in s, or -1.
static inline i64 str_last_index_byte(Str s, char c) {
    const char *q = s.n ? memrchr(s.p, c, s.n) : NULL;
    return q ? q - s.p : -1;
}

// s[from:to]; the caller guarantees from <= to <= s.n.
static inline Str str_slice(Str s, u32 from, u32 to) {
    assert(from <= to && to <= s.n);
    return (Str){s.p ? s.p + from : NULL, to - from};
}

// The last element of a path (Go's path.Base).
static inline Str path_base(Str s) {
    while (s.n > 1 && s.p[s.n - 1] == '/')
        s.n--;
    i64 slash = s.n > 1 ? str_last_index_byte(s, '/') : -1;
    return slash < 0 ? s : str_slice(s, (u32)slash + 1, s.n);
}

// v rounded up to a multiple of align, which is a power of two.
static inline u64 align_up(u64 v, u64 align) {
    return (v + align - 1) & ~(align - 1);
}

// Unaligned little- and big-endian access; the compiler makes one instruction of each.
static inline u16 get_u16le(const void *p) { u16 v; memcpy(&v, p, 2); return v; }
static inline u32 get_u32le(const void *p) { u32 v; memcpy(&v, p, 4); return v; }
static inline u64 get_u64le(const void *p) { u64 v; memcpy(&v, p, 8); return v; }
static inline void put_u16le(void *p, u16 v) { memcpy(p, &v, 2); }
static inline void put_u32le(void *p, u32 v) { memcpy(p, &v, 4); }
static inline void put_u64le(void *p, u64 v) { memcpy(p, &v, 8); }
static inline u32 get_u32be(const void *p) { return __builtin_bswap32(get_u32le(p)); }
static inline void put_u32be(void *p, u32 v) { put_u32le(p, __builtin_bswap32(v)); }
static inline void put_u64be(void *p, u64 v) { put_u64le(p, __builtin_bswap64(v)); }

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "gild runs on little-endian hosts");
