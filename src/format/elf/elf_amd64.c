// elf_amd64.c - ELF on x86-64: relocation numbers and stubs.
//
//     .plt    ff 35 disp32    push slot 1 of .got.plt     what the dynamic linker put there for itself
//             ff 25 disp32    jmp  slot 2                 into the dynamic linker
//             0f 1f 40 00     nop
//     stub    ff 25 disp32    jmp  slot
//             68 imm32        push number of the slot     here the slot points to at first
//             e9 rel32        jmp  .plt
//
// REF   System V ABI, AMD64 supplement, "Procedure Linkage Table"; cmd/link/internal/amd64/asm.go.
#include "format/elf/elf.h"

enum {
    WORD = 8,
    RESERVED = 3 * WORD, // of .got.plt: address of .dynamic, two words for the dynamic linker
    STUB_SIZE = 16,
};

// Appends an instruction with a displacement to off in .got.plt as its last four bytes.
static void add_insn(Program *p, const char *opcode, u32 n, u32 off) {
    sym_add_bytes(p, p->plt, opcode, n);
    u32 at = sym_add_bytes(p, p->plt, "\0\0\0\0", 4);
    sym_add_reloc(p, p->plt, (i32)at, 4, R_PCREL, p->elf->gotplt, off);
}

static void add_imm(Program *p, u8 opcode, u32 imm) {
    sym_add_u8(p, p->plt, opcode);
    sym_add_bytes(p, p->plt, &imm, sizeof imm);
}

static void start_plt(Program *p) {
    add_insn(p, "\xff\x35", 2, 1 * WORD);
    add_insn(p, "\xff\x25", 2, 2 * WORD);
    sym_add_bytes(p, p->plt, "\x0f\x1f\x40\0", 4);
    sym_add_addr(p, p->elf->gotplt, p->dynamic, 0);
    sym_add_u64(p, p->elf->gotplt, 0);
    sym_add_u64(p, p->elf->gotplt, 0);
}

static u32 add_stub(Program *p, u32 got_off) {
    add_insn(p, "\xff\x25", 2, got_off);
    sym_add_addr(p, p->elf->gotplt, p->plt, sym_size(p, p->plt));
    add_imm(p, 0x68, (got_off - RESERVED) / WORD);
    add_imm(p, 0xe9, 0 - (sym_size(p, p->plt) + 5)); // from behind the jump to the start of .plt
    return sym_size(p, p->plt) - STUB_SIZE;
}

static const ElfRelocType host_relocs[] = {
    {R_X86_64_64, R_HOST_ADDR, 8, false},
    {R_X86_64_PC32, R_HOST_PCREL, 4, true},
    {R_X86_64_PC64, R_HOST_PCREL, 8, true},
    {R_X86_64_PLT32, R_HOST_BRANCH, 4, true},
    {R_X86_64_GOTPCREL, R_HOST_GOT_LOAD, 4, true},
    {R_X86_64_GOTPCRELX, R_HOST_GOT_LOAD, 4, true},
    {R_X86_64_REX_GOTPCRELX, R_HOST_GOT_LOAD, 4, true},
};

static u32 kept_type(const KeptReloc *k) {
    switch ((RelocType)k->type) {
    case R_ADDR:
    case R_DWARFSECREF: return k->siz == 8 ? R_X86_64_64 : k->siz == 4 ? R_X86_64_32 : R_X86_64_NONE;
    case R_CALL: return k->imported ? R_X86_64_PLT32 : R_X86_64_PC32;
    case R_PCREL: return k->imported && k->function ? R_X86_64_PLT32 : R_X86_64_PC32;
    case R_GOTPCREL: return R_X86_64_GOTPCREL;
    case R_TLS_LE: return R_X86_64_TPOFF32;
    case R_TLS_IE: return R_X86_64_GOTTPOFF;
    default: return R_X86_64_NONE;
    }
}

static u32 put_kept(const KeptReloc *k, u32 symnum, Elf64_Rela *out) {
    u32 type = kept_type(k);
    bool number = k->type == R_ADDR || k->type == R_DWARFSECREF;
    if (type == R_X86_64_NONE || (!number && k->siz != 4))
        return 0;
    if (out)
        *out = (Elf64_Rela){k->off, (i64)ELF64_R_INFO((u64)symnum, type), k->add};
    return 1;
}

const ElfCpu elf_cpu_amd64 = {
    .put_kept = put_kept,
    .machine = EM_X86_64,
    .r_relative = R_X86_64_RELATIVE,
    .r_address = R_X86_64_64,
    .r_glob_dat = R_X86_64_GLOB_DAT,
    .r_jump_slot = R_X86_64_JUMP_SLOT,
    .plt_entsize = STUB_SIZE,
    .interp = "/lib64/ld-linux-x86-64.so.2",
    .interp_musl = "/lib/ld-musl-x86_64.so.1",
    .host_relocs = host_relocs,
    .nhost_reloc = COUNT_OF(host_relocs),
    .start_plt = start_plt,
    .add_stub = add_stub,
};
