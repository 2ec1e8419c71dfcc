// vec.h - growable arrays: VEC(T) declares one, vec_push appends.
//
// The elements live in an arena: growth doubles the capacity and leaves the old block behind, except
// when the block is the arena's last, which then grows in place. So a vector that is alone in a
// scratch arena wastes nothing. Pointers to elements are invalid after a push.
#pragma once

#include "base/arena.h"

#define VEC(T) struct { T *v; u32 n; u32 cap; }

// Appends x. `vec` is an lvalue of a VEC(T) type; a is an Arena *.
#define vec_push(a, vec, x)                                                                          \
    do {                                                                                             \
        if ((vec)->n == (vec)->cap)                                                                  \
            vec_grow_((a), (void **)&(vec)->v, &(vec)->cap, sizeof *(vec)->v, (vec)->n + 1u);        \
        (vec)->v[(vec)->n++] = (x);                                                                  \
    } while (0)

// Makes room for `want` elements in all.
#define vec_reserve(a, vec, want)                                                                    \
    do {                                                                                             \
        if ((vec)->cap < (want))                                                                     \
            vec_grow_((a), (void **)&(vec)->v, &(vec)->cap, sizeof *(vec)->v, (want));               \
    } while (0)

// Appends n elements from p.
#define vec_append(a, vec, p, count)                                                                 \
    do {                                                                                             \
        u32 vec_n_ = (count);                                                                        \
        vec_reserve((a), (vec), (vec)->n + vec_n_);                                                  \
        if (vec_n_)                                                                                  \
            memcpy((vec)->v + (vec)->n, (p), sizeof *(vec)->v * (size_t)vec_n_);                     \
        (vec)->n += vec_n_;                                                                          \
    } while (0)

void vec_grow_(Arena *a, void **v, u32 *cap, size_t elem, u32 want);
