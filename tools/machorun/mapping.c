// mapping.c - gives the segments of an image their place in memory, and later their protection.
//
// WHAT  All segments move by one distance, the slide, so that what is relative to the program counter stays right. macOS
//       slides a program by less than 2^28; nothing that Go's linker writes may depend on that, so half of the slides
//       chosen here are anywhere in the lower half of the address space.
// HOW   First the whole range is reserved, without access; that fails when something is there already, and another slide is
//       tried. Then each segment is mapped over it: its part of the file, and zeros behind that. It is writable
//       until the fixups are done. machorun itself is a position-independent program, which the kernel puts far above
//       where an image without slide has to be (amd64: 0x1000000, arm64: 0x100000000).
// REF   xnu, bsd/kern/mach_loader.c: load_segment; dyld, Loader.cpp: mapSegments.
#include "machorun/loader.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>

enum { SLIDE_TRIES = 100 };

static u64 random_slide(Image *im) {
    u64 r;
    if (getrandom(&r, sizeof r, 0) != (ssize_t)sizeof r)
        image_fail(im, "no random numbers: %s", strerror(errno));
    u64 below = r & 1 ? 1ull << 28 : 1ull << 46;
    return (r >> 8) % below & ~(u64)(im->cpu->page - 1);
}

// Reserves [low, high) at this slide.
static bool reserve(Image *im, u64 slide) {
    void *want = (void *)(uintptr_t)(im->low + slide);
    u64 size = im->high - im->low;
    void *got =
        mmap(want, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == want) {
        im->slide = slide;
        return true;
    }
    if (got != MAP_FAILED) // a kernel that does not know MAP_FIXED_NOREPLACE takes the address for a wish
        munmap(got, size);
    return false;
}

static void choose_slide(Image *im) {
    const Options *opt = im->opt;
    const bool program = im->header->filetype == MH_EXECUTE;
    if (program && !(im->header->flags & MH_PIE)) {
        if (opt->fixed_slide && opt->slide)
            image_fail(im, "not position-independent: cannot slide");
        if (!reserve(im, 0))
            image_fail(im, "cannot map at %#lx: %s", im->low, strerror(errno));
        return;
    }
    // A fixed slide is the program's: libraries would be on top of each other.
    if (program && opt->fixed_slide) {
        if (opt->slide & (im->cpu->page - 1))
            image_fail(im, "slide %#lx: not a multiple of the page size %u", opt->slide, im->cpu->page);
        if (!reserve(im, opt->slide))
            image_fail(im, "cannot map at %#lx: %s", (im->low + opt->slide), strerror(errno));
        return;
    }
    for (u32 i = 0; i < SLIDE_TRIES; i++)
        if (reserve(im, random_slide(im)))
            return;
    image_fail(im, "no room for %lu bytes: %s", (im->high - im->low), strerror(errno));
}

static void map_segment(Image *im, const SegmentCommand *seg) {
    const int access = PROT_READ | PROT_WRITE;
    u8 *start = image_memory(im, seg->vmaddr);
    if (mprotect(start, align_up(seg->vmsize, im->cpu->page), access) < 0)
        image_fail(im, "segment %.16s: %s", seg->segname, strerror(errno));
    if (seg->filesize && mmap(start, seg->filesize, access, MAP_PRIVATE | MAP_FIXED, im->fd,
                              (off_t)seg->fileoff) == MAP_FAILED)
        image_fail(im, "segment %.16s: cannot map: %s", seg->segname, strerror(errno));
}

void mapping_make(Image *im) {
    choose_slide(im);
    for (u32 i = 0; i < im->segs.n; i++)
        if (segment_is_mapped(im->segs.v[i]))
            map_segment(im, im->segs.v[i]);
}

_Static_assert(VM_PROT_READ == PROT_READ && VM_PROT_WRITE == PROT_WRITE && VM_PROT_EXECUTE == PROT_EXEC,
               "no translation");

void mapping_protect(Image *im) {
    for (u32 i = 0; i < im->segs.n; i++) {
        const SegmentCommand *seg = im->segs.v[i];
        if (!segment_is_mapped(seg))
            continue;
        int access =
            seg->flags & SG_READ_ONLY ? PROT_READ : seg->initprot & (PROT_READ | PROT_WRITE | PROT_EXEC);
        char *start = image_memory(im, seg->vmaddr);
        u64 size = align_up(seg->vmsize, im->cpu->page);
        if (mprotect(start, size, access) < 0)
            image_fail(im, "segment %.16s: cannot protect: %s", seg->segname, strerror(errno));
        if (access & PROT_EXEC)
            __builtin___clear_cache(start, start + seg->filesize);
        if (im->opt->verbose)
            fprintf(stderr, "machorun: %#14lx %#10lx %c%c%c %.16s\n", (u64)(uintptr_t)start, size,
                    access & PROT_READ ? 'r' : '-', access & PROT_WRITE ? 'w' : '-',
                    access & PROT_EXEC ? 'x' : '-', seg->segname);
    }
}
