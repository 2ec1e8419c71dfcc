// arch.h - what differs between processors: numbers, the roles of relocation types, stubs and rewritten
// instructions.
//
// WHAT  struct Arch is a back end for one GOARCH. Most of it is data that shared code asks; the few functions
//       make or change machine code.
// HOW   A relocation type that may need the dynamic linker has a role (DynRole). Shared code
//       (passes/dynreloc.c) looks for targets that a shared library provides and does what the role says; so
//       one scan serves all processors. Values are computed in relocate.c; only types that are not a plain
//       number go through Arch.relocate.
// RULES To add a processor: a file beside this one with its table, a row in arch_find, the numbers per file
//       format (Format.target), its relocation types in golang/reloc.h.
// REF   cmd/link/internal/{amd64,arm64}/{l,obj,asm}.go; cmd/internal/sys/arch.go.
#pragma once

#include "golang/program.h"

typedef enum { ARCH_AMD64, ARCH_ARM64, ARCH_386, ARCH_COUNT } ArchId;

// What a relocation does with its target, as far as the dynamic linker is concerned.
typedef enum {
    DYN_NONE,
    DYN_BRANCH,  // call or jump: goes through a stub (PLT) when the target is imported
    DYN_ADDRESS, // code takes the target's address: is loaded from the GOT when the target is imported
    DYN_GOT_LOAD, // code loads the target's address from the GOT
    DYN_ACCESS,  // code reads or writes the target where it is, which nobody can arrange for an import
    DYN_HOST,    // from a host object: passes/hostreloc.c
    DYN_POINTER, // a pointer in memory: needs a dynamic relocation in a position-independent file
} DynRole;

typedef struct RelocSite RelocSite; // arch/relocate.h

struct Arch {
    ArchId id;
    const char *name;      // GOARCH
    u8 ptr_size;           // bytes
    u8 call_size;          // bytes that a call instruction pushes on the stack
    u8 stack_reserve;      // bytes that a function without stack check may use below its frame, see check_stacks
    u8 min_lc;             // granularity of code addresses (sys.Arch.MinLC)
    u8 call_opcode_size;   // bytes of a direct call in front of its relocation
    u8 code_pad;           // fills the gaps between functions
    u32 func_align;        // of functions, bytes
    u8 dwarf_reg_sp, dwarf_reg_lr;

    // Calls that reach only part of the code (passes/trampoline.c); all 0 for the others.
    u64 branch_reach;      // code beyond this size needs trampolines
    u64 call_reach;        // bytes that a call may be away from its target, either way
    u32 trampoline_size;   // bytes
    // Gives the symbol s, which is empty, the code that jumps to the address add behind target; for an imported
    // target, through its GOT slot.
    void (*write_trampoline)(Program *p, SymId s, SymId target, i64 add, bool imported);

    u8 dyn_role[R_COUNT];  // DynRole by relocation type

    // Types whose value is spread over the fields of instructions, by relocation type: the bytes of those
    // instructions; 0 for types that are a plain number. `relocate` puts the value in: at holds the
    // instructions, which stand at pc; target is the target's address with the addend.
    u8 insn_bytes[R_COUNT];
    void (*relocate)(const RelocSite *s, u8 *at, i64 target, u64 pc);

    // Turns the instruction that computes an address into one that loads it; off is where the relocation is.
    // May change the relocation's type. Returns false when no such instruction is there: the error then names
    // the relocation and what was expected as the two texts say.
    bool (*load_from_got)(u8 *code, u32 n, i32 off, RelocType *type);
    const char *load_reloc_name, *load_expected;
    u16 got_load; // type of the relocation of such a load in an object, where the slot is another linker's

    // What relocations of host objects become (passes/hostreloc.c): a branch, an instruction that has to do with the
    // page of an address, one that has to do with a GOT slot. host_got_relaxed computes the address instead of loading it
    // from the GOT, once relax_got_load has changed the instruction; false: it is another instruction.
    u8 host_branch, host_page, host_got, host_got_relaxed; // RelocType
    bool (*relax_got_load)(u8 *code, u32 n, i32 off);

    // Gives the function s, which is empty, the code that passes the address of Program.moduledata to the function
    // `add`.
    void (*write_module_initializer)(Program *p, SymId s, SymId add);

    // Appends a stub that jumps to the address in the GOT slot at got_off.
    void (*add_stub)(Program *p, i32 got_off);
};

// In dyn_role of every processor.
#define HOST_DYN_ROLES                                                                                       \
    [R_HOST_ADDR] = DYN_POINTER, [R_HOST_PCREL] = DYN_HOST, [R_HOST_BRANCH] = DYN_HOST,                      \
    [R_HOST_PAGE] = DYN_HOST, [R_HOST_GOT_LOAD] = DYN_HOST, [R_HOST_GOT] = DYN_HOST,                         \
    [R_HOST_GOT_PCREL] = DYN_HOST, [R_HOST_SUBTRACT] = DYN_HOST, [R_HOST_UNKNOWN] = DYN_HOST

extern const Arch arch_amd64, arch_arm64;

// The back end for a GOARCH, or NULL.
const Arch *arch_find(Str goarch);
