// arena.h - bump allocation with three lifetimes: input, link, scratch.
//
// WHAT  An Arena hands out zero-filled memory and frees it all at once. Input data is mapped, not
//       allocated (see file.h); what the link makes lives in a link arena until the process ends;
//       what one function needs lives in scratch, between arena_mark and arena_release.
// HOW   Address space is reserved in one piece and touched page by page, so an arena never moves
//       what it handed out, and an untouched reservation costs nothing. A block that is released
//       is cleared again when it is handed out the next time.
// RULES An arena belongs to one thread at a time. All-zero is a valid state of every struct of the
//       project. malloc and friends are used in base/ only.
#pragma once

#include "base/types.h"

typedef struct Arena {
    u8 *base;     // start of the reservation
    size_t used;  // bytes handed out
    size_t dirty; // bytes that may hold old contents: [used, dirty) is cleared when handed out
    size_t size;  // bytes reserved
} Arena;

// Reserves address space of `size` bytes (0: the default, 64 GiB). Ends the program when the
// system refuses.
void arena_init(Arena *a, size_t size);

// Gives the memory back to the system.
void arena_free(Arena *a);

// n zeroed bytes at a multiple of align (a power of two). Never NULL; ends the program with one line
// when memory runs out.
void *arena_alloc(Arena *a, size_t n, size_t align);

// The same for big arrays that the caller fills in whole: bytes are not guaranteed to be zero.
void *arena_alloc_raw(Arena *a, size_t n, size_t align);

// The next n bytes that are handed out will be touched nearly all: big pages (2 MiB) for them where the system has such pages, which
// saves most of the page faults, and misses in the processor's table of addresses. Moves to a multiple of 2 MiB when n
// is worth it.
void arena_expect_dense(Arena *a, size_t n);

// n zeroed bytes, in memory already. For tables that are looked up before they are filled: a page that is read first is a
// shared page of zeros, and its replacement by the first write interrupts all processors. Small blocks are left to the
// first touch.
void *arena_alloc_present(Arena *a, size_t n);

static inline size_t arena_mark(const Arena *a) {
    return a->used;
}

// Takes back everything handed out since the mark.
void arena_release(Arena *a, size_t mark);

// A NUL-terminated copy of s (the NUL is not counted in the result's n).
Str arena_str(Arena *a, Str s);

// printf into the arena; the result is NUL-terminated too.
Str arena_printf(Arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define arena_new(a, T) ((T *)arena_alloc((a), sizeof(T), _Alignof(T)))
#define arena_array(a, T, n) ((T *)arena_alloc((a), sizeof(T) * (size_t)(n), _Alignof(T)))
#define arena_array_present(a, T, n) ((T *)arena_alloc_present((a), sizeof(T) * (size_t)(n)))
#define arena_array_raw(a, T, n) ((T *)arena_alloc_raw((a), sizeof(T) * (size_t)(n), _Alignof(T)))
