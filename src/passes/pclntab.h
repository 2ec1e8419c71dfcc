// pclntab.h - what other passes need of the function table.
#pragma once

#include "golang/program.h"

// The functions of the table in address order.
const SymId *pclntab_functions(const Program *p, u32 *n);

// Number of file names (moduledata does not hold it; pcHeader.nfiles does).
u32 pclntab_file_count(const Program *p);

// Makes runtime.findfunctab; part of build_pclntab.
void build_findfunctab(Program *p);
