// diff_layout.c - sections, the order and the sizes of symbols, and the bytes of sections.
//
// Three questions in the order in which a linker decides: which sections are there and how big, which symbols
// stand in them in which order, which bytes they hold. When sizes or order differ, most differing bytes are
// consequences (addresses that moved), so the first symbol of a section that differs in order or size is the
// one to look at.
#include <stdio.h>

#include "base/strmap.h"
#include "inspect/diff_parts.h"
#include "inspect/go_types.h"

static bool same_sect_name(const ImageSect *s, const ImageSect *t) {
    return str_eq(s->name, t->name) && str_eq(s->seg, t->seg);
}

// The section of the other file that corresponds to s: compression renames .debug_x to .zdebug_x.
static const ImageSect *counterpart(const Image *im, const ImageSect *s) {
    for (u32 i = 0; i < im->sects.n; i++)
        if (same_sect_name(&im->sects.v[i], s))
            return &im->sects.v[i];
    return NULL;
}

static void say_section(Diff *d, const ImageSect *s, const ImageSect *t) {
    char text[512];
    int n = 0;
    text[0] = 0;
    const struct {
        const char *name;
        u64 a, b;
    } fields[] = {
        {"size", s->size, t->size},
        {"addr", s->addr, t->addr},
        {"offset", s->fileoff, t->fileoff},
        {"align", s->align, t->align},
        {"type", s->type, t->type},
        {"flags", s->flags, t->flags},
        {"reserved1", s->reserved1, t->reserved1},
        {"reserved2", s->reserved2, t->reserved2},
    };
    for (u32 i = 0; i < COUNT_OF(fields); i++)
        if (fields[i].a != fields[i].b)
            n += snprintf(text + n, sizeof text - (size_t)n, " %s A=0x%lx B=0x%lx (%+ld)", fields[i].name,
                          fields[i].a, fields[i].b, (i64)(fields[i].b - fields[i].a));
    if (n)
        diff_say(d, STR_FMT "," STR_FMT ":%s", STR_ARG(s->seg), STR_ARG(s->name), text);
}

void diff_sections(Diff *d) {
    diff_topic(d, "sections");
    const Image *a = &d->a, *b = &d->b;
    u32 common = MIN(a->sects.n, b->sects.n);
    if (a->sects.n != b->sects.n)
        diff_say(d, "number of sections: A=%u B=%u", a->sects.n, b->sects.n);
    for (u32 i = 0; i < common; i++) {
        const ImageSect *s = &a->sects.v[i], *t = &b->sects.v[i];
        if (same_sect_name(s, t))
            continue;
        diff_say(d, "section %u: A has " STR_FMT "," STR_FMT ", B has " STR_FMT "," STR_FMT, i + 1,
                 STR_ARG(s->seg), STR_ARG(s->name), STR_ARG(t->seg), STR_ARG(t->name));
        break;
    }
    // Sizes first: they are what moves the rest.
    for (int pass = 0; pass < 2; pass++)
        for (u32 i = 0; i < a->sects.n; i++) {
            const ImageSect *s = &a->sects.v[i], *t = counterpart(b, s);
            if (t && (s->size != t->size) == (pass == 0))
                say_section(d, s, t);
        }
    for (u32 i = 0; i < a->sects.n; i++)
        if (!counterpart(b, &a->sects.v[i]))
            diff_say(d, "only A has " STR_FMT "," STR_FMT, STR_ARG(a->sects.v[i].seg),
                     STR_ARG(a->sects.v[i].name));
    for (u32 i = 0; i < b->sects.n; i++)
        if (!counterpart(a, &b->sects.v[i]))
            diff_say(d, "only B has " STR_FMT "," STR_FMT, STR_ARG(b->sects.v[i].seg),
                     STR_ARG(b->sects.v[i].name));
}

static Str symbol_name(Diff *d, const Image *im, u32 i) {
    return image_printable(d->arena, im->syms[im->by_addr[i]].name, 200);
}

// Walks the symbols of a section in both files side by side until names or sizes part.
static void compare_order(Diff *d, const ImageSect *s, const ImageSect *t) {
    const Image *a = &d->a, *b = &d->b;
    u32 a0 = a->sect_begin[s - a->sects.v], a1 = a->sect_begin[s - a->sects.v + 1];
    u32 b0 = b->sect_begin[t - b->sects.v], b1 = b->sect_begin[t - b->sects.v + 1];
    u32 na = a1 - a0, nb = b1 - b0, said = 0;
    if (na != nb)
        diff_say(d, STR_FMT "," STR_FMT ": number of symbols: A=%u B=%u", STR_ARG(s->seg), STR_ARG(s->name),
                 na, nb);
    for (u32 i = 0; i < MIN(na, nb); i++) {
        const ImageSym *x = &a->syms[a->by_addr[a0 + i]], *y = &b->syms[b->by_addr[b0 + i]];
        if (!str_eq(x->name, y->name)) {
            Str nx = symbol_name(d, a, a0 + i), ny = symbol_name(d, b, b0 + i);
            diff_say(d,
                     STR_FMT "," STR_FMT " symbol #%u (offset A=0x%lx B=0x%lx): A has " STR_FMT
                             ", B has " STR_FMT,
                     STR_ARG(s->seg), STR_ARG(s->name), i, x->value - s->addr, y->value - t->addr,
                     STR_ARG(nx), STR_ARG(ny));
            return;
        }
        u64 za = image_symbol_size(a, a0 + i), zb = image_symbol_size(b, b0 + i);
        if (za != zb && said < d->examples) {
            Str nx = symbol_name(d, a, a0 + i);
            diff_say(d,
                     STR_FMT "," STR_FMT " symbol #%u " STR_FMT
                             " (offset A=0x%lx): size to the next A=%lu B=%lu",
                     STR_ARG(s->seg), STR_ARG(s->name), i, STR_ARG(nx), x->value - s->addr, za, zb);
            said++;
        }
    }
}

// Says which names only `im` has, given the names of the other file.
static void names_only_in(Diff *d, const Image *im, const StrMap *other, const char *which) {
    u32 count = 0, said = 0;
    Str first[20] = {0};
    for (u32 i = 0; i < im->nsyms; i++) {
        if (strmap_get(other, im->syms[i].name, 0) != STRMAP_NONE)
            continue;
        if (said < MIN(d->examples + 2, COUNT_OF(first)))
            first[said++] = image_printable(d->arena, im->syms[i].name, 200);
        count++;
    }
    if (count == 0)
        return;
    diff_say(d, "%u symbol name%s only in %s:", count, count == 1 ? "" : "s", which);
    for (u32 i = 0; i < said; i++)
        diff_say(d, "  only in %s: " STR_FMT, which, STR_ARG(first[i]));
}

static void compare_names(Diff *d) {
    StrMap in_a, in_b;
    strmap_init(&in_a, d->arena, d->a.nsyms);
    strmap_init(&in_b, d->arena, d->b.nsyms);
    for (u32 i = 0; i < d->a.nsyms; i++)
        strmap_put(&in_a, d->a.syms[i].name, 0, i);
    for (u32 i = 0; i < d->b.nsyms; i++)
        strmap_put(&in_b, d->b.syms[i].name, 0, i);
    names_only_in(d, &d->a, &in_b, "A");
    names_only_in(d, &d->b, &in_a, "B");
}

void diff_symbol_order(Diff *d) {
    diff_topic(d, "symbol order");
    compare_names(d);
    for (u32 i = 0; i < d->a.sects.n; i++) {
        const ImageSect *s = &d->a.sects.v[i], *t = counterpart(&d->b, s);
        if (t && s->loaded)
            compare_order(d, s, t);
    }
}

static bool fields_agree(const DiffField *f, u32 n) {
    for (u32 i = 0; i < n; i++)
        if (f[i].a != f[i].b)
            return false;
    return true;
}

bool diff_symbol_name(Diff *d, u32 i) {
    Str x = d->a.syms[i].name, y = d->b.syms[i].name;
    if (str_eq(x, y))
        return true;
    x = image_printable(d->arena, x, 200);
    y = image_printable(d->arena, y, 200);
    diff_say(d, "entry %u: name A=" STR_FMT " B=" STR_FMT "; the orders part here", i, STR_ARG(x), STR_ARG(y));
    return false;
}

void diff_symbol_table(Diff *d, DiffSymbolFields *fields) {
    const Image *a = &d->a, *b = &d->b;
    diff_topic(d, "symbol table");
    if (a->nsyms != b->nsyms)
        diff_say(d, "number of symbols: A=%u B=%u", a->nsyms, b->nsyms);
    u32 differ = 0;
    for (u32 i = 0; i < MIN(a->nsyms, b->nsyms); i++) {
        if (!diff_symbol_name(d, i))
            return;
        DiffField f[DIFF_SYMBOL_FIELDS];
        u32 n = fields(&a->syms[i], &b->syms[i], f);
        if (fields_agree(f, n) || differ++ >= d->examples)
            continue;
        Str name = image_printable(d->arena, a->syms[i].name, 200);
        diff_fields(d, arena_printf(d->arena, "entry %u " STR_FMT, i, STR_ARG(name)).p, f, n);
    }
    if (differ > d->examples)
        diff_say(d, "%u entries differ in all", differ);
}

// Counts the symbols whose own bytes differ, wherever they lie; says the first.
static void compare_symbols(Diff *d, const ImageSect *s, const ImageSect *t) {
    const Image *a = &d->a, *b = &d->b;
    u32 i = a->sect_begin[s - a->sects.v], iend = a->sect_begin[s - a->sects.v + 1];
    u32 j = b->sect_begin[t - b->sects.v], jend = b->sect_begin[t - b->sects.v + 1];
    u32 differ = 0, total = 0;
    for (; i < iend && j < jend; i++, j++) {
        const ImageSym *x = &a->syms[a->by_addr[i]], *y = &b->syms[b->by_addr[j]];
        if (!str_eq(x->name, y->name))
            break;
        u64 n = MIN(image_symbol_size(a, i), image_symbol_size(b, j));
        const u8 *p = image_bytes_at(a, x->value, n), *q = image_bytes_at(b, y->value, n);
        total++;
        if (p && q && n && memcmp(p, q, n) != 0)
            differ++;
    }
    if (total)
        diff_say(d, "  symbols with differing bytes: %u of %u%s", differ, total,
                 i < iend || j < jend ? " before the orders part" : "");
}

// In a section of type descriptors the symbol table has only a carrier; the type's string says more.
static Str nearby_type(Diff *d, const Image *im, u64 addr) {
    const GoTables *g = im->go;
    if (!g || addr < g->types || addr >= g->etypes)
        return (Str){0};
    GoTypeVec types = {0};
    go_types_known(im, d->arena, &types);
    const GoType *t = go_type_below(&types, addr);
    if (!t || addr - t->addr > 4096) // names and method lists lie elsewhere
        return (Str){0};
    Str name = image_printable(d->arena, t->name, 120);
    return arena_printf(d->arena, ", 0x%lx behind type '" STR_FMT "'", addr - t->addr, STR_ARG(name));
}

void diff_contents(Diff *d) {
    diff_topic(d, "contents");
    for (u32 i = 0; i < d->a.sects.n; i++) {
        const ImageSect *s = &d->a.sects.v[i], *t = counterpart(&d->b, s);
        if (!t || !s->data || !t->data)
            continue;
        u64 common = MIN(s->nbytes, t->nbytes);
        u64 off = diff_first_byte(s->data, t->data, common);
        if (off == common)
            continue;
        u64 count = diff_count_bytes(s->data, t->data, common);
        Str ha = diff_hex(d, s->data + off, s->nbytes - off),
            hb = diff_hex(d, t->data + off, t->nbytes - off);
        if (!s->loaded) {
            diff_say(d, STR_FMT "," STR_FMT ": %lu of %lu bytes, first at +0x%lx: A=" STR_FMT " B=" STR_FMT,
                     STR_ARG(s->seg), STR_ARG(s->name), count, common, off, STR_ARG(ha), STR_ARG(hb));
            continue;
        }
        Str na = diff_at_a(d, s->addr + off), nb = diff_at_b(d, t->addr + off);
        Str ty = nearby_type(d, &d->a, s->addr + off), tz = nearby_type(d, &d->b, t->addr + off);
        diff_say(d,
                 STR_FMT "," STR_FMT ": %lu of %lu bytes, first at +0x%lx: A=" STR_FMT " (" STR_FMT
                         ", 0x%lx" STR_FMT ") B=" STR_FMT " (" STR_FMT ", 0x%lx" STR_FMT ")",
                 STR_ARG(s->seg), STR_ARG(s->name), count, common, off, STR_ARG(ha), STR_ARG(na),
                 s->addr + off, STR_ARG(ty), STR_ARG(hb), STR_ARG(nb), t->addr + off, STR_ARG(tz));
        compare_symbols(d, s, t);
    }
}
