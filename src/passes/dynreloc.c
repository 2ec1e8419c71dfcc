// dynreloc.c - what is left to the dynamic linker: pointers to adjust, addresses of imports to fill in.
//
// WHAT  Three things need it. A call of an imported function goes through a stub; code that takes the address
//       of an imported symbol loads it from the GOT; a pointer in memory is adjusted when the file is not
//       loaded at its addresses (rebase), or is filled in (bind) when it points to an imported symbol.
// HOW   Every relocation of every live symbol is looked at, which is most of the cost; so this is done in
//       parallel and reads no more than the type of nearly all of them: whether a target is imported is asked
//       only in objects that refer to imported symbols at all. Pieces of the symbol list yield lists of
//       pointers and of sites that need more; both are joined in order, and the sites are worked off one by
//       one, since stubs and slots are numbered. The format orders its symbol table in a lane beside this,
//       since the numbers of imported symbols come from it.
// ORDER Code in address order, then data by kind, symbols of a kind by number: the stock linker's, which the
//       tables in the file show.
// Requires: kinds final, symbols not yet sorted.  Provides: Program.dyn_pointers, GOT and stubs.
// REF   cmd/link/internal/ld/data.go: dynreloc, dynrelocsym; cmd/link/internal/{amd64,arm64}/asm.go:
//       adddynrel.
#include "base/diag.h"
#include "format/format.h"
#include "passes/hostreloc.h"
#include "passes/passes.h"

enum { PIECE_SYMBOLS = 2048, PIECE_OBJECTS = 64 };

// A relocation of an imported symbol, or one that is an error.
typedef struct {
    SymId sym;
    u32 reloc;
} ImportSite;

// A run of symbols to look at and what was found.
typedef struct {
    const SymId *syms;
    u32 n;
    VEC(DynPointer) pointers;
    VEC(ImportSite) sites;
} Piece;

typedef struct {
    Program *p;
    bool pie;
    bool imports_apart; // a pointer to an import is not one to adjust
    bool all_objects; // a package symbol was turned into an import: any object may refer to it
    u8 *has_imports;  // by object: some non-package symbol that it mentions is imported
    VEC(Piece) pieces;
} Scan;

// ---- which objects refer to imported symbols --------------------------------------------------------------

static void mark_objects(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Scan *sc = arg;
    const Program *p = sc->p;
    for (u64 i = MAX(begin, 1); i < end; i++) {
        const Object *o = &p->objs.v[i];
        u32 from = o->nhashed64 + o->nhashed, to = from + o->nnonpkg + o->nref;
        for (u32 j = from; j < to && !sc->has_imports[i]; j++)
            sc->has_imports[i] = sym_kind(p, o->ids[j]) == SYM_DYNIMPORT;
    }
}

static void find_importing_objects(Scan *sc) {
    const Program *p = sc->p;
    for (u32 i = 0; i < p->syms.dyn.n; i++) {
        SymId s = p->syms.dyn.v[i].sym;
        if (sym_kind(p, s) == SYM_DYNIMPORT && sym_made(p, s)->origin_obj)
            sc->all_objects = true;
    }
    parallel_for(p->pool, p->objs.n, PIECE_OBJECTS, mark_objects, sc);
}

// ---- the scan ---------------------------------------------------------------------------------------------

// Whether relocation i of s, which has the given role, is left to the dynamic linker; a plain pointer goes on
// the list at once.
static void scan_reloc(const Scan *sc, Arena *a, Piece *pc, SymId s, RelocList rl, u32 i, DynRole role) {
    const Program *p = sc->p;
    Reloc r = reloc_get(p, rl, i);
    if (!r.siz || (r.weak && !sym_is_live(p, r.sym)))
        return;
    bool import = sym_kind(p, r.sym) == SYM_DYNIMPORT;
    bool import_apart = import && (sc->imports_apart || r.type == R_HOST_ADDR);
    if (role == DYN_POINTER && sc->pie && !import_apart)
        vec_push(a, &pc->pointers, ((DynPointer){s, (u32)r.off}));
    else if (import || role == DYN_HOST)
        vec_push(a, &pc->sites, ((ImportSite){s, i}));
}

static void scan_piece(const Scan *sc, Arena *a, Piece *pc) {
    const Program *p = sc->p;
    const u8 *role_of = p->arch->dyn_role;
    for (u32 k = 0; k < pc->n; k++) {
        SymId s = pc->syms[k];
        RelocList rl = sym_relocs(p, s);
        bool imports = !rl.obj || sc->all_objects || sc->has_imports[rl.obj->idx];
        if (!imports && !sc->pie)
            continue;
        for (u32 i = 0; i < rl.n; i++) {
            u16 type = reloc_type(rl, i);
            if (type == R_HOST_ADDR && i && reloc_type(rl, i - 1) == R_HOST_SUBTRACT)
                continue; // the second half of a difference
            DynRole role = role_of[type];
            if (role == DYN_POINTER ? sc->pie || imports : role != DYN_NONE && imports)
                scan_reloc(sc, a, pc, s, rl, i, role);
        }
    }
}

static void scan_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    Scan *sc = arg;
    Arena *a = worker_arena(sc->p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        scan_piece(sc, a, &sc->pieces.v[i]);
    }
}

static void add_pieces(Scan *sc, const SymVec *syms) {
    for (u32 i = 0; i < syms->n; i += PIECE_SYMBOLS) {
        u32 n = MIN(syms->n - i, PIECE_SYMBOLS);
        vec_push(&sc->p->arena, &sc->pieces, ((Piece){.syms = syms->v + i, .n = n}));
    }
}

// ---- imported symbols, one by one -------------------------------------------------------------------------

static void unsupported(const Program *p, SymId s, const Reloc *r) {
    error_at(s.i, STR_FMT ": unsupported dynamic relocation for symbol " STR_FMT " (type=%u stype=%u (%s))",
             STR_ARG(sym_name(p, s)), STR_ARG(sym_name(p, r->sym)), r->type, sym_kind(p, r->sym),
             symkind_name(sym_kind(p, r->sym)));
}

static void import_address(const Scan *sc, SymId s, u32 i, const Reloc *r) {
    Program *p = sc->p;
    if (!p->format->loads_from_got && p->arch->dyn_role[r->type] == DYN_ADDRESS) {
        unsupported(p, s, r);
        return;
    }
    if (!kind_is_text(sym_kind(p, s))) {
        if (!sc->pie)
            unsupported(p, s, r);
        return;
    }
    Str name = sym_name(p, r->sym);
    if (r->add) {
        error_at(s.i, STR_FMT ": unexpected nonzero addend for dynamic symbol " STR_FMT,
                 STR_ARG(sym_name(p, s)), STR_ARG(name));
        return;
    }
    u8 *code = writable_data(p, s);
    RelocType type = r->type;
    if (!p->arch->load_from_got(code, sym_made(p, s)->ndata, r->off, &type)) {
        error_at(s.i, STR_FMT ": unexpected %s reloc for dynamic symbol " STR_FMT "%s",
                 STR_ARG(sym_name(p, s)), p->arch->load_reloc_name, STR_ARG(name), p->arch->load_expected);
        return;
    }
    if (p->external) { // the system's linker makes the slot
        redirect_reloc(p, s, i, p->arch->got_load, r->sym, 0);
        return;
    }
    p->format->add_got(p, r->sym);
    redirect_reloc(p, s, i, type, p->got, sym_dyn(p, r->sym)->got);
}

static void import_pointer(const Scan *sc, SymId s, u32 i, const Reloc *r) {
    Program *p = sc->p;
    u8 kind = sym_kind(p, s);
    if (r->type == R_HOST_ADDR && p->format->bind_host_pointer && kind_is_noptrdata(kind)) {
        p->format->bind_host_pointer(p, s, r); // docs/differences.md
        drop_reloc(p, s, i);
        return;
    }
    if (r->type == R_HOST_ADDR && !(sc->pie && p->format->add_bind && sc->imports_apart)) {
        error_at(s.i, STR_FMT ": unexpected reloc for dynamic symbol " STR_FMT, STR_ARG(sym_name(p, s)),
                 STR_ARG(sym_name(p, r->sym)));
        return;
    }
    // A file at fixed addresses has no table for this; the stock linker lets data pass.
    if (!p->format->add_bind || (!sc->pie && !kind_is_ptrdata(kind) && !kind_is_rodata(kind)))
        unsupported(p, s, r);
    else if (sc->pie)
        p->format->add_bind(p, s, r->off, r->sym);
}

static void work_off(const Scan *sc, SymId s, u32 i) {
    Program *p = sc->p;
    Reloc r = reloc_get(p, sym_relocs(p, s), i);
    if (!sc->pie && !sym_is_live(p, r.sym))
        error_at(s.i, STR_FMT ": dynamic relocation to unreachable symbol " STR_FMT, STR_ARG(sym_name(p, s)),
                 STR_ARG(sym_name(p, r.sym)));
    DynRole role = p->arch->dyn_role[r.type];
    if (p->external && role != DYN_ADDRESS)
        return; // kept as it is
    switch (role) {
    case DYN_BRANCH:
        p->format->add_plt(p, r.sym);
        redirect_reloc(p, s, i, r.type, p->plt, sym_dyn(p, r.sym)->plt);
        break;
    case DYN_ADDRESS:
    case DYN_GOT_LOAD: import_address(sc, s, i, &r); break;
    case DYN_HOST: convert_host_reloc(p, s, i); break;
    case DYN_ACCESS:
        if (!p->format->loads_from_got) // the stock linker lets it pass in Mach-O
            unsupported(p, s, &r);
        break;
    case DYN_POINTER: import_pointer(sc, s, i, &r); break;
    case DYN_NONE: break;
    }
}

static void join_pieces(Scan *sc) {
    Program *p = sc->p;
    u32 total = 0;
    for (u32 i = 0; i < sc->pieces.n; i++)
        total += sc->pieces.v[i].pointers.n;
    vec_reserve(&p->arena, &p->dyn_pointers, total);
    for (u32 i = 0; i < sc->pieces.n; i++) {
        const Piece *pc = &sc->pieces.v[i];
        vec_append(&p->arena, &p->dyn_pointers, pc->pointers.v, pc->pointers.n);
        for (u32 j = 0; j < pc->sites.n; j++)
            work_off(sc, pc->sites.v[j].sym, pc->sites.v[j].reloc);
    }
}

// A lane of its own: what is found lies in the lane's arenas.
static void find_sites(void *arg) {
    Scan *sc = arg;
    find_importing_objects(sc);
    parallel_for(sc->p->pool, sc->pieces.n, 1, scan_pieces, sc);
}

static void order_symbols(void *arg) {
    Program *p = arg;
    if (p->format->order_symbols)
        p->format->order_symbols(p);
}

void collect_dynamic_relocs(Program *p, const SymVec *by_kind) {
    Arena *scratch = worker_arena(p->pool, 0);
    size_t mark = arena_mark(scratch);
    if (p->format->name_symbols)
        p->format->name_symbols(p);
    Scan sc = {.p = p, .pie = format_is_pie(p), .has_imports = arena_array(&p->arena, u8, p->objs.n)};
    sc.imports_apart = p->rel->macho_binds_data || !p->format->add_bind;
    bool scan = p->external ? p->format->loads_from_got : p->format->add_plt && (p->dynlinked || p->host_objs.n);
    if (scan) { // the stock linker forgets the latter (docs/differences.md)
        add_pieces(&sc, &p->textp);
        for (u32 i = 0; i < p->rel->ndata_kinds; i++)
            if (!kind_is_linkage(p->rel->data_kinds[i]))
                add_pieces(&sc, &by_kind[p->rel->data_kinds[i]]);
    }
    parallel_tasks(p->pool, (Task[]){{order_symbols, p}, {find_sites, &sc}}, 2);
    arena_release(scratch, mark);
    if (p->format->number_dynamic_symbols)
        p->format->number_dynamic_symbols(p);
    join_pieces(&sc);
    if (p->format->finish_dynamic)
        p->format->finish_dynamic(p);
}
