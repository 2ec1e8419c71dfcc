// macho_object.c - Mach-O objects: what an external link gives to the system's linker.
//
// WHAT  A file whose addresses count from 0, with one nameless segment that has all sections:
//
//         header, load commands, padding up to header_size
//         code and read-only data | data that only dyld writes | data | debugging sections
//         symbol table, string table
//         relocations, section by section (passes/keptrelocs.c)
//
//       A section __LLVM,__asm says that the code comes from an assembler, which Apple's linker wants to know when it
//       looks for bitcode.
// HOW   A relocation names a symbol of the table and has its addend in the bytes that it changes. In debugging
//       information, whose readers expect that, it names a section, and the bytes are an address; what refers from one
//       debugging section to another is left to them: dsymutil follows offsets.
// REF   mach-o/reloc.h, mach-o/x86_64/reloc.h; cmd/link/internal/ld/macho.go: asmbMacho, domacho, machoEmitReloc.
#include "base/diag.h"
#include "format/kept_reloc.h"
#include "format/macho/macho.h"
#include "golang/gostrings.h"

// Symbols of the runtime that a plugin has, too, but must not export, or the program's would be taken for its own.
static void hide_runtime(Program *p) {
    static const struct {
        Str name;
        i32 version;
    } hidden[] = {
        {STR_INIT("_cgo_topofstack"), ABI0},
        {STR_INIT("__cgo_topofstack"), ABI0},
        {STR_INIT("_cgo_panic"), ABI_INTERNAL},
        {STR_INIT("crosscall2"), ABI0},
    };
    for (u32 i = 0; i < COUNT_OF(hidden); i++) {
        SymId s = sym_lookup(p, hidden[i].name, hidden[i].version);
        DynSym *d = s.i ? sym_dyn(p, s) : NULL;
        if (d)
            d->cgo_export_dynamic = false;
    }
}

static void make_symbols(Program *p) {
    macho_make_live(p, STR(".machosymstr"), SYM_MACHO_SYMSTR);
    macho_make_live(p, STR(".machosymtab"), SYM_MACHO_SYMTAB);
    sym_add_u8(p, macho_make_live(p, STR(".llvmasm"), SYM_MACHO), 0);
    for (u32 i = 0; i < p->host_objs.n; i++)
        macho_note_platform(p, &p->host_objs.v[i]);
    if (p->opt->buildmode == BUILDMODE_PLUGIN) {
        hide_runtime(p);
        p->macho->plugin_prefix = path_to_prefix(&p->arena, p->opt->pluginpath);
    }
}

static void add_library(Program *p, Str lib, bool for_symbol) {
    (void)p, (void)lib, (void)for_symbol; // the system's linker is told by flags
}

// ---- relocations ------------------------------------------------------------------------------------------

// Distances count from behind the place here, too, but for those the addend of KeptReloc allows already.
static i64 kept_number(const Program *p, const KeptReloc *k) {
    u8 kind = k->sym.i ? sym_kind(p, k->sym) : SYM_NONE;
    switch ((RelocType)k->type) {
    case R_ADDR: return k->add + (k->debug ? (i64)sym_addr(p, k->sym) : 0);
    case R_CALL:
        if (k->imported || kind == SYM_UNDEFEXT)
            return k->add + k->siz;
        return k->add + (kind == SYM_HOSTOBJ ? 0 : (i64)(sym_addr(p, k->sym) - sym_sect(p, k->sym)->addr));
    case R_PCREL:
    case R_GOTPCREL: return k->add + k->siz;
    default: return k->add;
    }
}

enum { R_EXTERN = 1 << 27 }; // the record names a symbol

static u32 target_of(const Program *p, const KeptReloc *k) {
    if (k->debug)
        return sym_sect(p, k->sym) ? sym_sect(p, k->sym)->extnum : 0;
    u32 number = p->macho->symnum[k->sym.i];
    return number ? (number - 1) | R_EXTERN : 0;
}

// The labels of the symbol, or NULL.
static const MachoLabels *find_labels(const MachoState *m, SymId s) {
    for (u32 i = 0; i < m->labels.n; i++)
        if (m->labels.v[i].sym.i == s.i)
            return &m->labels.v[i];
    return NULL;
}

// An addend that a record has no room for counts from a label. A call's has none at all; calls go to the start of a function.
static void use_label(const Program *p, const KeptReloc *k, u32 *target, i64 *add) {
    i64 reach = k->type == R_CALLARM64 ? 0 : MACHO_LABEL_STEP;
    if (k->type == R_ADDR || !*add || (*add >= -reach && *add < reach))
        return;
    const MachoLabels *l = find_labels(p->macho, k->sym);
    u64 step = (u64)*add / MACHO_LABEL_STEP;
    if (!l || *add < 0 || !step || step > l->n) {
        error_at(k->sym.i, "internal error: relocation addend overflow: " STR_FMT "+%#llx", STR_ARG(sym_name(p, k->sym)),
                 (unsigned long long)*add);
        return;
    }
    *target = (l->first + (u32)step - 1) | R_EXTERN;
    *add -= (i64)(step * MACHO_LABEL_STEP);
}

static u32 put_kept(const Program *p, const KeptReloc *k, u8 *out) {
    if (k->type == R_DWARFSECREF)
        return 0;
    u32 target = out ? target_of(p, k) : 0;
    i64 add = k->add;
    if (out && macho_cpu(p)->short_addends)
        use_label(p, k, &target, &add);
    if (out && !target)
        error_at(k->sym.i, "reloc %u to non-macho symbol " STR_FMT, k->type, STR_ARG(sym_name(p, k->sym)));
    u32 n = macho_cpu(p)->put_kept(k, target, add, out);
    if (!n)
        error_at(k->sym.i, "unsupported obj reloc %u/%u to " STR_FMT, k->type, k->siz, STR_ARG(sym_name(p, k->sym)));
    return n;
}

// ---- layout -----------------------------------------------------------------------------------------------

static void add_labels(Program *p, SymId s, u64 size) {
    if (size > MACHO_LABEL_STEP)
        vec_push(&p->arena, &p->macho->labels, ((MachoLabels){s, (u32)((size - 1) / MACHO_LABEL_STEP), 0}));
}

// Labels in all big symbols, and in groups of symbols: what refers to a member names the group and an offset.
static void make_labels(Program *p) {
    u32 n = p->syms.n;
    for (u32 id = bitmap_next(&p->syms.live, 1, n); id < n; id = bitmap_next(&p->syms.live, id + 1, n))
        if (p->group[id] && !bitmap_get(&p->syms.special, id))
            add_labels(p, (SymId){id}, p->syms.size[id]);
    for (u32 i = 0; i < p->carriers.n; i++)
        add_labels(p, p->carriers.v[i].sym, p->carriers.v[i].size);
    macho_append_labels(p);
}

static u64 layout_tail(Program *p, u64 file_size) {
    (void)file_size;
    if (macho_cpu(p)->short_addends)
        make_labels(p);
    u64 round = p->segment_align, table = macho_layout_linkedit(p) - p->macho->linkedit;
    u64 off = p->seg_dwarf.fileoff + align_up(p->seg_dwarf.filesize, round) + align_up(table, round);
    off = align_up(off, 8);
    const Segment *segs[] = {&p->seg_text, &p->seg_relrodata, &p->seg_data, &p->seg_dwarf};
    for (u32 i = 0; i < COUNT_OF(segs); i++) {
        for (u32 k = 0; k < segs[i]->sects.n; k++) {
            segs[i]->sects.v[k]->reloc_off = off;
            off += segs[i]->sects.v[k]->reloc_size;
        }
    }
    return off;
}

static void write_tail(Program *p) {
    macho_write_symtab(p);
    macho_write_object_header(p);
}

static const char *const noise[] = {
    "ld: warning: -no_pie is deprecated when targeting new OS versions",
    "ld: warning: -bind_at_load is deprecated on macOS",
    NULL,
};

const Format format_macho_object = {
    .name = "Mach-O object",
    .target =
        {
            [ARCH_AMD64] = {.page_size = 4096, .tls_offset = 0x30},
            [ARCH_ARM64] = {.page_size = 16384},
        },
    .header_reserve = MACHO_HEADER_RESERVE,
    .buildid_in_text = true,
    .loads_from_got = true,
    .dwarf_data4 = true,
    .relro_segment = true,
    .splits_code = true,
    .sized_markers = true,
    .default_compiler = "clang",
    .compiler_args = {[ARCH_AMD64] = macho_compiler_args_amd64, [ARCH_ARM64] = macho_compiler_args_arm64},
    .host_noise = noise,
    .init = macho_init,
    .add_library = add_library,
    .make_symbols = make_symbols,
    .name_symbols = macho_name_symbols,
    .order_symbols = macho_order_symbols,
    .number_dynamic_symbols = macho_number_dynamic_symbols,
    .kept_number = kept_number,
    .put_kept = put_kept,
    .add_host_flags = macho_add_host_flags,
    .finish_host_link = macho_finish_host_link,
    .layout_tail = layout_tail,
    .write_tail = write_tail,
};
