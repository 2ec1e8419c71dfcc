// arm64.c - AArch64.
//
// WHAT  Every instruction has four bytes, so an address never fits into one. It is put together of two: ADRP
//       gives the 4 KiB page of the target relative to the page of the ADRP itself, 33 bits signed; ADD, or the
//       load or store that uses the address, adds the low 12 bits.
//
//         adrp x0, page                1 lo 10000 hi................. rd     lo: 2 bits, hi: 19
//         add  x0, x0, #low            1001000100 low......... rn    rd
//         ldr  x0, [x0, #low]          1111100101 low >> 3.... rn    rd     scaled by what it loads
//         bl   target                  100101 (target - pc) >> 2...........  26 bits: 128 MiB either way
//
//       The compiler leaves the two instructions side by side, with zeros in these fields, under one relocation
//       of eight bytes.
// IMPORTS  Code that takes the address of an imported symbol has ADRP and ADD: the ADD becomes an LDR, and the
//       pair loads the address from the symbol's GOT slot. A stub is the same pair and a jump.
// FAR   A call that does not reach its target goes through a trampoline, see passes/trampoline.c.
// REF   Arm Architecture Reference Manual, C6; cmd/link/internal/arm64/{l,obj,asm}.go; cmd/internal/sys/arch.go.
#include "arch/arch.h"

#include <inttypes.h>

#include "arch/relocate.h"

enum {
    INSN = 4,
    PAIR = 8, // two instructions
    PAGE = 4096,

    ADRP_X16 = 0x90000010,    // adrp x16, 0
    ADD_X16 = 0x91000210,     // add  x16, x16, #0
    LDR_X16_X16 = 0xf9400210, // ldr  x16, [x16]
    LDR_X17_X16 = 0xf9400211, // ldr  x17, [x16]
    BR_X16 = 0xd61f0200,      // br   x16
    BR_X17 = 0xd61f0220,      // br   x17
    MOVZ_LSL16 = 0xd2a00000,  // movz x, imm, lsl 16
    MOVK = 0xf2800000,        // movk x, imm
    REGISTER = 0x1f,          // of the result: the lower bits
    OPCODE_ADD_IMM = 0x91,    // upper byte of add x, x, #imm
    OPCODE_LDR_IMM = 0xf9,    // upper byte of ldr x, [x, #imm], with a bit of the next:
    LDR_BIT = 1 << 22,
    OPERANDS = (1 << 22) - 1, // immediate and registers, at the same place in both

    LOW_SHIFT = 10, // place of the 12-bit immediate
    STUB_SIZE = 3 * INSN,
    TRAMPOLINE_SIZE = 3 * INSN,
};

// ---- relocations ------------------------------------------------------------------------------------------

// log2 of the bytes that the second instruction of a pair loads or stores: its immediate counts in these.
static u32 access_shift(u16 type) {
    switch ((RelocType)type) {
    case R_ARM64_PCREL_LDST16: return 1;
    case R_ARM64_PCREL_LDST32: return 2;
    case R_ARM64_PCREL_LDST64: return 3;
    default: return 0;
    }
}

// Distance of the target from the page of pc.
static i64 page_distance(i64 target, u64 pc) {
    return target - (i64)(pc & ~(u64)(PAGE - 1));
}

static u32 adrp_fields(i64 dist) {
    u32 pages = (u32)(dist >> 12);
    return (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5;
}

static void check_page_range(const RelocSite *s, i64 dist) {
    if (dist >= (i64)1 << 32 || dist < -((i64)1 << 32))
        reloc_error(s, "program too large, address relocation distance = %" PRId64, dist);
}

static void patch_pair(const RelocSite *s, u8 *at, i64 dist) {
    u32 shift = access_shift(s->r.type), low = (u32)dist & (PAGE - 1);
    check_page_range(s, dist);
    if (low & ((1u << shift) - 1))
        reloc_error(s, "offset for %u-bit load/store has unaligned value %u", 8u << shift, low);
    put_u32le(at, get_u32le(at) | adrp_fields(dist));
    put_u32le(at + INSN, get_u32le(at + INSN) | low >> shift << LOW_SHIFT);
}

// One instruction of a stub: ADRP, or the LDR from the slot.
static void patch_got(const RelocSite *s, u8 *at, i64 dist) {
    u32 insn = get_u32le(at);
    if ((insn >> 24 & 0x9f) == ADRP_X16 >> 24) {
        check_page_range(s, dist);
        put_u32le(at, insn | adrp_fields(dist));
    } else if (insn >> 24 == OPCODE_LDR_IMM) {
        if (dist & 7)
            reloc_error(s, "invalid address: %" PRIx64 " for relocation type: R_AARCH64_LD64_GOT_LO12_NC",
                        (u64)dist);
        put_u32le(at, insn | ((u32)dist & (PAGE - 1)) >> 3 << LOW_SHIFT);
    } else {
        reloc_error(s, "unsupported instruction for %x R_GOTARM64", insn);
    }
}

// Of a load or store, which has the size of what it accesses in its upper bits; 16 bytes are a case of their own.
static u32 insn_access_shift(u32 insn) {
    bool vector128 = insn >> 30 == 0 && (insn >> 20 & 0x48) == 0x48;
    return vector128 ? 4 : insn >> 30;
}

// One instruction that C compilers make: ADRP, ADD, a load or a store.
static void patch_page(const RelocSite *s, u8 *at, i64 dist) {
    u32 insn = get_u32le(at), low = (u32)dist & (PAGE - 1);
    if ((insn >> 24 & 0x9f) == ADRP_X16 >> 24) {
        check_page_range(s, dist);
        put_u32le(at, insn | adrp_fields(dist));
    } else if (insn >> 24 == OPCODE_ADD_IMM) {
        put_u32le(at, insn | low << LOW_SHIFT);
    } else if ((insn >> 24 & 0x3b) == 0x39) {
        u32 shift = insn_access_shift(insn);
        if (low & ((1u << shift) - 1))
            reloc_error(s, "invalid address: %" PRIx64 " for relocation type: ARM64_RELOC_PAGEOFF12", (u64)dist);
        put_u32le(at, insn | low >> shift << LOW_SHIFT);
    } else {
        reloc_error(s, "unsupported instruction for %x R_ARM64_PCREL", insn);
    }
}

// The low bits in a load or store whose relocation says how much it accesses.
static void patch_access(const RelocSite *s, u8 *at, i64 dist) {
    u32 shift = s->r.type == R_ARM64_LDST128 ? 4 : s->r.type - R_ARM64_LDST8, low = (u32)dist & (PAGE - 1);
    if (low & ((1u << shift) - 1))
        reloc_error(s, "invalid address: %" PRIx64 " for relocation type: R_AARCH64_LDST%u_ABS_LO12_NC",
                    (u64)dist, 8u << shift);
    put_u32le(at, get_u32le(at) | low >> shift << LOW_SHIFT);
}

static void patch_branch(const RelocSite *s, u8 *at, i64 dist) {
    if (dist >= 1 << 27 || dist < -(1 << 27))
        reloc_error(s, "program too large, call relocation distance = %" PRId64, dist);
    put_u32le(at, get_u32le(at) | ((u32)(dist >> 2) & 0x03ffffff));
}

// The offset of a thread-local variable, in the one instruction that has room for it.
static bool tls_offset(const RelocSite *s, i64 var, i64 *off) {
    enum { OFFSET_LIMIT = 32678 }; // the stock linker's
    *off = var + s->p->tls_offset;
    if (*off >= 0 && *off < OFFSET_LIMIT)
        return true;
    reloc_error(s, "TLS offset out of range %" PRId64, *off);
    return false;
}

static void patch_tls(const RelocSite *s, u8 *at, i64 var) {
    i64 off;
    if (tls_offset(s, var, &off))
        put_u32le(at, get_u32le(at) | (u32)off << 5);
}

// Code that may become a library reads the offset from the GOT (initial-exec); in a program the offset is known,
// and the pair becomes one that makes a constant (local-exec): ADRP, LDR -> MOVZ x, hi, lsl 16; MOVK x, lo.
static void patch_tls_pair(const RelocSite *s, u8 *at, i64 var) {
    i64 off;
    if (s->p->opt->buildmode != BUILDMODE_PIE) {
        reloc_error(s, "cannot handle R_ARM64_TLS_IE when linking internally");
        return;
    }
    if (!tls_offset(s, var, &off))
        return;
    put_u32le(at, MOVZ_LSL16 | (get_u32le(at) & REGISTER) | ((u32)(off >> 16) & 0xffff) << 5);
    put_u32le(at + INSN, MOVK | (get_u32le(at + INSN) & REGISTER) | ((u32)off & 0xffff) << 5);
}

static void relocate(const RelocSite *s, u8 *at, i64 target, u64 pc) {
    switch ((RelocType)s->r.type) {
    case R_ARM64_TLS_LE: patch_tls(s, at, target - s->r.add); break; // which has no addend
    case R_ARM64_TLS_IE: patch_tls_pair(s, at, target); break;
    case R_CALLARM64: patch_branch(s, at, target - (i64)pc); break;
    case R_ARM64_LDST8:
    case R_ARM64_LDST16:
    case R_ARM64_LDST32:
    case R_ARM64_LDST64:
    case R_ARM64_LDST128: patch_access(s, at, page_distance(target, pc)); break;
    case R_ARM64_PCREL: patch_page(s, at, page_distance(target, pc)); break;
    case R_ARM64_GOT: patch_got(s, at, page_distance(target, pc)); break;
    default: patch_pair(s, at, page_distance(target, pc)); break;
    }
}

// ---- imports ----------------------------------------------------------------------------------------------

static bool load_from_got(u8 *code, u32 n, i32 off, RelocType *type) {
    if (*type == R_ADDRARM64) {
        if (off < 0 || n < PAIR || (u32)off > n - PAIR || code[off + PAIR - 1] != OPCODE_ADD_IMM)
            return false;
        u32 add = get_u32le(code + off + INSN);
        put_u32le(code + off + INSN, (u32)OPCODE_LDR_IMM << 24 | LDR_BIT | (add & OPERANDS));
    }
    *type = R_ARM64_PCREL_LDST64; // a pair that loads from its target, which is now the slot
    return true;
}

// Code of C compilers may have the two instructions of a load from the GOT apart, each with its relocation.
static bool relax_got_load(u8 *code, u32 n, i32 off) {
    if (off < 0 || n < INSN || (u32)off > n - INSN)
        return false;
    u32 insn = get_u32le(code + off);
    if ((insn >> 24 & 0x9f) == ADRP_X16 >> 24)
        return true; // the page of the symbol instead of that of its slot
    if (insn >> 24 != OPCODE_LDR_IMM)
        return false;
    put_u32le(code + off, (u32)OPCODE_ADD_IMM << 24 | (insn & OPERANDS));
    return true;
}

static void add_stub(Program *p, i32 got_off) {
    static const u32 code[] = {ADRP_X16, LDR_X17_X16, BR_X17};
    u8 bytes[STUB_SIZE];
    for (u32 i = 0; i < COUNT_OF(code); i++)
        put_u32le(bytes + (u64)i * INSN, code[i]);
    i32 off = (i32)sym_add_bytes(p, p->plt, bytes, sizeof bytes);
    sym_add_reloc(p, p->plt, off, INSN, R_ARM64_GOT, p->got, got_off);
    sym_add_reloc(p, p->plt, off + INSN, INSN, R_ARM64_GOT, p->got, got_off);
}

// ---- trampolines ------------------------------------------------------------------------------------------

static void write_trampoline(Program *p, SymId s, SymId target, i64 add, bool imported) {
    u32 code[] = {ADRP_X16, imported ? LDR_X16_X16 : ADD_X16, BR_X16};
    u8 bytes[TRAMPOLINE_SIZE];
    for (u32 i = 0; i < COUNT_OF(code); i++)
        put_u32le(bytes + (u64)i * INSN, code[i]);
    sym_add_bytes(p, s, bytes, sizeof bytes);
    sym_add_reloc(p, s, 0, PAIR, imported ? R_ARM64_GOTPCREL : R_ADDRARM64, target, imported ? 0 : add);
}

static void write_module_initializer(Program *p, SymId s, SymId add) {
    static const u32 code[] = {
        0x90000000, // adrp x0, moduledata
        0x91000000, // add  x0, x0, moduledata
        0x14000000, // b    add
    };
    sym_add_bytes(p, s, code, sizeof code);
    sym_add_reloc(p, s, 0, PAIR, R_ADDRARM64, p->moduledata, 0);
    sym_add_reloc(p, s, PAIR, INSN, R_CALLARM64, add, 0);
}

const Arch arch_arm64 = {
    .write_module_initializer = write_module_initializer,
    .id = ARCH_ARM64,
    .name = "arm64",
    .ptr_size = 8,
    .call_size = 0,     // BL leaves the return address in x30
    .stack_reserve = 8, // the callee saves x30 below its frame
    .min_lc = INSN,
    .func_align = 16,
    .dwarf_reg_sp = 31,
    .dwarf_reg_lr = 30,
    .branch_reach = 0x7c00000, // less than call_reach, since stubs stand behind the code
    .call_reach = 1 << 27,
    .trampoline_size = TRAMPOLINE_SIZE,
    .write_trampoline = write_trampoline,
    .dyn_role =
        {
            [R_CALLARM64] = DYN_BRANCH,
            [R_ADDRARM64] = DYN_ADDRESS,
            [R_ARM64_GOTPCREL] = DYN_GOT_LOAD,
            [R_ARM64_PCREL_LDST8] = DYN_ACCESS,
            [R_ARM64_PCREL_LDST16] = DYN_ACCESS,
            [R_ARM64_PCREL_LDST32] = DYN_ACCESS,
            [R_ARM64_PCREL_LDST64] = DYN_ACCESS,
            [R_ARM64_LDST8] = DYN_ACCESS,
            [R_ARM64_LDST16] = DYN_ACCESS,
            [R_ARM64_LDST32] = DYN_ACCESS,
            [R_ARM64_LDST64] = DYN_ACCESS,
            [R_ARM64_LDST128] = DYN_ACCESS,
            [R_ADDR] = DYN_POINTER,
            HOST_DYN_ROLES,
        },
    .insn_bytes =
        {
            [R_CALLARM64] = INSN,
            [R_ARM64_TLS_LE] = INSN,
            [R_ARM64_TLS_IE] = PAIR,
            [R_ARM64_GOT] = INSN,
            [R_ARM64_PCREL] = INSN,
            [R_ADDRARM64] = PAIR,
            [R_ARM64_PCREL_LDST8] = PAIR,
            [R_ARM64_PCREL_LDST16] = PAIR,
            [R_ARM64_PCREL_LDST32] = PAIR,
            [R_ARM64_PCREL_LDST64] = PAIR,
            [R_ARM64_LDST8] = INSN,
            [R_ARM64_LDST16] = INSN,
            [R_ARM64_LDST32] = INSN,
            [R_ARM64_LDST64] = INSN,
            [R_ARM64_LDST128] = INSN,
        },
    .relocate = relocate,
    .load_from_got = load_from_got,
    .got_load = R_ARM64_GOTPCREL,
    .load_reloc_name = "R_ADDRARM64",
    .load_expected = "",
    .host_branch = R_CALLARM64,
    .host_page = R_ARM64_PCREL,
    .host_got = R_ARM64_GOT,
    .host_got_relaxed = R_ARM64_PCREL,
    .relax_got_load = relax_got_load,
    .add_stub = add_stub,
};
