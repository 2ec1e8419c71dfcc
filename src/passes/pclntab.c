// pclntab.c - the table that maps program counters to functions, files, lines and stack maps.
//
// Requires: addresses of functions.   Provides: the symbols of section .gopclntab with their sizes and writers.
//
// The runtime walks stacks, prints tracebacks and finds pointers with it. Its parts, each rounded up to pointer size:
//
//   pcheader     magic, sizes, offsets of the parts from here
//   funcnametab  names of functions and inlined functions, NUL-terminated, in order of first use
//   cutab        for each compilation unit: u32 offsets in filetab by the unit's file numbers
//   filetab      file names, NUL-terminated, in order of first use
//   pctab        deduplicated pc-value tables (see golang/pcvalue.h); offset 0 means "none"
//   functab      (entry offset, offset of _func) a function, the end offset, then the _func records, each
//                followed by its pcdata offsets in pctab and its funcdata offsets in go:func.*
//   go:func.*    funcdata: stack maps, inline trees, ...; largest alignment first
//   findfunctab  an index over functab: see findfunctab.c
//
// Sizes and offsets are found in one walk over the functions in address order, since "first use" decides the order of
// everything; the bytes are written straight into the output later.
// REF  runtime/symtab.go: pcHeader, funcdata; runtime/runtime2.go: _func; cmd/link/internal/ld/pcln.go.
#include "arch/arch.h"
#include "base/diag.h"
#include "golang/filename.h"
#include "passes/passes.h"
#include "passes/pclntab.h"

enum {
    FUNC_SIZE = 44,                // runtime._func without what follows it
    PCDATA_INL_TREE_INDEX = 2,     // internal/abi/symtab.go
    FUNCDATA_ARGS_POINTER_MAPS = 0,
    FUNCDATA_INL_TREE = 3,
    FUNCDATA_ARG_INFO = 5,
    INLINED_CALL_SIZE = 16,        // runtime.inlinedCall
    MAX_AUX = 64,                  // pcdata or funcdata entries of one function
};

static const u32 pclntab_magic = 0xfffffff1; // abi.Go120PCLnTabMagic

// What is written into go:func.*: a symbol, or the inline tree of a function.
typedef struct {
    u32 sym;  // SymId, or 0
    u32 func; // index in Pclntab.funcs, when sym is 0
} FuncData;

// What the aux list of one function says.
typedef struct {
    FuncInfo fi;
    SymId pcsp, pcfile, pcline, pcinline;
    u32 npcdata, nfuncdata;
    SymId pcdata[MAX_AUX], funcdata[MAX_AUX];
} FuncAux;

struct Pclntab {
    const Program *p;
    SymId *funcs;        // functions in address order
    u32 nfunc;
    u32 *func_start;     // offset of each _func in functab
    u32 *inl_off;        // offset of each function's inline tree in go:func.*
    u32 *name_off;       // SymId -> 1 + offset in funcnametab
    SymVec names;        // owners of names in table order
    VEC(u32) cus;        // units with functions, in order of first use
    u32 *cu_entries;     // file numbers used in each of them: 1 + highest
    u32 *cu_off;         // first entry of each in cutab
    StrMap file_off;     // raw file name -> offset in filetab
    VEC(Str) files;      // expanded file names in table order
    SymVec pctabs;       // pc-value tables in table order
    VEC(FuncData) funcdata; // in table order
    SymId header, funcnametab, cutab, filetab, pctab, functab, funcdata_sym;
    SymId text_start;    // runtime.text
    SymId deferreturn;
};

// For loops over functions and their tables; i counts the rounds.
static void trim_sometimes(u32 i) {
    if (i % 256 == 0)
        file_trim(FILES_RESIDENT);
}

// ---- reading functions -----------------------------------------------------------------------------------------------

static void push_aux(SymId *list, u32 *n, SymId s) {
    if (*n == MAX_AUX)
        fatal("function with more than %d auxiliary tables", MAX_AUX);
    list[(*n)++] = s;
}

// Fills the aux lists; false when the function has no function information (assembly stubs, markers).
static bool read_func(const Program *p, SymId s, FuncAux *f) {
    f->fi = sym_funcinfo(p, s);
    if (!f->fi.data)
        return false;
    f->pcsp = f->pcfile = f->pcline = f->pcinline = NIL_SYM;
    f->npcdata = f->nfuncdata = 0;
    AuxList al = sym_auxs(p, s);
    for (u32 i = 0; i < al.n; i++) {
        switch (aux_type(al, i)) {
        case AUX_PCSP: f->pcsp = aux_sym(p, al, i); break;
        case AUX_PCFILE: f->pcfile = aux_sym(p, al, i); break;
        case AUX_PCLINE: f->pcline = aux_sym(p, al, i); break;
        case AUX_PCINLINE: f->pcinline = aux_sym(p, al, i); break;
        case AUX_PCDATA: push_aux(f->pcdata, &f->npcdata, aux_sym(p, al, i)); break;
        case AUX_FUNCDATA: push_aux(f->funcdata, &f->nfuncdata, aux_sym(p, al, i)); break;
        default: break;
        }
    }
    return true;
}

// pcdata and funcdata entries of the _func record: an inlining function has at least those of its inline tree.
static u32 pcdata_count(const FuncAux *f) {
    return f->fi.ninl ? MAX(f->npcdata, PCDATA_INL_TREE_INDEX + 1) : f->npcdata;
}

static u32 funcdata_count(const FuncAux *f) {
    return f->fi.ninl ? MAX(f->nfuncdata, FUNCDATA_INL_TREE + 1) : f->nfuncdata;
}

// Entry j is the inline tree, which the linker makes.
static bool is_inl_tree(const FuncAux *f, u32 j) {
    return f->fi.ninl && j == FUNCDATA_INL_TREE;
}

// The funcdata symbol of entry j, or nil when there is none. The assembler refers to argument maps in the hope
// that a Go declaration provides them.
static SymId funcdata_entry(const Program *p, SymId func, const FuncAux *f, u32 j) {
    SymId s = j < f->nfuncdata ? f->funcdata[j] : NIL_SYM;
    if (!s.i || (j != FUNCDATA_ARGS_POINTER_MAPS && j != FUNCDATA_ARG_INFO))
        return s;
    u32 local, n;
    const Object *o = sym_object(p, func, &local);
    if (o && o->flags & OBJ_FROM_ASSEMBLY) {
        sym_data(p, s, &n);
        if (!n)
            return NIL_SYM;
    }
    return s;
}

// ---- sizes -----------------------------------------------------------------------------------------------------------

typedef struct {
    Program *p;
    Pclntab *t;
    Arena scratch;
    u32 name_size, file_size, functab_size;
    u64 pctab_size;
    Bitmap pc_seen, fd_seen;
    u32 **file_seen;     // [unit][file number]: not 0 when used; NULL for units without functions
} Sizer;

static void use_name(Sizer *z, SymId s) {
    Pclntab *t = z->t;
    if (t->name_off[s.i])
        return;
    t->name_off[s.i] = z->name_size + 1;
    z->name_size += sym_name(z->p, s).n + 1;
    vec_push(&z->p->arena, &t->names, s);
}

static void use_unit(Sizer *z, SymId s) {
    i64 unit = sym_unit(z->p, s);
    if (unit < 0 || z->file_seen[unit])
        return;
    Unit *u = &z->p->units.v[unit];
    u->pcln_idx = z->t->cus.n;
    vec_push(&z->p->arena, &z->t->cus, (u32)unit);
    z->file_seen[unit] = arena_array(&z->scratch, u32, z->p->objs.v[u->obj].nfile + 1);
}

// The first element of file_seen[unit] counts the entries, the others are flags by 1 + file number.
static void use_file(Sizer *z, u32 unit, u32 file) {
    const Object *o = &z->p->objs.v[z->p->units.v[unit].obj];
    if (file >= o->nfile) {
        object_bad(o, "file number", file, o->nfile);
        return;
    }
    u32 *seen = z->file_seen[unit];
    if (seen[file + 1])
        return;
    seen[file + 1] = 1;
    seen[0] = MAX(seen[0], file + 1);
    Str raw = object_file(o, file);
    u32 *slot = strmap_slot(&z->t->file_off, raw, 0);
    if (*slot != STRMAP_NONE)
        return;
    *slot = z->file_size;
    Str name = filename_expand(&z->p->arena, z->p->opt->goroot, raw);
    z->file_size += name.n + 1;
    vec_push(&z->p->arena, &z->t->files, name);
}

// Whether s can be a table of functions: read-only data for which no other table has a place.
static bool claim_table(Program *p, SymId s) {
    if (sym_kind(p, s) == SYM_RODATA && !bitmap_get(&p->syms.special, s.i)) {
        bitmap_set(&p->syms.special, s.i);
        return true;
    }
    error_at(s.i, "symbol '" STR_FMT "' of type %s cannot be a table of a function", STR_ARG(sym_name(p, s)),
             symkind_name(sym_kind(p, s)));
    return false;
}

static void use_pctab(Sizer *z, SymId s) {
    if (!s.i || bitmap_get(&z->pc_seen, s.i) || !claim_table(z->p, s))
        return;
    bitmap_set(&z->pc_seen, s.i);
    u32 size = sym_size(z->p, s);
    z->p->syms.addr[s.i] = size ? z->pctab_size : 0;
    z->pctab_size += size;
    if (size)
        vec_push(&z->p->arena, &z->t->pctabs, s);
}

static void use_funcdata(Sizer *z, SymId func, u32 idx, const FuncAux *f) {
    for (u32 j = 0; j < funcdata_count(f); j++) {
        if (is_inl_tree(f, j)) {
            vec_push(&z->p->arena, &z->t->funcdata, ((FuncData){0, idx}));
            continue;
        }
        SymId s = funcdata_entry(z->p, func, f, j);
        if (!s.i || bitmap_get(&z->fd_seen, s.i) || !claim_table(z->p, s))
            continue;
        bitmap_set(&z->fd_seen, s.i);
        vec_push(&z->p->arena, &z->t->funcdata, ((FuncData){s.i, 0}));
    }
}

// One function: everything of it that is new gets the next place in its table.
static void size_func(Sizer *z, u32 idx) {
    Program *p = z->p;
    SymId s = z->t->funcs[idx];
    FuncAux f;
    use_name(z, s);
    use_unit(z, s);
    z->functab_size = (u32)align_up(z->functab_size, p->arch->ptr_size);
    z->t->func_start[idx] = z->functab_size;
    z->functab_size += FUNC_SIZE;
    if (!read_func(p, s, &f))
        return;
    u32 unit = (u32)sym_unit(p, s);
    for (u32 i = 0; i < f.fi.nfile; i++)
        use_file(z, unit, get_u32le(f.fi.files + 4ull * i));
    for (u32 i = 0; i < f.fi.ninl; i++) {
        InlNode n = funcinfo_inl(p, f.fi, i);
        use_name(z, n.func);
        use_file(z, unit, n.file);
    }
    use_pctab(z, f.pcsp);
    use_pctab(z, f.pcfile);
    use_pctab(z, f.pcline);
    for (u32 i = 0; i < f.npcdata; i++)
        use_pctab(z, f.pcdata[i]);
    if (f.fi.ninl)
        use_pctab(z, f.pcinline);
    z->functab_size += 4 * (pcdata_count(&f) + funcdata_count(&f));
    use_funcdata(z, s, idx, &f);
}

static u32 cutab_size(Sizer *z) {
    Pclntab *t = z->t;
    t->cu_entries = arena_array(&z->p->arena, u32, t->cus.n);
    t->cu_off = arena_array(&z->p->arena, u32, t->cus.n);
    u32 total = 0;
    for (u32 i = 0; i < t->cus.n; i++) {
        t->cu_off[i] = total;
        t->cu_entries[i] = z->file_seen[t->cus.v[i]][0];
        total += t->cu_entries[i];
    }
    return 4 * total;
}

static u32 funcdata_align(Program *p, FuncData fd) {
    return fd.sym ? sym_align(p, (SymId){fd.sym}) : 4; // inline trees have 32-bit fields
}

static u32 funcdata_size(const Program *p, FuncData fd) {
    if (fd.sym)
        return sym_size(p, (SymId){fd.sym});
    return sym_funcinfo(p, p->pclntab->funcs[fd.func]).ninl * INLINED_CALL_SIZE;
}

// Sorts by decreasing alignment, keeping the order of equals, and places them. Returns the size; *max_align is the stock tool's, which is
// 0 when there was nothing to compare.
static u64 place_funcdata(Program *p, u32 *max_align) {
    Pclntab *t = p->pclntab;
    FuncData *old = t->funcdata.v;
    u32 n = t->funcdata.n, at[33] = {0}, out = 0;
    FuncData *sorted = arena_array_raw(&p->arena, FuncData, n);
    for (u32 i = 0; i < n; i++)
        at[__builtin_ctz(funcdata_align(p, old[i])) + 1]++;
    *max_align = 0;
    for (int k = 31; k >= 0; k--) {
        u32 count = at[k + 1];
        if (count && !*max_align && n > 1)
            *max_align = 1u << k;
        at[k + 1] = out;
        out += count;
    }
    for (u32 i = 0; i < n; i++)
        sorted[at[__builtin_ctz(funcdata_align(p, old[i])) + 1]++] = old[i];
    t->funcdata.v = sorted;

    u64 size = 0;
    for (u32 i = 0; i < n; i++) {
        u32 bytes = funcdata_size(p, sorted[i]);
        if (!bytes) {
            error_at(sorted[i].sym, STR_FMT ": zero size funcdata", STR_ARG(sym_name(p, (SymId){sorted[i].sym})));
            continue;
        }
        size = align_up(size, funcdata_align(p, sorted[i]));
        if (sorted[i].sym) {
            p->syms.addr[sorted[i].sym] = size;
            bitmap_set(&p->syms.not_in_symtab, sorted[i].sym);
        } else {
            t->inl_off[sorted[i].func] = (u32)size;
        }
        size += bytes;
    }
    return size;
}

// ---- writing ---------------------------------------------------------------------------------------------------------

static void write_header(const Program *p, SymId s, u8 *out) {
    const Pclntab *t = p->pclntab;
    u32 ptr = p->arch->ptr_size;
    put_u32le(out, pclntab_magic);
    out[6] = p->arch->min_lc;
    out[7] = (u8)ptr;
    const u64 words[] = {
        t->nfunc,
        t->files.n,
        0, // was the start of the text
        sym_addr(p, t->funcnametab) - sym_addr(p, s),
        sym_addr(p, t->cutab) - sym_addr(p, s),
        sym_addr(p, t->filetab) - sym_addr(p, s),
        sym_addr(p, t->pctab) - sym_addr(p, s),
        sym_addr(p, t->functab) - sym_addr(p, s),
    };
    for (u32 i = 0; i < COUNT_OF(words); i++)
        memcpy(out + 8 + (u64)i * ptr, &words[i], ptr);
}

static void write_names(const Program *p, SymId s, u8 *out) {
    (void)s;
    const Pclntab *t = p->pclntab;
    for (u32 i = 0; i < t->names.n; i++) {
        Str name = sym_name(p, t->names.v[i]);
        if (name.n)
            memcpy(out, name.p, name.n);
        out += name.n + 1;
        trim_sometimes(i);
    }
}

static void write_cutab(const Program *p, SymId s, u8 *out) {
    (void)s;
    const Pclntab *t = p->pclntab;
    for (u32 i = 0; i < t->cus.n; i++) {
        const Object *o = &p->objs.v[p->units.v[t->cus.v[i]].obj];
        // A file that no live function uses has no offset: STRMAP_NONE is ^0, the runtime's word for that.
        for (u32 k = 0; k < t->cu_entries[i]; k++, out += 4)
            put_u32le(out, strmap_get(&t->file_off, object_file(o, k), 0));
    }
}

static void write_files(const Program *p, SymId s, u8 *out) {
    (void)s;
    const Pclntab *t = p->pclntab;
    for (u32 i = 0; i < t->files.n; i++) {
        memcpy(out, t->files.v[i].p, t->files.v[i].n);
        out += t->files.v[i].n + 1;
    }
}

// Copies the content of a table to its place in a part.
static void copy_table(const Program *p, SymId s, u8 *part) {
    u32 n;
    const u8 *data = sym_data(p, s, &n);
    if (n > sym_size(p, s))
        error_at(s.i, STR_FMT ": initialize bounds (%u < %u)", STR_ARG(sym_name(p, s)), sym_size(p, s), n);
    else if (n)
        memcpy(part + sym_addr(p, s), data, n);
}

static void write_pctab(const Program *p, SymId s, u8 *out) {
    (void)s;
    const Pclntab *t = p->pclntab;
    for (u32 i = 0; i < t->pctabs.n; i++) {
        copy_table(p, t->pctabs.v[i], out);
        trim_sometimes(i);
    }
}

static void write_inl_tree(const Program *p, SymId func, u8 *out) {
    FuncInfo fi = sym_funcinfo(p, func);
    for (u32 i = 0; i < fi.ninl; i++, out += INLINED_CALL_SIZE) {
        InlNode n = funcinfo_inl(p, fi, i);
        FuncInfo callee = sym_funcinfo(p, n.func);
        if (!callee.data) {
            error_at(n.func.i, "inlined function " STR_FMT " missing func info", STR_ARG(sym_name(p, n.func)));
            continue;
        }
        out[0] = funcinfo_funcid(callee);
        put_u32le(out + 4, p->pclntab->name_off[n.func.i] - 1);
        put_u32le(out + 8, (u32)n.parent_pc);
        put_u32le(out + 12, (u32)funcinfo_startline(callee));
    }
}

// Funcdata may refer to code and data by offset (wrapped functions, open-coded defers).
static void relocate_funcdata(const Program *p, SymId s, u8 *out) {
    RelocList rl = sym_relocs(p, s);
    for (u32 i = 0; i < rl.n; i++) {
        Reloc r = reloc_get(p, rl, i);
        if (r.type != R_ADDROFF || r.siz != 4) {
            error_at(s.i, STR_FMT ": unsupported reloc %u of size %u for funcdata symbol", STR_ARG(sym_name(p, s)), r.type, r.siz);
            return;
        }
        if (r.off < 0 || (u64)r.off + r.siz > sym_size(p, s)) {
            error_at(s.i, STR_FMT ": invalid relocation: %d+%d not in [0,%u)", STR_ARG(sym_name(p, s)), r.off, r.siz,
                     sym_size(p, s));
            return;
        }
        if (r.weak && !sym_is_live(p, r.sym))
            return;
        const Section *sect = sym_sect(p, r.sym);
        if (!sect) {
            error_at(s.i, STR_FMT ": missing section for relocation target " STR_FMT " for funcdata symbol",
                     STR_ARG(sym_name(p, s)), STR_ARG(sym_name(p, r.sym)));
            return;
        }
        u64 base = sect->seg == &p->seg_text && sect->rwx & 1 ? p->text_sect->addr : sect->addr;
        put_u32le(out + r.off, (u32)(sym_addr(p, r.sym) - base + (u64)r.add));
    }
}

static void write_funcdata(const Program *p, SymId s, u8 *out) {
    (void)s;
    const Pclntab *t = p->pclntab;
    for (u32 i = 0; i < t->funcdata.n; i++) {
        FuncData fd = t->funcdata.v[i];
        trim_sometimes(i);
        if (!fd.sym) {
            write_inl_tree(p, t->funcs[fd.func], out + t->inl_off[fd.func]);
            continue;
        }
        SymId sym = {fd.sym};
        copy_table(p, sym, out);
        relocate_funcdata(p, sym, out + sym_addr(p, sym));
    }
}

// Offset in the function of the call of runtime.deferreturn, where a panicking function resumes; 0: there is none.
static u32 deferreturn_off(const Program *p, SymId s) {
    RelocList rl = sym_relocs(p, s);
    for (u32 i = 0; i < rl.n; i++) {
        u16 type = reloc_type(rl, i);
        if ((type == R_CALL || type == R_CALLARM64) && reloc_sym(p, rl, i).i == p->pclntab->deferreturn.i)
            return (u32)reloc_off(rl, i) - p->arch->call_opcode_size;
    }
    return 0;
}

static u8 *put32(u8 *at, u32 v) {
    put_u32le(at, v);
    return at + 4;
}

static void write_func(const Program *p, u32 idx, u8 *functab) {
    const Pclntab *t = p->pclntab;
    SymId s = t->funcs[idx];
    FuncAux f;
    bool valid = read_func(p, s, &f);
    u32 npcdata = valid ? pcdata_count(&f) : 0, nfuncdata = valid ? funcdata_count(&f) : 0;
    u32 entry = (u32)(sym_addr(p, s) - sym_addr(p, t->text_start));
    i64 unit = sym_unit(p, s);

    put_u32le(functab + 8ull * idx, entry);
    put_u32le(functab + 8ull * idx + 4, t->func_start[idx]);
    u8 *at = functab + t->func_start[idx];
    at = put32(at, entry);
    at = put32(at, t->name_off[s.i] - 1);
    at = put32(at, valid ? funcinfo_args(f.fi) : 0);
    at = put32(at, deferreturn_off(p, s));
    at = put32(at, valid ? (u32)sym_addr(p, f.pcsp) : 0);
    at = put32(at, valid ? (u32)sym_addr(p, f.pcfile) : 0);
    at = put32(at, valid ? (u32)sym_addr(p, f.pcline) : 0);
    at = put32(at, npcdata);
    at = put32(at, unit < 0 ? UINT32_MAX : t->cu_off[p->units.v[unit].pcln_idx]);
    at = put32(at, valid ? (u32)funcinfo_startline(f.fi) : 0);
    *at++ = valid ? funcinfo_funcid(f.fi) : 0;
    *at++ = valid ? funcinfo_flag(f.fi) : 0;
    *at++ = 0;
    *at++ = (u8)nfuncdata;
    if (!valid)
        return;
    for (u32 j = 0; j < npcdata; j++) {
        SymId pc = j < f.npcdata ? f.pcdata[j] : NIL_SYM;
        if (f.fi.ninl && j == PCDATA_INL_TREE_INDEX)
            pc = f.pcinline;
        at = put32(at, (u32)sym_addr(p, pc));
    }
    for (u32 j = 0; j < nfuncdata; j++) {
        SymId fd = funcdata_entry(p, s, &f, j);
        at = put32(at, is_inl_tree(&f, j) ? t->inl_off[idx] : fd.i ? (u32)sym_addr(p, fd) : UINT32_MAX);
    }
}

static void write_functab(const Program *p, SymId s, u8 *out) {
    (void)s;
    const Pclntab *t = p->pclntab;
    for (u32 i = 0; i < t->nfunc; i++) {
        write_func(p, i, out);
        trim_sometimes(i);
    }
    SymId last = t->funcs[t->nfunc - 1];
    put_u32le(out + 8ull * t->nfunc, (u32)(sym_addr(p, last) - sym_addr(p, t->text_start)) + sym_size(p, last));
}

// ---- the pass --------------------------------------------------------------------------------------------------------

static SymId add_part(Program *p, SymId carrier, const char *name, u64 size, u32 align, SymWriter *write) {
    if (size > INT32_MAX) { // offsets in the table are of that type
        error("%s: %llu bytes are too many", name, (unsigned long long)size);
        size = 0;
    }
    SymId s = sym_lookup_or_make(p, str_from_c(name), 0);
    sym_edit(p, s)->write = write;
    bitmap_set(&p->syms.generated, s.i);
    bitmap_set(&p->syms.live, s.i);
    bitmap_set(&p->syms.not_in_symtab, s.i);
    p->syms.kind[s.i] = SYM_PCLNTAB;
    p->syms.size[s.i] = (u32)align_up(size, p->arch->ptr_size);
    sym_set_align(p, s, align);
    p->syms.outer[s.i] = carrier;
    bitmap_set(&p->syms.is_carrier, carrier.i);
    if (align > sym_explicit_align(p, carrier))
        sym_set_align(p, carrier, align);
    return s;
}

static void collect_functions(Program *p, Pclntab *t) {
    t->funcs = arena_array_raw(&p->arena, SymId, p->textp.n);
    for (u32 i = 0; i < p->textp.n; i++)
        if (!bitmap_get(&p->syms.is_carrier, p->textp.v[i].i)) // its parts are the functions
            t->funcs[t->nfunc++] = p->textp.v[i];
}

void build_pclntab(Program *p) {
    Pclntab *t = p->pclntab = arena_new(&p->arena, Pclntab);
    collect_functions(p, t);
    t->func_start = arena_array(&p->arena, u32, t->nfunc);
    t->inl_off = arena_array(&p->arena, u32, t->nfunc);
    t->name_off = arena_array(&p->arena, u32, p->syms.n);
    strmap_init(&t->file_off, &p->arena, 4096);
    t->text_start = sym_lookup(p, STR("runtime.text"), 0);
    t->deferreturn = sym_lookup(p, STR("runtime.deferreturn"), ABI_INTERNAL);

    Sizer z = {.p = p, .t = t, .pctab_size = 1, .functab_size = t->nfunc * 8 + 4};
    arena_init(&z.scratch, 0);
    z.pc_seen = bitmap_new(&z.scratch, p->syms.n);
    z.fd_seen = bitmap_new(&z.scratch, p->syms.n);
    z.file_seen = arena_array(&z.scratch, u32 *, p->units.n);
    for (u32 i = 0; i < t->nfunc; i++) {
        size_func(&z, i);
        trim_sometimes(i);
    }

    SymId carrier = sym_lookup_or_make(p, STR("runtime.pclntab"), 0);
    p->syms.kind[carrier.i] = SYM_PCLNTAB;
    bitmap_set(&p->syms.live, carrier.i);
    u32 ptr = p->arch->ptr_size, max_align;
    sym_set_align(p, carrier, ptr);
    t->header = add_part(p, carrier, "runtime.pcheader", 8 + 8 * ptr, ptr, write_header);
    t->funcnametab = add_part(p, carrier, "runtime.funcnametab", z.name_size, 1, write_names);
    t->cutab = add_part(p, carrier, "runtime.cutab", cutab_size(&z), 4, write_cutab);
    t->filetab = add_part(p, carrier, "runtime.filetab", z.file_size, 1, write_files);
    t->pctab = add_part(p, carrier, "runtime.pctab", z.pctab_size, 1, write_pctab);
    t->functab = add_part(p, carrier, "runtime.functab", z.functab_size, 4, write_functab);
    u64 funcdata = place_funcdata(p, &max_align);
    t->funcdata_sym = add_part(p, carrier, "go:func.*", funcdata, max_align, write_funcdata);
    bitmap_clear(&p->syms.not_in_symtab, t->funcdata_sym.i); // debuggers look for it
    arena_free(&z.scratch);
    build_findfunctab(p);
}

const SymId *pclntab_functions(const Program *p, u32 *n) {
    *n = p->pclntab->nfunc;
    return p->pclntab->funcs;
}

u32 pclntab_file_count(const Program *p) {
    return p->pclntab->files.n;
}
