// commands.c - reads the header and the load commands of a Mach-O file.
//
// WHAT  Afterwards the Image knows its segments, libraries, tables and entry, and everything that follows can rely on this:
//       segments are in the file, do not overlap, and begin at pages; sections are in their segments; strings end.
// HOW   Each command has a reader in a table. Commands that change nothing for a loader are in the table without one. dyld
//       refuses a command that it does not know if that has LC_REQ_DYLD set; so does this.
#include "machorun/loader.h"

#include <stdio.h>

static const Cpu cpus[] = {
    {"x86_64", CPU_TYPE_X86_64, 3, 4096, 4, 42, 16 * 8, 6},
    {"arm64", CPU_TYPE_ARM64, 0, 16384, 6, 68, 32 * 8, 12},
};

static u64 page_up(const Image *im, u64 x) {
    return align_up(x, im->cpu->page);
}

// ---- segments -------------------------------------------------------------------------------------------------------

static void check_section(Image *im, const SegmentCommand *seg, const SectionHeader *sect) {
    if (sect->size > seg->vmsize || sect->addr < seg->vmaddr ||
        sect->addr - seg->vmaddr > seg->vmsize - sect->size)
        image_fail(im, "section %.16s: not inside its segment %.16s", sect->sectname, seg->segname);
    if ((sect->flags & SECTION_TYPE) == S_THREAD_LOCAL_VARIABLES)
        image_fail(im, "section %.16s: thread-local variables, which machorun does not have", sect->sectname);
    if ((sect->flags & SECTION_TYPE) != S_ZEROFILL && sect->size)
        image_bytes(im, sect->offset, sect->size, "section");
}

static void read_segment(Image *im, const LoadCommand *cmd) {
    const SegmentCommand *seg = (const SegmentCommand *)cmd;
    if (cmd->cmdsize < sizeof *seg || (cmd->cmdsize - sizeof *seg) / sizeof(SectionHeader) != seg->nsects)
        image_fail(im, "segment %.16s: %u sections do not fill a command of %u bytes", seg->segname,
                   seg->nsects, cmd->cmdsize);
    if (seg->vmaddr & (im->cpu->page - 1) || (segment_is_mapped(seg) && seg->fileoff & (im->cpu->page - 1)))
        image_fail(im, "segment %.16s: does not begin at a page of %u bytes", seg->segname, im->cpu->page);
    if (seg->vmaddr > 1ull << 47 || seg->vmsize > 1ull << 40)
        image_fail(im, "segment %.16s: beyond all memory", seg->segname);
    image_bytes(im, seg->fileoff, seg->filesize, "segment");
    if (seg->filesize > seg->vmsize && segment_is_mapped(seg))
        image_fail(im, "segment %.16s: more bytes in the file than in memory", seg->segname);
    // The segments without memory that linkers write for debug information have sections with sizes and no addresses.
    for (u32 i = 0; segment_is_mapped(seg) && i < seg->nsects; i++)
        check_section(im, seg, &segment_sections(seg)[i]);
    vec_push(&im->arena, &im->segs, seg);
}

// Segments do not overlap; together they are the range [low, high).
static void measure_segments(Image *im) {
    const SegmentCommand *first = NULL;
    im->low = UINT64_MAX;
    for (u32 i = 0; i < im->segs.n; i++) {
        const SegmentCommand *seg = im->segs.v[i];
        if (!segment_is_mapped(seg))
            continue;
        u64 end = page_up(im, seg->vmaddr + seg->vmsize);
        for (u32 k = 0; k < i; k++) {
            const SegmentCommand *other = im->segs.v[k];
            if (segment_is_mapped(other) && seg->vmaddr < page_up(im, other->vmaddr + other->vmsize) &&
                other->vmaddr < end)
                image_fail(im, "segments %.16s and %.16s overlap", other->segname, seg->segname);
        }
        if (seg->vmaddr < im->low)
            first = seg;
        im->low = MIN(im->low, seg->vmaddr);
        im->high = MAX(im->high, end);
    }
    if (!first)
        image_fail(im, "no segment has memory");
    if (first->fileoff || first->filesize < sizeof(MachHeader) + im->header->sizeofcmds)
        image_fail(im, "segment %.16s: is the first, but does not begin with the header", first->segname);
    if (im->high - im->low > 1ull << 32)
        image_fail(im, "the segments span more than 4 GiB");
}

// ---- the other commands ---------------------------------------------------------------------------------------------

// The string of a command, which must end inside it.
static const char *command_string(Image *im, const LoadCommand *cmd) {
    const StringCommand *s = (const StringCommand *)cmd;
    if (cmd->cmdsize <= sizeof *s || s->name < sizeof *s || s->name >= cmd->cmdsize ||
        !memchr((const char *)cmd + s->name, 0, cmd->cmdsize - s->name))
        image_fail(im, "load command %#x: its string does not end inside it", cmd->cmd);
    return (const char *)cmd + s->name;
}

// Commands that occur once at most, and have a fixed size.
static const void *single(Image *im, const LoadCommand *cmd, size_t size, const void *before) {
    if (cmd->cmdsize < size)
        image_fail(im, "load command %#x: %u bytes, at least %zu expected", cmd->cmd, cmd->cmdsize, size);
    if (before)
        image_fail(im, "load command %#x: for the second time", cmd->cmd);
    return cmd;
}

static void read_symtab(Image *im, const LoadCommand *cmd) {
    im->symtab = single(im, cmd, sizeof *im->symtab, im->symtab);
    image_bytes(im, im->symtab->symoff, (u64)im->symtab->nsyms * sizeof(Nlist), "symbol table");
    const u8 *strings = image_bytes(im, im->symtab->stroff, im->symtab->strsize, "string table");
    if (im->symtab->strsize && strings[im->symtab->strsize - 1])
        image_fail(im, "string table: the last string does not end");
}

static void read_dysymtab(Image *im, const LoadCommand *cmd) {
    im->dysymtab = single(im, cmd, sizeof *im->dysymtab, im->dysymtab);
    image_bytes(im, im->dysymtab->indirectsymoff, 4ull * im->dysymtab->nindirectsyms,
                "indirect symbol table");
}

static void read_dyldinfo(Image *im, const LoadCommand *cmd) {
    im->dyldinfo = single(im, cmd, sizeof *im->dyldinfo, im->dyldinfo);
}

static const LinkeditDataCommand *linkedit_data(Image *im, const LoadCommand *cmd, const void *before,
                                                const char *what) {
    const LinkeditDataCommand *c = single(im, cmd, sizeof *c, before);
    image_bytes(im, c->dataoff, c->datasize, what);
    return c;
}

static void read_chained(Image *im, const LoadCommand *cmd) {
    im->chained = linkedit_data(im, cmd, im->chained, "chained fixups");
}

static void read_exports(Image *im, const LoadCommand *cmd) {
    im->exports = linkedit_data(im, cmd, im->exports, "export trie");
}

static void read_signature(Image *im, const LoadCommand *cmd) {
    im->signature = linkedit_data(im, cmd, im->signature, "code signature");
}

static void read_table(Image *im, const LoadCommand *cmd) {
    u32 i = cmd->cmd == LC_DATA_IN_CODE;
    im->tables[i] = linkedit_data(im, cmd, im->tables[i], "table");
}

static void read_library(Image *im, const LoadCommand *cmd) {
    Library lib = {.name = command_string(im, cmd),
                   .weak = cmd->cmd == (u32)LC_LOAD_WEAK_DYLIB,
                   .reexport = cmd->cmd == (u32)LC_REEXPORT_DYLIB};
    vec_push(&im->arena, &im->libs, lib);
}

static void read_rpath(Image *im, const LoadCommand *cmd) {
    vec_push(&im->arena, &im->rpaths, command_string(im, cmd));
}

static void read_id(Image *im, const LoadCommand *cmd) {
    im->id = command_string(im, cmd);
}

static void read_dylinker(Image *im, const LoadCommand *cmd) {
    im->dylinker = single(im, cmd, sizeof(StringCommand), im->dylinker);
    if (strcmp(command_string(im, cmd), "/usr/lib/dyld") != 0)
        image_fail(im, "wants to be loaded by '%s', not by /usr/lib/dyld", command_string(im, cmd));
}

static void read_uuid(Image *im, const LoadCommand *cmd) {
    im->uuid = single(im, cmd, 24, im->uuid);
}

static void read_build_version(Image *im, const LoadCommand *cmd) {
    im->build_version = single(im, cmd, sizeof *im->build_version, im->build_version);
}

// LC_UNIXTHREAD has the registers that the process begins with; of use is the program counter.
static void read_thread(Image *im, const LoadCommand *cmd) {
    const ThreadCommand *t = single(im, cmd, sizeof *t, im->has_entry ? cmd : NULL);
    const Cpu *cpu = im->cpu;
    if (cmd->cmdsize != sizeof *t + 4 * cpu->thread_words || t->flavor != cpu->thread_flavor ||
        t->count != cpu->thread_words)
        image_fail(im, "LC_UNIXTHREAD: flavor %u with %u words, %u with %u expected", t->flavor, t->count,
                   cpu->thread_flavor, cpu->thread_words);
    im->entry = get_u64le((const u8 *)(t + 1) + cpu->thread_pc);
    im->has_entry = true;
}

static void read_main(Image *im, const LoadCommand *cmd) {
    const EntryPointCommand *e = single(im, cmd, sizeof *e, im->has_entry ? cmd : NULL);
    im->entry = e->entryoff; // made an address by locate_entry
    im->has_entry = true;
    im->entry_is_main = true;
}

static const struct {
    u32 cmd;
    void (*read)(Image *im, const LoadCommand *cmd);
} readers[] = {
    {LC_SEGMENT_64, read_segment},
    {LC_SYMTAB, read_symtab},
    {LC_DYSYMTAB, read_dysymtab},
    {LC_DYLD_INFO, read_dyldinfo},
    {(u32)LC_DYLD_INFO_ONLY, read_dyldinfo},
    {(u32)LC_DYLD_CHAINED_FIXUPS, read_chained},
    {(u32)LC_DYLD_EXPORTS_TRIE, read_exports},
    {LC_CODE_SIGNATURE, read_signature},
    {LC_LOAD_DYLIB, read_library},
    {(u32)LC_LOAD_WEAK_DYLIB, read_library},
    {(u32)LC_REEXPORT_DYLIB, read_library},
    {(u32)LC_RPATH, read_rpath},
    {LC_ID_DYLIB, read_id},
    {LC_LOAD_DYLINKER, read_dylinker},
    {LC_UUID, read_uuid},
    {LC_BUILD_VERSION, read_build_version},
    {LC_UNIXTHREAD, read_thread},
    {(u32)LC_MAIN, read_main},
    {LC_VERSION_MIN_MACOSX, NULL},
    {LC_FUNCTION_STARTS, read_table},
    {LC_DATA_IN_CODE, read_table},
    {LC_SOURCE_VERSION, NULL},
};

static void read_command(Image *im, const LoadCommand *cmd) {
    for (u32 i = 0; i < COUNT_OF(readers); i++) {
        if (readers[i].cmd == cmd->cmd) {
            if (readers[i].read)
                readers[i].read(im, cmd);
            return;
        }
    }
    if (cmd->cmd & (u32)LC_REQ_DYLD)
        image_fail(im, "load command %#x: unknown, and required", cmd->cmd);
    image_strict(im, "load command %#x: unknown", cmd->cmd);
}

static void read_header(Image *im) {
    enum { CPU_SUBTYPE_MASK = 0xffffff }; // above it: capabilities
    const MachHeader *h = (const MachHeader *)image_bytes(im, 0, sizeof *h, "header");
    im->header = h;
    if (h->magic != (u32)MH_MAGIC_64)
        image_fail(im, "not a Mach-O file of 64 bits");
    for (u32 i = 0; i < COUNT_OF(cpus); i++)
        if (cpus[i].cputype == h->cputype)
            im->cpu = &cpus[i];
    if (!im->cpu)
        image_fail(im, "for processor %#x, neither x86_64 nor arm64", h->cputype);
    if ((h->cpusubtype & CPU_SUBTYPE_MASK) != im->cpu->cpusubtype)
        image_fail(im, "for a special kind of %s, %#x", im->cpu->name, h->cpusubtype);
    if (h->filetype != MH_EXECUTE && h->filetype != MH_DYLIB && h->filetype != MH_BUNDLE)
        image_fail(im, "file type %u, neither program nor library", h->filetype);
    image_bytes(im, sizeof *h, h->sizeofcmds, "load commands");
}

// LC_MAIN has the place in the file, where __TEXT begins at 0.
static void locate_entry(Image *im) {
    if (im->entry_is_main) {
        if (im->entry >= im->high - im->low)
            image_fail(im, "entry %#lx: outside the image", im->entry);
        im->entry += im->low;
    }
    for (u32 i = 0; i < im->segs.n; i++) {
        const SegmentCommand *seg = im->segs.v[i];
        if (im->entry >= seg->vmaddr && im->entry - seg->vmaddr < seg->filesize &&
            seg->initprot & VM_PROT_EXECUTE)
            return;
    }
    image_fail(im, "entry %#lx: not in a segment with code", im->entry);
}

void commands_read(Image *im) {
    read_header(im);
    u64 off = sizeof(MachHeader), end = off + im->header->sizeofcmds;
    for (u32 i = 0; i < im->header->ncmds; i++) {
        const LoadCommand *cmd = (const LoadCommand *)(im->file + off);
        if (end - off < sizeof *cmd || cmd->cmdsize < sizeof *cmd || cmd->cmdsize % 8 ||
            cmd->cmdsize > end - off)
            image_fail(im, "load command %u of %u: cut short, or of a bad size", i, im->header->ncmds);
        read_command(im, cmd);
        off += cmd->cmdsize;
    }
    if (off != end)
        image_strict(im, "load commands: %lu bytes, header says %u", (off - sizeof(MachHeader)),
                     im->header->sizeofcmds);
    measure_segments(im);
    if (im->header->filetype == MH_EXECUTE) {
        if (!im->has_entry)
            image_fail(im, "no entry point");
        locate_entry(im);
    }
}

const SectionHeader *image_section(const Image *im, u64 addr) {
    for (u32 i = 0; i < im->segs.n; i++) {
        const SectionHeader *sects = segment_sections(im->segs.v[i]);
        for (u32 k = 0; segment_is_mapped(im->segs.v[i]) && k < im->segs.v[i]->nsects; k++)
            if (addr >= sects[k].addr && addr - sects[k].addr < sects[k].size)
                return &sects[k];
    }
    return NULL;
}

bool image_is_code(const Image *im, u64 addr) {
    const SectionHeader *sect = image_section(im, addr);
    return sect && sect->flags & (u32)S_ATTR_PURE_INSTRUCTIONS;
}

// ---- symbols --------------------------------------------------------------------------------------------------------

Nlist image_symbol(const Image *im, u32 idx) {
    Nlist sym;
    memcpy(&sym, im->file + im->symtab->symoff + sizeof sym * (u64)idx, sizeof sym);
    return sym;
}

const char *image_symbol_name(const Image *im, const Nlist *sym) {
    if (sym->n_strx >= im->symtab->strsize)
        return NULL;
    return (const char *)im->file + im->symtab->stroff + sym->n_strx;
}
