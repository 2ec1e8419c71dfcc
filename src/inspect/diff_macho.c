// diff_macho.c - Mach header, load commands, symbol table and dyld's records.
#include <stdio.h>

#include "base/bytes.h"
#include "inspect/diff_parts.h"
#include "inspect/macho_view.h"

// A field of a load command, for the report. REST: the bytes up to the end of the command, as text.
typedef struct {
    u32 cmd;
    u16 off;
    u8 size; // 4, 8, 16 (name or UUID bytes), 0: REST
    const char *name;
} CommandField;

static const CommandField command_fields[] = {
    {LC_SEGMENT_64, 8, 16, "segname"},
    {LC_SEGMENT_64, 24, 8, "vmaddr"},
    {LC_SEGMENT_64, 32, 8, "vmsize"},
    {LC_SEGMENT_64, 40, 8, "fileoff"},
    {LC_SEGMENT_64, 48, 8, "filesize"},
    {LC_SEGMENT_64, 56, 4, "maxprot"},
    {LC_SEGMENT_64, 60, 4, "initprot"},
    {LC_SEGMENT_64, 64, 4, "nsects"},
    {LC_SEGMENT_64, 68, 4, "flags"},
    {LC_SYMTAB, 8, 4, "symoff"},
    {LC_SYMTAB, 12, 4, "nsyms"},
    {LC_SYMTAB, 16, 4, "stroff"},
    {LC_SYMTAB, 20, 4, "strsize"},
    {LC_DYSYMTAB, 8, 4, "ilocalsym"},
    {LC_DYSYMTAB, 12, 4, "nlocalsym"},
    {LC_DYSYMTAB, 16, 4, "iextdefsym"},
    {LC_DYSYMTAB, 20, 4, "nextdefsym"},
    {LC_DYSYMTAB, 24, 4, "iundefsym"},
    {LC_DYSYMTAB, 28, 4, "nundefsym"},
    {LC_DYSYMTAB, 56, 4, "indirectsymoff"},
    {LC_DYSYMTAB, 60, 4, "nindirectsyms"},
    {(u32)LC_DYLD_INFO_ONLY, 8, 4, "rebase_off"},
    {(u32)LC_DYLD_INFO_ONLY, 12, 4, "rebase_size"},
    {(u32)LC_DYLD_INFO_ONLY, 16, 4, "bind_off"},
    {(u32)LC_DYLD_INFO_ONLY, 20, 4, "bind_size"},
    {(u32)LC_DYLD_INFO_ONLY, 24, 4, "weak_bind_off"},
    {(u32)LC_DYLD_INFO_ONLY, 28, 4, "weak_bind_size"},
    {(u32)LC_DYLD_INFO_ONLY, 32, 4, "lazy_bind_off"},
    {(u32)LC_DYLD_INFO_ONLY, 36, 4, "lazy_bind_size"},
    {(u32)LC_DYLD_INFO_ONLY, 40, 4, "export_off"},
    {(u32)LC_DYLD_INFO_ONLY, 44, 4, "export_size"},
    {LC_UUID, 8, 16, "uuid"},
    {LC_BUILD_VERSION, 8, 4, "platform"},
    {LC_BUILD_VERSION, 12, 4, "minos"},
    {LC_BUILD_VERSION, 16, 4, "sdk"},
    {LC_BUILD_VERSION, 20, 4, "ntools"},
    {LC_UNIXTHREAD, 8, 4, "flavor"},
    {LC_UNIXTHREAD, 12, 4, "count"},
    {LC_UNIXTHREAD, 144, 8, "rip"},
    {(u32)LC_MAIN, 8, 8, "entryoff"},
    {(u32)LC_MAIN, 16, 8, "stacksize"},
    {LC_CODE_SIGNATURE, 8, 4, "dataoff"},
    {LC_CODE_SIGNATURE, 12, 4, "datasize"},
    {LC_LOAD_DYLIB, 8, 4, "name offset"},
    {LC_LOAD_DYLIB, 12, 4, "timestamp"},
    {LC_LOAD_DYLIB, 16, 4, "current_version"},
    {LC_LOAD_DYLIB, 20, 4, "compatibility_version"},
    {LC_LOAD_DYLIB, 24, 0, "name"},
    {LC_LOAD_DYLINKER, 12, 0, "name"},
};

static Str field_text(Diff *d, const MachoCommand *c, const CommandField *f) {
    u32 size = f->size ? f->size : c->size - MIN(c->size, f->off);
    if ((u32)f->off + size > c->size)
        return STR("(missing)");
    const u8 *p = c->p + f->off;
    switch (f->size) {
    case 4: return arena_printf(d->arena, "0x%x", get_u32le(p));
    case 8: return arena_printf(d->arena, "0x%lx", get_u64le(p));
    default: break;
    }
    if (f->cmd == LC_UUID)
        return arena_printf(d->arena, "%08x%08x%08x%08x", get_u32be(p), get_u32be(p + 4), get_u32be(p + 8),
                            get_u32be(p + 12));
    Str s = {(const char *)p, (u32)strnlen((const char *)p, size)};
    return image_printable(d->arena, s, 200);
}

static void compare_command(Diff *d, u32 i, const MachoCommand *x, const MachoCommand *y) {
    const char *name = macho_command_name(d->arena, x->cmd);
    u32 said = 0;
    if (x->size != y->size) {
        diff_say(d, "command %u %s: cmdsize A=%u B=%u", i, name, x->size, y->size);
        said++;
    }
    for (u32 k = 0; k < COUNT_OF(command_fields); k++) {
        const CommandField *f = &command_fields[k];
        if (f->cmd != x->cmd)
            continue;
        Str ta = field_text(d, x, f), tb = field_text(d, y, f);
        if (str_eq(ta, tb))
            continue;
        Str seg = {0};
        if (x->cmd == LC_SEGMENT_64) // the segment's name says more than the index
            seg = (Str){(const char *)x->p + 8, (u32)strnlen((const char *)x->p + 8, 16)};
        diff_say(d, "command %u %s " STR_FMT "%s%s: A=" STR_FMT " B=" STR_FMT, i, name, STR_ARG(seg),
                 seg.n ? " " : "", f->name, STR_ARG(ta), STR_ARG(tb));
        said++;
    }
    u64 common = MIN(x->size, y->size), limit = x->cmd == LC_SEGMENT_64 ? MIN(common, 72) : common;
    u64 off = diff_first_byte(x->p, y->p, limit);
    if (!said && off < limit) {
        Str ha = diff_hex(d, x->p + off, x->size - off), hb = diff_hex(d, y->p + off, y->size - off);
        diff_say(d, "command %u %s: byte %lu: A=" STR_FMT " B=" STR_FMT, i, name, off, STR_ARG(ha),
                 STR_ARG(hb));
    }
}

void macho_diff_header(Diff *d) {
    const MachoView *a = d->a.macho, *b = d->b.macho;
    diff_topic(d, "Mach header");
    static const char *const names[] = {"magic", "cputype",    "cpusubtype", "filetype",
                                        "ncmds", "sizeofcmds", "flags",      "reserved"};
    for (u32 i = 0; i < COUNT_OF(names); i++) {
        u32 x = get_u32le(d->a.file.data + 4 * i), y = get_u32le(d->b.file.data + 4 * i);
        if (x != y)
            diff_say(d, "%s: A=0x%x B=0x%x", names[i], x, y);
    }
    if (a->cmds.n != b->cmds.n)
        diff_say(d, "number of load commands: A=%u B=%u", a->cmds.n, b->cmds.n);
    for (u32 i = 0; i < MIN(a->cmds.n, b->cmds.n); i++)
        if (a->cmds.v[i].cmd != b->cmds.v[i].cmd) {
            diff_say(d, "command %u: A has %s, B has %s", i, macho_command_name(d->arena, a->cmds.v[i].cmd),
                     macho_command_name(d->arena, b->cmds.v[i].cmd));
            break;
        }
}

void macho_diff_commands(Diff *d) {
    const MachoView *a = d->a.macho, *b = d->b.macho;
    diff_topic(d, "load commands");
    for (u32 i = 0; i < MIN(a->cmds.n, b->cmds.n) && a->cmds.v[i].cmd == b->cmds.v[i].cmd; i++)
        compare_command(d, i, &a->cmds.v[i], &b->cmds.v[i]);
}

static void compare_entries(Diff *d) {
    const Image *a = &d->a, *b = &d->b;
    u32 common = MIN(a->nsyms, b->nsyms), values = 0, said = 0, other = 0;
    for (u32 i = 0; i < common; i++) {
        const ImageSym *x = &a->syms[i], *y = &b->syms[i];
        if (!diff_symbol_name(d, i))
            return;
        if (x->type != y->type || x->sect != y->sect || x->desc != y->desc) {
            if (other++ < d->examples) {
                Str name = image_printable(d->arena, x->name, 200);
                diff_say(d,
                         "entry %u " STR_FMT
                         ": n_type A=0x%02x B=0x%02x, n_sect A=%u B=%u, n_desc A=0x%x B=0x%x",
                         i, STR_ARG(name), x->type, y->type, x->sect, y->sect, x->desc, y->desc);
            }
        }
        if (x->value != y->value && values++ < d->examples) {
            Str name = image_printable(d->arena, x->name, 200);
            diff_say(d, "entry %u " STR_FMT ": n_value A=0x%lx B=0x%lx (%+ld)", i, STR_ARG(name), x->value,
                     y->value, (i64)(y->value - x->value));
        }
        if (x->strx != y->strx && said++ < d->examples)
            diff_say(d, "entry %u: n_strx A=%u B=%u", i, x->strx, y->strx);
    }
    if (values > d->examples)
        diff_say(d, "%u entries differ in n_value in all", values);
}

static void compare_strings(Diff *d) {
    MachoRange ra = d->a.macho->strtab, rb = d->b.macho->strtab;
    const u8 *p = d->a.file.data + ra.fileoff, *q = d->b.file.data + rb.fileoff;
    u64 off = diff_first_byte(p, q, MIN(ra.n, rb.n));
    if (off == MIN(ra.n, rb.n) && ra.n == rb.n)
        return;
    u64 start = off; // back to the start of the string
    while (start > 0 && p[start - 1] != 0)
        start--;
    Str sa = {(const char *)p + start, (u32)strnlen((const char *)p + start, ra.n - start)};
    Str sb = {(const char *)q + start, (u32)strnlen((const char *)q + start, rb.n - start)};
    sa = image_printable(d->arena, sa, 200);
    sb = image_printable(d->arena, sb, 200);
    diff_say(d, "string table: size A=%lu B=%lu, first difference at %lu: A='" STR_FMT "' B='" STR_FMT "'",
             ra.n, rb.n, off, STR_ARG(sa), STR_ARG(sb));
}

static Str symbol_of_index(Diff *d, const Image *im, u32 i) {
    return i < im->nsyms ? image_printable(d->arena, im->syms[i].name, 200) : STR("(no such symbol)");
}

static void compare_indirect(Diff *d) {
    MachoRange ra = d->a.macho->indirect, rb = d->b.macho->indirect;
    u64 na = ra.n / 4, nb = rb.n / 4;
    if (na != nb)
        diff_say(d, "indirect symbols: number A=%lu B=%lu", na, nb);
    for (u64 i = 0; i < MIN(na, nb); i++) {
        u32 x = get_u32le(d->a.file.data + ra.fileoff + 4 * i),
            y = get_u32le(d->b.file.data + rb.fileoff + 4 * i);
        if (x == y)
            continue;
        Str nx = symbol_of_index(d, &d->a, x), ny = symbol_of_index(d, &d->b, y);
        diff_say(d, "indirect symbol %lu: A=%u (" STR_FMT ") B=%u (" STR_FMT ")", i, x, STR_ARG(nx), y,
                 STR_ARG(ny));
        return;
    }
}

void macho_diff_symtab(Diff *d) {
    diff_topic(d, "symbol table");
    if (d->a.nsyms != d->b.nsyms)
        diff_say(d, "number of symbols: A=%u B=%u", d->a.nsyms, d->b.nsyms);
    compare_entries(d);
    compare_strings(d);
    compare_indirect(d);
}

static Str place(Diff *d, const Image *im, u32 seg, u64 off) {
    const MachoView *m = im->macho;
    if (seg >= m->segs.n)
        return arena_printf(d->arena, "segment %u (missing)+0x%lx", seg, off);
    Str at = image_describe(im, d->arena, macho_segment_addr(m, seg, off));
    return arena_printf(d->arena, STR_FMT "+0x%lx (" STR_FMT ")", STR_ARG(m->segs.v[seg].name), off,
                        STR_ARG(at));
}

static void compare_rebases(Diff *d) {
    RebaseVec va = {0}, vb = {0};
    const char *ea = macho_read_rebases(&d->a, d->arena, &va), *eb = macho_read_rebases(&d->b, d->arena, &vb);
    if (ea || eb)
        diff_say(d, "rebase stream: A: %s; B: %s", ea ? ea : "fine", eb ? eb : "fine");
    if (va.n != vb.n)
        diff_say(d, "rebase records: A=%u B=%u", va.n, vb.n);
    u32 differ = 0;
    for (u32 i = 0; i < MIN(va.n, vb.n); i++) {
        const RebaseRecord *x = &va.v[i], *y = &vb.v[i];
        if (x->seg == y->seg && x->off == y->off && x->type == y->type)
            continue;
        if (differ++ < d->examples) {
            Str pa = place(d, &d->a, x->seg, x->off), pb = place(d, &d->b, y->seg, y->off);
            diff_say(d, "rebase record %u: A=" STR_FMT " B=" STR_FMT, i, STR_ARG(pa), STR_ARG(pb));
        }
    }
    if (differ > d->examples)
        diff_say(d, "%u rebase records differ in all", differ);
    if (va.n != vb.n && differ == 0) {
        bool more_a = va.n > vb.n;
        const RebaseRecord *x = more_a ? &va.v[vb.n] : &vb.v[va.n];
        Str at = place(d, more_a ? &d->a : &d->b, x->seg, x->off);
        diff_say(d, "rebase record %u, only in %s: " STR_FMT, MIN(va.n, vb.n), more_a ? "A" : "B",
                 STR_ARG(at));
    }
    const MachoRange *ra = &d->a.macho->rebase, *rb = &d->b.macho->rebase;
    const u8 *p = d->a.file.data + ra->fileoff, *q = d->b.file.data + rb->fileoff;
    u64 common = MIN(ra->n, rb->n), off = diff_first_byte(p, q, common);
    if (va.n == vb.n && differ == 0 && (off < common || ra->n != rb->n))
        diff_say(d, "rebase stream: same records, encoded differently from byte %lu (sizes A=%lu B=%lu)", off,
                 ra->n, rb->n);
}

static Str bind_text(Diff *d, const Image *im, const BindRecord *r) {
    Str at = place(d, im, r->seg, r->off), name = image_printable(d->arena, r->name, 200);
    Str lib = macho_dylib_name(im->macho, r->ordinal);
    return arena_printf(d->arena,
                        STR_FMT " <- " STR_FMT " of " STR_FMT " (ordinal %d, flags 0x%x, addend %ld)",
                        STR_ARG(at), STR_ARG(name), STR_ARG(lib), r->ordinal, r->flags, r->addend);
}

static void compare_binds(Diff *d, const char *what, MachoRange ra, MachoRange rb) {
    BindVec va = {0}, vb = {0};
    const char *ea = macho_read_binds(&d->a, d->arena, ra, &va),
               *eb = macho_read_binds(&d->b, d->arena, rb, &vb);
    if (ea || eb)
        diff_say(d, "%s stream: A: %s; B: %s", what, ea ? ea : "fine", eb ? eb : "fine");
    if (va.n != vb.n)
        diff_say(d, "%s records: A=%u B=%u", what, va.n, vb.n);
    u32 differ = 0;
    for (u32 i = 0; i < MIN(va.n, vb.n); i++) {
        const BindRecord *x = &va.v[i], *y = &vb.v[i];
        if (x->seg == y->seg && x->off == y->off && x->type == y->type && x->flags == y->flags &&
            x->ordinal == y->ordinal && x->addend == y->addend && str_eq(x->name, y->name))
            continue;
        if (differ++ < d->examples) {
            Str ta = bind_text(d, &d->a, x), tb = bind_text(d, &d->b, y);
            diff_say(d, "%s record %u: A=" STR_FMT, what, i, STR_ARG(ta));
            diff_say(d, "%s record %u: B=" STR_FMT, what, i, STR_ARG(tb));
        }
    }
    if (differ > d->examples)
        diff_say(d, "%u %s records differ in all", differ, what);
    u64 common = MIN(ra.n, rb.n);
    u64 off = diff_first_byte(d->a.file.data + ra.fileoff, d->b.file.data + rb.fileoff, common);
    if (va.n == vb.n && differ == 0 && (off < common || ra.n != rb.n))
        diff_say(d, "%s stream: same records, encoded differently from byte %lu (sizes A=%lu B=%lu)", what,
                 off, ra.n, rb.n);
}

void macho_diff_dynamic(Diff *d) {
    const MachoView *a = d->a.macho, *b = d->b.macho;
    diff_topic(d, "dyld information");
    compare_rebases(d);
    compare_binds(d, "bind", a->bind, b->bind);
    compare_binds(d, "weak bind", a->weak_bind, b->weak_bind);
    compare_binds(d, "lazy bind", a->lazy_bind, b->lazy_bind);
}
