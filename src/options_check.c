// options_check.c - combinations of flags: what follows from them, what is refused, what gild cannot do yet.
//
// The refusals come in the order and the words of ld.Main. After them, `unsupported` names the first thing
// that only the stock linker does.
#include <stdio.h>

#include "base/diag.h"
#include "golang/gostrings.h"
#include "golang/release.h"
#include "options_internal.h"

// A number as Go's %x prints it, with the sign of negative ones behind the 0x.
#define HEX_FMT "0x%s%llx"
#define HEX_ARG(v) (v) < 0 ? "-" : "", (unsigned long long)((v) < 0 ? 0 - (u64)(v) : (u64)(v))

static bool is_power_of_two(i64 n) {
    return n > 0 && (n & (n - 1)) == 0;
}

// The system calls of these go through a C library (target.go: UsesLibc).
static bool uses_libc(HeadType h) {
    return h == HEAD_AIX || h == HEAD_DARWIN || h == HEAD_OPENBSD || h == HEAD_SOLARIS || h == HEAD_WINDOWS;
}

static void set_head(FlagState *st) {
    Options *o = &st->o;
    if (str_eq(st->headtype, STR("windowsgui"))) {
        o->head = HEAD_WINDOWS;
        o->windowsgui = true;
        return;
    }
    if (st->headtype.n) {
        o->head = head_type_parse(st->headtype);
        if (o->head == HEAD_UNKNOWN) {
            fprintf(stderr, "invalid headtype: " STR_FMT "\n", STR_ARG(go_quote(st->a, st->headtype)));
            options_usage_exit(st);
        }
        return;
    }
    o->head = head_type_parse(o->goos);
}

static int hex_digit(char c) {
    const char *digits = "0123456789abcdef", *p = strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c);
    return c && p ? (int)(p - digits) : -1;
}

// -B 0x...: at most 16 bytes for a Mach-O UUID, 32 for an ELF note.
static void decode_buildinfo(Options *o, Str given) {
    if (!str_has_prefix(given, STR("0x")))
        fatal("-B argument must start with 0x: " STR_FMT, STR_ARG(given));
    Str hex = str_slice(given, 2, given.n);
    u32 max = o->head == HEAD_DARWIN ? 16 : 32;
    if (hex.n / 2 > max)
        fatal("-B option too long (max %u digits): " STR_FMT, max, STR_ARG(given));
    for (u32 i = 0; i < hex.n; i++)
        if (hex_digit(hex.p[i]) < 0)
            fatal("-B argument contains invalid hex digit %c: " STR_FMT, hex.p[i], STR_ARG(given));
    if (hex.n % 2)
        fatal("-B argument must have even number of digits: " STR_FMT, STR_ARG(given));
    o->nbuildinfo = hex.n / 2;
    for (u32 i = 0; i < o->nbuildinfo; i++)
        o->buildinfo[i] = (u8)(hex_digit(hex.p[2 * i]) << 4 | hex_digit(hex.p[2 * i + 1]));
}

static void set_buildinfo(Options *o) {
    if (!o->host_buildid.n && o->buildid.n)
        o->host_buildid = STR("gobuildid");
    Str b = o->host_buildid;
    if (!b.n) {
        o->buildinfo_kind = BUILDINFO_DEFAULT;
    } else if (str_eq(b, STR("none"))) {
        o->buildinfo_kind = BUILDINFO_NONE;
    } else if (str_eq(b, STR("gobuildid"))) {
        if (!o->buildid.n)
            fatal("-B gobuildid requires a Go build ID supplied via -buildid");
        o->buildinfo_kind = BUILDINFO_GOBUILDID;
    } else {
        decode_buildinfo(o, b);
        o->buildinfo_kind = BUILDINFO_BYTES;
    }
}

static void check_numbers(const Options *o) {
    if (o->round != -1 && (o->round < 4096 || !is_power_of_two(o->round)))
        fatal("invalid -R value " HEX_FMT, HEX_ARG(o->round));
    if (o->funcalign != 0 && !is_power_of_two(o->funcalign))
        fatal("invalid -funcalign value %lld", (long long)o->funcalign);
}

static void set_defaults(FlagState *st) {
    Options *o = &st->o;
    o->strip_dwarf = st->dwarf > 0 ||
                     (st->dwarf == 0 &&
                      (o->strip_symbols || (o->head == HEAD_DARWIN && o->buildmode == BUILDMODE_C_SHARED)));
    if (o->buildmode == BUILDMODE_UNSET)
        o->buildmode = o->target->traits & TARGET_EXE_IS_PIE ? BUILDMODE_PIE : BUILDMODE_EXE;
    if (o->buildmode != BUILDMODE_SHARED && o->args.n != 1)
        options_usage_exit(st);
    o->main_file = o->args.n ? o->args.v[0] : (Str){0};
    if (!o->outfile.n)
        o->outfile = o->head == HEAD_WINDOWS ? STR("a.out.exe") : STR("a.out");
    bool library = o->buildmode == BUILDMODE_C_SHARED || o->buildmode == BUILDMODE_C_ARCHIVE;
    bool program = o->buildmode == BUILDMODE_EXE || o->buildmode == BUILDMODE_PIE;
    if (!o->entry.n && (library || program))
        o->entry = arena_printf(st->a, "_rt0_" STR_FMT "_" STR_FMT "%s", STR_ARG(o->goarch), STR_ARG(o->goos),
                                library ? "_lib" : "");
}

// One thing that gild leaves to the stock linker.
typedef struct {
    bool asked;
    const char *what;
} Gap;

static void find_unsupported(FlagState *st) {
    Options *o = &st->o;
    if (o->version.n && !release_find(o->version)) {
        o->unsupported = arena_printf(st->a, "objects of " STR_FMT, STR_ARG(o->version));
        return;
    }
    if (!((o->target->gild_modes | o->target->gild_external) & MODE_BIT(o->buildmode))) {
        o->unsupported = arena_printf(st->a, "-buildmode=%s for %s/%s", build_mode_name(o->buildmode),
                                      o->target->goos, o->target->goarch);
        return;
    }
    const Gap gaps[] = {
        {o->linkshared && !o->has_importcfg, "-linkshared without -importcfg"},
        {o->head != head_type_parse(o->goos), "a -H that is not the platform's"},
        {o->cpuprofile.n != 0, "-cpuprofile"},
        {o->memprofile.n != 0, "-memprofile"},
        {o->benchmarkprofile.n != 0, "-benchmarkprofile"},
    };
    for (u32 i = 0; i < COUNT_OF(gaps); i++) {
        if (gaps[i].asked) {
            o->unsupported = str_from_c(gaps[i].what);
            return;
        }
    }
}

void options_check(FlagState *st) {
    Options *o = &st->o;
    set_head(st);
    if (!o->aslr && o->buildmode != BUILDMODE_C_SHARED) {
        fprintf(stderr, "-aslr=false is only allowed for -buildmode=c-shared\n");
        options_usage_exit(st);
    }
    if (o->no_dynamic && uses_libc(o->head))
        fatal("dynamic linking required on " STR_FMT "; -d flag cannot be used", STR_ARG(o->goos));
    check_numbers(o);
    set_defaults(st);
    set_buildinfo(o);
    if (o->benchmark.n && !str_eq(o->benchmark, STR("mem")) && !str_eq(o->benchmark, STR("cpu"))) {
        fprintf(stderr, "unknown benchmark flag: " STR_FMT "\n", STR_ARG(go_quote(st->a, o->benchmark)));
        options_usage_exit(st);
    }
    if (o->strictdups < 0 || o->strictdups > 2)
        refuse("invalid -strictdups flag value %lld", (long long)o->strictdups);
    find_unsupported(st);
    // The quantum of the platforms whose modes gild links; for the others the stock linker checks.
    i64 quantum = o->round != -1 ? o->round : o->target->traits & TARGET_PAGE_16K ? 16384 : 4096;
    if (!o->unsupported.n && o->data_addr != -1 && o->data_addr % quantum != 0)
        fatal("invalid -D value " HEX_FMT ": not aligned to rounding quantum " HEX_FMT, HEX_ARG(o->data_addr),
              HEX_ARG(quantum));
    bool elf = o->head == HEAD_LINUX || o->head == HEAD_FREEBSD || o->head == HEAD_NETBSD ||
               o->head == HEAD_OPENBSD || o->head == HEAD_DRAGONFLY || o->head == HEAD_SOLARIS;
    if (o->linkshared && !elf)
        fatal("-linkshared can only be used on elf systems");
}
