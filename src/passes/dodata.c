// dodata.c - data symbols into sections.
//
// WHAT  Every live data symbol has a kind, which group_symbols refined. Here the kinds are filled into
//       sections as the release's table says (layout_plan.h), and each symbol gets its offset in its section.
//       Within a kind small symbols come first, so that little is lost to alignment (data_order.c); types
//       have an order of their own.
//
//         1 buckets      live symbols by kind, in symbol order
//         2 dynamic      what the dynamic linker must do is recorded, in bucket order; this can fill the GOT
//                        and other tables, whose sizes are final after it
//         3 relro        read-only symbols with relocations move to kinds that the dynamic linker may write
//         4 order        each bucket is sorted
//         5 sections     offsets, one symbol after the other, row by row of the table; the masks for the
//                        garbage collector are made between writable and read-only data
//         6 numbers      of sections, as the file's symbol table counts them
//
// HOW   Steps 1, 3 and 4 are parallel; step 5 is one addition and one rounding a symbol. Only live symbols
//       are touched.
// REF   cmd/link/internal/ld/data.go: dodata, makeRelroForSharedLib, allocateDataSections.
#include "arch/arch.h"
#include "base/diag.h"
#include "base/sort.h"
#include "dwarf/dwarf.h"
#include "format/format.h"
#include "passes/data_order.h"
#include "passes/define.h"
#include "passes/gcdata.h"
#include "passes/passes.h"

static const u64 max_data = 2000000000; // bytes in one segment (data.go: cutoff)

typedef struct {
    Program *p;
    const LayoutPlan *plan;
    SymVec by_kind[SYM_KIND_COUNT];
    u32 max_align[SYM_KIND_COUNT];  // of the symbols of a kind; 0: there are none
    u64 kind_start[SYM_KIND_COUNT]; // offset in the section where a kind begins, before alignment, and ends
    u64 kind_end[SYM_KIND_COUNT];
    Section *sect_of[SYM_KIND_COUNT];
    u64 pos; // end of what was placed, relative to the segment
    bool relro;
} DataLayout;

// ---- 1: buckets -------------------------------------------------------------------------------------------

enum { WORDS_PER_CHUNK = 256 }; // of the live bitmap

typedef struct {
    DataLayout *l;
    u32 (*count)[SYM_KIND_COUNT]; // by chunk: symbols of a kind; then position of the first one in the bucket
} Bucketing;

static void count_chunks(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const Bucketing *b = arg;
    const Program *p = b->l->p;
    u64 nword = (p->syms.n + 63) / 64;
    for (u64 c = begin; c < end; c++)
        for (u64 w = c * WORDS_PER_CHUNK; w < MIN(nword, (c + 1) * WORDS_PER_CHUNK); w++)
            for (u64 bits = p->syms.live.w[w]; bits; bits &= bits - 1)
                b->count[c][p->group[w * 64 + (u64)__builtin_ctzll(bits)]]++;
}

// Writes each chunk's own range of the buckets.
static void fill_chunks(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const Bucketing *b = arg;
    const Program *p = b->l->p;
    u64 nword = (p->syms.n + 63) / 64;
    for (u64 c = begin; c < end; c++) {
        for (u64 w = c * WORDS_PER_CHUNK; w < MIN(nword, (c + 1) * WORDS_PER_CHUNK); w++) {
            for (u64 bits = p->syms.live.w[w]; bits; bits &= bits - 1) {
                SymId s = {(u32)(w * 64) + (u32)__builtin_ctzll(bits)};
                u8 kind = p->group[s.i];
                if (kind)
                    b->l->by_kind[kind].v[b->count[c][kind]++] = s;
            }
        }
    }
}

static void fill_buckets(DataLayout *l) {
    Program *p = l->p;
    u32 nchunk = (p->syms.n / 64 + WORDS_PER_CHUNK) / WORDS_PER_CHUNK;
    Bucketing b = {l, arena_alloc(&p->arena, sizeof(*b.count) * nchunk, 8)};
    parallel_for(p->pool, nchunk, 1, count_chunks, &b);
    for (u32 k = 1; k < SYM_KIND_COUNT; k++) {
        u32 n = 0;
        for (u32 c = 0; c < nchunk; c++) {
            u32 count = b.count[c][k];
            b.count[c][k] = n;
            n += count;
        }
        l->by_kind[k] = (SymVec){arena_array_raw(&p->arena, SymId, n), n, n};
    }
    parallel_for(p->pool, nchunk, 1, fill_chunks, &b);
}

// ---- 3: relro ---------------------------------------------------------------------------------------------

typedef struct {
    const Program *p;
    const SymVec *syms;
    u8 *moves; // by position: the symbol has relocations
} RelocTest;

static void test_relocs(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const RelocTest *t = arg;
    for (u64 i = begin; i < end; i++)
        t->moves[i] = sym_relocs(t->p, t->syms->v[i]).n > 0;
}

// Back into symbol order, which ties are broken by.
static void sort_by_number(Program *p, SymVec *syms) {
    size_t mark = arena_mark(&p->arena);
    SortPair *v = arena_array_raw(&p->arena, SortPair, syms->n);
    for (u32 i = 0; i < syms->n; i++)
        v[i] = (SortPair){.key = syms->v[i].i};
    sort_u64_pairs(&p->arena, v, syms->n);
    for (u32 i = 0; i < syms->n; i++)
        syms->v[i].i = (u32)v[i].key;
    arena_release(&p->arena, mark);
}

static void apply_relro_rule(DataLayout *l, const RelroRule *rule) {
    enum { GRAIN = 4096 };
    Program *p = l->p;
    SymVec *from = &l->by_kind[rule->from], *to = &l->by_kind[rule->to];
    RelocTest t = {p, from, arena_array(&p->arena, u8, from->n)};
    if (rule->when != RELRO_ALWAYS)
        parallel_for(p->pool, from->n, GRAIN, test_relocs, &t);
    u32 kept = 0, had = to->n;
    for (u32 i = 0; i < from->n; i++) {
        SymId s = from->v[i];
        if (!t.moves[i] && rule->when != RELRO_ALWAYS)
            from->v[kept++] = s;
        else if (rule->when == RELRO_NEVER_WITH_RELOCS)
            error_at(s.i, STR_FMT ": cannot contain relocations (type %s)", STR_ARG(sym_name(p, s)),
                     symkind_name(rule->from));
        else
            vec_push(&p->arena, to, s);
    }
    from->n = kept;
    if (had && to->n > had)
        sort_by_number(p, to);
}

// ---- 5: sections ------------------------------------------------------------------------------------------

static u64 round_to(u64 v, u32 align) {
    return align ? align_up(v, align) : v;
}

static Segment *segment_of(const DataLayout *l, PlanSegment segment) {
    Program *p = l->p;
    Segment *ro = p->format->rodata_segment ? &p->seg_rodata : &p->seg_text;
    switch (segment) {
    case PLAN_DATA: return &p->seg_data;
    case PLAN_TEXT: return &p->seg_text;
    case PLAN_RO: return ro;
    case PLAN_RELRO: return l->relro && p->format->relro_segment ? &p->seg_relrodata : ro;
    }
    bug("bad segment in layout plan");
}

static Str section_name(const DataLayout *l, const SectionPlan *row) {
    Arena *a = &l->p->arena;
    bool prefix = row->segment == PLAN_RELRO && l->relro && l->p->format->relro_names;
    if (row->flags & PLAN_NAME_RODATA)
        return prefix ? STR(".data.rel.ro") : STR(".rodata");
    return prefix ? arena_printf(a, ".data.rel.ro" STR_FMT, STR_ARG(row->name)) : row->name;
}

static Section *start_section(DataLayout *l, const SectionPlan *row, Str name, u32 align) {
    u8 rwx = row->segment == PLAN_RELRO && l->relro ? 6 : row->rwx;
    Section *sect = section_new(l->p, segment_of(l, row->segment), name, rwx);
    sect->align = align;
    l->pos = round_to(l->pos, align);
    sect->addr = l->pos;
    sect->syms = l->p->datap.v + l->p->datap.n;
    return sect;
}

static void check_size(const DataLayout *l, SymKind kind) {
    if (l->pos > max_data)
        error("too much data, last section %s (%llu, over 2e+09 bytes)", symkind_name(kind),
              (unsigned long long)l->pos);
}

static void place_symbol(DataLayout *l, Section *sect, SymId s) {
    Program *p = l->p;
    l->pos = align_up(l->pos, sym_align(p, s));
    p->syms.sect[s.i] = sect->id;
    p->syms.addr[s.i] = l->pos - sect->addr;
    l->pos += p->syms.size[s.i];
    p->datap.v[p->datap.n++] = s;
    sect->nsym++;
}

// Notes the size of the group whose symbols were just placed.
static void note_carrier(DataLayout *l, SymKind kind) {
    Program *p = l->p;
    const SymVec *syms = &l->by_kind[kind];
    for (u32 i = 0; i < syms->n; i++) {
        SymId s = syms->v[i];
        // Types that are laid out as relro ones leave the carrier of the others among them, without a group.
        if (bitmap_get(&p->syms.is_carrier, s.i) && p->group[s.i] == kind)
            vec_push(&p->arena, &p->carriers, ((Carrier){s, l->kind_end[kind] - p->syms.addr[syms->v[0].i]}));
    }
}

static void place_kind(DataLayout *l, Section *sect, SymKind kind, bool to_rodata) {
    const SymVec *syms = &l->by_kind[kind];
    l->sect_of[kind] = sect;
    l->kind_start[kind] = l->pos - sect->addr;
    for (u32 i = 0; i < syms->n; i++) {
        place_symbol(l, sect, syms->v[i]);
        if (to_rodata)
            l->p->syms.kind[syms->v[i].i] = SYM_RODATA;
    }
    l->kind_end[kind] = l->pos - sect->addr;
    note_carrier(l, kind);
    check_size(l, kind);
}

static void place_markers(DataLayout *l, const Section *sect, const Marker *markers, u32 max) {
    Program *p = l->p;
    for (u32 i = 0; i < max && markers[i].name.n; i++) {
        const Marker *m = &markers[i];
        SymId s = define_marker(p, m->name, m->kind);
        sym_set_sect(p, s, sect);
        u64 off = 0;
        switch ((MarkPlace)m->place) {
        case MARK_START: break;
        case MARK_END: off = sect->size; break;
        case MARK_AFTER: off = l->kind_end[m->of]; break;
        case MARK_BEFORE:
            off = l->kind_start[m->of];
            // Counters are 4-byte numbers: what is over is padding in front of the first one.
            if (m->of == SYM_COVERAGE_COUNTER && l->plan->covctrs_aligned)
                off += (l->kind_end[m->of] - off) % 4;
            break;
        case MARK_INSIDE: continue;
        }
        vec_push(&p->arena, &p->markers, ((MarkerPlace){s, off}));
    }
}

static void make_single_sections(DataLayout *l, const SectionPlan *row) {
    Program *p = l->p;
    for (const u8 *k = row->kinds; *k; k++) {
        for (u32 i = 0; i < l->by_kind[*k].n; i++) {
            SymId s = l->by_kind[*k].v[i];
            Str name = sym_name(p, s);
            if (str_has_prefix(name, STR("go:")))
                name = arena_printf(&p->arena, ".go." STR_FMT, STR_ARG(str_slice(name, 3, name.n)));
            Section *sect = start_section(l, row, name, sym_align(p, s));
            place_symbol(l, sect, s);
            sect->size = l->pos - sect->addr;
        }
        check_size(l, *k);
    }
}

static void make_section(DataLayout *l, const SectionPlan *row) {
    u32 align = l->max_align[row->kinds[0]];
    if (row->flags & PLAN_ALIGN_ALL) {
        align = 8;
        for (const u8 *k = row->kinds; *k; k++)
            align = MAX(align, l->max_align[*k]);
    }
    Section *sect = start_section(l, row, section_name(l, row), align);
    // A marker at the start is as good.
    bool marked = row->kinds[0] == SYM_TYPE && format_sizes_markers(l->p);
    l->pos += marked ? 0 : row->skip;
    for (const u8 *k = row->kinds; *k; k++)
        place_kind(l, sect, *k, row->flags & PLAN_TO_RODATA);
    sect->size = l->pos - sect->addr;
    if (row->kinds[0] == SYM_FUZZ_COUNTER && l->p->opt->asan)
        sect->size = align_up(sect->size, 8); // the sanitizer's granule, as the symbol at its end must be
    place_markers(l, sect, row->markers, PLAN_MAX_MARKERS);
    if (!l->relro)
        place_markers(l, sect, row->exe_markers, COUNT_OF(row->exe_markers));
}

static bool wanted(const DataLayout *l, const SectionPlan *row) {
    BuildMode mode = l->p->opt->buildmode;
    if ((row->flags & PLAN_IF_RELRO) && !l->relro)
        return false;
    if ((row->flags & PLAN_LIBRARY) && (mode == BUILDMODE_EXE || mode == BUILDMODE_PIE) && !l->p->opt->linkshared)
        return false;
    return !(row->flags & PLAN_IF_ANY) || l->by_kind[row->kinds[0]].n;
}

// The addresses of thread-local data are offsets in the thread's block. Only some formats have a section for it.
static void place_thread_local(DataLayout *l) {
    Program *p = l->p;
    const SymVec *syms = &l->by_kind[SYM_TLSBSS];
    Section *sect = NULL;
    if (syms->n && p->format->tls_section && (p->dynlinked || p->external)) {
        sect = section_new(p, &p->seg_tls, STR(".tbss"), 6);
        sect->align = p->arch->ptr_size;
    }
    u64 off = 0;
    for (u32 i = 0; i < syms->n; i++) {
        SymId s = syms->v[i];
        off = align_up(off, sym_align(p, s));
        sym_set_sect(p, s, sect);
        p->syms.addr[s.i] = off;
        off += sym_size(p, s);
    }
    if (sect)
        sect->size = off;
}

static void finish_writable(DataLayout *l) {
    Program *p = l->p;
    make_gc_masks(p, &l->by_kind[SYM_DATA], l->sect_of[SYM_DATA]->size, &l->by_kind[SYM_BSS],
                  l->sect_of[SYM_BSS]->size);
    const Section *last = p->seg_data.sects.v[p->seg_data.sects.n - 1];
    SymId end = define_marker(p, STR("runtime.end"), SYM_BSS);
    sym_set_sect(p, end, last);
    vec_push(&p->arena, &p->markers, ((MarkerPlace){end, l->pos - last->addr}));
    place_thread_local(l);
}

static void make_sections(DataLayout *l) {
    Program *p = l->p;
    u32 total = 0;
    for (u32 k = 0; k < SYM_KIND_COUNT; k++)
        total += l->by_kind[k].n;
    p->datap = (SymVec){arena_array_raw(&p->arena, SymId, total), 0, total};

    u8 segment = PLAN_DATA;
    for (u32 i = 0; i < l->plan->nsections; i++) {
        const SectionPlan *row = &l->plan->sections[i];
        if (segment == PLAN_DATA && row->segment != PLAN_DATA)
            finish_writable(l);
        bool own_segment = row->segment == PLAN_RELRO && segment_of(l, PLAN_RELRO) == &p->seg_relrodata;
        if (row->segment != segment && (segment == PLAN_DATA || own_segment))
            l->pos = 0;
        segment = row->segment;
        if (!wanted(l, row))
            continue;
        if (row->flags & PLAN_SINGLE)
            make_single_sections(l, row);
        else
            make_section(l, row);
    }
    if (l->pos > UINT32_MAX)
        error("read-only data segment too large: %llu", (unsigned long long)l->pos);
}

// ---- 6: numbers -------------------------------------------------------------------------------------------

static void number_sections(Program *p) {
    const Segment *segs[] = {&p->seg_text, &p->seg_rodata, &p->seg_relrodata, &p->seg_data, &p->seg_dwarf};
    u16 n = 1;
    for (u32 i = 0; i < COUNT_OF(segs); i++)
        for (u32 j = 0; j < segs[i]->sects.n; j++)
            segs[i]->sects.v[j]->extnum = n++;
}

// Requires: Program.group, all symbols made.   Provides: sections, offsets of data in them, datap, carriers,
// markers, moduledata complete. Freezes: sizes of symbols.
void layout_data(Program *p) {
    DataLayout *l = arena_new(&p->arena, DataLayout);
    l->p = p;
    l->plan = p->rel->layout;
    l->relro = format_use_relro(p);
    fill_buckets(l);
    collect_dynamic_relocs(p, l->by_kind);
    if (l->relro)
        for (u32 i = 0; i < l->plan->nrelro; i++)
            apply_relro_rule(l, &l->plan->relro[i]);
    order_data(p, l->by_kind, l->max_align);
    make_sections(l);
    dwarf_allocate_sections(p);
    number_sections(p);
}
