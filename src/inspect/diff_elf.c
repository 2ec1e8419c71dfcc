// diff_elf.c - ELF header, program headers, symbol table and tables for the dynamic linker.
#include "inspect/diff_parts.h"
#include "inspect/elf_view.h"

void elf_diff_header(Diff *d) {
    const Elf64_Ehdr *a = &d->a.elf->head, *b = &d->b.elf->head;
    diff_topic(d, "ELF header");
    const DiffField fields[] = {
        {"e_ident[EI_OSABI]", a->e_ident[EI_OSABI], b->e_ident[EI_OSABI]},
        {"e_type", a->e_type, b->e_type},
        {"e_machine", a->e_machine, b->e_machine},
        {"e_version", a->e_version, b->e_version},
        {"e_entry", a->e_entry, b->e_entry},
        {"e_phoff", a->e_phoff, b->e_phoff},
        {"e_shoff", a->e_shoff, b->e_shoff},
        {"e_flags", a->e_flags, b->e_flags},
        {"e_phnum", a->e_phnum, b->e_phnum},
        {"e_shnum", a->e_shnum, b->e_shnum},
        {"e_shstrndx", a->e_shstrndx, b->e_shstrndx},
    };
    diff_fields(d, "", fields, COUNT_OF(fields));
}

void elf_diff_commands(Diff *d) {
    const ElfView *a = d->a.elf, *b = d->b.elf;
    diff_topic(d, "program headers");
    for (u64 i = 0; i < MIN(a->segments.n, b->segments.n); i++) {
        Elf64_Phdr x = elf_segment(a, i), y = elf_segment(b, i);
        if (x.p_type != y.p_type) {
            diff_say(d, "header %lu: A has %s, B has %s", i, elf_segment_name(d->arena, x.p_type),
                     elf_segment_name(d->arena, y.p_type));
            return;
        }
        const DiffField fields[] = {
            {"p_flags", x.p_flags, y.p_flags},    {"p_offset", x.p_offset, y.p_offset},
            {"p_vaddr", x.p_vaddr, y.p_vaddr},    {"p_paddr", x.p_paddr, y.p_paddr},
            {"p_filesz", x.p_filesz, y.p_filesz}, {"p_memsz", x.p_memsz, y.p_memsz},
            {"p_align", x.p_align, y.p_align},
        };
        Str what = arena_printf(d->arena, "header %lu %s", i, elf_segment_name(d->arena, x.p_type));
        diff_fields(d, what.p, fields, COUNT_OF(fields));
    }
}

// ---- symbol table -----------------------------------------------------------------------------------------

static u32 symbol_fields(const ImageSym *a, const ImageSym *b, DiffField *out) {
    const DiffField fields[] = {
        {"st_value", a->value, b->value}, {"st_size", a->size, b->size}, {"st_info", a->type, b->type},
        {"st_shndx", a->desc, b->desc},   {"st_name", a->strx, b->strx},
    };
    memcpy(out, fields, sizeof fields);
    return COUNT_OF(fields);
}

void elf_diff_symtab(Diff *d) {
    diff_symbol_table(d, symbol_fields);
}

// ---- dynamic linking --------------------------------------------------------------------------------------

static void compare_tags(Diff *d) {
    const ElfView *a = d->a.elf, *b = d->b.elf;
    for (u64 i = 0; i < MIN(a->dynamic.n, b->dynamic.n); i++) {
        Elf64_Dyn x = elf_dyn(a, i), y = elf_dyn(b, i);
        const char *tx = elf_tag_name(d->arena, x.d_tag), *ty = elf_tag_name(d->arena, y.d_tag);
        if (x.d_tag != y.d_tag) {
            diff_say(d, ".dynamic entry %lu: A has %s, B has %s", i, tx, ty);
            return;
        }
        if (x.d_un.d_val != y.d_un.d_val)
            diff_say(d, ".dynamic %s: A=0x%lx B=0x%lx", tx, x.d_un.d_val, y.d_un.d_val);
    }
    if (a->dynamic.n != b->dynamic.n)
        diff_say(d, ".dynamic: entries A=%lu B=%lu", a->dynamic.n, b->dynamic.n);
}

static void compare_dynsyms(Diff *d) {
    const ElfView *a = d->a.elf, *b = d->b.elf;
    if (a->dynsym.n != b->dynsym.n)
        diff_say(d, "dynamic symbols: A=%lu B=%lu", a->dynsym.n, b->dynsym.n);
    for (u64 i = 0; i < MIN(a->dynsym.n, b->dynsym.n); i++) {
        Str x = elf_dynsym_name(a, i), y = elf_dynsym_name(b, i);
        if (str_eq(x, y))
            continue;
        x = image_printable(d->arena, x, 200);
        y = image_printable(d->arena, y, 200);
        diff_say(d, "dynamic symbol %lu: A=" STR_FMT " B=" STR_FMT, i, STR_ARG(x), STR_ARG(y));
        return;
    }
}

static Str rela_text(Diff *d, const Image *im, Elf64_Rela r) {
    Str at = image_describe(im, d->arena, r.r_offset);
    u64 sym = ELF64_R_SYM(r.r_info);
    Str to = sym ? image_printable(d->arena, elf_dynsym_name(im->elf, sym), 200)
                 : image_describe(im, d->arena, (u64)r.r_addend);
    return arena_printf(d->arena, STR_FMT " <- " STR_FMT " (type %lu, addend 0x%lx)", STR_ARG(at),
                        STR_ARG(to), ELF64_R_TYPE(r.r_info), (u64)r.r_addend);
}

static void compare_relas(Diff *d, const char *name, ElfTable ta, ElfTable tb) {
    if (ta.n != tb.n)
        diff_say(d, "%s: records A=%lu B=%lu", name, ta.n, tb.n);
    u64 differ = 0;
    for (u64 i = 0; i < MIN(ta.n, tb.n); i++) {
        Elf64_Rela x = elf_rela(ta, i), y = elf_rela(tb, i);
        if (memcmp(&x, &y, sizeof x) == 0 || differ++ >= d->examples)
            continue;
        Str sx = rela_text(d, &d->a, x), sy = rela_text(d, &d->b, y);
        diff_say(d, "%s record %lu: A=" STR_FMT, name, i, STR_ARG(sx));
        diff_say(d, "%s record %lu: B=" STR_FMT, name, i, STR_ARG(sy));
    }
    if (differ > d->examples)
        diff_say(d, "%lu records of %s differ in all", differ, name);
}

void elf_diff_dynamic(Diff *d) {
    const ElfView *a = d->a.elf, *b = d->b.elf;
    diff_topic(d, "dynamic linking");
    compare_tags(d);
    compare_dynsyms(d);
    compare_relas(d, ".rela", a->rela, b->rela);
    compare_relas(d, ".rela.plt", a->rela_plt, b->rela_plt);
}
