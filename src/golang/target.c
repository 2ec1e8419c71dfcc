// target.c - the table of platforms.
#include "golang/target.h"

// clang-format off
enum {
    EXE = MODE_BIT(BUILDMODE_EXE),
    PIE = MODE_BIT(BUILDMODE_PIE),
    CAR = MODE_BIT(BUILDMODE_C_ARCHIVE),
    CSH = MODE_BIT(BUILDMODE_C_SHARED),
    SHR = MODE_BIT(BUILDMODE_SHARED),
    PLG = MODE_BIT(BUILDMODE_PLUGIN),
    INT_PIE = TARGET_INTERNAL_PIE,
    EXT = TARGET_ALWAYS_EXTERNAL,
    DEF_PIE = TARGET_DEFAULT_PIE,
    EXE_PIE = TARGET_EXE_IS_PIE,
    NO_FIPS = TARGET_NO_FIPS,
    NO_TLSG = TARGET_NO_TLSG,
    P16K = TARGET_PAGE_16K,
    BIONIC = TARGET_BIONIC | TARGET_CGO_EXTERNAL | NO_TLSG,
    CGO_EXT = TARGET_CGO_EXTERNAL,
    OWN_TLS = TARGET_OWN_TLS,
};

#define G126 "go1.26"

// In the order of zosarch.go; a row for one release stands before the row for the others.
static const Target targets[] = {
    // GOOS        GOARCH     only  build modes                        traits                       gild: internal, external
    {"aix",        "ppc64",     NULL, EXE | PIE | CAR,                   NO_FIPS | CGO_EXT,           0, 0},
    {"android",    "386",       NULL, EXE | PIE | CSH | PLG,             EXT | DEF_PIE | BIONIC,      0, 0},
    {"android",    "amd64",     NULL, EXE | PIE | CSH | PLG,             EXT | DEF_PIE | BIONIC,      0, 0},
    {"android",    "arm",       NULL, EXE | PIE | CSH,                   EXT | DEF_PIE | BIONIC,      0, 0},
    {"android",    "arm64",     NULL, EXE | PIE | CSH,                   INT_PIE | DEF_PIE | BIONIC,  PIE, 0},
    {"darwin",     "amd64",     NULL, EXE | PIE | CAR | CSH | PLG,       INT_PIE | DEF_PIE | OWN_TLS, EXE | PIE, EXE | PIE | CAR | CSH | PLG},
    {"darwin",     "arm64",     NULL, EXE | PIE | CAR | CSH | PLG,       INT_PIE | DEF_PIE | EXE_PIE | P16K, PIE, PIE | CAR | CSH | PLG},
    {"dragonfly",  "amd64",     NULL, EXE,                               CGO_EXT,                     0, 0},
    {"freebsd",    "386",       NULL, EXE,                               0,                           0, 0},
    {"freebsd",    "amd64",     NULL, EXE | PIE | CAR | CSH | PLG,       0,                           0, 0},
    {"freebsd",    "arm",       NULL, EXE,                               0,                           0, 0},
    {"freebsd",    "arm64",     NULL, EXE,                               0,                           0, 0},
    {"freebsd",    "riscv64",   NULL, EXE,                               0,                           0, 0},
    {"illumos",    "amd64",     NULL, EXE,                               0,                           0, 0},
    {"ios",        "amd64",     NULL, EXE | PIE | CAR,                   DEF_PIE,                     0, 0},
    {"ios",        "arm64",     NULL, EXE | PIE | CAR,                   EXT | DEF_PIE,               0, 0},
    {"js",         "wasm",      NULL, EXE,                               NO_FIPS,                     0, 0},
    {"linux",      "386",       NULL, EXE | PIE | CAR | CSH | SHR | PLG, 0,                           0, 0},
    {"linux",      "amd64",     NULL, EXE | PIE | CAR | CSH | SHR | PLG, INT_PIE,                     EXE | PIE, EXE | PIE | CAR | CSH | SHR | PLG},
    {"linux",      "arm",       NULL, EXE | PIE | CAR | CSH | SHR | PLG, 0,                           0, 0},
    {"linux",      "arm64",     NULL, EXE | PIE | CAR | CSH | SHR | PLG, INT_PIE,                     EXE | PIE, EXE | PIE | CAR | CSH | SHR | PLG},
    {"linux",      "loong64",   NULL, EXE | PIE | CAR | CSH | PLG,       INT_PIE,                     0, 0},
    {"linux",      "mips",      NULL, EXE,                               CGO_EXT,                     0, 0},
    {"linux",      "mips64",    NULL, EXE,                               CGO_EXT,                     0, 0},
    {"linux",      "mips64le",  NULL, EXE,                               CGO_EXT,                     0, 0},
    {"linux",      "mipsle",    NULL, EXE,                               CGO_EXT,                     0, 0},
    {"linux",      "ppc64",     G126, EXE,                               CGO_EXT,                     0, 0},
    {"linux",      "ppc64",     NULL, EXE | PIE | CAR | CSH | SHR | PLG, INT_PIE,                     0, 0},
    {"linux",      "ppc64le",   NULL, EXE | PIE | CAR | CSH | SHR | PLG, INT_PIE,                     0, 0},
    {"linux",      "riscv64",   NULL, EXE | PIE | CAR | CSH | PLG,       0,                           0, 0},
    {"linux",      "s390x",     G126, EXE | PIE | CAR | CSH | SHR | PLG, 0,                           0, 0},
    {"linux",      "s390x",     NULL, EXE | PIE | CAR | CSH | SHR | PLG, INT_PIE,                     0, 0},
    {"linux",      "sparc64",   NULL, EXE,                               0,                           0, 0},
    {"netbsd",     "386",       NULL, EXE,                               0,                           0, 0},
    {"netbsd",     "amd64",     NULL, EXE,                               0,                           0, 0},
    {"netbsd",     "arm",       NULL, EXE,                               0,                           0, 0},
    {"netbsd",     "arm64",     NULL, EXE,                               0,                           0, 0},
    {"openbsd",    "386",       NULL, EXE,                               0,                           0, 0},
    {"openbsd",    "amd64",     NULL, EXE,                               0,                           0, 0},
    {"openbsd",    "arm",       NULL, EXE,                               0,                           0, 0},
    {"openbsd",    "arm64",     NULL, EXE | PIE,                         0,                           0, 0},
    {"openbsd",    "mips64",    G126, EXE,                               CGO_EXT,                     0, 0},
    {"openbsd",    "ppc64",     NULL, EXE,                               0,                           0, 0},
    {"openbsd",    "riscv64",   NULL, EXE,                               0,                           0, 0},
    {"plan9",      "386",       NULL, EXE,                               0,                           0, 0},
    {"plan9",      "amd64",     NULL, EXE,                               0,                           0, 0},
    {"plan9",      "arm",       NULL, EXE,                               0,                           0, 0},
    {"solaris",    "amd64",     NULL, EXE,                               0,                           0, 0},
    {"wasip1",     "wasm",      NULL, EXE | CSH,                         NO_FIPS,                     0, 0},
    {"windows",    "386",       NULL, EXE | PIE | CAR | CSH,             INT_PIE | DEF_PIE | NO_FIPS, 0, 0},
    {"windows",    "amd64",     NULL, EXE | PIE | CAR | CSH,             INT_PIE | DEF_PIE,           EXE | PIE, 0},
    {"windows",    "arm64",     NULL, EXE | PIE | CAR | CSH,             INT_PIE | DEF_PIE | EXE_PIE, PIE, 0},
};
// clang-format on

// "go1.26" is the release of GO126, "go1.26.8" and "go1.26rc1", and not of "go1.261".
bool version_is(Str version, const char *release) {
    Str r = str_from_c(release);
    return str_has_prefix(version, r) && (version.n == r.n || version.p[r.n] < '0' || version.p[r.n] > '9');
}

const Target *target_find(Str goos, Str goarch, Str version) {
    for (u32 i = 0; i < COUNT_OF(targets); i++) {
        const Target *t = &targets[i];
        if (str_eq(goos, str_from_c(t->goos)) && str_eq(goarch, str_from_c(t->goarch)) &&
            (!t->only || version_is(version, t->only)))
            return t;
    }
    return NULL;
}

bool target_has_arch(Str goarch) {
    for (u32 i = 0; i < COUNT_OF(targets); i++)
        if (str_eq(goarch, str_from_c(targets[i].goarch)))
            return true;
    return false;
}

static const struct {
    const char *name;
    HeadType head;
} head_names[] = {
    // The first name of a kind is the one it is printed with.
    {"aix", HEAD_AIX},         {"darwin", HEAD_DARWIN},
    {"ios", HEAD_DARWIN},      {"dragonfly", HEAD_DRAGONFLY},
    {"freebsd", HEAD_FREEBSD}, {"js", HEAD_JS},
    {"linux", HEAD_LINUX},     {"android", HEAD_LINUX},
    {"netbsd", HEAD_NETBSD},   {"openbsd", HEAD_OPENBSD},
    {"plan9", HEAD_PLAN9},     {"solaris", HEAD_SOLARIS},
    {"illumos", HEAD_SOLARIS}, {"wasip1", HEAD_WASIP1},
    {"windows", HEAD_WINDOWS},
};

HeadType head_type_parse(Str name) {
    for (u32 i = 0; i < COUNT_OF(head_names); i++)
        if (str_eq(name, str_from_c(head_names[i].name)))
            return head_names[i].head;
    return HEAD_UNKNOWN;
}

const char *head_type_name(HeadType h) {
    for (u32 i = 0; i < COUNT_OF(head_names); i++)
        if (head_names[i].head == h)
            return head_names[i].name;
    return "unknown";
}

static const char *const build_modes[] = {
    [BUILDMODE_UNSET] = "",
    [BUILDMODE_EXE] = "exe",
    [BUILDMODE_PIE] = "pie",
    [BUILDMODE_C_ARCHIVE] = "c-archive",
    [BUILDMODE_C_SHARED] = "c-shared",
    [BUILDMODE_SHARED] = "shared",
    [BUILDMODE_PLUGIN] = "plugin",
};

const char *build_mode_name(BuildMode m) {
    return build_modes[m];
}

BuildMode build_mode_parse(Str name) {
    for (u32 i = BUILDMODE_EXE; i < COUNT_OF(build_modes); i++)
        if (str_eq(name, str_from_c(build_modes[i])))
            return (BuildMode)i;
    return BUILDMODE_UNSET;
}

const char *link_mode_name(LinkMode m) {
    static const char *const names[] = {"auto", "internal", "external"};
    return names[m];
}
