// diff_pe.c - headers, directories, symbol table, imports and base relocations of PE files.
#include "inspect/diff_parts.h"
#include "inspect/pe_view.h"

void pe_diff_header(Diff *d) {
    diff_topic(d, "PE header");
    for (u32 i = 0; i < pe_nfields; i++) {
        DiffField f = {pe_fields[i].name, pe_field(&d->a, &pe_fields[i]), pe_field(&d->b, &pe_fields[i])};
        diff_fields(d, "", &f, 1);
    }
}

void pe_diff_commands(Diff *d) {
    const PeView *a = d->a.pe, *b = d->b.pe;
    diff_topic(d, "directories");
    for (u32 i = 0; i < PE_VIEW_NDIR; i++)
        if (a->dirs[i].rva != b->dirs[i].rva || a->dirs[i].size != b->dirs[i].size)
            diff_say(d, "%s: rva A=0x%x B=0x%x, size A=0x%x B=0x%x", pe_directory_name(i), a->dirs[i].rva,
                     b->dirs[i].rva, a->dirs[i].size, b->dirs[i].size);
}

static u32 symbol_fields(const ImageSym *a, const ImageSym *b, DiffField *out) {
    const DiffField fields[] = {
        {"address", a->value, b->value}, {"section", a->sect, b->sect}, {"type", a->desc, b->desc},
        {"class", a->type, b->type},     {"place of the name", a->strx, b->strx},
    };
    memcpy(out, fields, sizeof fields);
    return COUNT_OF(fields);
}

void pe_diff_symtab(Diff *d) {
    diff_symbol_table(d, symbol_fields);
}

static void compare_imports(Diff *d) {
    const PeView *a = d->a.pe, *b = d->b.pe;
    if (a->imports.n != b->imports.n)
        diff_say(d, "imports: A=%u B=%u", a->imports.n, b->imports.n);
    for (u32 i = 0; i < MIN(a->imports.n, b->imports.n); i++) {
        const PeViewImport *x = &a->imports.v[i], *y = &b->imports.v[i];
        if (str_eq(x->name, y->name) && str_eq(x->dll, y->dll))
            continue;
        Str nx = image_printable(d->arena, x->name, 200), ny = image_printable(d->arena, y->name, 200);
        Str lx = image_printable(d->arena, x->dll, 100), ly = image_printable(d->arena, y->dll, 100);
        diff_say(d, "import %u: A=" STR_FMT " of " STR_FMT " B=" STR_FMT " of " STR_FMT, i, STR_ARG(nx), STR_ARG(lx),
                 STR_ARG(ny), STR_ARG(ly));
        return;
    }
}

// The pointer that the entry at off is for: the block that off is in begins somewhere before it.
static Str reloc_text(Diff *d, const Image *im, u64 off) {
    const u8 *p = im->pe->relocs;
    for (u64 at = 0, size; at + 8 <= im->pe->nrelocs; at += size) {
        u32 page = get_u32le(p + at);
        size = get_u32le(p + at + 4);
        if (size < 8 || size > im->pe->nrelocs - at)
            break;
        if (off >= at + size)
            continue;
        if (off < at + 8)
            return arena_printf(d->arena, "block of page 0x%x, 0x%lx bytes", page, size);
        u64 entry = at + 8 + (off - at - 8) / 2 * 2;
        if (entry + 2 > im->pe->nrelocs)
            break;
        u16 e = get_u16le(p + entry);
        Str where = image_describe(im, d->arena, im->pe->base + page + (e & 0xfff));
        return arena_printf(d->arena, "type %u at 0x%x, " STR_FMT, e >> 12, page + (e & 0xfff), STR_ARG(where));
    }
    return STR("no block");
}

void pe_diff_dynamic(Diff *d) {
    const PeView *a = d->a.pe, *b = d->b.pe;
    diff_topic(d, "dynamic linking");
    compare_imports(d);
    if (a->nrelocs != b->nrelocs)
        diff_say(d, ".reloc: bytes A=0x%lx B=0x%lx", a->nrelocs, b->nrelocs);
    u64 n = MIN(a->nrelocs, b->nrelocs), off = diff_first_byte(a->relocs, b->relocs, n);
    if (off < n) {
        Str x = reloc_text(d, &d->a, off), y = reloc_text(d, &d->b, off);
        diff_say(d, ".reloc at +0x%lx: A=" STR_FMT " B=" STR_FMT, off, STR_ARG(x), STR_ARG(y));
    }
}
