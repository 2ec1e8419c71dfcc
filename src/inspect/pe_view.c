// pe_view.c - parsing of PE headers, the table of sections, the symbol table and imports.
#include "inspect/pe_view.h"

enum {
    HEAD_AT = 0x3c, // where the offset of "PE\0\0" is
    FILE_HEADER = 20,
    OPTIONAL_FIXED = 112, // with the number of directories at its end
    SECTION_HEADER = 40,
    SYMBOL_SIZE = 18,
    SHORT_NAME = 8,
    IMPORT_RECORD = 20,
    ZDEBUG_HEAD = 12,
    PE32_PLUS = 0x20b,
    SCN_DISCARDABLE = 0x02000000,
};

static bool fail(Image *im, const char *why) {
    im->problem = why;
    return false;
}

static bool range_ok(const Image *im, u64 off, u64 n) {
    return off <= im->file.size && n <= im->file.size - off;
}

// ---- headers ----------------------------------------------------------------------------------------------

const PeField pe_fields[] = {
    {"Machine", false, 0, 2},
    {"NumberOfSections", false, 2, 2},
    {"TimeDateStamp", false, 4, 4},
    {"PointerToSymbolTable", false, 8, 4},
    {"NumberOfSymbols", false, 12, 4},
    {"SizeOfOptionalHeader", false, 16, 2},
    {"Characteristics", false, 18, 2},
    {"Magic", true, 0, 2},
    {"LinkerVersion", true, 2, 2},
    {"SizeOfCode", true, 4, 4},
    {"SizeOfInitializedData", true, 8, 4},
    {"SizeOfUninitializedData", true, 12, 4},
    {"AddressOfEntryPoint", true, 16, 4},
    {"BaseOfCode", true, 20, 4},
    {"ImageBase", true, 24, 8},
    {"SectionAlignment", true, 32, 4},
    {"FileAlignment", true, 36, 4},
    {"MajorOperatingSystemVersion", true, 40, 2},
    {"MinorOperatingSystemVersion", true, 42, 2},
    {"ImageVersion", true, 44, 4},
    {"SubsystemVersion", true, 48, 4},
    {"SizeOfImage", true, 56, 4},
    {"SizeOfHeaders", true, 60, 4},
    {"CheckSum", true, 64, 4},
    {"Subsystem", true, 68, 2},
    {"DllCharacteristics", true, 70, 2},
    {"SizeOfStackReserve", true, 72, 8},
    {"SizeOfStackCommit", true, 80, 8},
    {"SizeOfHeapReserve", true, 88, 8},
    {"SizeOfHeapCommit", true, 96, 8},
    {"NumberOfRvaAndSizes", true, 108, 4},
};
const u32 pe_nfields = COUNT_OF(pe_fields);

u64 pe_field(const Image *im, const PeField *f) {
    const u8 *p = im->file.data + (f->optional ? im->pe->optional : im->pe->head) + f->off;
    return f->size == 2 ? get_u16le(p) : f->size == 4 ? get_u32le(p) : get_u64le(p);
}

u64 pe_field_named(const Image *im, const char *name) {
    for (u32 i = 0; i < pe_nfields; i++)
        if (strcmp(pe_fields[i].name, name) == 0)
            return pe_field(im, &pe_fields[i]);
    return 0;
}

const char *pe_directory_name(u32 i) {
    static const char *const names[PE_VIEW_NDIR] = {
        "export", "import", "resource", "exception",   "security",     "base relocation", "debug",        "architecture",
        "global", "tls",    "load config", "bound import", "import addresses", "delay import", "clr", "reserved",
    };
    return names[i];
}

static bool read_headers(Image *im) {
    PeView *v = im->pe;
    if (!range_ok(im, HEAD_AT, 4))
        return fail(im, "shorter than a DOS header");
    u64 at = get_u32le(im->file.data + HEAD_AT);
    v->head = at + 4;
    v->optional = v->head + FILE_HEADER;
    if (!range_ok(im, at, 4 + FILE_HEADER + OPTIONAL_FIXED) || memcmp(im->file.data + at, "PE\0", 4) != 0)
        return fail(im, "not a PE file");
    if (get_u16le(im->file.data + v->optional) != PE32_PLUS)
        return fail(im, "not a 64-bit PE file");
    v->base = pe_field_named(im, "ImageBase");
    v->nsection = (u16)pe_field_named(im, "NumberOfSections");
    u64 ndir = MIN(pe_field_named(im, "NumberOfRvaAndSizes"), PE_VIEW_NDIR);
    if (!range_ok(im, v->optional + OPTIONAL_FIXED, 8 * ndir))
        return fail(im, "the directories lie outside the file");
    for (u32 i = 0; i < ndir; i++) {
        const u8 *p = im->file.data + v->optional + OPTIONAL_FIXED + 8ull * i;
        v->dirs[i].rva = get_u32le(p);
        v->dirs[i].size = get_u32le(p + 4);
    }
    return true;
}

// ---- sections ---------------------------------------------------------------------------------------------

static u64 section_table(const Image *im) {
    return im->pe->optional + pe_field_named(im, "SizeOfOptionalHeader");
}

// The string table lies behind the symbols.
static void find_strings(Image *im) {
    u64 at = pe_field_named(im, "PointerToSymbolTable") + SYMBOL_SIZE * pe_field_named(im, "NumberOfSymbols");
    if (!range_ok(im, at, 4))
        return;
    u32 n = get_u32le(im->file.data + at);
    if (range_ok(im, at, n))
        im->pe->strtab = (Str){(const char *)im->file.data + at, n};
}

static Str string_at(const Image *im, u64 off) {
    Str t = im->pe->strtab;
    return off < t.n ? (Str){t.p + off, (u32)strnlen(t.p + off, t.n - off)} : (Str){0};
}

static Str section_name(const Image *im, const char *p) {
    Str name = {p, (u32)strnlen(p, SHORT_NAME)};
    if (!name.n || p[0] != '/')
        return name;
    u32 off = 0;
    for (u32 i = 1; i < name.n && p[i] >= '0' && p[i] <= '9'; i++)
        off = off * 10 + (u32)(p[i] - '0');
    return string_at(im, off);
}

static bool read_section(Image *im, Arena *a, u32 i) {
    const u8 *h = im->file.data + section_table(im) + (u64)i * SECTION_HEADER;
    u32 flags = get_u32le(h + 36);
    u64 rva = get_u32le(h + 12), filesize = get_u32le(h + 16);
    ImageSect s = {
        .name = section_name(im, (const char *)h),
        .seg = arena_printf(a, "%c%c%c", flags >> 30 & 1 ? 'r' : '-', flags >> 31 ? 'w' : '-', flags >> 29 & 1 ? 'x' : '-'),
        .addr = im->pe->base + rva,
        .size = get_u32le(h + 8),
        .fileoff = get_u32le(h + 20),
        .align = 1,
        .loaded = !(flags & SCN_DISCARDABLE),
        .flags = flags,
    };
    if (im->pe->base > UINT64_MAX - UINT32_MAX * 2ull)
        return fail(im, "the image's base is too high");
    if (!range_ok(im, s.fileoff, filesize))
        return fail(im, "a section's contents lie outside the file");
    s.data = im->file.data + s.fileoff;
    s.nbytes = MIN(s.size, filesize); // what is beyond is zeros or padding
    if (s.nbytes > ZDEBUG_HEAD && str_has_prefix(s.name, STR(".zdebug_")) && memcmp(s.data, "ZLIB", 4) == 0) {
        s.packed_head = ZDEBUG_HEAD;
        s.unpacked = __builtin_bswap64(get_u64le(s.data + 4));
    }
    vec_push(a, &im->sects, s);
    return true;
}

static bool read_sections(Image *im, Arena *a) {
    if (!range_ok(im, section_table(im), (u64)im->pe->nsection * SECTION_HEADER))
        return fail(im, "the table of sections lies outside the file");
    for (u32 i = 0; i < im->pe->nsection; i++)
        if (!read_section(im, a, i))
            return false;
    return true;
}

// ---- symbols ----------------------------------------------------------------------------------------------

static bool read_symbols(Image *im, Arena *a) {
    u64 off = pe_field_named(im, "PointerToSymbolTable");
    im->nsyms = (u32)pe_field_named(im, "NumberOfSymbols");
    if (!range_ok(im, off, (u64)im->nsyms * SYMBOL_SIZE))
        return fail(im, "the symbol table lies outside the file");
    im->syms = arena_array_raw(a, ImageSym, im->nsyms);
    for (u32 i = 0; i < im->nsyms; i++) {
        const u8 *e = im->file.data + off + (u64)i * SYMBOL_SIZE;
        u32 sect = get_u16le(e + 12), strx = get_u32le(e) ? 0 : get_u32le(e + 4);
        bool defined = sect && sect <= im->sects.n;
        im->syms[i] = (ImageSym){
            .name = strx ? string_at(im, strx) : (Str){(const char *)e, (u32)strnlen((const char *)e, SHORT_NAME)},
            .value = get_u32le(e + 8) + (defined ? im->sects.v[sect - 1].addr : 0),
            .strx = strx,
            .desc = get_u16le(e + 14),
            .sect = defined ? (u16)sect : 0,
            .type = e[16],
        };
    }
    image_sort_symbols(im, a);
    return true;
}

// ---- imports ----------------------------------------------------------------------------------------------

static Str string_in_memory(const Image *im, u64 addr) {
    const ImageSect *s = image_sect_at(im, addr);
    if (!s || addr - s->addr >= s->nbytes)
        return (Str){0};
    const char *p = (const char *)s->data + (addr - s->addr);
    return (Str){p, (u32)strnlen(p, s->nbytes - (addr - s->addr))};
}

static void read_dll(Image *im, Arena *a, const u8 *record) {
    u64 base = im->pe->base, names = base + get_u32le(record), slots = base + get_u32le(record + 16);
    Str dll = string_in_memory(im, base + get_u32le(record + 12));
    const u8 *entry;
    for (u32 i = 0; (entry = image_bytes_at(im, names + 8ull * i, 8)) && get_u64le(entry); i++) {
        // Behind two bytes of a hint.
        Str name = string_in_memory(im, base + (u32)get_u64le(entry) + 2);
        vec_push(a, &im->pe->imports, ((PeViewImport){slots + 8ull * i, dll, name}));
    }
}

static void read_imports(Image *im, Arena *a) {
    enum { IMPORT = 1 };
    u64 at = im->pe->base + im->pe->dirs[IMPORT].rva;
    const u8 *record;
    for (u32 i = 0; (record = image_bytes_at(im, at + (u64)i * IMPORT_RECORD, IMPORT_RECORD)); i++) {
        if (!get_u32le(record) || im->pe->imports.n > im->file.size)
            return; // lists of a corrupt file may overlap
        read_dll(im, a, record);
    }
}

static bool load(Image *im, Arena *a) {
    im->pe = arena_new(a, PeView);
    if (!read_headers(im))
        return false;
    find_strings(im);
    if (!read_sections(im, a) || !read_symbols(im, a))
        return false;
    if (im->pe->dirs[1].rva)
        read_imports(im, a);
    const ImageSect *relocs = image_sect_named(im, (Str){0}, STR(".reloc"));
    if (relocs) {
        im->pe->relocs = relocs->data;
        im->pe->nrelocs = relocs->nbytes;
    }
    return true;
}

// "pointer to CreateFileW".
static Str import_at(const Image *im, Arena *a, u64 addr) {
    for (u32 i = 0; i < im->pe->imports.n; i++) {
        const PeViewImport *imp = &im->pe->imports.v[i];
        if (imp->slot == addr) {
            Str name = image_printable(a, imp->name, 200);
            return arena_printf(a, "pointer to " STR_FMT, STR_ARG(name));
        }
    }
    return (Str){0};
}

static Str file_place(const Image *im, Arena *a, u64 off) {
    const PeView *v = im->pe;
    if (off < v->head)
        return STR("DOS header");
    if (off < v->optional)
        return STR("file header");
    u64 table = section_table(im);
    if (off < table)
        return STR("optional header");
    if (off - table < (u64)v->nsection * SECTION_HEADER)
        return arena_printf(a, "section header %lu", (off - table) / SECTION_HEADER);
    return (Str){0};
}

const ImageFormat image_pe = {
    .name = "PE",
    .load = load,
    .import_at = import_at,
    .file_place = file_place,
    .diff_header = pe_diff_header,
    .diff_commands = pe_diff_commands,
    .diff_symtab = pe_diff_symtab,
    .diff_dynamic = pe_diff_dynamic,
    .print_header = pe_print_header,
    .print_segments = pe_print_segments,
    .print_dynamic = pe_print_dynamic,
};
