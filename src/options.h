// options.h - what the command line asks for, checked and complete; constant for the whole link.
//
// WHAT  Every flag of `go tool link`, for each release that gild knows, with Go's flag syntax (-flag, --flag,
//       -flag=value, -flag value; a boolean takes a value only after '='), its defaults and its error
//       texts; -j and -debugfree are gild's own. Environment variables that change the output are here too.
// HOW   options_parse splits the work in three: expand @files, set fields flag by flag (options_flags.c, a
//       table), check combinations (options_check.c). What the user got wrong is printed in the stock
//       linker's words and ends the program with status 2. What gild cannot do yet is not an error of the
//       user: it is named in `unsupported`, and the caller decides between the stock linker and an error.
// RULES Nothing writes an Options after options_parse. Strings are NUL-terminated views that live as long
//       as the arena.
// REF   cmd/link/internal/ld/main.go: Main; cmd/internal/objabi/flag.go; flag/flag.go.
#pragma once

#include "base/vec.h"
#include "golang/importcfg.h"
#include "golang/target.h"

typedef VEC(Str) StrVec;

// One string variable to set: -X, or the modinfo line of an importcfg.
typedef struct {
    Str name; // symbol name: the package's path as symbols spell it, a dot, the variable
    Str value;
} StringDef;

// What -B asks for.
typedef enum {
    BUILDINFO_DEFAULT,   // neither -B nor -buildid was given
    BUILDINFO_NONE,      // -B none
    BUILDINFO_GOBUILDID, // -B gobuildid, or only -buildid was given: a hash of the build id
    BUILDINFO_BYTES,     // -B 0x...: buildinfo[0..nbuildinfo)
} BuildInfoKind;

typedef struct Options {
    // The target.
    Str goos;
    Str goarch;
    Str version; // release of the main object's compiler ("go1.27.4"); empty when it could not be read
    const Target *target; // row of the pair; NULL only when the platform is `unsupported`
    HeadType head;        // -H, else the one of goos
    bool windowsgui;      // -H windowsgui
    BuildMode buildmode;  // never UNSET
    LinkMode linkmode;    // as given; AUTO is resolved when the inputs are known
    bool linkshared;

    // Files.
    Str main_file;  // the positional argument: the main package's archive
    StrVec args;    // all positional arguments
    Str outfile;    // -o, "a.out" by default
    StrVec libdirs; // -L in order
    Str installsuffix;
    Str tmpdir;
    Str fipso;
    Str capturehostobjs;
    bool has_importcfg;
    ImportCfg importcfg; // of the last -importcfg

    // Contents.
    // -X definitions and modinfo lines, in the order met; a later one of the same name wins, the place of the
    // first one counts.
    VEC(StringDef) xdefs;
    Str buildid;
    Str host_buildid; // -B as given; "gobuildid" when only -buildid was
    BuildInfoKind buildinfo_kind;
    u8 buildinfo[32];
    u32 nbuildinfo;
    Str entry; // -E; by default that of build mode and platform
    Str pluginpath;
    Str fieldtrack;     // -k
    bool strip_symbols; // -s
    bool strip_dwarf;   // -w, or -s without -w=false (see main.go: flagW)
    bool compressdwarf;
    bool pruneweakmap;
    bool checklinkname;
    bool race, msan, asan;
    bool aslr;
    bool bindnow;
    bool no_dynamic; // -d
    i64 randlayout;
    i64 round;     // -R, or -1
    i64 text_addr; // -T, or -1
    i64 data_addr; // -D, or -1
    i64 funcalign; // 0: the architecture's
    bool macos_set, macsdk_set;
    u32 macos, macsdk; // xxxx.yy.zz as LC_BUILD_VERSION packs them; not set: the release's default applies

    // Checks and traces.
    bool ignore_version;   // -f
    bool no_go_data_check; // -g
    bool halt;             // -h
    bool all_errors;       // -e
    i64 strictdups;        // 1 warn, 2 error
    i64 verbose;           // number of -v
    bool dump_callgraph;   // -c
    bool dumpdep;
    bool debug_nosplit;
    i64 debugtramp;
    i64 debugtextsize;
    Str benchmark; // "", "cpu" or "mem"
    Str benchmarkprofile;
    Str cpuprofile, memprofile;
    i64 memprofilerate;

    // External tools and ELF.
    StrVec extld, extldflags; // split
    Str extar;
    Str libgcc;
    Str interpreter; // -I
    bool rpath_set;
    Str rpath; // -r

    // gild's own.
    u32 jobs;       // -j: threads, 0: all processors
    bool debugfree; // free everything at the end, for leak checkers

    // Environment.
    Str goroot;          // GOROOT, empty when unset
    Str goexperiment;    // GOEXPERIMENT, empty when unset
    Str cpu_level;       // GOAMD64 or GOARM64, whichever is the target's; empty when unset
    Str extlink_enabled; // GO_EXTLINK_ENABLED, empty when unset

    // The first thing asked for that gild does not do yet, as a phrase ("-buildmode=plugin on
    // darwin/amd64"), or empty.
    Str unsupported;
} Options;

// What options_parse is told from outside.
typedef struct {
    Str version;        // release that the caller knows to be the right one, or empty: from the main object
    bool may_hand_over; // the stock linker can be asked instead: an unknown flag is `unsupported`, no error
} OptionsHint;

// Parses argv[1..argc). Does not return after -V, -help and wrong usage.
Options *options_parse(Arena *a, int argc, char **argv, const OptionsHint *hint);

// The release ("go1.27.4"), GOOS and GOARCH that the header line of an archive's or object's first member
// names; false when the file cannot be read or is something else. The views live in the arena.
bool options_peek_object(Arena *a, Str path, Str *goos, Str *goarch, Str *version);

// Splits the text of a response file into arguments, by the rule of Go 1.27 (quotes, as GCC) or of Go 1.26
// (one argument a line, with \n and \\). False: the text is malformed (Go 1.26 only).
bool response_file_split(Arena *a, Str text, bool quoted, StrVec *out);

// Splits at blanks, with '...' or "..." around whole arguments (cmd/internal/quoted). NULL, or what is wrong.
const char *quoted_split(Arena *a, Str text, StrVec *out);
