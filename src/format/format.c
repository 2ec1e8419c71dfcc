// format.c - choice of the back ends.
#include "format/format.h"

#include <stdlib.h>

#include "base/diag.h"

static const Format *format_of_head(HeadType head, bool object) {
    switch (head) {
    case HEAD_DARWIN: return object ? &format_macho_object : &format_macho;
    case HEAD_LINUX: return object ? &format_elf_object : &format_elf;
    case HEAD_WINDOWS: return object ? NULL : &format_pe;
    default: return NULL;
    }
}

void format_select(Program *p) {
    p->arch = arch_find(p->opt->goarch);
    p->format = format_of_head(p->opt->head, p->external);
    if (!p->arch || !p->format || !format_target(p)->page_size)
        fatal("unsupported target " STR_FMT "/" STR_FMT, STR_ARG(p->opt->goos), STR_ARG(p->opt->goarch));

    const FormatTarget *t = format_target(p);
    p->tls_offset = t->tls_offset;
    p->header_size = p->format->header_reserve;
    p->segment_align = p->opt->round != -1 ? (u64)p->opt->round : t->page_size;
    p->image_base = t->image_base;
    if (p->external)
        p->text_base = 0;
    else
        p->text_base = p->opt->text_addr != -1
                           ? (u64)p->opt->text_addr
                           : align_up(t->image_base, p->segment_align) + MAX(p->header_size, p->format->header_memory);
    if (p->format->init)
        p->format->init(p);
}

bool format_use_relro(const Program *p) {
    switch (p->opt->buildmode) {
    case BUILDMODE_PIE:
    case BUILDMODE_C_ARCHIVE:
    case BUILDMODE_C_SHARED:
    case BUILDMODE_SHARED:
    case BUILDMODE_PLUGIN: return p->opt->head != HEAD_WINDOWS;
    default: return p->opt->linkshared;
    }
}

u64 format_entry_addr(const Program *p) {
    Str name = p->opt->entry;
    if (name.n && name.p[0] >= '0' && name.p[0] <= '9')
        return strtoull(name.p, NULL, 0);
    SymId s = sym_lookup(p, name, ABI0);
    if (!s.i) {
        error("missing entry symbol \"" STR_FMT "\"", STR_ARG(name));
        return 0;
    }
    if (sym_kind(p, s) == SYM_NONE)
        return p->text_base;
    if (!kind_is_text(sym_kind(p, s)))
        error_at(s.i, STR_FMT ": entry not text", STR_ARG(name));
    return sym_addr(p, s);
}
