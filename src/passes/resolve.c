// resolve.c - gives every symbol of every object its number, and chooses among several definitions.
//
// Requires: objects loaded.   Provides: the symbol table; Object.first, ids, pkg_obj.
// Freezes: the numbers of all symbols of objects; later ones are the linker's own.
//
// The numbers break ties all over the layout, so they are the stock linker's (see program.h). Package symbols need no
// look-up: their numbers are a prefix sum over the objects. Content-addressable symbols are found by their hash, which the compiler
// has computed, and the others by name. What can be done for each object alone (reading kinds and sizes, hashing names) is done in
// parallel first; the rest is one sequential walk in load order, which is nothing but hash-table look-ups.
// REF  cmd/link/internal/loader/loader.go: LoadSyms, addSym, loadObjRefs, checkLinkname.
#include <stdio.h>

#include "base/diag.h"
#include "golang/gostrings.h"
#include "passes/passes.h"

// A slot of the tables of content-addressable symbols. Short hashes are the 8 bytes of content and use lo only. Packed, since the
// table is the largest thing that resolution makes.
typedef struct __attribute__((packed)) {
    u64 lo, hi;
    u32 id; // 0: free
} HashSlot;

_Static_assert(sizeof(HashSlot) == 20, "packed");

typedef struct {
    Arena *arena;
    HashSlot *slots;
    u32 mask;
    u32 count;
} HashTable;

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
    Arena scratch;
    HashTable short_hashed, hashed;
    u64 **name_hash;    // [object][local - ndef]: hashes of names of non-package definitions and references
    u64 **pkg_hash;     // [object][local]: hashes of names of package symbols, 0: has none
    StrMap builtin_of;  // name -> position in the release's list
    VEC(LinknameRef) linknames;
    VEC(SizeFixup) fixups;
    u32 strict_dups;    // mismatching duplicates found
} Resolver;

// ---- per object, in parallel -----------------------------------------------------------------------------------------

static void read_definition(SymTab *t, SymId s, const Object *o, u32 local) {
    SymKind kind = symkind_from_object(object_sym_type(o, local));
    if (kind == SYM_KIND_COUNT) {
        object_bad(o, "symbol type", object_sym_type(o, local), SYM_KIND_COUNT);
        kind = SYM_NONE;
    }
    t->kind[s.i] = (u8)kind;
    t->size[s.i] = object_sym_size(o, local);
}

static void raise_align(SymTab *t, SymId s, const Object *o, u32 local) {
    u32 align = object_sym_align(o, local);
    if (!align)
        return;
    if (align & (align - 1) || align > 1u << 30) {
        object_bad(o, "alignment", align, 1u << 30);
        return;
    }
    u8 log2 = (u8)(__builtin_ctz(align) + 1);
    if (log2 > t->align_log2[s.i])
        t->align_log2[s.i] = log2;
}

static bool is_static(const Object *o, u32 local) {
    return object_sym_abi(o, local) == ABI_STATIC;
}

static u64 hash_of(const Object *o, u32 local) {
    u16 abi = object_sym_abi(o, local);
    if (abi > ABI_INTERNAL)
        object_bad(o, "symbol ABI", abi, ABI_INTERNAL);
    u64 h = name_hash(object_sym_name(o, local), abi);
    return h ? h : 1; // 0 stands for "no name"
}

// Package symbols: everything but the name table. Workers share words of the bitmaps, so those are set atomically.
static void prepare_objects(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Resolver *r = arg;
    SymTab *t = &r->p->syms;
    for (u64 i = begin; i < end; i++) {
        const Object *o = &r->p->objs.v[i];
        for (u32 k = 0; k < o->ndef; k++) {
            SymId s = {o->first + k};
            t->obj[s.i] = o->idx;
            t->local[s.i] = k;
            read_definition(t, s, o, k);
            raise_align(t, s, o, k);
            u32 flags = object_sym_flags(o, k);
            if (flags & SYMF_LOCAL)
                bitmap_set_atomic(&t->is_local, s.i);
            if (flags & SYMF_USED_IN_IFACE)
                bitmap_set_atomic(&t->used_in_iface, s.i);
            bool named = get_u32le(object_sym(o, k)) != 0 && !is_static(o, k);
            r->pkg_hash[i][k] = named ? hash_of(o, k) : 0;
        }
        u32 first = o->nalldef - o->nnonpkg, last = o->nalldef + o->nref;
        for (u32 k = first; k < last; k++) {
            bool named = get_u32le(object_sym(o, k)) != 0 && !is_static(o, k);
            r->name_hash[i][k - first] = named ? hash_of(o, k) : 0;
        }
    }
}

// ---- package symbols -------------------------------------------------------------------------------------------------

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
            if (k + 8 < o->ndef)
                __builtin_prefetch(&p->syms.by_name.slots[hash[k + 8] & (p->syms.by_name.cap - 1)]);
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
        if (!s->id || (s->lo == lo && s->hi == hi))
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
        if (t->slots[i].id)
            *hash_slot(&grown, t->slots[i].lo, t->slots[i].hi) = t->slots[i];
    *t = grown;
}

static void define(SymTab *t, SymId s, const Object *o, u32 local) {
    t->obj[s.i] = o->idx;
    t->local[s.i] = local;
    read_definition(t, s, o, local);
}

static void merge_flags(SymTab *t, SymId s, const Object *o, u32 local) {
    u32 flags = object_sym_flags(o, local);
    if (flags & SYMF_LOCAL)
        bitmap_set(&t->is_local, s.i);
    if (flags & SYMF_USED_IN_IFACE)
        bitmap_set(&t->used_in_iface, s.i);
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
    SymTab *t = &r->p->syms;
    hash_table_reserve(table, c.n);
    for (u32 k = 0; k < c.n; k++) {
        if (k + AHEAD < c.n)
            __builtin_prefetch(&table->slots[hash_start(table, get_u64le(c.hashes + (u64)(k + AHEAD) * c.size))]);
        u32 local = c.from + k;
        u64 lo = get_u64le(c.hashes + (u64)k * c.size), hi = hash_hi(&c, k);
        HashSlot *slot = hash_slot(table, lo, hi);
        SymId s = {slot->id};
        if (!s.i) {
            s = symtab_append(r->p, o->idx, local);
            *slot = (HashSlot){lo, hi, s.i};
            table->count++;
            define(t, s, o, local);
        } else if (object_sym_size(o, local) > t->size[s.i]) {
            define(t, s, o, local); // the same content with more zeros behind it
        }
        o->ids[local - o->ndef] = s;
        merge_flags(t, s, o, local);
        raise_align(t, s, o, local);
    }
}

// ---- named symbols ---------------------------------------------------------------------------------------------------

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
            define(t, s, o, local);
        return;
    }
    if (olddupok) {
        if (p->rel->dupok_yields)
            define(t, s, o, local);
        return;
    }
    u32 n, oldn;
    object_data(o, local, &n);
    object_data(old, oldlocal, &oldn);
    SymKind kind = symkind_from_object(object_sym_type(o, local)), oldkind = t->kind[s.i];
    bool bss = kind_is_data((u8)kind) && !n, oldbss = kind_is_data((u8)oldkind) && !oldn;
    if (oldbss && (kind_is_text((u8)kind) || n || (bss && size > oldsize))) {
        define(t, s, o, local);
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

static void enter_named(Resolver *r, Object *o) {
    Program *p = r->p;
    SymTab *t = &p->syms;
    u32 first = o->nalldef - o->nnonpkg;
    const u64 *hashes = r->name_hash[o->idx];
    for (u32 local = first; local < o->nalldef; local++) {
        u64 hash = hashes[local - first];
        SymId s;
        Str name = {0};
        if (!hash) {
            s = symtab_append(p, o->idx, local);
            define(t, s, o, local);
        } else {
            name = object_sym_name(o, local);
            u64 *slot = name_table_slot(p, hash, name, object_sym_abi(o, local));
            s = (SymId){(u32)*slot};
            if (!s.i) {
                s = symtab_append(p, o->idx, local);
                name_table_set(p, slot, hash, s);
                define(t, s, o, local);
            } else {
                merge_definition(r, s, o, local, name);
            }
            note_builtin(r, o, local, name, s);
        }
        o->ids[local - o->ndef] = s;
        merge_flags(t, s, o, local);
        raise_align(t, s, o, local);
        if (object_sym_flags(o, local) & (SYMF_LINKNAME | SYMF_LINKNAME_STD)) {
            u32 n;
            object_data(o, local, &n);
            // A name without a dot is not Go's: such a variable refers to a C symbol.
            name = object_sym_name(o, local);
            if (n == 0 && str_index_byte(name, '.') >= 0)
                vec_push(&r->scratch, &r->linknames, ((LinknameRef){o, name, s}));
        }
    }
}

// ---- linknames -------------------------------------------------------------------------------------------------------

// The frozen copies crypto/internal/fips140/vX.Y.Z/... may do what crypto/internal/fips140/... may.
static bool same_package(Arena *a, Str pkg, Str allowed) {
    if (str_eq(pkg, allowed))
        return true;
    Str frozen = STR("crypto/internal/fips140/v");
    if (!str_has_prefix(pkg, frozen))
        return false;
    Str rest = str_slice(pkg, frozen.n, pkg.n);
    i64 slash = str_index_byte(rest, '/');
    Str tail = slash < 0 ? (Str){0} : str_slice(rest, (u32)slash, rest.n);
    return str_eq(arena_printf(a, "crypto/internal/fips140" STR_FMT, STR_ARG(tail)), allowed);
}

// Definitions in assembly have no linkname themselves: the one of the ABI wrapper counts. Returns whether the reference is
// allowed without looking further.
static bool asm_definition_allows(const Program *p, Str pkg, Str name, const Object **def, u32 *local) {
    if (str_has_prefix(name, pkg)) // defined in assembly under the other package's name: pushed to it
        return true;
    if (str_index_byte(name, '.') < 0) // not a Go name
        return true;
    if (!memmem(p->header.p, p->header.n, "regabiwrappers", 14))
        return true;
    SymId wrapper = sym_lookup(p, name, 1 - object_sym_version(*def, *local));
    if (wrapper.i)
        *def = sym_object(p, wrapper, local);
    return !*def;
}

static bool linkname_allowed(Resolver *r, const Object *from, Str name, SymId s) {
    const Program *p = r->p;
    Str pkg = p->libs.v[from->lib].pkg;
    for (u32 i = 0; i < *p->rel->nblocked_linknames; i++) {
        const BlockedLinkname *b = &p->rel->blocked_linknames[i];
        if (str_eq(b->name, name))
            return b->pkg.n && same_package(&r->scratch, pkg, b->pkg);
    }
    u32 local;
    const Object *def = sym_object(p, s, &local);
    if (!def || !(def->flags & OBJ_STD) || str_eq(p->libs.v[def->lib].pkg, pkg))
        return true;
    u32 flags = object_sym_flags(def, local);
    if (!p->rel->linkname_checks_asm)
        return flags & (SYMF_LINKNAME | SYMF_ABIWRAPPER);
    if (def->flags & OBJ_FROM_ASSEMBLY && !(flags & (SYMF_LINKNAME | SYMF_LINKNAME_STD))) {
        if (asm_definition_allows(p, pkg, name, &def, &local))
            return true;
        flags = object_sym_flags(def, local);
    }
    return (flags & SYMF_LINKNAME_STD && from->flags & OBJ_STD) || flags & SYMF_LINKNAME;
}

static void check_linkname(Resolver *r, const Object *from, Str name, SymId s) {
    if (r->p->opt->checklinkname && !linkname_allowed(r, from, name, s))
        fatal(STR_FMT ": invalid reference to " STR_FMT, STR_ARG(r->p->libs.v[from->lib].pkg), STR_ARG(name));
}

// ---- references ------------------------------------------------------------------------------------------------------

static void enter_references(Resolver *r, Object *o) {
    Program *p = r->p;
    u32 first = o->nalldef - o->nnonpkg;
    for (u32 local = o->nalldef; local < o->nalldef + o->nref; local++) {
        Str name = object_sym_name(o, local);
        u64 hash = r->name_hash[o->idx][local - first];
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
        u32 flags = object_sym_flags(o, local);
        if (flags & (SYMF_LINKNAME | SYMF_LINKNAME_STD) || (p->rel->linkname_checks_asm && o->flags & OBJ_FROM_ASSEMBLY))
            check_linkname(r, o, name, s);
        merge_flags(&p->syms, s, o, local);
    }
}

static void resolve_packages(Resolver *r, Object *o, const StrMap *obj_by_pkg) {
    o->pkg_obj = arena_array(&r->p->arena, u32, MAX(o->npkg, 1));
    for (u32 i = 1; i < o->npkg; i++) {
        Str pkg = object_pkg(o, i);
        u32 def = strmap_get(obj_by_pkg, pkg, 0);
        if (def == STRMAP_NONE)
            fatal(STR_FMT ": reference to nonexistent package " STR_FMT, STR_ARG(r->p->libs.v[o->lib].pkg), STR_ARG(pkg));
        o->pkg_obj[i] = def;
    }
}

static void apply_reference_flags(Program *p, const Object *o) {
    for (u32 i = 0; i < o->nrefflags; i++) {
        const u8 *rec = o->refflags + (u64)i * GOOBJ_REFFLAGS_SIZE;
        enum { REF_USED_IN_IFACE = 1 }; // the lowest bit of the second flag byte in every release
        if (!(rec[9] & REF_USED_IN_IFACE))
            continue;
        SymId s = object_resolve(p, o, get_u32le(rec), get_u32le(rec + 4));
        if (s.i)
            bitmap_set(&p->syms.used_in_iface, s.i);
    }
}

// ---- the pass --------------------------------------------------------------------------------------------------------

static void resolver_init(Resolver *r) {
    Program *p = r->p;
    arena_init(&r->scratch, 0);
    u64 total = 1, nshort = 0, nhashed = 0, npkg = 1, nnamed = 0;
    for (u32 i = 1; i < p->objs.n; i++) {
        Object *o = &p->objs.v[i];
        o->first = (u32)npkg;
        npkg += o->ndef;
        total += (u64)o->nalldef + o->nref;
        nshort += o->nhashed64;
        nhashed += o->nhashed;
        nnamed += o->nnonpkg;
    }
    if (total > UINT32_MAX / 2)
        fatal("too many symbols: %llu", (unsigned long long)total);
    symtab_init(p, (u32)total, (u32)nnamed);
    p->syms.n = (u32)npkg;
    r->short_hashed = hash_table_new(&r->scratch, nshort / 2);
    r->hashed = hash_table_new(&r->scratch, nhashed / 2);
    r->name_hash = arena_array(&r->scratch, u64 *, p->objs.n);
    r->pkg_hash = arena_array(&r->scratch, u64 *, p->objs.n);
    for (u32 i = 1; i < p->objs.n; i++) {
        Object *o = &p->objs.v[i];
        o->ids = arena_array_raw(&p->arena, SymId, o->nalldef - o->ndef + o->nref);
        r->name_hash[i] = arena_array_raw(&r->scratch, u64, o->nnonpkg + o->nref);
        r->pkg_hash[i] = arena_array_raw(&r->scratch, u64, o->ndef);
    }
    p->syms.nbuiltin = *p->rel->nbuiltins;
    p->syms.builtin = arena_array(&p->arena, SymId, p->syms.nbuiltin);
    strmap_init(&r->builtin_of, &r->scratch, p->syms.nbuiltin);
    for (u32 i = 0; i < p->syms.nbuiltin; i++)
        strmap_put(&r->builtin_of, p->rel->builtins[i].name, 0, i);
}

static void resolve_references(Resolver *r) {
    Program *p = r->p;
    StrMap obj_by_pkg; // escaped import path -> its first object, which defines the package symbols
    strmap_init(&obj_by_pkg, &r->scratch, p->libs.n);
    for (u32 i = 1; i < p->objs.n; i++) {
        u32 *slot = strmap_slot(&obj_by_pkg, path_to_prefix(&p->arena, p->libs.v[p->objs.v[i].lib].pkg), 0);
        if (*slot == STRMAP_NONE)
            *slot = i;
    }
    // Numbers of references do not depend on packages, and flags may refer to symbols of any object: two loops.
    p->syms.ext_start = p->syms.n;
    for (u32 i = 1; i < p->objs.n; i++) {
        enter_references(r, &p->objs.v[i]);
        resolve_packages(r, &p->objs.v[i], &obj_by_pkg);
    }
    for (u32 i = 1; i < p->objs.n; i++)
        apply_reference_flags(p, &p->objs.v[i]);
}

void resolve_symbols(Program *p) {
    Resolver r = {.p = p};
    resolver_init(&r);
    parallel_for(p->pool, p->objs.n, 1, prepare_objects, &r);
    enter_package_symbols(&r);
    for (u32 i = 1; i < p->objs.n; i++) {
        Object *o = &p->objs.v[i];
        enter_hashed(&r, o, &r.short_hashed, (HashedClass){o->ndef, o->nhashed64, o->hash64, 8});
        enter_hashed(&r, o, &r.hashed, (HashedClass){o->ndef + o->nhashed64, o->nhashed, o->hash, 16});
        enter_named(&r, o);
    }
    for (u32 i = 0; i < r.linknames.n; i++)
        check_linkname(&r, r.linknames.v[i].obj, r.linknames.v[i].name, r.linknames.v[i].sym);
    resolve_references(&r);
    for (u32 i = 0; i < r.fixups.n; i++) {
        sym_edit(p, r.fixups.v[i].sym);
        p->syms.size[r.fixups.v[i].sym.i] = r.fixups.v[i].size;
    }
    if (p->opt->strictdups > 1 && r.strict_dups)
        fatal("%u duplicate symbols with mismatched payload", r.strict_dups);
    arena_free(&r.scratch);
    checkpoint();
}
