// callgraph.c - what -c prints: the direct calls of live functions, one line each, and at the end the sizes
// of the output.
//
// REF   cmd/link/internal/ld/lib.go: callgraph; cmd/link/internal/ld/asmb.go: asmb2.
#include <stdio.h>

#include "passes/passes.h"

// Requires: Program.textp.   Provides: lines on standard output when -c was given.
void dump_callgraph(Program *p) {
    if (!p->opt->dump_callgraph)
        return;
    for (u32 i = 0; i < p->textp.n; i++) {
        Str caller = sym_name(p, p->textp.v[i]);
        RelocList rl = sym_relocs(p, p->textp.v[i]);
        for (u32 k = 0; k < rl.n; k++) {
            SymId callee = reloc_sym(p, rl, k);
            if (callee.i && reloc_is_call(reloc_type(rl, k)) && kind_is_text(sym_kind(p, callee)))
                printf(STR_FMT " calls " STR_FMT "\n", STR_ARG(caller), STR_ARG(sym_name(p, callee)));
        }
    }
}

// Requires: the output's layout.   Provides: more lines. Only ELF files count symbol and line tables as part
// of the size.
void dump_sizes(Program *p) {
    if (!p->opt->dump_callgraph)
        return;
    unsigned long long text = p->seg_text.filesize, data = p->seg_data.filesize, memory = p->seg_data.size;
    printf("textsize=%llu\ndatsize=%llu\nbsssize=%llu\n", text, data, memory - data);
    unsigned long long symtab = p->symtab_size;
    printf("symsize=%llu\nlcsize=0\ntotal=%llu\n", symtab, text + memory + symtab);
}
