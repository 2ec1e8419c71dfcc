// thread_pointer.c - lets arm64 code of macOS find its thread's data on Linux.
//
// WHAT  Both systems keep the address of a thread's data in a register of the processor, but in different ones: on macOS it is
//       TPIDRRO_EL0, which only the kernel can set, on Linux TPIDR_EL0, where C's thread-local variables are. So each
//       instruction that reads the first is changed to read the second:
//
//           1101 0101 0011 1011 1101 0000 011 rt      mrs xt, tpidrro_el0
//           1101 0101 0011 1011 1101 0000 010 rt      mrs xt, tpidr_el0
//
//       Go reads its slot for g at a distance from there that the runtime finds out when it starts (runtime.tlsinit). The
//       shim provides for that.
//       On amd64 macOS uses GS, Linux FS: both can be set, no code is changed.
// RULES Only in sections of instructions, at multiples of 4.
#include "machorun/loader.h"

enum {
    MRS_TPIDRRO_EL0 = (int)0xd53bd060,
    MRS_REGISTER = 0x1f,        // bits of rt
    TPIDRRO_NOT_TPIDR = 1 << 5, // the bit to be cleared
};

static void redirect_section(Image *im, const SectionHeader *sect) {
    u8 *code = image_memory(im, sect->addr);
    for (u64 off = 0; off + 4 <= sect->size; off += 4) {
        u32 insn = get_u32le(code + off);
        if ((insn & ~(u32)MRS_REGISTER) == (u32)MRS_TPIDRRO_EL0)
            put_u32le(code + off, insn & ~(u32)TPIDRRO_NOT_TPIDR);
    }
}

void thread_pointer_redirect(Image *im) {
    if (im->cpu->cputype != CPU_TYPE_ARM64)
        return;
    for (u32 i = 0; i < im->segs.n; i++) {
        const SegmentCommand *seg = im->segs.v[i];
        for (u32 k = 0; segment_is_mapped(seg) && k < seg->nsects; k++) {
            const SectionHeader *sect = &segment_sections(seg)[k];
            if (sect->flags & (u32)(S_ATTR_PURE_INSTRUCTIONS | S_ATTR_SOME_INSTRUCTIONS) &&
                sect->addr % 4 == 0)
                redirect_section(im, sect);
        }
    }
}
