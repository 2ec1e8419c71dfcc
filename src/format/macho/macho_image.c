// macho_image.c - finding things in a linked Mach-O file.
#include "format/macho/macho_image.h"

#include "base/bytes.h"
#include "base/file.h"
#include "format/macho/load_command_ids.h"

enum { MH_MAGIC_64 = (int)0xfeedfacf };

bool macho_image_has(const MachoImage *m, u64 off, u64 n) {
    return off <= m->n && n <= m->n - off;
}

static u64 commands_end(const MachoImage *m) {
    return MACHO_IMAGE_HEADER + (u64)get_u32le(m->v + 20);
}

bool macho_image_next(const MachoImage *m, u64 *off) {
    *off = *off ? *off + get_u32le(m->v + *off + 4) : MACHO_IMAGE_HEADER;
    return *off < commands_end(m);
}

// The commands fill their space, and segments have room for their sections.
static bool is_whole(const MachoImage *m) {
    if (m->n < MACHO_IMAGE_HEADER || get_u32le(m->v) != (u32)MH_MAGIC_64 || commands_end(m) > m->n)
        return false;
    u64 off = MACHO_IMAGE_HEADER;
    for (u64 end = commands_end(m), size; off < end; off += size) {
        size = end - off < 8 ? 0 : get_u32le(m->v + off + 4);
        if (size < 8 || size > end - off)
            return false;
        if (get_u32le(m->v + off) == LC_SEGMENT_64 &&
            (size < MACHO_IMAGE_SEGMENT ||
             (size - MACHO_IMAGE_SEGMENT) / MACHO_IMAGE_SECTION < get_u32le(m->v + off + MACHO_SEG_NSECT)))
            return false;
    }
    return true;
}

bool macho_image_read(MachoImage *m, Arena *a, Str path) {
    MappedFile f;
    if (!file_map(&f, a, path))
        return false;
    *m = (MachoImage){arena_alloc_raw(a, f.size + MACHO_IMAGE_SLACK, 16), f.size};
    if (f.size)
        memcpy(m->v, f.data, f.size);
    return is_whole(m);
}

static bool is_segment(const MachoImage *m, u64 off) {
    return get_u32le(m->v + off) == LC_SEGMENT_64;
}

u64 macho_image_segment(const MachoImage *m, const char *name) {
    for (u64 off = 0; macho_image_next(m, &off);)
        if (is_segment(m, off) && !strncmp((const char *)m->v + off + 8, name, MACHO_IMAGE_NAME))
            return off;
    return 0;
}

u64 macho_image_section(const MachoImage *m, const char *name) {
    for (u64 off = 0; macho_image_next(m, &off);) {
        u32 n = is_segment(m, off) ? get_u32le(m->v + off + MACHO_SEG_NSECT) : 0;
        for (u64 s = off + MACHO_IMAGE_SEGMENT; n; n--, s += MACHO_IMAGE_SECTION)
            if (!strncmp((const char *)m->v + s, name, MACHO_IMAGE_NAME))
                return s;
    }
    return 0;
}
