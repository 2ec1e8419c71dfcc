// load_commands.c - the header, and the commands by which the kernel and dyld load the file.
//
//         header               32 bytes LC_SEGMENT_64 ...    __PAGEZERO, __TEXT, [__DATA_CONST], __DATA,
//         [__DWARF], __LINKEDIT, with their sections LC_BUILD_VERSION     oldest system that the program runs
//         on, SDK it counts as built with LC_UNIXTHREAD        registers at the start: the entry point
//         LC_MAIN              the same as an offset in the file (arm64)
//         LC_DYLD_INFO_ONLY    only in position-independent files LC_SYMTAB, LC_DYSYMTAB LC_LOAD_DYLINKER,
//         LC_LOAD_DYLIB ... LC_UUID LC_CODE_SIGNATURE arm64
//
// The first page of the file belongs to them. __PAGEZERO catches null pointers; it must be as big as the
// space below the text.
// REF   mach-o/loader.h; cmd/link/internal/ld/macho.go: asmbMacho, machowrite, machoshbits.
#include "base/diag.h"
#include "format/macho/load_command_ids.h"
#include "format/macho/macho.h"

enum {
    MH_MAGIC_64 = 0xfeedfacf,
    MH_OBJECT = 1,
    MH_EXECUTE = 2,
    MH_NOUNDEFS = 0x1,
    MH_DYLDLINK = 0x4,
    MH_PIE = 0x200000,

    PLATFORM_MACOS = 1,
    SG_READ_ONLY = 0x10,

    S_ZEROFILL = 0x1,
    S_NON_LAZY_SYMBOL_POINTERS = 0x6,
    S_SYMBOL_STUBS = 0x8,
    S_MOD_INIT_FUNC_POINTERS = 0x9,
    S_ATTR_PURE_INSTRUCTIONS = (int)0x80000000,
    S_ATTR_DEBUG = 0x02000000,
    S_ATTR_SOME_INSTRUCTIONS = 0x00000400,

    PROT_R = 1,
    PROT_RW = 3,
    PROT_RX = 5,
    PROT_RWX = 7,

    X86_THREAD_STATE64 = 4,
    X86_THREAD_STATE64_WORDS = 42,
    X86_THREAD_STATE64_RIP = 32, // word of the lower half

    HEADER_SIZE = 32,
    RELOCATION_SIZE = 8,
    STUB_SIZE = 6, // a stub on amd64; the stock linker says so for arm64, too, where it is 12
};

typedef struct {
    const Program *p;
    ByteBuf b; // commands
    u32 ncommand;
} Commands;

// Starts a command; returns where it is, for end_command.
static u32 begin_command(Commands *c, u32 type) {
    u32 at = c->b.n;
    buf_u32(&c->b, type);
    buf_u32(&c->b, 0);
    c->ncommand++;
    return at;
}

// Pads the command to a multiple of eight bytes and sets its size.
static void end_command(Commands *c, u32 at) {
    buf_zeros(&c->b, (u32)align_up(c->b.n, 8) - c->b.n);
    put_u32le(c->b.v + at + 4, c->b.n - at);
}

// ---- segments ---------------------------------------------------------------------------------------------

static void put_name16(ByteBuf *b, Str name) {
    u32 n = MIN(name.n, 16);
    buf_bytes(b, name.p, n);
    buf_zeros(b, 16 - n);
}

// See macho_object.c.
static bool is_bitcode_marker(const Section *sect) {
    return str_eq(sect->name, STR(".llvmasm"));
}

// "__" and Go's name with underscores for dots, cut to 16 bytes.
static Str section_name(const Section *sect, char *buf) {
    if (str_eq(sect->name, STR(".plt")))
        return STR("__symbol_stub1");
    if (str_eq(sect->name, STR(".got")))
        return STR("__got");
    if (str_eq(sect->name, STR(".init_array")))
        return STR("__mod_init_func");
    if (is_bitcode_marker(sect))
        return STR("__asm");
    u32 n = 2;
    buf[0] = buf[1] = '_';
    for (u32 i = 1; i < sect->name.n && n < 16; i++)
        buf[n++] = sect->name.p[i] == '.' ? '_' : sect->name.p[i];
    return (Str){buf, n};
}

static u32 section_flags(const Section *sect, bool in_file, bool is_dwarf) {
    u32 flags = 0;
    if (!in_file)
        flags |= S_ZEROFILL;
    if (sect->rwx & 1)
        flags |= S_ATTR_SOME_INSTRUCTIONS;
    if (str_eq(sect->name, STR(".text")))
        flags |= (u32)S_ATTR_PURE_INSTRUCTIONS;
    if (str_eq(sect->name, STR(".plt")))
        flags = (u32)S_ATTR_PURE_INSTRUCTIONS | S_ATTR_SOME_INSTRUCTIONS | S_SYMBOL_STUBS;
    if (str_eq(sect->name, STR(".got")))
        flags = S_NON_LAZY_SYMBOL_POINTERS;
    if (str_eq(sect->name, STR(".init_array")))
        flags = S_MOD_INIT_FUNC_POINTERS;
    return is_dwarf ? flags | S_ATTR_DEBUG : flags;
}

static void put_section(Commands *c, const Section *sect, Str segname) {
    const Program *p = c->p;
    char buf[16];
    const Segment *seg = sect->seg;
    u64 file_end = seg->addr + seg->filesize;
    bool in_file = sect->addr < file_end;
    if (in_file && sect->size > file_end - sect->addr)
        error("macho cannot represent section " STR_FMT " crossing data and bss", STR_ARG(sect->name));
    u32 align = 0;
    while (1ull << align < sect->align)
        align++;
    u32 res1 = 0, res2 = 0;
    if (str_eq(sect->name, STR(".plt")))
        res2 = STUB_SIZE;
    if (str_eq(sect->name, STR(".got")))
        res1 = p->macho->indirect_plt.n; // position of its first entry among the indirect symbols

    put_name16(&c->b, section_name(sect, buf));
    put_name16(&c->b, is_bitcode_marker(sect) ? STR("__LLVM") : segname);
    buf_u64(&c->b, sect->addr);
    buf_u64(&c->b, sect->size);
    buf_u32(&c->b, in_file ? (u32)(seg->fileoff + sect->addr - seg->addr) : 0);
    buf_u32(&c->b, align);
    buf_u32(&c->b, sect->reloc_size ? (u32)sect->reloc_off : 0);
    buf_u32(&c->b, (u32)(sect->reloc_size / RELOCATION_SIZE));
    buf_u32(&c->b, section_flags(sect, in_file, str_eq(segname, STR("__DWARF"))));
    buf_u32(&c->b, res1);
    buf_u32(&c->b, res2);
    buf_u32(&c->b, 0);
}

typedef struct {
    Str name;
    u64 addr, size, fileoff, filesize;
    u32 maxprot, initprot, flags;
    const Segment *sections; // or NULL
} SegmentCommand;

// A segment of the layout, with the name that its sections say they belong to.
typedef struct {
    Str name;
    const Segment *seg;
} SegmentPart;

// The command, with the sections of the parts.
static void put_segment_of(Commands *c, const SegmentCommand *s, const SegmentPart *parts, u32 n) {
    u32 nsect = 0;
    for (u32 i = 0; i < n; i++)
        nsect += parts[i].seg->sects.n;
    u32 at = begin_command(c, LC_SEGMENT_64);
    put_name16(&c->b, s->name);
    buf_u64(&c->b, s->addr);
    buf_u64(&c->b, s->size);
    buf_u64(&c->b, s->fileoff);
    buf_u64(&c->b, s->filesize);
    buf_u32(&c->b, s->maxprot);
    buf_u32(&c->b, s->initprot);
    buf_u32(&c->b, nsect);
    buf_u32(&c->b, s->flags);
    for (u32 i = 0; i < n; i++)
        for (u32 k = 0; k < parts[i].seg->sects.n; k++)
            put_section(c, parts[i].seg->sects.v[k], parts[i].name);
    end_command(c, at);
}

static void put_segment(Commands *c, const SegmentCommand *s) {
    SegmentPart part = {s->name, s->sections};
    put_segment_of(c, s, &part, s->sections ? 1 : 0);
}

static SegmentCommand data_segment(Str name, const Segment *seg) {
    return (SegmentCommand){name,    seg->addr, seg->size, seg->fileoff, seg->filesize,
                            PROT_RW, PROT_RW,   0,         seg};
}

static void put_segments(Commands *c) {
    const Program *p = c->p;
    const MachoState *m = p->macho;
    u64 base = p->text_base - p->header_size;
    put_segment(c, &(SegmentCommand){.name = STR("__PAGEZERO"), .size = base});

    u64 text_size = align_up(p->header_size + p->seg_text.size, p->segment_align);
    put_segment(c, &(SegmentCommand){STR("__TEXT"), base, text_size, 0, text_size, PROT_RWX, PROT_RX, 0,
                                     &p->seg_text});
    if (p->seg_relrodata.size) {
        SegmentCommand s = data_segment(STR("__DATA_CONST"), &p->seg_relrodata);
        s.flags = SG_READ_ONLY;
        put_segment(c, &s);
    }
    SegmentCommand data = data_segment(STR("__DATA"), &p->seg_data);
    put_segment(c, &data);
    if (!p->opt->strip_dwarf) {
        SegmentCommand s = data_segment(STR("__DWARF"), &p->seg_dwarf);
        s.size = s.maxprot = s.initprot = 0; // not loaded
        put_segment(c, &s);
    }
    put_segment(c, &(SegmentCommand){
                       STR("__LINKEDIT"), align_up(p->seg_data.addr + p->seg_data.size, p->segment_align),
                       m->linkedit_size, m->linkedit, m->linkedit_size, PROT_R, PROT_R, 0, NULL});
}

// ---- other commands ---------------------------------------------------------------------------------------

static void put_words(Commands *c, u32 type, const u32 *words, u32 n) {
    u32 at = begin_command(c, type);
    for (u32 i = 0; i < n; i++)
        buf_u32(&c->b, words[i]);
    end_command(c, at);
}

// The platform and its version: of the C code, if the release follows that, or else Go's own.
static void put_build_version(Commands *c) {
    const Program *p = c->p;
    Str host = p->macho->host_platform;
    if (host.n) {
        u32 at = begin_command(c, get_u32le(host.p));
        buf_bytes(&c->b, host.p + 8, host.n - 8);
        end_command(c, at);
        if (p->rel->macho_copies_platform)
            return;
    }
    if (p->external && p->rel->macho_copies_platform)
        return; // the system's linker has a default of its own
    u32 words[] = {PLATFORM_MACOS, p->opt->macos_set ? p->opt->macos : p->rel->macho_os_default,
                   p->opt->macsdk_set ? p->opt->macsdk : p->rel->macho_sdk_default, 0};
    put_words(c, LC_BUILD_VERSION, words, COUNT_OF(words));
}

static void put_entry(Commands *c) {
    const Program *p = c->p;
    u64 pc = format_entry_addr(p);
    if (macho_cpu(p)->main_command) {
        u64 off = pc - (p->text_base - p->header_size);
        u32 words[4] = {(u32)off, (u32)(off >> 32)}; // the others: size of the stack, 0 is the system's choice
        put_words(c, (u32)LC_MAIN, words, COUNT_OF(words));
        return;
    }
    u32 words[2 + X86_THREAD_STATE64_WORDS] = {X86_THREAD_STATE64, X86_THREAD_STATE64_WORDS};
    words[2 + X86_THREAD_STATE64_RIP] = (u32)pc;
    words[2 + X86_THREAD_STATE64_RIP + 1] = (u32)(pc >> 32);
    put_words(c, LC_UNIXTHREAD, words, COUNT_OF(words));
}

static void put_dyld_info(Commands *c) {
    const MachoState *m = c->p->macho;
    u32 words[10] = {(u32)m->rebase.fileoff, (u32)m->rebase.size, (u32)m->bind.fileoff, (u32)m->bind.size};
    put_words(c, (u32)LC_DYLD_INFO_ONLY, words, COUNT_OF(words));
}

static void put_symtab(Commands *c) {
    const MachoState *m = c->p->macho;
    u32 symtab[] = {(u32)m->symtab.fileoff, m->nentry, (u32)m->strtab.fileoff, (u32)m->strtab.size};
    put_words(c, LC_SYMTAB, symtab, COUNT_OF(symtab));
}

static void put_dysymtab(Commands *c) {
    const MachoState *m = c->p->macho;
    u32 nlocal = m->nclass[MACHO_LOCAL], nextdef = m->nclass[MACHO_EXTDEF];
    u32 dysymtab[18] = {0, nlocal, nlocal, nextdef, nlocal + nextdef, m->nclass[MACHO_UNDEF]};
    dysymtab[12] = (u32)m->indirect.fileoff;
    dysymtab[13] = (u32)(m->indirect.size / 4);
    put_words(c, LC_DYSYMTAB, dysymtab, COUNT_OF(dysymtab));
}

// A command with `nword` fixed words, then a string; the first word is the string's offset in the command.
static void put_path(Commands *c, u32 type, u32 nword, Str path) {
    u32 at = begin_command(c, type);
    buf_u32(&c->b, 8 + 4 * nword);
    buf_zeros(&c->b, 4 * (nword - 1));
    buf_str(&c->b, path);
    buf_u8(&c->b, 0);
    end_command(c, at);
}

static void put_uuid(Commands *c) {
    u8 uuid[16];
    if (!macho_uuid(c->p, uuid))
        return;
    u32 at = begin_command(c, LC_UUID);
    buf_bytes(&c->b, uuid, sizeof uuid);
    end_command(c, at);
}

static void put_signature(Commands *c) {
    const MachoPart *s = &c->p->macho->signature;
    u32 words[] = {(u32)s->fileoff, (u32)s->size};
    if (s->size)
        put_words(c, LC_CODE_SIGNATURE, words, COUNT_OF(words));
}

static void write_header(Program *p, const Commands *c, u32 filetype, u32 flags) {
    if (HEADER_SIZE + c->b.n > p->header_size)
        fatal("HEADR too small: %u > %u", HEADER_SIZE + c->b.n, p->header_size);
    if (!p->macho->nclass[MACHO_UNDEF])
        flags |= MH_NOUNDEFS;
    const MachoCpu *cpu = macho_cpu(p);
    u32 header[] = {MH_MAGIC_64, cpu->type, cpu->subtype, filetype, c->ncommand, c->b.n, flags, 0};
    memcpy(p->out, header, sizeof header);
    memcpy(p->out + HEADER_SIZE, c->b.v, c->b.n);
}

void macho_write_header(Program *p) {
    Commands c = {.p = p, .b = {.arena = &p->arena}};
    put_segments(&c);
    put_build_version(&c);
    put_entry(&c);
    if (format_is_pie(p))
        put_dyld_info(&c);
    put_symtab(&c);
    put_dysymtab(&c);
    put_path(&c, LC_LOAD_DYLINKER, 1, STR("/usr/lib/dyld"));
    for (u32 i = 0; i < p->dylibs.n; i++)
        put_path(&c, LC_LOAD_DYLIB, 4, p->dylibs.v[i].path);
    put_uuid(&c);
    put_signature(&c);

    u32 flags = format_is_pie(p) ? MH_PIE | MH_DYLDLINK : 0;
    write_header(p, &c, MH_EXECUTE, flags);
}

void macho_write_object_header(Program *p) {
    Commands c = {.p = p, .b = {.arena = &p->arena}};
    const Segment *text = &p->seg_text, *dwarf = &p->seg_dwarf;
    const SegmentPart parts[] = {
        {STR("__TEXT"), text},
        {STR("__DATA_CONST"), &p->seg_relrodata},
        {STR("__DATA"), &p->seg_data},
        {STR("__DWARF"), dwarf},
    };
    SegmentCommand all = {
        .size = dwarf->addr + dwarf->size - text->addr,
        .fileoff = text->fileoff,
        .filesize = dwarf->fileoff + dwarf->filesize - text->fileoff,
    };
    put_segment_of(&c, &all, parts, COUNT_OF(parts));
    put_build_version(&c);
    put_symtab(&c);
    write_header(p, &c, MH_OBJECT, 0);
}
