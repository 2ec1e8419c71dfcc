// pe_resources.c - icons, version numbers, manifests: resources from .syso files in package folders (.rsrc).
//
// WHAT  Resource compilers make an object of the resources, and the go command adds an object called *.syso to the package
//       as it is. A tree of tables leads to the resources, and the leaves have RVAs of the bytes, which are relocated. The
//       tree and the bytes are one section, .rsrc, or two, .rsrc$01 and .rsrc$02, which are joined in the order of the
//       object: then the bytes are behind the tree.
// HOW   An object with anything else than resources, such as code, is left to the stock linker.
// REF   Microsoft, "PE Format": The .rsrc Section, COFF Relocations; cmd/link/internal/loadpe/ldpe.go: Load;
//       cmd/link/internal/ld/pe.go: addpersrc.
#include "base/diag.h"
#include "base/file.h"
#include "format/pe/pe.h"
#include "handover.h"

enum {
    FILE_HEADER = 20,
    SECTION_HEADER = 40,
    RELOC_SIZE = 10,
    SCN_UNINITIALIZED = 0x00000080,
    SCN_COMDAT = 0x00001000, // one of several that are alike
    SYM_ABSOLUTE = 0xffff, // section numbers of symbols that are in none
    SYM_DEBUG = 0xfffe,
    CLASS_STATIC = 3,
};

// An object. The tables are within the file.
typedef struct {
    Program *p;
    const HostObject *obj;
    const u8 *sections, *symbols;
    u32 nsection, nsymbol;
} Coff;

_Noreturn static void leave(const Coff *c) {
    handover("objects of C compilers for " STR_FMT " (" STR_FMT ")", STR_ARG(c->p->opt->goos), STR_ARG(c->obj->what));
}

static bool fail(const Coff *c, const char *what) {
    error("loadpe: " STR_FMT ": %s", STR_ARG(c->obj->what), what);
    return false;
}

// count records of `size` bytes at off, or NULL.
static const u8 *table(const Coff *c, u64 off, u64 count, u64 size) {
    bool inside = off <= c->obj->size && count <= (c->obj->size - off) / size;
    return inside ? c->obj->data + off : NULL;
}

static bool read_headers(Coff *c) {
    const u8 *head = table(c, 0, 1, FILE_HEADER);
    if (!head)
        return fail(c, "shorter than a file header");
    c->nsection = get_u16le(head + 2);
    c->nsymbol = get_u32le(head + 12);
    c->symbols = table(c, get_u32le(head + 8), c->nsymbol, PE_SYMBOL_SIZE);
    c->sections = table(c, FILE_HEADER + (u64)get_u16le(head + 16), c->nsection, SECTION_HEADER);
    return (c->symbols && c->sections) || fail(c, "tables are outside the file");
}

static bool is_ignored(const u8 *section) {
    u32 flags = get_u32le(section + 36);
    return (flags & SCN_DISCARDABLE) || !(flags & (SCN_CODE | SCN_INITIALIZED | SCN_UNINITIALIZED));
}

static bool is_split(const u8 *section) {
    return memcmp(section, ".rsrc$", 6) == 0;
}

static bool is_resource(const u8 *section) {
    const u32 mask = SCN_CODE | SCN_EXECUTE | SCN_INITIALIZED | SCN_UNINITIALIZED | SCN_COMDAT | SCN_READ;
    u32 flags = get_u32le(section + 36) & mask;
    return flags == (SCN_INITIALIZED | SCN_READ) && (is_split(section) || memcmp(section, ".rsrc\0\0", 8) == 0);
}

// The symbol that stands for a section.
static bool is_section_symbol(const u8 *symbol) {
    return symbol[16] == CLASS_STATIC && get_u16le(symbol + 14) == 0 && symbol[0] == '.';
}

// A name for a place in a resource, which nobody else sees.
static bool is_local_symbol(const Coff *c, const u8 *symbol) {
    u32 number = get_u16le(symbol + 12);
    return symbol[16] == CLASS_STATIC && number && number <= c->nsection;
}

// Whether no symbol is seen by others or seeks them: "@feat.00" and those of the debugger mean nothing.
static bool has_only_local_symbols(const Coff *c) {
    for (u64 i = 0; i < c->nsymbol; i++) {
        const u8 *s = c->symbols + i * PE_SYMBOL_SIZE;
        u32 number = get_u16le(s + 12);
        bool marks_unwind = number == SYM_ABSOLUTE && memcmp(s, "@feat.00", PE_SHORT_NAME) == 0;
        if (!is_section_symbol(s) && !is_local_symbol(c, s) && number != SYM_DEBUG && !marks_unwind)
            return false;
        i += s[17]; // records that belong to it
    }
    return true;
}

// Appends a section's bytes, and where they have addresses.
static bool read_resource(const Coff *c, const u8 *section) {
    Program *p = c->p;
    PeState *pe = p->pe;
    u32 size = get_u32le(section + 16), nreloc = get_u16le(section + 32);
    const u8 *data = table(c, get_u32le(section + 20), size, 1);
    const u8 *relocs = table(c, get_u32le(section + 24), nreloc, RELOC_SIZE);
    if (!data || !relocs)
        return fail(c, "a section is outside the file");
    u32 start = pe->rsrc.n;
    buf_bytes(&pe->rsrc, data, size);
    for (u32 i = 0; i < nreloc; i++) {
        const u8 *r = relocs + (u64)i * RELOC_SIZE;
        u32 off = get_u32le(r), symbol = get_u32le(r + 4);
        if (symbol >= c->nsymbol || (u64)off + 4 > size)
            return fail(c, "a relocation leads out of its section or table");
        const u8 *s = c->symbols + (u64)symbol * PE_SYMBOL_SIZE;
        if (get_u16le(r + 8) != pe->cpu->addr32nb || !is_local_symbol(c, s))
            leave(c);
        // The stock linker takes the place of a name to be in the bytes already, if there is one section.
        u32 value = get_u32le(data + off);
        if (is_split(section))
            value += size + get_u32le(s + 8);
        else if (is_section_symbol(s))
            value += get_u32le(s + 8);
        put_u32le(pe->rsrc.v + start + off, value);
        vec_push(&p->arena, &pe->rsrc_relocs, start + off);
    }
    return true;
}

void pe_load_host_object(Program *p, const HostObject *obj) {
    Coff c = {.p = p, .obj = obj};
    if (!read_headers(&c))
        return;
    u32 had = p->pe->rsrc.n;
    for (u32 i = 0; i < c.nsection; i++) {
        const u8 *section = c.sections + (u64)i * SECTION_HEADER;
        if (is_ignored(section))
            continue;
        if (!is_resource(section))
            leave(&c);
        if (had) {
            error("too many .rsrc sections");
            return;
        }
        if (!read_resource(&c, section))
            return;
    }
    if (!has_only_local_symbols(&c))
        leave(&c);
}

void pe_layout_resources(Program *p) {
    PeState *pe = p->pe;
    if (!pe->rsrc.n)
        return;
    pe->rsrc_section = pe_add_section(p, STR(".rsrc"), pe->rsrc.n, pe->rsrc.n, SCN_READ | SCN_INITIALIZED);
    const PeSection *s = pe_section(pe, pe->rsrc_section);
    pe->dirs[PE_DIR_RESOURCE] = (PeDirectory){s->rva, s->size};
    for (u32 i = 0; i < pe->rsrc_relocs.n; i++) {
        u8 *at = pe->rsrc.v + pe->rsrc_relocs.v[i];
        put_u32le(at, get_u32le(at) + s->rva);
    }
}

void pe_write_resources(const Program *p) {
    const PeState *pe = p->pe;
    if (pe->rsrc_section)
        output_write(p->output, pe->sections[pe->rsrc_section - 1].fileoff, pe->rsrc.v, pe->rsrc.n);
}
