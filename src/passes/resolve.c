// resolve.c - gives every symbol of every object its number, and chooses among several definitions.
//
// Requires: objects loaded.   Provides: the symbol table; Object.first, ids, pkg_obj.
// Freezes: the numbers of all symbols of objects; later ones are the linker's own.
//
// The numbers break ties all over the layout, so they are the stock linker's (see program.h). Package symbols
// need no look-up: their numbers are a prefix sum over the objects. Content-addressable symbols are found by
// their hash, which the compiler has computed, and the others by name.
//
// Hashed and named symbols do not meet, so threads can walk the objects side by side, one for each class,
// each in load order: nothing but hash-table look-ups, with what can be done for each object alone (hashing
// names) done before, and reading the definitions that count after it; those of package symbols, beside the
// longer walk. Each walk counts its new symbols in an order of its own. The final numbers follow from how many of each class an object added:
//
//     walk      hashed: 0 1 2 | 3 | 4 5        named: 0 | 1 2 | 3          new symbols of objects A | B | C
//     numbers   A: h0 h1 h2 n0   B: h3 n1 n2   C: h4 h5 n3, then references that nobody defines
//
// (There are two classes of hashes, short ones of 8 bytes and long ones of 16; an object's short ones come
// first.)
//
// The walks are bound by the latency of memory: each look-up reads a slot of a table, then the symbol that
// the slot names, then, for names, the text. So each step is asked for ahead of time, a few symbols before it
// is needed (fetch_hashed, fetch_named), and the arrays ask for big pages: a quarter of the time. That the
// tables are in memory before the first look-up (arena_alloc_present) is another third.
// REF  cmd/link/internal/loader/loader.go: LoadSyms, addSym, loadObjRefs, checkLinkname.
#include <stdio.h>

#include "base/diag.h"
#include "base/file.h"
#include "dwarf/dwarf.h"
#include "golang/gostrings.h"
#include "passes/linkname.h"
#include "passes/passes.h"

enum {
    MARK_LOCAL = 1,
    MARK_USED_IN_IFACE = 2,
    MARK_REDEFINED = 4, // a package symbol whose definition comes from another object now
};

enum { MAX_ALIGN = 1 << 16 }; // more than a page: nothing asks for so much

// A content-addressable symbol.
typedef struct {
    u64 lo, hi;     // its hash; short hashes are the 8 bytes of content and use lo only
    u32 obj, local; // the definition that counts
    u32 size;
    u8 align_log2; // as in SymTab
    u8 marks;      // MARK_* of any of its occurrences
} HashedSym;

_Static_assert(sizeof(HashedSym) == 32, "never on two cache lines");

// The walk over one class of content-addressable symbols. A slot of the table holds 32 bits of the hash and 1
// + the index in syms.
typedef struct {
    Arena arena;
    u32 hash_size; // bytes
    u64 *slots;    // 0: free
    u32 mask;
    u64 total; // definitions of the class in all objects
    u32 n;
    HashedSym *syms; // n, in the order of the walk
    u32 *end;        // by object: number of them after it
    u32 *final;      // SymId by index
} HashedWalk;

// A symbol that is found by name, or a file-static one, which is not.
typedef struct {
    Str name;
    i32 version;
    u32 obj, local; // the definition that counts; obj 0: there is none, local is an index into SymTab.made
    SymId sym;      // package symbols have their number already
    u8 align_log2;
    u8 marks;
} NamedSym;

// A package symbol with a name.
typedef struct {
    u64 hash;
    u32 local;
} NamedLocal;

typedef VEC(NamedLocal) NamedLocals;

// A reference by linkname, to be checked when all definitions are known.
typedef struct {
    const Object *obj;
    Str name;
    u32 named;
} LinknameRef;

typedef struct {
    u32 named;
    u32 size;
} SizeFixup;

enum { SHORT_HASHES, LONG_HASHES, HASH_CLASSES };

typedef struct {
    Program *p;
    Arena scratch;     // of the named walk, and of what all share
    StrMap obj_by_pkg; // escaped import path -> its first object, which defines the package symbols
    HashedWalk hashed[HASH_CLASSES];

    // The walk over named symbols. The table is the final one (SymTab.by_name), with 1 + the index in `named`
    // in place of the number of the symbol.
    NamedLocals *pkg_syms; // [object]
    u64 **name_hash;       // [object][local - first non-package definition]: hashes of names; 0: has none
    NamedSym *named; // nnamed: package symbols, then new definitions, then references that nobody defines
    u32 nnamed;
    u32 npkg_named;
    u32 ndef;             // definitions of named symbols in all objects
    u32 *named_end;       // by object: number of definitions after it
    u32 *named_final;     // SymId by index
    StrMap builtin_of;    // name -> position in the release's list
    Bitmap maybe_builtin; // by the low bits of the hash: names that can be in that list
    u32 *builtin;         // by position: 1 + index in named
    VEC(LinknameRef) linknames;
    VEC(SizeFixup) fixups;
    u32 strict_dups; // mismatching duplicates found
} Resolver;

// ---- per object, in parallel -----------------------------------------------------------------------------------------

static SymKind kind_of(const Object *o, u32 local) {
    SymKind kind = symkind_from_object(object_sym_type(o, local));
    if (UNLIKELY(kind == SYM_KIND_COUNT)) {
        object_bad(o, "symbol type", object_sym_type(o, local), SYM_KIND_COUNT);
        kind = SYM_NONE;
    }
    return kind;
}

// Of data the zeros at the end may be missing, of nothing else; only the compiler's notes about packages have
// no size.
static void check_content(const Object *o, u32 local, SymKind kind) {
    if ((!kind_is_text((u8)kind) && !kind_is_dwarf((u8)kind)) || kind == SYM_DWARF_CUINFO)
        return;
    u32 n, size = object_sym_size(o, local);
    object_data(o, local, &n);
    if (n != size)
        object_bad(o, "size of code or debugging information", size, n);
}

static void read_definition(SymTab *t, SymId s, const Object *o, u32 local) {
    SymKind kind = kind_of(o, local);
    check_content(o, local, kind);
    t->obj[s.i] = o->idx;
    t->local[s.i] = local;
    t->kind[s.i] = (u8)kind;
    t->flags[s.i] = (u16)object_sym_flags(o, local);
    t->size[s.i] = object_sym_size(o, local);
    // Workers share words of the bitmaps.
    if (object_sym_abi(o, local) == ABI_STATIC)
        bitmap_set_atomic(&t->is_static, s.i);
    if (!object_sym_name(o, local).n)
        bitmap_set_atomic(&t->is_unnamed, s.i);
}

static void raise_align(u8 *align_log2, const Object *o, u32 local) {
    u32 align = object_sym_align(o, local);
    if (!align)
        return;
    if (align & (align - 1) || align > MAX_ALIGN) {
        object_bad(o, "alignment", align, MAX_ALIGN);
        return;
    }
    u8 log2 = (u8)(__builtin_ctz(align) + 1);
    *align_log2 = MAX(*align_log2, log2);
}

static u8 marks_of(const Object *o, u32 local) {
    u32 flags = object_sym_flags(o, local);
    return (flags & SYMF_LOCAL ? MARK_LOCAL : 0) | (flags & SYMF_USED_IN_IFACE ? MARK_USED_IN_IFACE : 0);
}

// Workers share words of the bitmaps.
static void apply_marks(SymTab *t, SymId s, u8 marks) {
    if (marks & MARK_LOCAL)
        bitmap_set_atomic(&t->is_local, s.i);
    if (marks & MARK_USED_IN_IFACE)
        bitmap_set_atomic(&t->used_in_iface, s.i);
}

static bool is_static(const Object *o, u32 local) {
    return object_sym_abi(o, local) == ABI_STATIC;
}

// The hash of a symbol that can be found by name, or 0.
static u64 hash_of(const Object *o, u32 local) {
    Str name = object_sym_name(o, local);
    if (!name.n || is_static(o, local))
        return 0;
    u16 abi = object_sym_abi(o, local);
    if (abi > ABI_INTERNAL)
        object_bad(o, "symbol ABI", abi, ABI_INTERNAL);
    u64 h = name_hash(name, abi);
    return h ? h : 1;
}

static u32 first_named(const Object *o) {
    return o->nalldef - o->nnonpkg;
}

// The hashes of all names.
static void hash_names(void *arg, u64 begin, u64 end, u32 worker) {
    Resolver *r = arg;
    Arena *a = worker_arena(r->p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        const Object *o = &r->p->objs.v[i];
        NamedLocals *named = &r->pkg_syms[i];
        for (u32 k = 0; k < o->ndef; k++) {
            u64 hash = hash_of(o, k);
            if (hash)
                vec_push(a, named, ((NamedLocal){hash, k}));
        }
        for (u32 k = first_named(o); k < o->nalldef + o->nref; k++)
            r->name_hash[i][k - first_named(o)] = hash_of(o, k);
    }
}

static void define_package_symbols(Resolver *r, const Object *o) {
    SymTab *t = &r->p->syms;
    for (u32 k = 0; k < o->ndef; k++) {
        SymId s = {o->first + k};
        read_definition(t, s, o, k);
        raise_align(&t->align_log2[s.i], o, k);
        apply_marks(t, s, marks_of(o, k));
    }
}

// ---- content-addressable symbols -------------------------------------------------------------------------------------

// The short hash is the content itself, and small numbers are common: spread it.
static u64 spread(u64 lo) {
    return (lo ^ lo >> 32) * 0x9e3779b97f4a7c15u;
}

static u32 hash_start(const HashedWalk *w, u64 mix) {
    return (u32)(mix >> 32) & w->mask;
}

static u64 *hash_slot(const HashedWalk *w, u64 mix, u64 lo, u64 hi) {
    for (u32 i = hash_start(w, mix);; i = (i + 1) & w->mask) {
        u64 v = w->slots[i];
        if (!v)
            return &w->slots[i];
        const HashedSym *s = &w->syms[(u32)v - 1];
        if (v >> 32 == (u32)mix && s->lo == lo && s->hi == hi)
            return &w->slots[i];
    }
}

static void hash_slots_new(HashedWalk *w, u64 cap) {
    w->slots = arena_alloc_present(&w->arena, cap * sizeof *w->slots);
    w->mask = (u32)(cap - 1);
}

static void hashed_walk_init(HashedWalk *w, u32 hash_size, u64 total, Arena *a, u32 nobj) {
    arena_init(&w->arena, 0);
    w->hash_size = hash_size;
    w->total = total;
    w->end = arena_array(a, u32, nobj);
}

// Room for all symbols, of which usually less than half are different.
static void hashed_walk_begin(HashedWalk *w) {
    u64 cap = 1024;
    while (cap * 3 < w->total * 2)
        cap *= 2;
    hash_slots_new(w, cap);
    arena_expect_dense(&w->arena, w->total * sizeof *w->syms);
    w->syms = arena_array_raw(&w->arena, HashedSym, w->total);
}

// Makes room for n more symbols.
static void hash_slots_reserve(HashedWalk *w, u32 n) {
    u64 cap = w->mask + 1ull;
    if ((u64)(w->n + n) * 8 <= cap * 7)
        return;
    while ((u64)(w->n + n) * 8 > cap * 5)
        cap *= 2;
    hash_slots_new(w, cap);
    for (u32 k = 0; k < w->n; k++) {
        const HashedSym *s = &w->syms[k];
        u64 mix = spread(s->lo);
        *hash_slot(w, mix, s->lo, s->hi) = mix << 32 | (k + 1);
    }
}

// Asks for the memory that the look-up of a hash will read: first the slot, later the symbol.
static inline void fetch_hashed(const HashedWalk *w, const u8 *hashes, u32 k, u32 n) {
    enum { FETCH_SLOT = 20, FETCH_SYM = 10 };
    if (k + FETCH_SLOT < n)
        __builtin_prefetch(
            &w->slots[hash_start(w, spread(get_u64le(hashes + (u64)(k + FETCH_SLOT) * w->hash_size)))]);
    if (k + FETCH_SYM < n) {
        u64 mix = spread(get_u64le(hashes + (u64)(k + FETCH_SYM) * w->hash_size));
        u64 v = w->slots[hash_start(w, mix)];
        if (v)
            __builtin_prefetch(&w->syms[(u32)v - 1], 1);
    }
}

// Enters the n symbols from local index `from` on; their new numbers in the walk go to ids.
static void enter_hashed(HashedWalk *w, const Object *o, u32 from, u32 n, const u8 *hashes, SymId *ids) {
    hash_slots_reserve(w, n);
    for (u32 k = 0; k < n; k++) {
        fetch_hashed(w, hashes, k, n);
        const u8 *hash = hashes + (u64)k * w->hash_size;
        u32 local = from + k, size = object_sym_size(o, local);
        u64 lo = get_u64le(hash), hi = w->hash_size > 8 ? get_u64le(hash + 8) : 0, mix = spread(lo);
        u64 *slot = hash_slot(w, mix, lo, hi);
        if (!*slot) {
            w->syms[w->n++] = (HashedSym){.lo = lo, .hi = hi, .obj = o->idx, .local = local, .size = size};
            *slot = mix << 32 | w->n;
        }
        u32 idx = (u32)*slot - 1;
        HashedSym *s = &w->syms[idx];
        if (size > s->size) { // the same content with more zeros behind it
            s->obj = o->idx;
            s->local = local;
            s->size = size;
        }
        s->marks |= marks_of(o, local);
        raise_align(&s->align_log2, o, local);
        ids[k].i = idx;
    }
}

static void walk_hashed(Resolver *r, u32 class) {
    Program *p = r->p;
    HashedWalk *w = &r->hashed[class];
    hashed_walk_begin(w);
    for (u32 i = 1; i < p->objs.n; i++) {
        const Object *o = &p->objs.v[i];
        if (class == SHORT_HASHES)
            enter_hashed(w, o, o->ndef, o->nhashed64, o->hash64, o->ids);
        else
            enter_hashed(w, o, o->ndef + o->nhashed64, o->nhashed, o->hash, o->ids + o->nhashed64);
        w->end[i] = w->n;
    }
}

// ---- named symbols ---------------------------------------------------------------------------------------------------

static u64 *named_slot(Resolver *r, u64 hash, Str name, i32 version) {
    NameTable *t = &r->p->syms.by_name;
    for (u32 i = (u32)hash & (t->cap - 1);; i = (i + 1) & (t->cap - 1)) {
        u64 v = t->slots[i];
        if (!v)
            return &t->slots[i];
        if (v >> 32 != hash >> 32)
            continue;
        const NamedSym *s = &r->named[(u32)v - 1];
        if (s->version == version && str_eq(s->name, name))
            return &t->slots[i];
    }
}

// Makes room for n more names.
static void named_slots_reserve(Resolver *r, u32 n) {
    NameTable *t = &r->p->syms.by_name;
    u64 cap = t->cap;
    while ((u64)(t->count + n) * 4 > cap * 3)
        cap *= 2;
    if (cap == t->cap)
        return;
    NameTable old = *t;
    *t = (NameTable){arena_alloc_present(&r->p->arena, cap * sizeof(u64)), (u32)cap, old.count};
    for (u32 i = 0; i < old.cap; i++) {
        if (!old.slots[i])
            continue;
        const NamedSym *s = &r->named[(u32)old.slots[i] - 1];
        u64 hash = name_hash(s->name, s->version);
        u32 j = (u32)hash & (t->cap - 1);
        while (t->slots[j])
            j = (j + 1) & (t->cap - 1);
        t->slots[j] = old.slots[i];
    }
}

// Appends a symbol, and enters it into the table when there is a slot for it. Returns its index.
static u32 named_add(Resolver *r, u64 *slot, u64 hash, NamedSym s) {
    r->named[r->nnamed++] = s;
    if (slot) {
        *slot = hash >> 32 << 32 | r->nnamed;
        r->p->syms.by_name.count++;
    }
    return r->nnamed - 1;
}

// Asks for the memory that the look-up of a name will read: first the slot, then the symbol that it names,
// then its name. Entry k is at hashes + k * stride.
static inline void fetch_named(const Resolver *r, const u64 *hashes, u32 stride, u32 k, u32 n) {
    enum { FETCH_SLOT = 24, FETCH_SYM = 16, FETCH_NAME = 8 };
    const NameTable *t = &r->p->syms.by_name;
    if (k + FETCH_SLOT < n)
        __builtin_prefetch(&t->slots[(u32)hashes[(k + FETCH_SLOT) * stride] & (t->cap - 1)]);
    if (k + FETCH_SYM < n) {
        u64 v = t->slots[(u32)hashes[(k + FETCH_SYM) * stride] & (t->cap - 1)];
        if (v)
            __builtin_prefetch(&r->named[(u32)v - 1], 1);
    }
    if (k + FETCH_NAME < n) {
        u64 hash = hashes[(k + FETCH_NAME) * stride], v = t->slots[(u32)hash & (t->cap - 1)];
        if (v && v >> 32 == hash >> 32) {
            Str name = r->named[(u32)v - 1].name;
            __builtin_prefetch(name.p);
            __builtin_prefetch(name.p + name.n - 1);
        }
    }
}

enum { BUILTIN_BITS = 1 << 16 };

static void note_builtin(Resolver *r, const Object *o, u32 local, Str name, u32 named) {
    bool in_runtime = str_eq(r->p->libs.v[o->lib].pkg, STR("runtime"));
    if (!str_has_prefix(name, STR("runtime.")) && !(in_runtime && str_has_prefix(name, STR("type:"))))
        return;
    u32 i = strmap_get(&r->builtin_of, name, 0);
    if (i != STRMAP_NONE && r->p->rel->builtins[i].abi == object_sym_abi(o, local))
        r->builtin[i] = named + 1;
}

static bool maybe_builtin(const Resolver *r, u64 hash) {
    return bitmap_get(&r->maybe_builtin, hash & (BUILTIN_BITS - 1));
}

static NamedSym named_definition(const Object *o, u32 local) {
    Str name = object_sym_name(o, local);
    return (NamedSym){.name = name, .version = object_sym_abi(o, local), .obj = o->idx, .local = local};
}

static void enter_package_symbols(Resolver *r) {
    Program *p = r->p;
    for (u32 i = 1; i < p->objs.n; i++) {
        const Object *o = &p->objs.v[i];
        const NamedLocals *l = &r->pkg_syms[i];
        for (u32 k = 0; k < l->n; k++) {
            fetch_named(r, &l->v[0].hash, sizeof l->v[0] / sizeof l->v[0].hash, k, l->n);
            u64 hash = l->v[k].hash;
            u32 local = l->v[k].local;
            NamedSym s = named_definition(o, local);
            s.sym.i = o->first + local;
            u64 *slot = named_slot(r, hash, s.name, s.version);
            // A later package symbol of the same name takes over the look-up entry; it does not merge.
            u32 named = (u32)*slot - 1;
            if (*slot)
                r->named[named] = s;
            else
                named = named_add(r, slot, hash, s);
            if (maybe_builtin(r, hash))
                note_builtin(r, o, local, s.name, named);
        }
    }
    r->npkg_named = r->nnamed;
}

static void check_duplicate(Resolver *r, const NamedSym *s, const Object *o, u32 local) {
    const Program *p = r->p;
    const Object *old = &p->objs.v[s->obj];
    u32 n, oldn;
    const u8 *data = object_data(o, local, &n), *olddata = object_data(old, s->local, &oldn);
    u32 size = object_sym_size(o, local), oldsize = object_sym_size(old, s->local);
    Str name = s->name, pkg = p->libs.v[o->lib].pkg, oldpkg = p->libs.v[old->lib].pkg, reason;
    Arena *a = &r->scratch;
    if (n != oldn)
        reason = arena_printf(a, "new length %u != old length %u", n, oldn);
    else if (n && memcmp(data, olddata, n) != 0)
        reason = STR("same length but different contents");
    else if (size != oldsize)
        reason = arena_printf(a, "different sizes: new size %u != old size %u", size, oldsize);
    else
        return;
    fprintf(stderr,
            "cmd/link: while reading object for '" STR_FMT "': duplicate symbol '" STR_FMT
            "', previous def at '" STR_FMT "', with mismatched payload: " STR_FMT "\n",
            STR_ARG(pkg), STR_ARG(name), STR_ARG(oldpkg), STR_ARG(reason));
    // Debugging information of generated wrappers may differ in line numbers.
    if (!str_has_prefix(name, STR("go:info.go.interface")) &&
        !str_has_prefix(name, STR("go:info.go.builtin")) && !str_has_prefix(name, STR("go:debuglines")))
        r->strict_dups++;
}

static void redefine(NamedSym *s, const Object *o, u32 local) {
    s->obj = o->idx;
    s->local = local;
    s->marks |= MARK_REDEFINED;
}

// Chooses between the definition that symbol s has and one more of the same name.
//
//      new        old        result
//      dupok      dupok      the larger
//      dupok      not        old (Go 1.26: the larger)
//      not        dupok      new (Go 1.26: old)
//      text       bss        new
//      data       bss        new, with the larger size
//      bss        bss        the larger
//      bss        data,text  old; data with the larger size
//      data,text  data,text  error
//
// where bss is a variable of any kind without content.
static void merge_definition(Resolver *r, u32 named, const Object *o, u32 local) {
    const Program *p = r->p;
    NamedSym *s = &r->named[named];
    const Object *old = &p->objs.v[s->obj];
    u32 oldlocal = s->local;
    u32 size = object_sym_size(o, local), oldsize = object_sym_size(old, oldlocal);
    bool dupok = object_sym(o, local)[11] & SYMF_DUPOK, olddupok = object_sym(old, oldlocal)[11] & SYMF_DUPOK;
    if (dupok) {
        if (p->rel->dupok_yields && !olddupok)
            return;
        if (p->opt->strictdups)
            check_duplicate(r, s, o, local);
        if (oldsize < size)
            redefine(s, o, local);
        return;
    }
    if (olddupok) {
        if (p->rel->dupok_yields)
            redefine(s, o, local);
        return;
    }
    u32 n, oldn;
    object_data(o, local, &n);
    object_data(old, oldlocal, &oldn);
    SymKind kind = kind_of(o, local), oldkind = kind_of(old, oldlocal);
    bool bss = kind_is_data((u8)kind) && !n, oldbss = kind_is_data((u8)oldkind) && !oldn;
    if (oldbss && (kind_is_text((u8)kind) || n || (bss && size > oldsize))) {
        redefine(s, o, local);
        if (oldsize > size)
            vec_push(&r->scratch, &r->fixups, ((SizeFixup){named, oldsize}));
    } else if (bss) {
        if (size > oldsize)
            vec_push(&r->scratch, &r->fixups, ((SizeFixup){named, size}));
    } else {
        refuse("duplicated definition of symbol " STR_FMT ", from " STR_FMT " (type %s size %u) and " STR_FMT
               " (type %s size %u)",
               STR_ARG(s->name), STR_ARG(p->libs.v[o->lib].pkg), symkind_name(kind), size,
               STR_ARG(p->libs.v[old->lib].pkg), symkind_name(oldkind), oldsize);
    }
}

static void note_linkname(Resolver *r, const Object *o, Str name, u32 named) {
    vec_push(&r->scratch, &r->linknames, ((LinknameRef){o, name, named}));
}

static void enter_definitions(Resolver *r, Object *o) {
    const u64 *hashes = r->name_hash[o->idx];
    named_slots_reserve(r, o->nnonpkg);
    for (u32 k = 0; k < o->nnonpkg; k++) {
        fetch_named(r, hashes, 1, k, o->nnonpkg);
        u32 local = first_named(o) + k;
        u64 hash = hashes[k];
        NamedSym s = named_definition(o, local);
        u64 *slot = hash ? named_slot(r, hash, s.name, s.version) : NULL;
        u32 named;
        if (slot && *slot) {
            named = (u32)*slot - 1;
            merge_definition(r, named, o, local);
        } else {
            named = named_add(r, slot, hash, s);
        }
        if (hash && maybe_builtin(r, hash))
            note_builtin(r, o, local, s.name, named);
        o->ids[local - o->ndef].i = named;
        r->named[named].marks |= marks_of(o, local);
        raise_align(&r->named[named].align_log2, o, local);
        if (object_sym_flags(o, local) & (SYMF_LINKNAME | SYMF_LINKNAME_STD)) {
            u32 n;
            object_data(o, local, &n);
            // A name without a dot is not Go's: such a variable refers to a C symbol.
            if (n == 0 && str_index_byte(s.name, '.') >= 0)
                note_linkname(r, o, s.name, named);
        }
    }
}

static void enter_references(Resolver *r, Object *o) {
    SymTab *t = &r->p->syms;
    bool checks_asm = r->p->rel->linkname_checks_asm && o->flags & OBJ_FROM_ASSEMBLY;
    const u64 *hashes = r->name_hash[o->idx] + o->nnonpkg;
    named_slots_reserve(r, o->nref);
    for (u32 k = 0; k < o->nref; k++) {
        fetch_named(r, hashes, 1, k, o->nref);
        u32 local = o->nalldef + k;
        u64 hash = hashes[k];
        NamedSym s = {
            .name = object_sym_name(o, local), .version = object_sym_version(o, local), .local = t->made.n};
        if (!hash)
            hash = name_hash(s.name, s.version);
        u64 *slot = named_slot(r, hash, s.name, s.version);
        u32 named = (u32)*slot - 1;
        if (!*slot) {
            named = named_add(r, slot, hash, s);
            vec_push(&r->p->arena, &t->made, ((MadeSym){.name = s.name, .version = s.version}));
        }
        o->ids[local - o->ndef].i = named;
        if (checks_asm || object_sym_flags(o, local) & (SYMF_LINKNAME | SYMF_LINKNAME_STD))
            note_linkname(r, o, s.name, named);
        r->named[named].marks |= marks_of(o, local);
    }
}

static void walk_named(Resolver *r) {
    Program *p = r->p;
    u32 names = r->ndef;
    for (u32 i = 1; i < p->objs.n; i++)
        names += r->pkg_syms[i].n;
    symtab_init(p, names);
    enter_package_symbols(r);
    for (u32 i = 1; i < p->objs.n; i++) {
        enter_definitions(r, &p->objs.v[i]);
        r->named_end[i] = r->nnamed;
    }
    for (u32 i = 1; i < p->objs.n; i++)
        enter_references(r, &p->objs.v[i]);
}

// The walks, the longest first, and then, beside the last of them, what needs none.
static void walk(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Resolver *r = arg;
    for (u64 i = begin; i < end; i++) {
        if (i < HASH_CLASSES)
            walk_hashed(r, i == 0 ? LONG_HASHES : SHORT_HASHES);
        else if (i == HASH_CLASSES)
            walk_named(r);
        else
            define_package_symbols(r, &r->p->objs.v[i - HASH_CLASSES - 1]);
    }
}

// ---- numbers ---------------------------------------------------------------------------------------------------------

static void number_symbols(Resolver *r, u32 next) {
    Program *p = r->p;
    HashedWalk *w = r->hashed;
    u32 k[HASH_CLASSES] = {0}, n = 0;
    for (u32 c = 0; c < HASH_CLASSES; c++)
        w[c].final = arena_array_raw(&r->scratch, u32, w[c].n);
    r->named_final = arena_array_raw(&r->scratch, u32, r->nnamed);
    for (; n < r->npkg_named; n++)
        r->named_final[n] = r->named[n].sym.i;
    for (u32 i = 1; i < p->objs.n; i++) {
        for (u32 c = 0; c < HASH_CLASSES; c++)
            while (k[c] < w[c].end[i])
                w[c].final[k[c]++] = next++;
        while (n < r->named_end[i])
            r->named_final[n++] = next++;
    }
    p->syms.ext_start = next;
    while (n < r->nnamed)
        r->named_final[n++] = next++;
    p->syms.n = next;
    for (u32 i = 0; i < p->syms.nbuiltin; i++)
        if (r->builtin[i])
            p->syms.builtin[i].i = r->named_final[r->builtin[i] - 1];
}

static void define_hashed(Resolver *r, const HashedWalk *w, u64 begin, u64 end) {
    SymTab *t = &r->p->syms;
    for (u64 k = begin; k < end; k++) {
        const HashedSym *h = &w->syms[k];
        SymId s = {w->final[k]};
        read_definition(t, s, &r->p->objs.v[h->obj], h->local);
        t->align_log2[s.i] = h->align_log2;
        apply_marks(t, s, h->marks);
    }
}

static void define_short(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    define_hashed(arg, &((Resolver *)arg)->hashed[SHORT_HASHES], begin, end);
}

static void define_long(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    define_hashed(arg, &((Resolver *)arg)->hashed[LONG_HASHES], begin, end);
}

static void define_named(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Resolver *r = arg;
    SymTab *t = &r->p->syms;
    for (u64 k = begin; k < end; k++) {
        const NamedSym *n = &r->named[k];
        SymId s = {r->named_final[k]};
        if (!n->obj)
            t->local[s.i] = n->local;
        else if (!n->sym.i || n->marks & MARK_REDEFINED)
            read_definition(t, s, &r->p->objs.v[n->obj], n->local);
        t->align_log2[s.i] = MAX(t->align_log2[s.i], n->align_log2);
        apply_marks(t, s, n->marks);
    }
}

static void number_names(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Resolver *r = arg;
    u64 *slots = r->p->syms.by_name.slots;
    for (u64 i = begin; i < end; i++)
        if (slots[i])
            slots[i] = slots[i] >> 32 << 32 | r->named_final[(u32)slots[i] - 1];
}

// ---- references ------------------------------------------------------------------------------------------------------

static void resolve_packages(Resolver *r, Object *o) {
    for (u32 i = 1; i < o->npkg; i++) {
        Str pkg = object_pkg(o, i);
        u32 def = strmap_get(&r->obj_by_pkg, pkg, 0);
        if (def == STRMAP_NONE)
            refuse(STR_FMT ": reference to nonexistent package " STR_FMT, STR_ARG(r->p->libs.v[o->lib].pkg),
                   STR_ARG(pkg));
        o->pkg_obj[i] = def;
    }
}

// Fills in what of each object needs only numbers.
static void finish_objects(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Resolver *r = arg;
    for (u64 i = begin; i < end; i++) {
        Object *o = &r->p->objs.v[i];
        SymId *id = o->ids;
        for (SymId *end_short = id + o->nhashed64; id < end_short; id++)
            id->i = r->hashed[SHORT_HASHES].final[id->i];
        for (SymId *end_long = id + o->nhashed; id < end_long; id++)
            id->i = r->hashed[LONG_HASHES].final[id->i];
        for (SymId *end_named = id + o->nnonpkg + o->nref; id < end_named; id++)
            id->i = r->named_final[id->i];
        resolve_packages(r, o);
    }
}

static void apply_reference_flags(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    enum { REF_USED_IN_IFACE = 1 }; // the lowest bit of the second flag byte in every release
    Program *p = ((Resolver *)arg)->p;
    for (u64 k = begin; k < end; k++) {
        const Object *o = &p->objs.v[k];
        for (u32 i = 0; i < o->nrefflags; i++) {
            const u8 *rec = o->refflags + (u64)i * GOOBJ_REFFLAGS_SIZE;
            if (!(rec[9] & REF_USED_IN_IFACE))
                continue;
            SymId s = object_resolve(p, o, get_u32le(rec), get_u32le(rec + 4));
            if (s.i)
                bitmap_set_atomic(&p->syms.used_in_iface, s.i);
        }
    }
}

// ---- the pass --------------------------------------------------------------------------------------------------------

static void init_builtins(Resolver *r) {
    Program *p = r->p;
    u32 n = p->syms.nbuiltin = *p->rel->nbuiltins;
    p->syms.builtin = arena_array(&p->arena, SymId, n);
    r->builtin = arena_array(&r->scratch, u32, n);
    r->maybe_builtin = bitmap_new(&r->scratch, BUILTIN_BITS);
    strmap_init(&r->builtin_of, &r->scratch, n);
    for (u32 i = 0; i < n; i++) {
        Str name = p->rel->builtins[i].name;
        strmap_put(&r->builtin_of, name, 0, i);
        bitmap_set(&r->maybe_builtin, name_hash(name, p->rel->builtins[i].abi) & (BUILTIN_BITS - 1));
    }
}

// Gives package symbols their numbers and makes room for everything; returns the first number behind them.
static u32 resolver_init(Resolver *r) {
    Program *p = r->p;
    arena_init(&r->scratch, 0);
    u64 npkg = 1, nshort = 0, nlong = 0, ndef = 0, nref = 0;
    for (u32 i = 1; i < p->objs.n; i++) {
        Object *o = &p->objs.v[i];
        o->first = (u32)npkg;
        npkg += o->ndef;
        nshort += o->nhashed64;
        nlong += o->nhashed;
        ndef += o->nnonpkg;
        nref += o->nref;
    }
    u64 total = npkg + nshort + nlong + ndef + nref;
    if (total > UINT32_MAX / 2)
        fatal("too many symbols: %llu", (unsigned long long)total);
    r->ndef = (u32)ndef;
    symtab_reserve(p, (u32)total);
    arena_expect_dense(&p->arena, (nshort + nlong + ndef + nref) * sizeof(SymId));
    arena_expect_dense(&r->scratch, (ndef + nref) * sizeof(u64));
    hashed_walk_init(&r->hashed[SHORT_HASHES], 8, nshort, &r->scratch, p->objs.n);
    hashed_walk_init(&r->hashed[LONG_HASHES], 16, nlong, &r->scratch, p->objs.n);
    r->named_end = arena_array(&r->scratch, u32, p->objs.n);
    r->name_hash = arena_array(&r->scratch, u64 *, p->objs.n);
    r->pkg_syms = arena_array(&r->scratch, NamedLocals, p->objs.n);
    strmap_init(&r->obj_by_pkg, &r->scratch, p->libs.n);
    for (u32 i = 1; i < p->objs.n; i++) {
        Object *o = &p->objs.v[i];
        o->ids = arena_array_raw(&p->arena, SymId, o->nalldef - o->ndef + o->nref);
        o->pkg_obj = arena_array(&p->arena, u32, MAX(o->npkg, 1));
        r->name_hash[i] = arena_array_raw(&r->scratch, u64, o->nnonpkg + o->nref);
        u32 *slot = strmap_slot(&r->obj_by_pkg, path_to_prefix(&p->arena, p->libs.v[o->lib].pkg), 0);
        if (*slot == STRMAP_NONE)
            *slot = i;
    }
    init_builtins(r);
    arena_expect_dense(&r->scratch, (npkg + ndef + nref) * sizeof *r->named);
    r->named = arena_array_raw(&r->scratch, NamedSym, npkg + ndef + nref);
    return (u32)npkg;
}

static void define_symbols(Resolver *r) {
    enum { GRAIN = 4096 };
    Pool *pool = r->p->pool;
    parallel_for(pool, r->hashed[SHORT_HASHES].n, GRAIN, define_short, r);
    parallel_for(pool, r->hashed[LONG_HASHES].n, GRAIN, define_long, r);
    parallel_for(pool, r->nnamed, GRAIN, define_named, r);
    parallel_for(pool, r->p->syms.by_name.cap, GRAIN, number_names, r);
}

void resolve_symbols(Program *p) {
    Resolver r = {.p = p};
    u32 next = resolver_init(&r), nworker = pool_size(p->pool);
    size_t *marks = arena_array(&r.scratch, size_t, nworker);
    for (u32 w = 0; w < nworker; w++)
        marks[w] = arena_mark(worker_arena(p->pool, w));
    parallel_for(p->pool, p->objs.n, 1, hash_names, &r);
    file_trim_together(p->pool);
    parallel_for(p->pool, HASH_CLASSES + 1 + p->objs.n, 1, walk, &r);
    file_trim_together(p->pool);
    number_symbols(&r, next);
    define_symbols(&r);
    for (u32 i = 0; i < r.linknames.n; i++) {
        const LinknameRef *l = &r.linknames.v[i];
        check_linkname(p, &r.scratch, l->obj, l->name, (SymId){r.named_final[l->named]});
    }
    file_trim_together(p->pool);
    parallel_for(p->pool, p->objs.n, 1, finish_objects, &r);
    parallel_for(p->pool, p->objs.n, 1, apply_reference_flags, &r);
    for (u32 i = 0; i < r.fixups.n; i++) {
        SymId s = {r.named_final[r.fixups.v[i].named]};
        sym_edit(p, s);
        p->syms.size[s.i] = r.fixups.v[i].size;
    }
    p->strict_dups = r.strict_dups;
    for (u32 c = 0; c < HASH_CLASSES; c++)
        arena_free(&r.hashed[c].arena);
    for (u32 w = 0; w < nworker; w++)
        arena_release(worker_arena(p->pool, w), marks[w]);
    arena_free(&r.scratch);
    checkpoint();
}

void check_strict_duplicates(Program *p) {
    if (p->opt->strictdups > 1 && p->strict_dups && !dwarf_flags_differ(p))
        fatal("%u duplicate symbols with mismatched payload", p->strict_dups);
}
