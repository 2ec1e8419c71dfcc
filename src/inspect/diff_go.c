// diff_go.c - differences in Go's runtime tables: moduledata, pclntab, type links.
//
// A function record holds offsets into other tables (names, pc-value tables, function data). When an offset
// differs and what it leads to is equal, that is only a consequence of something that moved; so contents are
// compared first and offsets are reported apart from them.
#include <stdio.h>

#include "inspect/diff_parts.h"
#include "inspect/go_types.h"

void diff_module_data(Diff *d) {
    diff_topic(d, "moduledata");
    const GoTables *a = d->a.go, *b = d->b.go;
    if (!a || !b || a->fields != b->fields || !a->moduledata.p || !b->moduledata.p)
        return;
    for (u32 i = 0; i < a->nfields; i++) {
        const GoModuleField *f = &a->fields[i];
        static const char *const part[] = {"", ".len", ".cap"};
        for (u32 k = 0; k < (f->is_slice ? 3u : 1u); k++) {
            u64 off = f->off + 8 * k;
            u64 x = get_u64le(a->moduledata.p + off), y = get_u64le(b->moduledata.p + off);
            if (x != y)
                diff_say(d, "%s%s: A=0x%lx B=0x%lx (%+ld)", f->name, part[k], x, y, (i64)(y - x));
        }
    }
}

// What can differ in a function, in the order of the record. CONTENT: what an offset leads to.
typedef enum {
    DIFF_NAME,
    DIFF_ENTRY,
    DIFF_ARGS,
    DIFF_DEFERRETURN,
    DIFF_NPCDATA,
    DIFF_START_LINE,
    DIFF_FUNC_ID,
    DIFF_FLAG,
    DIFF_NFUNCDATA,
    DIFF_PCSP_CONTENT,
    DIFF_PCFILE_CONTENT,
    DIFF_PCLN_CONTENT,
    DIFF_PCDATA_CONTENT, // + 0..7
    DIFF_NAME_OFF = DIFF_PCDATA_CONTENT + 8,
    DIFF_PCSP_OFF,
    DIFF_PCFILE_OFF,
    DIFF_PCLN_OFF,
    DIFF_CU_OFF,
    DIFF_REC_OFF,
    DIFF_PCDATA_OFF,                     // + 0..7
    DIFF_FUNCDATA = DIFF_PCDATA_OFF + 8, // + 0..15
    DIFF_FIELDS = DIFF_FUNCDATA + 16,
} FuncField;

static const char *const field_names[DIFF_FIELDS] = {
    [DIFF_NAME] = "name",
    [DIFF_ENTRY] = "entryOff",
    [DIFF_ARGS] = "args",
    [DIFF_DEFERRETURN] = "deferreturn",
    [DIFF_NPCDATA] = "npcdata",
    [DIFF_START_LINE] = "startLine",
    [DIFF_FUNC_ID] = "funcID",
    [DIFF_FLAG] = "flag",
    [DIFF_NFUNCDATA] = "nfuncdata",
    [DIFF_PCSP_CONTENT] = "pcsp table",
    [DIFF_PCFILE_CONTENT] = "pcfile table",
    [DIFF_PCLN_CONTENT] = "pcln table",
    [DIFF_PCDATA_CONTENT] = "pcdata[0] (unsafe point) table",
    "pcdata[1] (stack map) table",
    "pcdata[2] (inline tree) table",
    "pcdata[3] (live arguments) table",
    "pcdata[4] (panic bounds) table",
    "pcdata[5] table",
    "pcdata[6] table",
    "pcdata[7] table",
    [DIFF_NAME_OFF] = "nameOff",
    [DIFF_PCSP_OFF] = "pcsp offset",
    [DIFF_PCFILE_OFF] = "pcfile offset",
    [DIFF_PCLN_OFF] = "pcln offset",
    [DIFF_CU_OFF] = "cuOffset",
    [DIFF_REC_OFF] = "record offset in functab",
    [DIFF_PCDATA_OFF] = "pcdata[0] offset",
    "pcdata[1] offset",
    "pcdata[2] offset",
    "pcdata[3] offset",
    "pcdata[4] offset",
    "pcdata[5] offset",
    "pcdata[6] offset",
    "pcdata[7] offset",
    [DIFF_FUNCDATA] = "funcdata[0] (argument pointer maps)",
    "funcdata[1] (local pointer maps)",
    "funcdata[2] (stack objects)",
    "funcdata[3] (inline tree)",
    "funcdata[4] (open-coded defers)",
    "funcdata[5] (argument info)",
    "funcdata[6] (live argument info)",
    "funcdata[7] (wrapper info)",
    "funcdata[8]",
    "funcdata[9]",
    "funcdata[10]",
    "funcdata[11]",
    "funcdata[12]",
    "funcdata[13]",
    "funcdata[14]",
    "funcdata[15]",
};

typedef struct {
    u64 count;
    u64 first; // function number
    u64 a, b;  // its values
} FieldCount;

static void note(FieldCount *c, FuncField f, u64 func, u64 x, u64 y) {
    if (x == y)
        return;
    if (c[f].count++ == 0) {
        c[f].first = func;
        c[f].a = x;
        c[f].b = y;
    }
}

// Whether two pc-value tables say the same.
static bool same_pcvalues(const GoTables *a, u32 off_a, const GoTables *b, u32 off_b) {
    GoPcValue x = go_pcvalue_start(a, off_a), y = go_pcvalue_start(b, off_b);
    for (;;) {
        bool more_x = go_pcvalue_next(&x), more_y = go_pcvalue_next(&y);
        if (more_x != more_y || x.bad != y.bad)
            return false;
        if (!more_x)
            return true;
        if (x.value != y.value || x.pc != y.pc)
            return false;
    }
}

static void note_table(FieldCount *c, u32 content, u32 offset, u64 i, const Diff *d, u32 x, u32 y) {
    if (x == y && d->a.go->pctab.n == d->b.go->pctab.n &&
        go_pcvalue_size(d->a.go, x) == go_pcvalue_size(d->b.go, y) && x < d->a.go->pctab.n &&
        memcmp(d->a.go->pctab.p + x, d->b.go->pctab.p + y, go_pcvalue_size(d->a.go, x)) == 0)
        return;
    if (!same_pcvalues(d->a.go, x, d->b.go, y)) {
        if (c[content].count++ == 0) {
            c[content].first = i;
            c[content].a = x;
            c[content].b = y;
        }
        return;
    }
    note(c, offset, i, x, y);
}

static void note_function(Diff *d, FieldCount *c, u64 i, const GoFunc *x, const GoFunc *y) {
    note(c, DIFF_ENTRY, i, x->entry - d->a.go->text, y->entry - d->b.go->text);
    note(c, DIFF_ARGS, i, x->args, y->args);
    note(c, DIFF_DEFERRETURN, i, x->deferreturn, y->deferreturn);
    note(c, DIFF_NPCDATA, i, x->npcdata, y->npcdata);
    note(c, DIFF_START_LINE, i, x->start_line, y->start_line);
    note(c, DIFF_FUNC_ID, i, x->func_id, y->func_id);
    note(c, DIFF_FLAG, i, x->flag, y->flag);
    note(c, DIFF_NFUNCDATA, i, x->nfuncdata, y->nfuncdata);
    note(c, DIFF_NAME_OFF, i, x->name_off, y->name_off);
    note(c, DIFF_CU_OFF, i, x->cu_off, y->cu_off);
    note(c, DIFF_REC_OFF, i, x->rec_off, y->rec_off);
    note_table(c, DIFF_PCSP_CONTENT, DIFF_PCSP_OFF, i, d, x->pcsp, y->pcsp);
    note_table(c, DIFF_PCFILE_CONTENT, DIFF_PCFILE_OFF, i, d, x->pcfile, y->pcfile);
    note_table(c, DIFF_PCLN_CONTENT, DIFF_PCLN_OFF, i, d, x->pcln, y->pcln);
    for (u32 k = 0; k < MIN(MIN(x->npcdata, y->npcdata), 8); k++)
        note_table(c, DIFF_PCDATA_CONTENT + k, DIFF_PCDATA_OFF + k, i, d, get_u32le(x->pcdata + 4 * k),
                   get_u32le(y->pcdata + 4 * k));
    for (u32 k = 0; k < MIN(MIN(x->nfuncdata, y->nfuncdata), 16); k++)
        note(c, DIFF_FUNCDATA + k, i, get_u32le(x->funcdata + 4 * k), get_u32le(y->funcdata + 4 * k));
}

// The step in which two pc-value tables part, in words.
static void say_pcvalues(Diff *d, u32 off_a, u32 off_b) {
    GoPcValue x = go_pcvalue_start(d->a.go, off_a), y = go_pcvalue_start(d->b.go, off_b);
    for (u32 step = 0;; step++) {
        bool more_x = go_pcvalue_next(&x), more_y = go_pcvalue_next(&y);
        if (more_x && more_y && x.value == y.value && x.pc == y.pc)
            continue;
        Str sx = more_x ? arena_printf(d->arena, "value %ld up to pc +0x%lx", x.value, x.pc)
                        : STR("the end of the table");
        Str sy = more_y ? arena_printf(d->arena, "value %ld up to pc +0x%lx", y.value, y.pc)
                        : STR("the end of the table");
        diff_say(d, "  step %u: A=" STR_FMT " B=" STR_FMT "%s", step, STR_ARG(sx), STR_ARG(sy),
                 x.bad || y.bad ? " (corrupt)" : "");
        return;
    }
}

static void say_fields(Diff *d, const FieldCount *c) {
    for (u32 f = 0; f < DIFF_FIELDS; f++) {
        if (!c[f].count)
            continue;
        GoFunc x;
        go_func(d->a.go, c[f].first, &x);
        Str name = image_printable(d->arena, x.name, 200);
        diff_say(d, "%s: %lu function%s, first #%lu " STR_FMT ": A=0x%lx B=0x%lx", field_names[f], c[f].count,
                 c[f].count == 1 ? "" : "s", c[f].first, STR_ARG(name), c[f].a, c[f].b);
        if (f >= DIFF_PCSP_CONTENT && f < DIFF_NAME_OFF)
            say_pcvalues(d, (u32)c[f].a, (u32)c[f].b);
    }
}

static void compare_functions(Diff *d) {
    const GoTables *a = d->a.go, *b = d->b.go;
    FieldCount *c = arena_array(d->arena, FieldCount, DIFF_FIELDS);
    if (a->nfunc != b->nfunc)
        diff_say(d, "number of functions: A=%lu B=%lu", a->nfunc, b->nfunc);
    for (u64 i = 0; i < MIN(a->nfunc, b->nfunc); i++) {
        GoFunc x, y;
        bool ok_x = go_func(a, i, &x), ok_y = go_func(b, i, &y);
        if (!ok_x || !ok_y) {
            diff_say(d, "function #%lu: A: %s; B: %s", i, ok_x ? "fine" : "record outside the table",
                     ok_y ? "fine" : "record outside the table");
            break;
        }
        if (!str_eq(x.name, y.name)) {
            Str nx = image_printable(d->arena, x.name, 200), ny = image_printable(d->arena, y.name, 200);
            diff_say(d,
                     "function #%lu (pc A=0x%lx B=0x%lx): A has " STR_FMT ", B has " STR_FMT
                     "; the orders part here",
                     i, x.entry, y.entry, STR_ARG(nx), STR_ARG(ny));
            break;
        }
        note_function(d, c, i, &x, &y);
    }
    say_fields(d, c);
}

// Compares two tables of NUL-terminated strings entry by entry.
static void compare_string_table(Diff *d, const char *what, GoRange a, GoRange b) {
    if (a.n != b.n)
        diff_say(d, "%s: size A=%lu B=%lu (%+ld)", what, a.n, b.n, (i64)(b.n - a.n));
    u64 off_a = 0, off_b = 0;
    for (u64 i = 0; off_a < a.n && off_b < b.n; i++) {
        Str x = go_table_string(a, off_a), y = go_table_string(b, off_b);
        if (!str_eq(x, y)) {
            x = image_printable(d->arena, x, 300);
            y = image_printable(d->arena, y, 300);
            diff_say(d, "%s: string #%lu at offset 0x%lx: A='" STR_FMT "' B='" STR_FMT "'", what, i, off_a,
                     STR_ARG(x), STR_ARG(y));
            return;
        }
        off_a += x.n + 1u;
        off_b += y.n + 1u;
    }
}

static void compare_cutab(Diff *d) {
    GoRange a = d->a.go->cutab, b = d->b.go->cutab;
    if (a.n != b.n)
        diff_say(d, "cutab: entries A=%lu B=%lu", a.n / 4, b.n / 4);
    for (u64 i = 0; i + 4 <= MIN(a.n, b.n); i += 4) {
        u32 x = get_u32le(a.p + i), y = get_u32le(b.p + i);
        if (x == y)
            continue;
        Str fx = x == UINT32_MAX ? STR("none")
                                 : image_printable(d->arena, go_table_string(d->a.go->filetab, x), 200);
        Str fy = y == UINT32_MAX ? STR("none")
                                 : image_printable(d->arena, go_table_string(d->b.go->filetab, y), 200);
        diff_say(d, "cutab: entry %lu: A=0x%x (" STR_FMT ") B=0x%x (" STR_FMT ")", i / 4, x, STR_ARG(fx), y,
                 STR_ARG(fy));
        return;
    }
}

// A byte of pctab belongs to the last pc-value table that starts at or before it; find a function that uses
// it.
static Str pctab_user(Diff *d, const GoTables *g, u64 off) {
    GoFunc f, best_f = {0};
    u32 best = 0;
    const char *best_kind = "";
    for (u64 i = 0; i < g->nfunc && go_func(g, i, &f); i++) {
        const struct {
            u32 off;
            const char *kind;
        } tables[] = {{f.pcsp, "pcsp"}, {f.pcfile, "pcfile"}, {f.pcln, "pcln"}};
        for (u32 k = 0; k < COUNT_OF(tables) + f.npcdata; k++) {
            u32 t = k < COUNT_OF(tables) ? tables[k].off : get_u32le(f.pcdata + 4 * (k - COUNT_OF(tables)));
            if (t <= off && t > best) {
                best = t;
                best_f = f;
                best_kind = k < COUNT_OF(tables) ? tables[k].kind : "pcdata";
            }
        }
    }
    if (!best)
        return STR("no function");
    Str name = image_printable(d->arena, best_f.name, 200);
    return arena_printf(d->arena, "%s of " STR_FMT " at 0x%x", best_kind, STR_ARG(name), best);
}

static void compare_pctab(Diff *d) {
    GoRange a = d->a.go->pctab, b = d->b.go->pctab;
    if (a.n != b.n)
        diff_say(d, "pctab: size A=%lu B=%lu (%+ld)", a.n, b.n, (i64)(b.n - a.n));
    u64 common = MIN(a.n, b.n), off = diff_first_byte(a.p, b.p, common);
    if (off == common)
        return;
    Str ua = pctab_user(d, d->a.go, off), ub = pctab_user(d, d->b.go, off);
    Str ha = diff_hex(d, a.p + off, a.n - off), hb = diff_hex(d, b.p + off, b.n - off);
    diff_say(d, "pctab: first difference at 0x%lx: A=" STR_FMT " (" STR_FMT ") B=" STR_FMT " (" STR_FMT ")",
             off, STR_ARG(ha), STR_ARG(ua), STR_ARG(hb), STR_ARG(ub));
}

// The bytes of go:func.* belong to the function data that starts last at or before them.
static Str funcdata_user(Diff *d, const GoTables *g, u64 off) {
    GoFunc f, best_f = {0};
    u64 best = 0;
    u32 best_k = 0;
    for (u64 i = 0; i < g->nfunc && go_func(g, i, &f); i++)
        for (u32 k = 0; k < f.nfuncdata; k++) {
            u32 t = get_u32le(f.funcdata + 4 * k);
            if (t <= off && (t > best || !best_f.name.n)) {
                best = t;
                best_f = f;
                best_k = k;
            }
        }
    if (!best_f.name.n)
        return STR("no function");
    Str name = image_printable(d->arena, best_f.name, 200);
    const char *kind = best_k < 16 ? field_names[DIFF_FUNCDATA + best_k] : "funcdata";
    return arena_printf(d->arena, "%s of " STR_FMT "+0x%lx", kind, STR_ARG(name), off - best);
}

static void compare_funcdata(Diff *d) {
    GoRange a = d->a.go->funcdata, b = d->b.go->funcdata;
    if (a.n != b.n)
        diff_say(d, "go:func.*: size A=%lu B=%lu (%+ld)", a.n, b.n, (i64)(b.n - a.n));
    u64 common = MIN(a.n, b.n), off = diff_first_byte(a.p, b.p, common);
    if (off == common)
        return;
    Str ua = funcdata_user(d, d->a.go, off), ub = funcdata_user(d, d->b.go, off);
    Str ha = diff_hex(d, a.p + off, a.n - off), hb = diff_hex(d, b.p + off, b.n - off);
    diff_say(d,
             "go:func.*: first difference at 0x%lx: A=" STR_FMT " (" STR_FMT ") B=" STR_FMT " (" STR_FMT ")",
             off, STR_ARG(ha), STR_ARG(ua), STR_ARG(hb), STR_ARG(ub));
}

// findfunctab: a base index for each 4096 bytes of text, and 16 bytes that add to it for each 256.
static void compare_buckets(Diff *d) {
    GoRange a = d->a.go->findfunctab, b = d->b.go->findfunctab;
    if (a.n != b.n)
        diff_say(d, "findfunctab: buckets A=%lu B=%lu", a.n / GO_BUCKET_SIZE, b.n / GO_BUCKET_SIZE);
    u64 common = MIN(a.n, b.n), off = diff_first_byte(a.p, b.p, common);
    if (off == common)
        return;
    u64 bucket = off / GO_BUCKET_SIZE, in = off % GO_BUCKET_SIZE;
    const u8 *p = a.p + bucket * GO_BUCKET_SIZE, *q = b.p + bucket * GO_BUCKET_SIZE;
    u64 pc = d->a.go->text + bucket * GO_BUCKET_BYTES;
    Str at = diff_at_a(d, pc);
    if (in < 4)
        diff_say(d, "findfunctab: bucket %lu (text 0x%lx, " STR_FMT "): base index A=%u B=%u", bucket, pc,
                 STR_ARG(at), get_u32le(p), get_u32le(q));
    else
        diff_say(d, "findfunctab: bucket %lu (text 0x%lx, " STR_FMT "): sub-bucket %lu A=%u B=%u", bucket, pc,
                 STR_ARG(at), in - 4, p[in], q[in]);
}

static void compare_pcheader(Diff *d) {
    static const char *const names[] = {"magic, quantum and pointer size",
                                        "nfunc",
                                        "nfiles",
                                        "unused (was textStart)",
                                        "funcnameOffset",
                                        "cuOffset",
                                        "filetabOffset",
                                        "pctabOffset",
                                        "pclnOffset"};
    for (u32 i = 0; i < COUNT_OF(names); i++) {
        u64 x = get_u64le(d->a.go->pcheader.p + 8 * i), y = get_u64le(d->b.go->pcheader.p + 8 * i);
        if (x != y)
            diff_say(d, "header %s: A=0x%lx B=0x%lx (%+ld)", names[i], x, y, (i64)(y - x));
    }
}

void diff_pclntab(Diff *d) {
    diff_topic(d, "pclntab");
    const GoTables *a = d->a.go, *b = d->b.go;
    if (!a || !b || a->problem || b->problem)
        return;
    compare_pcheader(d);
    compare_string_table(d, "function names", a->funcnametab, b->funcnametab);
    compare_string_table(d, "file names", a->filetab, b->filetab);
    compare_cutab(d);
    compare_pctab(d);
    compare_functions(d);
    compare_funcdata(d);
    compare_buckets(d);
}

void diff_types(Diff *d) {
    diff_topic(d, "type links");
    const GoTables *a = d->a.go, *b = d->b.go;
    if (!a || !b || a->problem || b->problem)
        return;
    GoTypeVec va = {0}, vb = {0};
    go_typelinks(a, d->arena, &va);
    go_typelinks(b, d->arena, &vb);
    if (va.n != vb.n)
        diff_say(d, "typelinks: A=%u B=%u", va.n, vb.n);
    for (u32 i = 0; i < MIN(va.n, vb.n); i++) {
        u64 off_a = va.v[i].addr - a->types, off_b = vb.v[i].addr - b->types;
        if (off_a == off_b && str_eq(va.v[i].name, vb.v[i].name))
            continue;
        Str sx = image_printable(d->arena, va.v[i].name, 200),
            sy = image_printable(d->arena, vb.v[i].name, 200);
        diff_say(d, "typelink %u: A=+0x%lx '" STR_FMT "' B=+0x%lx '" STR_FMT "'", i, off_a, STR_ARG(sx),
                 off_b, STR_ARG(sy));
        break;
    }
    GoRange x = a->itablinks, y = b->itablinks;
    if (x.n != y.n)
        diff_say(d, "itablinks: A=%lu B=%lu", x.n / 8, y.n / 8);
    for (u64 i = 0; i + 8 <= MIN(x.n, y.n); i += 8) {
        u64 tx = get_u64le(x.p + i), ty = get_u64le(y.p + i);
        Str sx = diff_at_a(d, tx), sy = diff_at_b(d, ty);
        if (tx == ty && str_eq(sx, sy))
            continue;
        diff_say(d, "itablink %lu: A=0x%lx (" STR_FMT ") B=0x%lx (" STR_FMT ")", i / 8, tx, STR_ARG(sx), ty,
                 STR_ARG(sy));
        break;
    }
}
