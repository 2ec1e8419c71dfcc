// macho_host_relocs.c - types of relocations in objects of C compilers.
//
// Each type has one sense with the pc-relative bit and another without it; most have only one of the two. A type that is
// not listed is an error if the code that uses it is needed: thread-local variables, above all.
// REF   mach-o/x86_64/reloc.h, mach-o/arm64/reloc.h; cmd/link/internal/{amd64,arm64}/asm.go: adddynrel.
#include "format/macho/macho.h"

enum { ABSOLUTE, PCREL };

enum {
    X86_64_RELOC_UNSIGNED,
    X86_64_RELOC_SIGNED,   // a 32-bit displacement
    X86_64_RELOC_BRANCH,
    X86_64_RELOC_GOT_LOAD, // movq sym@GOTPCREL(%rip), reg
    X86_64_RELOC_GOT,      // any other use of the slot
    X86_64_RELOC_SUBTRACTOR,
    X86_64_RELOC_SIGNED_1, // as SIGNED, with so many bytes of immediate behind the displacement
    X86_64_RELOC_SIGNED_2,
    X86_64_RELOC_SIGNED_4,
};

const MachoRelocType macho_host_relocs_amd64[16][2] = {
    [X86_64_RELOC_UNSIGNED] = {[ABSOLUTE] = {R_HOST_ADDR, MACHO_ADDEND_ADDRESS, false},
                               [PCREL] = {R_HOST_PCREL, MACHO_ADDEND_ADDRESS, false}},
    [X86_64_RELOC_SIGNED] = {[PCREL] = {R_HOST_PCREL, MACHO_ADDEND_DISTANCE, false}},
    [X86_64_RELOC_BRANCH] = {[PCREL] = {R_HOST_BRANCH, MACHO_ADDEND_PLAIN, false}},
    [X86_64_RELOC_GOT_LOAD] = {[PCREL] = {R_HOST_GOT_LOAD, MACHO_ADDEND_PLAIN, false}},
    [X86_64_RELOC_GOT] = {[PCREL] = {R_HOST_GOT, MACHO_ADDEND_PLAIN, false}},
    [X86_64_RELOC_SUBTRACTOR] = {[ABSOLUTE] = {R_HOST_SUBTRACT, MACHO_ADDEND_PLAIN, false}},
    [X86_64_RELOC_SIGNED_1] = {[PCREL] = {R_HOST_PCREL, MACHO_ADDEND_PLAIN, false}},
    [X86_64_RELOC_SIGNED_2] = {[PCREL] = {R_HOST_PCREL, MACHO_ADDEND_PLAIN, false}},
    [X86_64_RELOC_SIGNED_4] = {[PCREL] = {R_HOST_PCREL, MACHO_ADDEND_PLAIN, false}},
};

enum {
    ARM64_RELOC_UNSIGNED,
    ARM64_RELOC_SUBTRACTOR,
    ARM64_RELOC_BRANCH26,
    ARM64_RELOC_PAGE21,    // ADRP
    ARM64_RELOC_PAGEOFF12, // the instruction that goes with it
    ARM64_RELOC_GOT_LOAD_PAGE21,
    ARM64_RELOC_GOT_LOAD_PAGEOFF12,
    ARM64_RELOC_POINTER_TO_GOT,
    ARM64_RELOC_ADDEND = 10,
};

const MachoRelocType macho_host_relocs_arm64[16][2] = {
    [ARM64_RELOC_UNSIGNED] = {[ABSOLUTE] = {R_HOST_ADDR, MACHO_ADDEND_PLAIN, false}},
    [ARM64_RELOC_SUBTRACTOR] = {[ABSOLUTE] = {R_HOST_SUBTRACT, MACHO_ADDEND_PLAIN, false}},
    [ARM64_RELOC_BRANCH26] = {[PCREL] = {R_HOST_BRANCH, MACHO_ADDEND_PLAIN, false}},
    [ARM64_RELOC_PAGE21] = {[PCREL] = {R_HOST_PAGE, MACHO_ADDEND_PLAIN, false}},
    [ARM64_RELOC_PAGEOFF12] = {[ABSOLUTE] = {R_HOST_PAGE, MACHO_ADDEND_PLAIN, false}},
    [ARM64_RELOC_GOT_LOAD_PAGE21] = {[PCREL] = {R_HOST_GOT_LOAD, MACHO_ADDEND_PLAIN, false}},
    [ARM64_RELOC_GOT_LOAD_PAGEOFF12] = {[ABSOLUTE] = {R_HOST_GOT_LOAD, MACHO_ADDEND_PLAIN, false}},
    [ARM64_RELOC_POINTER_TO_GOT] = {[PCREL] = {R_HOST_GOT_PCREL, MACHO_ADDEND_PLAIN, false}},
    [ARM64_RELOC_ADDEND] = {[ABSOLUTE] = {R_NONE, MACHO_ADDEND_PLAIN, true},
                            [PCREL] = {R_NONE, MACHO_ADDEND_PLAIN, true}},
};
