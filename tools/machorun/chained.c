// chained.c - fixups as chains through the data itself.
//
// WHAT  Apple's newer form (macOS 12 and later) has no list of places: each word that needs a fixup holds, until then,
//       what is to be done, and the distance to the next such word. Only the first of each page is in a table:
//
//           word, a rebase                            word, a bind
//           63    62..51  50..44  43..36  35..0       63    62..51  50..32  31..24  23..0
//           0     next    0       high 8  target      1     next    0       addend  import
//
//       `next` counts steps of 4 bytes, 0 ends the chain. `target` is an address of the file (format 2, "64") or its distance
//       from the header (format 6, "64-offset"); the upper 8 bits of the pointer are kept apart. `import` is an
//       index of the table of imports, whose records have the ordinal, a flag for "may be missing", the name, and in two of
//       the three forms an addend.
// HOW   Each word of a chain is turned into what the streams of opcodes.c would have found there, the address or zero, and given
//       to fixup_rebase or fixup_bind.
// REF   <mach-o/fixup-chains.h>
#include "machorun/loader.h"

enum {
    PTR_64 = 2,
    PTR_64_OFFSET = 6,
    PAGE_HAS_NO_CHAIN = 0xffff,
    CHAIN_STEP = 4,

    IMPORT = 1,
    IMPORT_ADDEND = 2,
    IMPORT_ADDEND64 = 3,
};

typedef struct {
    u32 version;
    u32 starts_off; // of the chains, from this header
    u32 imports_off, symbols_off;
    u32 imports_count, imports_format;
    u32 symbols_format; // 0: not compressed
} ChainedHeader;

typedef struct {
    u32 size; // of this record and its page starts
    u16 page_size, pointer_format;
    u64 segment_off; // from the header
    u32 max_valid_pointer;
    u16 page_count; // of page starts, which follow: u16, offset of the first word
} __attribute__((packed)) ChainStarts;

typedef struct {
    const char *name;
    i32 ordinal;
    bool weak;
    i64 addend;
} Import;

typedef struct {
    Image *im;
    ChainedHeader header;
    Import *imports;
} Chains;

// Bytes of the payload of LC_DYLD_CHAINED_FIXUPS.
static const u8 *payload(const Chains *c, u64 off, u64 size, const char *what) {
    const LinkeditDataCommand *cmd = c->im->chained;
    if (off > cmd->datasize || size > cmd->datasize - off)
        image_fail(c->im, "chained fixups: %s at %lu: beyond the end, %u", what, off, cmd->datasize);
    return c->im->file + cmd->dataoff + off;
}

// Ordinals are signed, but only the highest values are negative: -1 to -15.
static i32 signed_ordinal(u32 ordinal, u32 bits) {
    u32 values = 1u << bits;
    return ordinal > values - 16 ? (i32)(ordinal - values) : (i32)ordinal;
}

static Import read_import(const Chains *c, u32 idx) {
    static const u8 size[] = {[IMPORT] = 4, [IMPORT_ADDEND] = 8, [IMPORT_ADDEND64] = 16};
    const u32 format = c->header.imports_format;
    const u8 *p = payload(c, c->header.imports_off + (u64)idx * size[format], size[format], "import");
    Import import;
    u64 name_off;
    if (format == IMPORT_ADDEND64) {
        u64 bits = get_u64le(p);
        import = (Import){.ordinal = signed_ordinal(bits & 0xffff, 16),
                          .weak = bits >> 16 & 1,
                          .addend = (i64)get_u64le(p + 8)};
        name_off = bits >> 32;
    } else {
        u32 bits = get_u32le(p);
        import = (Import){.ordinal = signed_ordinal(bits & 0xff, 8), .weak = bits >> 8 & 1};
        if (format == IMPORT_ADDEND)
            import.addend = (i32)get_u32le(p + 4);
        name_off = bits >> 9;
    }
    name_off += c->header.symbols_off;
    const u8 *name = payload(c, name_off, 1, "name of an import");
    if (!memchr(name, 0, c->im->chained->datasize - name_off))
        image_fail(c->im, "chained fixups: the name of import %u does not end", idx);
    import.name = (const char *)name;
    return import;
}

static void read_imports(Chains *c) {
    const ChainedHeader *h = &c->header;
    if (h->imports_format < IMPORT || h->imports_format > IMPORT_ADDEND64)
        image_fail(c->im, "chained fixups: import format %u", h->imports_format);
    payload(c, h->imports_off, h->imports_count * 4ull, "imports");
    c->imports = arena_array(&c->im->arena, Import, h->imports_count);
    for (u32 i = 0; i < h->imports_count; i++)
        c->imports[i] = read_import(c, i);
}

static void fix_bind(const Chains *c, u32 seg, u64 off, u64 bits) {
    u32 idx = bits & 0xffffff;
    if (idx >= c->header.imports_count)
        image_fail(c->im, "chained fixups: import %u of %u", idx, c->header.imports_count);
    const Import *import = &c->imports[idx];
    memset(image_memory(c->im, c->im->segs.v[seg]->vmaddr + off), 0, 8);
    fixup_bind(c->im, seg, off, import->name, import->ordinal, import->weak,
               import->addend + (i64)(bits >> 24 & 0xff), BIND_REGULAR);
}

static void fix_rebase(const Chains *c, u32 seg, u64 off, u64 bits, u32 format) {
    u64 target = bits & 0xfffffffffull, high8 = bits >> 36 & 0xff;
    if (format == PTR_64_OFFSET)
        target += c->im->low;
    u64 value = target | high8 << 56;
    memcpy(image_memory(c->im, c->im->segs.v[seg]->vmaddr + off), &value, sizeof value);
    fixup_rebase(c->im, seg, off);
}

// Follows a chain from its first word to the end of the page.
static void follow(const Chains *c, u32 seg, const ChainStarts *starts, u64 page, u64 first) {
    const SegmentCommand *s = c->im->segs.v[seg];
    u64 off = page + first;
    for (;;) {
        if (s->vmsize < 8 || off > s->vmsize - 8 || off - page >= starts->page_size)
            image_fail(c->im, "chained fixups: a chain leaves its page of %.16s at %#lx", s->segname, off);
        if (!(s->initprot & VM_PROT_WRITE))
            image_fail(c->im, "chained fixups: segment %.16s is not writable", s->segname);
        u64 bits;
        memcpy(&bits, image_memory(c->im, s->vmaddr + off), sizeof bits);
        if (bits >> 63)
            fix_bind(c, seg, off, bits);
        else
            fix_rebase(c, seg, off, bits, starts->pointer_format);
        u64 next = bits >> 51 & 0xfff;
        if (!next)
            return;
        off += next * CHAIN_STEP;
    }
}

static void fix_segment(const Chains *c, u32 seg, u64 starts_off) {
    Image *im = c->im;
    ChainStarts starts;
    memcpy(&starts, payload(c, starts_off, sizeof starts, "starts of a segment"), sizeof starts);
    if (starts.pointer_format != PTR_64 && starts.pointer_format != PTR_64_OFFSET)
        image_fail(im, "chained fixups: pointer format %u, not 2 or 6", starts.pointer_format);
    if (starts.segment_off != im->segs.v[seg]->vmaddr - im->low || !segment_is_mapped(im->segs.v[seg]))
        image_fail(im, "chained fixups: segment %u is not at %#lx", seg, starts.segment_off);
    const u8 *pages = payload(c, starts_off + sizeof starts, 2ull * starts.page_count, "page starts");
    for (u32 i = 0; i < starts.page_count; i++) {
        u16 first = get_u16le(pages + 2 * i);
        if (first != PAGE_HAS_NO_CHAIN)
            follow(c, seg, &starts, (u64)i * starts.page_size, first);
    }
}

void chained_apply(Image *im) {
    Chains c = {.im = im};
    memcpy(&c.header, payload(&c, 0, sizeof c.header, "header"), sizeof c.header);
    if (c.header.version || c.header.symbols_format)
        image_fail(im, "chained fixups: version %u with names of form %u", c.header.version,
                   c.header.symbols_format);
    read_imports(&c);
    u32 n = get_u32le(payload(&c, c.header.starts_off, 4, "number of segments"));
    if (n > im->segs.n)
        image_fail(im, "chained fixups: %u segments, the image has %u", n, im->segs.n);
    for (u32 seg = 0; seg < n; seg++) {
        u32 off = get_u32le(payload(&c, c.header.starts_off + 4 + 4ull * seg, 4, "starts"));
        if (off)
            fix_segment(&c, seg, (u64)c.header.starts_off + off);
    }
}
