// diff_dwarf.c - differences in debug information, in words.
//
// Sections are compared decompressed, so a difference is found where it arises; when the contents are equal
// and the compressed bytes are not, the compressor is at fault, and the deflate block says where it first
// decided differently. Entries are compared in step: as long as both trees have the same shape, differing
// values are counted by tag and attribute, because one function that moved changes thousands of addresses and
// offsets.
#include <stdio.h>

#include "inspect/diff_parts.h"
#include "inspect/dwarf_view.h"

typedef struct {
    Diff *d;
    DebugSect a, b;
    const char *name;
} Pair;

// A (tag, attribute) whose value differs, with the first example.
typedef struct {
    u32 tag, attr;
    u64 count;
    Str example;
} AttrCount;

typedef VEC(AttrCount) AttrCounts;

static void compare_compressed(Pair *p) {
    Diff *d = p->d;
    const ImageSect *s = p->a.sect, *t = p->b.sect;
    u64 common = MIN(s->nbytes, t->nbytes), off = diff_first_byte(s->data, t->data, common);
    if (off == common && s->nbytes == t->nbytes)
        return;
    diff_say(d, ".debug_%s: only the compressed form differs, from byte %lu (sizes A=%lu B=%lu)", p->name,
             off, s->nbytes, t->nbytes);
    DeflateBlockVec va = {0}, vb = {0};
    dwarf_deflate_blocks(s, d->arena, &va);
    dwarf_deflate_blocks(t, d->arena, &vb);
    u32 i = 0;
    while (i < va.n && i < vb.n && va.v[i].in_bit == vb.v[i].in_bit && va.v[i].out == vb.v[i].out &&
           va.v[i].type == vb.v[i].type)
        i++;
    static const char *const types[] = {"stored", "fixed codes", "dynamic codes", "bad"};
    if (i < va.n && i < vb.n)
        diff_say(d,
                 "  block %u: A starts at bit %lu, uncompressed %lu, %s; B at bit %lu, uncompressed %lu, %s",
                 i, va.v[i].in_bit, va.v[i].out, types[va.v[i].type], vb.v[i].in_bit, vb.v[i].out,
                 types[vb.v[i].type]);
    else if (va.n != vb.n)
        diff_say(d, "  number of deflate blocks: A=%u B=%u", va.n, vb.n);
    if (i > 0 && off > 14) { // the block that holds the first differing byte; 14: ZLIB header and zlib header
        u32 k = i - 1;
        while (k > 0 && va.v[k].in_bit / 8 > off - 14)
            k--;
        diff_say(d, "  the first differing byte is in block %u of A (%s, uncompressed from %lu)", k,
                 types[va.v[k].type], va.v[k].out);
    }
}

// Opens the section in both files. True when its contents have to be compared by meaning.
static bool open_pair(Pair *p, Diff *d, const char *name) {
    *p = (Pair){d, dwarf_section(&d->a, d->arena, name), dwarf_section(&d->b, d->arena, name), name};
    if (!p->a.sect || !p->b.sect) {
        if (p->a.sect || p->b.sect)
            diff_say(d, ".debug_%s: only in %s", name, p->a.sect ? "A" : "B");
        return false;
    }
    if (p->a.problem || p->b.problem)
        diff_say(d, ".debug_%s: A: %s; B: %s", name, p->a.problem ? p->a.problem : "fine",
                 p->b.problem ? p->b.problem : "fine");
    if (p->a.compressed != p->b.compressed)
        diff_say(d, ".debug_%s: only %s is compressed", name, p->a.compressed ? "A" : "B");
    u64 common = MIN(p->a.n, p->b.n), off = diff_first_byte(p->a.p, p->b.p, common);
    if (off == common && p->a.n == p->b.n) {
        if (p->a.compressed && p->b.compressed)
            compare_compressed(p);
        return false;
    }
    diff_say(d, ".debug_%s: %lu bytes differ, first at 0x%lx; size A=%lu B=%lu (%+ld)", name,
             diff_count_bytes(p->a.p, p->b.p, common), off, p->a.n, p->b.n, (i64)(p->b.n - p->a.n));
    return true;
}

// The tree of one unit while it is walked.
typedef struct {
    ByteReader r;
    AbbrevTable abbrevs;
    DwarfUnit unit;
    const DebugSect *info;
    Die die;
    u32 depth;
    Str top; // name of the last entry right below the unit
    Str unit_name;
} Walk;

// The entry at an offset of the same section, or NULL; all units share the table of abbreviations.
static const Die *die_at(Diff *d, const Walk *w, u64 off) {
    if (off >= w->info->n)
        return NULL;
    ByteReader r = {.p = w->info->p, .n = w->info->n, .off = off};
    Die *die = arena_new(d->arena, Die);
    return dwarf_read_die(&r, &w->abbrevs, &w->unit, die) ? die : NULL;
}

static Str die_name(Diff *d, const Walk *w, const Die *die, int hops) {
    const DieAttr *at = dwarf_attr(die, DW_AT_name);
    if (at && at->is_bytes)
        return image_printable(d->arena, at->bytes, 200);
    // An inlined or out-of-line copy has the name of the abstract entry.
    at = dwarf_attr(die, DW_AT_abstract_origin);
    const Die *origin = at && at->form == DW_FORM_ref_addr && hops > 0 ? die_at(d, w, at->num) : NULL;
    return origin ? die_name(d, w, origin, hops - 1) : (Str){0};
}

// A value; for a reference, what it leads to (w may be NULL).
static Str attr_text(Diff *d, const Walk *w, const DieAttr *at) {
    if (!at)
        return STR("none");
    const Die *target = w && at->form == DW_FORM_ref_addr ? die_at(d, w, at->num) : NULL;
    if (target && target->code) {
        Str name = die_name(d, w, target, 2);
        return arena_printf(d->arena, "0x%lx (%s '" STR_FMT "')", at->num,
                            dwarf_tag_name(d->arena, target->tag), STR_ARG(name));
    }
    if (!at->is_bytes)
        return arena_printf(d->arena, "0x%lx", at->num);
    if (at->form == 0x08)
        return arena_printf(d->arena, "'" STR_FMT "'", STR_ARG(image_printable(d->arena, at->bytes, 200)));
    Str s = STR("");
    for (u32 i = 0; i < MIN(at->bytes.n, 24); i++)
        s = arena_printf(d->arena, STR_FMT "%02x", STR_ARG(s), (u8)at->bytes.p[i]);
    return s;
}

static void walk_start(Walk *w, Diff *d, const DebugSect *info, const DebugSect *abbrev, const DwarfUnit *u) {
    // Go has one table of abbreviations for all units.
    if (!w->info || w->unit.abbrev_off != u->abbrev_off)
        w->abbrevs = dwarf_abbrevs(abbrev, d->arena, u->abbrev_off);
    w->info = info;
    w->unit = *u;
    w->r = (ByteReader){.p = info->p, .n = u->end, .off = u->die_off};
    w->depth = 0;
    w->top = w->unit_name = (Str){0};
}

// Next entry, end-of-children marks included. False at the end of the unit or on a fault.
static bool walk_next(Walk *w) {
    if (w->r.off >= w->r.n || !dwarf_read_die(&w->r, &w->abbrevs, &w->unit, &w->die))
        return false;
    if (w->die.code == 0)
        w->depth -= w->depth > 0;
    else {
        const DieAttr *at = dwarf_attr(&w->die, DW_AT_name);
        if (w->depth == 0)
            w->unit_name = at && at->is_bytes ? at->bytes : (Str){0};
        else if (w->depth == 1)
            w->top = at && at->is_bytes ? at->bytes : (Str){0};
        w->depth += w->die.children;
    }
    return true;
}

static Str entry_text(Diff *d, const Walk *w) {
    if (w->die.code == 0)
        return STR("the end of a list of children");
    Str name = die_name(d, w, &w->die, 2), in = {0};
    bool nested = w->depth > (w->die.children ? 2u : 1u);
    if (nested && w->top.n)
        in = arena_printf(d->arena, " in '" STR_FMT "'", STR_ARG(image_printable(d->arena, w->top, 120)));
    return arena_printf(d->arena, "%s '" STR_FMT "'" STR_FMT " at 0x%lx",
                        dwarf_tag_name(d->arena, w->die.tag), STR_ARG(name), STR_ARG(in), w->die.off);
}

static AttrCount *count_of(Diff *d, AttrCounts *counts, u32 tag, u32 attr) {
    for (u32 i = 0; i < counts->n; i++)
        if (counts->v[i].tag == tag && counts->v[i].attr == attr)
            return &counts->v[i];
    AttrCount c = {.tag = tag, .attr = attr};
    vec_push(d->arena, counts, c);
    return &counts->v[counts->n - 1];
}

// Compares two entries of the same shape; false when their names differ, so that the trees have parted.
static bool compare_values(Diff *d, const Walk *x, const Walk *y, AttrCounts *counts) {
    for (u32 i = 0; i < x->die.nattrs; i++) {
        const DieAttr *p = &x->die.attrs[i], *q = &y->die.attrs[i];
        if (p->num == q->num && str_eq(p->bytes, q->bytes))
            continue;
        if (p->name == DW_AT_name)
            return false;
        AttrCount *c = count_of(d, counts, x->die.tag, p->name);
        if (c->count++ == 0) {
            Str unit = image_printable(d->arena, x->unit_name, 120), entry = entry_text(d, x);
            Str ta = attr_text(d, x, p), tb = attr_text(d, y, q);
            c->example = arena_printf(d->arena, "unit '" STR_FMT "', " STR_FMT ": A=" STR_FMT " B=" STR_FMT,
                                      STR_ARG(unit), STR_ARG(entry), STR_ARG(ta), STR_ARG(tb));
        }
    }
    return true;
}

static bool same_shape(const Walk *x, const Walk *y) {
    if ((x->die.code == 0) != (y->die.code == 0) || x->die.tag != y->die.tag ||
        x->die.children != y->die.children || x->die.nattrs != y->die.nattrs)
        return false;
    for (u32 i = 0; i < x->die.nattrs; i++)
        if (x->die.attrs[i].name != y->die.attrs[i].name || x->die.attrs[i].form != y->die.attrs[i].form)
            return false;
    return true;
}

// Walks one unit in both files. False when the units have different names: their orders part.
static bool compare_unit(Diff *d, Walk *x, Walk *y, u32 number, AttrCounts *counts, u32 *parted) {
    for (u64 n = 0;; n++) {
        bool more_x = walk_next(x), more_y = walk_next(y);
        if (!more_x && !more_y)
            return true;
        bool same = more_x && more_y && same_shape(x, y) && compare_values(d, x, y, counts);
        if (same)
            continue;
        Str ux = image_printable(d->arena, x->unit_name, 120),
            uy = image_printable(d->arena, y->unit_name, 120);
        if ((*parted)++ < d->examples || n == 0) {
            Str ex = more_x ? entry_text(d, x) : STR("the unit's end"),
                ey = more_y ? entry_text(d, y) : STR("the unit's end");
            diff_say(d, ".debug_info: unit #%u '" STR_FMT "', entry #%lu: A has " STR_FMT ", B has " STR_FMT,
                     number, STR_ARG(ux), n, STR_ARG(ex), STR_ARG(ey));
            for (u32 i = 0; more_x && more_y && i < MIN(x->die.nattrs, y->die.nattrs); i++) {
                const DieAttr *p = &x->die.attrs[i], *q = &y->die.attrs[i];
                if (x->die.tag == y->die.tag && (p->name != q->name || p->form != q->form)) {
                    diff_say(d, "  attribute %u: A has %s (form 0x%x), B has %s (form 0x%x)", i,
                             dwarf_attr_name(d->arena, p->name), p->form, dwarf_attr_name(d->arena, q->name),
                             q->form);
                    break;
                }
            }
        }
        return str_eq(ux, uy);
    }
}

static void compare_info(Diff *d) {
    Pair info;
    if (!open_pair(&info, d, "info"))
        return;
    DebugSect abbrev_a = dwarf_section(&d->a, d->arena, "abbrev"),
              abbrev_b = dwarf_section(&d->b, d->arena, "abbrev");
    AttrCounts counts = {0};
    Walk *x = arena_new(d->arena, Walk), *y = arena_new(d->arena, Walk);
    u64 off_a = 0, off_b = 0;
    u32 parted = 0;
    for (u32 n = 0;; n++) {
        DwarfUnit ua, ub;
        bool more_a = dwarf_next_unit(&info.a, &off_a, &ua), more_b = dwarf_next_unit(&info.b, &off_b, &ub);
        if (!more_a || !more_b) {
            if (more_a != more_b)
                diff_say(d, ".debug_info: A has %s than %u units", more_a ? "more" : "no more", n);
            break;
        }
        if (ua.version != ub.version || ua.abbrev_off != ub.abbrev_off || ua.addr_size != ub.addr_size)
            diff_say(d, ".debug_info: header of unit #%u: version A=%u B=%u, abbrev offset A=0x%lx B=0x%lx",
                     n, ua.version, ub.version, ua.abbrev_off, ub.abbrev_off);
        walk_start(x, d, &info.a, &abbrev_a, &ua);
        walk_start(y, d, &info.b, &abbrev_b, &ub);
        if (!compare_unit(d, x, y, n, &counts, &parted))
            break;
    }
    if (parted > d->examples)
        diff_say(d, ".debug_info: %u units differ in shape in all", parted);
    for (u32 i = 0; i < counts.n; i++)
        diff_say(d, ".debug_info: %s of %s: %lu differ; first: " STR_FMT,
                 dwarf_attr_name(d->arena, counts.v[i].attr), dwarf_tag_name(d->arena, counts.v[i].tag),
                 counts.v[i].count, STR_ARG(counts.v[i].example));
}

static void compare_abbrevs(Diff *d) {
    Pair p;
    if (!open_pair(&p, d, "abbrev"))
        return;
    AbbrevTable a = dwarf_abbrevs(&p.a, d->arena, 0), b = dwarf_abbrevs(&p.b, d->arena, 0);
    if (a.abbrevs.n != b.abbrevs.n)
        diff_say(d, ".debug_abbrev: entries A=%u B=%u", a.abbrevs.n, b.abbrevs.n);
    for (u32 i = 0; i < MIN(a.abbrevs.n, b.abbrevs.n); i++) {
        const Abbrev *x = &a.abbrevs.v[i], *y = &b.abbrevs.v[i];
        bool same = x->code == y->code && x->tag == y->tag && x->children == y->children &&
                    x->count == y->count &&
                    (x->count == 0 ||
                     memcmp(&a.attrs.v[x->first], &b.attrs.v[y->first], x->count * sizeof(AbbrevAttr)) == 0);
        if (same)
            continue;
        diff_say(d, ".debug_abbrev: entry %u: A is %lu %s with %u attributes, B is %lu %s with %u", i,
                 x->code, dwarf_tag_name(d->arena, x->tag), x->count, y->code,
                 dwarf_tag_name(d->arena, y->tag), y->count);
        return;
    }
}

// The name of the first unit entry that has this value in an attribute, or of the function whose DIE has it.
static Str owner_of(Diff *d, u32 attr, u64 value) {
    DebugSect info = dwarf_section(&d->a, d->arena, "info"),
              abbrev = dwarf_section(&d->a, d->arena, "abbrev");
    Walk *w = arena_new(d->arena, Walk);
    DwarfUnit u;
    for (u64 off = 0; dwarf_next_unit(&info, &off, &u);) {
        walk_start(w, d, &info, &abbrev, &u);
        while (walk_next(w)) {
            const DieAttr *at = dwarf_attr(&w->die, attr);
            if (at && !at->is_bytes && at->num == value) {
                Str unit = image_printable(d->arena, w->unit_name, 120), entry = entry_text(d, w);
                return arena_printf(d->arena, "unit '" STR_FMT "', " STR_FMT, STR_ARG(unit), STR_ARG(entry));
            }
            if (attr == DW_AT_stmt_list) // only the first entry of a unit has one
                break;
        }
    }
    return STR("nobody");
}

static Str row_text(Diff *d, const LineRow *r) {
    return arena_printf(d->arena, "0x%lx file %u line %u%s%s%s", r->addr, r->file, r->line,
                        r->is_stmt ? " stmt" : "", r->prologue_end ? " prologue_end" : "",
                        r->end_sequence ? " end_sequence" : "");
}

static bool same_row(const LineRow *x, const LineRow *y) {
    return x->addr == y->addr && x->file == y->file && x->line == y->line && x->column == y->column &&
           x->is_stmt == y->is_stmt && x->prologue_end == y->prologue_end &&
           x->end_sequence == y->end_sequence;
}

// One unit of the line table; true when something was said.
static bool compare_line_unit(Diff *d, u32 n, LineProgram *x, LineProgram *y) {
    u64 header_x = x->program_off - x->off, header_y = y->program_off - y->off;
    u64 size_x = x->end - x->off, size_y = y->end - y->off;
    if (size_x == size_y && memcmp(x->r.p + x->off, y->r.p + y->off, size_x) == 0)
        return false;
    Str owner = owner_of(d, DW_AT_stmt_list, x->off);
    diff_say(d, ".debug_line: unit #%u (" STR_FMT "): size A=%lu B=%lu, header A=%lu B=%lu", n,
             STR_ARG(owner), size_x, size_y, header_x, header_y);
    for (u32 i = 0;; i++) {
        Str s = dwarf_line_name(x, i), t = dwarf_line_name(y, i);
        if (!s.n && !t.n)
            break;
        if (!str_eq(s, t)) {
            s = image_printable(d->arena, s, 200);
            t = image_printable(d->arena, t, 200);
            diff_say(d, "  name #%u of the unit: A='" STR_FMT "' B='" STR_FMT "'", i, STR_ARG(s), STR_ARG(t));
            break;
        }
    }
    for (u64 i = 0;; i++) {
        LineRow rx, ry;
        bool more_x = dwarf_line_row(x, &rx), more_y = dwarf_line_row(y, &ry);
        if (!more_x && !more_y)
            break;
        if (more_x && more_y && same_row(&rx, &ry))
            continue;
        Str tx = more_x ? row_text(d, &rx) : STR("the end"), ty = more_y ? row_text(d, &ry) : STR("the end");
        Str at = diff_at_a(d, more_x ? rx.addr : 0);
        diff_say(d, "  row %lu: A=" STR_FMT " (" STR_FMT ") B=" STR_FMT, i, STR_ARG(tx), STR_ARG(at),
                 STR_ARG(ty));
        return true;
    }
    diff_say(d, "  same rows, encoded differently");
    return true;
}

static void compare_lines(Diff *d) {
    Pair p;
    if (!open_pair(&p, d, "line"))
        return;
    u64 off_a = 0, off_b = 0;
    u32 differ = 0;
    for (u32 n = 0; differ < d->examples; n++) {
        LineProgram x, y;
        bool more_x = dwarf_line_unit(&p.a, &off_a, &x), more_y = dwarf_line_unit(&p.b, &off_b, &y);
        if (!more_x || !more_y) {
            if (more_x != more_y)
                diff_say(d, ".debug_line: %s has more than %u units", more_x ? "A" : "B", n);
            break;
        }
        differ += compare_line_unit(d, n, &x, &y);
    }
}

// .debug_frame: entries of a length, an id (all ones: CIE, else the offset of the CIE), then for an FDE
// address and size.
static void compare_frames(Diff *d) {
    Pair p;
    if (!open_pair(&p, d, "frame"))
        return;
    ByteReader x = {.p = p.a.p, .n = p.a.n}, y = {.p = p.b.p, .n = p.b.n};
    u32 said = 0;
    for (u32 n = 0; x.off < x.n && y.off < y.n && said < d->examples; n++) {
        u64 off = x.off;
        u64 len_x = read_u32(&x), len_y = read_u32(&y);
        const u8 *px = read_bytes(&x, len_x), *py = read_bytes(&y, len_y);
        if (!px || !py) {
            diff_say(d, ".debug_frame: entry %u at 0x%lx is corrupt in %s", n, off, px ? "B" : "A");
            return;
        }
        if (len_x == len_y && memcmp(px, py, len_x) == 0)
            continue;
        said++;
        if (len_x < 20 || len_y < 20 || get_u32le(px) == UINT32_MAX) {
            diff_say(d, ".debug_frame: entry %u (CIE) at 0x%lx: length A=%lu B=%lu", n, off, len_x, len_y);
            continue;
        }
        u64 in = diff_first_byte(px, py, MIN(len_x, len_y));
        Str at = diff_at_a(d, get_u64le(px + 4)), bt = diff_at_b(d, get_u64le(py + 4));
        diff_say(d,
                 ".debug_frame: entry %u at 0x%lx: A=0x%lx+0x%lx (" STR_FMT ") B=0x%lx+0x%lx (" STR_FMT
                 "); length A=%lu B=%lu, %s from byte %lu",
                 n, off, get_u64le(px + 4), get_u64le(px + 12), STR_ARG(at), get_u64le(py + 4),
                 get_u64le(py + 12), STR_ARG(bt), len_x, len_y,
                 in >= 20 ? "instructions differ" : "header differs", in + 4);
    }
}

static Str list_entry_text(Diff *d, const ListEntry *e) {
    if (e->end)
        return STR("the end");
    DieAttr at = {.bytes = e->expr, .is_bytes = true};
    Str expr = attr_text(d, NULL, &at);
    return arena_printf(d->arena, "kind %u [0x%lx, 0x%lx) " STR_FMT, e->kind, e->lo, e->hi, STR_ARG(expr));
}

static void compare_lists(Diff *d, const char *name, ListSort sort, u32 attr) {
    Pair p;
    if (!open_pair(&p, d, name))
        return;
    u64 list = sort.opcodes ? LIST_HEADER : 0;
    ByteReader x = {.p = p.a.p, .n = p.a.n, .off = list}, y = {.p = p.b.p, .n = p.b.n, .off = list};
    for (u32 nlist = 0, entry = 0; x.off < x.n && y.off < y.n; entry++) {
        ListEntry ex, ey;
        bool ok_x = dwarf_list_entry(&x, sort, &ex), ok_y = dwarf_list_entry(&y, sort, &ey);
        if (!ok_x || !ok_y) {
            diff_say(d, ".debug_%s: list %u at 0x%lx is corrupt in %s", name, nlist, list, ok_x ? "B" : "A");
            return;
        }
        if (ex.kind != ey.kind || ex.lo != ey.lo || ex.hi != ey.hi || !str_eq(ex.expr, ey.expr)) {
            Str owner = owner_of(d, attr, list), tx = list_entry_text(d, &ex), ty = list_entry_text(d, &ey);
            diff_say(d, ".debug_%s: list %u at 0x%lx (" STR_FMT "), entry %u: A=" STR_FMT " B=" STR_FMT, name, nlist,
                     list, STR_ARG(owner), entry, STR_ARG(tx), STR_ARG(ty));
            return;
        }
        if (ex.end) {
            nlist++;
            entry = UINT32_MAX;
            list = x.off;
        }
    }
}

// .debug_addr of DWARF 5: addresses behind a header.
static void compare_addresses(Diff *d) {
    Pair p;
    if (!open_pair(&p, d, "addr"))
        return;
    ByteReader x = {.p = p.a.p, .n = p.a.n, .off = ADDR_HEADER}, y = {.p = p.b.p, .n = p.b.n, .off = ADDR_HEADER};
    for (u32 n = 0; x.off < x.n && y.off < y.n; n++) {
        u64 ax = read_u64(&x), ay = read_u64(&y);
        if (ax == ay)
            continue;
        Str sx = diff_at_a(d, ax), sy = diff_at_b(d, ay);
        diff_say(d, ".debug_addr: address #%u: A=0x%lx (" STR_FMT ") B=0x%lx (" STR_FMT ")", n, ax, STR_ARG(sx), ay,
                 STR_ARG(sy));
        return;
    }
}

void diff_debug(Diff *d) {
    diff_topic(d, "debug information");
    compare_abbrevs(d);
    compare_info(d);
    compare_lines(d);
    compare_frames(d);
    compare_lists(d, "ranges", (ListSort){.locations = false}, DW_AT_ranges);
    compare_lists(d, "loc", (ListSort){.locations = true}, DW_AT_location);
    compare_lists(d, "rnglists", (ListSort){.opcodes = true}, DW_AT_ranges);
    compare_lists(d, "loclists", (ListSort){.locations = true, .opcodes = true}, DW_AT_location);
    compare_addresses(d);
    Pair scripts;
    open_pair(&scripts, d, "gdb_scripts");
}
