// dynsyms.c - the symbols of the linkage tables.
//
// Each format has its own tables (GOT, stubs, import lists). All formats also mention the tables of ELF,
// which costs nothing: what nobody fills stays out of the file. Requires: live symbols known.  Provides:
// Program.got, plt, dynamic, unreachable_method and the format's own.
// REF   cmd/link/internal/ld/macho.go: domacho; lib.go: setArchSyms.
#include "format/format.h"
#include "passes/passes.h"

void prepare_dynamic_symbols(Program *p) {
    if (p->format->make_symbols)
        p->format->make_symbols(p);
    p->got = sym_lookup_or_make(p, STR(".got"), 0);
    p->plt = sym_lookup_or_make(p, STR(".plt"), 0);
    sym_lookup_or_make(p, STR(".got.plt"), 0);
    p->dynamic = sym_lookup_or_make(p, STR(".dynamic"), 0);
    sym_lookup_or_make(p, STR(".dynsym"), 0);
    sym_lookup_or_make(p, STR(".dynstr"), 0);
    p->unreachable_method = sym_lookup_or_make(p, STR("runtime.unreachableMethod"), ABI_INTERNAL);
    if (p->format->finish_symbols)
        p->format->finish_symbols(p);
}
