// strict.c - holds the parts of a Mach-O file against each other.
//
// WHAT  macOS uses a small part of what a file says: segments, fixups, imports, entry. The rest is for debuggers, profilers,
//       codesign, and may be wrong for years. But most of it says the same thing a second time, and a linker that errs
//       errs in one place. So: sections fill their segments and lie as in the file; symbols are in their sections; the imports
//       of the symbol table are those that are bound, from the same libraries; the tables fill __LINKEDIT; stubs lead to
//       the pointers that their names say (stubs.c); the signature has the hashes of the pages (page_hashes.c).
// RULES Called after the fixups. Only what all linkers for macOS hold to, not what Go's happens to do.
#include "machorun/loader.h"

#include <stdlib.h>

// ---- segments and sections ------------------------------------------------------------------------------------------

// Types that occur in linked files.
static const u32 linked_types =
    1u << S_REGULAR | 1u << S_ZEROFILL | 1u << S_CSTRING_LITERALS | 1u << S_4BYTE_LITERALS |
    1u << S_8BYTE_LITERALS | 1u << S_16BYTE_LITERALS | 1u << S_COALESCED | 1u << S_LITERAL_POINTERS |
    1u << S_NON_LAZY_SYMBOL_POINTERS | 1u << S_LAZY_SYMBOL_POINTERS | 1u << S_SYMBOL_STUBS |
    1u << S_MOD_INIT_FUNC_POINTERS | 1u << S_INIT_FUNC_OFFSETS;

// Names of 16 bytes: nothing but NULs follows the first NUL.
static bool is_padded(const char name[16]) {
    for (size_t i = strnlen(name, 16); i < 16; i++)
        if (name[i])
            return false;
    return true;
}

static void check_section(Image *im, const SegmentCommand *seg, const SectionHeader *sect) {
    const char *name = sect->sectname;
    const u32 type = sect->flags & SECTION_TYPE;
    const bool code = sect->flags & (u32)S_ATTR_PURE_INSTRUCTIONS,
               some = sect->flags & S_ATTR_SOME_INSTRUCTIONS;
    const bool imports =
        type == S_SYMBOL_STUBS || type == S_NON_LAZY_SYMBOL_POINTERS || type == S_LAZY_SYMBOL_POINTERS;
    if (memcmp(sect->segname, seg->segname, sizeof seg->segname) != 0)
        image_fail(im, "section %.16s: says it is in %.16s, and is in %.16s", name, sect->segname,
                   seg->segname);
    if (sect->align > 15 || sect->addr & ((1u << sect->align) - 1))
        image_fail(im, "section %.16s: %#lx is not aligned to 2^%u", name, sect->addr, sect->align);
    if (sect->reloff || sect->nreloc)
        image_fail(im, "section %.16s: has relocations", name);
    if (sect->reserved3 || (sect->reserved1 && !imports) || (sect->reserved2 && type != S_SYMBOL_STUBS))
        image_fail(im, "section %.16s: has numbers %u, %u, %u, which its type %u does not use", name,
                   sect->reserved1, sect->reserved2, sect->reserved3, type);
    if (sect->size && (code != some || (code && !(seg->initprot & VM_PROT_EXECUTE))))
        image_fail(im, "section %.16s: flags %#x do not agree about code", name, sect->flags);
    const u32 known =
        (u32)S_ATTR_PURE_INSTRUCTIONS | S_ATTR_SOME_INSTRUCTIONS | S_ATTR_DEBUG | S_ATTR_OF_LINKERS;
    if (sect->flags & ~(u32)SECTION_TYPE & ~known || type > 31 || !(linked_types >> type & 1) ||
        (sect->flags & S_ATTR_DEBUG && type != S_REGULAR))
        image_fail(im, "section %.16s: flags %#x", name, sect->flags);
    if (!is_padded(sect->sectname))
        image_fail(im, "section %.16s: its name does not end with NULs", name);
    // dsymutil marks none of the sections of debug information, linkers all.
    const u32 first_flags = segment_sections(seg)->flags;
    if (segment_is_mapped(seg) ? sect->flags & S_ATTR_DEBUG : (sect->flags ^ first_flags) & S_ATTR_DEBUG)
        image_fail(im, "section %.16s: flags %#x do not agree about memory", name, sect->flags);
}

// Its distance from the start of its segment: in memory or, where the segment has no addresses, in the file. Those are the
// sections that dsymutil makes, which have the addresses of another file.
static u64 place_in_segment(const SegmentCommand *seg, const SectionHeader *sect) {
    const bool of_dsymutil = !seg->vmsize && !(segment_sections(seg)->flags & S_ATTR_DEBUG);
    return of_dsymutil ? sect->offset - seg->fileoff : sect->addr - seg->vmaddr;
}

// Where a section is in the file, and in its segment.
static void check_section_place(Image *im, const SegmentCommand *seg, const SectionHeader *sect) {
    const u64 in_segment = place_in_segment(seg, sect);
    if ((sect->flags & SECTION_TYPE) == S_ZEROFILL) {
        if (sect->offset)
            image_fail(im, "section %.16s: zeros with a place in the file, %#x", sect->sectname,
                       sect->offset);
        // The file may have the zeros of the rest of a page.
        for (u64 i = in_segment; i < MIN(in_segment + sect->size, seg->filesize); i++)
            if (im->file[seg->fileoff + i])
                image_fail(im, "section %.16s: zeros, but not in the file at %#lx", sect->sectname,
                           seg->fileoff + i);
        return;
    }
    if (sect->offset - seg->fileoff != in_segment)
        image_fail(im, "section %.16s: at %#x in the file and at %#lx in memory, in %.16s from %#lx and %#lx",
                   sect->sectname, sect->offset, sect->addr, seg->segname, seg->fileoff, seg->vmaddr);
    if (in_segment > seg->filesize || sect->size > seg->filesize - in_segment)
        image_fail(im, "section %.16s: ends behind what %.16s has in the file", sect->sectname, seg->segname);
}

// Sections follow each other, as close as their alignment permits, up to the end of the segment.
static void check_sections(Image *im, const SegmentCommand *seg) {
    const SectionHeader *sects = segment_sections(seg);
    const bool has_header = segment_is_mapped(seg) && seg->vmaddr == im->low;
    u64 end = 0; // from the start of the segment
    for (u32 i = 0; i < seg->nsects; i++) {
        const SectionHeader *sect = &sects[i];
        check_section(im, seg, sect);
        check_section_place(im, seg, sect);
        const u64 place = place_in_segment(seg, sect), expected = align_up(end, 1u << sect->align);
        if (place < end || (place != expected && !(has_header && i == 0)))
            image_fail(im, "section %.16s: at %.16s + %#lx, expected at + %#lx", sect->sectname, seg->segname,
                       place, expected);
        end = place + sect->size;
    }
    const u64 size = segment_is_mapped(seg) ? seg->vmsize : seg->filesize, page = im->cpu->page;
    if (seg->nsects && align_up(end, page) != align_up(size, page))
        image_fail(im, "segment %.16s: has %#lx bytes, its sections %#lx", seg->segname, size, end);
}

// macOS maps whole pages: file bytes behind the end of a segment are in its memory, where zeros are expected.
static void check_zero_fill(Image *im, const SegmentCommand *seg) {
    if (!(seg->initprot & VM_PROT_WRITE))
        return;
    u64 end = MIN(align_up(seg->filesize, im->cpu->page), seg->vmsize);
    for (u64 i = seg->filesize; i < end && seg->fileoff + i < im->file_size; i++)
        if (im->file[seg->fileoff + i])
            image_fail(im, "segment %.16s: byte %#lx, where the zeros begin, is not zero", seg->segname, i);
}

// The last segment of the file. Its command is not always the last: that of debug information may follow, which Go's
// linker adds to what another linker wrote.
static const SegmentCommand *last_segment(const Image *im) {
    const SegmentCommand *last = im->segs.v[0];
    for (u32 i = 1; i < im->segs.n; i++)
        if (im->segs.v[i]->filesize && im->segs.v[i]->fileoff >= last->fileoff)
            last = im->segs.v[i];
    return last;
}

// Names that dyld and the kernel look for.
static void check_segment_name(Image *im, const SegmentCommand *seg) {
    const bool last = seg == last_segment(im);
    const char *name = !segment_is_mapped(seg)  ? (seg->vmsize ? "__PAGEZERO" : NULL)
                       : seg->vmaddr == im->low ? "__TEXT"
                       : last                   ? "__LINKEDIT"
                                                : NULL;
    if (!is_padded(seg->segname) || (name && strcmp(seg->segname, name) != 0))
        image_fail(im, "segment %.16s: its place is that of %s", seg->segname, name ? name : "another");
}

static void check_segment(Image *im, const SegmentCommand *seg) {
    const i32 all = VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXECUTE,
              writable_code = VM_PROT_WRITE | VM_PROT_EXECUTE;
    const bool mapped = segment_is_mapped(seg);
    check_segment_name(im, seg);
    if (seg->initprot & ~seg->maxprot || seg->maxprot & ~all ||
        (seg->initprot & writable_code) == writable_code || mapped != (seg->initprot & VM_PROT_READ))
        image_fail(im, "segment %.16s: protection %d of at most %d", seg->segname, seg->initprot,
                   seg->maxprot);
    if (seg->flags & ~(u32)SG_READ_ONLY || (seg->flags && !(seg->initprot & VM_PROT_WRITE)))
        image_fail(im, "segment %.16s: flags %#x", seg->segname, seg->flags);
    if (!mapped && (seg->vmsize % im->cpu->page || (seg->fileoff && !seg->filesize)))
        image_fail(im, "segment %.16s: %#lx bytes of memory, from %#lx in the file", seg->segname,
                   seg->vmsize, seg->fileoff);
}

static int by_place_in_file(const void *a, const void *b) {
    const SegmentCommand *x = *(const SegmentCommand *const *)a, *y = *(const SegmentCommand *const *)b;
    return x->fileoff < y->fileoff ? -1 : x->fileoff > y->fileoff;
}

// What the segments have in the file are pages, one behind the other.
static void check_file_order(Image *im) {
    const SegmentCommand **segs = arena_array(&im->arena, const SegmentCommand *, im->segs.n);
    u32 n = 0;
    for (u32 i = 0; i < im->segs.n; i++)
        if (im->segs.v[i]->filesize)
            segs[n++] = im->segs.v[i];
    qsort(segs, n, sizeof *segs, by_place_in_file);
    u64 fileoff = 0;
    for (u32 i = 0; i < n; i++) {
        if (segs[i]->fileoff != fileoff)
            image_fail(im, "segment %.16s: at %#lx in the file, the one before ends at %#lx",
                       segs[i]->segname, segs[i]->fileoff, fileoff);
        fileoff = align_up(segs[i]->fileoff + segs[i]->filesize, im->cpu->page);
    }
}

static void check_segments(Image *im) {
    const bool program = im->header->filetype == MH_EXECUTE; // begins at 0, with __PAGEZERO
    u64 addr = 0;
    const u64 page = im->cpu->page;
    for (u32 i = 0; i < im->segs.n; i++) {
        const SegmentCommand *seg = im->segs.v[i];
        if (seg->vmaddr != addr && (segment_is_mapped(seg) || seg->vmsize) && (addr || program))
            image_fail(im, "segment %.16s: at %#lx, the one before ends at %#lx", seg->segname, seg->vmaddr,
                       addr);
        if (seg->vmsize)
            addr = align_up(seg->vmaddr + seg->vmsize, page);
        check_segment(im, seg);
        check_sections(im, seg);
        check_zero_fill(im, seg);
    }
    check_file_order(im);
    const SegmentCommand *last = last_segment(im);
    if (strcmp(last->segname, "__LINKEDIT") != 0 || last->fileoff + last->filesize != im->file_size)
        image_fail(im, "segment %.16s: the last is to be __LINKEDIT, up to the end of the file",
                   last->segname);
}

// ---- __LINKEDIT -----------------------------------------------------------------------------------------------------

typedef struct {
    const char *what;
    u64 off, size;
} Part;

static int by_offset(const void *a, const void *b) {
    const Part *x = a, *y = b;
    return x->off < y->off ? -1 : x->off > y->off;
}

// The tables lie in __LINKEDIT one behind the other, with nothing but padding between them.
static void check_linkedit(Image *im) {
    enum { PADDING = 16 };
    Part parts[16];
    u32 n = 0;
#define ADD(command, text, offset, bytes)                                                                    \
    if ((command) && (bytes) > 0)                                                                            \
        parts[n++] = (Part) {                                                                                \
            text, offset, bytes                                                                              \
        }
    ADD(im->dyldinfo, "rebase stream", im->dyldinfo->rebase_off, im->dyldinfo->rebase_size);
    ADD(im->dyldinfo, "bind stream", im->dyldinfo->bind_off, im->dyldinfo->bind_size);
    ADD(im->dyldinfo, "weak bind stream", im->dyldinfo->weak_bind_off, im->dyldinfo->weak_bind_size);
    ADD(im->dyldinfo, "lazy bind stream", im->dyldinfo->lazy_bind_off, im->dyldinfo->lazy_bind_size);
    ADD(im->dyldinfo, "export trie", im->dyldinfo->export_off, im->dyldinfo->export_size);
    ADD(im->chained, "chained fixups", im->chained->dataoff, im->chained->datasize);
    ADD(im->exports, "export trie", im->exports->dataoff, im->exports->datasize);
    ADD(im->symtab, "symbol table", im->symtab->symoff, im->symtab->nsyms * 16ull);
    ADD(im->symtab, "string table", im->symtab->stroff, im->symtab->strsize);
    ADD(im->dysymtab, "indirect symbol table", im->dysymtab->indirectsymoff,
        im->dysymtab->nindirectsyms * 4ull);
    ADD(im->signature, "code signature", im->signature->dataoff, im->signature->datasize);
    for (u32 i = 0; i < COUNT_OF(im->tables); i++)
        ADD(im->tables[i], "table", im->tables[i]->dataoff, im->tables[i]->datasize);
#undef ADD
    qsort(parts, n, sizeof *parts, by_offset);
    u64 end = last_segment(im)->fileoff;
    for (u32 i = 0; i < n; i++) {
        if (parts[i].off < end || parts[i].off - end >= PADDING)
            image_fail(im, "%s: at %#lx, what is before it ends at %#lx", parts[i].what, parts[i].off, end);
        end = parts[i].off + parts[i].size;
    }
    if (im->file_size - end >= PADDING)
        image_fail(im, "__LINKEDIT: its tables end at %#lx, the file at %#lx", end, im->file_size);
}

// ---- symbols --------------------------------------------------------------------------------------------------------

static const SectionHeader *section_number(const Image *im, u32 number) {
    for (u32 i = 0; i < im->segs.n; i++) {
        if (number <= im->segs.v[i]->nsects)
            return &segment_sections(im->segs.v[i])[number - 1];
        number -= im->segs.v[i]->nsects;
    }
    return NULL;
}

static void check_defined(Image *im, u32 idx, const Nlist *sym, const char *name) {
    const SectionHeader *sect = sym->n_sect ? section_number(im, sym->n_sect) : NULL;
    if (!sect)
        image_fail(im, "symbol %u '%s': section %u does not exist", idx, name, sym->n_sect);
    if (sym->n_value == im->low) // the header itself, __mh_execute_header
        return;
    if (sym->n_value < sect->addr || sym->n_value > sect->addr + sect->size)
        image_fail(im, "symbol %u '%s': %#lx is not in section %.16s", idx, name, sym->n_value,
                   sect->sectname);
}

// The three runs: local symbols, exported ones, imports.
static void check_symbol(Image *im, u32 idx) {
    const DysymtabCommand *d = im->dysymtab;
    Nlist sym = image_symbol(im, idx);
    const char *name = image_symbol_name(im, &sym);
    if (!name)
        image_fail(im, "symbol %u: its name is outside the string table", idx);
    if (sym.n_type & N_STAB)
        return;
    const u8 type = sym.n_type & N_TYPE;
    const bool import = idx >= d->iundefsym, external = idx >= d->iextdefsym;
    if (import ? type != N_UNDF : type != N_SECT && type != N_ABS)
        image_fail(im, "symbol %u '%s': type %#x among the %s", idx, name, sym.n_type,
                   import ? "imports" : "definitions");
    if (external != (sym.n_type & N_EXT))
        image_fail(im, "symbol %u '%s': type %#x among the %s symbols", idx, name, sym.n_type,
                   external ? "external" : "local");
    if (type == N_SECT)
        check_defined(im, idx, &sym, name);
    if (import && (sym.n_sect || sym.n_value))
        image_fail(im, "symbol %u '%s': an import in section %u with value %#lx", idx, name, sym.n_sect,
                   sym.n_value);
}

static void check_symbols(Image *im) {
    const DysymtabCommand *d = im->dysymtab;
    const SymtabCommand *s = im->symtab;
    if (!d || !s)
        image_fail(im, "has no symbol table");
    if (d->ilocalsym || d->iextdefsym != d->nlocalsym || d->iundefsym != (u64)d->iextdefsym + d->nextdefsym ||
        s->nsyms != (u64)d->iundefsym + d->nundefsym)
        image_fail(
            im, "LC_DYSYMTAB: %u local, %u exported, %u imported symbols from %u, %u, %u do not make %u",
            d->nlocalsym, d->nextdefsym, d->nundefsym, d->ilocalsym, d->iextdefsym, d->iundefsym, s->nsyms);
    for (u32 i = 0; i < s->nsyms; i++)
        check_symbol(im, i);
}

// ---- imports --------------------------------------------------------------------------------------------------------

static int by_name(const void *a, const void *b) {
    return strcmp(((const Bind *)a)->name, ((const Bind *)b)->name);
}

// The ordinals of the symbol table are bytes.
static bool same_library(const Image *im, const Nlist *sym, i32 ordinal) {
    return !(im->header->flags & MH_TWOLEVEL) || sym->n_desc >> 8 == (u8)ordinal;
}

// In a flat namespace an image looks its own definitions up as well: another one may come first.
static bool is_replaceable(Image *im, const Bind *b) {
    u64 addr;
    return !(im->header->flags & MH_TWOLEVEL) && b->ordinal == ORDINAL_FLAT &&
           export_find(im, b->name, &addr);
}

// The imports of the symbol table are the names of the binds, one for one. A linker that can make lazy stubs imports
// what they call, dyld_stub_binder, also when there are none.
static void check_imports(Image *im) {
    const u32 n = im->binds.n;
    const Bind *binds = fixups_sorted(im, by_name);
    bool *known = arena_array(&im->arena, bool, n);
    for (u32 i = im->dysymtab->iundefsym; i < im->symtab->nsyms; i++) {
        Nlist sym = image_symbol(im, i);
        const char *name = image_symbol_name(im, &sym);
        u32 k = 0;
        while (k < n && strcmp(binds[k].name, name) < 0)
            k++;
        if ((k == n || strcmp(binds[k].name, name) != 0) && strcmp(name, "dyld_stub_binder") != 0)
            image_fail(im, "import '%s' of the symbol table: nothing is bound to it", name);
        for (; k < n && !strcmp(binds[k].name, name); k++) {
            known[k] = true;
            if (!same_library(im, &sym, binds[k].ordinal))
                image_fail(im, "import '%s': library %d when bound, %u in the symbol table", name,
                           binds[k].ordinal, sym.n_desc >> 8);
        }
    }
    for (u32 k = 0; k < n; k++)
        if (!known[k] && binds[k].ordinal != ORDINAL_WEAK && !is_replaceable(im, &binds[k]))
            image_fail(im, "bind of '%s' at %#lx: not an import of the symbol table", binds[k].name,
                       binds[k].addr);
}

// ---- the rest -------------------------------------------------------------------------------------------------------

// Functions that dyld calls are in code.
static void check_initializers(Image *im, const SectionHeader *sect) {
    if ((sect->flags & SECTION_TYPE) != S_MOD_INIT_FUNC_POINTERS)
        return;
    for (u64 i = 0; i < sect->size / 8; i++) {
        u64 addr = get_u64le((u8 *)image_memory(im, sect->addr) + 8 * i) - im->slide;
        if (!image_is_code(im, addr))
            image_fail(im, "section %.16s: initializer %lu at %#lx is not in code", sect->sectname, i, addr);
    }
}

static void check_commands(Image *im) {
    enum { PLATFORM_MACOS = 1, SDK_THAT_NEEDS_UUID = 26 << 16 };
    const BuildVersionCommand *b = im->build_version;
    // Without an SDK of its own a C compiler gives its version as 0.
    if (b && (b->platform != PLATFORM_MACOS || (b->sdk && b->minos > b->sdk)))
        image_fail(im, "LC_BUILD_VERSION: platform %u, minimum version %#x, SDK %#x", b->platform, b->minos,
                   b->sdk);
    if (b && b->sdk >= SDK_THAT_NEEDS_UUID && !im->uuid)
        image_fail(im, "has no LC_UUID, which dyld demands of an SDK of version %u", b->sdk >> 16);
    if (im->header->filetype == MH_EXECUTE && !im->dylinker)
        image_fail(im, "has no LC_LOAD_DYLINKER");
    if (im->has_entry && !image_is_code(im, im->entry))
        image_fail(im, "entry %#lx: not in a section of code", im->entry);
}

void strict_check(Image *im) {
    check_segments(im);
    check_linkedit(im);
    check_symbols(im);
    check_commands(im);
    for (u32 i = 0; i < im->segs.n; i++)
        for (u32 k = 0; segment_is_mapped(im->segs.v[i]) && k < im->segs.v[i]->nsects; k++)
            check_initializers(im, &segment_sections(im->segs.v[i])[k]);
    stubs_check(im);
    check_imports(im);
    page_hashes_check(im);
}
