// moduledata.c - the fields of runtime.moduledata.
//
// The struct is written field by field, in the order that LayoutPlan.module lists for the release: pointers
// (relocations against markers and tables), slices (pointer, length, capacity) and numbers. The rest of the
// runtime's type, which only the runtime uses, stays zero. Three numbers of Go 1.27 are known only when types
// have been sorted; their offsets are kept for layout_data.
//
// REF   cmd/link/internal/ld/symtab.go: symtab, textsectionmap; runtime/symtab.go: moduledata, textsect.
#include "passes/moduledata.h"

#include "base/diag.h"
#include "golang/gostrings.h"
#include "golang/gotype.h"
#include "golang/shlib.h"
#include "passes/define.h"
#include "passes/pclntab.h"

static SymId lookup(const Program *p, const char *name) {
    SymId s = sym_lookup(p, str_from_c(name), 0);
    if (!s.i)
        bug("no symbol '%s'", name);
    return s;
}

static void add_addr(Program *p, const char *name) {
    sym_add_addr(p, p->moduledata, lookup(p, name), 0);
}

static void add_slice_of(Program *p, SymId s, u64 n) {
    sym_add_addr(p, p->moduledata, s, 0);
    sym_add_u64(p, p->moduledata, n);
    sym_add_u64(p, p->moduledata, n);
}

// A slice over a whole symbol, of elements of elem bytes.
static void add_slice(Program *p, const char *name, u32 elem) {
    SymId s = lookup(p, name);
    add_slice_of(p, s, sym_size(p, s) / elem);
}

static void add_zeros(Program *p, u32 words) {
    for (u32 i = 0; i < words; i++)
        sym_add_u64(p, p->moduledata, 0);
}

// One record per section of code: offset of its start and end from the first one, address.
static SymId make_text_section_map(Program *p, u32 *nsect) {
    SymId s = define_symbol(p, STR("runtime.textsectionmap"), SYM_RODATA);
    u32 n = 0, had = sym_size(p, s); // of the symbol of that name in a library of Go packages
    clear_symbol(p, s);
    for (; n < p->seg_text.sects.n && str_eq(p->seg_text.sects.v[n]->name, STR(".text")); n++) {
        const Section *sect = p->seg_text.sects.v[n];
        u64 off = sect->addr - p->text_sect->addr;
        sym_add_u64(p, s, off);
        sym_add_u64(p, s, off + sect->size);
        sym_add_addr(p, s, n ? sym_lookup(p, arena_printf(&p->arena, "runtime.text.%u", n), 0) : lookup(p, "runtime.text"), 0);
    }
    p->syms.size[s.i] = MAX(had, sym_size(p, s)); // as the stock linker, which writes over it
    *nsect = n;
    return s;
}

static void add_markers(Program *p) {
    static const char *const names[] = {
        "runtime.text",    "runtime.etext",    "runtime.noptrdata", "runtime.enoptrdata", "runtime.data",
        "runtime.edata",   "runtime.bss",      "runtime.ebss",      "runtime.noptrbss",   "runtime.enoptrbss",
        "runtime.covctrs", "runtime.ecovctrs", "runtime.end",       "runtime.gcdata",     "runtime.gcbss",
    };
    for (u32 i = 0; i < COUNT_OF(names); i++)
        add_addr(p, names[i]);
}

// The names and types that a plugin exports: pairs of 32-bit offsets, made by the compiler.
static void add_ptab(Program *p) {
    SymId s = sym_lookup(p, STR("go:plugin.tabs"), 0);
    if (!s.i || !sym_is_live(p, s)) {
        add_zeros(p, 3);
        return;
    }
    bitmap_set(&p->syms.is_local, s.i);
    u32 n;
    sym_data(p, s, &n);
    add_slice_of(p, s, n / 8);
}

// A string as s, which points to a symbol with its bytes.
static void add_string(Program *p, SymId s, Str name, Str text) {
    SymId bytes = define_symbol(p, name, SYM_RODATA);
    bitmap_set(&p->syms.is_local, bytes.i);
    sym_set_data(p, bytes, (const u8 *)text.p, text.n);
    sym_add_addr(p, s, bytes, 0);
    sym_add_u64(p, s, text.n);
}

// The hash of a library of Go packages, which programs compare with what it was when they were linked.
static void define_abi_hash(Program *p) {
    SymId bytes = sym_lookup(p, STR("go:link.abihashbytes"), ABI0);
    Str name = arena_printf(&p->arena, "go:link.abihash." STR_FMT, STR_ARG(path_base(p->opt->outfile)));
    SymId s = define_symbol(p, name, SYM_RODATA);
    sym_add_addr(p, s, bytes, 0);
    sym_add_u64(p, s, sym_size(p, bytes));
}

static Str fingerprint(const Library *lib) {
    enum { FINGERPRINT_SIZE = 8 };
    static const char zero[FINGERPRINT_SIZE];
    return (Str){lib->fingerprint ? (const char *)lib->fingerprint : zero, FINGERPRINT_SIZE};
}

// A plugin and the program that loads it must have been built from the same packages. Each module has the fingerprint of
// every package under a global name, of which the dynamic linker chooses one for all...
static void define_package_hashes(Program *p) {
    // The stock linker sorts the packages of a library for its hash, and leaves them so.
    const u32 *order = p->opt->buildmode == BUILDMODE_SHARED ? libraries_by_name(p) : p->lib_order;
    for (u32 i = 0; i < p->libs.n; i++) {
        const Library *lib = &p->libs.v[order[i]];
        Str print = fingerprint(lib);
        SymId bytes = define_symbol(
            p, arena_printf(&p->arena, "go:link.pkghashbytes." STR_FMT, STR_ARG(lib->pkg)), SYM_RODATA);
        sym_set_data(p, bytes, (const u8 *)print.p, print.n);
        SymId s = define_symbol(p, arena_printf(&p->arena, "go:link.pkghash." STR_FMT, STR_ARG(lib->pkg)), SYM_RODATA);
        sym_add_addr(p, s, bytes, 0);
        sym_add_u64(p, s, print.n);
    }
}

// ... and a plugin lists them beside what they were when it was linked.
static void add_package_hashes(Program *p) {
    SymId list = define_symbol(p, STR("go:link.pkghashes"), SYM_RODATA);
    bitmap_set(&p->syms.is_local, list.i);
    for (u32 i = 0; i < p->libs.n; i++) {
        const Library *lib = &p->libs.v[p->lib_order[i]];
        add_string(p, list, arena_printf(&p->arena, "go:link.pkgname.%u", i), lib->pkg);
        add_string(p, list, arena_printf(&p->arena, "go:link.pkglinkhash.%u", i), fingerprint(lib));
        SymId hash = sym_lookup(p, arena_printf(&p->arena, "go:link.pkghash." STR_FMT, STR_ARG(lib->pkg)), ABI0);
        sym_add_addr(p, list, hash, 0);
    }
    add_slice_of(p, list, p->libs.n);
}

static void add_plugin_path(Program *p) {
    add_string(p, p->moduledata, STR("go:link.thispluginpath"), path_to_prefix(&p->arena, p->opt->pluginpath));
}

static void add_module_name(Program *p) {
    bool program = p->opt->buildmode == BUILDMODE_EXE || p->opt->buildmode == BUILDMODE_PIE;
    add_string(p, p->moduledata, STR("go:link.thismodulename"),
               program ? STR("the executable") : path_base(p->opt->outfile));
}

// The libraries of Go packages, with their hashes when the file was linked and, filled in by the dynamic linker, when it is run.
static void add_module_hashes(Program *p) {
    SymId list = define_symbol(p, STR("go:link.abihashes"), SYM_RODATA);
    bitmap_set(&p->syms.is_local, list.i);
    for (u32 i = 0; i < p->nshlib; i++) {
        Str name = path_base(p->shlibs[i].path);
        add_string(p, list, arena_printf(&p->arena, "go:link.libname.%u", i), name);
        add_string(p, list, arena_printf(&p->arena, "go:link.linkhash.%u", i), p->shlibs[i].hash);
        SymId hash = sym_lookup_or_make(p, arena_printf(&p->arena, "go:link.abihash." STR_FMT, STR_ARG(name)), ABI0);
        bitmap_set(&p->syms.live, hash.i);
        sym_add_addr(p, list, hash, 0);
    }
    add_slice_of(p, list, p->nshlib);
}

static void add_init_tasks(Program *p) {
    if (p->main_inittasks.i)
        add_slice_of(p, p->main_inittasks, sym_size(p, p->main_inittasks) / 8);
    else
        add_zeros(p, 3);
}

static void add_field(Program *p, ModuleField field, SymId sectmap, u32 nsect) {
    bool plugin = p->opt->buildmode == BUILDMODE_PLUGIN;
    u32 nfunc;
    pclntab_functions(p, &nfunc);
    SymId md = p->moduledata, last = p->textp.v[p->textp.n - 1];
    switch (field) {
    case MOD_PCHEADER: add_addr(p, "runtime.pcheader"); break;
    case MOD_FUNCNAMETAB: add_slice(p, "runtime.funcnametab", 1); break;
    case MOD_CUTAB: add_slice(p, "runtime.cutab", 4); break;
    case MOD_FILETAB: add_slice(p, "runtime.filetab", 1); break;
    case MOD_PCTAB: add_slice(p, "runtime.pctab", 1); break;
    case MOD_PCLNTABLE: add_slice(p, "runtime.functab", 1); break;
    case MOD_FTAB: add_slice_of(p, lookup(p, "runtime.functab"), nfunc + 1ull); break;
    case MOD_FINDFUNCTAB: add_addr(p, "runtime.findfunctab"); break;
    case MOD_MINPC: sym_add_addr(p, md, p->textp.v[0], 0); break;
    case MOD_MAXPC: sym_add_addr(p, md, last, sym_size(p, last)); break;
    case MOD_MARKERS: add_markers(p); break;
    case MOD_TYPES: add_addr(p, "runtime.types"); break;
    case MOD_TYPEDESCLEN: p->moduledata_off.typedesclen = sym_add_u64(p, md, 0); break;
    case MOD_ETYPES: add_addr(p, "runtime.etypes"); break;
    case MOD_ITABOFFSET: p->moduledata_off.itaboffset = sym_add_u64(p, md, 0); break;
    case MOD_ITABSIZE: p->moduledata_off.itabsize = sym_add_u64(p, md, 0); break;
    case MOD_RODATA: add_addr(p, "runtime.rodata"); break;
    case MOD_GOFUNC: add_addr(p, "go:func.*"); break;
    case MOD_EPCLNTAB: add_addr(p, "runtime.epclntab"); break;
    case MOD_TEXTSECTMAP: add_slice_of(p, sectmap, nsect); break;
    case MOD_TYPELINKS: add_slice(p, "runtime.typelink", 4); break;
    case MOD_ITABLINKS: add_slice(p, "runtime.itablink", 8); break;
    case MOD_PTAB: add_ptab(p); break;
    case MOD_PLUGINPATH: plugin ? add_plugin_path(p) : add_zeros(p, 2); break;
    case MOD_PKGHASHES: plugin ? add_package_hashes(p) : add_zeros(p, 3); break;
    case MOD_INITTASKS: add_init_tasks(p); break;
    case MOD_MODULENAME: p->nshlib ? add_module_name(p) : add_zeros(p, 2); break;
    case MOD_MODULEHASHES: p->nshlib ? add_module_hashes(p) : add_zeros(p, 3); break;
    case MOD_HASMAIN:
        sym_add_u8(p, md, p->opt->buildmode == BUILDMODE_EXE || p->opt->buildmode == BUILDMODE_PIE);
        break;
    case MOD_END_OF_LIST: break;
    }
}

void fill_moduledata(Program *p) {
    u32 nsect;
    if (p->opt->buildmode == BUILDMODE_SHARED)
        define_abi_hash(p);
    if (p->loads_plugins || p->opt->buildmode == BUILDMODE_PLUGIN)
        define_package_hashes(p);
    SymId sectmap = make_text_section_map(p, &nsect);
    for (const u8 *f = p->rel->layout->module; *f != MOD_END_OF_LIST; f++)
        add_field(p, *f, sectmap, nsect);

    // The compiler knows how much more there is.
    SymId desc = sym_lookup(p, STR("type:runtime.moduledata"), 0);
    if (!desc.i)
        fatal("type:runtime.moduledata: not defined");
    GoType type = gotype_open(p, desc);
    p->syms.size[p->moduledata.i] = MAX((u32)gotype_size(&type), sym_size(p, p->moduledata));

    // The list of modules has one element so far: this one.
    SymId end = sym_lookup_or_make(p, STR("runtime.lastmoduledatap"), 0);
    bitmap_set(&p->syms.live, end.i);
    if (sym_kind(p, end) != SYM_DYNIMPORT) {
        clear_symbol(p, end);
        p->syms.kind[end.i] = SYM_NOPTRDATA;
        sym_add_addr(p, end, p->moduledata, 0);
    }
}
