// buildid.c - the build id as the first bytes of the code.
//
// cmd/go finds the id of a finished program by reading the file's first kilobytes; so formats that have no
// note for such things (ELF has) put it in front of all functions, between bytes that are not UTF-8:
//
//     ff " Go build ID: " "<quoted id>" \n " " ff
//
// REF   cmd/link/internal/ld/data.go: textbuildid; cmd/internal/buildid/buildid.go.
#include "base/bytes.h"
#include "format/format.h"
#include "golang/gostrings.h"
#include "passes/define.h"
#include "passes/passes.h"

// Requires: setup_runtime_symbols.   Provides: go:buildid at the head of textp.
void add_build_id(Program *p) {
    if (!p->format->buildid_in_text || !p->opt->buildid.n)
        return;
    SymId s = define_symbol(p, STR("go:buildid"), SYM_TEXT);
    ByteBuf b = {.arena = &p->arena};
    buf_str(&b, STR("\xff Go build ID: "));
    buf_str(&b, go_quote(&p->arena, p->opt->buildid));
    buf_str(&b, STR("\n \xff"));
    sym_set_data(p, s, b.v, b.n);

    vec_push(&p->arena, &p->textp, NIL_SYM);
    memmove(p->textp.v + 1, p->textp.v, sizeof *p->textp.v * (p->textp.n - 1));
    p->textp.v[0] = s;
}
