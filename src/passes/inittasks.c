// inittasks.c - the order in which packages are initialised.
//
// Every package with something to initialise has a symbol "path..inittask". It lists the package's init
// functions behind an 8-byte head, and an R_INITORDER relocation for each package that must come first. The
// runtime walks a flat array of pointers to such tasks, which is made here, once for the program
// (go:main.inittasks) and once for what the runtime itself needs before it can run anything else
// (go:runtime.inittasks).
//
// The order is topological; among the tasks that are ready, the one with the smallest name comes first. That
// is unique, so neither the order of the search nor the kind of heap matters. Tasks without functions take
// part in the order but not in the array.
//
// REF   cmd/link/internal/ld/inittask.go; cmd/compile/internal/pkginit; runtime/proc.go: doInit.
#include "base/diag.h"
#include "golang/gostrings.h"
#include "passes/passes.h"

enum { TASK_HEAD = 8, PTR_SIZE = 8 };

typedef struct {
    u32 *v; // numbers of tasks; the smallest name is v[0]
    u32 n;
    const Str *names;
} NameHeap;

static void heap_push(NameHeap *h, u32 x) {
    u32 i = h->n++;
    for (; i > 0; i = (i - 1) / 2) {
        u32 parent = h->v[(i - 1) / 2];
        if (str_cmp(h->names[parent], h->names[x]) <= 0)
            break;
        h->v[i] = parent;
    }
    h->v[i] = x;
}

static u32 heap_pop(NameHeap *h) {
    u32 top = h->v[0], x = h->v[--h->n];
    u32 i = 0;
    for (;;) {
        u32 c = 2 * i + 1;
        if (c >= h->n)
            break;
        if (c + 1 < h->n && str_cmp(h->names[h->v[c + 1]], h->names[h->v[c]]) < 0)
            c++;
        if (str_cmp(h->names[x], h->names[h->v[c]]) <= 0)
            break;
        h->v[i] = h->v[c];
        i = c;
    }
    h->v[i] = x;
    return top;
}

// The tasks below a root, and who waits for whom. Tasks are numbered in the order in which the search meets
// them.
typedef struct {
    Arena *a;
    Bitmap seen;
    VEC(SymId) tasks;
    VEC(u32) from, to; // edges: `from` waits for the task with symbol id `to`
    u32 *number;       // SymId.i -> number, for tasks only
} TaskGraph;

static void add_task(TaskGraph *g, SymId s) {
    if (bitmap_get(&g->seen, s.i))
        return;
    bitmap_set(&g->seen, s.i);
    g->number[s.i] = g->tasks.n;
    vec_push(g->a, &g->tasks, s);
}

// Adds what the tasks of g need.
static void collect_tasks(const Program *p, TaskGraph *g) {
    for (u32 i = 0; i < g->tasks.n; i++) {
        RelocList rl = sym_relocs(p, g->tasks.v[i]);
        for (u32 k = 0; k < rl.n; k++) {
            if (reloc_type(rl, k) != R_INITORDER)
                continue;
            SymId dep = reloc_sym(p, rl, k);
            if (!dep.i)
                continue;
            add_task(g, dep);
            vec_push(g->a, &g->from, i);
            vec_push(g->a, &g->to, g->number[dep.i]);
        }
    }
}

// Appends pointers to the tasks of g to `list`, in order.
static void schedule(Program *p, TaskGraph *g, SymId list) {
    u32 n = g->tasks.n, nedge = g->from.n;
    Str *names = arena_array(g->a, Str, n);
    u32 *waits = arena_array(g->a, u32, n);      // dependencies that are not scheduled yet
    u32 *first = arena_array(g->a, u32, n + 2u); // edges into a task: users[first[t] .. first[t + 1])
    u32 *users = arena_array(g->a, u32, nedge);
    for (u32 t = 0; t < n; t++)
        names[t] = sym_name(p, g->tasks.v[t]);
    for (u32 e = 0; e < nedge; e++) {
        waits[g->from.v[e]]++;
        first[g->to.v[e] + 2]++;
    }
    for (u32 t = 2; t < n + 2; t++)
        first[t] += first[t - 1];
    for (u32 e = 0; e < nedge; e++)
        users[first[g->to.v[e] + 1]++] = g->from.v[e];

    NameHeap ready = {arena_array(g->a, u32, n), 0, names};
    for (u32 t = 0; t < n; t++)
        if (!waits[t])
            heap_push(&ready, t);
    while (ready.n) {
        u32 t = heap_pop(&ready);
        if (sym_size(p, g->tasks.v[t]) > TASK_HEAD)
            sym_add_addr(p, list, g->tasks.v[t], 0);
        for (u32 e = first[t]; e < first[t + 1]; e++)
            if (--waits[users[e]] == 0)
                heap_push(&ready, users[e]);
    }
    for (u32 t = 0; t < n; t++)
        if (waits[t])
            fatal("inittask for " STR_FMT " is not schedulable %u", STR_ARG(names[t]), waits[t]);
}

// The array of the tasks that the roots need; nil when there are none of them.
static SymId make_task_list(Program *p, const Str *roots, u32 nroot, Str list_name) {
    Arena *a = worker_arena(p->pool, 0);
    size_t mark = arena_mark(a);
    TaskGraph g = {.a = a, .seen = bitmap_new(a, p->syms.n), .number = arena_array_raw(a, u32, p->syms.n)};
    for (u32 i = 0; i < nroot; i++) {
        SymId root = sym_lookup(p, roots[i], 0);
        if (root.i)
            add_task(&g, root);
    }
    if (!g.tasks.n) {
        arena_release(a, mark);
        return NIL_SYM;
    }
    collect_tasks(p, &g);
    SymId list = sym_make_anonymous(p, list_name);
    p->syms.kind[list.i] = SYM_NOPTRDATA;
    schedule(p, &g, list);
    arena_release(a, mark);
    return list;
}

static Str task_name(Program *p, Str pkg) {
    return arena_printf(&p->arena, STR_FMT "..inittask", STR_ARG(path_to_prefix(&p->arena, pkg)));
}

// Requires: symbols resolved.   Provides: Program.main_inittasks, runtime_inittasks;
// runtime.runtime_inittasks refers to the latter.   Cost: about 0.1 ms.
void order_init_tasks(Program *p) {
    if (p->opt->buildmode == BUILDMODE_PLUGIN) {
        Str root = task_name(p, p->opt->pluginpath);
        p->main_inittasks = make_task_list(p, &root, 1, STR("go:plugin.inittasks"));
    } else if (p->opt->buildmode == BUILDMODE_SHARED) {
        Str *roots = arena_array(&p->arena, Str, p->libs.n);
        for (u32 i = 0; i < p->libs.n; i++)
            roots[i] = task_name(p, p->libs.v[i].pkg);
        p->main_inittasks = make_task_list(p, roots, p->libs.n, STR("go:shlib.inittasks"));
    } else {
        p->main_inittasks = make_task_list(p, &(Str)STR_INIT("main..inittask"), 1, STR("go:main.inittasks"));
    }
    if (p->opt->buildmode == BUILDMODE_PLUGIN || p->opt->buildmode == BUILDMODE_SHARED)
        bitmap_set(&p->syms.is_local, p->main_inittasks.i); // each module has one

    SymId header = sym_lookup(p, STR("runtime.runtime_inittasks"), 0);
    if (!header.i)
        return;
    SymId list = make_task_list(p, &(Str)STR_INIT("runtime..inittask"), 1, STR("go:runtime.inittasks"));
    p->runtime_inittasks = list;
    // The variable is a slice: pointer, length, capacity.
    u64 n = sym_size(p, list) / PTR_SIZE;
    sym_set_data(p, header, NULL, 0);
    p->syms.kind[header.i] = SYM_NOPTRDATA;
    sym_add_addr(p, header, list, 0);
    sym_add_u64(p, header, n);
    sym_add_u64(p, header, n);
}
