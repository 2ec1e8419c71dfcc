// strmap.h - a hash table from (string, number) to u32, for look-ups by name.
//
// Open addressing with linear probing over 24-byte slots; the key is a view that must outlive the table.
// `tag` tells apart equal names, as an ABI version does; use 0 when there is none. The value
// STRMAP_NONE marks an absent key, so it cannot be stored. Iteration order is not offered: nothing may
// depend on it.
#pragma once

#include "base/arena.h"

#define STRMAP_NONE UINT32_MAX

typedef struct StrMapSlot StrMapSlot;

typedef struct {
    Arena *arena;
    StrMapSlot *slots;
    u32 cap;   // power of two, or 0
    u32 count; // keys stored
} StrMap;

// An empty table with room for `expect` keys without growth. One thread at a time.
void strmap_init(StrMap *m, Arena *a, u32 expect);

// The value of the key, or STRMAP_NONE.
u32 strmap_get(const StrMap *m, Str key, u32 tag);

// Stores value under the key, replacing what was there.
void strmap_put(StrMap *m, Str key, u32 tag, u32 value);

// A pointer to the value of the key, which is created with STRMAP_NONE when absent. Valid until the next
// insertion.
u32 *strmap_slot(StrMap *m, Str key, u32 tag);

// The hash used by the table, for callers that shard.
u64 str_hash(Str s);
