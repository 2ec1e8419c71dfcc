// load.c - finds and opens the objects of the program.
//
// Requires: options.   Provides: libs, objs, units, cgo (raw), host_objs, header, go_version, rel.
// Freezes: no file is read after this pass.
//
// Loading is breadth first: the main archive, then every package that a loaded object imports, in recorded order, then package
// runtime and what that needs. The order of libraries and of members inside an archive decides symbol numbers.
// REF  cmd/link/internal/ld/lib.go: loadlib, loadobjfile, ldobj; ld/ld.go: addlib, findlib.
#include "passes/passes.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/diag.h"
#include "golang/archive.h"
#include "golang/cpu_level.h"
#include "golang/experiment.h"
#include "golang/gostrings.h"
#include "passes/linkmode.h"

// ---- finding ---------------------------------------------------------------------------------------------------------

static bool try_file(Arena *a, Str dir, Str name, const char *ext, Str *file) {
    Str path = path_clean(a, arena_printf(a, STR_FMT "/" STR_FMT "%s", STR_ARG(dir), STR_ARG(name), ext));
    if (access(path.p, F_OK) != 0)
        return false;
    *file = path;
    return true;
}

// The archive of a package: from the importcfg, else from the -L directories and GOROOT/pkg.
static bool find_archive(Program *p, Str pkg, Str *file) {
    const Options *opt = p->opt;
    if (opt->has_importcfg)
        return importcfg_find(&opt->importcfg, pkg, file);
    for (u32 i = 0; i < opt->libdirs.n; i++)
        if (try_file(&p->arena, opt->libdirs.v[i], pkg, ".a", file) || try_file(&p->arena, opt->libdirs.v[i], pkg, ".o", file))
            return true;
    Str dir = installed_packages(p);
    return dir.n && (try_file(&p->arena, dir, pkg, ".a", file) || try_file(&p->arena, dir, pkg, ".o", file));
}

// The library of Go packages that has the package; empty: none has, or they are not to be used.
static Str find_shlib(const Program *p, Str pkg) {
    const ImportCfg *cfg = &p->opt->importcfg;
    Str file = {0};
    for (u32 i = 0; i < cfg->shlibs.n && p->opt->linkshared; i++)
        if (str_eq(cfg->shlibs.v[i].pkg, pkg))
            file = cfg->shlibs.v[i].file;
    return file;
}

// Where the package is: in a library of Go packages or, if there is none, in an archive. False: nowhere.
static bool find_library(Program *p, Library *lib) {
    lib->shlib = find_shlib(p, lib->pkg);
    return lib->shlib.n || find_archive(p, lib->pkg, &lib->file);
}

static u32 library_new(Program *p, Library lib) {
    vec_push(&p->arena, &p->libs, lib);
    strmap_put(&p->lib_by_pkg, lib.pkg, 0, p->libs.n - 1);
    return p->libs.n - 1;
}

static bool fingerprint_is_zero(const u8 *fp) {
    return !fp || get_u64le(fp) == 0;
}

static Str fingerprint_hex(Arena *a, const u8 *fp) {
    static const u8 zero[8];
    if (!fp)
        fp = zero;
    return arena_printf(a, "%02x%02x%02x%02x%02x%02x%02x%02x", fp[0], fp[1], fp[2], fp[3], fp[4], fp[5], fp[6], fp[7]);
}

static void check_fingerprint(Program *p, const Library *lib, const u8 *have, Str importer, const u8 *want) {
    if (fingerprint_is_zero(have) && fingerprint_is_zero(want))
        return;
    if (have && want && memcmp(have, want, 8) == 0)
        return;
    fatal("fingerprint mismatch: " STR_FMT " has " STR_FMT ", import from " STR_FMT " expecting " STR_FMT,
          STR_ARG(lib->pkg), STR_ARG(fingerprint_hex(&p->arena, have)), STR_ARG(importer),
          STR_ARG(fingerprint_hex(&p->arena, want)));
}

// The library of an imported package, found and appended to the list when it is new.
static u32 library_import(Program *p, Str importer, Str name, const u8 *fingerprint) {
    Str pkg = path_clean(&p->arena, name);
    u32 known = strmap_get(&p->lib_by_pkg, pkg, 0);
    if (known != STRMAP_NONE) {
        const Library *lib = &p->libs.v[known];
        if (!fingerprint_is_zero(lib->fingerprint))
            check_fingerprint(p, lib, lib->fingerprint, importer, fingerprint);
        return known;
    }
    // With -L the stock linker looks at the rest of the importer before it complains.
    Library lib = {.pkg = pkg, .fingerprint = fingerprint, .importer = importer};
    if (!find_library(p, &lib) && p->opt->has_importcfg)
        fatal("cannot find package " STR_FMT " (using -importcfg), imported by " STR_FMT, STR_ARG(pkg),
              STR_ARG(importer));
    return library_new(p, lib);
}

// ---- opening ---------------------------------------------------------------------------------------------------------

// GOEXPERIMENT need not be set, but when it is, the objects must be compiled with it.
static void check_experiments(const Program *p, Arena *a, Str header, Str what) {
    const Options *o = p->opt;
    Str has = experiments_of_header(header), want;
    if (!o->goexperiment.n)
        return;
    if (!experiments_enabled(a, o->goexperiment, o->goos, o->goarch, p->go_version, &want))
        fatal("unknown GOEXPERIMENT " STR_FMT, STR_ARG(want));
    if (!str_eq(has, want) && !o->ignore_version)
        fatal(STR_FMT ": linked object header mismatch: have \"X:" STR_FMT "\" want \"X:" STR_FMT "\"", STR_ARG(what),
              STR_ARG(has), STR_ARG(want));
}

// The same for GOAMD64 and GOARM64.
static void check_cpu_level(const Program *p, Arena *a, Str header, Str what) {
    const Options *o = p->opt;
    Str want;
    if (!o->cpu_level.n)
        return;
    if (!cpu_level_spell(a, o->goarch, o->cpu_level, &want))
        fatal(STR_FMT, STR_ARG(want));
    const char *variable = cpu_level_variable(o->goarch);
    Str has = cpu_level_of_header(header, variable);
    if (!str_eq(has, want) && !o->ignore_version)
        fatal(STR_FMT ": linked object header mismatch: have \"%s=" STR_FMT "\" want \"%s=" STR_FMT "\"", STR_ARG(what),
              variable, STR_ARG(has), variable, STR_ARG(want));
}

// The header line must equal that of the first object, and that one must be for the target. Where one does not, most others
// do not either: one line is enough.
static void check_header(Program *p, Str header, Str what) {
    if (!p->header.n) {
        Str want = arena_printf(&p->arena, "go object " STR_FMT " " STR_FMT " ", STR_ARG(p->opt->goos), STR_ARG(p->opt->goarch));
        if (!str_has_prefix(header, want))
            fatal(STR_FMT ": linked object header mismatch: have " STR_FMT " want \"" STR_FMT "...\"", STR_ARG(what),
                  STR_ARG(go_quote(&p->arena, header)), STR_ARG(want));
        Str rest = str_slice(header, want.n, header.n - 1);
        i64 blank = str_index_byte(rest, ' ');
        p->go_version = blank < 0 ? rest : str_slice(rest, 0, (u32)blank);
        p->rel = release_find(p->go_version);
        if (!p->rel)
            fatal(STR_FMT ": object of an unknown Go release: have " STR_FMT ", expected go1.26 or go1.27", STR_ARG(what),
                  STR_ARG(p->go_version));
        check_experiments(p, &p->arena, header, what);
        check_cpu_level(p, &p->arena, header, what);
        p->header = header;
    } else if (!str_eq(header, p->header) && !p->opt->ignore_version) {
        fatal(STR_FMT ": linked object header mismatch: have " STR_FMT " want " STR_FMT, STR_ARG(what),
              STR_ARG(go_quote(&p->arena, header)), STR_ARG(go_quote(&p->arena, p->header)));
    }
}

static bool is_host_object(const u8 *d, u64 n) {
    if (n < 4)
        return false;
    u32 be = get_u32be(d);
    return be == 0x7f454c46 || (be & ~1u) == 0xfeedface || (be & ~0x01000000u) == 0xcefaedfe ||
           (d[0] == 0x4c && d[1] == 0x01) || (d[0] == 0x64 && (d[1] == 0x86 || d[1] == 0xaa)) || (d[0] == 0xc4 && d[1] == 0x01);
}

static bool is_go_object(const u8 *d, u64 n) {
    return n >= 4 && memcmp(d, "go o", 4) == 0;
}

// What a C compiler made waits for load_host_objects.
static void keep_host_object(Program *p, u32 lib, const MappedFile *f, const u8 *data, u64 size, Str what, bool known) {
    if (!known && p->rel && p->rel->syso_must_be_known && str_has_suffix(what, STR(".syso)"))) {
        error(STR_FMT ": unsupported object format in .syso file", STR_ARG(what));
        return;
    }
    if (!known && !p->unknown_obj.n)
        p->unknown_obj = what;
    HostObject h = {.pkg = path_to_prefix(&p->arena, p->libs.v[lib].pkg), .file = f->path, .what = what};
    h.data = data;
    h.size = size;
    h.fileoff = (u64)(data - f->data);
    vec_push(&p->arena, &p->host_objs, h);
}

// Empty members by which the go command says something about the package.
static void note_marker(Program *p, u32 lib, Str member) {
    if (str_eq(member, STR("dynimportfail")))
        vec_push(&p->arena, &p->no_dynimport, p->libs.v[lib].pkg);
    if (str_eq(member, STR("preferlinkext")))
        vec_push(&p->arena, &p->prefer_external, p->libs.v[lib].pkg);
}

static void load_imports(Program *p, u32 lib, const Object *o, Str what) {
    for (u32 i = 0; i < o->nautolib; i++) {
        const u8 *rec = o->autolib + 16ull * i;
        u32 imp = library_import(p, what, object_str(o, rec), rec + 8);
        vec_push(&p->arena, &p->libs.v[lib].imports, imp);
    }
}

// One member that should be a Go object.
static void load_object(Program *p, u32 lib, const MappedFile *f, const u8 *data, u64 size, Str what) {
    u32 unit = p->units.n;
    vec_push(&p->arena, &p->units, ((Unit){.lib = lib}));
    vec_push(&p->arena, &p->libs.v[lib].units, unit);
    bool known = is_host_object(data, size);
    if (known || (f->size != size && !is_go_object(data, size))) {
        keep_host_object(p, lib, f, data, size, what, known);
        return;
    }
    if (size < 10 || memcmp(data, "go object ", 10) != 0) {
        error(STR_FMT ": not an object file", STR_ARG(what));
        return;
    }
    ObjectText text;
    if (!object_text_split(data, size, &text)) {
        error("truncated object file: " STR_FMT, STR_ARG(what));
        return;
    }
    check_header(p, text.header, what);
    Library *l = &p->libs.v[lib];
    if (!p->opt->no_go_data_check) {
        Str json;
        const char *err;
        l->is_main |= object_text_is_main(text.text);
        if (!object_text_cgo(text.text, &json, &err))
            error(STR_FMT ": %s", STR_ARG(what), err);
        else if (json.n)
            vec_push(&p->arena, &p->cgo, ((CgoDirectives){path_to_prefix(&p->arena, l->pkg), what, json}));
    }

    Object o;
    if (!object_open(&o, p->rel, data + text.object_off, size - text.object_off, what))
        return;
    if (o.flags & OBJ_UNLINKABLE)
        refuse("unlinkable object (from package " STR_FMT ") - compiler requires -p flag", STR_ARG(l->pkg));
    o.file = f;
    o.idx = p->objs.n;
    o.lib = lib;
    o.unit = unit;
    o.static_version = (u32)p->static_version++;
    p->units.v[unit].obj = o.idx;
    vec_push(&p->arena, &p->objs, o);
    vec_push(&p->arena, &l->objs, o.idx);
    if (!fingerprint_is_zero(o.fingerprint)) { // objects from assembly have none
        if (fingerprint_is_zero(l->fingerprint))
            l->fingerprint = o.fingerprint;
        check_fingerprint(p, l, o.fingerprint, l->importer, l->fingerprint);
    }
    load_imports(p, lib, &o, what);
}

// Members that build tools add beside objects have short names (a long one may be cut off) and another extension.
static bool is_object_member(Str name) {
    if (str_eq(name, STR("__.PKGDEF")))
        return false;
    return name.n >= 16 || str_has_suffix(name, STR(".o")) || str_has_suffix(name, STR(".syso"));
}

static void load_library(Program *p, u32 lib) {
    if (p->libs.v[lib].shlib.n)
        return;
    MappedFile *f = arena_new(&p->arena, MappedFile);
    Str path = p->libs.v[lib].file;
    if (!path.n && p->libs.v[lib].importer.n)
        fatal("cannot find package " STR_FMT " (using -L), imported by " STR_FMT, STR_ARG(p->libs.v[lib].pkg),
              STR_ARG(p->libs.v[lib].importer));
    if (!file_map(f, &p->arena, path))
        fatal("cannot open file " STR_FMT ": open " STR_FMT ": %s", STR_ARG(path), STR_ARG(path), file_error_text(errno));
    if (!archive_is(f)) {
        load_object(p, lib, f, f->data, f->size, path);
    } else {
        ArchiveReader r = archive_open(f);
        ArchiveMember m;
        ArchiveResult res;
        while ((res = archive_next(&r, &m)) == ARCHIVE_MEMBER) {
            note_marker(p, lib, m.name);
            if (!is_object_member(m.name))
                continue;
            Str what = arena_printf(&p->arena, STR_FMT "(" STR_FMT ")", STR_ARG(path), STR_ARG(m.name));
            load_object(p, lib, f, m.data, m.size, what);
        }
        if (res == ARCHIVE_MALFORMED)
            fatal(STR_FMT ": malformed archive", STR_ARG(path));
    }
    if (str_eq(p->libs.v[lib].pkg, STR("main")) && !p->libs.v[lib].is_main) {
        checkpoint(); // what is wrong with its objects, if anything
        fatal(STR_FMT ": not package main", STR_ARG(path));
    }
}

// A package that no object need import. False when there is none.
static bool add_implied(Program *p, Str pkg) {
    Library lib = {.pkg = pkg};
    if (strmap_get(&p->lib_by_pkg, pkg, 0) != STRMAP_NONE)
        return true;
    if (!find_library(p, &lib))
        return false;
    library_new(p, lib);
    return true;
}

// What the command line names: the main package, or the packages of a library.
static void add_named_libraries(Program *p) {
    const Options *opt = p->opt;
    if (opt->buildmode != BUILDMODE_SHARED) {
        bool plugin = opt->buildmode == BUILDMODE_PLUGIN; // whose package main goes by another path
        library_new(p, (Library){.pkg = plugin ? opt->pluginpath : STR("main"), .file = opt->main_file});
        return;
    }
    for (u32 i = 0; i < opt->args.n; i++) {
        Str arg = opt->args.v[i];
        i64 eq = str_index_byte(arg, '=');
        Str pkg = eq < 0 ? STR("main") : str_slice(arg, 0, (u32)eq);
        vec_push(&p->arena, &p->named_pkgs, pkg);
        if (strmap_get(&p->lib_by_pkg, pkg, 0) == STRMAP_NONE)
            library_new(p, (Library){.pkg = pkg, .file = str_slice(arg, (u32)(eq + 1), arg.n)});
    }
}

void load_program(Program *p) {
    p->static_version = FIRST_STATIC_VERSION;
    vec_push(&p->arena, &p->objs, (Object){0}); // object 0 stands for "made by the linker"
    strmap_init(&p->lib_by_pkg, &p->arena, 512);
    add_named_libraries(p);
    u32 next = 0;
    for (; next < p->libs.n; next++)
        load_library(p, next);
    if (p->opt->race)
        add_implied(p, STR("runtime/race"));
    if (p->opt->msan)
        add_implied(p, STR("runtime/msan"));
    if (p->opt->asan)
        add_implied(p, STR("runtime/asan"));
    if (!add_implied(p, STR("runtime")))
        fatal("cannot find package runtime (%s)", p->opt->has_importcfg ? "using -importcfg" : "using -L");
    for (; next < p->libs.n; next++)
        load_library(p, next);
    checkpoint();
    choose_link_mode(p);
    // The startup code looks for runtime/cgo to know whether C code sets up the threads.
    bool own_tls = p->opt->target->traits & TARGET_OWN_TLS && p->opt->buildmode != BUILDMODE_PLUGIN;
    bool had_cgo = strmap_get(&p->lib_by_pkg, STR("runtime/cgo"), 0) != STRMAP_NONE;
    if (p->external && !own_tls && !add_implied(p, STR("runtime/cgo")))
        printf("loadinternal: cannot find runtime/cgo\n");
    bool shared = p->opt->buildmode == BUILDMODE_SHARED || p->opt->linkshared;
    if (!had_cgo && shared && next < p->libs.n && !p->libs.v[next].shlib.n)
        fatal("cannot implicitly include runtime/cgo in a shared library");
    for (; next < p->libs.n; next++)
        load_library(p, next);
    checkpoint();
}
