// image.c - opening a linked file and the look-ups by address.
#include "inspect/image.h"

#include <errno.h>

#include "inspect/elf_view.h"
#include "inspect/go_tables.h"
#include "inspect/macho_view.h"
#include "inspect/pe_view.h"

bool image_open(Image *im, Arena *a, const char *path) {
    *im = (Image){0};
    if (!file_map(&im->file, a, str_from_c(path))) {
        im->problem = strerror(errno);
        return false;
    }
    u32 magic = im->file.size >= 4 ? get_u32le(im->file.data) : 0;
    im->format = magic == MH_MAGIC_64               ? &image_macho
                 : magic == ELF_MAGIC               ? &image_elf
                 : (magic & 0xffff) == PE_MAGIC     ? &image_pe
                                                    : NULL;
    if (!im->format) {
        im->problem = "not a 64-bit little-endian Mach-O, ELF or PE file";
        return false;
    }
    if (!im->format->load(im, a))
        return false;
    go_tables_load(im, a);
    return true;
}

static bool symbol_before(const ImageSym *x, const ImageSym *y) {
    return x->sect != y->sect ? x->sect < y->sect : x->value < y->value;
}

// Merge sort; stable, so symbols at one address keep the order of the file.
static void sort_by_place(const ImageSym *syms, u32 *v, u32 *tmp, u32 n) {
    if (n < 2)
        return;
    u32 half = n / 2;
    sort_by_place(syms, v, tmp, half);
    sort_by_place(syms, v + half, tmp, n - half);
    memcpy(tmp, v, sizeof *v * half);
    u32 i = 0, j = half, k = 0;
    while (i < half && j < n)
        v[k++] = symbol_before(&syms[v[j]], &syms[tmp[i]]) ? v[j++] : tmp[i++];
    while (i < half)
        v[k++] = tmp[i++];
}

void image_sort_symbols(Image *im, Arena *a) {
    im->by_addr = arena_array_raw(a, u32, im->nsyms);
    im->sect_begin = arena_array(a, u32, im->sects.n + 1);
    im->nby_addr = 0;
    for (u32 i = 0; i < im->nsyms; i++)
        if (im->syms[i].sect != 0) {
            im->by_addr[im->nby_addr++] = i;
            im->sect_begin[im->syms[i].sect]++;
        }
    for (u32 i = 0; i < im->sects.n; i++)
        im->sect_begin[i + 1] += im->sect_begin[i];
    size_t mark = arena_mark(a);
    u32 *tmp = arena_array_raw(a, u32, im->nby_addr / 2 + 1);
    sort_by_place(im->syms, im->by_addr, tmp, im->nby_addr);
    arena_release(a, mark);
}

const ImageSect *image_sect_at(const Image *im, u64 addr) {
    for (u32 i = 0; i < im->sects.n; i++) {
        const ImageSect *s = &im->sects.v[i];
        if (addr >= s->addr && addr - s->addr < s->size && s->loaded)
            return s;
    }
    return NULL;
}

const ImageSect *image_sect_named(const Image *im, Str seg, Str name) {
    for (u32 i = 0; i < im->sects.n; i++) {
        const ImageSect *s = &im->sects.v[i];
        if (str_eq(s->name, name) && (seg.n == 0 || str_eq(s->seg, seg)))
            return s;
    }
    return NULL;
}

const u8 *image_bytes_at(const Image *im, u64 addr, u64 n) {
    const ImageSect *s = image_sect_at(im, addr);
    if (!s || addr - s->addr > s->nbytes || s->nbytes - (addr - s->addr) < n)
        return NULL;
    return s->data + (addr - s->addr);
}

u32 image_symbol_below(const Image *im, u64 addr) {
    const ImageSect *s = image_sect_at(im, addr);
    if (!s)
        return UINT32_MAX;
    u32 begin = im->sect_begin[s - im->sects.v], lo = begin, hi = im->sect_begin[s - im->sects.v + 1];
    while (lo < hi) {
        u32 mid = lo + (hi - lo) / 2;
        if (im->syms[im->by_addr[mid]].value <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo == begin ? UINT32_MAX : lo - 1;
}

u64 image_symbol_size(const Image *im, u32 i) {
    const ImageSym *sym = &im->syms[im->by_addr[i]];
    const ImageSect *s = &im->sects.v[sym->sect - 1];
    u64 next = s->addr + s->size;
    for (u32 k = i + 1; k < im->sect_begin[sym->sect]; k++) {
        if (im->syms[im->by_addr[k]].value != sym->value) {
            next = MIN(next, im->syms[im->by_addr[k]].value);
            break;
        }
    }
    return next > sym->value ? next - sym->value : 0;
}

Str image_describe(const Image *im, Arena *a, u64 addr) {
    u32 i = image_symbol_below(im, addr);
    Str f = im->format->import_at(im, a, addr);
    u64 start;
    if (f.n)
        return f;
    if (i != UINT32_MAX) {
        const ImageSym *s = &im->syms[im->by_addr[i]];
        f = image_printable(a, s->name, 200);
        start = s->value;
    } else if (im->go && go_func_at(im->go, addr, &f, &start)) {
        f = image_printable(a, f, 200);
    } else {
        const ImageSect *s = image_sect_at(im, addr);
        if (!s)
            return arena_printf(a, "0x%lx (in no section)", addr);
        f = arena_printf(a, STR_FMT "," STR_FMT, STR_ARG(s->seg), STR_ARG(s->name));
        start = s->addr;
    }
    return addr == start ? f : arena_printf(a, STR_FMT "+0x%lx", STR_ARG(f), addr - start);
}

Str image_printable(Arena *a, Str s, u32 max) {
    u32 n = MIN(s.n, max);
    char *p = arena_alloc(a, n + 4, 1);
    for (u32 i = 0; i < n; i++) {
        u8 c = (u8)s.p[i];
        p[i] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    if (n < s.n)
        memcpy(p + n, "...", 3);
    return (Str){p, n < s.n ? n + 3 : n};
}
