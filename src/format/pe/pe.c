// pe.c - the PE back end: numbers, symbols of the image, and the sections in their order.
#include "format/pe/pe.h"

#include <stdio.h>

#include "arch/arch.h"
#include "base/diag.h"

static const PeCpu cpus[ARCH_COUNT] = {
    [ARCH_AMD64] = {.machine = 0x8664, .addr32nb = 3, .fixed = true, .unwind = true},
    [ARCH_ARM64] = {.machine = 0xaa64, .addr32nb = 2},
};

static void init(Program *p) {
    p->pe = arena_new(&p->arena, PeState);
    p->pe->cpu = &cpus[p->arch->id];
    p->pe->names.arena = p->pe->idata.arena = p->pe->base_relocs.arena = p->pe->rsrc.arena = &p->arena;
}

// A library is in the file for the sake of symbols only.
static void add_library(Program *p, Str lib, bool for_symbol) {
    (void)p;
    if (!for_symbol)
        error("adddynlib: unsupported binary format: " STR_FMT " is imported without a symbol", STR_ARG(lib));
}

// ---- symbols ----------------------------------------------------------------------------------------------

// What new systems read of a file before they run it (IMAGE_LOAD_CONFIG_DIRECTORY64): its size, and that it has no need
// of a random number to protect stacks.
static void make_load_config(Program *p) {
    enum { SIZE = 320, GUARD_FLAGS = 144, SECURITY_COOKIE_UNUSED = 0x800 };
    u8 *config = arena_array(&p->arena, u8, SIZE);
    put_u32le(config, SIZE);
    put_u32le(config + GUARD_FLAGS, SECURITY_COOKIE_UNUSED);
    SymId s = sym_lookup_or_make(p, STR("_load_config_used"), 0);
    sym_edit(p, s);
    sym_set_data(p, s, config, SIZE);
    sym_set_align(p, s, p->arch->ptr_size);
    p->syms.kind[s.i] = SYM_RODATA;
    bitmap_set(&p->syms.live, s.i);
    p->pe->load_config = s;
}

static void make_image_symbols(Program *p) {
    static const Str names[] = {STR_INIT("__image_base__"), STR_INIT("_image_base__")}; // libraries of C use them
    for (u32 i = 0; i < COUNT_OF(names); i++) {
        SymId s = sym_lookup_or_make(p, names[i], 0);
        sym_edit(p, s);
        p->syms.kind[s.i] = SYM_DATA;
        p->syms.addr[s.i] = p->image_base;
        bitmap_set(&p->syms.special, s.i);
        bitmap_set(&p->syms.is_local, s.i);
    }
    if (p->rel->pe_load_config)
        make_load_config(p);
}

static void make_symbols(Program *p) {
    pe_make_imports(p);
    pe_make_unwind_symbols(p);
    if (!p->rel->pe_sorts_unwind)
        pe_collect_unwind(p);
}

static void finish_dynamic(Program *p) {
    if (p->rel->pe_sorts_unwind)
        pe_collect_unwind(p); // textp is in the order of addresses now
    pe_add_unwind_sections(p);
}

// ---- sections ---------------------------------------------------------------------------------------------

u32 pe_add_section(Program *p, Str name, u64 size, u64 filesize, u32 flags) {
    PeState *pe = p->pe;
    if (pe->next_rva + size > INT32_MAX || pe->next_fileoff + filesize > UINT32_MAX)
        fatal("section " STR_FMT " is too big for a PE file: %llu bytes", STR_ARG(name), (unsigned long long)size);
    PeSection *s = &pe->sections[pe->nsection++];
    *s = (PeSection){
        .size = (u32)size,
        .rva = pe->next_rva,
        .filesize = (u32)align_up(filesize, PE_FILE_ALIGN),
        .fileoff = pe->next_fileoff,
        .flags = flags,
    };
    memcpy(s->name, name.p, name.n);
    pe->next_rva = (u32)align_up(s->rva + size, PE_SECTION_ALIGN);
    pe->next_fileoff += s->filesize;
    return pe->nsection;
}

// The section that is a segment. The loader wants sections one behind the other, with no more than rounding between
// them; with -T, -D or -R they can be elsewhere.
static u32 add_segment(Program *p, Str name, const Segment *seg, u32 flags) {
    u32 number = pe_add_section(p, name, seg->size, seg->filesize, flags);
    const PeSection *s = pe_section(p->pe, number);
    u64 rva = seg->addr - p->image_base;
    if (rva != s->rva)
        fatal(STR_FMT ".VirtualAddress = %#x, want %#llx", STR_ARG(name), s->rva, (unsigned long long)rva);
    if (seg->fileoff != s->fileoff)
        fatal(STR_FMT ".PointerToRawData = %#x, want %#llx", STR_ARG(name), s->fileoff,
              (unsigned long long)seg->fileoff);
    return number;
}

static void set_directory(Program *p, PeDirectoryIndex dir, u64 rva, u64 size) {
    p->pe->dirs[dir] = (PeDirectory){(u32)rva, (u32)size};
}

static void add_segments(Program *p) {
    PeState *pe = p->pe;
    const u32 readable = SCN_INITIALIZED | SCN_READ;
    pe->text = add_segment(p, STR(".text"), &p->seg_text, SCN_CODE | SCN_EXECUTE | SCN_READ);
    pe->rdata = add_segment(p, STR(".rdata"), &p->seg_rodata, readable);
    if (pe->load_config.i)
        set_directory(p, PE_DIR_LOAD_CONFIG, sym_addr(p, pe->load_config) - p->image_base,
                      sym_size(p, pe->load_config));
    pe->data = add_segment(p, STR(".data"), &p->seg_data, readable | SCN_WRITE);
    if (p->seg_pdata.size) {
        const PeSection *s = pe_section(pe, add_segment(p, STR(".pdata"), &p->seg_pdata, readable));
        set_directory(p, PE_DIR_EXCEPTION, s->rva, s->size);
    }
    if (p->seg_xdata.size)
        add_segment(p, STR(".xdata"), &p->seg_xdata, readable);
}

// Their names are too long for the table of sections.
static void add_debug_sections(Program *p) {
    PeState *pe = p->pe;
    for (u32 i = 0; i < p->seg_dwarf.sects.n; i++) {
        const Section *sect = p->seg_dwarf.sects.v[i];
        char name[PE_SHORT_NAME + 1];
        u32 n = (u32)snprintf(name, sizeof name, "/%u", PE_STRINGS_START + pe->names.n);
        buf_str(&pe->names, sect->name);
        buf_u8(&pe->names, 0);
        pe_add_section(p, (Str){name, n}, sect->size, sect->size,
                       SCN_ALIGN_1 | SCN_READ | SCN_DISCARDABLE | SCN_INITIALIZED);
    }
}

static u64 layout_tail(Program *p, u64 file_size) {
    (void)file_size; // rounded up, where the sections end
    PeState *pe = p->pe;
    pe->next_rva = p->format->header_memory;
    pe->next_fileoff = p->header_size;
    add_segments(p);
    add_debug_sections(p);
    pe_layout_imports(p);
    if (pe_needs_base_relocs(p))
        pe_layout_base_relocs(p);
    pe_layout_symtab(p);
    pe_layout_resources(p);
    return pe->next_fileoff;
}

static void write_tail(Program *p) {
    pe_write_imports(p);
    pe_write_base_relocs(p);
    pe_write_symtab(p);
    pe_write_resources(p);
    pe_write_headers(p);
}

const Format format_pe = {
    .name = "PE",
    .target =
        {
            [ARCH_AMD64] = {.image_base = 0x140000000, .page_size = PE_SECTION_ALIGN},
            [ARCH_ARM64] = {.image_base = 0x140000000, .page_size = PE_SECTION_ALIGN},
        },
    .header_reserve = 0x600,
    .header_memory = PE_SECTION_ALIGN,
    .file_align = PE_FILE_ALIGN,
    .buildid_in_text = true,
    .rodata_segment = true,
    .zdebug_names = true,
    .init = init,
    .load_host_object = pe_load_host_object,
    .add_library = add_library,
    .make_image_symbols = make_image_symbols,
    .make_symbols = make_symbols,
    .finish_dynamic = finish_dynamic,
    .layout_tail = layout_tail,
    .write_tail = write_tail,
};
