// text.c - addresses of functions.
//
// WHAT  Functions are laid out in the order that setup_runtime_symbols found, except that the functions of
//       Go's validated cryptography (FIPS 140) are moved together, between the markers of that range: their
//       bytes are check-summed as one piece. A function starts at a multiple of -funcalign (or of what it
//       asks for itself) and takes at least 16 bytes, so that the runtime's table of functions has at most so
//       many entries per page. Addresses are final here; nothing that comes later moves code.
//
//           runtime.text                                                       runtime.etext
//           | go:buildid | runtime packages | other packages | FIPS start .. FIPS end |
//
//       -randlayout=SEED shuffles the functions first, to find code or tests that depend on their order; the build id
//       and C code stay where they are.
// HOW   One pass. When the code is larger than what a call of the processor reaches (Arch.branch_reach),
//       trampoline.c lays it out once more.
// REF   cmd/link/internal/ld/data.go: textaddress, assignAddress; internal/abi: MINFUNC.
#include "passes/text.h"
#include "arch/arch.h"
#include "format/format.h"
#include "golang/gorand.h"
#include "passes/define.h"
#include "passes/passes.h"

enum { MIN_FUNC_SIZE = 16 }; // abi.MINFUNC: spacing that findfunctab relies on

// A section of a C object, or a function in it: those stay together.
static bool is_c_code(const Program *p, SymId s) {
    const HostSection *sect = sym_host_section(p, s);
    return bitmap_get(&p->syms.is_part, s.i) || (sect && sect->nparts);
}

// Changes a copy of textp: place_with_trampolines needs the list as it was.
static void shuffle(Program *p) {
    GoRand *r = arena_new(&p->arena, GoRand);
    gorand_seed(r, p->opt->randlayout);
    SymVec v = {0};
    vec_reserve(&p->arena, &v, p->textp.n);
    memcpy(v.v, p->textp.v, p->textp.n * sizeof *v.v);
    v.n = p->textp.n;
    p->textp = v;
    u32 kept = v.n && str_eq(sym_name(p, v.v[0]), STR("go:buildid"));
    while (kept < v.n && is_c_code(p, v.v[kept])) // C code comes before Go's
        kept++;
    SymId *first = v.v + kept;
    for (u32 i = v.n - kept; i-- > 1;) {
        u32 k = gorand_below(r, i + 1);
        SymId s = first[i];
        first[i] = first[k];
        first[k] = s;
    }
}

// Gathers the FIPS functions: a stable sort by kind.
static void sort_by_kind(Program *p) {
    enum { NKIND = SYM_TEXT_END + 1 };
    u32 n = p->textp.n, pos[NKIND] = {0};
    for (u32 i = 0; i < n; i++)
        pos[sym_kind(p, p->textp.v[i])]++;
    if (pos[SYM_TEXT] == n)
        return;
    for (u32 k = 0, sum = 0; k < NKIND; k++) {
        u32 count = pos[k];
        pos[k] = sum;
        sum += count;
    }
    SymId *sorted = arena_array_raw(&p->arena, SymId, n);
    for (u32 i = 0; i < n; i++)
        sorted[pos[sym_kind(p, p->textp.v[i])]++] = p->textp.v[i];
    p->textp.v = sorted;
    p->textp.cap = n;
}

// The numbers of functions in the order of textp. Functions of a unit come in its order but for those that
// sort_by_kind moved; so each unit is searched from where its last function was found.
static void number_text(Program *p) {
    p->text_func = arena_array_raw(&p->arena, u32, p->textp.n);
    size_t mark = arena_mark(&p->arena);
    u32 *next = arena_array(&p->arena, u32, p->units.n);
    for (u32 i = 0; i < p->textp.n; i++) {
        SymId s = p->textp.v[i];
        i64 unit = sym_unit(p, s);
        p->text_func[i] = FUNC_NONE;
        if (unit < 0)
            continue;
        const Unit *u = &p->units.v[unit];
        for (u32 tries = 0, k = next[unit]; tries < u->textp.n; tries++) {
            u32 found = k;
            k = k + 1 < u->textp.n ? k + 1 : 0;
            if (u->textp.v[found].i != s.i)
                continue;
            p->text_func[i] = u->func + found;
            next[unit] = k;
            break;
        }
    }
    arena_release(&p->arena, mark);
}

static u64 func_align(const Program *p) {
    return p->opt->funcalign ? (u64)p->opt->funcalign : p->arch->func_align;
}

u64 align_function(Program *p, Section *sect, SymId s, u64 addr) {
    if (bitmap_get(&p->syms.is_part, s.i))
        return addr; // it is placed with its section
    u64 align = MAX(func_align(p), sym_explicit_align(p, s));
    sect->align = MAX(sect->align, (u32)align);
    return align_up(addr, align);
}

u64 function_room(u32 size) {
    return MAX(size, MIN_FUNC_SIZE);
}

u64 put_function(Program *p, Section *sect, SymId s, u64 addr) {
    sym_set_sect(p, s, sect);
    if (bitmap_get(&p->syms.is_part, s.i))
        return addr;
    p->syms.addr[s.i] = addr;
    place_parts(p, s);
    return addr + function_room(sym_size(p, s));
}

// Places functions until there are more bytes than `limit`, if it is not 0; returns the address behind the last one.
static u64 place_in_one_section(Program *p, Section *sect, u64 limit) {
    u64 addr = sect->addr;
    for (u32 i = 0; i < p->textp.n; i++) {
        addr = align_function(p, sect, p->textp.v[i], addr);
        addr = put_function(p, sect, p->textp.v[i], addr);
        if (limit && addr - sect->addr >= limit)
            break;
    }
    return addr;
}

// Gives sections what is written as a whole: all but parts of host objects' sections.
static void list_whole_functions(Program *p) {
    SymVec whole = p->textp;
    if (p->host_sections.n) {
        whole.v = arena_array_raw(&p->arena, SymId, p->textp.n);
        whole.n = 0;
        for (u32 i = 0; i < p->textp.n; i++)
            if (!bitmap_get(&p->syms.is_part, p->textp.v[i].i))
                whole.v[whole.n++] = p->textp.v[i];
    }
    for (u32 i = 0; i < whole.n; i++) {
        Section *sect = sym_sect(p, whole.v[i]);
        if (!sect->nsym++)
            sect->syms = &whole.v[i];
    }
}

// So many bytes of code are too many for a processor with limited calls; the debugging flags lower the bound.
static u64 code_limit(const Program *p) {
    if (p->opt->debugtramp > 1)
        return 1;
    return p->opt->debugtextsize ? (u64)p->opt->debugtextsize : p->arch->branch_reach;
}

// The markers count as functions, see Format.sized_markers. In a copy, as in `shuffle`.
static void surround_text(Program *p, SymId first, SymId last) {
    SymVec v = {0};
    vec_reserve(&p->arena, &v, p->textp.n + 2);
    vec_push(&p->arena, &v, first);
    vec_append(&p->arena, &v, p->textp.v, p->textp.n);
    vec_push(&p->arena, &v, last);
    p->textp = v;
}

// Requires: textp, survey_functions.   Provides: the .text section, addresses of code, runtime.text, runtime.etext.
// Freezes: the order and sizes of functions.
void assign_text_addresses(Program *p) {
    Section *sect = section_new(p, &p->seg_text, STR(".text"), 5);
    sect->align = (u32)func_align(p);
    p->text_sect = sect;
    SymVec unsorted = p->textp;
    if (p->opt->randlayout)
        shuffle(p);
    sort_by_kind(p);
    SymId text = define_marker(p, STR("runtime.text"), SYM_TEXT);
    SymId etext = define_marker(p, STR("runtime.etext"), SYM_TEXT_END);
    sym_set_sect(p, text, sect);

    bool sized = format_sizes_markers(p);
    if (sized)
        surround_text(p, text, etext);

    sect->addr = align_up(p->text_base, func_align(p));
    u64 limit = p->arch->branch_reach ? code_limit(p) : 0, addr = place_in_one_section(p, sect, limit);
    if (limit && addr - sect->addr >= limit)
        addr = place_with_trampolines(p, &sect, sect->addr, &unsorted);
    number_text(p);

    // One instruction more, so that etext is no other section's address.
    sect->size = addr - sect->addr + p->arch->min_lc;
    list_whole_functions(p);
    sym_set_sect(p, etext, sect);
    if (sized)
        return;
    p->syms.addr[text.i] = p->text_sect->addr;
    p->syms.addr[etext.i] = addr;
}
