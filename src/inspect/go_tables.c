// go_tables.c - moduledata, pclntab and the build information of a linked Go file.
#include "inspect/go_tables.h"

#include "base/bytes.h"

// The offsets follow from the order: 8 bytes a word, 24 a slice. See runtime/symtab.go: moduledata.
static const GoModuleField fields26[] = {
    {"pcHeader", 0, false},      {"funcnametab", 8, true},
    {"cutab", 32, true},         {"filetab", 56, true},
    {"pctab", 80, true},         {"pclntable", 104, true},
    {"ftab", 128, true},         {"findfunctab", 152, false},
    {"minpc", 160, false},       {"maxpc", 168, false},
    {"text", 176, false},        {"etext", 184, false},
    {"noptrdata", 192, false},   {"enoptrdata", 200, false},
    {"data", 208, false},        {"edata", 216, false},
    {"bss", 224, false},         {"ebss", 232, false},
    {"noptrbss", 240, false},    {"enoptrbss", 248, false},
    {"covctrs", 256, false},     {"ecovctrs", 264, false},
    {"end", 272, false},         {"gcdata", 280, false},
    {"gcbss", 288, false},       {"types", 296, false},
    {"etypes", 304, false},      {"rodata", 312, false},
    {"gofunc", 320, false},      {"epclntab", 328, false},
    {"textsectmap", 336, true},  {"typelinks", 360, true},
    {"itablinks", 384, true},    {"ptab", 408, true},
    {"pluginpath", 432, false},  {"pluginpath.len", 440, false},
    {"pkghashes", 448, true},    {"inittasks", 472, true},
    {"modulename", 496, false},  {"modulename.len", 504, false},
    {"modulehashes", 512, true}, {"hasmain", 536, false},
};

static const GoModuleField fields27[] = {
    {"pcHeader", 0, false},
    {"funcnametab", 8, true},
    {"cutab", 32, true},
    {"filetab", 56, true},
    {"pctab", 80, true},
    {"pclntable", 104, true},
    {"ftab", 128, true},
    {"findfunctab", 152, false},
    {"minpc", 160, false},
    {"maxpc", 168, false},
    {"text", 176, false},
    {"etext", 184, false},
    {"noptrdata", 192, false},
    {"enoptrdata", 200, false},
    {"data", 208, false},
    {"edata", 216, false},
    {"bss", 224, false},
    {"ebss", 232, false},
    {"noptrbss", 240, false},
    {"enoptrbss", 248, false},
    {"covctrs", 256, false},
    {"ecovctrs", 264, false},
    {"end", 272, false},
    {"gcdata", 280, false},
    {"gcbss", 288, false},
    {"types", 296, false},
    {"typedesclen", 304, false},
    {"etypes", 312, false},
    {"itaboffset", 320, false},
    {"itabsize", 328, false},
    {"rodata", 336, false},
    {"gofunc", 344, false},
    {"epclntab", 352, false},
    {"textsectmap", 360, true},
    {"ptab", 384, true},
    {"pluginpath", 408, false},
    {"pluginpath.len", 416, false},
    {"pkghashes", 424, true},
    {"inittasks", 448, true},
    {"modulename", 472, false},
    {"modulename.len", 480, false},
    {"modulehashes", 488, true},
    {"hasmain", 512, false},
};

// The string that follows a varint with its length: how build information stores strings since Go 1.18.
static Str varint_string(const u8 *p, u64 n) {
    ByteReader r = {.p = p, .n = n};
    u64 len = read_uleb(&r);
    const u8 *s = len < UINT32_MAX ? read_bytes(&r, len) : NULL;
    return s ? (Str){(const char *)s, (u32)len} : (Str){0};
}

// Build information is at the start of a section, its own or that of all data.
static Str build_version(const Image *im) {
    for (u32 i = 0; i < im->sects.n; i++) {
        const ImageSect *s = &im->sects.v[i];
        // 14 bytes of magic, pointer size, flags (2: inline strings), padding to 32, then the version.
        if (s->data && s->nbytes > 32 && memcmp(s->data, "\xff Go buildinf:", 14) == 0 && s->data[15] & 2)
            return varint_string(s->data + 32, s->nbytes - 32);
    }
    return (Str){0};
}

static u32 release_of(Str version) {
    if (!str_has_prefix(version, STR("go1.")))
        return 0;
    u32 minor = 0;
    for (u32 i = 4; i < version.n && i < 7 && version.p[i] >= '0' && version.p[i] <= '9'; i++)
        minor = minor * 10 + (u32)(version.p[i] - '0');
    return minor;
}

static u64 field_value(const GoTables *g, const char *name) {
    for (u32 i = 0; i < g->nfields; i++)
        if (strcmp(g->fields[i].name, name) == 0)
            return get_u64le(g->moduledata.p + g->fields[i].off);
    return 0;
}

// A slice field as a view of elem-sized elements; empty when it does not lie in one section.
static GoRange slice_value(const GoTables *g, const char *name, u64 elem) {
    for (u32 i = 0; i < g->nfields; i++) {
        if (strcmp(g->fields[i].name, name) != 0)
            continue;
        u64 addr = get_u64le(g->moduledata.p + g->fields[i].off);
        u64 count = get_u64le(g->moduledata.p + g->fields[i].off + 8);
        if (count > g->im->file.size)
            break;
        const u8 *p = image_bytes_at(g->im, addr, count * elem);
        return (GoRange){p, p ? count * elem : 0, addr};
    }
    return (GoRange){0};
}

// Whether there is the header of a pclntab: a magic number, zeros, the granularity of addresses, their size.
static bool is_pcheader(const Image *im, u64 addr) {
    const u8 *p = image_bytes_at(im, addr, 8);
    return p && get_u32le(p) == 0xfffffff1 && !p[4] && !p[5] && p[7] == 8;
}

// moduledata: a section, or somewhere in the data, where it begins with a pointer to the header of the pclntab.
static GoRange find_module(const Image *im) {
    for (u32 i = 0; i < im->sects.n; i++) {
        const ImageSect *s = &im->sects.v[i];
        if (str_eq(s->name, STR("__go_module")) || str_eq(s->name, STR(".go.module")))
            return (GoRange){s->data, s->nbytes, s->addr};
    }
    const ImageSect *s = image_sect_named(im, (Str){0}, STR(".data"));
    for (u64 off = 0; s && off + 8 <= s->nbytes; off += 8)
        if (is_pcheader(im, get_u64le(s->data + off)))
            return (GoRange){s->data + off, s->nbytes - off, s->addr + off};
    return (GoRange){0};
}

static bool has_itab_table(const Image *im) {
    return image_sect_named(im, (Str){0}, STR("__itablink")) || image_sect_named(im, (Str){0}, STR(".itablink")) ||
           image_sect_named(im, (Str){0}, STR(".data.rel.ro.itablink"));
}

static void load_tables(GoTables *g) {
    g->funcnametab = slice_value(g, "funcnametab", 1);
    g->cutab = slice_value(g, "cutab", 4);
    g->filetab = slice_value(g, "filetab", 1);
    g->pctab = slice_value(g, "pctab", 1);
    g->pclntable = slice_value(g, "pclntable", 1);
    g->typelinks = slice_value(g, "typelinks", 4);
    g->itablinks = slice_value(g, "itablinks", 8);
    g->text = field_value(g, "text");
    g->etext = field_value(g, "etext");
    g->types = field_value(g, "types");
    g->typedesclen = field_value(g, "typedesclen");
    g->etypes = field_value(g, "etypes");
    g->gofunc = field_value(g, "gofunc");
    g->epclntab = field_value(g, "epclntab");
    u64 addr = field_value(g, "pcHeader");
    g->pcheader = (GoRange){image_bytes_at(g->im, addr, 72), 72, addr};
    if (!g->pcheader.p || !g->pclntable.p) {
        g->problem = "moduledata does not point to a pclntab";
        return;
    }
    u64 room = g->pclntable.n / 8;
    g->nfunc = MIN(get_u64le(g->pcheader.p + 8), room);
    g->ftab = (GoRange){g->pclntable.p, g->nfunc * 8 + 4, g->pclntable.addr};
    if (g->ftab.n > g->pclntable.n) {
        g->problem = "functab is longer than pclntab";
        g->nfunc = 0;
        return;
    }
    addr = field_value(g, "findfunctab");
    // Nothing says how long go:func.* is; the table behind it starts, or its section ends.
    u64 end = addr > g->gofunc ? addr : g->epclntab;
    if (g->gofunc && end > g->gofunc && end - g->gofunc < g->im->file.size) {
        const u8 *p = image_bytes_at(g->im, g->gofunc, end - g->gofunc);
        g->funcdata = (GoRange){p, p ? end - g->gofunc : 0, g->gofunc};
    }
    u64 text_size = field_value(g, "maxpc") - g->text;
    if (text_size < g->im->file.size) {
        // A base of 4 bytes for each bucket, a byte for each 256 bytes of text: the last bucket may be short.
        u64 size = (text_size + GO_BUCKET_BYTES - 1) / GO_BUCKET_BYTES * 4 + (text_size + 255) / 256;
        const u8 *p = image_bytes_at(g->im, addr, size);
        g->findfunctab = (GoRange){p, p ? size : 0, addr};
    }
}

void go_tables_load(Image *im, Arena *a) {
    GoRange module = find_module(im);
    Str version = build_version(im);
    if (!module.p && !version.n)
        return;
    GoTables *g = im->go = arena_new(a, GoTables);
    g->im = im;
    g->version = version;
    g->release = release_of(version);
    if (!module.p) {
        g->problem = "no moduledata";
        return;
    }
    bool old = g->release != 0 ? g->release < 27 : has_itab_table(im);
    g->fields = old ? fields26 : fields27;
    g->nfields = old ? COUNT_OF(fields26) : COUNT_OF(fields27);
    const GoModuleField *last = &g->fields[g->nfields - 1];
    if (module.n < last->off + 8) {
        g->problem = "moduledata is too short";
        g->nfields = 0;
        return;
    }
    g->moduledata = (GoRange){module.p, last->off + 8, module.addr};
    load_tables(g);
}

Str go_table_string(GoRange r, u64 off) {
    if (off >= r.n)
        return (Str){0};
    const char *p = (const char *)r.p + off;
    return (Str){p, (u32)strnlen(p, MIN(r.n - off, 1u << 20))};
}

bool go_func(const GoTables *g, u64 i, GoFunc *f) {
    *f = (GoFunc){0};
    if (i >= g->nfunc)
        return false;
    u64 off = get_u32le(g->ftab.p + i * 8 + 4);
    f->entry = g->text + get_u32le(g->ftab.p + i * 8);
    if (off > g->pclntable.n || g->pclntable.n - off < GO_FUNC_SIZE)
        return false;
    const u8 *p = g->pclntable.p + off;
    f->rec_off = off;
    f->name_off = get_u32le(p + 4);
    f->args = get_u32le(p + 8);
    f->deferreturn = get_u32le(p + 12);
    f->pcsp = get_u32le(p + 16);
    f->pcfile = get_u32le(p + 20);
    f->pcln = get_u32le(p + 24);
    f->npcdata = get_u32le(p + 28);
    f->cu_off = get_u32le(p + 32);
    f->start_line = get_u32le(p + 36);
    f->func_id = p[40];
    f->flag = p[41];
    f->nfuncdata = p[43];
    f->name = go_table_string(g->funcnametab, f->name_off);
    u64 words = (g->pclntable.n - off - GO_FUNC_SIZE) / 4;
    if (f->npcdata > words || f->nfuncdata > words - f->npcdata)
        return false;
    f->pcdata = p + GO_FUNC_SIZE;
    f->funcdata = f->pcdata + 4 * (u64)f->npcdata;
    return true;
}

bool go_func_at(const GoTables *g, u64 addr, Str *name, u64 *start) {
    if (g->nfunc == 0 || addr < g->text || addr >= g->etext)
        return false;
    u64 lo = 0, hi = g->nfunc;
    while (lo < hi) {
        u64 mid = lo + (hi - lo) / 2;
        if (g->text + get_u32le(g->ftab.p + mid * 8) <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    GoFunc f;
    if (lo == 0 || !go_func(g, lo - 1, &f))
        return false;
    *name = f.name;
    *start = f.entry;
    return true;
}

GoPcValue go_pcvalue_start(const GoTables *g, u32 off) {
    GoPcValue v = {.value = -1, .first = true};
    if (off == 0 || off >= g->pctab.n) {
        v.end = true;
        v.bad = off != 0;
        return v;
    }
    v.p = g->pctab.p + off;
    v.n = g->pctab.n - off;
    return v;
}

bool go_pcvalue_next(GoPcValue *v) {
    if (v->end)
        return false;
    ByteReader r = {.p = v->p, .n = v->n, .off = v->off};
    u64 delta = read_uleb(&r);
    if (delta == 0 && !v->first) {
        v->off = r.off;
        v->end = true;
        return false;
    }
    v->value += (i64)(delta >> 1) ^ -(i64)(delta & 1);
    v->pc += read_uleb(&r);
    v->off = r.off;
    v->first = false;
    if (r.bad)
        v->end = v->bad = true;
    return !r.bad;
}

u64 go_pcvalue_size(const GoTables *g, u32 off) {
    GoPcValue v = go_pcvalue_start(g, off);
    while (go_pcvalue_next(&v)) {
    }
    return v.bad ? 0 : v.off;
}

Str go_type_string(const GoTables *g, u64 addr) {
    // abi.Type: size, ptrdata, hash, tflag, align, fieldAlign, kind, equal, gcdata, str (offset 40),
    // ptrToThis.
    const u8 *p = addr >= g->types && addr < g->etypes ? image_bytes_at(g->im, addr, 48) : NULL;
    if (!p)
        return (Str){0};
    u64 name = g->types + get_u32le(p + 40);
    const ImageSect *s = name < g->etypes ? image_sect_at(g->im, name) : NULL;
    if (!s || name - s->addr + 1 >= s->nbytes)
        return (Str){0};
    const u8 *q = s->data + (name - s->addr);
    Str str = varint_string(q + 1, s->nbytes - (name - s->addr) - 1);
    // TFlagExtraStar: the string has a star in front that the type has not.
    if (p[20] & 2 && str.n)
        str = str_slice(str, 1, str.n);
    return str;
}

// Of a note: sizes of name and description, type, "Go", description.
static Str note_build_id(const ImageSect *s) {
    enum { HEAD = 16 };
    u32 n = s->nbytes >= HEAD ? get_u32le(s->data + 4) : 0;
    return n && n <= s->nbytes - HEAD ? (Str){(const char *)s->data + HEAD, n} : (Str){0};
}

Str go_build_id(const Image *im) {
    const ImageSect *note = image_sect_named(im, (Str){0}, STR(".note.go.buildid"));
    if (note)
        return note_build_id(note);
    static const char mark[] = "\xff Go build ID: \"";
    for (u32 i = 0; i < im->sects.n; i++) {
        const ImageSect *s = &im->sects.v[i];
        if (!str_eq(s->name, STR("__text")) && !str_eq(s->name, STR(".text")))
            continue;
        const u8 *p = s->nbytes ? memmem(s->data, MIN(s->nbytes, 32768), mark, sizeof mark - 1) : NULL;
        if (!p)
            return (Str){0};
        p += sizeof mark - 1;
        u64 left = (u64)(s->data + s->nbytes - p);
        const u8 *q = memchr(p, '"', MIN(left, 4096));
        return q ? (Str){(const char *)p, (u32)(q - p)} : (Str){0};
    }
    return (Str){0};
}
