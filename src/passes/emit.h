// emit.h - the plan of what is written, and who carries it out.
#pragma once

#include "dwarf/dwarf.h"

// Symbols [from, to) of a section, which has n.
typedef struct {
    const Section *sect;
    const SymId *syms;
    u32 from, to, n;
} EmitPiece;

// A symbol with its section.
typedef struct {
    SymId sym;
    u32 sect;
} PlacedSym;

// Debugging information, or data that goes into the bytes of its sections, or a piece that goes into the file at once.
typedef struct {
    const DwarfItem *dwarf;  // NULL: one of the others
    const PlacedSym *placed; // nplaced data symbols, or NULL
    u32 nplaced;
    u32 part; // of a symbol with a SymPartWriter
    EmitPiece piece;
} EmitItem;

typedef struct {
    VEC(EmitItem) walk; // what reads one object after the other
    VEC(EmitItem) rest; // what reads all over the inputs, or none
    u8 **bytes;         // by Section.id: contents of data sections in the making
} EmitPlan;

// Makes the code or data of an item that is not debugging information.
void emit_item(const Program *p, const EmitPlan *plan, const EmitItem *item, Arena *scratch);

// Makes all of the plan, and packs the streams of debugging information. emit_walk.c
void emit_all(Program *p, const EmitPlan *plan);
