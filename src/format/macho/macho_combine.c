// macho_combine.c - the debugging information that dsymutil collected goes into the program.
//
// WHAT  before   header, commands, padding | segments                        | __LINKEDIT
//       after    header, commands and one  | segments                        | __DWARF | __LINKEDIT
//
//       __LINKEDIT has to be last, where codesign works; so it moves, and with it what load commands say of places in
//       it. The new segment has no address: it is not loaded.
// REF   mach-o/loader.h; cmd/link/internal/ld/macho_combine_dwarf.go.
#include "base/bytes.h"
#include "format/macho/load_command_ids.h"
#include "format/macho/macho_image.h"

// Words of a command that are offsets in the file, a bit each.
static u32 offset_words(u32 command) {
    switch (command) {
    case LC_SYMTAB: return 1u << 2 | 1u << 4;
    case LC_DYSYMTAB: return 1u << 8 | 1u << 10 | 1u << 12 | 1u << 14 | 1u << 16 | 1u << 18;
    case LC_DYLD_INFO:
    case (u32)LC_DYLD_INFO_ONLY: return 1u << 2 | 1u << 4 | 1u << 6 | 1u << 8 | 1u << 10;
    case LC_CODE_SIGNATURE:
    case LC_SEGMENT_SPLIT_INFO:
    case LC_FUNCTION_STARTS:
    case LC_DATA_IN_CODE:
    case LC_DYLIB_CODE_SIGN_DRS:
    case LC_ENCRYPTION_INFO:
    case LC_ENCRYPTION_INFO_64:
    case (u32)LC_DYLD_EXPORTS_TRIE:
    case (u32)LC_DYLD_CHAINED_FIXUPS: return 1u << 2;
    default: return 0;
    }
}

static void move_word(u8 *at, u64 from, u64 delta) {
    u32 off = get_u32le(at);
    if (off >= from)
        put_u32le(at, (u32)(off + delta));
}

// What was at file offset `from` or behind it is delta bytes further.
static void move_linkedit(MachoImage *m, u64 from, u64 delta) {
    for (u64 off = 0; macho_image_next(m, &off);) {
        u8 *c = m->v + off;
        u32 command = get_u32le(c), size = get_u32le(c + 4), words = offset_words(command);
        if (command == LC_SEGMENT_64 && get_u64le(c + MACHO_SEG_OFF) >= from)
            put_u64le(c + MACHO_SEG_OFF, get_u64le(c + MACHO_SEG_OFF) + delta);
        for (u32 w = 0; w < size / 4 && w < 32; w++)
            if (words >> w & 1)
                move_word(c + 4ull * w, from, delta);
    }
}

// Sets the places in the new command of the segment at c, whose `size` bytes are at file offset `start`.
static void place_segment(u8 *c, u64 size, u64 start) {
    u64 delta = start - get_u64le(c + MACHO_SEG_OFF);
    put_u64le(c + MACHO_SEG_ADDR, 0);
    put_u64le(c + MACHO_SEG_SIZE, 0);
    put_u64le(c + MACHO_SEG_OFF, start);
    put_u64le(c + MACHO_SEG_FILESIZE, size);
    put_u32le(c + MACHO_SEG_INITPROT, 0); // dyld would complain about the size in memory
    for (u32 i = 0; i < get_u32le(c + MACHO_SEG_NSECT); i++) {
        u8 *sect = c + MACHO_IMAGE_SEGMENT + (u64)i * MACHO_IMAGE_SECTION;
        if (get_u32le(sect + MACHO_SECT_OFF))
            put_u32le(sect + MACHO_SECT_OFF, get_u32le(sect + MACHO_SECT_OFF) + (u32)delta);
        if (get_u32le(sect + MACHO_SECT_RELOFF))
            put_u32le(sect + MACHO_SECT_RELOFF, get_u32le(sect + MACHO_SECT_RELOFF) + (u32)delta);
    }
}

const char *macho_combine(const HostLink *h, MachoImage *m, const MachoImage *dwarf) {
    u64 round = h->p->segment_align, text = macho_image_section(m, "__text");
    u64 link = macho_image_segment(m, "__LINKEDIT"), seg = macho_image_segment(dwarf, "__DWARF");
    if (!link)
        return "missing __LINKEDIT segment";
    if (!seg)
        return "missing __DWARF segment";
    if (!text)
        return "missing __text section";
    u64 link_off = get_u64le(m->v + link + MACHO_SEG_OFF);
    u64 off = get_u64le(dwarf->v + seg + MACHO_SEG_OFF), size = get_u64le(dwarf->v + seg + MACHO_SEG_FILESIZE);
    if (!macho_image_has(m, link_off, 0) || !macho_image_has(dwarf, off, size))
        return "unexpected EOF";
    u32 command_size = get_u32le(dwarf->v + seg + 4), commands = get_u32le(m->v + 20);
    u64 room = get_u32le(m->v + text + MACHO_SECT_OFF) - (u64)(MACHO_IMAGE_HEADER + commands);
    if (room < command_size)
        return "no room to add dwarf info";

    u64 start = align_up(link_off, round), new_link = align_up(start + size, round);
    MachoImage out = {NULL, new_link + (m->n - link_off)};
    out.v = arena_alloc(h->a, out.n, 16);
    memcpy(out.v, m->v, link_off);
    memcpy(out.v + start, dwarf->v + off, size);
    memcpy(out.v + new_link, m->v + link_off, m->n - link_off);
    move_linkedit(&out, link_off, new_link - link_off);
    u8 *command = out.v + MACHO_IMAGE_HEADER + commands;
    memcpy(command, dwarf->v + seg, command_size);
    place_segment(command, size, start);
    put_u32le(out.v + 16, get_u32le(out.v + 16) + 1);
    put_u32le(out.v + 20, commands + command_size);
    *m = out;
    return NULL;
}
