// setup.c - what the runtime expects the linker to define, and the order of packages and functions.
//
// WHAT  Three symbols of package runtime get their content from the linker: tlsg (where the current goroutine
//       is found in thread-local storage), firstmoduledata (the runtime's map of the program, filled in by
//       group_symbols) and disableMemoryProfiling (set when nothing in the program can read a memory
//       profile).
//
//       Packages are then put in layout order: depth first along imports, so that a package comes after
//       all that it imports. Functions follow packages, in two rounds: first the runtime and what it is made
//       of, then the rest; so calls between the runtime's packages stay short.
//
//           per package:  its own functions, in object order
//                         then functions that several packages may define (generic instances, wrappers,
//                         equality functions), and those that another object's definition was chosen for
//
//       The first package that lists a function gets it. FIPS markers, which are made before, come first of
//       all.
// HOW   Objects are scanned in parallel for live functions; the two lists of each are then concatenated in
//       package order.
// REF   cmd/link/internal/ld/lib.go: linksetup, postorder; cmd/link/internal/loader/loader.go:
//       AssignTextSymbolOrder.
#include "arch/arch.h"
#include "base/diag.h"
#include "format/format.h"
#include "passes/define.h"
#include "passes/passes.h"

// ---- symbols of package runtime ---------------------------------------------------------------------------

// How the runtime is started depends on what it is a part of.
static void define_library_flag(Program *p) {
    BuildMode mode = p->opt->buildmode;
    Str name = {0};
    if (mode == BUILDMODE_C_SHARED || mode == BUILDMODE_PLUGIN)
        name = STR("runtime.islibrary");
    else if (mode == BUILDMODE_C_ARCHIVE)
        name = STR("runtime.isarchive");
    if (!name.n)
        return;
    SymId s = sym_lookup_or_make(p, name, 0);
    u32 size = sym_size(p, s);
    clear_symbol(p, s);
    p->syms.kind[s.i] = SYM_NOPTRDATA;
    sym_add_u8(p, s, 1);
    p->syms.size[s.i] = size + 1; // the stock linker's: the byte is added to the variable
}

static void define_tlsg(Program *p) {
    if (p->opt->target->traits & TARGET_NO_TLSG)
        return;
    SymId s = sym_lookup_or_make(p, STR("runtime.tlsg"), 0);
    sym_edit(p, s);
    if (sym_kind(p, s) == SYM_NONE) {
        p->syms.kind[s.i] = SYM_TLSBSS;
        p->syms.size[s.i] = p->arch->ptr_size;
    } else if (sym_kind(p, s) != SYM_DYNIMPORT) {
        error("runtime declared tlsg variable %s", symkind_name(sym_kind(p, s)));
    }
    bitmap_set(&p->syms.live, s.i);
    p->runtime_tlsg = s;
}

static void define_moduledata(Program *p) {
    // A plugin contains the runtime, but uses that of the program.
    bool plugin = p->opt->buildmode == BUILDMODE_PLUGIN;
    SymId s = sym_lookup_or_make(p, plugin ? STR("local.pluginmoduledata") : STR("runtime.firstmoduledata"), 0);
    sym_edit(p, s);
    if (plugin)
        bitmap_set(&p->syms.is_local, s.i);
    u8 kind = sym_kind(p, s);
    if (kind != SYM_NONE && kind != SYM_DYNIMPORT) {
        // The program contains package runtime: the variable's bytes are all the linker's.
        clear_symbol(p, s);
        SymId profile = sym_lookup(p, STR("runtime.memProfileInternal"), ABI_INTERNAL);
        if (profile.i && !sym_is_live(p, profile) && !p->go_dynlink) {
            SymId off = sym_lookup_or_make(p, STR("runtime.disableMemoryProfiling"), 0);
            clear_symbol(p, off);
            p->syms.kind[off.i] = SYM_NOPTRDATA;
            sym_add_u8(p, off, 1);
        }
    } else {
        s = sym_lookup_or_make(p, STR("local.moduledata"), 0);
        sym_edit(p, s);
        bitmap_set(&p->syms.is_local, s.i);
    }
    p->syms.kind[s.i] = SYM_MODULEDATA;
    bitmap_set(&p->syms.live, s.i);
    p->moduledata = s;
}

// ---- order of packages ------------------------------------------------------------------------------------

// Depth-first postorder along imports, as recorded, from every library in load order.
static void order_libraries(Program *p) {
    enum { NEW, OPEN, DONE };
    typedef struct {
        u32 lib, next;
    } Frame; // next: position in the library's imports
    u32 n = p->libs.n, norder = 0, depth = 0;
    p->lib_order = arena_array(&p->arena, u32, n);
    size_t mark = arena_mark(&p->arena);
    Frame *stack = arena_array(&p->arena, Frame, n + 1);
    u8 *state = arena_array(&p->arena, u8, n);
    for (u32 root = 0; root < n; root++) {
        if (state[root] != NEW)
            continue;
        state[root] = OPEN;
        stack[depth++] = (Frame){root, 0};
        while (depth) {
            Frame *f = &stack[depth - 1];
            const Library *lib = &p->libs.v[f->lib];
            if (f->next == lib->imports.n) {
                state[f->lib] = DONE;
                p->lib_order[norder++] = f->lib;
                depth--;
                continue;
            }
            u32 imp = lib->imports.v[f->next++];
            if (state[imp] == OPEN)
                fatal("found import cycle while visiting " STR_FMT, STR_ARG(p->libs.v[imp].pkg));
            if (state[imp] == NEW) {
                state[imp] = OPEN;
                stack[depth++] = (Frame){imp, 0};
            }
        }
    }
    arena_release(&p->arena, mark);
}

// ---- order of functions -----------------------------------------------------------------------------------

// Live functions of one object, by local index.
typedef struct {
    SymId *own, *shared; // own: nobody else may define it
    u32 nown, nshared;
} ObjectText;

typedef struct {
    const Program *p;
    ObjectText *text; // by object index
} ScanText;

// Sorts definition i of o, whose symbol s is live, into the lists. Size and flags of the definition that was
// chosen are at hand; what others say is read from their objects.
static void list_function(const Program *p, const Object *o, u32 i, SymId s, SymVec *own, SymVec *shared,
                          Arena *a) {
    // A definition that was merged into another object's, or whose content the linker replaced, counts as
    // shared.
    bool chosen = p->syms.obj[s.i] == o->idx && p->syms.local[s.i] == i;
    u32 n, size = chosen ? sym_size(p, s) : object_sym_size(o, i);
    if (bitmap_get(&p->syms.is_part, s.i))
        return; // declared in Go as a variable, defined in C
    object_data(o, i, &n);
    if (n > size)
        error_at(s.i, STR_FMT ": initialize bounds (%u < %u)", STR_ARG(sym_name(p, s)), size, n);
    if (chosen && !(sym_flags(p, s) & SYMF_DUPOK))
        vec_push(a, own, s);
    else
        vec_push(a, shared, s);
}

// A variable that is a function of another package by linkname takes the place of that function's wrapper for assembly,
// which yields to any other definition (GoRelease.dupok_yields). The stock linker panics when it comes to the function.
static void refuse_variable(const Program *p, const Object *o, u32 i, SymId s) {
    u32 def = p->syms.obj[s.i];
    if (!def || def == o->idx || !(sym_flags(p, s) & (SYMF_LINKNAME | SYMF_LINKNAME_STD)))
        return;
    if (kind_is_text((u8)symkind_from_object(object_sym_type(o, i))))
        refuse_at(s.i, STR_FMT ": invalid reference to " STR_FMT, STR_ARG(p->libs.v[p->objs.v[def].lib].pkg),
                  STR_ARG(sym_name(p, s)));
}

static void scan_object(const Program *p, const Object *o, ObjectText *t, Arena *a) {
    SymVec own = {0}, shared = {0};
    // Package symbols have consecutive numbers.
    const Bitmap *live = &p->syms.live;
    u32 end = o->first + o->ndef;
    for (u32 id = bitmap_next(live, o->first, end); id < end; id = bitmap_next(live, id + 1, end))
        if (kind_is_text(p->syms.kind[id]))
            list_function(p, o, id - o->first, (SymId){id}, &own, &shared, a);
    for (u32 i = o->ndef; i < o->nalldef; i++) {
        SymId s = o->ids[i - o->ndef];
        if (!bitmap_get(&p->syms.live, s.i))
            continue;
        if (kind_is_text(p->syms.kind[s.i]))
            list_function(p, o, i, s, &own, &shared, a);
        else
            refuse_variable(p, o, i, s);
    }
    *t = (ObjectText){own.v, shared.v, own.n, shared.n};
}

// Writes text[object] and the worker's arena only.
static void scan_text(void *arg, u64 begin, u64 end, u32 worker) {
    ScanText *c = arg;
    for (u64 i = begin; i < end; i++)
        scan_object(c->p, &c->p->objs.v[i + 1], &c->text[i + 1], worker_arena(c->p->pool, worker));
}

static void take_text(Program *p, Bitmap *taken, const SymId *list, u32 n) {
    for (u32 i = 0; i < n; i++) {
        if (bitmap_get(taken, list[i].i))
            continue;
        bitmap_set(taken, list[i].i);
        vec_push(&p->arena, &p->textp, list[i]);
    }
}

static void take_library(Program *p, const ObjectText *text, u32 lib, Bitmap *taken) {
    const Library *l = &p->libs.v[lib];
    for (u32 i = 0; i < l->objs.n; i++)
        take_text(p, taken, text[l->objs.v[i]].own, text[l->objs.v[i]].nown);
    for (u32 i = 0; i < l->objs.n; i++)
        take_text(p, taken, text[l->objs.v[i]].shared, text[l->objs.v[i]].nshared);
}

// Functions by compilation unit of their definition, in the order of textp.
static void fill_units(Program *p, u32 from) {
    u32 n = p->textp.n;
    SymId *all = arena_array_raw(&p->arena, SymId, n);
    u32 *pos = arena_array(&p->arena, u32, p->units.n + 1);
    for (u32 i = from; i < n; i++)
        pos[sym_unit(p, p->textp.v[i]) + 1]++;
    for (u32 u = 0; u < p->units.n; u++) {
        u32 count = pos[u + 1];
        pos[u + 1] += pos[u];
        p->units.v[u].textp = (SymVec){all + pos[u], count, count};
    }
    for (u32 i = from; i < n; i++)
        all[pos[sym_unit(p, p->textp.v[i])]++] = p->textp.v[i];
}

static void join_text(Program *p, const ObjectText *text) {
    SymVec markers = p->textp;
    u32 total = markers.n + 1; // and the build id
    for (u32 i = 1; i < p->objs.n; i++)
        total += text[i].nown + text[i].nshared;
    p->textp = (SymVec){0};
    vec_reserve(&p->arena, &p->textp, total);
    for (u32 i = 0; i < markers.n; i++)
        if (sym_is_live(p, markers.v[i]))
            vec_push(&p->arena, &p->textp, markers.v[i]);
    u32 from = p->textp.n;

    Bitmap taken = bitmap_new(&p->arena, p->syms.n);
    for (u32 round = 0; round < 2; round++) {
        for (u32 i = 0; i < p->libs.n; i++) {
            u32 lib = p->lib_order[i], before = p->textp.n;
            if (release_is_runtime_package(p->rel, p->libs.v[lib].pkg) != (round == 0))
                continue;
            take_library(p, text, lib, &taken);
            vec_push(&p->arena, &p->text_runs, ((TextRun){lib, p->textp.n - before}));
        }
    }
    fill_units(p, from);
}

static void order_text(Program *p) {
    u32 nworker = pool_size(p->pool);
    size_t *marks = arena_array(&p->arena, size_t, nworker);
    for (u32 w = 0; w < nworker; w++)
        marks[w] = arena_mark(worker_arena(p->pool, w));
    ObjectText *text = arena_array(&p->arena, ObjectText, p->objs.n);
    ScanText c = {p, text};
    parallel_for(p->pool, p->objs.n - 1, 1, scan_text, &c);
    join_text(p, text);
    for (u32 w = 0; w < nworker; w++)
        arena_release(worker_arena(p->pool, w), marks[w]);
}

// Requires: deadcode.   Provides: tlsg, moduledata, lib_order, textp, Unit.textp.
void setup_runtime_symbols(Program *p) {
    define_library_flag(p);
    if (p->format->make_image_symbols)
        p->format->make_image_symbols(p);
    define_tlsg(p);
    define_moduledata(p);
    order_libraries(p);
    order_text(p);
}
