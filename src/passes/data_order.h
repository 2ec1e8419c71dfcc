// data_order.h - the order of data symbols within their kind.
#pragma once

#include "golang/program.h"

// Sorts each bucket of symbols (in symbol order before) and sets max_align[kind], the greatest alignment of
// its symbols. In releases that keep types in a section of their own, also fills in the fields of moduledata
// that tell where in it what is.
void order_data(Program *p, SymVec *by_kind, u32 *max_align);
