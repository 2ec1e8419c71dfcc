// hostobjs.c - objects of C compilers are read: those in package archives (cgo, .syso), and what they need of the
// compiler's own library.
//
// WHAT  The objects come after the directives of cgo, which say what C may ask of Go, and in the order in which they were
//       found, since each new name takes the next symbol number. A C compiler may call helpers for what its processor has
//       no instructions for; they are in an archive (libgcc.a), and so is what protects the stack (libc_nonshared.a).
//       If something is missing, members that define it are taken from there, until nothing more is found.
// HOW   The compiler is asked where its library is, unless -libgcc says so. What is missing is looked for in relocations of
//       what the linker made, which the objects' sections are.
// Requires: symbols resolved, cgo directives applied.  Provides: host_sections, their functions in Program.textp.
// REF   cmd/link/internal/ld/lib.go: hostobjs, loadlib, findLibPathCmd, captureHostObj; ar.go: hostArchive;
//       loader/loader.go: UndefinedRelocTargets.
#include <errno.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/process.h"
#include "format/format.h"
#include "format/hostlink.h"
#include "golang/archive.h"
#include "passes/passes.h"

// -capturehostobjs: copies the object, and where it came from, for tests of the reader.
static void capture_object(Program *p, const HostObject *h, u32 n) {
    Arena *a = &p->arena;
    Str dir = p->opt->capturehostobjs;
    Str obj = arena_printf(a, STR_FMT "/captured-obj-%u.o", STR_ARG(dir), n);
    Str info = arena_printf(a, STR_FMT "/captured-obj-%u.txt", STR_ARG(dir), n);
    Str text = arena_printf(a, "pkg: " STR_FMT "\npn: " STR_FMT "\nfile: " STR_FMT "\noff: %llu\nlen: %llu\n",
                            STR_ARG(h->pkg), STR_ARG(h->what), STR_ARG(h->file), (unsigned long long)h->fileoff,
                            (unsigned long long)h->size);
    if (!file_write(a, info, &text, 1))
        fatal("error writing captured host obj info " STR_FMT ": %s", STR_ARG(info), file_error_text(errno));
    if (!file_write(a, obj, &(Str){(const char *)h->data, (u32)h->size}, 1))
        fatal("error writing captured host object " STR_FMT ": %s", STR_ARG(obj), file_error_text(errno));
    fprintf(stderr, "link: info: captured host object " STR_FMT " to " STR_FMT "\n", STR_ARG(h->file), STR_ARG(obj));
}

// Object number n of those that are loaded.
static void load_object(Program *p, u32 n) {
    HostObject h = p->host_objs.v[n];
    p->format->load_host_object(p, &h);
    if (p->opt->capturehostobjs.n)
        capture_object(p, &h, n);
}

// ---- what is missing --------------------------------------------------------------------------------------

// Targets of relocations that nobody defines, as often as they are met.
static SymVec find_missing(Program *p, u32 limit) {
    SymVec out = {0};
    Str got = STR(".got"); // the linker makes it
    for (u32 i = 1; i < p->syms.n; i++) {
        SymId s = {i};
        if (!sym_is_made(p, s))
            continue;
        RelocList rl = sym_relocs(p, s);
        for (u32 k = 0; k < rl.n && out.n < limit; k++) {
            SymId target = reloc_sym(p, rl, k);
            if (sym_kind(p, target) == SYM_XREF && !str_eq(sym_name(p, target), got))
                vec_push(&p->arena, &out, target);
        }
    }
    return out;
}

static bool is_missing(Program *p, Str name) {
    SymId s = sym_lookup(p, name, 0);
    return s.i && sym_kind(p, s) == SYM_XREF;
}

// ---- archives of C objects --------------------------------------------------------------------------------

// The file, its table of contents, and what has been taken from it.
typedef struct {
    Program *p;
    MappedFile *file;
    ArchiveIndex idx;
    StrMap defines; // name -> position in the index
    StrMap taken;   // offset of a member, as text of eight bytes
} HostArchive;

static void read_names(HostArchive *ar) {
    const ArchiveIndex *idx = &ar->idx;
    strmap_init(&ar->defines, &ar->p->arena, (u32)MIN(idx->n, 1 << 20));
    strmap_init(&ar->taken, &ar->p->arena, 16);
    u32 at = 0;
    for (u64 i = 0; i < idx->n && at < idx->names.n; i++) {
        Str name = {idx->names.p + at, (u32)strnlen(idx->names.p + at, idx->names.n - at)};
        at += name.n + 1;
        strmap_put(&ar->defines, name, 0, (u32)i);
    }
}

static u64 member_offset(const ArchiveIndex *idx, u32 i) {
    const u8 *at = idx->offsets + (u64)i * idx->word;
    return idx->word == 8 ? __builtin_bswap64(get_u64le(at)) : get_u32be(at);
}

static void load_member(HostArchive *ar, u64 off) {
    Program *p = ar->p;
    ArchiveMember m;
    Str path = ar->file->path;
    if (archive_member_at(ar->file, off, &m) != ARCHIVE_MEMBER)
        fatal(STR_FMT " missing archive entry at offset %llu", STR_ARG(path), (unsigned long long)off);
    i64 slash = str_last_index_byte(path, '/');
    Str pkg = str_slice(path, (u32)(slash + 1), path.n);
    if (str_has_suffix(pkg, STR(".a")))
        pkg.n -= 2;
    HostObject h = {.pkg = pkg, .file = path, .data = m.data, .size = m.size};
    h.what = arena_printf(&p->arena, STR_FMT "(" STR_FMT ")", STR_ARG(path), STR_ARG(m.name));
    h.fileoff = (u64)(m.data - ar->file->data);
    vec_push(&p->arena, &p->host_objs, h);
    load_object(p, p->host_objs.n - 1);
}

// Loads members that define what is missing; false when there are none.
static bool load_some(HostArchive *ar) {
    Program *p = ar->p;
    SymVec missing = find_missing(p, UINT32_MAX);
    VEC(u64) load = {0};
    for (u32 i = 0; i < missing.n; i++) {
        u32 k = strmap_get(&ar->defines, sym_name(p, missing.v[i]), 0);
        if (k == STRMAP_NONE)
            continue;
        u64 *off = arena_new(&p->arena, u64);
        *off = member_offset(&ar->idx, k);
        u32 *taken = strmap_slot(&ar->taken, (Str){(const char *)off, sizeof *off}, 0);
        if (*off && *taken == STRMAP_NONE) {
            *taken = 1;
            vec_push(&p->arena, &load, *off);
        }
    }
    for (u32 i = 0; i < load.n; i++)
        load_member(ar, load.v[i]);
    checkpoint();
    return load.n > 0;
}

static void load_host_archive(Program *p, Str path) {
    HostArchive ar = {.p = p, .file = arena_new(&p->arena, MappedFile)};
    if (!file_map(ar.file, &p->arena, path)) {
        if (errno == ENOENT)
            return; // a compiler may have none
        fatal("cannot open file " STR_FMT ": open " STR_FMT ": %s", STR_ARG(path), STR_ARG(path),
              file_error_text(errno));
    }
    if (!archive_is(ar.file))
        fatal(STR_FMT " is not an archive file", STR_ARG(path));
    if (!archive_index(ar.file, &ar.idx))
        fatal(STR_FMT " missing armap", STR_ARG(path));
    read_names(&ar);
    while (load_some(&ar))
        ;
}

// ---- the compiler's library -------------------------------------------------------------------------------

// What the C compiler prints when it is asked with one more argument; empty when it fails.
static Str ask_compiler(Program *p, Str question) {
    Arena *a = &p->arena;
    StrVec argv = host_compiler(p, a);
    vec_push(a, &argv, question);
    ProcessResult r = process_ask(a, argv.v, argv.n);
    return r.ok ? host_answer_line(r.output) : (Str){0};
}

static void load_compiler_library(Program *p) {
    if (!find_missing(p, 1).n)
        return;
    Str lib = p->opt->libgcc;
    if (!lib.n)
        lib = ask_compiler(p, STR("--print-libgcc-file-name"));
    if (lib.n && !str_eq(lib, STR("none")))
        load_host_archive(p, lib);
    if (!is_missing(p, STR("__stack_chk_fail_local")))
        return;
    static const Str stack_libs[] = {STR_INIT("libc_nonshared.a"), STR_INIT("libssp_nonshared.a")};
    for (u32 i = 0; i < COUNT_OF(stack_libs); i++) {
        lib = ask_compiler(p, arena_printf(&p->arena, "--print-file-name=" STR_FMT, STR_ARG(stack_libs[i])));
        if (lib.n)
            load_host_archive(p, lib);
    }
}

void load_host_objects(Program *p) {
    if (p->external)
        return; // they are passed on
    for (u32 i = 0, n = p->host_objs.n; i < n; i++)
        load_object(p, i);
    checkpoint();
    if (p->host_objs.n)
        load_compiler_library(p);
}
