// survey.h - what survey_functions asks of each topic: how it begins, and what it reads of one function.
//
// The functions are called in any thread, in any order of functions; they write to what belongs to the
// function or the worker. What they leave lives until the end of the link.
#pragma once

#include "golang/program.h"

// ---- stackcheck.c ----------------------------------------------------------------------------------------------------

void stacks_survey_begin(Program *p);
void stacks_survey_function(Program *p, SymId s, u32 worker);

// ---- pclntab.c -------------------------------------------------------------------------------------------------------

// Symbols and files that the functions before this one, of the same unit and kind, have mentioned: whoever
// comes later in the program need not mention them again. Slots are overwritten, so that it forgets some.
enum { RECENT_NAMES = 1024, RECENT_FILES = 128 };

typedef struct {
    u8 kind;                 // SymKind of these functions
    u32 names[RECENT_NAMES]; // 1 + SymId
    u32 files[RECENT_FILES]; // 1 + number in the unit's file table
} Recent;

void pclntab_survey_begin(Program *p);
// `func` is the function's number; r is zeroed at the first function of a batch of one unit.
void pclntab_survey_function(Program *p, SymId s, u32 func, Recent *r, u32 worker);
