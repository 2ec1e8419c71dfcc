// debug_refs.c - reads and keeps what debugging information refers to.
#include "golang/debug_refs.h"

const DebugRefs *debug_refs_read(const Program *p, SymId s, Arena *a) {
    RelocList rl = sym_relocs(p, s);
    DebugRefs *refs = arena_alloc_raw(a, sizeof *refs + rl.n * sizeof(u32), _Alignof(DebugRefs));
    *refs = (DebugRefs){0};
    u32 list = 0; // the location list, of which a function has one
    for (u32 i = 0; i < rl.n; i++) {
        u16 type = reloc_type(rl, i);
        refs->has_address |= reloc_is_address_index(type);
        if (type != R_DWARFSECREF && type != R_USETYPE)
            continue;
        u32 target = reloc_sym(p, rl, i).i, ref = type == R_USETYPE ? target | DEBUG_REF_TYPE : target;
        if (ref == list || (refs->n && ref == refs->ref[refs->n - 1]))
            continue;
        if (p->syms.kind[target] == SYM_DWARF_LOC)
            list = target;
        refs->ref[refs->n++] = ref;
    }
    arena_release(a, arena_mark(a) - (rl.n - refs->n) * sizeof(u32)); // what was not needed
    return refs;
}

// Bytes that the notes may take: a number for each relocation, and the head of each symbol (and what a sanitizer adds).
static u64 room(const Program *p) {
    enum { PER_SYMBOL = 64 };
    u64 size = (u64)p->syms.n * PER_SYMBOL;
    for (u32 i = 1; i < p->objs.n; i++)
        size += (u64)p->objs.v[i].nreloc * sizeof(u32);
    return size;
}

void debug_refs_init(Program *p, u32 n) {
    p->debug_refs.narena = n + 1;
    p->debug_refs.arenas = arena_array(&p->arena, Arena, n + 1);
    for (u32 i = 0; i < n; i++)
        arena_init(&p->debug_refs.arenas[i], room(p));
    Arena *table = &p->debug_refs.arenas[n];
    arena_init(table, (u64)p->syms.n * sizeof(DebugRefs *) + 64);
    p->debug_refs.of = arena_array(table, const DebugRefs *, p->syms.n);
}

void debug_refs_free(Program *p) {
    for (u32 i = 0; i < p->debug_refs.narena; i++)
        arena_free(&p->debug_refs.arenas[i]);
    p->debug_refs.narena = 0;
    p->debug_refs.of = NULL;
}
