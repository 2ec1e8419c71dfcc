// elf_rela.c - .rela, the table of dynamic relocations.
//
// WHAT  Three kinds of records, in this order:
//
//         GLOB_DAT   fill a slot of .got with the address of symbol number r_info >> 32
//         64, ABS64  the same for a pointer in data of a host object, plus r_addend
//         RELATIVE   store the address r_addend, moved as the file is moved, at r_offset (pie)
//
// HOW   A big program has half a million RELATIVE records. The pointers that they are for are in the file already,
//       since tools look at them there; so the addends are read from the file instead of from the inputs. Records
//       are made and written in parallel, by pieces.
// REF   System V ABI, "Relocation"; cmd/link/internal/{amd64,arm64}/asm.go: adddynrel.
#include "base/diag.h"
#include "format/elf/elf.h"

enum { PIECE = 8192 }; // records

u64 elf_rela_size(const Program *p) {
    return ((u64)p->elf->got_slots.n + p->elf->bound_pointers.n + p->dyn_pointers.n) * sizeof(Elf64_Rela);
}

static u64 fileoff_of(const Section *sect, u64 addr) {
    return sect->seg->fileoff + (addr - sect->seg->addr);
}

static Elf64_Rela got_record(const Program *p, const ElfGotSlot *slot) {
    return (Elf64_Rela){
        .r_offset = sym_addr(p, p->got) + slot->off,
        .r_info = ELF64_R_INFO((u64)slot->dynid, p->elf->cpu->r_glob_dat),
    };
}

static Elf64_Rela bound_record(const Program *p, const ElfBoundPointer *b) {
    return (Elf64_Rela){
        .r_offset = sym_addr(p, b->sym) + b->off,
        .r_info = ELF64_R_INFO((u64)b->dynid, p->elf->cpu->r_address),
        .r_addend = b->add,
    };
}

static Elf64_Rela pointer_record(const Program *p, DynPointer d) {
    const Section *sect = sym_sect(p, d.sym);
    u64 addr = sym_addr(p, d.sym) + d.off;
    if (!sect || addr - sect->seg->addr + 8 > sect->seg->filesize) { // a pointer in zeroed data, for example
        error_at(d.sym.i, STR_FMT ": pointer in a symbol that is not in the file",
                 STR_ARG(sym_name(p, d.sym)));
        return (Elf64_Rela){0};
    }
    return (Elf64_Rela){
        .r_offset = addr,
        .r_info = ELF64_R_INFO(0, p->elf->cpu->r_relative),
        .r_addend = (i64)get_u64le(p->out + fileoff_of(sect, addr)),
    };
}

// Record i of the table.
static Elf64_Rela record(const Program *p, u64 i) {
    const ElfState *e = p->elf;
    if (i < e->got_slots.n)
        return got_record(p, &e->got_slots.v[i]);
    i -= e->got_slots.n;
    if (i < e->bound_pointers.n)
        return bound_record(p, &e->bound_pointers.v[i]);
    return pointer_record(p, p->dyn_pointers.v[i - e->bound_pointers.n]);
}

static void write_records(void *arg, u64 begin, u64 end, u32 worker) {
    const Program *p = arg;
    Arena *a = worker_arena(p->pool, worker);
    size_t mark = arena_mark(a);
    Elf64_Rela *out = arena_array_raw(a, Elf64_Rela, end - begin);
    for (u64 i = begin; i < end; i++)
        out[i - begin] = record(p, i);
    u64 off = fileoff_of(sym_sect(p, p->rela), sym_addr(p, p->rela));
    output_write(p->output, off + begin * sizeof *out, out, (end - begin) * sizeof *out);
    arena_release(a, mark);
}

void elf_write_rela(Program *p) {
    parallel_for(p->pool, elf_rela_size(p) / sizeof(Elf64_Rela), PIECE, write_records, p);
}
