// pe_imports.c - what the program takes from libraries (.idata).
//
// WHAT  To a Go program an imported function is a variable with its address. These variables lie side by side in
//       .windynamic, library by library, and the loader fills them in. It finds them through a record for each library:
//
//         record    -> name of the library
//                   -> list of names: for each symbol where its name is, then a zero
//                   -> list of variables, which in the file is a copy of the list of names
//
//         .idata    records and one of zeros | names of libraries | names of symbols | lists of names
//
//       A name of a symbol follows two bytes of a hint, which is zero; all names have an even size.
// ORDER The stock linker puts new libraries, and new symbols of a library, in front of the others: the order is the
//       reverse of that of symbol numbers.
// REF   Microsoft, "PE Format": The .idata Section; cmd/link/internal/ld/pe.go: initdynimport, addimports.
#include "base/diag.h"
#include "format/pe/pe.h"
#include "handover.h"

enum { RECORD_SIZE = 20, THUNK_SIZE = 8 };

// ---- symbols ----------------------------------------------------------------------------------------------

static PeDll *find_dll(Program *p, Str name) {
    PeState *pe = p->pe;
    for (u32 i = 0; i < pe->dlls.n; i++)
        if (str_eq(pe->dlls.v[i].name, name))
            return &pe->dlls.v[i];
    vec_push(&p->arena, &pe->dlls, ((PeDll){.name = name}));
    return &pe->dlls.v[pe->dlls.n - 1];
}

// Some names say how many arguments the function has ("f%3"), for a processor whose names depend on it.
static void drop_argument_count(const Program *p, DynSym *d) {
    i64 percent = str_index_byte(d->extname, '%');
    if (percent < 0)
        return;
    for (u32 i = (u32)percent + 1; i <= d->extname.n; i++) {
        if (i < d->extname.n ? d->extname.p[i] < '0' || d->extname.p[i] > '9' : i == (u32)percent + 1) {
            error_at(d->sym.i, STR_FMT ": failed to parse stdcall decoration: " STR_FMT,
                     STR_ARG(sym_name(p, d->sym)), STR_ARG(d->extname));
            break;
        }
    }
    d->extname = str_slice(d->extname, 0, (u32)percent);
}

static void collect_imports(Program *p) {
    const Bitmap *live = &p->syms.live;
    for (u32 i = bitmap_next(live, 1, p->syms.n); i < p->syms.n; i = bitmap_next(live, i + 1, p->syms.n)) {
        DynSym *d = sym_dyn(p, (SymId){i});
        if (d && (d->cgo_export_dynamic || d->cgo_export_static))
            handover("exported functions for " STR_FMT, STR_ARG(p->opt->goos));
        if (p->syms.kind[i] != SYM_DYNIMPORT)
            continue;
        drop_argument_count(p, d);
        vec_push(&p->arena, &find_dll(p, d->lib)->syms, d->sym);
    }
}

static void reverse(SymVec *syms) {
    for (u32 i = 0; i < syms->n / 2; i++) {
        SymId s = syms->v[i];
        syms->v[i] = syms->v[syms->n - 1 - i];
        syms->v[syms->n - 1 - i] = s;
    }
}

static void reverse_all(PeState *pe) {
    for (u32 i = 0; i < pe->dlls.n / 2; i++) {
        PeDll d = pe->dlls.v[i];
        pe->dlls.v[i] = pe->dlls.v[pe->dlls.n - 1 - i];
        pe->dlls.v[pe->dlls.n - 1 - i] = d;
    }
    for (u32 i = 0; i < pe->dlls.n; i++)
        reverse(&pe->dlls.v[i].syms);
}

// Imports become parts of .windynamic, as functions of C are parts of their section.
void pe_make_imports(Program *p) {
    PeState *pe = p->pe;
    collect_imports(p);
    reverse_all(pe);
    SymId dynamic = pe->windynamic = sym_lookup_or_make(p, STR(".windynamic"), 0);
    sym_edit(p, dynamic);
    p->syms.kind[dynamic.i] = SYM_WINDOWS;
    bitmap_set(&p->syms.live, dynamic.i);
    bitmap_set(&p->syms.is_carrier, dynamic.i);
    VEC(HostPart) parts = {0};
    u32 off = 0;
    for (u32 i = 0; i < pe->dlls.n; i++) {
        const SymVec *syms = &pe->dlls.v[i].syms;
        for (u32 k = 0; k < syms->n; k++, off += THUNK_SIZE) {
            SymId s = syms->v[k];
            p->syms.kind[s.i] = SYM_WINDOWS;
            p->syms.outer[s.i] = dynamic;
            bitmap_set(&p->syms.is_part, s.i);
            vec_push(&p->arena, &parts, ((HostPart){s, off}));
        }
        off += THUNK_SIZE;
    }
    p->syms.size[dynamic.i] = off;
    vec_push(&p->arena, &p->host_sections, ((HostSection){dynamic, parts.v, parts.n}));
}

// ---- .idata -----------------------------------------------------------------------------------------------

static void put_name(ByteBuf *b, Str name) {
    buf_str(b, name);
    buf_zeros(b, 2 - name.n % 2);
}

// The lists of names, with zeros between them, as RVAs.
static void put_thunks(const PeState *pe, const u32 *names, u32 section_rva, ByteBuf *b) {
    for (u32 i = 0, n = 0; i < pe->dlls.n; i++) {
        for (u32 k = 0; k < pe->dlls.v[i].syms.n; k++)
            buf_u64(b, section_rva + names[n++]);
        buf_u64(b, 0);
    }
}

static void put_records(const Program *p, const u32 *dll_names, u32 thunks_off, u32 section_rva, u8 *out) {
    const PeState *pe = p->pe;
    u32 slots = (u32)(sym_addr(p, pe->windynamic) - p->image_base), off = 0;
    for (u32 i = 0; i < pe->dlls.n; i++, out += RECORD_SIZE) {
        put_u32le(out, section_rva + thunks_off + off);
        put_u32le(out + 12, section_rva + dll_names[i]);
        put_u32le(out + 16, slots + off);
        off += (pe->dlls.v[i].syms.n + 1) * THUNK_SIZE;
    }
}

void pe_layout_imports(Program *p) {
    PeState *pe = p->pe;
    Arena *a = &p->arena;
    ByteBuf *b = &pe->idata;
    u32 *dll_names = arena_array_raw(a, u32, pe->dlls.n);
    u32 *names = arena_array_raw(a, u32, sym_size(p, pe->windynamic) / THUNK_SIZE), n = 0;
    buf_zeros(b, (pe->dlls.n + 1) * RECORD_SIZE);
    for (u32 i = 0; i < pe->dlls.n; i++) {
        dll_names[i] = b->n;
        put_name(b, pe->dlls.v[i].name);
    }
    for (u32 i = 0; i < pe->dlls.n; i++) {
        for (u32 k = 0; k < pe->dlls.v[i].syms.n; k++) {
            names[n++] = b->n;
            buf_u16(b, 0);
            put_name(b, sym_extname(p, pe->dlls.v[i].syms.v[k]));
        }
    }
    pe->thunks_off = b->n;
    put_thunks(pe, names, pe->next_rva, b);
    put_records(p, dll_names, pe->thunks_off, pe->next_rva, b->v);
    pe->idata_section = pe_add_section(p, STR(".idata"), b->n, b->n, SCN_INITIALIZED | SCN_READ | SCN_WRITE);
    const PeSection *s = pe_section(pe, pe->idata_section);
    pe->dirs[PE_DIR_IMPORT] = (PeDirectory){s->rva, s->size};
    pe->dirs[PE_DIR_IAT] =
        (PeDirectory){(u32)(sym_addr(p, pe->windynamic) - p->image_base), sym_size(p, pe->windynamic)};
}

void pe_write_imports(const Program *p) {
    const PeState *pe = p->pe;
    const ByteBuf *b = &pe->idata;
    output_write(p->output, pe->sections[pe->idata_section - 1].fileoff, b->v, b->n);
    u64 slots = p->seg_data.fileoff + (sym_addr(p, pe->windynamic) - p->seg_data.addr);
    output_write(p->output, slots, b->v + pe->thunks_off, b->n - pe->thunks_off);
}
