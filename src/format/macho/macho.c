// macho.c - the Mach-O back end: numbers, linkage tables, layout of __LINKEDIT.
//
// Stubs (__symbol_stub1) jump through slots of the GOT (__got). Each slot and each stub has an entry in the
// table of indirect symbols, which is how dyld finds out what to put into the slots of a file without bind
// opcodes.
#include "format/macho/macho.h"

#include "base/diag.h"

enum {
    COMMANDS_ESTIMATE = 2048, // of the header, for everything but LC_LOAD_DYLIB
    DYLIB_COMMAND_SIZE = 24,
    LINKEDIT_ALIGN = 16, // codesign adds its data behind the file and wants it aligned
};

static const MachoCpu cpus[ARCH_COUNT] = {
    [ARCH_AMD64] = {.type = 0x01000007,
                    .subtype = 3,
                    .inode64_names = true,
                    .addends_in_place = true,
                    .host_relocs = macho_host_relocs_amd64,
                    .put_kept = macho_put_kept_amd64},
    [ARCH_ARM64] = {.type = 0x0100000c,
                    .subtype = 0,
                    .main_command = true,
                    .signature = true,
                    .short_addends = true,
                    .host_relocs = macho_host_relocs_arm64,
                    .put_kept = macho_put_kept_arm64},
};

const MachoCpu *macho_cpu(const Program *p) {
    return &cpus[p->arch->id];
}

void macho_init(Program *p) {
    p->macho = arena_new(&p->arena, MachoState);
    p->macho->load_budget = MACHO_HEADER_RESERVE - COMMANDS_ESTIMATE;
}

static void add_library(Program *p, Str lib, bool for_symbol) {
    (void)for_symbol; // the library is loaded even if nothing is imported in the end
    for (u32 i = 0; i < p->dylibs.n; i++) {
        if (str_eq(p->dylibs.v[i].path, lib))
            return;
    }
    MachoState *m = p->macho;
    m->load_budget -= (i64)align_up(lib.n, 8) + DYLIB_COMMAND_SIZE;
    if (m->load_budget < 0) {
        p->header_size += MACHO_HEADER_RESERVE;
        p->text_base += MACHO_HEADER_RESERVE;
        m->load_budget += MACHO_HEADER_RESERVE;
    }
    vec_push(&p->arena, &p->dylibs, (Dylib){lib});
}

SymId macho_make_live(Program *p, Str name, SymKind kind) {
    SymId s = sym_lookup_or_make(p, name, 0);
    sym_edit(p, s);
    p->syms.kind[s.i] = (u8)kind;
    bitmap_set(&p->syms.live, s.i);
    return s;
}

static void make_symbols(Program *p) {
    MachoState *m = p->macho;
    macho_make_live(p, STR(".machosymstr"), SYM_MACHO_SYMSTR);
    macho_make_live(p, STR(".machosymtab"), SYM_MACHO_SYMTAB);
    macho_make_live(p, STR(".plt"), SYM_MACHO_PLT);
    SymId got = macho_make_live(p, STR(".got"), format_use_relro(p) ? SYM_MACHO_RELRO : SYM_MACHO_GOT);
    sym_set_align(p, got, 4);
    m->linkedit_plt = macho_make_live(p, STR(".linkedit.plt"), SYM_MACHO_INDIRECT_PLT);
    m->linkedit_got = macho_make_live(p, STR(".linkedit.got"), SYM_MACHO_INDIRECT_GOT);
}

static void add_got(Program *p, SymId s) {
    DynSym *d = sym_dyn_make(p, s);
    if (d->got >= 0)
        return;
    if (d->dynid < 0)
        error("adddynsym: missed symbol (Extname=" STR_FMT ")", STR_ARG(sym_extname(p, s)));
    d->got = (i32)sym_add_u64(p, p->got, 0);
    vec_push(&p->arena, &p->macho->indirect_got, s);
    if (format_is_pie(p))
        vec_push(&p->arena, &p->macho->binds, ((MachoBind){p->got, d->got, s}));
}

static void add_plt(Program *p, SymId s) {
    DynSym *d = sym_dyn_make(p, s);
    if (d->plt >= 0)
        return;
    add_got(p, s);
    vec_push(&p->arena, &p->macho->indirect_plt, s);
    d->plt = (i32)sym_size(p, p->plt);
    p->arch->add_stub(p, d->got);
}

static void add_bind(Program *p, SymId s, i32 off, SymId target) {
    vec_push(&p->arena, &p->macho->binds, ((MachoBind){s, off, target}));
}

static u64 place(MachoPart *part, u64 fileoff, u64 size) {
    *part = (MachoPart){fileoff, size};
    return fileoff + size;
}

u64 macho_layout_linkedit(Program *p) {
    MachoState *m = p->macho;
    u64 round = p->segment_align;
    m->linkedit = align_up(p->header_size + p->seg_text.size, round) +
                  align_up(p->seg_relrodata.filesize, round) + align_up(p->seg_data.filesize, round) +
                  align_up(p->seg_dwarf.filesize, round);
    u64 end = place(&m->rebase, m->linkedit, macho_rebase_size(p));
    end = place(&m->bind, end, macho_bind_size(p));
    end = place(&m->symtab, end, (u64)m->nentry * MACHO_NLIST_SIZE);
    end = place(&m->indirect, end, 4ull * (m->indirect_plt.n + m->indirect_got.n));
    end = place(&m->strtab, end, m->strtab_size);
    m->linkedit_size = align_up(end - m->linkedit, LINKEDIT_ALIGN);
    m->strtab.size += m->linkedit + m->linkedit_size - end;
    return m->linkedit + m->linkedit_size;
}

static u64 layout_tail(Program *p, u64 file_size) {
    (void)file_size;
    MachoState *m = p->macho;
    u64 end = macho_layout_linkedit(p);
    place(&m->signature, end, macho_cpu(p)->signature ? macho_signature_size(end) : 0);
    m->linkedit_size += m->signature.size;
    return m->linkedit + m->linkedit_size;
}

static void write_indirect(const Program *p, const SymVec *syms, u8 *out) {
    for (u32 i = 0; i < syms->n; i++)
        put_u32le(out + 4ull * i, (u32)sym_dyn(p, syms->v[i])->dynid);
}

static void write_tail(Program *p) {
    const MachoState *m = p->macho;
    macho_write_rebase(p);
    macho_write_bind(p);
    macho_write_symtab(p);
    u8 *indirect = p->out + m->indirect.fileoff;
    write_indirect(p, &m->indirect_plt, indirect);
    write_indirect(p, &m->indirect_got, indirect + 4ull * m->indirect_plt.n);
    macho_write_header(p);
    if (m->signature.size)
        macho_write_signature(p); // of the header, too
}

const char *const macho_compiler_args_amd64[] = {"-arch", "x86_64", "-m64", NULL};
const char *const macho_compiler_args_arm64[] = {"-arch", "arm64", NULL};

const Format format_macho = {
    .name = "Mach-O",
    .default_compiler = "clang",
    .compiler_args = {[ARCH_AMD64] = macho_compiler_args_amd64, [ARCH_ARM64] = macho_compiler_args_arm64},
    .target =
        {
            // Apple reserves a thread-local slot for Go (go.dev/issue/23617).
            [ARCH_AMD64] = {.image_base = 0x1000000, .page_size = 4096, .tls_offset = 0x30},
            // There g is found through a key of the pthread library, which no relocation names.
            [ARCH_ARM64] = {.image_base = 1ull << 32, .page_size = 16384},
        },
    .header_reserve = MACHO_HEADER_RESERVE,
    .buildid_in_text = true,
    .loads_from_got = true,
    .dwarf_data4 = true,
    .zdebug_names = true,
    .relro_segment = true,
    .sized_markers = true,
    .init = macho_init,
    .load_host_object = macho_load_host_object,
    .host_got_imports_only = true,
    .add_library = add_library,
    .make_symbols = make_symbols,
    .name_symbols = macho_name_symbols,
    .order_symbols = macho_order_symbols,
    .number_dynamic_symbols = macho_number_dynamic_symbols,
    .add_got = add_got,
    .add_plt = add_plt,
    .add_bind = add_bind,
    .layout_tail = layout_tail,
    .write_tail = write_tail,
};
