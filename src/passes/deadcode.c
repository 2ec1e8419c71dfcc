// deadcode.c - which symbols the program needs.
//
// WHAT  A flood fill from the entry point along relocations and auxiliary symbols. What it does not reach is
//       not linked. The one complication is methods. A type descriptor refers to all methods of the type, but
//       most are never called in a way that goes through the descriptor, and need not be kept. So these
//       references (R_METHODOFF, three for a method: its type and two code addresses) are followed only when
//       all of this holds:
//         - a value of the type is converted to an interface somewhere (the symbol is "used in interface":
//           R_USEIFACE, a flag set by the compiler, or reached by reflection from such a type);
//         - and the method may be called dynamically: an interface method of the same name and type is called
//           (R_USEIFACEMETHOD), or a method of that name is looked up by a constant string
//           (R_USENAMEDMETHOD), or some function looks up methods by a name unknown to the compiler
//           (ReflectMethod) and the method is exported.
// HOW   The result is the least fixpoint of monotone rules, so neither the order of the work nor the number
//       of threads changes it. Rounds alternate: a parallel flood that also collects methods and interface
//       calls; then, in one thread, the match of the two, which starts the next round. Workers claim a symbol
//       by setting its bit, keep a stack of their own, and hand back what is left of it after a share of
//       work. Relocations are read in place, cold in the cache, which is what the time goes into: a worker
//       takes a batch of symbols, asks for the index entries of all, then for the records of all, and only
//       then walks them. A type may be visited twice, before and after it becomes used in an interface. To
//       miss no such change, a worker that sets the flag looks at the live bit after it, and one that sets
//       the live bit looks at the flag after it.
// DEBUG Debugging information has most of the relocations of a program, and leads to hardly anything but more of its
//       kind. These symbols do not go on the stacks but into a bitmap, and are visited in the order in which they lie
//       in the objects when all else is done. What survey_functions wants to know of them is noted on the way
//       (golang/debug_refs.h), and so are calls of runtime.deferreturn, which the pclntab lists.
// TRACE -dumpdep prints every edge along which a symbol was first reached. The stock linker visits the
//       pending symbol with the smallest number next; with that option so do we, in one thread, and print the
//       same lines. The same order decides by which symbol another was first reached, which field tracking
//       (fieldtrack.c) tells the program.
// REF   cmd/link/internal/ld/deadcode.go; what each marker relocation means:
//       cmd/internal/objabi/reloctype.go.
#include <stdio.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/sort.h"
#include "golang/debug_refs.h"
#include "golang/experiment.h"
#include "golang/gostrings.h"
#include "golang/gotype.h"
#include "golang/unicode_upper.h"
#include "passes/passes.h"

enum {
    BATCH = 32,        // symbols whose records are fetched ahead together
    TRIM_BATCHES = 32, // batches between two looks at the resident size of the inputs
    FETCH_RELOCS = 32, // relocations of each that are fetched ahead
    CACHE_LINE = 64,
    GRAIN = 64,        // symbols of the frontier handed to a worker at once
    DEBUG_GRAIN = 32,  // words of the bitmap of debugging information
    SHARE = 4096,      // symbols that it visits before it hands back the rest
    METHOD_RELOCS = 3, // relocations of a method in its type's descriptor
};

// A table from pairs of numbers to numbers.
typedef struct {
    Arena *a;
    u64 *keys; // pair + 1, 0 for a free slot
    u32 *vals;
    u32 cap, count;
} PairMap;

// A method in the descriptor of a live type.
typedef struct {
    u32 type;  // SymId of the descriptor
    u32 reloc; // index of its first relocation
    u32 name;  // symbol that holds the name; number of the name once it is in `pending`
    u32 sig;   // type descriptor of the function; number of (name, function type) once it is in `pending`
} Method;

// A dynamic call: of the interface method (name, function type), or of every method of the name.
typedef struct {
    u32 name; // symbol with the name, as an abi.Name or, when by_name, as plain bytes
    u32 sig;
    bool by_name;
} Call;

typedef struct {
    Arena *a;
    VEC(u32) work;       // live symbols that were not visited yet
    VEC(u32) left;       // the same, handed back when the share of work was done
    VEC(Method) methods; // met since the last round
    VEC(Call) calls;
    PairMap seen_calls; // (type, offset of the method) pairs that this worker has met
    VEC(CallSite) deferreturns;
    bool reflects;      // met a ReflectMethod function
} __attribute__((aligned(128))) Worker;

enum { NAME_CALLED = 1, NAME_EXPORTED = 2 };

typedef struct {
    Program *p;
    Worker *workers;
    u32 nworker;
    bool ordered; // visits in the stock linker's order
    bool trace;   // -dumpdep
    bool plugins;      // other modules may call anything
    bool plain[256];   // relocation types of object files that do nothing but keep the target alive
    Bitmap expanded;   // types that were visited while used in an interface
    Bitmap inits;      // package initialisers that were visited
    Bitmap debug;      // live symbols of debugging information that were not visited yet
    u32 deferreturn;   // SymId, UINT32_MAX: the program has none
    VEC(u32) frontier; // what the next loop starts from

    // The match of methods and calls; numbers instead of texts.
    StrMap names;        // text of a name -> number
    PairMap name_of;     // (symbol, 0) -> number of its name
    PairMap sigs;        // (name, function type) -> number
    VEC(u8) name_flags;  // NAME_*, by number of the name
    VEC(u8) sig_called;  // by number of the signature
    VEC(Method) pending; // methods of live types that nobody calls so far
    bool reflects;
} Flood;

// ---- small tools ------------------------------------------------------------------------------------------

static void pairmap_grow(PairMap *m) {
    PairMap old = *m;
    m->cap = old.cap ? old.cap * 2 : 1024;
    m->keys = arena_array(m->a, u64, m->cap);
    m->vals = arena_array_raw(m->a, u32, m->cap);
    for (u32 i = 0; i < old.cap; i++) {
        if (!old.keys[i])
            continue;
        u32 j = (u32)(old.keys[i] * 0x9e3779b97f4a7c15u >> 32) & (m->cap - 1);
        while (m->keys[j])
            j = (j + 1) & (m->cap - 1);
        m->keys[j] = old.keys[i];
        m->vals[j] = old.vals[i];
    }
}

// The value of the pair; *fresh when it was not there and the caller has to set it.
static u32 *pairmap_slot(PairMap *m, u32 a, u32 b, bool *fresh) {
    if (m->count * 4ull >= m->cap * 3ull)
        pairmap_grow(m);
    u64 key = ((u64)a << 32 | b) + 1;
    u32 i = (u32)(key * 0x9e3779b97f4a7c15u >> 32) & (m->cap - 1);
    while (m->keys[i] && m->keys[i] != key)
        i = (i + 1) & (m->cap - 1);
    *fresh = !m->keys[i];
    if (*fresh) {
        m->keys[i] = key;
        m->count++;
    }
    return &m->vals[i];
}

// Full barriers: see "a type may be visited twice" above.
static inline bool get_bit(const Bitmap *b, u32 i) {
    return __atomic_load_n(&b->w[i / 64], __ATOMIC_SEQ_CST) >> (i % 64) & 1;
}

// True when this call set the bit.
static inline bool set_bit(Bitmap *b, u32 i) {
    u64 bit = 1ull << (i % 64);
    return !(__atomic_fetch_or(&b->w[i / 64], bit, __ATOMIC_SEQ_CST) & bit);
}

// The heap of ordered visits: the smallest number is work.v[0].
static void heap_push(Worker *w, u32 s) {
    vec_push(w->a, &w->work, s);
    u32 i = w->work.n - 1;
    for (; i > 0 && w->work.v[(i - 1) / 2] > s; i = (i - 1) / 2)
        w->work.v[i] = w->work.v[(i - 1) / 2];
    w->work.v[i] = s;
}

static u32 heap_pop(Worker *w) {
    u32 top = w->work.v[0], x = w->work.v[--w->work.n], n = w->work.n;
    u32 i = 0;
    for (;;) {
        u32 c = 2 * i + 1;
        if (c >= n)
            break;
        if (c + 1 < n && w->work.v[c + 1] < w->work.v[c])
            c++;
        if (x <= w->work.v[c])
            break;
        w->work.v[i] = w->work.v[c];
        i = c;
    }
    w->work.v[i] = x;
    return top;
}

// ---- marking ----------------------------------------------------------------------------------------------

static void print_symbol(const Flood *f, u32 s) {
    Str name = sym_name(f->p, (SymId){s});
    fwrite(name.p, 1, name.n, stdout);
    bool used = get_bit(&f->p->syms.used_in_iface, s);
    bool reflects = sym_flags(f->p, (SymId){s}) & SYMF_REFLECT_METHOD;
    if (used || reflects)
        printf(" %s%s", used ? "<UsedInIface>" : "", reflects ? "<ReflectMethod>" : "");
}

static void print_edge(const Flood *f, u32 from, u32 to) {
    if (!sym_name(f->p, (SymId){to}).n)
        return;
    if (from)
        print_symbol(f, from);
    else
        fputc('_', stdout);
    fputs(" -> ", stdout);
    print_symbol(f, to);
    fputc('\n', stdout);
}

// s was reached first, or again in another role, from parent.
static void note_edge(const Flood *f, u32 parent, u32 s) {
    if (f->trace)
        print_edge(f, parent, s);
    if (f->p->reached_from && !f->p->reached_from[s])
        f->p->reached_from[s] = parent;
}

// s will be visited (again).
static inline void push(Flood *f, Worker *w, u32 s, u32 parent) {
    if (UNLIKELY(f->ordered)) {
        heap_push(w, s);
        note_edge(f, parent, s);
        return;
    }
    if (kind_is_dwarf(f->p->syms.kind[s]))
        set_bit(&f->debug, s);
    else
        vec_push(w->a, &w->work, s);
}

static inline bool is_live(const Flood *f, u32 s) {
    return get_bit(&f->p->syms.live, s);
}

static inline void mark(Flood *f, Worker *w, u32 s, u32 parent) {
    if (s && !is_live(f, s) && set_bit(&f->p->syms.live, s))
        push(f, w, s, parent);
}

// Marks an auxiliary symbol of which it is known that it leads nowhere.
static inline void mark_leaf(Flood *f, u32 s, u32 parent) {
    if (s && !is_live(f, s) && set_bit(&f->p->syms.live, s) && UNLIKELY(f->ordered))
        note_edge(f, parent, s);
}

// Type s is used in an interface, if it is live or will be; it is visited again when it was seen without
// that.
static inline void use_in_iface(Flood *f, Worker *w, u32 s, u32 parent) {
    if (s && !get_bit(&f->p->syms.used_in_iface, s) && set_bit(&f->p->syms.used_in_iface, s) && is_live(f, s))
        push(f, w, s, parent);
}

// ---- visiting one symbol ----------------------------------------------------------------------------------

static void use_iface(Flood *f, Worker *w, SymId target, u32 s) {
    const Program *p = f->p;
    if (sym_flags(p, target) & SYMF_ITAB)
        target = goitab_type(p, target); // the concrete type is meant
    if (target.i && !(sym_flags(p, target) & SYMF_GOTYPE) && !p->opt->linkshared) {
        error_at(s, "R_USEIFACE in " STR_FMT " references " STR_FMT " which is not a type or itab",
                 STR_ARG(sym_name(p, (SymId){s})), STR_ARG(sym_name(p, target)));
        return;
    }
    use_in_iface(f, w, target.i, s);
}

static void use_iface_method(Flood *f, Worker *w, SymId iface, i64 off) {
    bool fresh;
    pairmap_slot(&w->seen_calls, iface.i, (u32)off, &fresh);
    if (!fresh || !iface.i)
        return;
    u8 kind = sym_kind(f->p, iface); // with -linkshared, names of types are not those of the library yet
    if (f->p->opt->linkshared && (kind == SYM_DYNIMPORT || kind == SYM_NONE))
        return; // all exported methods are kept anyway
    GoType t = gotype_open(f->p, iface);
    if (gotype_kind(&t) != GOKIND_INTERFACE) {
        error_at(iface.i, "symbol \"" STR_FMT "\" is not an interface", STR_ARG(sym_name(f->p, iface)));
        return;
    }
    Call c = {.name = gotype_target(&t, (u32)off).i};
    c.sig = gotype_target(&t, (u32)off + 4).i;
    vec_push(w->a, &w->calls, c);
}

static void use_named_method(Worker *w, SymId name) {
    bool fresh;
    pairmap_slot(&w->seen_calls, name.i, UINT32_MAX, &fresh);
    if (fresh)
        vec_push(w->a, &w->calls, ((Call){.name = name.i, .by_name = true}));
}

// Relocation i of type s is the first of a method. The record begins with the name, 4 bytes before the
// method's type.
static void add_method(Flood *f, Worker *w, GoType *t, RelocList rl, u32 i) {
    u32 s = t->sym.i;
    SymId sig = reloc_sym(f->p, rl, i);
    Method m = {.type = s, .reloc = i, .name = gotype_target(t, (u32)reloc_off(rl, i) - 4).i, .sig = sig.i};
    vec_push(w->a, &w->methods, m);
    // Reflection leads from a type to its methods' types.
    use_in_iface(f, w, sig.i, s);
}

typedef struct {
    u32 s;
    bool used; // a type that is used in an interface
    bool is_type;
    bool defers; // a function that calls runtime.deferreturn
    GoType type; // opened when the first method is met
} Visit;

// Relocation i means runtime.deferreturn.
static void note_deferreturn(Worker *w, Visit *v, RelocList rl, u32 i) {
    if (v->defers || !reloc_is_call(reloc_type(rl, i)))
        return;
    v->defers = true;
    vec_push(w->a, &w->deferreturns, ((CallSite){{v->s}, (u32)reloc_off(rl, i)}));
}

// Weak references are followed where it cannot be known whether somebody else needs the target: the runtime of another module
// calls initialisers of maps, and methods in an itab.
static bool is_followed_weak(const Flood *f, const Visit *v, u16 type) {
    const Program *p = f->p;
    return (p->loads_plugins && reloc_is_call(type)) || (p->opt->linkshared && sym_flags(p, (SymId){v->s}) & SYMF_ITAB);
}

// Follows relocation i; returns the index of the last one that was consumed.
static u32 follow_reloc(Flood *f, Worker *w, Visit *v, RelocList rl, u32 i) {
    const Program *p = f->p;
    u16 type = reloc_type(rl, i);
    if (reloc_weak(rl, i) && !is_followed_weak(f, v, type))
        return i;
    switch (type) {
    case R_METHODOFF:
        if (v->used && i + METHOD_RELOCS <= rl.n) {
            if (!v->type.p)
                v->type = gotype_open(p, (SymId){v->s});
            add_method(f, w, &v->type, rl, i);
        }
        return i + METHOD_RELOCS - 1;
    case R_USETYPE:   // for debug information only
    case R_INITORDER: // the init tasks that are needed are in a list already
        return i;
    case R_USEIFACE: use_iface(f, w, reloc_sym(p, rl, i), v->s); return i;
    case R_USEIFACEMETHOD: use_iface_method(f, w, reloc_sym(p, rl, i), reloc_add(rl, i)); return i;
    case R_USENAMEDMETHOD: use_named_method(w, reloc_sym(p, rl, i)); return i;
    default: break;
    }
    u32 target = reloc_sym(p, rl, i).i;
    // Reflection leads from a type to the types it is made of.
    if (v->used && target && !get_bit(&p->syms.used_in_iface, target) && p->syms.flags[target] & SYMF_GOTYPE)
        use_in_iface(f, w, target, v->s);
    if (UNLIKELY(target == f->deferreturn))
        note_deferreturn(w, v, rl, i);
    mark(f, w, target, v->s);
    return i;
}

static inline void follow_relocs(Flood *f, Worker *w, Visit *v) {
    RelocList rl = sym_relocs(f->p, (SymId){v->s});
    for (u32 i = 0; i < rl.n; i++) {
        // The common case: a type that is plain, and not weak.
        const u8 *r = rl.p + (u64)i * GOOBJ_RELOC_SIZE;
        u16 raw = get_u16le(r + 5);
        if (!rl.obj || v->used || raw >= COUNT_OF(f->plain) || !f->plain[raw]) {
            i = follow_reloc(f, w, v, rl, i);
            continue;
        }
        u32 target = object_resolve(f->p, rl.obj, get_u32le(r + 15), get_u32le(r + 19)).i;
        if (UNLIKELY(target == f->deferreturn))
            note_deferreturn(w, v, rl, i);
        mark(f, w, target, v->s);
    }
}

static inline void follow_auxs(Flood *f, Worker *w, u32 s) {
    AuxList al = sym_auxs(f->p, (SymId){s});
    for (u32 i = 0; i < al.n; i++) {
        switch (aux_type(al, i)) {
        case AUX_GOTYPE: // a variable does not need its type
            break;
        case AUX_FUNCINFO:
        case AUX_PCSP:
        case AUX_PCFILE:
        case AUX_PCLINE:
        case AUX_PCINLINE:
        case AUX_PCDATA: // tables of numbers
        case AUX_DWARF_LOC:
        case AUX_DWARF_RANGES:
        case AUX_DWARF_LINES: // refer to the function itself only
            mark_leaf(f, aux_sym(f->p, al, i).i, s);
            break;
        default: mark(f, w, aux_sym(f->p, al, i).i, s);
        }
    }
    if (al.n && f->p->syms.flags[s] & SYMF_PKGINIT)
        set_bit(&f->inits, s);
}

// A section of a host object goes with all of its parts, and the other way round.
static void follow_section(Flood *f, Worker *w, u32 s) {
    mark(f, w, sym_outer(f->p, (SymId){s}).i, s);
    const HostSection *hs = sym_host_section(f->p, (SymId){s});
    for (u32 i = 0; hs && i < hs->nparts; i++)
        mark(f, w, hs->parts[i].sym.i, s);
}

static void visit(Flood *f, Worker *w, u32 s) {
    Program *p = f->p;
    u16 flags = p->syms.flags[s];
    w->reflects |= (flags & SYMF_REFLECT_METHOD) != 0;
    Visit v = {.s = s, .is_type = flags & SYMF_GOTYPE};
    if (v.is_type) {
        if (f->plugins)
            set_bit(&p->syms.used_in_iface, s);
        v.used = get_bit(&p->syms.used_in_iface, s);
        if (v.used && !set_bit(&f->expanded, s))
            return;
    }
    follow_relocs(f, w, &v);
    // The auxiliary symbols of a replaced symbol do not count, as in the stock linker (loader.NAux).
    if (sym_is_made(p, (SymId){s}))
        follow_section(f, w, s);
    else
        follow_auxs(f, w, s);
}

// ---- the flood --------------------------------------------------------------------------------------------

// Asks for the records of n symbols, in two steps because the second needs the index that the first asks for.
static void prefetch_records(const Program *p, const u32 *batch, u32 n) {
    for (u32 i = 0; i < n; i++) {
        u32 oi = p->syms.obj[batch[i]], local = p->syms.local[batch[i]];
        const Object *o = &p->objs.v[oi];
        if (!oi)
            continue;
        __builtin_prefetch(o->reloc_idx + 4ull * local);
        __builtin_prefetch(o->aux_idx + 4ull * local);
    }
    for (u32 i = 0; i < n; i++) {
        u32 oi = p->syms.obj[batch[i]], local = p->syms.local[batch[i]];
        const Object *o = &p->objs.v[oi];
        if (!oi)
            continue;
        u32 from = get_u32le(o->reloc_idx + 4ull * local), to = get_u32le(o->reloc_idx + 4ull * local + 4);
        to = MIN(to, from + FETCH_RELOCS);
        for (u64 off = from * GOOBJ_RELOC_SIZE; off < (u64)to * GOOBJ_RELOC_SIZE; off += CACHE_LINE)
            __builtin_prefetch(o->relocs + off);
        __builtin_prefetch(o->auxs + (u64)get_u32le(o->aux_idx + 4ull * local) * GOOBJ_AUX_SIZE);
    }
}

// Visits what is on the worker's stack and what that leads to; stops early after `share` symbols.
static void drain(Flood *f, Worker *w, u32 share) {
    for (u32 done = 0; w->work.n && done < share;) {
        u32 batch[BATCH];
        u32 n = MIN(w->work.n, BATCH);
        w->work.n -= n;
        memcpy(batch, w->work.v + w->work.n, n * sizeof *batch);
        prefetch_records(f->p, batch, n);
        for (u32 i = 0; i < n; i++)
            visit(f, w, batch[i]);
        done += n;
        if (done % (TRIM_BATCHES * BATCH) < n)
            file_trim();
    }
}

static void flood_range(void *arg, u64 begin, u64 end, u32 worker) {
    Flood *f = arg;
    Worker *w = &f->workers[worker];
    vec_append(w->a, &w->work, f->frontier.v + begin, (u32)(end - begin));
    drain(f, w, f->nworker == 1 ? UINT32_MAX : SHARE);
    vec_append(w->a, &w->left, w->work.v, w->work.n);
    w->work.n = 0;
}

// ---- debugging information --------------------------------------------------------------------------------

// Visits the symbols in words [begin, end) of the bitmap.
static void flood_debug(void *arg, u64 begin, u64 end, u32 worker) {
    Flood *f = arg;
    Program *p = f->p;
    for (u64 k = begin; k < end; k++) {
        u64 word = __atomic_exchange_n(&f->debug.w[k], 0, __ATOMIC_SEQ_CST);
        for (; word; word &= word - 1) {
            SymId s = {(u32)k * 64 + (u32)__builtin_ctzll(word)};
            visit(f, &f->workers[worker], s.i);
            if (p->debug_refs.of)
                p->debug_refs.of[s.i] = debug_refs_read(p, s, &p->debug_refs.arenas[worker]);
        }
    }
}

// Returns whether that has led to anything that is to be visited.
static bool follow_debug(Flood *f) {
    Worker *first = &f->workers[0];
    u64 nword = (f->debug.n + 63) / 64, k = 0;
    while (k < nword && !f->debug.w[k])
        k++;
    if (k == nword)
        return false;
    parallel_for(f->p->pool, nword, DEBUG_GRAIN, flood_debug, f);
    for (u32 i = 1; i < f->nworker; i++) {
        vec_append(first->a, &first->work, f->workers[i].work.v, f->workers[i].work.n);
        f->workers[i].work.n = 0;
    }
    return true;
}

static void flood(Flood *f) {
    Worker *first = &f->workers[0];
    if (f->ordered) {
        while (first->work.n)
            visit(f, first, heap_pop(first));
        return;
    }
    f->frontier.n = 0;
    vec_append(first->a, &f->frontier, first->work.v, first->work.n);
    first->work.n = 0;
    while (f->frontier.n) {
        parallel_for(f->p->pool, f->frontier.n, GRAIN, flood_range, f);
        file_trim_together(f->p->pool);
        f->frontier.n = 0;
        for (u32 i = 0; i < f->nworker; i++) {
            vec_append(first->a, &f->frontier, f->workers[i].left.v, f->workers[i].left.n);
            f->workers[i].left.n = 0;
        }
    }
}

// ---- the match of methods and calls -----------------------------------------------------------------------

// Whether a method of this name is exported: its first letter is upper case.
static bool is_exported(Str name, u8 unicode) {
    if (!name.n)
        return false;
    u8 c = (u8)name.p[0];
    if (c < 0x80)
        return c >= 'A' && c <= 'Z';
    u32 more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    if (c < 0xc0 || name.n <= more)
        return false;
    u32 r = c & (0x3fu >> more);
    for (u32 i = 1; i <= more; i++)
        r = r << 6 | ((u8)name.p[i] & 0x3f);
    return rune_is_upper(r, unicode);
}

static u32 number_of_name(Flood *f, Str text) {
    u32 *slot = strmap_slot(&f->names, text, 0);
    if (*slot == STRMAP_NONE) {
        *slot = f->name_flags.n;
        u8 flags = is_exported(text, f->p->rel->unicode) ? NAME_EXPORTED : 0;
        vec_push(f->workers[0].a, &f->name_flags, flags);
    }
    return *slot;
}

static u32 number_of_name_symbol(Flood *f, u32 s) {
    bool fresh;
    u32 *slot = pairmap_slot(&f->name_of, s, 0, &fresh);
    if (fresh)
        *slot = number_of_name(f, goname_str(f->p, (SymId){s}));
    return *slot;
}

static u32 number_of_sig(Flood *f, u32 name, u32 type) {
    bool fresh;
    u32 *slot = pairmap_slot(&f->sigs, name, type, &fresh);
    if (fresh) {
        *slot = f->sig_called.n;
        vec_push(f->workers[0].a, &f->sig_called, 0);
    }
    return *slot;
}

// Takes over what the workers have met.
static void collect(Flood *f) {
    for (u32 i = 0; i < f->nworker; i++) {
        Worker *w = &f->workers[i];
        f->reflects |= w->reflects;
        for (u32 k = 0; k < w->calls.n; k++) {
            Call c = w->calls.v[k];
            if (c.by_name) {
                u32 n;
                const u8 *text = sym_data(f->p, (SymId){c.name}, &n);
                u32 name = number_of_name(f, (Str){(const char *)text, n}); // may move name_flags
                f->name_flags.v[name] |= NAME_CALLED;
            } else {
                u32 sig = number_of_sig(f, number_of_name_symbol(f, c.name), c.sig); // may move sig_called
                f->sig_called.v[sig] = 1;
            }
        }
        for (u32 k = 0; k < w->methods.n; k++) {
            Method m = w->methods.v[k];
            m.name = number_of_name_symbol(f, m.name);
            m.sig = number_of_sig(f, m.name, m.sig);
            vec_push(f->workers[0].a, &f->pending, m);
        }
        w->calls.n = w->methods.n = 0;
    }
}

// Marks the pending methods that are called.
static void match_methods(Flood *f) {
    u32 kept = 0;
    for (u32 i = 0; i < f->pending.n; i++) {
        Method m = f->pending.v[i];
        u8 flags = f->name_flags.v[m.name];
        bool reflected = f->reflects && (flags & NAME_EXPORTED || f->plugins);
        if (!reflected && !f->sig_called.v[m.sig] && !(flags & NAME_CALLED)) {
            f->pending.v[kept++] = m;
            continue;
        }
        RelocList rl = sym_relocs(f->p, (SymId){m.type});
        for (u32 k = 0; k < METHOD_RELOCS; k++)
            mark(f, &f->workers[0], reloc_sym(f->p, rl, m.reloc + k).i, m.type);
    }
    f->pending.n = kept;
}

// ---- the pass ---------------------------------------------------------------------------------------------

static void mark_name(Flood *f, Str name) {
    for (i32 version = ABI0; version <= ABI_INTERNAL; version++)
        mark(f, &f->workers[0], sym_lookup(f->p, name, version).i, 0);
}

// What the runtime looks up in a plugin, and what the plugin exports: the targets of a symbol that is not kept itself.
static void mark_plugin_roots(Flood *f) {
    Program *p = f->p;
    Str path = path_to_prefix(&p->arena, p->opt->pluginpath);
    mark_name(f, arena_printf(&p->arena, STR_FMT "..inittask", STR_ARG(path)));
    mark_name(f, arena_printf(&p->arena, STR_FMT ".main", STR_ARG(path)));
    mark_name(f, STR("go:plugin.tabs"));
    SymId exports = sym_lookup(p, STR("go:plugin.exports"), ABI0);
    RelocList rl = exports.i ? sym_relocs(p, exports) : (RelocList){0};
    for (u32 i = 0; i < rl.n; i++)
        mark(f, &f->workers[0], reloc_sym(p, rl, i).i, 0);
}

// All that a library of Go packages defines. The compiler leaves nothing of functions that cannot be reached.
static void mark_definitions(Flood *f) {
    const Program *p = f->p;
    for (u32 i = 1; i < p->syms.ext_start; i++)
        if (!kind_is_text(sym_kind(p, (SymId){i})) || sym_size(p, (SymId){i}))
            mark(f, &f->workers[0], i, 0);
    mark(f, &f->workers[0], p->main_inittasks.i, 0);
}

static void mark_roots(Flood *f) {
    Program *p = f->p;
    if (p->opt->buildmode == BUILDMODE_SHARED) {
        mark_definitions(f);
        return;
    }
    Worker *w = &f->workers[0];
    BuildMode mode = p->opt->buildmode;
    bool program = mode == BUILDMODE_EXE || mode == BUILDMODE_PIE;
    bool called_main = p->external && program; // by C's startup code
    if (p->opt->linkshared && program) { // the runtime, which has the entry, is in a library
        mark_name(f, STR("main.main"));
        mark_name(f, STR("main..inittask"));
    } else {
        mark_name(f, called_main ? STR("main") : p->opt->entry);
    }
    mark_name(f, STR("runtime.unreachableMethod")); // where calls of methods end that were pruned
    if (mode == BUILDMODE_PLUGIN)
        mark_plugin_roots(f);
    for (u32 i = 0; i < p->dynexp.n; i++)
        mark(f, w, p->dynexp.v[i].i, 0);
    mark(f, w, p->main_inittasks.i, 0);
}

static void redirect_map_inits(Program *p, u32 init, SymId noop) {
    RelocList rl = sym_relocs(p, (SymId){init});
    MadeSym *m = NULL;
    for (u32 i = 0; i < rl.n; i++) {
        SymId target = reloc_sym(p, rl, i);
        u16 type = reloc_type(rl, i);
        if (!reloc_weak(rl, i) || !reloc_is_call(type) || !target.i || sym_is_live(p, target))
            continue;
        if (!noop.i)
            fatal("could not look up runtime.mapinitnoop");
        if (!m)
            m = sym_edit(p, (SymId){init});
        made_set_reloc(m, i, type, true, noop);
        bitmap_set(&p->syms.live, noop.i);
    }
}

// Package initialisers fill big map variables through functions of their own, called by weak relocations.
// When nothing else needs the map, the call goes to a function that does nothing.
static void prune_map_inits(Flood *f) {
    SymId noop = sym_lookup(f->p, STR("runtime.mapinitnoop"), ABI_INTERNAL);
    for (u32 i = 0; i < (f->inits.n + 63) / 64; i++)
        for (u64 word = f->inits.w[i]; word; word &= word - 1)
            redirect_map_inits(f->p, i * 64 + (u32)__builtin_ctzll(word), noop);
}

// What follow_reloc does nothing special about.
static bool is_plain(u8 type) {
    return type != R_METHODOFF && type != R_USETYPE && type != R_INITORDER && type != R_USEIFACE &&
           type != R_USEIFACEMETHOD && type != R_USENAMEDMETHOD;
}

static void join_deferreturns(Flood *f) {
    Program *p = f->p;
    Arena *scratch = f->workers[0].a;
    VEC(SortPair) sites = {0};
    for (u32 i = 0; i < f->nworker; i++) {
        const Worker *w = &f->workers[i];
        for (u32 k = 0; k < w->deferreturns.n; k++)
            vec_push(scratch, &sites, ((SortPair){w->deferreturns.v[k].func.i, w->deferreturns.v[k].off, 0}));
    }
    sort_u64_pairs(scratch, sites.v, sites.n);
    for (u32 i = 0; i < sites.n; i++)
        vec_push(&p->arena, &p->deferreturns, ((CallSite){{(u32)sites.v[i].key}, sites.v[i].val}));
}

static void flood_init(Flood *f, Program *p) {
    f->p = p;
    f->trace = p->opt->dumpdep;
    if (experiment_is_on(p->header, STR("fieldtrack")))
        p->reached_from = arena_array(&p->arena, u32, p->syms.n);
    f->ordered = f->trace || p->reached_from;
    f->nworker = f->ordered ? 1 : pool_size(p->pool);
    f->plugins = p->go_dynlink;
    for (u32 i = 0; i < COUNT_OF(f->plain); i++)
        f->plain[i] = is_plain(p->rel->reloc_type[i]);
    Arena *a = worker_arena(p->pool, 0);
    f->workers = arena_array(a, Worker, f->nworker);
    for (u32 i = 0; i < f->nworker; i++) {
        f->workers[i].a = worker_arena(p->pool, i);
        f->workers[i].seen_calls.a = f->workers[i].a;
    }
    f->expanded = bitmap_new(a, p->syms.n);
    f->inits = bitmap_new(a, p->syms.n);
    f->debug = bitmap_new(a, p->syms.n);
    SymId deferreturn = sym_lookup(p, STR("runtime.deferreturn"), ABI_INTERNAL);
    f->deferreturn = deferreturn.i ? deferreturn.i : UINT32_MAX;
    if (!p->opt->strip_dwarf && !f->ordered)
        debug_refs_init(p, f->nworker);
    strmap_init(&f->names, a, 1024);
    f->name_of.a = f->sigs.a = a;
}

// Requires: symbols resolved, init tasks ordered.   Provides: SymTab.live, SymTab.used_in_iface; debug_refs, deferreturns; Program.reached_from
// for field tracking.
// Freezes: what is not live now stays out, but for symbols that the linker itself makes.
// Cost: the records of live symbols are read once; cmd/compile (137,000 visits, 1.4 million relocations): 33 ms
// in one thread.
void deadcode(Program *p) {
    u32 nworker = pool_size(p->pool);
    size_t *marks = arena_array(worker_arena(p->pool, 0), size_t, nworker);
    for (u32 i = 0; i < nworker; i++)
        marks[i] = arena_mark(worker_arena(p->pool, i));

    Flood f = {0};
    flood_init(&f, p);
    mark_roots(&f);
    flood(&f);
    f.reflects |= f.plugins; // exported methods may satisfy interfaces of plugins
    for (;;) {
        collect(&f);
        match_methods(&f);
        if (!f.workers[0].work.n && !follow_debug(&f))
            break;
        flood(&f);
    }
    join_deferreturns(&f);
    if (p->opt->pruneweakmap)
        prune_map_inits(&f);

    for (u32 i = nworker; i-- > 0;)
        arena_release(worker_arena(p->pool, i), marks[i]);
}
