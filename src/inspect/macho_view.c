// macho_view.c - parsing of load commands, symbol table and dyld's opcode streams.
#include "inspect/macho_view.h"

#include "base/bytes.h"

enum {
    SECT_TYPE_MASK = 0xff,
    SECT_ZEROFILL = 0x1,
    SECT_NON_LAZY_POINTERS = 0x6,
    SECT_SYMBOL_STUBS = 0x8,
    SECT_GB_ZEROFILL = 0xc,
    NLIST_64_SIZE = 16,
    ZDEBUG_HEAD = 12, // "ZLIB" and the size
    N_STAB = 0xe0, // mask: any bit set means a debugger's entry
    N_TYPE = 0x0e, // mask
    N_SECT = 0x0e, // defined in section n_sect
};

static bool fail(Image *im, const char *why) {
    im->problem = why;
    return false;
}

// A fixed-size name field, cut at its first NUL.
static Str fixed_name(const u8 *p, u32 n) {
    return (Str){(const char *)p, (u32)strnlen((const char *)p, n)};
}

static bool range_ok(const Image *im, u64 off, u64 n) {
    return off <= im->file.size && n <= im->file.size - off;
}

static bool read_section(Image *im, Arena *a, const u8 *p) {
    ImageSect s = {
        .name = fixed_name(p, 16),
        .seg = fixed_name(p + 16, 16),
        .addr = get_u64le(p + 32),
        .size = get_u64le(p + 40),
        .fileoff = get_u32le(p + 48),
        .align = get_u32le(p + 52) < 32 ? 1u << get_u32le(p + 52) : 0,
        .flags = get_u32le(p + 64),
        .reserved1 = get_u32le(p + 68),
        .reserved2 = get_u32le(p + 72),
    };
    // Debug sections have made-up addresses that overlap what follows the image.
    s.loaded = !str_eq(s.seg, STR("__DWARF"));
    u32 type = s.flags & SECT_TYPE_MASK;
    if (type != SECT_ZEROFILL && type != SECT_GB_ZEROFILL) {
        if (!range_ok(im, s.fileoff, s.size))
            return fail(im, "a section's contents lie outside the file");
        s.data = im->file.data + s.fileoff;
        s.nbytes = s.size;
    }
    if (str_has_prefix(s.name, STR("__zdebug_")) && s.nbytes >= ZDEBUG_HEAD && memcmp(s.data, "ZLIB", 4) == 0) {
        s.packed_head = ZDEBUG_HEAD;
        s.unpacked = (u64)get_u32be(s.data + 4) << 32 | get_u32be(s.data + 8);
    }
    if (s.size > UINT64_MAX - s.addr)
        return fail(im, "a section's end address overflows");
    vec_push(a, &im->sects, s);
    return true;
}

static bool read_segment(Image *im, Arena *a, const MachoCommand *c) {
    MachoView *m = im->macho;
    if (c->size < 72)
        return fail(im, "LC_SEGMENT_64 is too short");
    const u8 *p = c->p;
    MachoSegment s = {
        .name = fixed_name(p + 8, 16),
        .addr = get_u64le(p + 24),
        .size = get_u64le(p + 32),
        .fileoff = get_u64le(p + 40),
        .filesize = get_u64le(p + 48),
        .maxprot = get_u32le(p + 56),
        .initprot = get_u32le(p + 60),
        .nsects = get_u32le(p + 64),
        .flags = get_u32le(p + 68),
    };
    if (!range_ok(im, s.fileoff, s.filesize))
        return fail(im, "a segment's contents lie outside the file");
    if (s.nsects > (c->size - 72) / 80)
        return fail(im, "LC_SEGMENT_64 has more sections than room for them");
    vec_push(a, &m->segs, s);
    for (u32 i = 0; i < s.nsects; i++)
        if (!read_section(im, a, p + 72 + (u64)i * 80))
            return false;
    return true;
}

static bool set_range(Image *im, MachoRange *r, u64 off, u64 n) {
    if (!range_ok(im, off, n))
        return fail(im, "a table of __LINKEDIT lies outside the file");
    *r = (MachoRange){off, n};
    return true;
}

static bool read_dyld_info(Image *im, const MachoCommand *c) {
    MachoView *m = im->macho;
    if (c->size < 48)
        return fail(im, "LC_DYLD_INFO is too short");
    MachoRange *r[5] = {&m->rebase, &m->bind, &m->weak_bind, &m->lazy_bind, &m->export_trie};
    for (u32 i = 0; i < 5; i++)
        if (!set_range(im, r[i], get_u32le(c->p + 8 + 8 * i), get_u32le(c->p + 12 + 8 * i)))
            return false;
    return true;
}

static bool read_symtab_command(Image *im, const MachoCommand *c) {
    MachoView *m = im->macho;
    if (c->size < 24)
        return fail(im, "LC_SYMTAB is too short");
    return set_range(im, &m->symtab, get_u32le(c->p + 8), (u64)get_u32le(c->p + 12) * NLIST_64_SIZE) &&
           set_range(im, &m->strtab, get_u32le(c->p + 16), get_u32le(c->p + 20));
}

static bool read_dylib(Image *im, Arena *a, const MachoCommand *c) {
    u32 off = c->size >= 24 ? get_u32le(c->p + 8) : 0;
    if (off < 24 || off > c->size)
        return fail(im, "LC_LOAD_DYLIB has a bad name offset");
    vec_push(a, &im->macho->dylibs, fixed_name(c->p + off, c->size - off));
    return true;
}

static bool read_command(Image *im, Arena *a, const MachoCommand *c) {
    MachoView *m = im->macho;
    switch (c->cmd) {
    case LC_SEGMENT_64: return read_segment(im, a, c);
    case LC_SYMTAB: return read_symtab_command(im, c);
    case LC_DYSYMTAB:
        if (c->size < 80)
            return fail(im, "LC_DYSYMTAB is too short");
        return set_range(im, &m->indirect, get_u32le(c->p + 56), (u64)get_u32le(c->p + 60) * 4);
    case LC_LOAD_DYLIB: return read_dylib(im, a, c);
    case LC_DYLD_INFO:
    case (u32)LC_DYLD_INFO_ONLY: return read_dyld_info(im, c);
    case LC_UUID:
        if (c->size >= 24)
            m->uuid = c->p + 8;
        return true;
    case LC_BUILD_VERSION:
        if (c->size >= 20) {
            m->platform = get_u32le(c->p + 8);
            m->minos = get_u32le(c->p + 12);
            m->sdk = get_u32le(c->p + 16);
        }
        return true;
    case LC_UNIXTHREAD: // 8 bytes of flavor and count, then 21 registers; rip is the 17th
        if (c->size >= 184)
            m->entry = get_u64le(c->p + 16 + 16 * 8);
        return true;
    case (u32)LC_MAIN: // an offset from the start of __TEXT, which is segment 1
        if (c->size >= 24)
            m->entry = get_u64le(c->p + 8) + macho_segment_addr(m, 1, 0);
        return true;
    case LC_CODE_SIGNATURE:
        return c->size < 16 || set_range(im, &m->signature, get_u32le(c->p + 8), get_u32le(c->p + 12));
    default: return true;
    }
}

static void read_symbols(Image *im, Arena *a) {
    const MachoView *m = im->macho;
    const u8 *base = im->file.data;
    im->nsyms = (u32)(m->symtab.n / NLIST_64_SIZE);
    im->syms = arena_array_raw(a, ImageSym, im->nsyms);
    for (u32 i = 0; i < im->nsyms; i++) {
        const u8 *p = base + m->symtab.fileoff + (u64)i * NLIST_64_SIZE;
        ImageSym s = {
            .strx = get_u32le(p), .type = p[4], .desc = get_u16le(p + 6), .value = get_u64le(p + 8)};
        if (!(s.type & N_STAB) && (s.type & N_TYPE) == N_SECT && p[5] <= im->sects.n)
            s.sect = p[5];
        if (s.strx < m->strtab.n)
            s.name = fixed_name(base + m->strtab.fileoff + s.strx, (u32)(m->strtab.n - s.strx));
        im->syms[i] = s;
    }
    image_sort_symbols(im, a);
}

static bool load(Image *im, Arena *a) {
    const u8 *p = im->file.data;
    if (im->file.size < MH_HEADER_SIZE_64)
        return fail(im, "shorter than a Mach-O header");
    MachoView *m = im->macho = arena_new(a, MachoView);
    m->cputype = get_u32le(p + 4);
    m->cpusubtype = get_u32le(p + 8);
    m->filetype = get_u32le(p + 12);
    m->ncmds = get_u32le(p + 16);
    m->sizeofcmds = get_u32le(p + 20);
    m->flags = get_u32le(p + 24);
    if (!range_ok(im, MH_HEADER_SIZE_64, m->sizeofcmds))
        return fail(im, "the load commands lie outside the file");
    u64 off = MH_HEADER_SIZE_64, end = off + m->sizeofcmds;
    for (u32 i = 0; i < m->ncmds; i++) {
        if (end - off < 8)
            return fail(im, "more load commands announced than there are");
        MachoCommand c = {get_u32le(p + off), get_u32le(p + off + 4), off, p + off};
        if (c.size < 8 || c.size > end - off)
            return fail(im, "a load command has a bad size");
        vec_push(a, &m->cmds, c);
        if (!read_command(im, a, &c))
            return false;
        off += c.size;
    }
    read_symbols(im, a);
    return true;
}

const char *macho_command_name(Arena *a, u32 cmd) {
    static const struct {
        u32 cmd;
        const char *name;
    } names[] = {
        {LC_SYMTAB, "LC_SYMTAB"},
        {LC_UNIXTHREAD, "LC_UNIXTHREAD"},
        {LC_DYSYMTAB, "LC_DYSYMTAB"},
        {LC_LOAD_DYLIB, "LC_LOAD_DYLIB"},
        {LC_LOAD_DYLINKER, "LC_LOAD_DYLINKER"},
        {LC_SEGMENT_64, "LC_SEGMENT_64"},
        {LC_UUID, "LC_UUID"},
        {LC_CODE_SIGNATURE, "LC_CODE_SIGNATURE"},
        {LC_DYLD_INFO, "LC_DYLD_INFO"},
        {LC_BUILD_VERSION, "LC_BUILD_VERSION"},
        {(u32)LC_DYLD_INFO_ONLY, "LC_DYLD_INFO_ONLY"},
        {(u32)LC_MAIN, "LC_MAIN"},
        {(u32)LC_DYLD_CHAINED_FIXUPS, "LC_DYLD_CHAINED_FIXUPS"},
    };
    for (u32 i = 0; i < COUNT_OF(names); i++)
        if (names[i].cmd == cmd)
            return names[i].name;
    return arena_printf(a, "command 0x%x", cmd).p;
}

u64 macho_segment_addr(const MachoView *m, u32 seg, u64 off) {
    return seg < m->segs.n ? m->segs.v[seg].addr + off : 0;
}

Str macho_dylib_name(const MachoView *m, i32 ordinal) {
    if (ordinal > 0)
        return (u32)ordinal <= m->dylibs.n ? m->dylibs.v[ordinal - 1] : STR("(no such library)");
    switch (ordinal) {
    case 0: return STR("(this image)");
    case -1: return STR("(main executable)");
    case -2: return STR("(flat look-up)");
    case -3: return STR("(weak look-up)");
    default: return STR("(bad ordinal)");
    }
}

// "stub of _exit" or "pointer to _exit", through the indirect symbol table.
static Str import_at(const Image *im, Arena *a, u64 addr) {
    const ImageSect *s = image_sect_at(im, addr);
    u32 type = s ? s->flags & SECT_TYPE_MASK : 0;
    if (type != SECT_NON_LAZY_POINTERS && type != SECT_SYMBOL_STUBS)
        return (Str){0};
    u64 unit = type != SECT_SYMBOL_STUBS ? 8 : s->reserved2;
    if (type == SECT_SYMBOL_STUBS && im->macho->cputype == CPU_TYPE_ARM64)
        unit = ARM64_STUB_SIZE; // whatever reserved2 says: Go's linker writes the size for amd64
    if (unit == 0)
        return (Str){0};
    u64 off = addr - s->addr, slot = s->reserved1 + off / unit;
    MachoRange ind = im->macho->indirect;
    if (slot >= ind.n / 4)
        return (Str){0};
    u32 idx = get_u32le(im->file.data + ind.fileoff + 4 * slot);
    Str name = idx < im->nsyms ? image_printable(a, im->syms[idx].name, 200) : STR("a missing symbol");
    Str s1 =
        arena_printf(a, "%s " STR_FMT, type == SECT_SYMBOL_STUBS ? "stub of" : "pointer to", STR_ARG(name));
    return off % unit ? arena_printf(a, STR_FMT "+0x%lx", STR_ARG(s1), off % unit) : s1;
}

// No stream can rebase or bind more pointers than the segments have bytes for; a count beyond that is
// corruption.
static u64 record_limit(const Image *im) {
    return im->file.size / 4 + 16;
}

// Pushes `times` records, each followed by a step of 8 + skip bytes. False when there are too many.
static bool push_rebases(Arena *a, RebaseVec *out, RebaseRecord *r, u64 times, u64 skip, u64 limit) {
    if (times > limit - MIN(limit, out->n))
        return false;
    for (u64 i = 0; i < times; i++) {
        vec_push(a, out, *r);
        r->off += 8 + skip;
    }
    return true;
}

const char *macho_read_rebases(const Image *im, Arena *a, RebaseVec *out) {
    MachoRange range = im->macho->rebase;
    ByteReader r = {.p = im->file.data + range.fileoff, .n = range.n};
    RebaseRecord rec = {0};
    u64 limit = record_limit(im);
    while (r.off < r.n && !r.bad) {
        rec.opoff = (u32)r.off;
        u8 byte = read_u8(&r), imm = byte & 0x0f;
        u64 times = 0, skip = 0;
        switch (byte & 0xf0) {
        case 0x00: // DONE
            return NULL;
        case 0x10: // SET_TYPE_IMM
            rec.type = imm;
            break;
        case 0x20: // SET_SEGMENT_AND_OFFSET_ULEB
            rec.seg = imm;
            rec.off = read_uleb(&r);
            break;
        case 0x30: // ADD_ADDR_ULEB
            rec.off += read_uleb(&r);
            break;
        case 0x40: // ADD_ADDR_IMM_SCALED
            rec.off += imm * 8u;
            break;
        case 0x50: // DO_REBASE_IMM_TIMES
            times = imm;
            break;
        case 0x60: // DO_REBASE_ULEB_TIMES
            times = read_uleb(&r);
            break;
        case 0x70: // DO_REBASE_ADD_ADDR_ULEB
            times = 1;
            skip = read_uleb(&r);
            break;
        case 0x80: // DO_REBASE_ULEB_TIMES_SKIPPING_ULEB
            times = read_uleb(&r);
            skip = read_uleb(&r);
            break;
        default: return "unknown opcode";
        }
        if (!r.bad && !push_rebases(a, out, &rec, times, skip, limit))
            return "more records than the image can hold";
    }
    return r.bad ? "the stream ends inside an opcode" : NULL;
}

// Reads one opcode of a bind stream into the machine's registers. Sets how many times it binds and how much
// it skips after each; false for DONE and for an unknown opcode (then *problem).
static bool read_bind_opcode(ByteReader *r, BindRecord *rec, u64 *times, u64 *skip, const char **problem) {
    u8 byte = read_u8(r), imm = byte & 0x0f;
    switch (byte & 0xf0) {
    case 0x00: // DONE
        return false;
    case 0x10: // SET_DYLIB_ORDINAL_IMM
        rec->ordinal = imm;
        return true;
    case 0x20: // SET_DYLIB_ORDINAL_ULEB
        rec->ordinal = (i32)read_uleb(r);
        return true;
    case 0x30: // SET_DYLIB_SPECIAL_IMM: 0, or a negative number of four bits
        rec->ordinal = imm ? (i32)imm - 16 : 0;
        return true;
    case 0x40: // SET_SYMBOL_TRAILING_FLAGS_IMM
        rec->flags = imm;
        rec->name = read_cstr(r);
        return true;
    case 0x50: // SET_TYPE_IMM
        rec->type = imm;
        return true;
    case 0x60: // SET_ADDEND_SLEB
        rec->addend = read_sleb(r);
        return true;
    case 0x70: // SET_SEGMENT_AND_OFFSET_ULEB
        rec->seg = imm;
        rec->off = read_uleb(r);
        return true;
    case 0x80: // ADD_ADDR_ULEB
        rec->off += read_uleb(r);
        return true;
    case 0x90: // DO_BIND
        *times = 1;
        return true;
    case 0xa0: // DO_BIND_ADD_ADDR_ULEB
        *times = 1;
        *skip = read_uleb(r);
        return true;
    case 0xb0: // DO_BIND_ADD_ADDR_IMM_SCALED
        *times = 1;
        *skip = imm * 8u;
        return true;
    case 0xc0: // DO_BIND_ULEB_TIMES_SKIPPING_ULEB
        *times = read_uleb(r);
        *skip = read_uleb(r);
        return true;
    default: *problem = "unknown opcode"; return false;
    }
}

const char *macho_read_binds(const Image *im, Arena *a, MachoRange range, BindVec *out) {
    ByteReader r = {.p = im->file.data + range.fileoff, .n = range.n};
    BindRecord rec = {0};
    u64 limit = record_limit(im);
    while (r.off < r.n && !r.bad) {
        u64 times = 0, skip = 0;
        const char *problem = NULL;
        rec.opoff = (u32)r.off;
        if (!read_bind_opcode(&r, &rec, &times, &skip, &problem))
            return problem;
        if (r.bad)
            break;
        if (times > limit - MIN(limit, out->n))
            return "more records than the image can hold";
        for (u64 i = 0; i < times; i++) {
            vec_push(a, out, rec);
            rec.off += 8 + skip;
        }
    }
    return r.bad ? "the stream ends inside an opcode" : NULL;
}

static Str file_place(const Image *im, Arena *a, u64 off) {
    const MachoView *m = im->macho;
    if (off < MH_HEADER_SIZE_64)
        return STR("Mach header");
    for (u32 i = 0; i < m->cmds.n; i++)
        if (off - m->cmds.v[i].fileoff < m->cmds.v[i].size)
            return arena_printf(a, "load command %u (%s)", i, macho_command_name(a, m->cmds.v[i].cmd));
    const struct {
        const MachoRange *r;
        const char *name;
    } tables[] = {
        {&m->rebase, "rebase stream"},       {&m->bind, "bind stream"},
        {&m->weak_bind, "weak bind stream"}, {&m->lazy_bind, "lazy bind stream"},
        {&m->export_trie, "export trie"},    {&m->symtab, "symbol table"},
        {&m->strtab, "string table"},        {&m->indirect, "indirect symbols"},
        {&m->signature, "code signature"},
    };
    for (u32 i = 0; i < COUNT_OF(tables); i++)
        if (off - tables[i].r->fileoff < tables[i].r->n)
            return arena_printf(a, "%s+0x%lx", tables[i].name, off - tables[i].r->fileoff);
    return (Str){0};
}

const ImageFormat image_macho = {
    .name = "Mach-O",
    .load = load,
    .import_at = import_at,
    .file_place = file_place,
    .diff_header = macho_diff_header,
    .diff_commands = macho_diff_commands,
    .diff_symtab = macho_diff_symtab,
    .diff_dynamic = macho_diff_dynamic,
    .print_header = macho_print_header,
    .print_segments = macho_print_segments,
    .print_dynamic = macho_print_dynamic,
};
