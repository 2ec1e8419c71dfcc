// unresolved.c - the error texts of undefined symbols (cmd/link/internal/ld/errors.go: errorUnresolved).
#include "golang/unresolved.h"

#include "base/diag.h"

static const char *const abi_names[] = {[ABI0] = "ABI0", [ABI_INTERNAL] = "ABIInternal"};

// The name of the calling convention for which the function is defined, or NULL.
static const char *defined_abi(const Program *p, Str name) {
    for (i32 abi = ABI_INTERNAL; abi >= ABI0; abi--) {
        SymId s = sym_lookup(p, name, abi);
        if (s.i && sym_kind(p, s) != SYM_NONE && sym_kind(p, s) != SYM_XREF)
            return abi_names[abi];
    }
    return NULL;
}

void report_unresolved(const Program *p, SymId from, const Reloc *r) {
    Str where = sym_name(p, from), name = sym_name(p, r->sym);
    i32 version = sym_version(p, r->sym);
    u64 key = sym_addr(p, from) + (u64)r->off; // in the order of the output
    // File-static symbols have no calling convention of their own.
    const char *have = version == ABI0 || version == ABI_INTERNAL ? defined_abi(p, name) : NULL;
    if (str_eq(name, STR("main.main")))
        error_at(key, STR_FMT ": function main is undeclared in the main package", STR_ARG(where));
    else if (have)
        error_at(key, STR_FMT ": relocation target " STR_FMT " not defined for %s (but is defined for %s)",
                 STR_ARG(where), STR_ARG(name), abi_names[version], have);
    else
        error_about(key, r->sym.i, STR_FMT ": relocation target " STR_FMT " not defined", STR_ARG(where),
                    STR_ARG(name));
}
