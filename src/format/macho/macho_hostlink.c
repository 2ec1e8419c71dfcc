// macho_hostlink.c - what the system's linker is told on macOS, and what is done with its file.
//
// WHAT  The linker leaves debugging information in the objects. dsymutil collects it in a file of its own, strip removes
//       what pointed to the objects, and the information is compressed (macho_zdebug.c) and put into the program
//       (macho_combine.c), where Go's tools look for it. A build id becomes the UUID. Then the FIPS check sum is made, and
//       on arm64 the signature, which the changes have broken, anew.
// REF   cmd/link/internal/ld/lib.go: hostlink; macho_combine_dwarf.go; macho_update_uuid.go; fips140.go: machofips.
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/process.h"
#include "format/macho/load_command_ids.h"
#include "format/macho/macho.h"
#include "format/macho/macho_image.h"
#include "golang/fips_sum.h"
#include "golang/gostrings.h"

static bool has_dwarf(const HostLink *h) {
    return !h->p->opt->strip_dwarf;
}

void macho_add_host_flags(HostLink *h) {
    const Program *p = h->p;
    BuildMode mode = p->opt->buildmode;
    if (has_dwarf(h))
        hostlink_add(h, STR("-Wl,-headerpad,1144")); // room for the segment with debugging information
    if (p->go_dynlink) {
        hostlink_add(h, STR("-Wl,-flat_namespace"));
        hostlink_add(h, STR("-Wl,-bind_at_load"));
        if (has_dwarf(h) && p->rel->macho_adds_segment && hostlink_supports(h, (Str){0}, STR("-Wl,-no_fixup_chains")))
            hostlink_add(h, STR("-Wl,-no_fixup_chains")); // which have the number of segments in them
    }
    if (!has_dwarf(h)) {
        hostlink_add(h, STR("-Wl,-S"));
        if (p->opt->strip_symbols)
            hostlink_add(h, STR("-Wl,-x"));
    }
    if (p->opt->race && p->rel->macho_race_weak)
        hostlink_add(h, STR("-Wl,-U,__dyld_get_dyld_header"));
    if (p->opt->buildinfo_kind == BUILDINFO_NONE)
        hostlink_add(h, STR("-Wl,-no_uuid"));
    if (mode == BUILDMODE_EXE)
        hostlink_add(h, STR("-Wl,-no_pie"));
    if (mode == BUILDMODE_C_SHARED || mode == BUILDMODE_PLUGIN)
        hostlink_add(h, STR("-dynamiclib"));
}

// ---- debugging information --------------------------------------------------------------------------------

static void run_tool(HostLink *h, const char *what, const StrVec *argv, const Str *env, u32 nenv) {
    if (h->p->opt->verbose > 0) {
        printf("host link %s:", what);
        for (u32 i = 0; i < argv->n; i++)
            printf(" " STR_FMT, STR_ARG(go_quote(h->a, argv->v[i])));
        putchar('\n');
    }
    ProcessResult r = process_run(h->a, argv->v, argv->n, env, nenv);
    if (!r.ok)
        hostlink_fail(h, "running %s failed: " STR_FMT "\n" STR_FMT "\n" STR_FMT, what, STR_ARG(r.failure),
                      STR_ARG(hostlink_command_text(h, argv, r.path)), STR_ARG(r.output));
}

// Makes the file with debugging information, and takes away what refers to the objects. Returns the file's name.
static Str collect_dwarf(HostLink *h) {
    Str out = h->p->opt->outfile, dsym = hostlink_temp_file(h, "go.dwarf");
    Str dsymutil = hostlink_find_tool(h, "dsymutil"), strip = hostlink_find_tool(h, "strip");
    Str folder = hostlink_temp_file(h, "dsymutil"); // for what it would otherwise leave behind
    mkdir(folder.p, 0777);
    StrVec argv = {0};
    const Str collect[] = {dsymutil, STR("-f"), out, STR("-o"), dsym};
    vec_append(h->a, &argv, collect, COUNT_OF(collect));
    Str env = arena_printf(h->a, "DSYMUTIL_REPRODUCER_PATH=" STR_FMT, STR_ARG(folder));
    run_tool(h, "dsymutil", &argv, &env, 1);

    argv.n = 0;
    vec_push(h->a, &argv, strip);
    vec_push(h->a, &argv, STR("-S"));
    if (h->p->opt->strip_symbols)
        vec_push(h->a, &argv, STR("-x"));
    vec_push(h->a, &argv, out);
    run_tool(h, "strip", &argv, NULL, 0);
    return dsym;
}

// ---- the rest ---------------------------------------------------------------------------------------------

// Offset of the first command of the type; 0: there is none.
static u64 find_command(const MachoImage *m, u32 type) {
    for (u64 off = 0; macho_image_next(m, &off);)
        if (get_u32le(m->v + off) == type)
            return off;
    return 0;
}

static void set_uuid(const Program *p, MachoImage *m) {
    enum { SIZE = 8 + 16 };
    u64 off = find_command(m, LC_UUID);
    bool asked = p->opt->buildinfo_kind == BUILDINFO_GOBUILDID || (p->opt->buildinfo_kind == BUILDINFO_BYTES && p->opt->nbuildinfo);
    if (asked && off && get_u32le(m->v + off + 4) >= SIZE)
        macho_build_id_uuid(p, m->v + off + 8);
}

// go:fipsinfo says where its ranges are: pointers that count from where its own address is, with notes for dyld in
// their upper bits.
static void set_fips_sum(const HostLink *h, MachoImage *m) {
    enum { FIRST_POINTER = FIPS_MAGIC_SIZE + FIPS_SUM_SIZE, SIZE = FIRST_POINTER + 8 + 2 * FIPS_RANGES * 8 };
    const u64 address_bits = (1ull << 48) - 1;
    u64 sect = h->p->fipsinfo.i ? macho_image_section(m, "__go_fipsinfo") : 0;
    u64 off = sect ? get_u32le(m->v + sect + MACHO_SECT_OFF) : 0;
    if (!off || !macho_image_has(m, off, SIZE))
        return;
    const u8 *at = m->v + off + FIRST_POINTER;
    u64 base = off - (get_u64le(at) & address_bits);
    Str ranges[FIPS_RANGES];
    for (u32 i = 0; i < FIPS_RANGES; i++) {
        u64 from = (get_u64le(at + 8 + i * 16) & address_bits) + base;
        u64 to = (get_u64le(at + 16 + i * 16) & address_bits) + base;
        if (from > to || !macho_image_has(m, from, to - from))
            return;
        ranges[i] = (Str){(const char *)m->v + from, (u32)(to - from)};
    }
    u8 sum[FIPS_SUM_SIZE];
    if (fips_sum(h->a, ranges, h->p->opt->fipso, sum))
        memcpy(m->v + off + FIPS_MAGIC_SIZE, sum, sizeof sum);
}

// Signs the file anew, if it is signed. NULL, or what is wrong.
static const char *sign_again(const HostLink *h, MachoImage *m) {
    BuildMode mode = h->p->opt->buildmode;
    u64 command = find_command(m, LC_CODE_SIGNATURE), link = macho_image_segment(m, "__LINKEDIT");
    u64 text = macho_image_segment(m, "__TEXT");
    if (!command || !link || !text)
        return NULL;
    u64 off = get_u32le(m->v + command + 8), size = macho_signature_size(off);
    if (off + get_u32le(m->v + command + 12) != m->n)
        return "unexpected content after code signature";
    MachoImage out = {arena_alloc(h->a, off + size, 16), off + size};
    memcpy(out.v, m->v, off);
    if (off + size != m->n) {
        u64 link_size = off + size - get_u64le(out.v + link + MACHO_SEG_OFF);
        put_u32le(out.v + command + 12, (u32)size);
        put_u64le(out.v + link + MACHO_SEG_SIZE, link_size);
        put_u64le(out.v + link + MACHO_SEG_FILESIZE, link_size);
    }
    MachoSigned s = {.code = out.v,
                     .size = off,
                     .text_off = get_u64le(out.v + text + MACHO_SEG_OFF),
                     .text_size = get_u64le(out.v + text + MACHO_SEG_FILESIZE),
                     .is_program = mode == BUILDMODE_EXE || mode == BUILDMODE_PIE};
    macho_sign(h->p->pool, &s, out.v + off);
    *m = out;
    return NULL;
}

void macho_finish_host_link(HostLink *h) {
    Program *p = h->p;
    Str dsym = has_dwarf(h) ? collect_dwarf(h) : (Str){0};
    MachoImage m, dwarf;
    if (!macho_image_read(&m, h->a, p->opt->outfile))
        hostlink_fail(h, "parsing Mach-O header failed");
    // There is no file when there was nothing to collect.
    if (dsym.n && access(dsym.p, F_OK) == 0) {
        const char *wrong = macho_image_read(&dwarf, h->a, dsym) ? NULL : "bad file from dsymutil";
        if (!wrong && p->opt->compressdwarf)
            wrong = macho_compress_dwarf(h, &dwarf);
        if (!wrong)
            wrong = macho_combine(h, &m, &dwarf);
        if (wrong)
            hostlink_fail(h, "combining dwarf failed: %s", wrong);
    }
    set_uuid(p, &m);
    if (p->opt->buildmode != BUILDMODE_PLUGIN)
        set_fips_sum(h, &m);
    const char *wrong = macho_cpu(p)->signature ? sign_again(h, &m) : NULL;
    if (wrong)
        hostlink_fail(h, "code signing failed: %s", wrong);
    if (!hostlink_replace_output(h, m.v, m.n))
        hostlink_fail(h, "cannot write " STR_FMT ": %s", STR_ARG(p->opt->outfile), file_error_text(errno));
}
