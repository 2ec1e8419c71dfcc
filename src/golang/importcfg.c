// importcfg.c - reads the list of packages that cmd/go gives to the linker.
#include "golang/importcfg.h"

#include <errno.h>

#include "base/diag.h"
#include "base/file.h"
#include "golang/gostrings.h"

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static Str trim(Str s) {
    u32 from = 0, to = s.n;
    while (from < to && is_blank(s.p[from]))
        from++;
    while (to > from && is_blank(s.p[to - 1]))
        to--;
    return str_slice(s, from, to);
}

// "path=file": false when a part is missing.
static bool split_entry(Str args, ImportEntry *e) {
    i64 eq = str_index_byte(args, '=');
    if (eq <= 0 || eq + 1 == args.n)
        return false;
    *e = (ImportEntry){str_slice(args, 0, (u32)eq), str_slice(args, (u32)eq + 1, args.n)};
    return true;
}

static void add_package(ImportCfg *cfg, Arena *a, ImportEntry e) {
    u32 *idx = strmap_slot(&cfg->by_pkg, e.pkg, 0);
    if (*idx != STRMAP_NONE) {
        cfg->packages.v[*idx].file = e.file;
        return;
    }
    *idx = cfg->packages.n;
    vec_push(a, &cfg->packages, e);
}

// One line that is neither blank nor a comment; *err says what is wrong with it.
static bool parse_line(ImportCfg *cfg, Arena *a, Str line, Str *err) {
    i64 space = str_index_byte(line, ' ');
    Str verb = space < 0 ? line : str_slice(line, 0, (u32)space);
    Str args = space < 0 ? (Str){0} : trim(str_slice(line, (u32)space, line.n));
    ImportEntry e;

    if (str_eq(verb, STR("packagefile")) || str_eq(verb, STR("packageshlib"))) {
        if (!split_entry(args, &e)) {
            *err = arena_printf(a, "invalid " STR_FMT ": syntax is \"" STR_FMT " path=filename\"",
                                STR_ARG(verb), STR_ARG(verb));
            return false;
        }
        if (verb.n == STR("packagefile").n)
            add_package(cfg, a, e);
        else
            vec_push(a, &cfg->shlibs, e);
        return true;
    }
    if (str_eq(verb, STR("modinfo"))) {
        Str value;
        if (!go_unquote(a, args, &value)) {
            *err = STR("invalid modinfo: invalid syntax");
            return false;
        }
        vec_push(a, &cfg->modinfo, value);
        return true;
    }
    *err = arena_printf(a, "unknown directive " STR_FMT, STR_ARG(go_quote(a, verb)));
    return false;
}

bool importcfg_parse(ImportCfg *cfg, Arena *a, Str path, Str text, Str *err) {
    *cfg = (ImportCfg){.path = path};
    u32 lines = 1;
    for (u32 i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    strmap_init(&cfg->by_pkg, a, lines);
    vec_reserve(a, &cfg->packages, lines);

    u32 num = 0;
    for (u32 start = 0; start <= text.n;) {
        Str rest = str_slice(text, start, text.n);
        i64 nl = str_index_byte(rest, '\n');
        Str line = trim(nl < 0 ? rest : str_slice(rest, 0, (u32)nl));
        start += nl < 0 ? rest.n + 1 : (u32)nl + 1;
        num++;
        if (!line.n || line.p[0] == '#')
            continue;
        Str fault;
        if (!parse_line(cfg, a, line, &fault)) {
            *err = arena_printf(a, STR_FMT ":%u: " STR_FMT, STR_ARG(path), num, STR_ARG(fault));
            return false;
        }
    }
    return true;
}

void importcfg_read(ImportCfg *cfg, Arena *a, Str path) {
    Str text, err;
    if (!file_read(a, path, &text))
        refuse("-importcfg: open " STR_FMT ": %s", STR_ARG(path), file_error_text(errno));
    if (!importcfg_parse(cfg, a, arena_str(a, path), text, &err))
        refuse(STR_FMT, STR_ARG(err));
}

bool importcfg_find(const ImportCfg *cfg, Str pkg, Str *file) {
    u32 idx = strmap_get(&cfg->by_pkg, pkg, 0);
    if (idx == STRMAP_NONE)
        return false;
    *file = cfg->packages.v[idx].file;
    return true;
}
