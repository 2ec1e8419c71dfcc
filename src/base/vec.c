// vec.c - growth of vectors and byte buffers inside an arena.
//
// Doubling leaves old blocks behind, in all as much as the vector's final size. The block that happens to
// be the arena's last one is stretched where it stands instead, at no cost.
#include "base/vec.h"

#include "base/diag.h"

void vec_grow_(Arena *a, void **v, u32 *cap, size_t elem, u32 want) {
    if (want <= *cap)
        bug("vector of more than %u elements", UINT32_MAX);
    u64 twice = (u64)*cap * 2;
    u64 least = elem == 1 ? 64 : 8;
    u64 new_cap = MIN(MAX(MAX((u64)want, twice), least), UINT32_MAX);
    u8 *old = *v;
    size_t old_size = *cap * elem;

    if (old && old + old_size == a->base + a->used) {
        arena_alloc_raw(a, new_cap * elem - old_size, 1);
    } else {
        u8 *p = arena_alloc_raw(a, new_cap * elem, elem == 1 ? 1 : 16);
        if (old_size)
            memcpy(p, old, old_size);
        *v = p;
    }
    *cap = (u32)new_cap;
}
