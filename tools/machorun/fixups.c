// fixups.c - changes the words of an image that depend on where it and its libraries are.
//
// WHAT  A rebase adds the slide to a pointer into the image itself. A bind writes the address of an import, plus an addend.
//       Which words these are is told in one of three ways (opcodes.c, chained.c, classic.c); each calls fixup_rebase and
//       fixup_bind.
// HOW   The place must be a word inside a writable segment, as dyld demands. Two bitmaps, with a bit for each byte of the
//       image, tell which bytes have been changed, so that a second rebase of the same word is found, and so that
//       audit.c can look at the words that were not.
// RULES Strict: no word is changed twice, except that a pointer to a stub's helper, which was rebased, is bound lazily,
//       and that a weak definition is bound over the image's own. Words that a rebase changes point into the image; words
//       of the GOT are zero before they are bound; both are aligned, and in the part of the segment that comes from the
//       file.
#include "machorun/loader.h"

#include <stdlib.h>

static u8 *byte_map(Image *im) {
    return arena_array(&im->arena, u8, (im->high - im->low + 7) / 8);
}

// Is the bit of any of the eight bytes at this address set?
static bool is_marked(const Image *im, const u8 *map, u64 addr) {
    bool marked = false;
    for (u64 bit = addr - im->low; bit < addr - im->low + 8; bit++)
        marked |= map[bit / 8] >> bit % 8 & 1;
    return marked;
}

// Sets them; true if any was set before.
static bool mark(const Image *im, u8 *map, u64 addr) {
    bool before = is_marked(im, map, addr);
    for (u64 bit = addr - im->low; bit < addr - im->low + 8; bit++)
        map[bit / 8] |= (u8)(1u << bit % 8);
    return before;
}

// Checks the place of a fixup, and gives its address in the file's addresses.
static u64 place(Image *im, const char *what, u32 idx, u64 off) {
    if (idx >= im->segs.n)
        image_fail(im, "%s: segment %u of %u", what, idx, im->segs.n);
    const SegmentCommand *seg = im->segs.v[idx];
    if (!segment_is_mapped(seg) || seg->vmsize < 8 || off > seg->vmsize - 8)
        image_fail(im, "%s: %.16s+%#lx is outside the segment of %#lx bytes", what, seg->segname, off,
                   seg->vmsize);
    if (!(seg->initprot & VM_PROT_WRITE))
        image_fail(im, "%s: %.16s+%#lx is in a segment that is not writable", what, seg->segname, off);
    if (off + 8 > seg->filesize)
        image_strict(im, "%s: %.16s+%#lx is behind what comes from the file", what, seg->segname, off);
    if (off % 8)
        image_strict(im, "%s: %.16s+%#lx is not aligned", what, seg->segname, off);
    return seg->vmaddr + off;
}

void fixup_rebase(Image *im, u32 seg, u64 off) {
    u64 addr = place(im, "rebase", seg, off), value;
    u8 *word = image_memory(im, addr);
    if (mark(im, im->rebased, addr))
        image_strict(im, "rebase: %.16s+%#lx a second time", im->segs.v[seg]->segname, off);
    memcpy(&value, word, sizeof value);
    if (value < im->low || value > im->high)
        image_strict(im, "rebase: %.16s+%#lx has %#lx, which is not in the image", im->segs.v[seg]->segname,
                     off, value);
    value += im->slide;
    memcpy(word, &value, sizeof value);
    im->nrebase++;
}

static bool in_section_of_type(const Image *im, u64 addr, u32 type) {
    const SectionHeader *sect = image_section(im, addr);
    return sect && (sect->flags & SECTION_TYPE) == type;
}

void fixup_bind(Image *im, u32 seg, u64 off, const char *name, i32 ordinal, bool weak_import, i64 addend,
                BindKind kind) {
    u64 addr = place(im, name, seg, off), value;
    const char *segname = im->segs.v[seg]->segname;
    u8 *word = image_memory(im, addr);
    memcpy(&value, word, sizeof value);
    if (kind != BIND_WEAK && mark(im, im->bound, addr))
        image_strict(im, "bind of '%s': %.16s+%#lx a second time", name, segname, off);
    if (kind == BIND_REGULAR && is_marked(im, im->rebased, addr))
        image_strict(im, "bind of '%s': %.16s+%#lx was rebased", name, segname, off);
    if (kind == BIND_REGULAR && value && in_section_of_type(im, addr, S_NON_LAZY_SYMBOL_POINTERS))
        image_strict(im, "bind of '%s': %.16s+%#lx has %#lx already", name, segname, off, value);
    u64 target = library_resolve(im, name, ordinal, weak_import || kind == BIND_WEAK);
    if (!target && kind == BIND_WEAK) // nobody has another one: it stays as it is
        return;
    value = target ? target + (u64)addend : 0;
    memcpy(word, &value, sizeof value);
    vec_push(&im->arena, &im->binds, ((Bind){addr, name, ordinal}));
}

const Bind *fixups_sorted(Image *im, int (*compare)(const void *, const void *)) {
    const u32 n = im->binds.n;
    Bind *binds = arena_array(&im->arena, Bind, n);
    if (n) {
        memcpy(binds, im->binds.v, n * sizeof *binds);
        qsort(binds, n, sizeof *binds, compare);
    }
    return binds;
}

void fixups_apply(Image *im) {
    im->rebased = byte_map(im);
    im->bound = byte_map(im);
    if (im->chained)
        chained_apply(im);
    else if (im->dyldinfo)
        opcodes_apply(im);
    else
        classic_apply(im);
}
