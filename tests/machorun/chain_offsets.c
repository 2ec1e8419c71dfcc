// chain_offsets.c - turns the pointers in the chains of a Mach-O file from addresses into offsets from its header.
//
// usage: chain_offsets FILE...
//
// LLVM's linker writes chains of pointer format 2 ("64"), Apple's those of format 6 ("64-offset"), which differ just in
// what the target of a rebase counts from. So that both are tested, this changes files of the first form to the second. They
// must not be signed. tools/machorun/chained.c explains chains.
#include <stdio.h>
#include <stdlib.h>

#include "machorun/mach_o.h"

static u8 file[1 << 20];
static u64 size;

static const void *command(u32 cmd, u32 k) {
    const MachHeader *h = (const MachHeader *)file;
    const u8 *p = file + sizeof *h;
    for (u32 i = 0; i < h->ncmds; i++, p += get_u32le(p + 4))
        if (get_u32le(p) == cmd && k-- == 0)
            return p;
    return NULL;
}

// A chain from its first word on: the lower 36 bits of a rebase are the target.
static void change_chain(u64 fileoff, u64 base) {
    for (;;) {
        u64 word = get_u64le(file + fileoff), next = word >> 51 & 0xfff;
        if (!(word >> 63))
            put_u64le(file + fileoff, word - base);
        if (!next)
            return;
        fileoff += 4 * next;
    }
}

static u64 base_address(void) {
    const SegmentCommand *seg;
    for (u32 i = 0; (seg = command(LC_SEGMENT_64, i)); i++)
        if (!strcmp(seg->segname, "__TEXT"))
            return seg->vmaddr;
    return 0;
}

static u32 change_chains(void) {
    const LinkeditDataCommand *c = command((u32)LC_DYLD_CHAINED_FIXUPS, 0);
    u8 *starts = file + c->dataoff + get_u32le(file + c->dataoff + 4);
    u32 changed = 0;
    for (u32 k = 0; k < get_u32le(starts); k++) {
        const SegmentCommand *seg = command(LC_SEGMENT_64, k);
        u8 *s = starts + get_u32le(starts + 4 + 4 * k);
        if (s == starts)
            continue;
        put_u16le(s + 6, 6); // pointer_format
        for (u32 page = 0; page < get_u16le(s + 20); page++)
            if (get_u16le(s + 22 + 2 * page) != 0xffff) {
                change_chain(seg->fileoff + (u64)page * get_u16le(s + 4) + get_u16le(s + 22 + 2 * page),
                             base_address());
                changed++;
            }
    }
    return changed;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "r+");
        size = f ? fread(file, 1, sizeof file, f) : 0;
        if (!size || size == sizeof file || !change_chains() || fseek(f, 0, SEEK_SET) != 0 ||
            fwrite(file, 1, size, f) != size || fclose(f) != 0) {
            fprintf(stderr, "chain_offsets: cannot change %s\n", argv[i]);
            return 1;
        }
    }
    return 0;
}
