// stackcheck.c - proves that chains of functions without stack check do not run off the stack.
//
// A goroutine's stack is small and grows on demand: most functions begin with a test that calls
// runtime.morestack when too little is left. Functions marked nosplit have no such test. The test of their
// caller leaves a fixed number of bytes for them (abi.StackNosplitBase); what a chain of nosplit calls needs
// altogether must fit into that, which is checked here.
//
// The height of a nosplit function is the most bytes that it and its callees push: at each call its own stack
// depth there, the return address, and the callee's height. All other functions have the height of a call of
// morestack, so only nosplit functions, some percent of all, are looked at. A cycle of nosplit calls counts
// as infinite.
//
// The calls of nosplit functions are read by survey_functions, together with all else that is read of
// functions.
//
// When a chain is too long, a second search records the calls of the functions concerned. The error lists
// every chain that goes over the limit, in the words of the stock linker.
//
// REF   cmd/link/internal/ld/stackcheck.go; internal/abi/stack.go; runtime/stack.go.
#include <stdio.h>

#include "arch/arch.h"
#include "base/diag.h"
#include "golang/pcvalue.h"
#include "passes/passes.h"
#include "passes/survey.h"

enum {
    NOSPLIT_BASE = 800,    // abi.StackNosplitBase
    INFINITE = INT16_MAX,  // height of a cycle
    INDIRECT = UINT32_MAX, // stands for the target of a call through a pointer
    MAX_DEPTH = 2000,      // calls; a chain of more is over any limit, as each pushes a return address
};

// The stack grows by `growth` bytes and, unless target is 0, a function is called.
typedef struct {
    i32 growth;
    u32 target;
} Edge;

typedef VEC(Edge) EdgeVec;

// What a nosplit function does with the stack.
typedef struct {
    u32 sym;
    i32 local; // most bytes that it pushes itself
    EdgeVec calls;
} Nosplit;

typedef VEC(Nosplit) NosplitVec;

struct StackUse {
    Bitmap has_info;   // SymId: a function with function information, which those in C have not
    NosplitVec *found; // by worker
};

// During the report: a function is on the current chain, and was met there once more. Only the first time is
// a cycle worth a line.
typedef enum { OFF_CHAIN, ON_CHAIN, CYCLE_SEEN } ChainState;

typedef struct {
    u32 sym;
    i32 height;
    u32 nedge;
    Edge *edges;
    bool candidate; // may be a root
    u8 chain;       // ChainState
} Node;

typedef struct {
    Program *p;
    Arena *a;
    u32 morestack;
    i32 call_size; // bytes that a call pushes
    u32 depth;     // calls between the root of the search and here
    u16 *height;   // by SymId: height + 1, 0 when unknown
    VEC(const Nosplit *) nosplits;
    u32 *nosplit_of; // SymId -> index in nosplits + 1
    bool debug;      // -debugnosplit: print every edge
    bool graph;      // record the calls
    bool seen_indirect;
    VEC(Node) nodes;   // in order of completion
    u32 *node_of;      // SymId -> index in nodes + 1
    u32 indirect_node; // the same for INDIRECT
    ByteBuf text;      // chains of the root that is being reported
} StackCheck;

static i32 check(StackCheck *c, u32 s);

// Name and calling convention.
static Str describe(const StackCheck *c, u32 s) {
    if (s == INDIRECT)
        return STR("indirect");
    Str name = sym_name(c->p, (SymId){s});
    return arena_printf(c->a, STR_FMT "<%d>", STR_ARG(name), sym_version(c->p, (SymId){s}));
}

// A function whose content the linker changed counts as one with a check, as in the stock linker.
static bool is_nosplit(const Program *p, u32 s) {
    return p->syms.flags[s] & SYMF_NOSPLIT && p->syms.obj[s];
}

// ---- the survey -------------------------------------------------------------------------------------------

void stacks_survey_begin(Program *p) {
    p->stack_use = arena_new(&p->arena, StackUse);
    p->stack_use->has_info = bitmap_new(&p->arena, p->syms.n);
    p->stack_use->found = arena_array(&p->arena, NosplitVec, pool_size(p->pool));
}

// Walks the ranges of equal stack depth of a nosplit function together with its relocations.
void stacks_survey_function(Program *p, SymId s, u32 worker) {
    if (!sym_funcinfo(p, s).data)
        return;
    bitmap_set_atomic(&p->stack_use->has_info, s.i);
    if (!is_nosplit(p, s.i))
        return;
    Arena *a = worker_arena(p->pool, worker);
    SymId pcsp = sym_aux(p, s, AUX_PCSP);
    u32 n = 0, ri = 0;
    const u8 *table = pcsp.i ? sym_data(p, pcsp, &n) : NULL;
    RelocList rl = sym_relocs(p, s);
    Nosplit f = {.sym = s.i};
    for (PcIter it = pcvalue_first(table, table ? n : 0, p->arch->min_lc); !it.done; pcvalue_next(&it)) {
        f.local = MAX(f.local, it.value);
        for (; ri < rl.n && (u32)reloc_off(rl, ri) < it.next_pc; ri++) {
            u16 type = reloc_type(rl, ri);
            if (reloc_is_call(type) || type == R_CALLIND) {
                u32 target = type == R_CALLIND ? INDIRECT : reloc_sym(p, rl, ri).i;
                vec_push(a, &f.calls, ((Edge){it.value + p->arch->call_size, target}));
            }
        }
    }
    vec_push(a, &p->stack_use->found[worker], f);
}

// ---- heights ----------------------------------------------------------------------------------------------

typedef struct {
    StackCheck *c;
    EdgeVec *edges; // NULL: not wanted
    i32 max;
} Heights;

static void add_edge(Heights *h, i32 growth, u32 target) {
    if (h->edges)
        vec_push(h->c->a, h->edges, ((Edge){growth, target}));
    i32 height = growth + (target ? check(h->c, target) : 0);
    h->max = MAX(h->max, height);
}

static void walk_nosplit(Heights *h, const Nosplit *f) {
    for (u32 i = 0; i < f->calls.n; i++)
        add_edge(h, f->calls.v[i].growth, f->calls.v[i].target);
    if (f->local > h->max)
        add_edge(h, f->local, 0);
}

static i32 compute_height(StackCheck *c, u32 s, EdgeVec *edges) {
    Heights h = {c, edges, 0};
    // morestack switches to another stack.
    if (s == c->morestack)
        return 0;
    // Functions called through a pointer are taken to have a check.
    if (s == INDIRECT) {
        if (edges)
            vec_push(c->a, edges, ((Edge){c->call_size, c->morestack}));
        return c->call_size;
    }
    // C functions run on the system stack, which is large.
    if (!bitmap_get(&c->p->stack_use->has_info, s))
        return 0;
    if (c->nosplit_of[s])
        walk_nosplit(&h, c->nosplits.v[c->nosplit_of[s] - 1]);
    else
        add_edge(&h, c->call_size, c->morestack);
    return h.max;
}

static void print_edges(const StackCheck *c, u32 s, const EdgeVec *edges) {
    for (u32 i = 0; i < edges->n; i++) {
        printf("nosplit: " STR_FMT " +%d", STR_ARG(describe(c, s)), edges->v[i].growth);
        if (edges->v[i].target)
            printf(" -> " STR_FMT, STR_ARG(describe(c, edges->v[i].target)));
        putchar('\n');
    }
}

static void record_node(StackCheck *c, u32 s, i32 height, const EdgeVec *edges) {
    Node n = {.sym = s, .height = height, .nedge = edges->n, .edges = edges->v, .candidate = true};
    vec_push(c->a, &c->nodes, n);
    *(s == INDIRECT ? &c->indirect_node : &c->node_of[s]) = c->nodes.n;
}

// The height of s, which is computed once.
static i32 check(StackCheck *c, u32 s) {
    if (s == INDIRECT) {
        if (c->seen_indirect)
            return c->call_size;
        c->seen_indirect = true;
    } else {
        if (c->height[s])
            return c->height[s] - 1;
        c->height[s] = INFINITE + 1;
    }
    if (c->depth == MAX_DEPTH)
        return INFINITE;
    EdgeVec edges = {0};
    c->depth++;
    i32 height = compute_height(c, s, c->debug || c->graph ? &edges : NULL);
    height = MIN(height, INFINITE);
    c->depth--;
    if (s != INDIRECT)
        c->height[s] = (u16)(height + 1);
    if (c->graph)
        record_node(c, s, height, &edges);
    if (c->debug)
        print_edges(c, s, &edges);
    return height;
}

// ---- the report of chains that are too long ---------------------------------------------------------------

static Node *node(const StackCheck *c, u32 s) {
    u32 i = s == INDIRECT ? c->indirect_node : s ? c->node_of[s] : 0;
    return i ? &c->nodes.v[i - 1] : NULL;
}

typedef struct {
    bool cycle; // the walk came back to its origin
    u32 lowest; // smallest symbol on the cycle
} Walk;

// Unmarks everything below s as a root.
static Walk unmark_callees(StackCheck *c, u32 origin, u32 s) {
    Walk w = {0};
    Node *n = node(c, s);
    if (!n || !n->candidate)
        return w;
    n->candidate = false;
    if (s == origin)
        return (Walk){true, s};
    for (u32 i = 0; i < n->nedge; i++) {
        Walk below = unmark_callees(c, origin, n->edges[i].target);
        if (!below.cycle)
            continue;
        w.cycle = true;
        w.lowest = w.lowest ? MIN(w.lowest, below.lowest) : MIN(s, below.lowest);
    }
    return w;
}

// Functions that no other of the graph calls; of a cycle without a caller, the one with the smallest number.
static void find_roots(StackCheck *c) {
    for (u32 i = 0; i < c->nodes.n; i++) {
        const Node *n = &c->nodes.v[i];
        u32 nedge = n->candidate ? n->nedge : 0;
        for (u32 k = 0; k < nedge; k++) {
            Walk w = unmark_callees(c, n->sym, n->edges[k].target);
            if (w.cycle)
                node(c, w.lowest)->candidate = true;
        }
    }
}

typedef struct {
    Edge edge;
    bool printed;
} Link;

typedef VEC(Link) Chain;

static void add_line(StackCheck *c, u32 indent, Str line) {
    buf_u8(&c->text, '\n');
    for (u32 i = 0; i < indent; i++)
        buf_str(&c->text, STR("    "));
    buf_str(&c->text, line);
}

static void describe_chain(StackCheck *c, Chain *chain, i32 depth, bool cycle) {
    u32 indent = 0;
    for (u32 i = 0; i < chain->n; i++) {
        Link *l = &chain->v[i];
        if (l->printed)
            continue;
        l->printed = true;
        indent = i;
        Str callee = l->edge.target ? describe(c, l->edge.target) : (Str){0};
        if (i)
            callee = arena_printf(c->a, "grows %d bytes%s" STR_FMT, l->edge.growth,
                                  callee.n ? ", calls " : "", STR_ARG(callee));
        add_line(c, indent, callee);
    }
    add_line(c, indent, cycle ? STR("infinite cycle") : arena_printf(c->a, "%d bytes over limit", -depth));
}

// Adds the chains below s that go over; `depth` bytes are left when s is called.
static void report_chains(StackCheck *c, u32 s, i32 depth, Chain *chain) {
    Node *n = node(c, s);
    ChainState state = n ? n->chain : OFF_CHAIN;
    bool cycle = state == ON_CHAIN;
    u32 nedge = n && state == OFF_CHAIN ? n->nedge : 0;
    if (n)
        n->chain = state == OFF_CHAIN ? ON_CHAIN : CYCLE_SEEN;
    for (u32 i = 0; i < nedge; i++) {
        vec_push(c->a, chain, ((Link){n->edges[i], false}));
        report_chains(c, n->edges[i].target, depth - n->edges[i].growth, chain);
        chain->n--;
    }
    if (n && state == OFF_CHAIN)
        n->chain = OFF_CHAIN;
    if (!nedge && (depth < 0 || cycle))
        describe_chain(c, chain, depth, cycle);
}

static void report(StackCheck *c, i32 limit) {
    static const u64 first_key = 1ull << 32; // after errors about single symbols
    find_roots(c);
    // Highest first, then by number: a selection sort over the few roots.
    for (u32 count = 0;; count++) {
        Node *root = NULL;
        for (u32 i = 0; i < c->nodes.n; i++) {
            Node *n = &c->nodes.v[i];
            if (n->candidate &&
                (!root || n->height > root->height || (n->height == root->height && n->sym < root->sym)))
                root = n;
        }
        if (!root)
            return;
        root->candidate = false;
        Chain chain = {0};
        vec_push(c->a, &chain, ((Link){{0, root->sym}, false}));
        c->text = (ByteBuf){.arena = c->a};
        report_chains(c, root->sym, limit, &chain);
        error_at(first_key + count, STR_FMT ": nosplit stack over %d byte limit" STR_FMT,
                 STR_ARG(sym_name(c->p, (SymId){root->sym})), limit,
                 STR_ARG(((Str){(char *)c->text.v, c->text.n})));
    }
}

static StackCheck new_check(Program *p, bool graph) {
    Arena *a = worker_arena(p->pool, 0);
    StackCheck c = {
        .p = p,
        .a = a,
        .morestack = sym_lookup(p, STR("runtime.morestack"), ABI0).i,
        .call_size = p->arch->call_size,
        .height = arena_array(a, u16, p->syms.n),
        .nosplit_of = arena_array(a, u32, p->syms.n),
        .debug = p->opt->debug_nosplit,
        .graph = graph,
    };
    if (graph)
        c.node_of = arena_array(a, u32, p->syms.n);
    for (u32 w = 0; w < pool_size(p->pool); w++) {
        const NosplitVec *found = &p->stack_use->found[w];
        for (u32 i = 0; i < found->n; i++) {
            vec_push(a, &c.nosplits, &found->v[i]);
            c.nosplit_of[found->v[i].sym] = c.nosplits.n;
        }
    }
    return c;
}

// Requires: survey_functions.   Provides: an error for each chain that is too long.
// Cost: one flag of every live function, the calls of the nosplit ones.
void check_stacks(Program *p) {
    Arena *a = worker_arena(p->pool, 0);
    size_t mark = arena_mark(a);
    i32 limit = NOSPLIT_BASE * (p->opt->race ? 2 : 1) - p->arch->call_size - p->arch->stack_reserve;
    StackCheck c = new_check(p, false);
    VEC(u32) failed = {0};
    for (u32 i = 0; i < p->textp.n; i++) {
        u32 s = p->textp.v[i].i;
        if ((c.debug || is_nosplit(p, s)) && check(&c, s) > limit)
            vec_push(a, &failed, s);
    }
    if (failed.n) {
        StackCheck again = new_check(p, true);
        for (u32 i = 0; i < failed.n; i++)
            check(&again, failed.v[i]);
        report(&again, limit);
    }
    fflush(stdout); // the trace comes before the errors
    arena_release(a, mark);
}
