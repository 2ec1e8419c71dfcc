// pcvalue.h - the tables that give a number (stack depth, line, ...) for every PC of a function.
//
// A table is a list of pairs: the change of the value as a zigzag varint, then how many PC units it stays as
// a varint. The value starts at -1 and the PC at 0. A value change of zero, other than the first, ends the
// table.
//
//   +--------+---------+--------+---------+ ... +---+
//   | dvalue | dpc     | dvalue | dpc     |     | 0 |        value holds in [pc, next_pc)
//   +--------+---------+--------+---------+ ... +---+
//
// A damaged table ends early; it is never read past its last byte.
//
//   for (PcIter it = pcvalue_first(p, n, scale); !it.done; pcvalue_next(&it)) ...
//
// REF   runtime/symtab.go: step; cmd/internal/obj/pcln.go: PCIter.
#pragma once

#include "base/types.h"

typedef struct {
    const u8 *p, *end; // what is left of the table
    u32 pc, next_pc;   // the range of the current value, relative to the function
    u32 scale;         // bytes per PC unit: the smallest instruction (1 on amd64, 4 on arm64)
    i32 value;
    bool start, done;
} PcIter;

static inline u32 pcvalue_varint_(PcIter *it) {
    u32 v = 0;
    for (u32 shift = 0; it->p < it->end && shift < 35; shift += 7) {
        u8 b = *it->p++;
        v |= (u32)(b & 0x7f) << shift;
        if (b < 0x80)
            return v;
    }
    it->p = it->end;
    it->done = true;
    return 0;
}

// Moves on to the next range, or sets done.
static inline void pcvalue_next(PcIter *it) {
    it->pc = it->next_pc;
    if (it->done)
        return;
    u32 v = pcvalue_varint_(it);
    if (v == 0 && !it->start)
        it->done = true;
    if (it->done)
        return;
    it->start = false;
    it->value += (i32)(v >> 1 ^ -(v & 1));
    it->next_pc = it->pc + pcvalue_varint_(it) * it->scale;
}

// The first range of the table of n bytes at p; done at once when it is empty.
static inline PcIter pcvalue_first(const u8 *p, u64 n, u32 scale) {
    PcIter it = {.p = p, .end = p + n, .scale = scale, .value = -1, .start = true};
    pcvalue_next(&it);
    return it;
}
