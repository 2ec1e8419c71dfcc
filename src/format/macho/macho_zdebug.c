// macho_zdebug.c - compresses what dsymutil collected, before macho_combine.c puts it into the program.
//
// WHAT  A section __debug_info becomes __zdebug_info, of which 16 bytes have room, with "ZLIB", the size before
//       compression (8 bytes, big-endian) and a zlib stream. That holds for every section, Apple's own (__apple_types)
//       included. One that would not shrink stays as it is. Then the sections lie one behind the other, in the file and
//       in their addresses.
//       If a section has relocations, none is compressed.
// REF   cmd/link/internal/ld/macho_combine_dwarf.go: machoCompressSections.
#include "base/bytes.h"
#include "flate/deflate.h"
#include "format/macho/macho_image.h"

enum { HEAD = 12 };

typedef struct {
    u8 *record;   // in the load command
    const u8 *in; // the section
    u64 size;
    u8 *out;        // head and stream
    u64 compressed; // their size; 0: it would not shrink
} ZSection;

typedef struct {
    const HostLink *h;
    ZSection *sects;
} ZJob;

static void compress_sections(void *arg, u64 begin, u64 end, u32 worker) {
    const ZJob *job = arg;
    const Program *p = job->h->p;
    for (u64 i = begin; i < end; i++) {
        ZSection *z = &job->sects[i];
        if (z->size <= HEAD)
            continue;
        u64 n = go_deflate_default(p->rel->deflate, worker_arena(p->pool, worker), z->in, z->size, z->out + HEAD,
                                   z->size - HEAD);
        if (!n)
            continue;
        memcpy(z->out, "ZLIB", 4);
        put_u64be(z->out + 4, z->size);
        z->compressed = HEAD + n;
    }
}

// Changes the record of a section that is now at `off` of the segment at the given offset and address.
static void move_section(const ZSection *z, u64 off, u64 seg_off, u64 seg_addr) {
    u8 *r = z->record;
    if (z->compressed) {
        memmove(r + 3, r + 2, MACHO_IMAGE_NAME - 3);
        r[2] = 'z';
        put_u64le(r + MACHO_SECT_SIZE, z->compressed);
    }
    put_u32le(r + MACHO_SECT_OFF, (u32)(seg_off + off));
    put_u64le(r + MACHO_SECT_ADDR, seg_addr + off);
}

// The image with the sections in place of the segment's contents, which are its end.
static MachoImage replace_segment(const HostLink *h, const MachoImage *m, u64 seg, const ZSection *sects, u32 n) {
    u8 *c = m->v + seg;
    u64 seg_off = get_u64le(c + MACHO_SEG_OFF), size = 0;
    for (u32 i = 0; i < n; i++)
        size += sects[i].compressed ? sects[i].compressed : sects[i].size;
    MachoImage out = {arena_alloc_raw(h->a, seg_off + size + 1, 16), seg_off + size};
    u64 off = 0;
    for (u32 i = 0; i < n; i++) {
        const ZSection *z = &sects[i];
        u64 bytes = z->compressed ? z->compressed : z->size;
        memcpy(out.v + seg_off + off, z->compressed ? z->out : z->in, bytes);
        move_section(z, off, seg_off, get_u64le(c + MACHO_SEG_ADDR));
        off += bytes;
    }
    put_u64le(c + MACHO_SEG_FILESIZE, size);
    memcpy(out.v, m->v, seg_off);
    return out;
}

const char *macho_compress_dwarf(const HostLink *h, MachoImage *m) {
    u64 seg = macho_image_segment(m, "__DWARF");
    if (!seg)
        return "missing __DWARF segment";
    u32 n = get_u32le(m->v + seg + MACHO_SEG_NSECT);
    ZSection *sects = arena_array(h->a, ZSection, n);
    for (u32 i = 0; i < n; i++) {
        u8 *r = m->v + seg + MACHO_IMAGE_SEGMENT + (u64)i * MACHO_IMAGE_SECTION;
        u64 off = get_u32le(r + MACHO_SECT_OFF), size = get_u64le(r + MACHO_SECT_SIZE);
        if (get_u32le(r + MACHO_SECT_NRELOC))
            return NULL;
        if (!macho_image_has(m, off, size))
            return "unexpected EOF";
        sects[i] = (ZSection){.record = r, .in = m->v + off, .size = size};
        sects[i].out = arena_alloc_raw(h->a, size + DEFLATE_SLACK, 16);
    }
    if (!macho_image_has(m, get_u64le(m->v + seg + MACHO_SEG_OFF), 0))
        return "unexpected EOF";
    ZJob job = {h, sects};
    parallel_for(h->p->pool, n, 1, compress_sections, &job);
    *m = replace_segment(h, m, seg, sects, n);
    return NULL;
}
