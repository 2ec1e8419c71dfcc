// symkind.h - what kind of memory a symbol is: the first key of the whole layout.
//
// The order of the enumeration is the order in which dynamic relocations are collected and sections made
// (cmd/link/internal/sym/symkind.go). Two releases order some read-only kinds differently: shared code
// walks GoRelease.data_kinds rather than the enumeration where the order shows in the output.
// Range tests below hold in every release.
#pragma once

#include "base/types.h"

typedef enum {
    SYM_NONE = 0,
    // text segment, executable
    SYM_TEXT, SYM_TEXT_FIPS_START, SYM_TEXT_FIPS, SYM_TEXT_FIPS_END, SYM_TEXT_END,
    SYM_ELF_RX, SYM_MACHO_PLT,
    // read-only
    SYM_TYPE,        // type descriptors (in Go 1.27 always in the relro part)
    SYM_STRING,      // carrier runtime.rodata strings (XCOFF); unused otherwise
    SYM_GOSTRING,    // string constants
    SYM_GOFUNC,      // function descriptors and funcdata
    SYM_GCBITS,      // pointer masks of types
    SYM_RODATA, SYM_RODATA_FIPS_START, SYM_RODATA_FIPS, SYM_RODATA_FIPS_END, SYM_RODATA_END,
    SYM_FUNCTAB,     // runtime.etypes (Go 1.26)
    SYM_PCLNTAB, SYM_ELF_RO,
    // read-only after relocation (Go 1.26: one kind for each above; Go 1.27: SYM_RODATA_RELRO, types, functions)
    SYM_TYPE_RELRO, SYM_STRING_RELRO, SYM_GOSTRING_RELRO, SYM_GOFUNC_RELRO, SYM_GCBITS_RELRO, SYM_RODATA_RELRO,
    SYM_FUNCTAB_RELRO, SYM_ELF_RELRO, SYM_MACHO_RELRO,
    SYM_TYPELINK, SYM_ITABLINK, // tables of Go 1.26
    // writable
    SYM_FIRST_WRITABLE,
    SYM_BUILDINFO, SYM_FIPSINFO, SYM_ELF_SECT, SYM_MACHO, SYM_WINDOWS, SYM_MODULEDATA, SYM_ELF_GOT, SYM_MACHO_GOT,
    SYM_NOPTRDATA, SYM_NOPTRDATA_FIPS_START, SYM_NOPTRDATA_FIPS, SYM_NOPTRDATA_FIPS_END, SYM_NOPTRDATA_END,
    SYM_INITARR,
    SYM_DATA, SYM_DATA_FIPS_START, SYM_DATA_FIPS, SYM_DATA_FIPS_END, SYM_DATA_END,
    SYM_XCOFFTOC,
    // zeroed
    SYM_BSS, SYM_NOPTRBSS,
    SYM_GCMASK,      // Go 1.27: masks that the runtime builds
    SYM_FUZZ_COUNTER, SYM_COVERAGE_COUNTER, SYM_COVERAGE_AUXVAR, SYM_TLSBSS,
    // not in memory
    SYM_FIRST_UNALLOCATED,
    SYM_XREF,        // reference from a host object
    SYM_MACHO_SYMSTR, SYM_MACHO_SYMTAB, SYM_MACHO_INDIRECT_PLT, SYM_MACHO_INDIRECT_GOT,
    SYM_DYNIMPORT,   // defined in a shared library
    SYM_HOSTOBJ, SYM_UNDEFEXT,
    // debugging
    SYM_DWARF_SECT, SYM_DWARF_CUINFO, SYM_DWARF_CONST, SYM_DWARF_FCN, SYM_DWARF_ABSFCN, SYM_DWARF_TYPE, SYM_DWARF_VAR,
    SYM_DWARF_RANGE, SYM_DWARF_LOC, SYM_DWARF_LINES, SYM_DWARF_ADDR,
    SYM_SEH_UNWIND, SYM_SEH_SECT,
    SYM_KIND_COUNT
} SymKind;

static inline bool kind_is_text(u8 k) { return k >= SYM_TEXT && k <= SYM_TEXT_END; }
// Any kind of writable or zeroed Go data (SymKind.IsData of cmd/link/internal/sym).
static inline bool kind_is_data(u8 k) { return k >= SYM_NOPTRDATA && k <= SYM_NOPTRBSS; }
static inline bool kind_is_rodata(u8 k) { return k >= SYM_RODATA && k <= SYM_RODATA_END; }
static inline bool kind_is_noptrdata(u8 k) { return k >= SYM_NOPTRDATA && k <= SYM_NOPTRDATA_END; }
static inline bool kind_is_ptrdata(u8 k) { return k >= SYM_DATA && k <= SYM_DATA_END; }
// Tables that the linker itself makes for a dynamic linker; what they point to needs no dynamic relocation.
static inline bool kind_is_linkage(u8 k) {
    return k == SYM_ELF_RX || k == SYM_ELF_RO || k == SYM_ELF_RELRO || k == SYM_ELF_SECT || k == SYM_ELF_GOT ||
           k == SYM_MACHO_PLT || k == SYM_MACHO_RELRO || k == SYM_MACHO_GOT;
}
static inline bool kind_is_dwarf(u8 k) { return k >= SYM_DWARF_SECT && k <= SYM_DWARF_ADDR; }

// The kind of an object file's symbol type (objabi.SymKind number, the same in all releases), or
// SYM_KIND_COUNT when there is no such number.
SymKind symkind_from_object(u8 objabi_kind);

// The stock tool's name of the kind ("STEXT"), for error texts that print it.
const char *symkind_name(SymKind k);
