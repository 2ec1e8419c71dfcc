// release.h - what differs between Go releases, as data.
//
// The release of a link is read from the header line of the main object. Every pass that behaves differently from one release to
// the next asks a field of this table, never for a version number. To add a release: add a row in release.c, diff
// cmd/link, cmd/internal/goobj and cmd/internal/objabi of the new tree against the old one, and add a field for every difference that
// shows in the output.
#pragma once

#include "golang/layout_plan.h"
#include "golang/symkind.h"

// A runtime function that objects refer to by its position in a list (cmd/internal/goobj/builtinlist.go).
typedef struct {
    Str name;
    u8 abi;
} Builtin;

// A name that only one package may refer to by linkname (loader.blockedLinknames); no package at all when pkg is empty.
typedef struct {
    Str name;
    Str pkg;
} BlockedLinkname;

// The two encoders of compress/flate; see flate/deflate.h.
typedef enum { DEFLATE_GO126, DEFLATE_GO127 } DeflateKind;

typedef struct GoRelease {
    const char *prefix;        // of the version strings: "go1.27" stands for go1.27, go1.27.4, go1.27rc1
    const u8 *reloc_type;      // [256]: number in object files -> RelocType
    u16 sym_flag2[8];          // bit i of a symbol's second flag byte -> SYMF_*
    const Builtin *builtins;
    const u32 *nbuiltins;
    const Str *runtime_pkgs;   // packages whose code is laid out first (objabi/pkgspecial.go: runtimePkgs)
    const u32 *nruntime_pkgs;
    const BlockedLinkname *blocked_linknames;
    const u32 *nblocked_linknames;

    const u8 *data_kinds;      // SymKinds of data in bucket order, ndata_kinds of them
    u32 ndata_kinds;
    const LayoutPlan *layout;  // which kinds go to which section

    // Symbol resolution (loader.addSym).
    bool dupok_yields;         // a definition that may not be duplicated replaces one that may, never the other way round
    bool linkname_checks_asm;  // references from assembly are checked too, and ABI wrappers are not exempt

    // Cgo directives (ld.setCgoAttr).
    bool cgo_export_wins;      // an exported symbol is never imported, whatever comes first
    bool syso_must_be_known;   // a .syso member of an unknown format is an error (else a reason to link externally)
    bool cgo_rejects_commas;   // in names and paths, which would split an argument of the external linker

    // Types and itabs.
    u32 map_type_words;        // runtime type sizes, in words: see abi.MapType
    u32 iface_type_words;
    u8 unicode;                // major version of its unicode package: which letters are upper case

    // DWARF.
    u8 deflate;                // DeflateKind: the encoder of its compress/flate

    // The system's linker.
    bool probe_keeps_runtime;  // a probe of its flags is given flags that choose libraries of the compiler, too
    char linker_path_after;    // character between --dynamic-linker and the path

    // ELF.
    bool hashed_text_is_local; // functions named by their content are local symbols: several may have one name

    // PE.
    u16 pe_os_major, pe_os_minor; // the oldest system that loads the file
    bool pe_load_config;       // there is a load configuration, which new systems ask for
    bool pe_sorts_unwind;      // tables for unwinding are in the order of addresses (else in that of textp before FIPS code
                               // is gathered, and -randlayout)

    // Mach-O.
    bool macho_race_weak;      // the race detector's objects import a function that older systems do not have
    bool macho_adds_segment;   // the system's linker is asked for a form of fixups that more segments do not harm
    u32 macho_os_default, macho_sdk_default; // xxxx.yy.zz as packed by LC_BUILD_VERSION
    bool macho_uuid_always;    // LC_UUID also without a build id: a hash of the file; a short -B is replaced by it too
    u8 macho_uuid_variant;     // bits 6 and 7 of byte 8
    bool macho_copies_platform; // LC_BUILD_VERSION comes from the first host object, else from one that is not for macOS
    bool macho_aligns_host;    // sections of host objects keep their alignment (1.26 forgets it)
    bool macho_binds_data;     // a pointer to an imported symbol is bound (1.26 rebases it, which is of no use)
} GoRelease;

// The table of the release that wrote an object with this version string ("go1.27.4"), or NULL.
const GoRelease *release_find(Str version);

// Whether the package is one of runtime_pkgs.
bool release_is_runtime_package(const GoRelease *rel, Str pkg);
