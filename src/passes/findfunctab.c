// findfunctab.c - the index with which the runtime finds the function of a PC in constant time.
//
// The code is cut into buckets of 4096 bytes, and those into 16 sub-buckets. A bucket holds the functab index of the function at
// its start, and for each sub-bucket the index of the lowest function in it, relative to that:
//
//   u32 base | u8 delta[16]        functab index = base + delta, then a short walk forward
//
// REF  runtime/symtab.go: findfuncbucket, findfunc; cmd/link/internal/ld/pcln.go: findfunctab.
#include "base/diag.h"
#include "passes/passes.h"
#include "passes/pclntab.h"

enum { BUCKET_SIZE = 4096, SUBBUCKETS = 16, SUBBUCKET_SIZE = BUCKET_SIZE / SUBBUCKETS };

// Addresses of the first function's start and the last one's end.
static void text_range(const Program *p, u64 *min, u64 *max) {
    SymId last = p->textp.v[p->textp.n - 1];
    *min = sym_addr(p, p->textp.v[0]);
    *max = sym_addr(p, last) + sym_size(p, last);
}

static void write_findfunctab(const Program *p, SymId s, u8 *out) {
    (void)s;
    u64 min, max;
    text_range(p, &min, &max);
    u32 nfunc, nsub = (u32)((max - min + SUBBUCKET_SIZE - 1) / SUBBUCKET_SIZE), base = 0, next = 0;
    const SymId *funcs = pclntab_functions(p, &nfunc);
    // Functions are in address order, so the lowest index that touches a sub-bucket is that of the first function which ends
    // behind the sub-bucket's start.
    for (u32 i = 0; i < nfunc; i++) {
        u64 end = i + 1 < nfunc ? sym_addr(p, funcs[i + 1]) : max;
        for (; next < nsub && min + (u64)next * SUBBUCKET_SIZE < end; next++) {
            u8 *bucket = out + (u64)(next / SUBBUCKETS) * (4 + SUBBUCKETS);
            if (next % SUBBUCKETS == 0) {
                base = i;
                put_u32le(bucket, base);
            }
            if (i - base >= 256)
                error("too many functions in a findfunc bucket: %u at sub-bucket %u", i - base, next);
            bucket[4 + next % SUBBUCKETS] = (u8)(i - base);
        }
    }
}

void build_findfunctab(Program *p) {
    u64 min, max;
    text_range(p, &min, &max);
    u32 nsub = (u32)((max - min + SUBBUCKET_SIZE - 1) / SUBBUCKET_SIZE);
    u32 nbucket = (u32)((max - min + BUCKET_SIZE - 1) / BUCKET_SIZE);
    SymId s = sym_lookup_or_make(p, STR("runtime.findfunctab"), 0);
    sym_edit(p, s)->write = write_findfunctab;
    bitmap_set(&p->syms.generated, s.i);
    bitmap_set(&p->syms.live, s.i);
    bitmap_set(&p->syms.is_local, s.i);
    p->syms.kind[s.i] = SYM_PCLNTAB;
    p->syms.size[s.i] = 4 * nbucket + nsub;
    sym_set_align(p, s, 4);
}
