// emit.h - the plan of what is written, and who carries it out.
#pragma once

#include "dwarf/dwarf.h"

// Symbols [from, to) of a section, which has n.
typedef struct {
    const Section *sect;
    const SymId *syms;
    u32 from, to, n;
} EmitPiece;

// A piece of debugging information, or of another section.
typedef struct {
    const DwarfItem *dwarf; // NULL: the other
    EmitPiece piece;
} EmitItem;

typedef struct {
    VEC(EmitItem) walk; // what reads one object after the other
    VEC(EmitItem) rest; // what reads all over the inputs, or none
} EmitPlan;

// Makes a piece and writes it into the file.
void emit_piece(const Program *p, const EmitPiece *pc, Arena *scratch);

// Makes all of the plan, and packs the streams of debugging information. emit_walk.c
void emit_all(Program *p, const EmitPlan *plan);
