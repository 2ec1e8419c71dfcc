// address.c - where segments and sections are in memory and in the file.
//
// WHAT  assign_addresses puts the segments one after the other, each at a multiple of the rounding (-R), and
//       turns the section offsets of symbols into addresses. assign_file_offsets does the same in the file,
//       where zeroed data takes no space.
//
//         memory   text (with read-only data) | relro | data, zeroed data | debugging
//         file     headers | text             | relro | data              | debugging | format's tables
//
// HOW   Sections of the data segment keep the distances that layout_data gave them; those of other segments
//       are rounded one by one. An offset in the file equals its address modulo the rounding, so that the
//       loader can map it.
// REF   cmd/link/internal/ld/data.go: address, layout.
#include "base/diag.h"
#include "dwarf/dwarf.h"
#include "format/format.h"
#include "passes/passes.h"

enum { GRAIN = 16384 }; // symbols per parallel task

// Places sections one after the other, each at a multiple of its alignment; returns the end. The second section of code and
// those behind it have their places (trampoline.c), whatever their functions ask for: see docs/differences.md.
static u64 place_rounded(Segment *seg, u8 rwx, u64 addr) {
    seg->rwx = rwx;
    seg->addr = addr;
    for (u32 i = 0; i < seg->sects.n; i++) {
        Section *s = seg->sects.v[i];
        bool placed = i > 0 && str_eq(s->name, STR(".text"));
        if (!placed)
            s->addr = s->align ? align_up(addr, s->align) : addr;
        addr = s->addr + s->size;
    }
    seg->size = addr - seg->addr;
    return addr;
}

// Keeps the distances between sections, but for rounding their ends up to `unit`, 0: not at all; returns the end.
static u64 place_shifted(Segment *seg, u8 rwx, u64 addr, u32 unit) {
    seg->rwx = rwx;
    seg->addr = addr;
    for (u32 i = 0; i < seg->sects.n; i++) {
        Section *s = seg->sects.v[i];
        u64 size = i + 1 < seg->sects.n ? seg->sects.v[i + 1]->addr - s->addr : s->size;
        s->addr = addr;
        addr = unit ? align_up(addr + size, unit) : addr + size;
    }
    seg->size = addr - seg->addr;
    return addr;
}

static const Section *find_section(const Segment *seg, Str name) {
    for (u32 i = 0; i < seg->sects.n; i++)
        if (str_eq(seg->sects.v[i]->name, name))
            return seg->sects.v[i];
    bug("no section '" STR_FMT "'", STR_ARG(name));
}

// Writes the addresses of the range's symbols only.
static void add_section_addrs(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    Program *p = arg;
    for (u64 i = begin; i < end; i++) {
        SymId s = p->datap.v[i];
        p->syms.addr[s.i] += sym_sect(p, s)->addr;
    }
}

// The marker behind a symbol.
static void mark_end(Program *p, Str name, Str end_name) {
    SymId s = sym_lookup(p, name, 0), end = sym_lookup(p, end_name, 0);
    bitmap_set(&p->syms.is_local, s.i);
    sym_set_sect(p, end, sym_sect(p, s));
    p->syms.addr[end.i] = sym_addr(p, s) + sym_size(p, s);
}

static void place_host_data(Program *p) {
    for (u32 i = 0; i < p->host_sections.n; i++) {
        SymId s = p->host_sections.v[i].sym;
        if (sym_is_live(p, s) && !kind_is_text(sym_kind(p, s)))
            place_parts(p, s);
    }
}

static void place_markers(Program *p) {
    for (u32 i = 0; i < p->markers.n; i++) {
        MarkerPlace m = p->markers.v[i];
        p->syms.addr[m.sym.i] = sym_sect(p, m.sym)->addr + m.off;
    }
    mark_end(p, STR("runtime.gcdata"), STR("runtime.egcdata"));
    mark_end(p, STR("runtime.gcbss"), STR("runtime.egcbss"));
}

// The hash of a library of Go packages is a part of its note.
static void place_abi_hash(Program *p) {
    enum { NOTE_HEAD = 16 }; // with its name
    SymId note = sym_lookup(p, STR(".note.go.abihash"), 0), hash = sym_lookup(p, STR("go:link.abihashbytes"), 0);
    if (p->opt->buildmode != BUILDMODE_SHARED)
        return;
    sym_set_sect(p, hash, sym_sect(p, note));
    p->syms.addr[hash.i] = sym_addr(p, note) + NOTE_HEAD;
}

// A table for unwinding, if there is one; its symbol is none of datap.
static u64 place_unwind(Program *p, Segment *seg, u64 addr) {
    if (!seg->sects.n)
        return addr;
    u64 end = place_rounded(seg, 4, align_up(addr, p->segment_align));
    p->syms.addr[seg->sects.v[0]->syms[0].i] = seg->addr;
    return end;
}

// Requires: layout_data.   Provides: addresses of segments, sections and symbols.
// Freezes: everything that occupies memory.
void assign_addresses(Program *p) {
    u64 round = p->segment_align, data_addr = (u64)p->opt->data_addr;
    u64 addr = place_rounded(&p->seg_text, 5, p->text_base);
    if (p->seg_rodata.sects.n)
        addr = place_rounded(&p->seg_rodata, 4, align_up(addr, round));
    if (p->seg_relrodata.sects.n)
        addr = place_rounded(&p->seg_relrodata, 6, align_up(addr, round));
    if (p->opt->data_addr != -1 && data_addr % round)
        fatal("invalid -D value 0x%llx: not aligned to rounding quantum 0x%llx",
              (unsigned long long)data_addr, (unsigned long long)round);
    addr = place_shifted(&p->seg_data, 6, p->opt->data_addr != -1 ? data_addr : align_up(addr, round), 0);
    // What follows the initialised data is all zeros and not in the file.
    p->seg_data.filesize = find_section(&p->seg_data, STR(".bss"))->addr - p->seg_data.addr;
    addr = place_unwind(p, &p->seg_pdata, addr);
    addr = place_unwind(p, &p->seg_xdata, addr);
    place_shifted(&p->seg_tls, 6, 0, 0);
    place_shifted(&p->seg_dwarf, 6, align_up(addr, round), p->format->file_align);

    parallel_for(p->pool, p->datap.n, GRAIN, add_section_addrs, p);
    place_host_data(p);
    place_markers(p);
    place_abi_hash(p);
}

// Requires: assign_addresses.   Provides: Segment.fileoff, filesize; Program.out_size: where the last segment ends,
// or where it begins if its size is not known yet because it will be compressed.
void assign_file_offsets(Program *p) {
    Segment *segs[] = {&p->seg_text,  &p->seg_rodata, &p->seg_relrodata, &p->seg_data,
                       &p->seg_pdata, &p->seg_xdata,  &p->seg_dwarf};
    u64 unit = p->format->file_align, round = p->segment_align, fileoff = p->header_size;
    for (u32 i = 0; i < COUNT_OF(segs); i++) {
        Segment *seg = segs[i];
        if (seg != &p->seg_dwarf && !seg->sects.n)
            continue;
        if (i > 0) {
            fileoff = align_up(fileoff, unit ? unit : round);
            if (!unit && seg->addr % round != fileoff % round)
                fatal("bad segment rounding (Vaddr=0x%llx Fileoff=0x%llx FlagRound=0x%llx)",
                      (unsigned long long)seg->addr, (unsigned long long)fileoff, (unsigned long long)round);
        }
        seg->fileoff = fileoff;
        if (seg != &p->seg_data)
            seg->filesize = seg->size;
        fileoff += seg->filesize;
    }
    p->out_size = p->dwarf && dwarf_is_compressed(p) ? p->seg_dwarf.fileoff : fileoff;
}
