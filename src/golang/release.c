// release.c - one row a Go release.
#include "golang/release.h"

#include "golang/goobj.h"
#include "golang/release_tables.h"

#define TABLES(name)                                                                                                   \
    .reloc_type = name##_reloc_types, .builtins = name##_builtins, .nbuiltins = &name##_nbuiltins,                     \
    .runtime_pkgs = name##_runtime_pkgs, .nruntime_pkgs = &name##_nruntime_pkgs,                                       \
    .blocked_linknames = name##_blocked_linknames, .nblocked_linknames = &name##_nblocked_linknames

// Kinds of data in the order of each release's enumeration (cmd/link/internal/sym/symkind.go): dynamic relocations are collected
// in this order.
#define WRITABLE_KINDS                                                                                                 \
    SYM_BUILDINFO, SYM_FIPSINFO, SYM_ELF_SECT, SYM_MACHO, SYM_WINDOWS, SYM_MODULEDATA, SYM_ELF_GOT, SYM_MACHO_GOT,       \
        SYM_NOPTRDATA, SYM_NOPTRDATA_FIPS_START, SYM_NOPTRDATA_FIPS, SYM_NOPTRDATA_FIPS_END, SYM_NOPTRDATA_END,          \
        SYM_INITARR, SYM_DATA, SYM_DATA_FIPS_START, SYM_DATA_FIPS, SYM_DATA_FIPS_END, SYM_DATA_END, SYM_XCOFFTOC,        \
        SYM_BSS, SYM_NOPTRBSS, SYM_GCMASK, SYM_FUZZ_COUNTER, SYM_COVERAGE_COUNTER, SYM_COVERAGE_AUXVAR, SYM_TLSBSS

static const u8 go126_data_kinds[] = {
    SYM_ELF_RX, SYM_MACHO_PLT, SYM_TYPE, SYM_STRING, SYM_GOSTRING, SYM_GOFUNC, SYM_GCBITS, SYM_RODATA,
    SYM_RODATA_FIPS_START, SYM_RODATA_FIPS, SYM_RODATA_FIPS_END, SYM_RODATA_END, SYM_FUNCTAB, SYM_PCLNTAB, SYM_ELF_RO,
    SYM_TYPE_RELRO, SYM_STRING_RELRO, SYM_GOSTRING_RELRO, SYM_GOFUNC_RELRO, SYM_GCBITS_RELRO, SYM_RODATA_RELRO,
    SYM_FUNCTAB_RELRO, SYM_ELF_RELRO, SYM_MACHO_RELRO, SYM_TYPELINK, SYM_ITABLINK, WRITABLE_KINDS,
};

static const u8 go127_data_kinds[] = {
    SYM_ELF_RX, SYM_MACHO_PLT, SYM_STRING, SYM_GOSTRING, SYM_GCBITS, SYM_RODATA, SYM_RODATA_FIPS_START, SYM_RODATA_FIPS,
    SYM_RODATA_FIPS_END, SYM_RODATA_END, SYM_PCLNTAB, SYM_ELF_RO, SYM_RODATA_RELRO, SYM_TYPE, SYM_GOFUNC, SYM_ELF_RELRO,
    SYM_MACHO_RELRO, WRITABLE_KINDS,
};

static const GoRelease releases[] = {
    {
        .prefix = "go1.26",
        TABLES(go126),
        .deflate = DEFLATE_GO126,
        .map_type_words = 8,
        .iface_type_words = 3,
        .unicode = 15,
        .data_kinds = go126_data_kinds,
        .ndata_kinds = COUNT_OF(go126_data_kinds),
        .layout = &go126_layout,
        .pe_os_major = 6,
        .pe_os_minor = 1,
        .macho_os_default = 12 << 16,
        .macho_sdk_default = 12 << 16,
        .linker_path_after = ',',
        .macho_uuid_variant = 0xc0,
        .macho_copies_platform = true,
        .sym_flag2 = {SYMF_USED_IN_IFACE, SYMF_ITAB, SYMF_DICT, SYMF_PKGINIT, SYMF_LINKNAME, SYMF_ABIWRAPPER,
                      SYMF_WASMEXPORT},
    },
    {
        .prefix = "go1.27",
        TABLES(go127),
        .deflate = DEFLATE_GO127,
        .map_type_words = 11,
        .iface_type_words = 4,
        .unicode = 17,
        .data_kinds = go127_data_kinds,
        .ndata_kinds = COUNT_OF(go127_data_kinds),
        .layout = &go127_layout,
        .pe_os_major = 10,
        .pe_load_config = true,
        .pe_sorts_unwind = true,
        .macho_os_default = 13 << 16,
        .macho_sdk_default = 26 << 16 | 2 << 8,
        .macho_uuid_always = true,
        .macho_race_weak = true,
        .macho_adds_segment = true,
        .probe_keeps_runtime = true,
        .linker_path_after = '=',
        .macho_uuid_variant = 0x80,
        .macho_aligns_host = true,
        .macho_binds_data = true,
        .hashed_text_is_local = true,
        .sym_flag2 = {SYMF_USED_IN_IFACE, SYMF_ITAB, SYMF_DICT, SYMF_PKGINIT, SYMF_LINKNAME, SYMF_LINKNAME_STD,
                      SYMF_ABIWRAPPER, SYMF_WASMEXPORT},
        .dupok_yields = true,
        .linkname_checks_asm = true,
        .cgo_export_wins = true,
        .cgo_rejects_commas = true,
        .syso_must_be_known = true,
    },
};

const GoRelease *release_find(Str version) {
    for (u32 i = 0; i < COUNT_OF(releases); i++) {
        Str prefix = str_from_c(releases[i].prefix);
        // "go1.26" must not match "go1.260".
        if (str_has_prefix(version, prefix) &&
            (version.n == prefix.n || version.p[prefix.n] < '0' || version.p[prefix.n] > '9'))
            return &releases[i];
    }
    return NULL;
}

bool release_is_runtime_package(const GoRelease *rel, Str pkg) {
    for (u32 i = 0; i < *rel->nruntime_pkgs; i++)
        if (str_eq(rel->runtime_pkgs[i], pkg))
            return true;
    return false;
}
