// debug_refs.h - what a symbol of debugging information refers to, as far as anybody asks again.
//
// Debugging information has most of the relocations of a program. deadcode reads them all; what the survey of functions
// wants to know of them is noted there, so that they are not read twice.
#pragma once

#include "golang/program.h"

// The entries and location lists that a symbol refers to (R_DWARFSECREF), and the types that it uses (R_USETYPE), in the
// order of its relocations. One that was just mentioned is not repeated, and a location list stands there once.
typedef struct DebugRefs {
    u32 n;
    bool has_address; // a number of an address in .debug_addr is among the relocations
    u32 ref[];        // SymId; with DEBUG_REF_TYPE for a type
} DebugRefs;

static const u32 DEBUG_REF_TYPE = 1u << 31;

// Reads them from the relocations of s; `a` keeps the result.
const DebugRefs *debug_refs_read(const Program *p, SymId s, Arena *a);

// The same, noted or read.
static inline const DebugRefs *debug_refs(const Program *p, SymId s, Arena *a) {
    const DebugRefs *refs = p->debug_refs.of ? p->debug_refs.of[s.i] : NULL;
    return refs ? refs : debug_refs_read(p, s, a);
}

// Makes room for the notes of n threads, each in an arena of its own.
void debug_refs_init(Program *p, u32 n);

// Forgets what was noted.
void debug_refs_free(Program *p);
