// resolve.c - gives every symbol of every object its number, and chooses among several definitions.
//
// Requires: objects loaded.   Provides: the symbol table; Object.first, ids, pkg_obj.
// Freezes: the numbers of all symbols of objects; later ones are the linker's own.
//
// The numbers break ties all over the layout, so they are the stock linker's (see program.h). Package symbols need no
// look-up: their numbers are a prefix sum over the objects. Content-addressable symbols are found by their hash, which the compiler
// has computed, and the others by name.
//
// Hashed and named symbols do not meet, so two threads can walk the objects, one for each class, each in load order: nothing but
// hash-table look-ups, with what can be done for each object alone (reading kinds and sizes, hashing names) done before. Each walk counts
// its new symbols in an order of its own. The final numbers follow from how many of each class an object added, and are filled in
// at the end, again object by object:
//
//     walk      hashed: 0 1 2 | 3 | 4 5        named: 0 | 1 2 | 3          new symbols of objects A | B | C
//     numbers   A: h0 h1 h2 n0   B: h3 n1 n2   C: h4 h5 n3, then references that nobody defines
// REF  cmd/link/internal/loader/loader.go: LoadSyms, addSym, loadObjRefs, checkLinkname.
#include <stdio.h>

#include "base/diag.h"
#include "golang/gostrings.h"
#include "passes/linkname.h"
#include "passes/passes.h"

// A slot of the tables of content-addressable symbols. Short hashes are the 8 bytes of content and use lo only. Packed, since the
// table is the largest thing that resolution makes.
typedef struct __attribute__((packed)) {
    u64 lo, hi;
    u32 sym; // 1 + index in Resolver.hashed; 0: free
} HashSlot;

_Static_assert(sizeof(HashSlot) == 20, "packed");

typedef struct {
    Arena *arena;
    HashSlot *slots;
    u32 mask;
    u32 count;
} HashTable;

enum { MAX_ALIGN = 1 << 16 }; // more than a page: nothing asks for so much

enum { MARK_LOCAL = 1, MARK_USED_IN_IFACE = 2 };

// A content-addressable symbol.
typedef struct {
    u32 obj, local; // the definition that counts
    u32 size;
    u8 align_log2;  // as in SymTab
    u8 marks;       // MARK_* of any of its occurrences
} HashedSym;

// A variable without content that a linkname directive names: a reference, to be checked when all definitions are known.
typedef struct {
    const Object *obj;
    Str name;
    SymId sym;
} LinknameRef;

typedef struct {
    SymId sym;
    u32 size;
} SizeFixup;

typedef struct {
    Program *p;
    Arena scratch;       // of the named walk, and of what both share
    Arena hashed_scratch;
    StrMap obj_by_pkg;   // escaped import path -> its first object, which defines the package symbols

    // The walk over content-addressable symbols.
    HashTable short_table, long_table;
    VEC(HashedSym) hashed; // in walk order
    u32 *hashed_end;     // by object: number of them after it
    u32 *hashed_final;   // walk order -> SymId

    // The walk over named symbols. Until they are numbered, the k-th new one has id named_base + k.
    u64 **name_hash;     // [object][local - first non-package definition]: hashes of names; 0: has none
    u64 **pkg_hash;      // [object][local]: the same for package symbols
    StrMap builtin_of;   // name -> position in the release's list
    u32 named_base;
    u8 *named_marks;     // by k: MARK_*
    u32 *named_end;      // by object: number of new definitions after it
    u32 *named_final;    // k -> SymId
    VEC(LinknameRef) linknames;
    VEC(SizeFixup) fixups;
    u32 strict_dups;     // mismatching duplicates found
} Resolver;

// ---- per object, in parallel -----------------------------------------------------------------------------------------

// Of data the zeros at the end may be missing, of nothing else; only the compiler's notes about packages have no size.
static void check_content(const Object *o, u32 local, SymKind kind) {
    u32 n, size = object_sym_size(o, local);
    object_data(o, local, &n);
    if (n != size && (kind_is_text((u8)kind) || kind_is_dwarf((u8)kind)) && kind != SYM_DWARF_CUINFO)
        object_bad(o, "size of code or debugging information", size, n);
}

static void read_definition(SymTab *t, SymId s, const Object *o, u32 local) {
    SymKind kind = symkind_from_object(object_sym_type(o, local));
    if (kind == SYM_KIND_COUNT) {
        object_bad(o, "symbol type", object_sym_type(o, local), SYM_KIND_COUNT);
        kind = SYM_NONE;
    }
    check_content(o, local, kind);
    t->obj[s.i] = o->idx;
    t->local[s.i] = local;
    t->kind[s.i] = (u8)kind;
    t->flags[s.i] = (u16)object_sym_flags(o, local);
    t->size[s.i] = object_sym_size(o, local);
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

// Package symbols: everything but the name table.
static void prepare_objects(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Resolver *r = arg;
    SymTab *t = &r->p->syms;
    for (u64 i = begin; i < end; i++) {
        const Object *o = &r->p->objs.v[i];
        for (u32 k = 0; k < o->ndef; k++) {
            SymId s = {o->first + k};
            read_definition(t, s, o, k);
            raise_align(&t->align_log2[s.i], o, k);
            apply_marks(t, s, marks_of(o, k));
            r->pkg_hash[i][k] = hash_of(o, k);
        }
        for (u32 k = first_named(o); k < o->nalldef + o->nref; k++)
            r->name_hash[i][k - first_named(o)] = hash_of(o, k);
    }
}

// ---- content-addressable symbols -------------------------------------------------------------------------------------

static HashTable hash_table_new(Arena *a, u64 expect) {
    u32 cap = 1024;
    while (cap * 3ull < expect * 4)
        cap *= 2;
    return (HashTable){a, arena_array(a, HashSlot, cap), cap - 1, 0};
}

// The short hash is the content itself, and small numbers are common: spread it. The long one is random already.
static u32 hash_start(const HashTable *t, u64 lo) {
    return (u32)((lo * 0x9e3779b97f4a7c15u) >> 32) & t->mask;
}

static HashSlot *hash_slot(const HashTable *t, u64 lo, u64 hi) {
    for (u32 i = hash_start(t, lo);; i = (i + 1) & t->mask) {
        HashSlot *s = &t->slots[i];
        if (!s->sym || (s->lo == lo && s->hi == hi))
            return s;
    }
}

// Makes room for n more keys.
static void hash_table_reserve(HashTable *t, u32 n) {
    u64 cap = t->mask + 1ull;
    if ((u64)(t->count + n) * 8 <= cap * 7)
        return;
    while ((u64)(t->count + n) * 8 > cap * 5)
        cap *= 2;
    HashTable grown = {t->arena, arena_array(t->arena, HashSlot, cap), (u32)(cap - 1), t->count};
    for (u32 i = 0; i <= t->mask; i++)
        if (t->slots[i].sym)
            *hash_slot(&grown, t->slots[i].lo, t->slots[i].hi) = t->slots[i];
    *t = grown;
}

// Hashes of one class of definitions of one object.
typedef struct {
    u32 from, n;      // local indexes
    const u8 *hashes; // n times size bytes
    u32 size;
} HashedClass;

static u64 hash_hi(const HashedClass *c, u32 k) {
    return c->size > 8 ? get_u64le(c->hashes + (u64)k * c->size + 8) : 0;
}

static void enter_hashed(Resolver *r, Object *o, HashTable *table, HashedClass c) {
    enum { AHEAD = 8 };
    hash_table_reserve(table, c.n);
    for (u32 k = 0; k < c.n; k++) {
        if (k + AHEAD < c.n)
            __builtin_prefetch(&table->slots[hash_start(table, get_u64le(c.hashes + (u64)(k + AHEAD) * c.size))]);
        u32 local = c.from + k, size = object_sym_size(o, local);
        u64 lo = get_u64le(c.hashes + (u64)k * c.size), hi = hash_hi(&c, k);
        HashSlot *slot = hash_slot(table, lo, hi);
        if (!slot->sym) {
            vec_push(&r->hashed_scratch, &r->hashed, ((HashedSym){.obj = o->idx, .local = local, .size = size}));
            *slot = (HashSlot){lo, hi, r->hashed.n};
            table->count++;
        }
        HashedSym *h = &r->hashed.v[slot->sym - 1];
        if (size > h->size) { // the same content with more zeros behind it
            h->obj = o->idx;
            h->local = local;
            h->size = size;
        }
        h->marks |= marks_of(o, local);
        raise_align(&h->align_log2, o, local);
        o->ids[local - o->ndef].i = slot->sym - 1;
    }
}

static void walk_hashed(Resolver *r) {
    Program *p = r->p;
    for (u32 i = 1; i < p->objs.n; i++) {
        Object *o = &p->objs.v[i];
        enter_hashed(r, o, &r->short_table, (HashedClass){o->ndef, o->nhashed64, o->hash64, 8});
        enter_hashed(r, o, &r->long_table, (HashedClass){o->ndef + o->nhashed64, o->nhashed, o->hash, 16});
        r->hashed_end[i] = r->hashed.n;
    }
}

// ---- named symbols ---------------------------------------------------------------------------------------------------

static void note_builtin(Resolver *r, const Object *o, u32 local, Str name, SymId s) {
    bool in_runtime = str_eq(r->p->libs.v[o->lib].pkg, STR("runtime"));
    if (!str_has_prefix(name, STR("runtime.")) && !(in_runtime && str_has_prefix(name, STR("type:"))))
        return;
    u32 i = strmap_get(&r->builtin_of, name, 0);
    if (i != STRMAP_NONE && r->p->rel->builtins[i].abi == object_sym_abi(o, local))
        r->p->syms.builtin[i] = s;
}

static void enter_package_symbols(Resolver *r) {
    Program *p = r->p;
    for (u32 i = 1; i < p->objs.n; i++) {
        const Object *o = &p->objs.v[i];
        const u64 *hash = r->pkg_hash[i];
        for (u32 k = 0; k < o->ndef; k++) {
            if (!hash[k])
                continue;
            SymId s = {o->first + k};
            Str name = object_sym_name(o, k);
            // A later package symbol of the same name takes over the look-up entry; it does not merge.
            name_table_set(p, name_table_slot(p, hash[k], name, object_sym_version(o, k)), hash[k], s);
            note_builtin(r, o, k, name, s);
        }
    }
}

static void check_duplicate(Resolver *r, Str name, const Object *o, u32 local, SymId old) {
    Program *p = r->p;
    u32 n, oldn;
    const u8 *data = object_data(o, local, &n), *olddata = sym_data(p, old, &oldn);
    u32 size = object_sym_size(o, local), oldsize = sym_size(p, old);
    Str pkg = p->libs.v[o->lib].pkg, oldpkg = sym_pkg(p, old), reason;
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
            "cmd/link: while reading object for '" STR_FMT "': duplicate symbol '" STR_FMT "', previous def at '" STR_FMT
            "', with mismatched payload: " STR_FMT "\n",
            STR_ARG(pkg), STR_ARG(name), STR_ARG(oldpkg), STR_ARG(reason));
    // Debugging information of generated wrappers may differ in line numbers.
    if (!str_has_prefix(name, STR("go:info.go.interface")) && !str_has_prefix(name, STR("go:info.go.builtin")) &&
        !str_has_prefix(name, STR("go:debuglines")))
        r->strict_dups++;
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
static void merge_definition(Resolver *r, SymId s, const Object *o, u32 local, Str name) {
    Program *p = r->p;
    SymTab *t = &p->syms;
    const Object *old = &p->objs.v[t->obj[s.i]];
    u32 oldlocal = t->local[s.i];
    u32 size = object_sym_size(o, local), oldsize = object_sym_size(old, oldlocal);
    bool dupok = object_sym(o, local)[11] & SYMF_DUPOK, olddupok = object_sym(old, oldlocal)[11] & SYMF_DUPOK;
    if (dupok) {
        if (p->rel->dupok_yields && !olddupok)
            return;
        if (p->opt->strictdups)
            check_duplicate(r, name, o, local, s);
        if (oldsize < size)
            read_definition(t, s, o, local);
        return;
    }
    if (olddupok) {
        if (p->rel->dupok_yields)
            read_definition(t, s, o, local);
        return;
    }
    u32 n, oldn;
    object_data(o, local, &n);
    object_data(old, oldlocal, &oldn);
    SymKind kind = symkind_from_object(object_sym_type(o, local)), oldkind = t->kind[s.i];
    bool bss = kind_is_data((u8)kind) && !n, oldbss = kind_is_data((u8)oldkind) && !oldn;
    if (oldbss && (kind_is_text((u8)kind) || n || (bss && size > oldsize))) {
        read_definition(t, s, o, local);
        if (oldsize > size)
            vec_push(&r->scratch, &r->fixups, ((SizeFixup){s, oldsize}));
    } else if (bss) {
        if (size > oldsize)
            vec_push(&r->scratch, &r->fixups, ((SizeFixup){s, size}));
    } else {
        fatal("duplicated definition of symbol " STR_FMT ", from " STR_FMT " (type %s size %u) and " STR_FMT
              " (type %s size %u)",
              STR_ARG(name), STR_ARG(p->libs.v[o->lib].pkg), symkind_name(kind), size, STR_ARG(p->libs.v[old->lib].pkg),
              symkind_name(oldkind), oldsize);
    }
}

static void mark_named(Resolver *r, SymId s, const Object *o, u32 local) {
    u8 marks = marks_of(o, local);
    if (s.i < r->named_base)
        apply_marks(&r->p->syms, s, marks);
    else
        r->named_marks[s.i - r->named_base] |= marks;
}

static void enter_definitions(Resolver *r, Object *o) {
    Program *p = r->p;
    SymTab *t = &p->syms;
    const u64 *hashes = r->name_hash[o->idx];
    for (u32 local = first_named(o); local < o->nalldef; local++) {
        u64 hash = hashes[local - first_named(o)];
        Str name = object_sym_name(o, local);
        u64 *slot = hash ? name_table_slot(p, hash, name, object_sym_abi(o, local)) : NULL;
        SymId s = {slot ? (u32)*slot : 0};
        if (s.i) {
            merge_definition(r, s, o, local, name);
        } else {
            s = symtab_append(p, o->idx, local);
            read_definition(t, s, o, local);
            if (slot)
                name_table_set(p, slot, hash, s);
        }
        if (hash)
            note_builtin(r, o, local, name, s);
        o->ids[local - o->ndef] = s;
        mark_named(r, s, o, local);
        raise_align(&t->align_log2[s.i], o, local);
        if (object_sym_flags(o, local) & (SYMF_LINKNAME | SYMF_LINKNAME_STD)) {
            u32 n;
            object_data(o, local, &n);
            // A name without a dot is not Go's: such a variable refers to a C symbol.
            if (n == 0 && str_index_byte(name, '.') >= 0)
                vec_push(&r->scratch, &r->linknames, ((LinknameRef){o, name, s}));
        }
    }
}

static void enter_references(Resolver *r, Object *o) {
    Program *p = r->p;
    bool checks_asm = p->rel->linkname_checks_asm && o->flags & OBJ_FROM_ASSEMBLY;
    for (u32 local = o->nalldef; local < o->nalldef + o->nref; local++) {
        Str name = object_sym_name(o, local);
        u64 hash = r->name_hash[o->idx][local - first_named(o)];
        i32 version = object_sym_version(o, local);
        if (!hash)
            hash = name_hash(name, version);
        u64 *slot = name_table_slot(p, hash, name, version);
        SymId s = {(u32)*slot};
        if (!s.i) {
            s = symtab_append(p, 0, p->syms.made.n);
            vec_push(&p->arena, &p->syms.made, ((MadeSym){.name = name, .version = version}));
            name_table_set(p, slot, hash, s);
        }
        o->ids[local - o->ndef] = s;
        if (checks_asm || object_sym_flags(o, local) & (SYMF_LINKNAME | SYMF_LINKNAME_STD))
            check_linkname(p, &r->scratch, o, name, s);
        mark_named(r, s, o, local);
    }
}

static void walk_named(Resolver *r) {
    Program *p = r->p;
    p->syms.n = r->named_base;
    enter_package_symbols(r);
    for (u32 i = 1; i < p->objs.n; i++) {
        enter_definitions(r, &p->objs.v[i]);
        r->named_end[i] = p->syms.n - r->named_base;
    }
    for (u32 i = 0; i < r->linknames.n; i++)
        check_linkname(p, &r->scratch, r->linknames.v[i].obj, r->linknames.v[i].name, r->linknames.v[i].sym);
    for (u32 i = 1; i < p->objs.n; i++)
        enter_references(r, &p->objs.v[i]);
}

static void walk(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    for (u64 i = begin; i < end; i++)
        (i == 0 ? walk_hashed : walk_named)(arg);
}

// ---- numbers ---------------------------------------------------------------------------------------------------------

static SymId final_id(const Resolver *r, SymId s) {
    return s.i < r->named_base ? s : (SymId){r->named_final[s.i - r->named_base]};
}

static void number_symbols(Resolver *r, u32 next) {
    Program *p = r->p;
    u32 nnamed = p->syms.n - r->named_base, h = 0, n = 0;
    r->hashed_final = arena_array_raw(&r->scratch, u32, r->hashed.n);
    r->named_final = arena_array_raw(&r->scratch, u32, nnamed);
    for (u32 i = 1; i < p->objs.n; i++) {
        while (h < r->hashed_end[i])
            r->hashed_final[h++] = next++;
        while (n < r->named_end[i])
            r->named_final[n++] = next++;
    }
    p->syms.ext_start = next;
    while (n < nnamed)
        r->named_final[n++] = next++;
    p->syms.n = next;
}

// Named symbols move down to their numbers. The final number is never above the provisional one, so going up, nothing is
// overwritten that is still to be moved. What they leave behind is cleared for symbols that are made later.
static void move_named(Resolver *r, u32 nnamed) {
    SymTab *t = &r->p->syms;
    for (u32 k = 0; k < nnamed; k++) {
        u32 from = r->named_base + k, to = r->named_final[k];
        t->obj[to] = t->obj[from];
        t->local[to] = t->local[from];
        t->kind[to] = t->kind[from];
        t->flags[to] = t->flags[from];
        t->align_log2[to] = t->align_log2[from];
        t->size[to] = t->size[from];
        apply_marks(t, (SymId){to}, r->named_marks[k]);
    }
    for (u32 i = MAX(t->n, r->named_base); i < r->named_base + nnamed; i++) {
        t->obj[i] = t->local[i] = t->size[i] = 0;
        t->kind[i] = t->align_log2[i] = 0;
        t->flags[i] = 0;
    }
    NameTable *names = &t->by_name;
    for (u32 i = 0; i < names->cap; i++)
        if (names->slots[i])
            names->slots[i] = names->slots[i] >> 32 << 32 | final_id(r, (SymId){(u32)names->slots[i]}).i;
    for (u32 i = 0; i < t->nbuiltin; i++)
        t->builtin[i] = final_id(r, t->builtin[i]);
    for (u32 i = 0; i < r->fixups.n; i++)
        r->fixups.v[i].sym = final_id(r, r->fixups.v[i].sym);
}

static void define_hashed(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Resolver *r = arg;
    SymTab *t = &r->p->syms;
    for (u64 k = begin; k < end; k++) {
        const HashedSym *h = &r->hashed.v[k];
        SymId s = {r->hashed_final[k]};
        read_definition(t, s, &r->p->objs.v[h->obj], h->local);
        t->align_log2[s.i] = h->align_log2;
        apply_marks(t, s, h->marks);
    }
}

// ---- references ------------------------------------------------------------------------------------------------------

static void resolve_packages(Resolver *r, Object *o) {
    for (u32 i = 1; i < o->npkg; i++) {
        Str pkg = object_pkg(o, i);
        u32 def = strmap_get(&r->obj_by_pkg, pkg, 0);
        if (def == STRMAP_NONE)
            fatal(STR_FMT ": reference to nonexistent package " STR_FMT, STR_ARG(r->p->libs.v[o->lib].pkg), STR_ARG(pkg));
        o->pkg_obj[i] = def;
    }
}

// Fills in what of each object needs only numbers.
static void finish_objects(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Resolver *r = arg;
    for (u64 i = begin; i < end; i++) {
        Object *o = &r->p->objs.v[i];
        u32 nhashed = o->nhashed64 + o->nhashed, n = o->nalldef - o->ndef + o->nref;
        for (u32 k = 0; k < nhashed; k++)
            o->ids[k].i = r->hashed_final[o->ids[k].i];
        for (u32 k = nhashed; k < n; k++)
            o->ids[k] = final_id(r, o->ids[k]);
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

// Gives package symbols their numbers and makes room for everything; returns the first number behind them.
static u32 resolver_init(Resolver *r) {
    Program *p = r->p;
    arena_init(&r->scratch, 0);
    arena_init(&r->hashed_scratch, 0);
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
    symtab_init(p, (u32)total, (u32)ndef);
    r->named_base = (u32)(npkg + nshort + nlong);
    r->named_marks = arena_array(&r->scratch, u8, ndef + nref);
    r->short_table = hash_table_new(&r->hashed_scratch, nshort / 2);
    r->long_table = hash_table_new(&r->hashed_scratch, nlong / 2);
    r->hashed_end = arena_array(&r->scratch, u32, p->objs.n);
    r->named_end = arena_array(&r->scratch, u32, p->objs.n);
    r->name_hash = arena_array(&r->scratch, u64 *, p->objs.n);
    r->pkg_hash = arena_array(&r->scratch, u64 *, p->objs.n);
    strmap_init(&r->obj_by_pkg, &r->scratch, p->libs.n);
    for (u32 i = 1; i < p->objs.n; i++) {
        Object *o = &p->objs.v[i];
        o->ids = arena_array_raw(&p->arena, SymId, o->nalldef - o->ndef + o->nref);
        o->pkg_obj = arena_array(&p->arena, u32, MAX(o->npkg, 1));
        r->name_hash[i] = arena_array_raw(&r->scratch, u64, o->nnonpkg + o->nref);
        r->pkg_hash[i] = arena_array_raw(&r->scratch, u64, o->ndef);
        u32 *slot = strmap_slot(&r->obj_by_pkg, path_to_prefix(&p->arena, p->libs.v[o->lib].pkg), 0);
        if (*slot == STRMAP_NONE)
            *slot = i;
    }
    p->syms.nbuiltin = *p->rel->nbuiltins;
    p->syms.builtin = arena_array(&p->arena, SymId, p->syms.nbuiltin);
    strmap_init(&r->builtin_of, &r->scratch, p->syms.nbuiltin);
    for (u32 i = 0; i < p->syms.nbuiltin; i++)
        strmap_put(&r->builtin_of, p->rel->builtins[i].name, 0, i);
    return (u32)npkg;
}

void resolve_symbols(Program *p) {
    enum { HASHED_GRAIN = 4096 };
    Resolver r = {.p = p};
    u32 next = resolver_init(&r);
    parallel_for(p->pool, p->objs.n, 1, prepare_objects, &r);
    parallel_for(p->pool, 2, 1, walk, &r);
    u32 nnamed = p->syms.n - r.named_base;
    number_symbols(&r, next);
    move_named(&r, nnamed);
    parallel_for(p->pool, r.hashed.n, HASHED_GRAIN, define_hashed, &r);
    parallel_for(p->pool, p->objs.n, 1, finish_objects, &r);
    parallel_for(p->pool, p->objs.n, 1, apply_reference_flags, &r);
    for (u32 i = 0; i < r.fixups.n; i++) {
        sym_edit(p, r.fixups.v[i].sym);
        p->syms.size[r.fixups.v[i].sym.i] = r.fixups.v[i].size;
    }
    if (p->opt->strictdups > 1 && r.strict_dups)
        fatal("%u duplicate symbols with mismatched payload", r.strict_dups);
    arena_free(&r.hashed_scratch);
    arena_free(&r.scratch);
    checkpoint();
}
