// macho_hostobj.c - reads objects of C compilers for macOS.
//
// WHAT  An object has one unnamed segment with all sections, a symbol table, and for each section a list of
//       relocations. Each section says by its own segment name where it wants to go; __TEXT and __DATA are linked,
//       the rest (debugging information, stack maps) is left out.
//
//         header       magic, processor, kind of file, number and size of the commands
//         commands     LC_SEGMENT_64 with the sections, LC_SYMTAB, LC_BUILD_VERSION, ...
//         relocation   u32 offset | 24 bits symbol or section, 1 pc-relative, 2 log2 of the size,
//                      1 it is a symbol, 4 type
//         symbol       u32 name | u8 type | u8 section from 1 | u16 description | u64 address
//
// ADDENDS  amd64: the bytes at the relocation, minus the section's address if it names a section. arm64: a relocation
//       of its own in front (ARM64_RELOC_ADDEND), or none.
// REF   mach-o/loader.h, reloc.h, nlist.h, x86_64/reloc.h, arm64/reloc.h; cmd/link/internal/loadmacho/ldmacho.go.
#include "format/hostobj.h"
#include "format/macho/load_command_ids.h"
#include "format/macho/macho.h"

enum {
    MH_MAGIC_64 = 0xfeedfacf,
    HEADER_SIZE = 32,
    MAX_COMMANDS = 0x10000,
    MAX_COMMAND_BYTES = 0x1000000,

    PLATFORM_MACOS = 1,
    PLATFORM_OTHER = 0, // none of LC_BUILD_VERSION's

    SEGMENT_SIZE = 72,
    SECTION_SIZE = 80,
    S_ZEROFILL = 1,
    MAX_ALIGN_LOG2 = 15,

    N_STAB = 0xe0,
    N_EXT = 0x01,
    N_WEAK_REF = 0x40,
    N_WEAK_DEF = 0x80,

    RELOC_SIZE = 8,
    R_SCATTERED = (int)0x80000000,
};

typedef struct {
    const u8 *raw;
    SymId sym; // nil: not linked
} MachoSection;

typedef struct {
    HostReader r;
    const u8 *d;
    u64 n;
    u64 seg_addr, seg_off, seg_size; // of the segment: address, bytes in the file
    MachoSection *sects;             // [0] unused
    u32 nsect;
    const u8 *symtab;
    u32 nsym;
    Str strings;
    SymId *syms; // by number; nil: a debugging entry
} MachoObject;

// ---- commands ---------------------------------------------------------------------------------------------

static bool in_file(const MachoObject *o, u64 off, u64 size) {
    return off <= o->n && size <= o->n - off;
}

static bool read_segment(MachoObject *o, const u8 *c, u32 size) {
    if (o->sects) {
        host_error(&o->r, "multiple load commands");
        return false;
    }
    if (size < SEGMENT_SIZE) {
        host_error(&o->r, "segment command of %u bytes", size);
        return false;
    }
    o->seg_addr = get_u64le(c + 24);
    o->seg_off = get_u64le(c + 40);
    o->seg_size = get_u64le(c + 48);
    o->nsect = get_u32le(c + 64);
    if (o->nsect > (size - SEGMENT_SIZE) / SECTION_SIZE) {
        host_error(&o->r, "%u sections in a command of %u bytes", o->nsect, size);
        return false;
    }
    o->sects = arena_array(&o->r.p->arena, MachoSection, o->nsect + 1);
    for (u32 i = 1; i <= o->nsect; i++)
        o->sects[i].raw = c + SEGMENT_SIZE + (u64)(i - 1) * SECTION_SIZE;
    return true;
}

static bool read_symtab(MachoObject *o, const u8 *c, u32 size) {
    if (o->symtab) {
        host_error(&o->r, "multiple symbol tables");
        return false;
    }
    u32 symoff = size < 24 ? 0 : get_u32le(c + 8), nsym = size < 24 ? 0 : get_u32le(c + 12);
    u32 stroff = size < 24 ? 0 : get_u32le(c + 16), strsize = size < 24 ? 0 : get_u32le(c + 20);
    if (size < 24 || !in_file(o, symoff, (u64)nsym * MACHO_NLIST_SIZE) || !in_file(o, stroff, strsize)) {
        host_error(&o->r, "symbol table reaches past the end of %llu bytes", (unsigned long long)o->n);
        return false;
    }
    o->symtab = o->d + symoff;
    o->nsym = nsym;
    o->strings = (Str){(const char *)o->d + stroff, strsize};
    return true;
}

// The platform that a command names, or -1.
static i64 platform_of(u32 command, const u8 *c, u32 size) {
    switch (command) {
    case LC_VERSION_MIN_MACOSX: return PLATFORM_MACOS;
    case LC_VERSION_MIN_IPHONEOS:
    case LC_VERSION_MIN_TVOS:
    case LC_VERSION_MIN_WATCHOS: return PLATFORM_OTHER;
    case (u32)LC_BUILD_VERSION: return size < 12 ? -1 : (i64)get_u32le(c + 8);
    default: return -1;
    }
}

// The program takes over the first command of its objects that names a platform, if the release does that.
static void note_platform(Program *p, u32 command, const u8 *c, u32 size) {
    i64 platform = platform_of(command, c, size);
    if (platform >= 0 && !p->macho->host_platform.n && (p->rel->macho_copies_platform || platform != PLATFORM_MACOS))
        p->macho->host_platform = (Str){(const char *)c, size};
}

void macho_note_platform(Program *p, const HostObject *obj) {
    if (obj->size < HEADER_SIZE || get_u32le(obj->data) != MH_MAGIC_64)
        return;
    u32 ncmd = get_u32le(obj->data + 16);
    const u8 *c = obj->data + HEADER_SIZE, *end = obj->data + obj->size;
    for (u32 i = 0; i < ncmd && end - c >= 8; i++) {
        u32 size = get_u32le(c + 4);
        if (size < 8 || size > (u64)(end - c))
            return;
        note_platform(p, get_u32le(c), c, size);
        c += size;
    }
}

static bool read_commands(MachoObject *o) {
    u32 ncmd = o->n < HEADER_SIZE ? 0 : get_u32le(o->d + 16), bytes = o->n < HEADER_SIZE ? 0 : get_u32le(o->d + 20);
    if (o->n < HEADER_SIZE || get_u32le(o->d) != MH_MAGIC_64 || get_u32le(o->d + 4) != macho_cpu(o->r.p)->type) {
        host_error(&o->r, "mach-o object but not %s", o->r.p->arch->name);
        return false;
    }
    if (ncmd > MAX_COMMANDS || bytes >= MAX_COMMAND_BYTES || !in_file(o, HEADER_SIZE, bytes)) {
        host_error(&o->r, "implausible mach-o header ncmd=%u cmdsz=%u", ncmd, bytes);
        return false;
    }
    const u8 *c = o->d + HEADER_SIZE, *end = c + bytes;
    for (u32 i = 0; i < ncmd; i++) {
        u32 size = end - c < 8 ? 0 : get_u32le(c + 4);
        if (size < 8 || size > (u64)(end - c)) {
            host_error(&o->r, "load command %u: size %u, expected 8 to %u", i, size, (u32)(end - c));
            return false;
        }
        u32 command = get_u32le(c);
        if (command == LC_SEGMENT_64 && !read_segment(o, c, size))
            return false;
        if (command == LC_SYMTAB && !read_symtab(o, c, size))
            return false;
        note_platform(o->r.p, command, c, size);
        c += size;
    }
    return true;
}

// ---- sections ---------------------------------------------------------------------------------------------

// A name in a field of 16 bytes.
static Str fixed_name(const u8 *field) {
    return (Str){(const char *)field, (u32)strnlen((const char *)field, 16)};
}

static u64 section_addr(const MachoSection *s) {
    return get_u64le(s->raw + 32);
}

static SymKind section_kind(Str segment, Str name) {
    if (str_eq(segment, STR("__TEXT")))
        return str_eq(name, STR("__text")) ? SYM_TEXT : SYM_RODATA;
    return str_eq(name, STR("__bss")) ? SYM_NOPTRBSS : SYM_NOPTRDATA;
}

static bool make_section(MachoObject *o, MachoSection *s) {
    Program *p = o->r.p;
    Str name = fixed_name(s->raw), segment = fixed_name(s->raw + 16);
    if ((!str_eq(segment, STR("__TEXT")) && !str_eq(segment, STR("__DATA"))) || str_eq(name, STR("__eh_frame")))
        return true;
    HostContent c = {.kind = section_kind(segment, name), .size = get_u64le(s->raw + 40)};
    u64 off = section_addr(s) - o->seg_addr;
    if ((s->raw[64] & 0xff) != S_ZEROFILL && c.kind != SYM_NOPTRBSS) {
        if (off > o->seg_size || c.size > o->seg_size - off) {
            host_error(&o->r, "section " STR_FMT "/" STR_FMT " reaches past its segment", STR_ARG(segment),
                       STR_ARG(name));
            return false;
        }
        c.data = o->d + o->seg_off + off;
        c.ndata = c.size;
    }
    u32 align = get_u32le(s->raw + 52);
    if (align > MAX_ALIGN_LOG2) {
        host_error(&o->r, "section " STR_FMT "/" STR_FMT ": alignment 2^%u", STR_ARG(segment), STR_ARG(name), align);
        return false;
    }
    if (align && p->rel->macho_aligns_host)
        c.align = 1u << align;
    s->sym = host_section(&o->r,
                          arena_printf(&p->arena, STR_FMT "(" STR_FMT "/" STR_FMT ")", STR_ARG(o->r.obj->pkg),
                                       STR_ARG(segment), STR_ARG(name)),
                          &c);
    return s->sym.i;
}

static bool make_sections(MachoObject *o) {
    if (o->seg_size >= o->n || o->seg_off >= o->n - o->seg_size) {
        host_error(&o->r, "load segment out of range");
        return false;
    }
    for (u32 i = 1; i <= o->nsect; i++)
        if (!make_section(o, &o->sects[i]))
            return false;
    return true;
}

// ---- symbols ----------------------------------------------------------------------------------------------

// The name at off in the strings, without the underscore in front that C names have.
static bool symbol_name(MachoObject *o, u32 off, Str *name) {
    u32 n = off < o->strings.n ? (u32)strnlen(o->strings.p + off, o->strings.n - off) : 0;
    if (!n) {
        host_error(&o->r, "symbol name at %u of %u bytes of strings", off, o->strings.n);
        return false;
    }
    *name = str_slice(o->strings, off, off + n);
    if (n > 1 && name->p[0] == '_')
        *name = str_slice(*name, 1, n);
    return true;
}

static bool make_symbol(MachoObject *o, const u8 *entry, SymId *sym) {
    u8 type = entry[4], sect = entry[5];
    u16 desc = get_u16le(entry + 6);
    if (type & N_STAB)
        return true;
    Str name;
    if (!symbol_name(o, get_u32le(entry), &name))
        return false;
    bool local = !(type & N_EXT);
    SymId s = *sym = host_symbol(&o->r, name, local);
    u32 flags = local || (desc & (N_WEAK_REF | N_WEAK_DEF)) ? SYMF_DUPOK : 0;
    if (desc & N_WEAK_REF)
        sym_dyn_make(o->r.p, s)->weak = true;
    if (!sect) { // defined elsewhere
        o->r.p->syms.flags[s.i] |= (u16)flags;
        return true;
    }
    if (sect > o->nsect) {
        host_error(&o->r, "reference to invalid section %u", sect);
        return false;
    }
    const MachoSection *in = &o->sects[sect];
    return !in->sym.i || host_define(&o->r, s, in->sym, get_u64le(entry + 8) - section_addr(in), flags);
}

static bool make_symbols(MachoObject *o) {
    o->syms = arena_array(&o->r.p->arena, SymId, o->nsym);
    for (u32 i = 0; i < o->nsym; i++)
        if (!make_symbol(o, o->symtab + (u64)i * MACHO_NLIST_SIZE, &o->syms[i]))
            return false;
    for (u32 i = 1; i <= o->nsect; i++)
        if (o->sects[i].sym.i)
            host_finish_section(&o->r, o->sects[i].sym);
    return true;
}

// ---- relocations ------------------------------------------------------------------------------------------

typedef struct {
    u32 off;
    u32 num;  // of a symbol, or of a section from 1
    bool pcrel, is_symbol;
    u8 siz;   // bytes
    u8 type;
} MachoReloc;

static MachoReloc decode_reloc(const u8 *rec) {
    u32 v = get_u32le(rec + 4);
    return (MachoReloc){.off = get_u32le(rec),
                        .num = v & 0xffffff,
                        .pcrel = v >> 24 & 1,
                        .siz = (u8)(1u << (v >> 25 & 3)),
                        .is_symbol = v >> 27 & 1,
                        .type = (u8)(v >> 28)};
}

static bool reloc_target(MachoObject *o, const MachoReloc *mr, SymId *target) {
    if (mr->is_symbol) {
        if (mr->num < o->nsym && (*target = o->syms[mr->num]).i)
            return true;
        host_error(&o->r, "invalid relocation: symbol reference %u out of range", mr->num);
        return false;
    }
    if (mr->num < 1 || mr->num > o->nsect) {
        host_error(&o->r, "invalid relocation: section reference out of range %u vs %u", mr->num, o->nsect);
        return false;
    }
    *target = o->sects[mr->num].sym;
    if (!target->i)
        host_error(&o->r, "invalid relocation: " STR_FMT, STR_ARG(fixed_name(o->sects[mr->num].raw)));
    return target->i;
}

// What the relocation adds to its target; `before` comes from a record of its own.
static i64 reloc_addend(const MachoObject *o, const MachoReloc *mr, const MachoRelocType *t, const u8 *bytes,
                        i64 before) {
    if (!macho_cpu(o->r.p)->addends_in_place)
        return before + (t->host == R_HOST_GOT_PCREL ? mr->siz : 0);
    i64 add = (i32)get_u32le(bytes + mr->off);
    if (!mr->is_symbol && t->section_addend == MACHO_ADDEND_ADDRESS)
        add -= (i64)section_addr(&o->sects[mr->num]);
    if (!mr->is_symbol && t->section_addend == MACHO_ADDEND_DISTANCE) // from the end of the instruction
        add += (i64)mr->off + 4 - (i64)section_addr(&o->sects[mr->num]);
    return add;
}

static bool add_relocs(MachoObject *o, const MachoSection *s) {
    Program *p = o->r.p;
    u32 from = get_u32le(s->raw + 56), n = get_u32le(s->raw + 60), ndata;
    const u8 *bytes = sym_data(p, s->sym, &ndata);
    if (!in_file(o, from, (u64)n * RELOC_SIZE)) {
        host_error(&o->r, "relocations of " STR_FMT " reach past the end", STR_ARG(sym_name(p, s->sym)));
        return false;
    }
    i64 add = 0;
    for (u32 i = 0; i < n; i++) {
        MachoReloc mr = decode_reloc(o->d + from + (u64)i * RELOC_SIZE);
        if (mr.off & (u32)R_SCATTERED) {
            host_error(&o->r, STR_FMT ": unexpected scattered relocation", STR_ARG(sym_name(p, s->sym)));
            return false;
        }
        const MachoRelocType *t = &macho_cpu(p)->host_relocs[mr.type][mr.pcrel];
        if (t->is_addend) {
            add = (i32)(mr.num << 8) >> 8; // 24 bits, signed
            continue;
        }
        SymId target;
        if (!reloc_target(o, &mr, &target))
            return false;
        if (mr.off > ndata || MAX(mr.siz, 4) > ndata - mr.off) {
            host_error(&o->r, STR_FMT ": relocation %u: offset %u outside %u bytes", STR_ARG(sym_name(p, s->sym)), i,
                       mr.off, ndata);
            return false;
        }
        if (t->host)
            sym_add_reloc(p, s->sym, (i32)mr.off, mr.siz, t->host, target, reloc_addend(o, &mr, t, bytes, add));
        else
            sym_add_reloc(p, s->sym, (i32)mr.off, mr.siz, R_HOST_UNKNOWN, target, mr.type);
        add = 0;
    }
    return true;
}

void macho_load_host_object(Program *p, const HostObject *obj) {
    MachoObject o = {.d = obj->data, .n = obj->size};
    host_open(&o.r, p, obj, "loadmacho");
    if (!read_commands(&o))
        return;
    if (!o.sects) {
        host_error(&o.r, "no load command");
        return;
    }
    if (!o.symtab || !make_sections(&o) || !make_symbols(&o))
        return; // without symbols nothing can refer to it
    for (u32 i = 1; i <= o.nsect; i++)
        if (o.sects[i].sym.i && !add_relocs(&o, &o.sects[i]))
            return;
}
