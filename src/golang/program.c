// program.c - access to symbols, and the making of symbols by the linker.
#include "golang/program.h"

#include "base/diag.h"
#include "base/sort.h"

// Symbols that the linker itself makes; the arrays are address space until they are used.
enum { MAKE_ROOM = 1 << 21 };

void symtab_init(Program *p, u32 names) {
    SymTab *t = &p->syms;
    vec_push(&p->arena, &t->made, (MadeSym){0}); // of the nil symbol
    u32 cap = 1024;
    while (cap * 3ull < names * 4ull)
        cap *= 2;
    t->by_name = (NameTable){arena_alloc_present(&p->arena, cap * sizeof(u64)), cap, 0};
}

// An array of which the first elements, up to n, will be written at once.
static void *symbol_array(Arena *a, u32 n, u32 cap, size_t elem) {
    arena_expect_dense(a, n * elem);
    return arena_alloc(a, cap * elem, elem);
}

void symtab_reserve(Program *p, u32 n) {
    SymTab *t = &p->syms;
    Arena *a = &p->arena;
    t->cap = n + MAKE_ROOM;
    t->obj = symbol_array(a, n, t->cap, sizeof *t->obj);
    t->local = symbol_array(a, n, t->cap, sizeof *t->local);
    t->kind = symbol_array(a, n, t->cap, sizeof *t->kind);
    t->flags = symbol_array(a, n, t->cap, sizeof *t->flags);
    t->align_log2 = symbol_array(a, n, t->cap, sizeof *t->align_log2);
    t->size = symbol_array(a, n, t->cap, sizeof *t->size);
    t->sect = arena_array(a, u16, t->cap);
    t->addr = arena_array(a, u64, t->cap);
    t->outer = arena_array(a, SymId, t->cap);
    Bitmap *maps[] = {&t->live,       &t->used_in_iface, &t->is_local, &t->is_static, &t->is_unnamed,  &t->special, &t->not_in_symtab,
                      &t->is_carrier, &t->is_hidden,     &t->is_part,   &t->generated, &t->replaced};
    for (u32 i = 0; i < COUNT_OF(maps); i++)
        *maps[i] = bitmap_new(a, t->cap);
}

SymId symtab_append(Program *p, u32 obj, u32 local) {
    SymTab *t = &p->syms;
    if (t->n == t->cap)
        fatal("too many symbols");
    t->obj[t->n] = obj;
    t->local[t->n] = local;
    return (SymId){t->n++};
}

// ---- names -----------------------------------------------------------------------------------------------------------

u64 name_hash(Str name, i32 version) {
    u64 h = str_hash(name) ^ (u64)(u32)version * 0x9e3779b97f4a7c15u;
    return h;
}

static void name_table_grow(Program *p) {
    NameTable *t = &p->syms.by_name;
    NameTable old = *t;
    *t = (NameTable){arena_array(&p->arena, u64, old.cap * 2), old.cap * 2, old.count};
    for (u32 i = 0; i < old.cap; i++) {
        if (!old.slots[i])
            continue;
        SymId s = {(u32)old.slots[i]};
        u32 j = (u32)name_hash(sym_name(p, s), sym_version(p, s)) & (t->cap - 1);
        while (t->slots[j])
            j = (j + 1) & (t->cap - 1);
        t->slots[j] = old.slots[i];
    }
}

u64 *name_table_slot(Program *p, u64 hash, Str name, i32 version) {
    NameTable *t = &p->syms.by_name;
    if (t->count * 4ull >= t->cap * 3ull) {
        name_table_grow(p);
        t = &p->syms.by_name;
    }
    u32 upper = (u32)(hash >> 32);
    for (u32 i = (u32)hash & (t->cap - 1);; i = (i + 1) & (t->cap - 1)) {
        u64 v = t->slots[i];
        if (!v)
            return &t->slots[i];
        if ((u32)(v >> 32) != upper)
            continue;
        SymId s = {(u32)v};
        if (sym_version(p, s) == version && str_eq(sym_name(p, s), name))
            return &t->slots[i];
    }
}

void name_table_set(Program *p, u64 *slot, u64 hash, SymId s) {
    if (!*slot)
        p->syms.by_name.count++;
    *slot = hash >> 32 << 32 | s.i;
}

SymId sym_lookup(const Program *p, Str name, i32 version) {
    const NameTable *t = &p->syms.by_name;
    u64 hash = name_hash(name, version);
    u32 upper = (u32)(hash >> 32);
    for (u32 i = (u32)hash & (t->cap - 1);; i = (i + 1) & (t->cap - 1)) {
        u64 v = t->slots[i];
        if (!v)
            return NIL_SYM;
        SymId s = {(u32)v};
        if ((u32)(v >> 32) == upper && sym_version(p, s) == version && str_eq(sym_name(p, s), name))
            return s;
    }
}

static SymId make_symbol(Program *p, Str name, i32 version) {
    SymTab *t = &p->syms;
    SymId s = symtab_append(p, 0, t->made.n);
    vec_push(&p->arena, &t->made, ((MadeSym){.name = name, .version = version}));
    return s;
}

SymId sym_lookup_or_make(Program *p, Str name, i32 version) {
    u64 hash = name_hash(name, version);
    u64 *slot = name_table_slot(p, hash, name, version);
    if (*slot)
        return (SymId){(u32)*slot};
    SymId s = make_symbol(p, name, version);
    name_table_set(p, slot, hash, s);
    return s;
}

SymId sym_make_anonymous(Program *p, Str name) {
    return make_symbol(p, name, --p->syms.anon_version);
}

SymId sym_make_static(Program *p, Str name, i32 version) {
    return make_symbol(p, name, version);
}

const HostSection *sym_host_section(const Program *p, SymId s) {
    if (!p->host_sections.n || !bitmap_get(&p->syms.is_carrier, s.i))
        return NULL;
    u32 from = 0, to = p->host_sections.n;
    while (from < to) {
        u32 mid = (from + to) / 2;
        if (p->host_sections.v[mid].sym.i < s.i)
            from = mid + 1;
        else
            to = mid;
    }
    const HostSection *hs = &p->host_sections.v[from];
    return from < p->host_sections.n && sym_eq(hs->sym, s) ? hs : NULL;
}

void place_parts(Program *p, SymId s) {
    const HostSection *hs = sym_host_section(p, s);
    for (u32 i = 0; hs && i < hs->nparts; i++)
        p->syms.addr[hs->parts[i].sym.i] = sym_addr(p, s) + hs->parts[i].off;
}

// ---- attributes ------------------------------------------------------------------------------------------------------

Str sym_name(const Program *p, SymId s) {
    u32 o = p->syms.obj[s.i];
    if (o)
        return object_sym_name(&p->objs.v[o], p->syms.local[s.i]);
    return sym_made(p, s)->name;
}

i32 object_sym_version(const Object *o, u32 local) {
    u16 abi = object_sym_abi(o, local);
    return abi == ABI_STATIC ? (i32)o->static_version : abi;
}

i32 sym_version(const Program *p, SymId s) {
    u32 o = p->syms.obj[s.i];
    if (o)
        return object_sym_version(&p->objs.v[o], p->syms.local[s.i]);
    return sym_made(p, s)->version;
}

u32 sym_explicit_align(const Program *p, SymId s) {
    u8 a = p->syms.align_log2[s.i];
    return a ? 1u << (a - 1) : 0;
}

void sym_set_align(Program *p, SymId s, u32 align) {
    assert((align & (align - 1)) == 0);
    p->syms.align_log2[s.i] = align ? (u8)(__builtin_ctz(align) + 1) : 0;
}

u32 sym_align(Program *p, SymId s) {
    enum { MAX_ALIGN = 32 }; // Arch.Maxalign of every processor in the target table
    u32 align = sym_explicit_align(p, s);
    if (align)
        return align;
    align = MAX_ALIGN;
    while (align > sym_size(p, s) && align > 1)
        align >>= 1;
    sym_set_align(p, s, align);
    return align;
}

// ---- making and changing content -------------------------------------------------------------------------------------

MadeSym *sym_edit(Program *p, SymId s) {
    SymTab *t = &p->syms;
    if (sym_is_made(p, s))
        return sym_made(p, s);
    const Object *o = &p->objs.v[t->obj[s.i]];
    u32 local = t->local[s.i];
    MadeSym m = {.name = sym_name(p, s), .version = sym_version(p, s), .origin_obj = o->idx, .origin_local = local};
    m.data = sym_data(p, s, &m.ndata);
    RelocList rl = sym_relocs(p, s);
    m.nreloc = m.reloc_cap = rl.n;
    m.relocs = arena_alloc(&p->arena, (u64)rl.n * GOOBJ_RELOC_SIZE, 1);
    for (u32 i = 0; i < rl.n; i++) {
        u8 *r = m.relocs + (u64)i * GOOBJ_RELOC_SIZE;
        memcpy(r, rl.p + (u64)i * GOOBJ_RELOC_SIZE, GOOBJ_RELOC_SIZE);
        put_u16le(r + 5, (u16)(reloc_type(rl, i) | (reloc_weak(rl, i) ? RELOC_WEAK_BIT : 0)));
        put_u32le(r + 15, PKGIDX_INVALID);
        put_u32le(r + 19, reloc_sym(p, rl, i).i);
    }
    vec_push(&p->arena, &t->made, m);
    t->obj[s.i] = 0;
    t->local[s.i] = t->made.n - 1;
    bitmap_set(&t->replaced, s.i);
    return &t->made.v[t->made.n - 1];
}

void sym_set_data(Program *p, SymId s, const u8 *data, u32 n) {
    MadeSym *m = sym_edit(p, s);
    m->data = data;
    m->ndata = n;
    p->syms.size[s.i] = n;
}

static u8 *reloc_record(MadeSym *m, u32 i) {
    return m->relocs + (u64)i * GOOBJ_RELOC_SIZE;
}

void made_set_reloc(MadeSym *m, u32 i, RelocType type, bool weak, SymId target) {
    u8 *r = reloc_record(m, i);
    put_u16le(r + 5, (u16)(type | (weak ? RELOC_WEAK_BIT : 0)));
    put_u32le(r + 19, target.i);
}

void sym_add_reloc(Program *p, SymId s, i32 off, u8 siz, RelocType type, SymId target, i64 add) {
    MadeSym *m = sym_edit(p, s);
    if (m->nreloc == m->reloc_cap) {
        u32 cap = m->reloc_cap ? m->reloc_cap * 2 : 4;
        u8 *grown = arena_alloc(&p->arena, (u64)cap * GOOBJ_RELOC_SIZE, 1);
        if (m->nreloc)
            memcpy(grown, m->relocs, (u64)m->nreloc * GOOBJ_RELOC_SIZE);
        m->relocs = grown;
        m->reloc_cap = cap;
    }
    u8 *r = reloc_record(m, m->nreloc++);
    put_u32le(r, (u32)off);
    r[4] = siz;
    put_u16le(r + 5, (u16)type);
    put_u64le(r + 7, (u64)add);
    put_u32le(r + 15, PKGIDX_INVALID);
    put_u32le(r + 19, target.i);
}

// Room for n more bytes behind the symbol's size, which grows by n. The buffer doubles, so that appending stays linear.
static u8 *append_room(Program *p, SymId s, u32 n, u32 *off) {
    MadeSym *m = sym_edit(p, s);
    *off = p->syms.size[s.i];
    u32 need = *off + n;
    if (need > m->data_cap) {
        u32 cap = MAX(need, m->data_cap * 2);
        cap = MAX(cap, 64);
        u8 *grown = arena_alloc(&p->arena, cap, 8);
        if (m->ndata)
            memcpy(grown, m->data, m->ndata);
        m->data = grown;
        m->data_cap = cap;
    }
    m->ndata = need;
    p->syms.size[s.i] = need;
    return (u8 *)m->data + *off;
}

u32 sym_add_bytes(Program *p, SymId s, const void *bytes, u32 n) {
    u32 off;
    u8 *at = append_room(p, s, n, &off);
    if (n)
        memcpy(at, bytes, n);
    return off;
}

u32 sym_add_u8(Program *p, SymId s, u8 v) { return sym_add_bytes(p, s, &v, 1); }
u32 sym_add_u64(Program *p, SymId s, u64 v) { return sym_add_bytes(p, s, &v, 8); }

u32 sym_add_addr(Program *p, SymId s, SymId target, i64 add) {
    u32 off = sym_add_u64(p, s, 0);
    sym_add_reloc(p, s, (i32)off, 8, R_ADDR, target, add);
    return off;
}

// ---- dynamic linking -------------------------------------------------------------------------------------------------

DynSym *sym_dyn(const Program *p, SymId s) {
    const SymTab *t = &p->syms;
    u32 idx = t->dyn_of ? t->dyn_of[s.i] : 0;
    return idx ? &t->dyn.v[idx - 1] : NULL;
}

DynSym *sym_dyn_make(Program *p, SymId s) {
    SymTab *t = &p->syms;
    if (!t->dyn_of)
        t->dyn_of = arena_array(&p->arena, u32, t->cap);
    if (!t->dyn_of[s.i]) {
        vec_push(&p->arena, &t->dyn, ((DynSym){.sym = s, .got = -1, .plt = -1, .dynid = -1}));
        t->dyn_of[s.i] = t->dyn.n;
    }
    return &t->dyn.v[t->dyn_of[s.i] - 1];
}

Str sym_extname(const Program *p, SymId s) {
    const DynSym *d = sym_dyn(p, s);
    return d && d->extname.n ? d->extname : sym_name(p, s);
}

// ---- references inside objects ---------------------------------------------------------------------------------------

SymId object_bad_builtin(const Program *p, const Object *o, u32 idx) {
    if (idx >= p->syms.nbuiltin)
        object_bad(o, "builtin number", idx, p->syms.nbuiltin);
    else
        refuse_at((u64)o->idx << 32 | idx, "reference to undefined builtin \"" STR_FMT "\" from package \"" STR_FMT "\"",
                  STR_ARG(p->rel->builtins[idx].name), STR_ARG(p->libs.v[o->lib].pkg));
    return NIL_SYM;
}

SymId object_resolve_other(const Program *p, const Object *o, u32 pkg, u32 idx) {
    switch (pkg) {
    case PKGIDX_HASHED64:
        if (LIKELY(idx < o->nhashed64))
            return o->ids[idx];
        break;
    case PKGIDX_BUILTIN:
        if (LIKELY(idx < p->syms.nbuiltin && p->syms.builtin[idx].i))
            return p->syms.builtin[idx];
        return object_bad_builtin(p, o, idx);
    case PKGIDX_INVALID:
        if (LIKELY(idx == 0))
            return NIL_SYM;
        break;
    default: break;
    }
    error(STR_FMT ": corrupt object: reference to symbol %u of package %u, which does not exist", STR_ARG(o->what), idx, pkg);
    return NIL_SYM;
}

SymId sym_aux(const Program *p, SymId s, AuxType type) {
    AuxList al = sym_auxs(p, s);
    for (u32 i = 0; i < al.n; i++)
        if (aux_type(al, i) == type)
            return aux_sym(p, al, i);
    return NIL_SYM;
}

SymId sym_gotype(const Program *p, SymId s) {
    if (sym_is_made(p, s) && sym_made(p, s)->gotype.i)
        return sym_made(p, s)->gotype;
    return sym_aux(p, s, AUX_GOTYPE);
}

// ---- functions -------------------------------------------------------------------------------------------------------

enum { FUNCINFO_NFILE = 16, INL_NODE_SIZE = 24 }; // goobj.FuncInfo: offset of the file count, size of InlTreeNode

FuncInfo sym_funcinfo(const Program *p, SymId s) {
    AuxList al = sym_auxs(p, s);
    for (u32 i = 0; i < al.n; i++) {
        if (aux_type(al, i) != AUX_FUNCINFO)
            continue;
        // Function information is a package symbol of the same object, never shared.
        const Object *o = al.obj;
        u32 local = get_u32le(al.p + (u64)i * GOOBJ_AUX_SIZE + 5);
        if (local >= o->nalldef) {
            if (aux_sym(p, al, i).i) // else that has been reported, in the words of whoever met it before
                object_bad(o, "function information", local, o->nalldef);
            return (FuncInfo){0};
        }
        u32 n;
        const u8 *d = object_data(o, local, &n);
        FuncInfo f = {.data = d, .obj = o};
        u64 inl = FUNCINFO_NFILE + 4;
        if (n >= inl) {
            f.nfile = get_u32le(d + FUNCINFO_NFILE);
            f.files = d + inl;
            inl += 4ull * f.nfile;
        }
        if (n < inl + 4 || n < inl + 4 + (u64)INL_NODE_SIZE * get_u32le(d + inl)) {
            object_bad(o, "function information size", inl, n);
            return (FuncInfo){0};
        }
        f.ninl = get_u32le(d + inl);
        f.inl = d + inl + 4;
        return f;
    }
    return (FuncInfo){0};
}

InlNode funcinfo_inl(const Program *p, FuncInfo f, u32 i) {
    const u8 *n = f.inl + (u64)i * INL_NODE_SIZE;
    return (InlNode){
        .parent = (i32)get_u32le(n),
        .file = get_u32le(n + 4),
        .line = (i32)get_u32le(n + 8),
        .func = object_resolve(p, f.obj, get_u32le(n + 12), get_u32le(n + 16)),
        .parent_pc = (i32)get_u32le(n + 20),
    };
}

// ---- sections --------------------------------------------------------------------------------------------------------

Section *section_new(Program *p, Segment *seg, Str name, u8 rwx) {
    if (!p->sects.n)
        vec_push(&p->arena, &p->sects, NULL);
    Section *sect = arena_new(&p->arena, Section);
    sect->name = name;
    sect->rwx = rwx;
    sect->seg = seg;
    sect->id = (u16)p->sects.n;
    sect->align = 8; // pointer size, unless layout says otherwise (ld.addsection)
    vec_push(&p->arena, &p->sects, sect);
    vec_push(&p->arena, &seg->sects, sect);
    return sect;
}

static int compare_packages(const void *ctx, u32 a, u32 b) {
    const Program *p = ctx;
    return str_cmp(p->libs.v[a].pkg, p->libs.v[b].pkg);
}

u32 *libraries_by_name(Program *p) {
    u32 *order = arena_array_raw(&p->arena, u32, p->libs.n);
    for (u32 i = 0; i < p->libs.n; i++)
        order[i] = i;
    sort_by(&p->arena, order, p->libs.n, compare_packages, p);
    return order;
}

Str installed_packages(Program *p) {
    const Options *opt = p->opt;
    if (!opt->goroot.n)
        return (Str){0};
    Str after = opt->installsuffix.n ? opt->installsuffix
                : opt->race          ? STR("race")
                : opt->msan          ? STR("msan")
                : opt->asan          ? STR("asan")
                                     : STR("");
    bool suffix = after.n > 0;
    return arena_printf(&p->arena, STR_FMT "/pkg/" STR_FMT "_" STR_FMT "%s" STR_FMT, STR_ARG(opt->goroot), STR_ARG(opt->goos),
                        STR_ARG(opt->goarch), suffix ? "_" : "", STR_ARG(after));
}
