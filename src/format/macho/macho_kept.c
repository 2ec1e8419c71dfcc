// macho_kept.c - records of kept relocations, by processor.
//
//     word 0   offset in the section
//     word 1   symbol or section : 24 | pc-relative : 1 | log2 of the size : 2 | names a symbol : 1 | type : 4
//
// On arm64 a pair of instructions has a record for each, the second one first. A record has no room for an addend, and
// an instruction neither: it stands in a record of its own, in front.
// REF   mach-o/reloc.h, mach-o/x86_64/reloc.h, mach-o/arm64/reloc.h; cmd/link/internal/{amd64,arm64}/asm.go: machoreloc1.
#include "base/bytes.h"
#include "format/kept_reloc.h"
#include "format/macho/macho.h"

enum {
    RECORD = 8,
    PCREL = 1 << 24,
    LONG = 2 << 25, // four bytes
    TYPE = 28,      // shift

    X86_64_RELOC_UNSIGNED = 0,
    X86_64_RELOC_SIGNED = 1,
    X86_64_RELOC_BRANCH = 2,
    X86_64_RELOC_GOT_LOAD = 3,

    ARM64_RELOC_UNSIGNED = 0,
    ARM64_RELOC_BRANCH26 = 2,
    ARM64_RELOC_PAGE21 = 3,
    ARM64_RELOC_PAGEOFF12 = 4,
    ARM64_RELOC_GOT_LOAD_PAGE21 = 5,
    ARM64_RELOC_GOT_LOAD_PAGEOFF12 = 6,
    ARM64_RELOC_ADDEND = 10,
};

static u32 put(u8 *out, u64 off, u32 word) {
    if (out) {
        put_u32le(out, (u32)off);
        put_u32le(out + 4, word);
    }
    return RECORD;
}

// The field for a size of 1, 2, 4 or 8 bytes.
static u32 size_field(u8 siz) {
    return (u32)__builtin_ctz(siz) << 25;
}

u32 macho_put_kept_amd64(const KeptReloc *k, u32 target, i64 add, u8 *out) {
    (void)add; // stands in the bytes
    u32 type;
    switch ((RelocType)k->type) {
    case R_ADDR: type = X86_64_RELOC_UNSIGNED; break;
    case R_CALL: type = X86_64_RELOC_BRANCH; break;
    case R_PCREL: type = X86_64_RELOC_SIGNED; break;
    case R_GOTPCREL: type = X86_64_RELOC_GOT_LOAD; break;
    default: return 0;
    }
    return put(out, k->off, target | (k->type == R_ADDR ? 0 : PCREL) | size_field(k->siz) | type << TYPE);
}

static u32 put_pair(const KeptReloc *k, u32 target, i64 add, u32 page, u32 pageoff, u8 *out) {
    u32 n = 0, low = (u32)add & 0xffffff;
    for (u32 second = 2; second-- > 0;) {
        u64 off = k->off + 4 * second;
        u32 type = second ? pageoff << TYPE : page << TYPE | PCREL;
        if (k->add)
            n += put(out ? out + n : NULL, off, (u32)ARM64_RELOC_ADDEND << TYPE | LONG | low);
        n += put(out ? out + n : NULL, off, target | type | LONG);
    }
    return n;
}

u32 macho_put_kept_arm64(const KeptReloc *k, u32 target, i64 add, u8 *out) {
    switch ((RelocType)k->type) {
    case R_ADDR: return put(out, k->off, target | size_field(k->siz) | (u32)ARM64_RELOC_UNSIGNED << TYPE);
    case R_CALLARM64: return put(out, k->off, target | PCREL | LONG | (u32)ARM64_RELOC_BRANCH26 << TYPE);
    case R_ADDRARM64:
    case R_ARM64_PCREL_LDST8:
    case R_ARM64_PCREL_LDST16:
    case R_ARM64_PCREL_LDST32:
    case R_ARM64_PCREL_LDST64: return put_pair(k, target, add, ARM64_RELOC_PAGE21, ARM64_RELOC_PAGEOFF12, out);
    case R_ARM64_GOTPCREL: return put_pair(k, target, add, ARM64_RELOC_GOT_LOAD_PAGE21, ARM64_RELOC_GOT_LOAD_PAGEOFF12, out);
    default: return 0;
    }
}
