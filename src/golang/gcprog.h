// gcprog.h - GC programs: the pointer bitmap of a range of memory, packed.
//
// WHAT  The runtime learns from two programs (runtime.gcdata, runtime.gcbss) which words of the data and
//       bss sections hold pointers: one bit per word, 1 for a pointer. A program is a row of instructions
//       that make the bits:
//
//         00000000          end
//         0nnnnnnn bytes    n literal bits, in (n+7)/8 bytes, lowest bit first
//         1nnnnnnn c        the last n bits again, c times; c is a ULEB128
//         10000000 n c      the same for a greater n
//
// HOW   The bits are given in ascending order. One program can be written in many ways; Go's is: literals
//       are collected up to 127; a gap of less than 32 zeros is literal; a longer one is one literal zero,
//       repeated.
// REF   cmd/internal/gcprog, the same in Go 1.26 and 1.27; runtime/mbitmap.go: runGCProg; for the use of it
//       cmd/link ld/data.go: GCProg.AddType.
#pragma once

#include "base/bytes.h"

typedef struct {
    ByteBuf *out;
    u64 index;   // bits described so far
    u64 lits[2]; // literal bits that wait
    u32 nlits;
} GcProg;

// Starts a program at the end of `out`.
void gcprog_init(GcProg *p, ByteBuf *out);

// Zeros up to bit `index`, which is not less than the current one.
void gcprog_zero_until(GcProg *p, u64 index);

// Zeros up to bit `index`, and a one.
void gcprog_ptr(GcProg *p, u64 index);

// gcprog_ptr(index + i) for each bit i < n of the mask that is set: the pointer mask of a type.
void gcprog_mask(GcProg *p, u64 index, const u8 *mask, u64 n);

// The last n bits again, c times. Does nothing if n or c is 0.
void gcprog_repeat(GcProg *p, u64 n, u64 c);

void gcprog_end(GcProg *p);
