// audit.c - lists words that look like pointers which the fixups forgot.
//
// WHAT  A linker that leaves out one rebase of ten thousand makes a program that mostly works: few programs touch every
//       pointer that they have. So after the fixups each aligned word of data is looked at. One that no fixup changed and
//       that holds an address of the image, as it was before sliding, is printed with its place:
//
//           audit: __DATA,__noptrdata+0x1f8 has 0x1104ea0, not slid
//
//       Not all of these are errors: the image of an amd64 program is where numbers from 16 million are. But for a given
//       program the list is the same for each linker, as it depends on nothing but the program and the layout.
// HOW   The address of the end counts, too, since Go has symbols there.
// RULES Sections with data, which are those in writable segments and the constants beside the code. A program at a fixed
//       address has no rebases, so there is nothing to look for.
#include "machorun/loader.h"

#include <stdio.h>

static bool is_fixed(const Image *im, u64 addr) {
    const u64 bit = addr - im->low;
    return (im->rebased[bit / 8] | im->bound[bit / 8]) >> bit % 8 & 1;
}

static u64 audit_section(const Image *im, const SectionHeader *sect) {
    u64 found = 0;
    if ((sect->flags & SECTION_TYPE) == S_ZEROFILL || sect->flags & (u32)S_ATTR_PURE_INSTRUCTIONS ||
        sect->size < 8)
        return 0;
    for (u64 addr = align_up(sect->addr, 8); addr <= sect->addr + sect->size - 8; addr += 8) {
        const u64 value = get_u64le(image_memory(im, addr));
        if (value < im->low || value > im->high || is_fixed(im, addr))
            continue;
        fprintf(stderr, "audit: %.16s,%.16s+%#lx has %#lx, not slid\n", sect->segname, sect->sectname,
                (addr - sect->addr), value);
        found++;
    }
    return found;
}

void audit_print(Image *im) {
    u64 found = 0;
    for (u32 i = 0; i < im->segs.n && im->header->flags & MH_PIE; i++)
        for (u32 k = 0; segment_is_mapped(im->segs.v[i]) && k < im->segs.v[i]->nsects; k++)
            found += audit_section(im, &segment_sections(im->segs.v[i])[k]);
    fprintf(stderr, "audit: %lu rebases, %u binds, %lu words that look like pointers and are not slid\n",
            im->nrebase, im->binds.n, found);
}
