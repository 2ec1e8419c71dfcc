// reloc.h - relocation types of Go object files, one numbering for all releases.
//
// The numbers in object files are positions in cmd/internal/objabi/reloctype.go, and shift when a release inserts one.
// gild's own numbers are those below; GoRelease.reloc_type maps a release's number to them when a record is read.
// Only types that occur for the architectures of the target table have names here; the others map to R_UNKNOWN, which is an error.
#pragma once

#include "base/types.h"

typedef enum {
    R_NONE = 0,
    R_UNKNOWN,         // a type of an architecture that gild does not link
    R_ADDR,            // absolute address of the target, siz bytes
    R_ADDRARM64,       // adrp + add pair
    R_ADDROFF,         // 32-bit offset of the target from the start of its section (the first text section for code)
    R_SIZE,            // size of the target
    R_CALL,            // 32-bit pc-relative call or jump
    R_CALLARM64,       // 26-bit branch
    R_CALLIND,         // marks an indirect call, for the stack check
    R_CONST,           // a constant
    R_PCREL,           // 32-bit pc-relative reference
    R_TLS_LE,          // local-exec thread-local offset
    R_TLS_IE,          // initial-exec thread-local offset, through the GOT
    R_GOTOFF,
    R_PLT0, R_PLT1, R_PLT2,
    R_USEFIELD,        // marker: field tracking
    R_USETYPE,         // marker: the function's debug information uses the type
    R_USEIFACE,        // marker: the type is converted to an interface
    R_USEIFACEMETHOD,  // marker: the interface method at offset `add` of the type is called
    R_USENAMEDMETHOD,  // marker: a method of this name is called by reflection or generics
    R_METHODOFF,       // 32-bit offset of a method's type or code; -1 when pruned
    R_KEEP,            // marker: keeps the target alive
    R_GOTPCREL,        // pc-relative reference to the target's GOT entry
    R_DWARFSECREF,     // offset of the target in its DWARF section
    R_ARM64_TLS_LE, R_ARM64_TLS_IE, R_ARM64_GOTPCREL, R_ARM64_GOT, R_ARM64_PCREL,
    R_ARM64_PCREL_LDST8, R_ARM64_PCREL_LDST16, R_ARM64_PCREL_LDST32, R_ARM64_PCREL_LDST64,
    R_ARM64_LDST8, R_ARM64_LDST16, R_ARM64_LDST32, R_ARM64_LDST64, R_ARM64_LDST128,
    R_PCRELDBL,
    R_ADDRCUOFF,       // pointer-sized offset of the target from the start of its compilation unit's text
    R_PEIMAGEOFF,      // 32-bit offset from the image base (PE)
    R_INITORDER,       // marker: the target init task runs before this one
    R_DWTXTADDR_U1, R_DWTXTADDR_U2, R_DWTXTADDR_U3, R_DWTXTADDR_U4, // .debug_addr index, DWARF 5

    // Of host objects, until passes/hostreloc.c turns them into the ones above.
    R_HOST_ADDR,       // absolute address
    R_HOST_PCREL,      // distance from the end of the relocation
    R_HOST_BRANCH,     // call or jump
    R_HOST_PAGE,       // one instruction of a pair: page of the address, or its low bits
    R_HOST_GOT_LOAD,   // an instruction that loads the address from the GOT, or one of a pair
    R_HOST_GOT,        // an instruction that uses the GOT slot
    R_HOST_GOT_PCREL,  // distance to the GOT slot
    R_HOST_SUBTRACT,   // the address is subtracted from what the next relocation, at the same place, adds
    R_HOST_UNKNOWN,    // add is the type's number
    R_COUNT
} RelocType;

// Bit in the 16-bit type of a record: the relocation does not keep its target alive.
#define RELOC_WEAK_BIT 0x8000u

// A call instruction that holds its target (objabi.RelocType.IsDirectCall).
static inline bool reloc_is_call(u16 type) { return type == R_CALL || type == R_CALLARM64; }

// An index into .debug_addr.
static inline bool reloc_is_address_index(u16 type) { return type >= R_DWTXTADDR_U1 && type <= R_DWTXTADDR_U4; }
