// trampoline.c - code that is larger than what a call instruction reaches.
//
// WHAT  A call on such a processor (Arch.branch_reach) holds the distance to its target in a few bits. In a
//       program with more code, a call that may be too far goes to a trampoline, some instructions that jump
//       to the real target from wherever they are. Trampolines stand right behind the function that needs
//       them first, and others in reach use them too.
//
//         caller:    bl  fmt.Println+0-tramp0
//         ...
//         fmt.Println+0-tramp0:
//                    adrp, add, br
//
// HOW   Functions are placed one by one, and a call is decided when its function is placed. Where targets
//       further on will be is not known yet: those of the same package have an address estimated as if each of
//       its calls needed a trampoline; a call into a package that comes later always gets one. Packages come
//       after what they import, so that is rare. The runtime's packages count as one.
// SPLIT A linker that gets such an object and moves code by sections, Apple's for arm64, must not get sections that are
//       larger than what a call reaches (Format.splits_code): behind so many bytes another one begins, with a marker
//       runtime.text.1 and so on. A function and all trampolines that it may need go into the same one.
// NAMES A trampoline is called after its target, the distance from it and a number: "f+0-tramp0". The next
//       number is for a second one when the first is out of reach. Names have the target's version, and the
//       numbers that symbols get here are part of the output.
// REF   cmd/link/internal/ld/data.go: textaddress, assignAddress, trampoline, maxSizeTrampolines; */asm.go: trampoline.
#include "arch/arch.h"
#include "base/diag.h"
#include "format/format.h"
#include "passes/define.h"
#include "passes/text.h"

typedef struct {
    Program *p;
    Section *sect;   // into which functions are placed
    u32 nsect;       // sections of code
    u64 sect_limit;  // bytes of a section; 0: any number
    SymVec textp;    // functions and trampolines in address order
    SymVec made;     // trampolines that the function at hand needs, not placed yet
    u32 nlib;        // slots of lib: symbols before any trampoline
    u32 *lib;        // by SymId: 1 + number of the library that lists the function; 0: not a function
    u8 *runtime_lib; // by library: one of the runtime's packages
} Layout;

// Number of the library with which the function is laid out, or that defines another symbol; -1: the linker made it.
static i64 library_of(const Layout *l, SymId s) {
    if (s.i < l->nlib && l->lib[s.i])
        return (i64)l->lib[s.i] - 1;
    i64 unit = sym_unit(l->p, s);
    return unit < 0 ? -1 : (i64)l->p->units.v[unit].lib;
}

static bool in_reach(const Program *p, u64 from, u64 to) {
    i64 dist = (i64)(to - from), reach = (i64)p->arch->call_reach;
    return dist >= -reach && dist < reach;
}

static bool needs_trampoline(const Layout *l, SymId s, const Reloc *r) {
    const Program *p = l->p;
    u8 kind = sym_kind(p, r->sym);
    if (!sym_is_live(p, r->sym) || kind == SYM_NONE)
        return false; // an error that is reported later
    i64 from = library_of(l, s), to = library_of(l, r->sym);
    bool same = from >= 0 && from == to;
    u64 target = sym_addr(p, r->sym);
    bool together = !p->opt->randlayout; // the functions of a package are laid out side by side
    if (!target && kind != SYM_DYNIMPORT && kind != SYM_UNDEFEXT && together) {
        if (same && kind == sym_kind(p, s))
            return false;
        if (from >= 0 && to >= 0 && l->runtime_lib[from] && l->runtime_lib[to])
            return false;
    }
    if (!target || (p->opt->debugtramp > 1 && !same))
        return true;
    return !in_reach(p, sym_addr(p, s) + (u64)r->off, target + (u64)r->add);
}

// The first trampoline to the target of r that is in reach of `from` or not placed yet. May be a new symbol.
static SymId find_trampoline(Program *p, const Reloc *r, u64 from) {
    Str target = sym_name(p, r->sym);
    for (u32 i = 0;; i++) {
        u64 distance = r->add < 0 ? -(u64)r->add : (u64)r->add;
        Str name = arena_printf(&p->arena, STR_FMT "%c%llx-tramp%u", STR_ARG(target), r->add < 0 ? '-' : '+',
                                (unsigned long long)distance, i);
        SymId t = sym_lookup_or_make(p, name, sym_version(p, r->sym));
        bitmap_set(&p->syms.live, t.i);
        if (sym_kind(p, t) == SYM_DYNIMPORT)
            continue;
        if (!sym_addr(p, t) || in_reach(p, from, sym_addr(p, t)))
            return t;
    }
}

static void make_trampoline(Layout *l, SymId s, SymId t, const Reloc *r) {
    Program *p = l->p;
    bool imported = sym_kind(p, r->sym) == SYM_DYNIMPORT;
    if (imported && r->add)
        error_at(s.i, STR_FMT ": nonzero addend for DYNIMPORT call: " STR_FMT "+%lld",
                 STR_ARG(sym_name(p, s)), STR_ARG(sym_name(p, r->sym)), (long long)r->add);
    sym_edit(p, t);
    p->syms.kind[t.i] = sym_kind(p, s);
    p->arch->write_trampoline(p, t, r->sym, r->add, imported);
    vec_push(&p->arena, &l->made, t);
}

// Sends the calls of s, which has its address, to trampolines where they need it.
static void redirect_calls(Layout *l, SymId s) {
    Program *p = l->p;
    u32 n = sym_relocs(p, s).n;
    for (u32 i = 0; i < n; i++) {
        RelocList rl = sym_relocs(p, s);
        u16 type = reloc_type(rl, i);
        if (!reloc_is_call(type) && type != R_HOST_BRANCH)
            continue;
        Reloc r = reloc_get(p, rl, i);
        if (!needs_trampoline(l, s, &r))
            continue;
        SymId t = find_trampoline(p, &r, sym_addr(p, s) + (u64)r.off);
        if (sym_kind(p, t) == SYM_NONE)
            make_trampoline(l, s, t, &r);
        MadeSym *m = sym_edit(p, s);
        made_set_reloc(m, i, (RelocType)r.type, r.weak, t);
        made_set_add(m, i, 0);
    }
}

// ---- places -----------------------------------------------------------------------------------------------

// Bytes of the trampolines that s needs if no target is in reach.
static u64 trampolines_room(const Program *p, SymId s) {
    RelocList rl = sym_relocs(p, s);
    u64 room = 0;
    for (u32 k = 0; k < rl.n; k++)
        room += reloc_is_call(reloc_type(rl, k)) ? p->arch->trampoline_size : 0;
    return room;
}

static void begin_section(Layout *l, u64 addr) {
    Program *p = l->p;
    l->sect->size = addr - l->sect->addr;
    l->sect = section_new(p, &p->seg_text, STR(".text"), 5);
    l->sect->addr = addr;
    l->sect->align = p->arch->func_align;
    SymId marker = define_marker(p, arena_printf(&p->arena, "runtime.text.%u", l->nsect++), SYM_TEXT);
    sym_set_sect(p, marker, l->sect);
    p->syms.addr[marker.i] = addr;
}

// Places s and keeps `reserve` bytes behind it in the same section. Returns the address behind s.
static u64 place(Layout *l, SymId s, u64 addr, u64 reserve) {
    Program *p = l->p;
    addr = align_function(p, l->sect, s, addr);
    if (l->sect_limit && !bitmap_get(&p->syms.is_part, s.i)) {
        u64 room = function_room(sym_size(p, s));
        if (room > l->sect_limit)
            fatal("text size limit %llu less than text symbol " STR_FMT " size of %llu", (unsigned long long)l->sect_limit,
                  STR_ARG(sym_name(p, s)), (unsigned long long)room);
        if (addr - l->sect->addr + room + reserve > l->sect_limit)
            begin_section(l, addr);
    }
    return put_function(p, l->sect, s, addr);
}

// Addresses for the functions of one package from textp[first] on, as if all trampolines were needed.
static void estimate_package(const Layout *l, u32 first, u64 addr) {
    Program *p = l->p;
    i64 lib = library_of(l, p->textp.v[first]);
    for (u32 i = first; i < p->textp.n && library_of(l, p->textp.v[i]) == lib; i++) {
        SymId s = p->textp.v[i];
        addr = put_function(p, l->sect, s, align_function(p, l->sect, s, addr));
        addr += trampolines_room(p, s);
    }
}

static Layout new_layout(Program *p, Section *sect, const SymVec *unsorted) {
    Layout l = {.p = p, .sect = sect, .nsect = 1, .nlib = p->syms.n};
    if (p->external && p->format->splits_code)
        l.sect_limit = p->opt->debugtextsize ? (u64)p->opt->debugtextsize : p->arch->branch_reach;
    l.lib = arena_array(&p->arena, u32, l.nlib);
    u32 end = unsorted->n;
    for (u32 i = p->text_runs.n; i-- > 0;) {
        TextRun run = p->text_runs.v[i];
        for (u32 k = end - run.n; k < end && run.lib != LIB_NONE; k++)
            l.lib[unsorted->v[k].i] = run.lib + 1;
        end -= run.n;
    }
    l.runtime_lib = arena_array(&p->arena, u8, p->libs.n);
    for (u32 i = 0; i < p->libs.n; i++)
        l.runtime_lib[i] = release_is_runtime_package(p->rel, p->libs.v[i].pkg);
    return l;
}

u64 place_with_trampolines(Program *p, Section **sect, u64 start, const SymVec *unsorted) {
    Layout l = new_layout(p, *sect, unsorted);
    for (u32 i = 0; i < p->textp.n; i++)
        p->syms.addr[p->textp.v[i].i] = 0;
    vec_reserve(&p->arena, &l.textp, p->textp.n);

    u64 addr = start;
    i64 lib = -1;
    for (u32 i = 0; i < p->textp.n; i++) {
        SymId s = p->textp.v[i];
        i64 from = library_of(&l, s);
        if (from >= 0 && from != lib)
            estimate_package(&l, i, addr);
        lib = from >= 0 ? from : lib;
        addr = place(&l, s, addr, l.sect_limit ? trampolines_room(p, s) : 0);
        vec_push(&p->arena, &l.textp, s);
        redirect_calls(&l, s);
        for (u32 k = 0; k < l.made.n; k++) {
            addr = place(&l, l.made.v[k], addr, 0);
            vec_push(&p->arena, &l.textp, l.made.v[k]);
        }
        l.made.n = 0;
    }
    p->textp = l.textp;
    *sect = l.sect;
    return addr;
}
