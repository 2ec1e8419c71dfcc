// pclntab.c - the table that maps program counters to functions, files, lines and stack maps.
//
// Requires: survey_functions; size_pclntab the order of functions, build_pclntab what that has sized.
// Provides: the symbols of section .gopclntab with their sizes and writers.
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
// "First use" means the functions in address order, and decides the order of everything. What objects say
// about functions is spread all over them; so survey_functions reads it in parallel, once, into drafts of the
// _func records, in which symbols stand for offsets. One thread then goes over the drafts and gives what is
// new its place; and in the end drafts become records, written straight into the output.
// REF  runtime/symtab.go: pcHeader, funcdata; runtime/runtime2.go: _func; cmd/link/internal/ld/pcln.go.
#include "passes/pclntab.h"
#include "arch/arch.h"
#include "base/diag.h"
#include "golang/filename.h"
#include "passes/passes.h"
#include "passes/survey.h"

enum {
    PCDATA_INL_TREE_INDEX = 2, // internal/abi/symtab.go
    FUNCDATA_ARGS_POINTER_MAPS = 0,
    FUNCDATA_INL_TREE = 3,
    FUNCDATA_ARG_INFO = 5,
    INLINED_CALL_SIZE = 16, // runtime.inlinedCall
    MAX_AUX = 64,           // pcdata or funcdata entries of one function
    FUNCS_PER_PART = 128,   // of the tables that are written part by part
};

// The words of runtime._func. Behind them stand npcdata and then nfuncdata more.
enum {
    FN_ENTRY,
    FN_NAME,
    FN_ARGS,
    FN_DEFERRETURN,
    FN_PCSP,
    FN_PCFILE,
    FN_PCLINE,
    FN_NPCDATA,
    FN_CU_OFFSET,
    FN_START_LINE,
    FN_BYTES, // funcID, flag, 0, nfuncdata
    FN_WORDS,
    // In drafts, words that are known last serve another end; those of tables hold SymIds.
    DRAFT_HIDDEN = FN_ENTRY, // the pcdata in whose place the inline tree index is
    DRAFT_NINL = FN_NAME,    // nodes of the inline tree
    // Behind the record follow the symbols and the files that the function mentions first, see Recent.
    MENTION_NAME_SIZE = 0, // bytes of the function's own name
    MENTION_NNAME,
    MENTION_NFILE,
    MENTION_WORDS,
};

static const u32 pclntab_magic = 0xfffffff1; // abi.Go120PCLnTabMagic

// What is written into go:func.*: a symbol, or the inline tree of a function.
typedef struct {
    u32 sym;  // SymId, or 0
    u32 func; // index in Pclntab.funcs, when sym is 0
    u32 ninl; // and its nodes
} FuncData;

// What the aux list of one function says.
typedef struct {
    FuncInfo fi;
    SymId pcsp, pcfile, pcline, pcinline;
    u32 npcdata, nfuncdata;
    SymId pcdata[MAX_AUX], funcdata[MAX_AUX];
} FuncAux;

// A name in funcnametab.
typedef struct {
    SymId sym;
    u32 off;       // until names are placed, its size
    i32 startline; // these are set for functions that are inlined somewhere
    u8 funcid;
    bool has_info;
} FuncName;

// What FUNCS_PER_PART functions in address order use first: how far the lists in Pclntab reach behind them.
typedef struct {
    u32 names_end, cus_end, pctabs_end, funcdata_end;
} Part;

typedef VEC(FuncName) FuncNames;

struct Pclntab {
    const Program *p;
    const SymId *funcs; // functions in address order
    u32 nfunc;
    const u32 **surveyed;   // drafts by number of function
    const u32 **drafts;     // in the order of funcs
    Bitmap described;       // SymId: a function that is inlined somewhere, and is in `inlined`
    FuncNames *inlined;     // by worker, in no order
    u32 *func_start;        // offset of each _func in functab
    u32 *inl_off;           // offset of each function's inline tree in go:func.*
    u32 *name_idx;          // SymId -> 1 + position in names
    FuncNames names;        // in table order
    VEC(u32) cus;           // units with functions, in order of first use
    u32 **file_off_of;      // [unit][1 + file number]: 1 + offset in filetab of a file that functions of the unit use;
                            // [unit][0]: number of entries, 1 + highest; NULL for units without functions
    u32 *cu_off;            // first entry of each in cutab
    StrMap file_off;        // raw file name -> offset in filetab
    VEC(Str) files;         // expanded file names in table order
    SymVec pctabs;          // pc-value tables in table order
    VEC(FuncData) funcdata; // in order of first use, so that each object is read once when they are written
    Part *parts;            // of the big tables
    u32 npart;
    u32 file_size, functab_size, cutab_size; // bytes of the parts
    u64 name_size, pctab_size, funcdata_size;
    u32 funcdata_align; // 0: nothing was compared, see place_funcdata
    SymId header, funcnametab, cutab, filetab, pctab, functab, funcdata_sym;
    SymId text_start; // runtime.text
};

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

// ---- drafts ----------------------------------------------------------------------------------------------------------

// Words of the record that a draft becomes; word 0 is draft[0].
static u32 draft_nfuncdata(const u32 *draft) {
    return draft[FN_BYTES] >> 24;
}
static u32 draft_words(const u32 *draft) {
    return FN_WORDS + draft[FN_NPCDATA] + draft_nfuncdata(draft);
}

// Offset in the function of the call of runtime.deferreturn, where a panicking function resumes; 0: there is none.
static u32 deferreturn_off(const Program *p, SymId s) {
    u32 lo = 0, hi = p->deferreturns.n;
    while (lo < hi) {
        u32 mid = lo + (hi - lo) / 2;
        if (p->deferreturns.v[mid].func.i < s.i)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == p->deferreturns.n || !sym_eq(p->deferreturns.v[lo].func, s))
        return 0;
    return p->deferreturns.v[lo].off - p->arch->call_opcode_size;
}

static void draft_tables(const Program *p, SymId s, const FuncAux *f, u32 *draft) {
    u32 npcdata = pcdata_count(f), nfuncdata = funcdata_count(f);
    draft[FN_PCSP] = f->pcsp.i;
    draft[FN_PCFILE] = f->pcfile.i;
    draft[FN_PCLINE] = f->pcline.i;
    u32 *pcdata = draft + FN_WORDS, *funcdata = pcdata + npcdata;
    for (u32 j = 0; j < f->npcdata; j++)
        pcdata[j] = f->pcdata[j].i;
    if (f->fi.ninl) {
        draft[DRAFT_HIDDEN] = pcdata[PCDATA_INL_TREE_INDEX];
        pcdata[PCDATA_INL_TREE_INDEX] = f->pcinline.i;
    }
    for (u32 j = 0; j < nfuncdata; j++)
        funcdata[j] = is_inl_tree(f, j) ? 0 : funcdata_entry(p, s, f, j).i;
}

// Notes what inline trees and the table of names say of an inlined function, once in the program.
static void describe_inlined(const Program *p, SymId s, u32 worker) {
    Pclntab *t = p->pclntab;
    if (!bitmap_set_atomic(&t->described, s.i))
        return;
    FuncName name = {.sym = s, .off = sym_name(p, s).n + 1};
    FuncInfo fi = sym_funcinfo(p, s);
    name.has_info = fi.data != NULL;
    if (fi.data) {
        name.funcid = funcinfo_funcid(fi);
        name.startline = funcinfo_startline(fi);
    }
    vec_push(worker_arena(p->pool, worker), &t->inlined[worker], name);
}

// Whether `key` is not among the recent ones; from now on it is.
static bool is_news(u32 *recent, u32 size, u32 key) {
    u32 *slot = &recent[key % size];
    bool news = *slot != key;
    *slot = key;
    return news;
}

// Lists at the end of the draft what the function mentions, at most max_mentions; returns how many those are.
static u32 draft_mentions(const Program *p, FuncInfo fi, Recent *r, u32 *mention) {
    u32 *names = mention + MENTION_WORDS, nname = 0;
    for (u32 i = 0; i < fi.ninl; i++) {
        SymId s = funcinfo_inl(p, fi, i).func;
        if (is_news(r->names, RECENT_NAMES, s.i + 1))
            names[nname++] = s.i;
    }
    u32 *files = names + nname, nfile = 0;
    for (u32 i = 0; i < fi.nfile + fi.ninl; i++) {
        u32 file = i < fi.nfile ? get_u32le(fi.files + 4ull * i) : funcinfo_inl(p, fi, i - fi.nfile).file;
        if (is_news(r->files, RECENT_FILES, file + 1))
            files[nfile++] = file;
    }
    mention[MENTION_NNAME] = nname;
    mention[MENTION_NFILE] = nfile;
    return nname + nfile;
}

static u32 max_mentions(FuncInfo fi) {
    return fi.nfile + 2 * fi.ninl;
}

static const u32 *draft_func(const Program *p, SymId s, Recent *r, u32 worker) {
    Arena *a = worker_arena(p->pool, worker);
    FuncAux f;
    bool valid = read_func(p, s, &f);
    u32 npcdata = valid ? pcdata_count(&f) : 0, nfuncdata = valid ? funcdata_count(&f) : 0;
    u32 words = FN_WORDS + npcdata + nfuncdata, room = valid ? max_mentions(f.fi) : 0;
    u32 *draft = arena_array(a, u32, words + MENTION_WORDS + room), *mention = draft + words;
    draft[FN_DEFERRETURN] = deferreturn_off(p, s);
    mention[MENTION_NAME_SIZE] = sym_name(p, s).n + 1;
    if (!valid)
        return draft;
    draft[DRAFT_NINL] = f.fi.ninl;
    draft[FN_ARGS] = funcinfo_args(f.fi);
    draft[FN_NPCDATA] = npcdata;
    draft[FN_START_LINE] = (u32)funcinfo_startline(f.fi);
    draft[FN_BYTES] = funcinfo_funcid(f.fi) | (u32)funcinfo_flag(f.fi) << 8 | nfuncdata << 24;
    draft_tables(p, s, &f, draft);

    u32 unused = room - draft_mentions(p, f.fi, r, mention);
    arena_release(a, arena_mark(a) - unused * sizeof *draft);
    for (u32 i = 0; i < mention[MENTION_NNAME]; i++)
        describe_inlined(p, (SymId){mention[MENTION_WORDS + i]}, worker);
    return draft;
}

void pclntab_survey_begin(Program *p) {
    Pclntab *t = p->pclntab = arena_new(&p->arena, Pclntab);
    t->surveyed = arena_array(&p->arena, const u32 *, p->nfunc);
    t->described = bitmap_new(&p->arena, p->syms.n);
    t->inlined = arena_array(&p->arena, FuncNames, pool_size(p->pool));
}

void pclntab_survey_function(Program *p, SymId s, u32 func, Recent *r, u32 worker) {
    // Functions of one kind stay in this order, unless they are shuffled; another kind may come first in the end.
    if (r->kind != sym_kind(p, s) || p->opt->randlayout)
        *r = (Recent){.kind = sym_kind(p, s)};
    p->pclntab->surveyed[func] = draft_func(p, s, r, worker);
}

// ---- sizes -----------------------------------------------------------------------------------------------------------

typedef struct {
    Program *p;
    Pclntab *t;
    Arena *a; // for what stays
    Arena scratch;
    Bitmap pc_seen, fd_seen;
} Sizer;

static void use_name(Sizer *z, SymId s, u32 size) {
    Pclntab *t = z->t;
    if (t->name_idx[s.i])
        return;
    vec_push(z->a, &t->names, ((FuncName){.sym = s, .off = size}));
    t->name_idx[s.i] = t->names.n;
}

static void use_unit(Sizer *z, SymId s) {
    i64 unit = sym_unit(z->p, s);
    if (unit < 0 || z->t->file_off_of[unit])
        return;
    Unit *u = &z->p->units.v[unit];
    u->pcln_idx = z->t->cus.n;
    vec_push(z->a, &z->t->cus, (u32)unit);
    z->t->file_off_of[unit] = arena_array(z->a, u32, z->p->objs.v[u->obj].nfile + 1);
}

static void use_file(Sizer *z, u32 unit, u32 file) {
    const Object *o = &z->p->objs.v[z->p->units.v[unit].obj];
    if (file >= o->nfile) {
        object_bad(o, "file number", file, o->nfile);
        return;
    }
    Pclntab *t = z->t;
    u32 *off = t->file_off_of[unit];
    if (off[file + 1])
        return;
    off[0] = MAX(off[0], file + 1);
    Str raw = object_file(o, file);
    u32 *slot = strmap_slot(&t->file_off, raw, 0);
    if (*slot == STRMAP_NONE) {
        *slot = t->file_size;
        Str name = filename_expand(z->a, z->p->opt->goroot, raw);
        t->file_size += name.n + 1;
        vec_push(z->a, &t->files, name);
    }
    off[file + 1] = *slot + 1;
}

// Whether s can be a table of functions: read-only data for which no other table has a place.
static bool claim_table(Program *p, SymId func, SymId s) {
    if (sym_kind(p, s) == SYM_RODATA && !bitmap_get(&p->syms.special, s.i)) {
        bitmap_set(&p->syms.special, s.i);
        return true;
    }
    error_at(func.i, STR_FMT ": a symbol of type %s, or one in use, cannot be a table of the function",
             STR_ARG(sym_name(p, func)), symkind_name(sym_kind(p, s)));
    return false;
}

static void use_pctab(Sizer *z, SymId func, SymId s) {
    if (!s.i || bitmap_get(&z->pc_seen, s.i) || !claim_table(z->p, func, s))
        return;
    bitmap_set(&z->pc_seen, s.i);
    u32 size = sym_size(z->p, s);
    z->p->syms.addr[s.i] = size ? z->t->pctab_size : 0;
    z->t->pctab_size += size;
    if (size)
        vec_push(z->a, &z->t->pctabs, s);
}

static void use_tables(Sizer *z, u32 idx, const u32 *draft) {
    SymId func = z->t->funcs[idx];
    u32 npcdata = draft[FN_NPCDATA], nfuncdata = draft_nfuncdata(draft), ninl = draft[DRAFT_NINL];
    const u32 *pcdata = draft + FN_WORDS, *funcdata = pcdata + npcdata;
    for (u32 j = FN_PCSP; j <= FN_PCLINE; j++)
        use_pctab(z, func, (SymId){draft[j]});
    for (u32 j = 0; j < npcdata; j++)
        use_pctab(z, func, (SymId){ninl && j == PCDATA_INL_TREE_INDEX ? draft[DRAFT_HIDDEN] : pcdata[j]});
    if (ninl)
        use_pctab(z, func, (SymId){pcdata[PCDATA_INL_TREE_INDEX]});
    for (u32 j = 0; j < nfuncdata; j++) {
        if (ninl && j == FUNCDATA_INL_TREE) {
            vec_push(z->a, &z->t->funcdata, ((FuncData){0, idx, ninl}));
            continue;
        }
        SymId s = {funcdata[j]};
        if (!s.i || bitmap_get(&z->fd_seen, s.i) || !claim_table(z->p, func, s))
            continue;
        bitmap_set(&z->fd_seen, s.i);
        vec_push(z->a, &z->t->funcdata, ((FuncData){.sym = s.i}));
    }
}

// Everything of function idx that is new gets the next place in its table.
static void size_func(Sizer *z, u32 idx) {
    Pclntab *t = z->t;
    SymId s = t->funcs[idx];
    const u32 *draft = t->drafts[idx], *mention = draft + draft_words(draft);
    use_name(z, s, mention[MENTION_NAME_SIZE]);
    const u32 *names = mention + MENTION_WORDS, *files = names + mention[MENTION_NNAME];
    for (u32 i = 0; i < mention[MENTION_NNAME]; i++)
        use_name(z, (SymId){names[i]}, 0);
    use_unit(z, s);
    t->functab_size = (u32)align_up(t->functab_size, z->p->arch->ptr_size);
    t->func_start[idx] = t->functab_size;
    t->functab_size += 4 * draft_words(draft);
    use_tables(z, idx, draft);
    for (u32 i = 0; i < mention[MENTION_NFILE]; i++)
        use_file(z, (u32)sym_unit(z->p, s), files[i]);
}

// Sets what was noted of names of inlined functions.
static void join_descriptions(Sizer *z) {
    Pclntab *t = z->t;
    for (u32 w = 0; w < pool_size(z->p->pool); w++) {
        for (u32 i = 0; i < t->inlined[w].n; i++) {
            const FuncName *name = &t->inlined[w].v[i];
            t->names.v[t->name_idx[name->sym.i] - 1] = *name;
        }
    }
}

static u64 place_names(Pclntab *t) {
    u64 size = 0;
    for (u32 i = 0; i < t->names.n; i++) {
        u32 n = t->names.v[i].off;
        t->names.v[i].off = (u32)size;
        size += n;
    }
    return size;
}

static u32 cutab_size(Sizer *z) {
    Pclntab *t = z->t;
    t->cu_off = arena_array(z->a, u32, t->cus.n);
    u32 total = 0;
    for (u32 i = 0; i < t->cus.n; i++) {
        t->cu_off[i] = total;
        total += t->file_off_of[t->cus.v[i]][0];
    }
    return 4 * total;
}

static u32 funcdata_align(Program *p, FuncData fd) {
    return fd.sym ? sym_align(p, (SymId){fd.sym}) : 4; // inline trees have 32-bit fields
}

static u32 funcdata_size(const Program *p, FuncData fd) {
    return fd.sym ? sym_size(p, (SymId){fd.sym}) : fd.ninl * INLINED_CALL_SIZE;
}

// Sorts by decreasing alignment, keeping the order of equals, and places them. Returns the size; *max_align is the stock tool's, which is
// 0 when there was nothing to compare.
static u64 place_funcdata(Sizer *z, u32 *max_align) {
    Program *p = z->p;
    Pclntab *t = z->t;
    FuncData *old = t->funcdata.v;
    u32 n = t->funcdata.n, at[33] = {0}, out = 0;
    FuncData *sorted = arena_array_raw(z->a, FuncData, n);
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

    u64 size = 0;
    for (u32 i = 0; i < n; i++) {
        u32 bytes = funcdata_size(p, sorted[i]);
        if (!bytes) {
            error_at(sorted[i].sym, STR_FMT ": zero size funcdata",
                     STR_ARG(sym_name(p, (SymId){sorted[i].sym})));
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

static void write_names(const Program *p, u32 part, u8 *out) {
    const Pclntab *t = p->pclntab;
    for (u32 i = part ? t->parts[part - 1].names_end : 0; i < t->parts[part].names_end; i++) {
        Str name = sym_name(p, t->names.v[i].sym);
        if (name.n)
            memcpy(out + t->names.v[i].off, name.p, name.n);
    }
}

static void write_cutab(const Program *p, u32 part, u8 *out) {
    const Pclntab *t = p->pclntab;
    for (u32 i = part ? t->parts[part - 1].cus_end : 0; i < t->parts[part].cus_end; i++) {
        u32 unit = t->cus.v[i];
        const u32 *off = t->file_off_of[unit];
        const Object *o = &p->objs.v[p->units.v[unit].obj];
        // Of a file that no function of the unit uses, others may. When none does, there is no offset: STRMAP_NONE
        // is ^0, the runtime's word for that.
        for (u32 k = 0; k < off[0]; k++)
            put_u32le(out + 4 * ((u64)t->cu_off[i] + k),
                      off[k + 1] ? off[k + 1] - 1 : strmap_get(&t->file_off, object_file(o, k), 0));
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

static void write_pctab(const Program *p, u32 part, u8 *out) {
    const Pclntab *t = p->pclntab;
    for (u32 i = part ? t->parts[part - 1].pctabs_end : 0; i < t->parts[part].pctabs_end; i++)
        copy_table(p, t->pctabs.v[i], out);
}

static void write_inl_tree(const Program *p, SymId func, u8 *out) {
    FuncInfo fi = sym_funcinfo(p, func);
    for (u32 i = 0; i < fi.ninl; i++, out += INLINED_CALL_SIZE) {
        InlNode n = funcinfo_inl(p, fi, i);
        const FuncName *callee = &p->pclntab->names.v[p->pclntab->name_idx[n.func.i] - 1];
        // What a library of Go packages has of the function is not known; zeros stand for it.
        if (!callee->has_info && !p->opt->linkshared) {
            error_at(n.func.i, "inlined function " STR_FMT " missing func info",
                     STR_ARG(sym_name(p, n.func)));
            continue;
        }
        out[0] = callee->funcid;
        put_u32le(out + 4, callee->off);
        put_u32le(out + 8, (u32)n.parent_pc);
        put_u32le(out + 12, (u32)callee->startline);
    }
}

// Funcdata may refer to code and data by offset (wrapped functions, open-coded defers).
static void relocate_funcdata(const Program *p, SymId s, u8 *out) {
    RelocList rl = sym_relocs(p, s);
    for (u32 i = 0; i < rl.n; i++) {
        Reloc r = reloc_get(p, rl, i);
        if (r.type != R_ADDROFF || r.siz != 4) {
            error_at(s.i, STR_FMT ": unsupported reloc %u of size %u for funcdata symbol",
                     STR_ARG(sym_name(p, s)), r.type, r.siz);
            return;
        }
        if (r.off < 0 || (u64)r.off + r.siz > sym_size(p, s)) {
            error_at(s.i, STR_FMT ": invalid relocation: %d+%d not in [0,%u)", STR_ARG(sym_name(p, s)), r.off,
                     r.siz, sym_size(p, s));
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

static void write_funcdata(const Program *p, u32 part, u8 *out) {
    const Pclntab *t = p->pclntab;
    for (u32 i = part ? t->parts[part - 1].funcdata_end : 0; i < t->parts[part].funcdata_end; i++) {
        FuncData fd = t->funcdata.v[i];
        if (!fd.sym) {
            write_inl_tree(p, t->funcs[fd.func], out + t->inl_off[fd.func]);
            continue;
        }
        SymId sym = {fd.sym};
        copy_table(p, sym, out);
        relocate_funcdata(p, sym, out + sym_addr(p, sym));
    }
}

static u32 unit_cu_offset(const Program *p, SymId func) {
    i64 unit = sym_unit(p, func);
    return unit < 0 ? UINT32_MAX : p->pclntab->cu_off[p->units.v[unit].pcln_idx];
}

// The record of function idx at `out`, from its draft.
static void write_func(const Program *p, u32 idx, const u32 *draft, u32 entry, u8 *out) {
    const Pclntab *t = p->pclntab;
    SymId s = t->funcs[idx];
    u32 npcdata = draft[FN_NPCDATA], ninl = draft[DRAFT_NINL], words = draft_words(draft);
    u32 inl_tree = ninl ? FN_WORDS + npcdata + FUNCDATA_INL_TREE : 0;
    for (u32 i = 0; i < words; i++) {
        u32 v = draft[i];
        if (i >= FN_WORDS + npcdata)
            v = i == inl_tree ? t->inl_off[idx] : v ? (u32)sym_addr(p, (SymId){v}) : UINT32_MAX;
        else if (i >= FN_WORDS || (i >= FN_PCSP && i <= FN_PCLINE))
            v = (u32)sym_addr(p, (SymId){v});
        put_u32le(out + 4ull * i, v);
    }
    put_u32le(out + 4 * FN_ENTRY, entry);
    put_u32le(out + 4 * FN_NAME, t->names.v[t->name_idx[s.i] - 1].off);
    put_u32le(out + 4 * FN_CU_OFFSET, unit_cu_offset(p, s));
}

static void write_functab(const Program *p, SymId s, u8 *out) {
    (void)s;
    const Pclntab *t = p->pclntab;
    u64 text = sym_addr(p, t->text_start);
    for (u32 i = 0; i < t->nfunc; i++) {
        u32 entry = (u32)(sym_addr(p, t->funcs[i]) - text);
        put_u32le(out + 8ull * i, entry);
        put_u32le(out + 8ull * i + 4, t->func_start[i]);
        write_func(p, i, t->drafts[i], entry, out + t->func_start[i]);
    }
    SymId last = t->funcs[t->nfunc - 1];
    put_u32le(out + 8ull * t->nfunc, (u32)(sym_addr(p, last) - text) + sym_size(p, last));
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

// The same for a table that is written part by part.
static SymId add_big_part(Program *p, SymId carrier, const char *name, u64 size, u32 align,
                          SymPartWriter *write) {
    SymId s = add_part(p, carrier, name, size, align, NULL);
    sym_edit(p, s)->write_part = write;
    sym_edit(p, s)->nparts = p->pclntab->npart;
    return s;
}

// The functions and their drafts in address order. What belongs to no unit was not surveyed.
static void collect_functions(Sizer *z) {
    const Program *p = z->p;
    Pclntab *t = z->t;
    Recent *recent = arena_new(&z->scratch, Recent);
    SymId *funcs = p->host_sections.n ? arena_array_raw(z->a, SymId, p->textp.n) : p->textp.v;
    t->drafts = arena_array_raw(z->a, const u32 *, p->textp.n);
    for (u32 i = 0; i < p->textp.n; i++) {
        SymId s = p->textp.v[i];
        if (sym_host_section(p, s))
            continue; // its parts are the functions
        u32 func = p->text_func[i];
        t->drafts[t->nfunc] = func == FUNC_NONE ? draft_func(p, s, recent, 0) : t->surveyed[func];
        funcs[t->nfunc++] = s;
    }
    t->funcs = funcs;
}

// Address space for the lists, so that they need not move when they grow: what is not touched takes no memory.
static void reserve_lists(Sizer *z) {
    enum { FUNCDATA_PER_FUNC = 4, PCTABS_PER_FUNC = 8 };
    Pclntab *t = z->t;
    u32 ninlined = 0;
    for (u32 w = 0; w < pool_size(z->p->pool); w++)
        ninlined += t->inlined[w].n;
    vec_reserve(z->a, &t->names, t->nfunc + ninlined);
    vec_reserve(z->a, &t->funcdata, t->nfunc * FUNCDATA_PER_FUNC);
    vec_reserve(z->a, &t->pctabs, t->nfunc * PCTABS_PER_FUNC);
}

void size_pclntab(Program *p) {
    Pclntab *t = p->pclntab;
    Sizer z = {.p = p, .t = t, .a = worker_arena(p->pool, 0)};
    arena_init(&z.scratch, 0);
    collect_functions(&z);
    t->func_start = arena_array_raw(z.a, u32, t->nfunc);
    t->inl_off = arena_array(z.a, u32, t->nfunc);
    t->name_idx = arena_array_present(z.a, u32, p->syms.n);
    t->npart = (t->nfunc + FUNCS_PER_PART - 1) / FUNCS_PER_PART;
    t->parts = arena_array(z.a, Part, t->npart);
    strmap_init(&t->file_off, z.a, 4096);
    z.pc_seen = bitmap_new(&z.scratch, p->syms.n);
    z.fd_seen = bitmap_new(&z.scratch, p->syms.n);
    t->file_off_of = arena_array(z.a, u32 *, p->units.n);
    reserve_lists(&z);
    t->pctab_size = 1;
    t->functab_size = t->nfunc * 8 + 4;
    for (u32 i = 0; i < t->nfunc; i++) {
        size_func(&z, i);
        t->parts[i / FUNCS_PER_PART] = (Part){t->names.n, t->cus.n, t->pctabs.n, t->funcdata.n};
        if (i % 256 == 0)
            file_trim();
    }
    join_descriptions(&z);
    t->name_size = place_names(t);
    t->cutab_size = cutab_size(&z);
    t->funcdata_size = place_funcdata(&z, &t->funcdata_align);
    arena_free(&z.scratch);
}

void build_pclntab(Program *p) {
    Pclntab *t = p->pclntab;
    t->text_start = sym_lookup(p, STR("runtime.text"), 0);
    SymId carrier = sym_lookup_or_make(p, STR("runtime.pclntab"), 0);
    p->syms.kind[carrier.i] = SYM_PCLNTAB;
    bitmap_set(&p->syms.live, carrier.i);
    u32 ptr = p->arch->ptr_size;
    sym_set_align(p, carrier, ptr);
    t->header = add_part(p, carrier, "runtime.pcheader", 8 + 8 * ptr, ptr, write_header);
    t->funcnametab = add_big_part(p, carrier, "runtime.funcnametab", t->name_size, 1, write_names);
    t->cutab = add_big_part(p, carrier, "runtime.cutab", t->cutab_size, 4, write_cutab);
    t->filetab = add_part(p, carrier, "runtime.filetab", t->file_size, 1, write_files);
    t->pctab = add_big_part(p, carrier, "runtime.pctab", t->pctab_size, 1, write_pctab);
    t->functab = add_part(p, carrier, "runtime.functab", t->functab_size, 4, write_functab);
    t->funcdata_sym =
        add_big_part(p, carrier, "go:func.*", t->funcdata_size, t->funcdata_align, write_funcdata);
    bitmap_clear(&p->syms.not_in_symtab, t->funcdata_sym.i); // debuggers look for it
    build_findfunctab(p);
}

const SymId *pclntab_functions(const Program *p, u32 *n) {
    *n = p->pclntab->nfunc;
    return p->pclntab->funcs;
}
