// hostreloc.c - relocations of host objects become gild's own.
//
// WHAT  A C compiler does not know what its symbols will turn out to be, so it makes code that works in any case: calls
//       that may go through a stub, loads of addresses from the GOT. Here it is known. Where the symbol is imported, the
//       stub or the slot is made; where the program has it, the call is direct and the load computes the address.
// HOW   One relocation at a time, when its turn comes in the search for dynamic relocations (dynreloc.c): slots and stubs
//       are numbered.
// REF   cmd/link/internal/{amd64,arm64}/asm.go: adddynrel; ld/data.go: FoldSubSymbolOffset.
#include "passes/hostreloc.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/diag.h"
#include "format/format.h"

u8 *writable_data(Program *p, SymId s) {
    MadeSym *m = sym_edit(p, s);
    if (!m->data_cap) {
        u8 *copy = arena_alloc(&p->arena, m->ndata, 8);
        memcpy(copy, m->data, m->ndata);
        m->data = copy;
        m->data_cap = m->ndata;
    }
    return (u8 *)m->data;
}

void redirect_reloc(Program *p, SymId s, u32 i, RelocType type, SymId target, i64 add) {
    bool weak = reloc_weak(sym_relocs(p, s), i);
    MadeSym *m = sym_edit(p, s);
    made_set_reloc(m, i, type, weak, target);
    made_set_add(m, i, add);
}

void drop_reloc(Program *p, SymId s, u32 i) {
    enum { SIZE_OFF = 4 }; // in a record
    sym_edit(p, s)->relocs[(u64)i * GOOBJ_RELOC_SIZE + SIZE_OFF] = 0;
}

// A relocation at work.
typedef struct {
    Program *p;
    SymId s;
    u32 i;
    Reloc r;
    bool import; // of a symbol in a library
} Site;

__attribute__((format(printf, 2, 3))) static void complain(const Site *t, const char *fmt, ...) {
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    error_at(t->s.i, STR_FMT ": %s", STR_ARG(sym_name(t->p, t->s)), text);
}

static void complain_of_target(const Site *t, const char *what) {
    complain(t, "%s symbol " STR_FMT, what, STR_ARG(sym_name(t->p, t->r.sym)));
}

static void become(const Site *t, RelocType type) {
    redirect_reloc(t->p, t->s, t->i, type, t->r.sym, t->r.add);
}

static void convert_branch(const Site *t) {
    Program *p = t->p;
    if (!t->import) {
        become(t, p->arch->host_branch);
        return;
    }
    p->format->add_plt(p, t->r.sym);
    redirect_reloc(p, t->s, t->i, p->arch->host_branch, p->plt, t->r.add + sym_dyn(p, t->r.sym)->plt);
}

static void convert_direct(const Site *t, RelocType type, const char *error) {
    if (t->import)
        complain_of_target(t, error);
    become(t, type);
}

static void use_got(const Site *t, RelocType type) {
    Program *p = t->p;
    if (!t->import && p->format->host_got_imports_only) {
        complain_of_target(t, "unexpected GOT reloc for non-dynamic");
        return;
    }
    if (!p->dynlinked) {
        complain_of_target(t, "a program without dynamic linking has no GOT for");
        return;
    }
    p->format->add_got(p, t->r.sym);
    redirect_reloc(p, t->s, t->i, type, p->got, t->r.add + sym_dyn(p, t->r.sym)->got);
}

static void convert_got_load(const Site *t) {
    Program *p = t->p;
    if (t->import) {
        use_got(t, p->arch->host_got);
        return;
    }
    u8 *code = writable_data(p, t->s);
    if (p->arch->relax_got_load(code, sym_made(p, t->s)->ndata, t->r.off))
        become(t, p->arch->host_got_relaxed);
    else if (p->format->host_got_imports_only)
        complain_of_target(t, "unexpected GOT_LOAD reloc for non-dynamic");
    else
        use_got(t, p->arch->host_got);
}

// Two relocations: the difference of two addresses. The one that is subtracted must be in the section itself, so that the
// difference is a distance from here.
static void convert_difference(const Site *t) {
    Program *p = t->p;
    SymId outer = bitmap_get(&p->syms.is_part, t->r.sym.i) ? sym_outer(p, t->r.sym) : t->r.sym;
    if (!sym_eq(outer, t->s)) {
        complain(t, "unsupported SUBTRACTOR reloc: target " STR_FMT ", outer " STR_FMT,
                 STR_ARG(sym_name(p, t->r.sym)), STR_ARG(sym_name(p, outer)));
        return;
    }
    RelocList rl = sym_relocs(p, t->s);
    if (t->i + 1 >= rl.n || reloc_type(rl, t->i + 1) != R_HOST_ADDR || reloc_off(rl, t->i + 1) != t->r.off) {
        complain(t, "unexpected SUBTRACTOR reloc, must be followed by UNSIGNED at the same offset");
        return;
    }
    // Parts of data have their offsets as addresses still; those of code have been placed with their section.
    i64 off = sym_eq(outer, t->r.sym) ? 0 : (i64)(sym_addr(p, t->r.sym) - sym_addr(p, outer));
    redirect_reloc(p, t->s, t->i + 1, R_PCREL, reloc_sym(p, rl, t->i + 1), t->r.add + t->r.off + t->r.siz - off);
    drop_reloc(p, t->s, t->i);
}

void convert_host_reloc(Program *p, SymId s, u32 i) {
    Site t = {.p = p, .s = s, .i = i, .r = reloc_get(p, sym_relocs(p, s), i)};
    t.import = sym_kind(p, t.r.sym) == SYM_DYNIMPORT;
    switch ((RelocType)t.r.type) {
    case R_HOST_PCREL: convert_direct(&t, R_PCREL, "unexpected pc-relative reloc for dynamic"); break;
    case R_HOST_PAGE: convert_direct(&t, p->arch->host_page, "unexpected relocation for dynamic"); break;
    case R_HOST_BRANCH: convert_branch(&t); break;
    case R_HOST_GOT_LOAD: convert_got_load(&t); break;
    case R_HOST_GOT: use_got(&t, p->arch->host_got); break;
    case R_HOST_GOT_PCREL: use_got(&t, R_PCREL); break;
    case R_HOST_SUBTRACT: convert_difference(&t); break;
    case R_HOST_UNKNOWN: complain(&t, "unexpected relocation type %lld", (long long)t.r.add); break;
    default: bug("not a relocation of a host object: %u", t.r.type);
    }
}
