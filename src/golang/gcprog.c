// gcprog.c - the writer of GC programs (see gcprog.h).

#include "golang/gcprog.h"

#include "base/diag.h"

enum {
    LITERALS_MAX = 127,
    GAP_MIN = 32, // zeros from which a repeat is used
    REPEAT = 0x80,
};

void gcprog_init(GcProg *p, ByteBuf *out) {
    *p = (GcProg){.out = out};
}

static void flush_literals(GcProg *p) {
    if (p->nlits == 0)
        return;
    buf_u8(p->out, (u8)p->nlits);
    buf_bytes(p->out, p->lits, (p->nlits + 7) / 8);
    p->lits[0] = p->lits[1] = 0;
    p->nlits = 0;
}

static inline void literal(GcProg *p, u64 bit) {
    if (p->nlits == LITERALS_MAX)
        flush_literals(p);
    p->lits[p->nlits / 64] |= bit << (p->nlits % 64);
    p->nlits++;
    p->index++;
}

void gcprog_zero_until(GcProg *p, u64 index) {
    if (index < p->index)
        bug("gcprog: bit %llu after bit %llu", (unsigned long long)index, (unsigned long long)p->index);
    u64 gap = index - p->index;
    if (gap < GAP_MIN) {
        while (p->index < index)
            literal(p, 0);
        return;
    }
    literal(p, 0);
    gcprog_repeat(p, 1, gap - 1);
}

void gcprog_ptr(GcProg *p, u64 index) {
    gcprog_zero_until(p, index);
    literal(p, 1);
}

void gcprog_mask(GcProg *p, u64 index, const u8 *mask, u64 n) {
    for (u64 i = 0; i < n; i++) {
        if (mask[i / 8] >> (i % 8) & 1)
            gcprog_ptr(p, index + i);
    }
}

void gcprog_repeat(GcProg *p, u64 n, u64 c) {
    if (n == 0 || c == 0)
        return;
    flush_literals(p);
    if (n < REPEAT) {
        buf_u8(p->out, (u8)(REPEAT | n));
    } else {
        buf_u8(p->out, REPEAT);
        buf_uleb(p->out, n);
    }
    buf_uleb(p->out, c);
    p->index += n * c;
}

void gcprog_end(GcProg *p) {
    flush_literals(p);
    buf_u8(p->out, 0);
}
