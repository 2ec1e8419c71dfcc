// cgo.c - directives of package archives: what the program imports from and exports to shared libraries.
//
// WHAT  An archive made by cmd/compile may hold a JSON list of rows: ["cgo_import_dynamic", local, remote,
//       "lib"] and the like. They come from //go:cgo_* comments; on darwin the standard library imports all
//       of libSystem this way, without any C.
// HOW   The rows are applied in load order, archive by archive. A symbol named for the first time gets its
//       number here, which is why nothing may be sorted or merged.
// Requires: symbols resolved.  Provides: Program.syms.dyn, dylibs (through the format), dynexp, interp, dynlinked;
// kind SYM_DYNIMPORT.
// REF   cmd/link/internal/ld/go.go: loadcgo, setCgoAttr; cmd/compile/internal/noder: pragcgo.
#include <cjson/cJSON.h>

#include "base/diag.h"
#include "base/timing.h"
#include "format/format.h"
#include "golang/gostrings.h"
#include "passes/passes.h"

enum { MAX_WORDS = 4 };

// One directive.
typedef struct {
    const CgoDirectives *from;
    Str word[MAX_WORDS]; // word[0] names the directive
    u32 n;               // words in all; may exceed MAX_WORDS
    const cJSON *json;
} Row;

typedef struct {
    Program *p;
    SymVec host;  // symbols that an object of the C compiler would define
    bool imports; // there is a library or an imported symbol
} CgoState;

static Str file_of(const Row *r) {
    return r->from->file;
}

// The row as Go prints it with %q: ["a" "b"].
static Str row_text(CgoState *st, const Row *r) {
    ByteBuf b = {.arena = &st->p->arena};
    buf_u8(&b, '[');
    const cJSON *w;
    cJSON_ArrayForEach(w, r->json) {
        if (b.n > 1)
            buf_u8(&b, ' ');
        buf_str(&b, go_quote(&st->p->arena, str_from_c(w->valuestring)));
    }
    buf_u8(&b, ']');
    return (Str){(const char *)b.v, b.n};
}

static bool has_comma(Str s) {
    return str_index_byte(s, ',') >= 0;
}

static bool is_exported(const DynSym *d) {
    return d && (d->cgo_export_static || d->cgo_export_dynamic);
}

static void set_kind(Program *p, SymId s, SymKind kind) {
    sym_edit(p, s);
    p->syms.kind[s.i] = kind;
}

// cgo_import_dynamic local [remote[#version] ["library"]]; "_ _ library" only adds the library.
static void import_dynamic(CgoState *st, const Row *r) {
    Program *p = st->p;
    Str local = r->word[1], remote = r->n > 2 ? r->word[2] : local, lib = r->n > 3 ? r->word[3] : (Str){0};
    if (p->rel->cgo_rejects_commas && (has_comma(local) || has_comma(remote))) {
        error(STR_FMT ": invalid symbol in cgo_import_dynamic directive: " STR_FMT, STR_ARG(file_of(r)),
              STR_ARG(row_text(st, r)));
        return;
    }
    if (p->opt->no_dynamic) {
        error(STR_FMT ": cannot use dynamic imports with -d flag", STR_ARG(file_of(r)));
        return;
    }
    if (str_eq(local, STR("_")) && str_eq(remote, STR("_"))) {
        st->imports = true;
        p->format->add_library(p, lib, false);
        return;
    }
    Str version = {0};
    i64 hash = str_index_byte(remote, '#');
    if (hash >= 0) {
        version = str_slice(remote, (u32)hash + 1, remote.n);
        remote = str_slice(remote, 0, (u32)hash);
    }
    SymId s = sym_lookup_or_make(p, local, 0);
    if (p->rel->cgo_export_wins && is_exported(sym_dyn(p, s)))
        return;
    u8 kind = sym_kind(p, s);
    if (kind != SYM_NONE && kind != SYM_XREF && kind != SYM_BSS && kind != SYM_NOPTRBSS &&
        kind != SYM_HOSTOBJ)
        return;
    DynSym *d = sym_dyn_make(p, s);
    d->lib = lib;
    d->extname = remote;
    d->version = version;
    if (kind == SYM_HOSTOBJ)
        vec_push(&p->arena, &st->host, s);
    else
        set_kind(p, s, SYM_DYNIMPORT);
    st->imports = true;
    if (lib.n)
        p->format->add_library(p, lib, true);
}

// cgo_import_static local: an object of the C compiler defines it.
static void import_static(CgoState *st, const Row *r) {
    Program *p = st->p;
    if (p->rel->cgo_rejects_commas && has_comma(r->word[1])) {
        error(STR_FMT ": invalid symbol in cgo_import_static directive: " STR_FMT, STR_ARG(file_of(r)),
              STR_ARG(row_text(st, r)));
        return;
    }
    SymId s = sym_lookup_or_make(p, r->word[1], 0);
    set_kind(p, s, SYM_HOSTOBJ);
    p->syms.size[s.i] = 0;
    vec_push(&p->arena, &st->host, s);
}

static i32 parse_abi(Str s) {
    return str_eq(s, STR("ABI0")) ? ABI0 : str_eq(s, STR("ABIInternal")) ? ABI_INTERNAL : -1;
}

// cgo_export_static and cgo_export_dynamic local [remote [ABI]].
static void export_symbol(CgoState *st, const Row *r, bool is_static) {
    Program *p = st->p;
    Str local = r->word[1], remote = r->n > 2 ? r->word[2] : local;
    if (p->rel->cgo_rejects_commas && (has_comma(local) || has_comma(remote))) {
        error(STR_FMT ": invalid symbol in " STR_FMT " directive: " STR_FMT, STR_ARG(file_of(r)),
              STR_ARG(r->word[0]), STR_ARG(row_text(st, r)));
        return;
    }
    i32 abi = r->n > 3 ? parse_abi(r->word[3]) : ABI0;
    if (abi < 0) {
        error(STR_FMT ": bad ABI in cgo_export directive " STR_FMT, STR_ARG(file_of(r)),
              STR_ARG(row_text(st, r)));
        return;
    }
    SymId s = sym_lookup_or_make(p, local, abi);
    if (sym_kind(p, s) == SYM_HOSTOBJ)
        vec_push(&p->arena, &st->host, s);
    BuildMode mode = p->opt->buildmode;
    if ((mode == BUILDMODE_C_SHARED || mode == BUILDMODE_C_ARCHIVE || mode == BUILDMODE_PLUGIN) &&
        sym_eq(s, sym_lookup(p, STR("main"), 0)))
        return;

    DynSym *d = sym_dyn_make(p, s);
    if (d->lib.n || (p->rel->cgo_export_wins && sym_kind(p, s) == SYM_DYNIMPORT)) {
        d->lib = d->version = d->extname = (Str){0};
        set_kind(p, s, SYM_NONE);
    }
    if (!is_exported(d)) {
        d->extname = remote;
    } else if (!str_eq(sym_extname(p, s), remote)) {
        error("conflicting cgo_export directives: " STR_FMT " as " STR_FMT " and " STR_FMT,
              STR_ARG(sym_name(p, s)), STR_ARG(sym_extname(p, s)), STR_ARG(remote));
        return;
    }
    // What the linker that makes the file has to export is needed.
    bool *exported = is_static ? &d->cgo_export_static : &d->cgo_export_dynamic;
    if (is_static == p->external && !*exported)
        vec_push(&p->arena, &p->dynexp, s);
    *exported = true;
}

// cgo_dynamic_linker path.
static void dynamic_linker(CgoState *st, const Row *r) {
    Program *p = st->p;
    if (p->rel->cgo_rejects_commas && has_comma(r->word[1])) {
        error(STR_FMT ": invalid path in cgo_dynamic_linker directive: " STR_FMT, STR_ARG(file_of(r)),
              STR_ARG(row_text(st, r)));
        return;
    }
    if (p->opt->interpreter.n)
        return;
    if (p->interp.n && !str_eq(p->interp, r->word[1]))
        error(STR_FMT ": conflict dynlinker: " STR_FMT " and " STR_FMT, STR_ARG(file_of(r)),
              STR_ARG(p->interp), STR_ARG(r->word[1]));
    else
        p->interp = r->word[1];
}

static void apply_row(CgoState *st, const Row *r) {
    Str d = r->word[0];
    if (str_eq(d, STR("cgo_import_dynamic")) && r->n >= 2 && r->n <= 4)
        import_dynamic(st, r);
    else if (str_eq(d, STR("cgo_import_static")) && r->n == 2)
        import_static(st, r);
    else if (str_eq(d, STR("cgo_export_static")) && r->n >= 2 && r->n <= 4)
        export_symbol(st, r, true);
    else if (str_eq(d, STR("cgo_export_dynamic")) && r->n >= 2 && r->n <= 4)
        export_symbol(st, r, false);
    else if (str_eq(d, STR("cgo_dynamic_linker")) && r->n == 2)
        dynamic_linker(st, r);
    else if (str_eq(d, STR("cgo_ldflag")) && r->n == 2)
        vec_push(&st->p->arena, &st->p->ldflags, r->word[1]);
    else
        error(STR_FMT ": invalid cgo directive: " STR_FMT, STR_ARG(file_of(r)), STR_ARG(row_text(st, r)));
}

// The words of one JSON row; false when it is not a list of strings.
static bool read_row(CgoState *st, const CgoDirectives *from, const cJSON *json, Row *r) {
    if (!cJSON_IsArray(json))
        return false;
    *r = (Row){.from = from, .json = json};
    const cJSON *w;
    cJSON_ArrayForEach(w, json) {
        if (!cJSON_IsString(w))
            return false;
        if (r->n < MAX_WORDS)
            r->word[r->n] = arena_str(&st->p->arena, str_from_c(w->valuestring));
        r->n++;
    }
    return r->n > 0;
}

static void apply_list(CgoState *st, const CgoDirectives *d) {
    cJSON *list = cJSON_ParseWithLength(d->json.p, d->json.n);
    if (!cJSON_IsArray(list))
        error(STR_FMT ": failed decoding cgo directives", STR_ARG(d->file));
    const cJSON *json;
    cJSON_ArrayForEach(json, list) {
        Row r;
        if (read_row(st, d, json, &r))
            apply_row(st, &r);
        else
            error(STR_FMT ": failed decoding cgo directives", STR_ARG(d->file));
    }
    cJSON_Delete(list);
}

void apply_cgo_directives(Program *p) {
    CgoState st = {.p = p};
    for (u32 i = 0; i < p->cgo.n; i++)
        apply_list(&st, &p->cgo.v[i]);
    bool without = p->format->static_exe && p->opt->buildmode == BUILDMODE_EXE && !st.imports;
    p->dynlinked = !p->opt->no_dynamic && !without && !p->external;
    if (p->external)
        return;

    // What C objects would define is not needed for an internal link; a symbol that is imported as well comes
    // from the library.
    for (u32 i = 0; i < st.host.n; i++) {
        SymId s = st.host.v[i];
        if (sym_kind(p, s) != SYM_HOSTOBJ)
            continue;
        const DynSym *d = sym_dyn(p, s);
        p->syms.kind[s.i] = d && d->lib.n && !is_exported(d) ? SYM_DYNIMPORT : SYM_NONE;
    }
}
