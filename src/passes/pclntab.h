// pclntab.h - what other passes need of the function table.
#pragma once

#include "golang/program.h"

// The functions of the table in address order.
const SymId *pclntab_functions(const Program *p, u32 *n);

// Makes runtime.findfunctab; part of build_pclntab.
void build_findfunctab(Program *p);
