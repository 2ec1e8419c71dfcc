// pe_symtab.c - the symbol table and the string table (.symtab), for debuggers and profilers.
//
// WHAT  A record of 18 bytes a symbol: the markers of the code, functions by address, then data by number.
//
//         name (8 bytes), or 0 and the place in the string table (4 + 4); offset in the section (4); number of the
//         section (2); type (2): whether it is a function; class (1); number of further records (1): 0
//
//       Static is what other modules must not see, as in ELF. The string table begins with its size and has the long
//       names of sections first. With -s it has only these, and no symbols.
// HOW   The list of symbols is cut into pieces, whose records and strings are made in parallel. When the sizes of all are
//       known, each piece goes to its two places in the file.
// REF   Microsoft, "PE Format": COFF Symbol Table; cmd/link/internal/ld/pe.go: writeSymbols; symtab.go: mangleABIName.
#include "base/diag.h"
#include "base/file.h"
#include "format/pe/pe.h"
#include "format/symbol_name.h"

enum {
    PIECE = 1024, // symbols
    TYPE_FUNCTION = 0x20,
    CLASS_EXTERNAL = 2,
    CLASS_STATIC = 3,
};

static bool is_listed_data(const Program *p, SymId s) {
    u8 kind = sym_kind(p, s);
    if (kind < SYM_ELF_RX || kind >= SYM_FIRST_UNALLOCATED || kind == SYM_TLSBSS)
        return false;
    // What is not laid out has no section.
    return !bitmap_get(&p->syms.not_in_symtab, s.i) && (p->group[s.i] || bitmap_get(&p->syms.special, s.i));
}

static SymVec list_symbols(const Program *p, Arena *a) {
    SymVec out = {0};
    vec_reserve(a, &out, p->textp.n + 4096);
    vec_push(a, &out, sym_lookup(p, STR("runtime.text"), 0));
    vec_push(a, &out, sym_lookup(p, STR("runtime.etext"), 0));
    vec_append(a, &out, p->textp.v, p->textp.n);
    const Bitmap *live = &p->syms.live;
    for (u32 i = bitmap_next(live, 1, p->syms.n); i < p->syms.n; i = bitmap_next(live, i + 1, p->syms.n))
        if (is_listed_data(p, (SymId){i}))
            vec_push(a, &out, (SymId){i});
    return out;
}

// ---- records ----------------------------------------------------------------------------------------------

typedef struct {
    const Program *p;
    SymVec syms;
} SymList;

// The number of the section that s is in, and in *base its address; 0: in none.
static u32 section_of(const Program *p, SymId s, u64 *base) {
    const Section *sect = sym_sect(p, s);
    const PeState *pe = p->pe;
    if (!sect)
        return 0;
    *base = sect->seg->addr;
    return sect->seg == &p->seg_text ? pe->text : sect->seg == &p->seg_rodata ? pe->rdata : pe->data;
}

static bool is_local(const Program *p, SymId s) {
    return sym_is_static(p, s) || bitmap_get(&p->syms.is_local, s.i) || bitmap_get(&p->syms.is_hidden, s.i) ||
           symbol_is_hashed_text(p, s);
}

// Writes the name behind the strings of the piece, if it is long, and in the record otherwise.
static void put_name(PeSymPiece *pc, u8 *record, Str name, Str suffix) {
    u32 n = name.n + suffix.n;
    u8 *at = record;
    if (n > PE_SHORT_NAME) {
        put_u32le(record + 4, pc->nstr); // in the piece, until all have their places
        at = pc->strings + pc->nstr;
        at[n] = 0;
        pc->nstr += n + 1;
    }
    memcpy(at, name.p, name.n);
    if (suffix.n)
        memcpy(at + name.n, suffix.p, suffix.n);
}

static void add_symbol(const Program *p, PeSymPiece *pc, SymId s, Str name) {
    bool is_text = kind_is_text(sym_kind(p, s));
    u64 base = 0;
    u32 number = section_of(p, s, &base);
    u8 *record = pc->entries + pc->n * PE_SYMBOL_SIZE;
    if (!number || (!is_text && (!name.n || name.p[0] == '.')))
        return;
    put_name(pc, record, name, symbol_abi_suffix(p, s, name));
    put_u32le(record + 8, (u32)(sym_addr(p, s) - base));
    put_u16le(record + 12, (u16)number);
    put_u16le(record + 14, is_text ? TYPE_FUNCTION : 0);
    record[16] = is_local(p, s) ? CLASS_STATIC : CLASS_EXTERNAL;
    pc->n++;
}

// Writes its pieces and the worker's arena.
static void make_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    const SymList *list = arg;
    const Program *p = list->p;
    Arena *a = worker_arena(p->pool, worker);
    for (u64 i = begin; i < end; i++) {
        PeSymPiece *pc = &p->pe->sym_pieces[i];
        const SymId *syms = list->syms.v + i * PIECE;
        u32 n = (u32)MIN(PIECE, list->syms.n - i * PIECE);
        Str names[PIECE];
        u64 room = 0;
        for (u32 k = 0; k < n; k++) {
            names[k] = sym_name(p, syms[k]);
            room += names[k].n + SYMBOL_SUFFIX_MAX + 1;
        }
        pc->entries = arena_array(a, u8, (u64)n * PE_SYMBOL_SIZE);
        pc->strings = arena_array_raw(a, u8, room);
        for (u32 k = 0; k < n; k++)
            add_symbol(p, pc, syms[k], names[k]);
    }
}

// ---- places -----------------------------------------------------------------------------------------------

static void make_symbols(Program *p) {
    PeState *pe = p->pe;
    SymList list = {p, list_symbols(p, &p->arena)};
    pe->nsym_piece = (list.syms.n + PIECE - 1) / PIECE;
    pe->sym_pieces = arena_array(&p->arena, PeSymPiece, pe->nsym_piece);
    parallel_for(p->pool, pe->nsym_piece, 1, make_pieces, &list);
    for (u32 i = 0; i < pe->nsym_piece; i++) {
        PeSymPiece *pc = &pe->sym_pieces[i];
        pc->first = pe->nsym;
        pc->str_off = pe->strtab_size;
        pe->nsym += pc->n;
        pe->strtab_size += pc->nstr;
    }
}

void pe_layout_symtab(Program *p) {
    PeState *pe = p->pe;
    pe->symtab_off = pe->next_fileoff;
    pe->strtab_size = PE_STRINGS_START + pe->names.n;
    if (!p->opt->strip_symbols)
        make_symbols(p);
    u64 size = pe->nsym * PE_SYMBOL_SIZE + pe->strtab_size;
    pe_add_section(p, STR(".symtab"), size, size, SCN_READ | SCN_DISCARDABLE);
}

static void write_pieces(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const Program *p = arg;
    const PeState *pe = p->pe;
    u64 strtab_off = pe->symtab_off + pe->nsym * PE_SYMBOL_SIZE;
    for (u64 i = begin; i < end; i++) {
        const PeSymPiece *pc = &pe->sym_pieces[i];
        for (u32 k = 0; k < pc->n; k++) {
            u8 *record = pc->entries + k * PE_SYMBOL_SIZE;
            if (!get_u32le(record)) // no name is so short that it begins with zeros
                put_u32le(record + 4, (u32)(get_u32le(record + 4) + pc->str_off));
        }
        output_write(p->output, pe->symtab_off + pc->first * PE_SYMBOL_SIZE, pc->entries,
                     (u64)pc->n * PE_SYMBOL_SIZE);
        output_write(p->output, strtab_off + pc->str_off, pc->strings, pc->nstr);
    }
}

void pe_write_symtab(Program *p) {
    const PeState *pe = p->pe;
    u64 strtab_off = pe->symtab_off + pe->nsym * PE_SYMBOL_SIZE;
    u8 size[PE_STRINGS_START];
    put_u32le(size, (u32)pe->strtab_size);
    output_write(p->output, strtab_off, size, sizeof size);
    output_write(p->output, strtab_off + PE_STRINGS_START, pe->names.v, pe->names.n);
    parallel_for(p->pool, pe->nsym_piece, 1, write_pieces, p);
}
