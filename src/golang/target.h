// target.h - the platforms of the Go releases, and what gild can do for each: one row a target.
//
// WHAT  A row holds what cmd/link and cmd/go know about a GOOS/GOARCH pair: which build modes exist, which
//       of them can be linked without an external linker, whether an external linker is always needed, what
//       the default mode is. The last columns are gild's own: the modes it links itself. Everything else is
//       an error or the fallback.
// RULES To add a target: write its row from internal/platform/supported.go of each release (a difference
//       between releases gets a second row with the release's name), then let `gild_modes` grow with what
//       the identity corpus proves.
// REF   internal/platform/supported.go, internal/platform/zosarch.go; cmd/internal/objabi/head.go.
#pragma once

#include "base/types.h"

typedef enum {
    BUILDMODE_UNSET,
    BUILDMODE_EXE,
    BUILDMODE_PIE,
    BUILDMODE_C_ARCHIVE,
    BUILDMODE_C_SHARED,
    BUILDMODE_SHARED,
    BUILDMODE_PLUGIN,
} BuildMode;

typedef enum { LINKMODE_AUTO, LINKMODE_INTERNAL, LINKMODE_EXTERNAL } LinkMode;

// Kinds of executable file (objabi.HeadType, same numbers).
typedef enum {
    HEAD_UNKNOWN,
    HEAD_DARWIN,
    HEAD_DRAGONFLY,
    HEAD_FREEBSD,
    HEAD_JS,
    HEAD_LINUX,
    HEAD_NETBSD,
    HEAD_OPENBSD,
    HEAD_PLAN9,
    HEAD_SOLARIS,
    HEAD_WASIP1,
    HEAD_WINDOWS,
    HEAD_AIX,
} HeadType;

#define MODE_BIT(mode) (1u << (mode))

// Traits of a target.
enum {
    TARGET_INTERNAL_PIE = 1,    // a pie can be linked internally (platform.InternalLinkPIESupported)
    TARGET_ALWAYS_EXTERNAL = 2, // needs an external linker even without cgo (platform.MustLinkExternal)
    TARGET_DEFAULT_PIE = 4,     // cmd/go asks for pie when no mode is given (platform.DefaultPIE); not the
                                // default of the linker, which is exe
    TARGET_EXE_IS_PIE = 8,      // -buildmode=exe means pie (config.go: BuildMode.Set)
    TARGET_NO_FIPS = 16,        // the loader or the processor does not let a program read its own code as linked (obj.EnableFIPS)
    TARGET_PAGE_16K = 64,       // pages of 16 KiB: what -D is a multiple of, unless -R says otherwise
    TARGET_OWN_TLS = 512,       // a program needs no C code for its thread-local g, in an external link either
    TARGET_CGO_EXTERNAL = 256,  // C code needs an external linker (platform.MustLinkExternal, withCgo)
    TARGET_NO_TLSG = 32,        // no thread-local word for g: the loader complains about the alignment of one that is not used
    TARGET_BIONIC = 128,        // Android's C library, with a dynamic linker of its own
};

typedef struct Target {
    const char *goos;
    const char *goarch;
    const char *only; // release this row is for ("go1.26"); NULL: all that no earlier row is for
    u8 modes;         // MODE_BITs of the build modes that exist (platform.BuildModeSupported)
    u16 traits;       // TARGET_*
    u8 gild_modes;    // MODE_BITs that gild links internally,
    u8 gild_external; // and those that it links with the system's linker
} Target;

// Whether a version string ("go1.26.8") belongs to a release ("go1.26").
bool version_is(Str version, const char *release);

// The row of the pair for a release ("go1.27.4"; empty: the newest), or NULL when there is no such platform.
const Target *target_find(Str goos, Str goarch, Str version);

// Whether some platform has this GOARCH.
bool target_has_arch(Str goarch);

// The file format of a GOOS or of a name given to -H; HEAD_UNKNOWN for other names.
HeadType head_type_parse(Str name);
const char *head_type_name(HeadType h);

// "exe", "pie", "c-archive", ...; the empty string for BUILDMODE_UNSET.
const char *build_mode_name(BuildMode m);
// BUILDMODE_UNSET when there is no such mode.
BuildMode build_mode_parse(Str name);

const char *link_mode_name(LinkMode m);
