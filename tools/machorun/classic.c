// classic.c - fixups of an image that has no tables for them.
//
// WHAT  A program at a fixed address has no pointers to slide. What remains are imports: sections of pointers, which
//       stubs jump through. Entry k of such a section belongs to entry reserved1 + k of the indirect symbol table, which has the
//       number of a symbol, whose name is looked up. That is how dyld bound everything before macOS 10.6, and what
//       Go's linker still writes for -buildmode=exe.
// RULES The library of an import is in the upper byte of its n_desc if the header has MH_TWOLEVEL; else any library
//       may have it. The older relocation records for single words are refused: no Go program has them.
// REF   <mach-o/loader.h>: S_NON_LAZY_SYMBOL_POINTERS, struct dysymtab_command.
#include "machorun/loader.h"

static i32 import_ordinal(const Image *im, const Nlist *sym) {
    if (!(im->header->flags & MH_TWOLEVEL))
        return ORDINAL_FLAT;
    u32 ordinal = sym->n_desc >> 8;
    return ordinal == 0xfe ? ORDINAL_FLAT : ordinal == 0xff ? ORDINAL_MAIN : (i32)ordinal;
}

static void bind_entry(Image *im, u32 seg, const SectionHeader *sect, u64 k) {
    enum { WEAK_IMPORT = 0x40 }; // in n_desc
    const DysymtabCommand *d = im->dysymtab;
    u64 idx = sect->reserved1 + k;
    if (!d || !im->symtab || idx >= d->nindirectsyms)
        image_fail(im, "section %.16s: entry %lu has no indirect symbol", sect->sectname, k);
    u32 symbol = get_u32le(im->file + d->indirectsymoff + 4 * idx);
    if (symbol & (u32)(INDIRECT_SYMBOL_LOCAL | INDIRECT_SYMBOL_ABS))
        return; // a pointer into the image, at its final address
    if (symbol >= im->symtab->nsyms)
        image_fail(im, "section %.16s: entry %lu is symbol %u of %u", sect->sectname, k, symbol,
                   im->symtab->nsyms);
    Nlist sym = image_symbol(im, symbol);
    const char *name = image_symbol_name(im, &sym);
    if (!name)
        image_fail(im, "symbol %u: its name is outside the string table", symbol);
    u64 off = sect->addr - im->segs.v[seg]->vmaddr + 8 * k;
    fixup_bind(im, seg, off, name, import_ordinal(im, &sym), sym.n_desc & WEAK_IMPORT, 0,
               (sect->flags & SECTION_TYPE) == S_LAZY_SYMBOL_POINTERS ? BIND_LAZY : BIND_REGULAR);
}

void classic_apply(Image *im) {
    if (im->dysymtab && (im->dysymtab->nextrel || im->dysymtab->nlocrel))
        image_fail(im, "has relocation records for dyld, which are not supported");
    for (u32 seg = 0; seg < im->segs.n; seg++) {
        if (!segment_is_mapped(im->segs.v[seg]))
            continue;
        for (u32 i = 0; i < im->segs.v[seg]->nsects; i++) {
            const SectionHeader *sect = &segment_sections(im->segs.v[seg])[i];
            u32 type = sect->flags & SECTION_TYPE;
            for (u64 k = 0;
                 (type == S_NON_LAZY_SYMBOL_POINTERS || type == S_LAZY_SYMBOL_POINTERS) && k < sect->size / 8;
                 k++)
                bind_entry(im, seg, sect, k);
        }
    }
}
