// pe_unwind.c - how the system finds the caller of a function (.pdata, .xdata): for exceptions, debuggers, profilers.
//
// WHAT  .pdata has a record for each function: RVAs of its first byte, of the byte behind it, and of what its prologue did
//       to the stack. That is an auxiliary symbol of the function; since prologues are much alike there are only some dozen
//       different ones, which make up .xdata: those of one name are one.
// HOW   Auxiliary symbols are looked up in parallel, and joined in the order of textp. In Go 1.26 this is the order
//       before functions of the FIPS module are moved together and -randlayout is applied, and the records are not in the
//       order of addresses then.
// REF   Microsoft, "x64 exception handling": RUNTIME_FUNCTION, UNWIND_INFO; cmd/link/internal/ld/seh.go;
//       cmd/internal/obj/x86/seh.go.
#include "base/diag.h"
#include "format/pe/pe.h"

enum { RECORD_SIZE = 12, ALIGN = 4, GRAIN = 1024 };

static SymId make_table(Program *p, Str name) {
    SymId s = sym_lookup_or_make(p, name, 0);
    sym_edit(p, s);
    sym_set_align(p, s, ALIGN);
    p->syms.kind[s.i] = SYM_SEH_SECT;
    bitmap_set(&p->syms.live, s.i);
    return s;
}

void pe_make_unwind_symbols(Program *p) {
    if (!p->pe->cpu->unwind)
        return;
    p->pe->pdata = make_table(p, STR(".pdata"));
    p->pe->xdata = make_table(p, STR(".xdata"));
}

typedef struct {
    const Program *p;
    SymId *infos; // by position in textp: the auxiliary symbol, or nil
} InfoScan;

static void find_infos(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const InfoScan *scan = arg;
    for (u64 i = begin; i < end; i++) {
        SymId s = scan->p->textp.v[i];
        scan->infos[i] = sym_funcinfo(scan->p, s).data ? sym_aux(scan->p, s, AUX_SEH_UNWIND) : NIL_SYM;
    }
}

// Appends the content of an auxiliary symbol to .xdata.
static u32 add_info(Program *p, SymId info) {
    u32 n;
    const u8 *data = sym_data(p, info, &n);
    u32 off = sym_add_bytes(p, p->pe->xdata, data, n);
    RelocList rl = sym_relocs(p, info);
    for (u32 i = 0; i < rl.n; i++) {
        Reloc r = reloc_get(p, rl, i);
        sym_add_reloc(p, p->pe->xdata, (i32)off + r.off, r.siz, r.type, r.sym, r.add);
    }
    return off;
}

static void write_pdata(const Program *p, SymId s, u8 *out) {
    (void)s;
    u32 xdata = (u32)(sym_addr(p, p->pe->xdata) - p->image_base);
    for (u32 i = 0; i < p->pe->unwinds.n; i++, out += RECORD_SIZE) {
        PeUnwind u = p->pe->unwinds.v[i];
        u32 func = (u32)(sym_addr(p, u.func) - p->image_base);
        put_u32le(out, func);
        put_u32le(out + 4, func + sym_size(p, u.func));
        put_u32le(out + 8, xdata + u.xdata);
    }
}

void pe_collect_unwind(Program *p) {
    PeState *pe = p->pe;
    if (!pe->cpu->unwind)
        return;
    Arena *scratch = worker_arena(p->pool, 0);
    size_t mark = arena_mark(scratch);
    InfoScan scan = {p, arena_array_raw(scratch, SymId, p->textp.n)};
    parallel_for(p->pool, p->textp.n, GRAIN, find_infos, &scan);
    StrMap places;
    strmap_init(&places, scratch, 64);
    SymId last = NIL_SYM; // neighbours often have the same one
    u32 off = 0;
    for (u32 i = 0; i < p->textp.n; i++) {
        SymId info = scan.infos[i];
        if (!info.i)
            continue;
        if (!sym_eq(info, last)) {
            u32 *place = strmap_slot(&places, sym_name(p, info), 0);
            if (*place == STRMAP_NONE)
                *place = add_info(p, info);
            off = *place;
            last = info;
        }
        vec_push(&p->arena, &pe->unwinds, ((PeUnwind){p->textp.v[i], off}));
    }
    arena_release(scratch, mark);
    p->syms.size[pe->pdata.i] = pe->unwinds.n * RECORD_SIZE;
    sym_made(p, pe->pdata)->write = write_pdata;
    bitmap_set(&p->syms.generated, pe->pdata.i);
}

static void add_section(Program *p, Segment *seg, SymId s) {
    if (!sym_size(p, s))
        return;
    Section *sect = section_new(p, seg, sym_name(p, s), 4);
    sect->align = ALIGN;
    sect->size = sym_size(p, s);
    sect->syms = arena_new(&p->arena, SymId);
    *sect->syms = s;
    sect->nsym = 1;
    sym_set_sect(p, s, sect);
}

void pe_add_unwind_sections(Program *p) {
    if (!p->pe->cpu->unwind)
        return;
    add_section(p, &p->seg_pdata, p->pe->pdata);
    add_section(p, &p->seg_xdata, p->pe->xdata);
}
