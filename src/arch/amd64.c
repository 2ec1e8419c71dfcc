// amd64.c - x86-64.
//
// Code reaches everything with 32-bit pc-relative operands, so there are no trampolines: a program whose code
// and data exceed 2 GB is an error. An address is taken with LEA sym(IP), a pointer is loaded with MOV
// sym(IP): the two differ in one opcode byte, which is how the address of an imported symbol becomes a load
// from its GOT slot.
#include "arch/arch.h"

#include "arch/relocate.h"

enum {
    OPCODE_LEA = 0x8d, // lea r64, m
    OPCODE_MOV = 0x8b, // mov r64, r/m64
    STUB_SIZE = 6,
};

// The opcode is two bytes in front of the displacement: REX, opcode, ModRM, displacement.
static bool load_from_got(u8 *code, u32 n, i32 off, RelocType *type) {
    (void)type;
    if (off < 2 || (u32)off > n || code[off - 2] != OPCODE_LEA)
        return false;
    code[off - 2] = OPCODE_MOV;
    return true;
}

// Code that may become a library reads the offset of a thread-local variable from the GOT (initial-exec); in a
// program the offset is known, and the load becomes the constant (local-exec):
//
//     REX 8b modrm disp32    mov r64, off(IP)   ->   REX c7 11000reg imm32    mov r64, off
static bool load_tls_constant(const RelocSite *s, u8 *at) {
    enum { REX_WR = 0x4c, REX_WB = 0x49, REX_R = 0x44, REX_B = 0x41, OPCODE_MOV_IMM = 0xc7, MODRM_REG = 0xc0 };
    if (s->r.off < 3 || at[-2] != OPCODE_MOV) {
        reloc_error(s, "R_TLS_IE reloc not preceded by MOVQ instruction");
        return false;
    }
    // The upper bit of the register's number moves to where that of an immediate's target is.
    if (at[-3] == REX_WR)
        at[-3] = REX_WB;
    else if (at[-3] == REX_R)
        at[-3] = REX_B;
    at[-2] = OPCODE_MOV_IMM;
    at[-1] = MODRM_REG | at[-1] >> 3;
    return true;
}

static void relocate(const RelocSite *s, u8 *at, i64 target, u64 pc) {
    (void)target, (void)pc;
    if (s->p->opt->buildmode != BUILDMODE_PIE)
        reloc_error(s, "cannot handle R_TLS_IE when linking internally");
    else if (load_tls_constant(s, at))
        put_u32le(at, (u32)s->p->tls_offset);
}

// The other way round, in code of C compilers.
static bool relax_got_load(u8 *code, u32 n, i32 off) {
    if (off < 2 || (u32)off > n || code[off - 2] != OPCODE_MOV)
        return false;
    code[off - 2] = OPCODE_LEA;
    return true;
}

static void add_stub(Program *p, i32 got_off) {
    u32 off = sym_add_bytes(p, p->plt, "\xff\x25\0\0\0\0", STUB_SIZE); // jmp *disp32(IP)
    sym_add_reloc(p, p->plt, (i32)off + 2, 4, R_PCREL, p->got, got_off);
}

static void write_module_initializer(Program *p, SymId s, SymId add) {
    sym_add_bytes(p, s, "\x48\x8d\x3d\0\0\0\0", 7); // lea rdi, moduledata(IP)
    sym_add_reloc(p, s, 3, 4, R_PCREL, p->moduledata, 0);
    u32 call = sym_add_bytes(p, s, "\xe8\0\0\0\0", 5); // call add
    sym_add_reloc(p, s, (i32)call + 1, 4, R_CALL, add, 0);
    sym_add_u8(p, s, 0xc3); // ret
}

const Arch arch_amd64 = {
    .write_module_initializer = write_module_initializer,
    .id = ARCH_AMD64,
    .name = "amd64",
    .ptr_size = 8,
    .call_opcode_size = 1, // E8
    .call_size = 8,
    .min_lc = 1,
    .code_pad = 0xcc, // int3
    .func_align = 32,
    .dwarf_reg_sp = 7,
    .dwarf_reg_lr = 16,
    .dyn_role =
        {
            [R_CALL] = DYN_BRANCH,
            [R_PCREL] = DYN_ADDRESS,
            [R_ADDR] = DYN_POINTER,
            HOST_DYN_ROLES,
        },
    .insn_bytes = {[R_TLS_IE] = 4},
    .relocate = relocate,
    .load_from_got = load_from_got,
    .got_load = R_GOTPCREL,
    .load_reloc_name = "R_PCREL",
    .load_expected = ": not preceded by LEAQ instruction",
    .host_branch = R_PCREL,
    .host_got = R_PCREL,
    .host_got_relaxed = R_PCREL,
    .relax_got_load = relax_got_load,
    .add_stub = add_stub,
};
