// elf_arm64.c - ELF on AArch64: relocation numbers and stubs.
//
//     .plt    stp  x16, x30, [sp, #-16]!
//             adrp x16, page of slot 2 of .got.plt
//             ldr  x17, [x16, low]            address of the dynamic linker's code
//             add  x16, x16, low              address of the slot
//             br   x17
//             nop, nop, nop
//     stub    adrp x16, page of its slot; ldr x17, [x16, low]; add x16, x16, low; br x17
//
// A slot contains the address of .plt at first; the dynamic linker tells the slots apart by x16.
//
// REF   ELF for the Arm 64-bit Architecture, "PLT"; cmd/link/internal/arm64/asm.go.
#include "format/elf/elf.h"

enum {
    INSN = 4,
    WORD = 8,
    STUB_SIZE = 4 * INSN,

    STP_X16_X30 = 0xa9bf7bf0u,
    ADRP_X16 = 0x90000010u,
    LDR_X17_X16 = 0xf9400211u,
    ADD_X16 = 0x91000210u,
    BR_X17 = 0xd61f0220u,
    NOP = 0xd503201fu,
};

static u32 add_insn(Program *p, u32 insn) {
    return sym_add_bytes(p, p->plt, &insn, INSN);
}

static void add_slot_insn(Program *p, u32 insn, RelocType type, u32 off) {
    i32 at = (i32)add_insn(p, insn);
    sym_add_reloc(p, p->plt, at, INSN, type, p->elf->gotplt, off);
}

// Jumps to the address in the slot, with the address of the slot in x16.
static void add_jump(Program *p, u32 off) {
    add_slot_insn(p, ADRP_X16, R_ARM64_GOT, off);
    add_slot_insn(p, LDR_X17_X16, R_ARM64_GOT, off);
    add_slot_insn(p, ADD_X16, R_ARM64_PCREL, off);
    add_insn(p, BR_X17);
}

static void start_plt(Program *p) {
    add_insn(p, STP_X16_X30);
    add_jump(p, 2 * WORD);
    for (u32 i = 0; i < 3; i++)
        add_insn(p, NOP);
    sym_add_addr(p, p->elf->gotplt, p->dynamic, 0);
    sym_add_u64(p, p->elf->gotplt, 0);
    sym_add_u64(p, p->elf->gotplt, 0);
}

static u32 add_stub(Program *p, u32 got_off) {
    add_jump(p, got_off);
    sym_add_addr(p, p->elf->gotplt, p->plt, 0);
    return sym_size(p, p->plt) - STUB_SIZE;
}

static const ElfRelocType host_relocs[] = {
    {R_AARCH64_ABS64, R_HOST_ADDR, 8, false},
    {R_AARCH64_PREL32, R_HOST_PCREL, 4, true},
    {R_AARCH64_PREL64, R_HOST_PCREL, 8, true},
    {R_AARCH64_CALL26, R_HOST_BRANCH, 4, false},
    {R_AARCH64_JUMP26, R_HOST_BRANCH, 4, false},
    {R_AARCH64_ADR_PREL_PG_HI21, R_HOST_PAGE, 4, false},
    {R_AARCH64_ADD_ABS_LO12_NC, R_HOST_PAGE, 4, false},
    {R_AARCH64_ADR_GOT_PAGE, R_HOST_GOT, 4, false},
    {R_AARCH64_LD64_GOT_LO12_NC, R_HOST_GOT, 4, false},
    {R_AARCH64_LDST8_ABS_LO12_NC, R_ARM64_LDST8, 4, false},
    {R_AARCH64_LDST16_ABS_LO12_NC, R_ARM64_LDST16, 4, false},
    {R_AARCH64_LDST32_ABS_LO12_NC, R_ARM64_LDST32, 4, false},
    {R_AARCH64_LDST64_ABS_LO12_NC, R_ARM64_LDST64, 4, false},
    {R_AARCH64_LDST128_ABS_LO12_NC, R_ARM64_LDST128, 4, false},
};

// An instruction each: the type in the first one and, in pairs, in the second one.
static const u16 kept_types[R_COUNT][2] = {
    [R_ADDRARM64] = {R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_ADD_ABS_LO12_NC},
    [R_ARM64_PCREL_LDST8] = {R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_LDST8_ABS_LO12_NC},
    [R_ARM64_PCREL_LDST16] = {R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_LDST16_ABS_LO12_NC},
    [R_ARM64_PCREL_LDST32] = {R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_LDST32_ABS_LO12_NC},
    [R_ARM64_PCREL_LDST64] = {R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_LDST64_ABS_LO12_NC},
    [R_ARM64_GOTPCREL] = {R_AARCH64_ADR_GOT_PAGE, R_AARCH64_LD64_GOT_LO12_NC},
    [R_ARM64_TLS_LE] = {R_AARCH64_TLSLE_MOVW_TPREL_G0},
    [R_ARM64_TLS_IE] = {R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21, R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC},
    [R_CALLARM64] = {R_AARCH64_CALL26},
};

static u32 put_kept(const KeptReloc *k, u32 symnum, Elf64_Rela *out) {
    u32 type = kept_types[k->type][0], second = kept_types[k->type][1];
    if (k->type == R_ADDR || k->type == R_DWARFSECREF)
        type = k->siz == 8 ? R_AARCH64_ABS64 : k->siz == 4 ? R_AARCH64_ABS32 : R_AARCH64_NONE;
    if (type == R_AARCH64_NONE)
        return 0;
    if (out)
        out[0] = (Elf64_Rela){k->off, (i64)ELF64_R_INFO((u64)symnum, type), k->add};
    if (out && second)
        out[1] = (Elf64_Rela){k->off + 4, (i64)ELF64_R_INFO((u64)symnum, second), k->add};
    return second ? 2 : 1;
}

const ElfCpu elf_cpu_arm64 = {
    .put_kept = put_kept,
    .addend_in_place = true,
    .machine = EM_AARCH64,
    .r_relative = R_AARCH64_RELATIVE,
    .r_address = R_AARCH64_ABS64,
    .r_glob_dat = R_AARCH64_GLOB_DAT,
    .r_jump_slot = R_AARCH64_JUMP_SLOT,
    .plt_entsize = 4, // so the stock linker says
    .interp = "/lib/ld-linux-aarch64.so.1",
    .interp_musl = "/lib/ld-musl-aarch64.so.1",
    .interp_bionic = "/system/bin/linker64",
    .host_relocs = host_relocs,
    .nhost_reloc = COUNT_OF(host_relocs),
    .has_mapping_symbols = true,
    .start_plt = start_plt,
    .add_stub = add_stub,
};
