// stubs.c - checks that what a stub is called is where it jumps to.
//
// WHAT  A call of an imported function goes to a stub, which jumps through a pointer, which a bind fills in:
//
//           call stub  ->  stub: jmp *pointer  ->  pointer: address of the function
//
//       The indirect symbol table gives a name to each stub and to each pointer; debuggers show it. The bind has a name, too,
//       and only that one counts. Two stubs that are exchanged would be two functions that are exchanged.
// HOW   The stub is decoded, to find its pointer. The bind of the pointer must have the name of the indirect symbol.
//           amd64   ff 25 rel32                              jmp *rel32(%rip)
//           arm64   adrp xA, page; ldr xB, [xA, off]; br xB
// RULES The sections of stubs and pointers fill the indirect symbol table. The size of a stub is reserved2; Go's linker
//       writes 6 for arm64, too, where it is 12.
#include "machorun/loader.h"

#include <stdlib.h>

enum { GO_STUB_SIZE = 6, POINTER_SIZE = 8 };

static int by_addr(const void *a, const void *b) {
    const Bind *x = a, *y = b;
    return x->addr < y->addr ? -1 : x->addr > y->addr;
}

// The address of the pointer that the stub jumps through; false if the code is no stub's.
static bool amd64_pointer(const u8 *code, u64 addr, u64 *pointer) {
    *pointer = addr + 6 + (u64)(i64)(i32)get_u32le(code + 2);
    return code[0] == 0xff && code[1] == 0x25;
}

static bool arm64_pointer(const u8 *code, u64 addr, u64 *pointer) {
    const u32 adrp = get_u32le(code), ldr = get_u32le(code + 4), br = get_u32le(code + 8);
    // The distance in pages, 21 bits: 19 in the middle of the instruction, the lowest 2 at its top.
    const u64 pages = (adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3);
    *pointer = (addr & ~0xfffull) + (u64)((i64)(pages << 43) >> 43) * 4096 + (u64)(ldr >> 10 & 0xfff) * 8;
    const u32 page_register = adrp & 31, target_register = ldr & 31;
    return (adrp & 0x9f000000) == 0x90000000 && (ldr & 0xffc003e0) == (0xf9400000 | page_register << 5) &&
           br == (0xd61f0000 | target_register << 5);
}

static bool stub_pointer(const Image *im, u64 addr, u64 *pointer) {
    const u8 *code = image_memory(im, addr);
    return im->cpu->cputype == CPU_TYPE_ARM64 ? arm64_pointer(code, addr, pointer)
                                              : amd64_pointer(code, addr, pointer);
}

static const char *indirect_name(Image *im, const SectionHeader *sect, u64 k) {
    u32 idx = get_u32le(im->file + im->dysymtab->indirectsymoff + 4 * (sect->reserved1 + k));
    if (idx & (u32)(INDIRECT_SYMBOL_LOCAL | INDIRECT_SYMBOL_ABS))
        return NULL; // of the image itself
    if (idx >= im->symtab->nsyms)
        image_fail(im, "section %.16s: entry %lu is symbol %u of %u", sect->sectname, k, idx,
                   im->symtab->nsyms);
    Nlist sym = image_symbol(im, idx);
    return image_symbol_name(im, &sym); // which strict.c has checked
}

static void check_entry(Image *im, const Bind *binds, const SectionHeader *sect, u64 k, u32 size) {
    const char *name = indirect_name(im, sect, k);
    u64 addr = sect->addr + k * size, pointer = addr;
    if (size != POINTER_SIZE && !stub_pointer(im, addr, &pointer))
        image_fail(im, "section %.16s: the code of stub %lu is not that of a stub", sect->sectname, k);
    if (!name)
        return;
    const Bind key = {.addr = pointer}, *bind = bsearch(&key, binds, im->binds.n, sizeof key, by_addr);
    if (!bind || strcmp(bind->name, name) != 0)
        image_fail(im, "section %.16s: entry %lu is called '%s', but %s%s%s is bound at %#lx", sect->sectname,
                   k, name, bind ? "'" : "", bind ? bind->name : "nothing", bind ? "'" : "", pointer);
}

// Bytes of an entry, or 0 if the section has none.
static u32 entry_size(const Image *im, const SectionHeader *sect) {
    u32 type = sect->flags & SECTION_TYPE;
    return type == S_SYMBOL_STUBS                                                 ? im->cpu->stub_size
           : type == S_NON_LAZY_SYMBOL_POINTERS || type == S_LAZY_SYMBOL_POINTERS ? POINTER_SIZE
                                                                                  : 0;
}

static void check_section(Image *im, const Bind *binds, const SectionHeader *sect, bool *used) {
    const u32 size = entry_size(im, sect);
    if (!size)
        return;
    if (size != POINTER_SIZE && sect->reserved2 != size && sect->reserved2 != GO_STUB_SIZE)
        image_fail(im, "section %.16s: stubs of %u bytes, says the header, not %u", sect->sectname,
                   sect->reserved2, size);
    const u64 n = sect->size / size, first = sect->reserved1, all = im->dysymtab->nindirectsyms;
    if (sect->size % size || first + n > all)
        image_fail(im, "section %.16s: %lu bytes, which begin at indirect symbol %lu of %lu", sect->sectname,
                   sect->size, first, all);
    for (u64 k = 0; k < n; k++) {
        if (used[first + k])
            image_fail(im, "section %.16s: entry %lu is another section's", sect->sectname, first + k);
        used[first + k] = true;
    }
    for (u64 k = 0; k < n; k++)
        check_entry(im, binds, sect, k, size);
}

void stubs_check(Image *im) {
    const Bind *binds = fixups_sorted(im, by_addr);
    const u32 n = im->dysymtab->nindirectsyms;
    bool *used = arena_array(&im->arena, bool, n);
    for (u32 i = 0; i < im->segs.n; i++)
        for (u32 k = 0; segment_is_mapped(im->segs.v[i]) && k < im->segs.v[i]->nsects; k++)
            check_section(im, binds, &segment_sections(im->segs.v[i])[k], used);
    for (u32 i = 0; i < n; i++)
        if (!used[i])
            image_fail(im, "indirect symbol %u of %u: no section's", i, n);
}
