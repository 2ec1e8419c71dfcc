// strmap.c - open addressing with linear probing.
//
// A slot keeps 32 bits of the hash beside the key, so that probing compares integers and reads the key's
// bytes (which lie in a mapped input, likely not in the cache) only when they are almost certainly equal.
// Growth moves slots by the stored hash and reads no key at all; for that the index is taken from the
// stored 32 bits.
#include "base/strmap.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/diag.h"

struct StrMapSlot {
    const char *key;
    u32 n;    // bytes of the key
    u32 hash; // 0: the slot is free
    u32 tag;
    u32 value;
};

_Static_assert(sizeof(StrMapSlot) == 24, "a slot is three words");

u64 str_hash(Str s) {
    return XXH3_64bits(s.p ? s.p : "", s.n);
}

static u32 key_hash(Str key, u32 tag) {
    u64 h = str_hash(key) + tag * 0x9e3779b97f4a7c15u;
    u32 h32 = (u32)(h ^ h >> 32);
    return h32 ? h32 : 1;
}

void strmap_init(StrMap *m, Arena *a, u32 expect) {
    u64 cap = 16;
    while (cap * 3 / 4 < expect)
        cap *= 2;
    *m = (StrMap){.arena = a, .slots = arena_array_present(a, StrMapSlot, cap), .cap = (u32)cap};
}

// The slot of the key, or the free slot where it belongs. The table is never full.
static StrMapSlot *find(const StrMap *m, Str key, u32 tag, u32 hash) {
    u32 mask = m->cap - 1;
    for (u32 i = hash & mask;; i = (i + 1) & mask) {
        StrMapSlot *s = &m->slots[i];
        if (!s->hash)
            return s;
        if (s->hash == hash && s->n == key.n && s->tag == tag && (!key.n || !memcmp(s->key, key.p, key.n)))
            return s;
    }
}

static void grow(StrMap *m) {
    if (m->cap > UINT32_MAX / 2)
        bug("string table of more than %u names", m->count);
    u32 old_cap = m->cap;
    StrMapSlot *old = m->slots;
    m->cap = old_cap * 2;
    m->slots = arena_array_present(m->arena, StrMapSlot, m->cap);
    u32 mask = m->cap - 1;
    for (u32 i = 0; i < old_cap; i++) {
        if (!old[i].hash)
            continue;
        u32 j = old[i].hash & mask;
        while (m->slots[j].hash)
            j = (j + 1) & mask;
        m->slots[j] = old[i];
    }
}

u32 strmap_get(const StrMap *m, Str key, u32 tag) {
    if (!m->count)
        return STRMAP_NONE;
    const StrMapSlot *s = find(m, key, tag, key_hash(key, tag));
    return s->hash ? s->value : STRMAP_NONE;
}

u32 *strmap_slot(StrMap *m, Str key, u32 tag) {
    u32 hash = key_hash(key, tag);
    StrMapSlot *s = find(m, key, tag, hash);
    if (s->hash)
        return &s->value;
    if (m->count + 1 > (u64)m->cap * 3 / 4) {
        grow(m);
        s = find(m, key, tag, hash);
    }
    m->count++;
    *s = (StrMapSlot){.key = key.p, .n = key.n, .hash = hash, .tag = tag, .value = STRMAP_NONE};
    return &s->value;
}

void strmap_put(StrMap *m, Str key, u32 tag, u32 value) {
    assert(value != STRMAP_NONE);
    *strmap_slot(m, key, tag) = value;
}
