// fips.c - the check sum over Go's FIPS 140 cryptography module.
//
// Code and data of crypto/internal/fips140/... have symbol kinds of their own, so that the layout puts them
// side by side, between a pair of marker symbols in each of four sections. At start the program hashes these
// ranges and compares with the sum in go:fipsinfo:
//
//       0  16  magic
//      16  32  HMAC-SHA256, filled in when the output is complete
//      48   8  -> go:fipsinfo itself
//      56  64  -> start and end marker of code, read-only data, data without pointers, data with pointers
//
// What is hashed are the bytes as they are in the file (golang/fips_sum.c): the module must not contain anything that
// the loader changes. Of an object nothing is hashed, but of the file that the system's linker makes of it
// (Format.finish_host_link).
//
// REF   cmd/link/internal/ld/fips140.go; crypto/internal/fips140/check/check.go.
#include <errno.h>

#include "base/diag.h"
#include "base/file.h"
#include "golang/fips_sum.h"
#include "passes/define.h"
#include "passes/passes.h"

static const char magic[FIPS_MAGIC_SIZE + 1] = "\xff Go fipsinfo \xff\x00";

// The markers in the order in which they are made, and in which go:fipsinfo points to them: start, end, ...
static const struct {
    Str name;
    u8 kind;
} markers[2 * FIPS_RANGES] = {
    {STR_INIT("go:textfipsstart"), SYM_TEXT_FIPS_START},
    {STR_INIT("go:textfipsend"), SYM_TEXT_FIPS_END},
    {STR_INIT("go:rodatafipsstart"), SYM_RODATA_FIPS_START},
    {STR_INIT("go:rodatafipsend"), SYM_RODATA_FIPS_END},
    {STR_INIT("go:noptrdatafipsstart"), SYM_NOPTRDATA_FIPS_START},
    {STR_INIT("go:noptrdatafipsend"), SYM_NOPTRDATA_FIPS_END},
    {STR_INIT("go:datafipsstart"), SYM_DATA_FIPS_START},
    {STR_INIT("go:datafipsend"), SYM_DATA_FIPS_END},
};

static bool fips_enabled(const Options *opt) {
    return opt->buildmode != BUILDMODE_PLUGIN && !(opt->target->traits & TARGET_NO_FIPS);
}

// Requires: names resolved.   Provides: go:fipsinfo and the markers, all live; those of code in
// Program.textp.
void load_fips(Program *p) {
    if (!fips_enabled(p->opt))
        return;
    SymId info = define_symbol(p, STR("go:fipsinfo"), SYM_FIPSINFO);
    clear_symbol(p, info);
    sym_add_bytes(p, info, magic, FIPS_MAGIC_SIZE);
    static const u8 no_sum[FIPS_SUM_SIZE];
    sym_add_bytes(p, info, no_sum, FIPS_SUM_SIZE);
    sym_add_addr(p, info, info, 0);
    for (u32 i = 0; i < COUNT_OF(markers); i++) {
        SymId m = define_symbol(p, markers[i].name, markers[i].kind);
        bitmap_set(&p->syms.is_local, m.i);
        p->syms.size[m.i] = 1;
        sym_add_addr(p, info, m, 0);
        if (kind_is_text(markers[i].kind))
            vec_push(&p->arena, &p->textp, m);
    }
    p->fipsinfo = info;
}

// The bytes of range i in the output; false after an error.
static bool checked_range(const Program *p, u32 i, Str *out) {
    static const u8 text_kind = SYM_TEXT_FIPS_START, rodata_kind = SYM_RODATA_FIPS_START;
    const Segment *seg = &p->seg_data;
    // Formats without a segment for read-only data keep it in the text segment.
    if (markers[2 * i].kind == text_kind || (markers[2 * i].kind == rodata_kind && !p->seg_rodata.addr))
        seg = &p->seg_text;
    else if (markers[2 * i].kind == rodata_kind)
        seg = &p->seg_rodata;
    u64 start = sym_addr(p, sym_lookup(p, markers[2 * i].name, ABI0));
    u64 end = sym_addr(p, sym_lookup(p, markers[2 * i + 1].name, ABI0));
    u64 limit = seg->addr + seg->filesize;
    if (start < seg->addr || end < start || end > limit) {
        error("asmbfips: " STR_FMT " not in expected segment (%#llx..%#llx not in %#llx..%#llx)",
              STR_ARG(markers[2 * i].name), (unsigned long long)start, (unsigned long long)end,
              (unsigned long long)seg->addr, (unsigned long long)limit);
        return false;
    }
    *out = (Str){(const char *)p->out + seg->fileoff + (start - seg->addr), (u32)(end - start)};
    return true;
}

// Requires: Program.out complete up to the segments' end, before signing.   Provides: the sum in go:fipsinfo.
void seal_fips(Program *p) {
    if (!p->fipsinfo.i || p->external)
        return;
    Str ranges[FIPS_RANGES];
    for (u32 i = 0; i < FIPS_RANGES; i++)
        if (!checked_range(p, i, &ranges[i]))
            return;
    u64 addr = sym_addr(p, p->fipsinfo) + FIPS_MAGIC_SIZE;
    u8 *sum = p->out + p->seg_data.fileoff + (addr - p->seg_data.addr);
    if (!fips_sum(&p->arena, ranges, p->opt->fipso, sum))
        error("asmbfips: open " STR_FMT ": %s", STR_ARG(p->opt->fipso), file_error_text(errno));
}
