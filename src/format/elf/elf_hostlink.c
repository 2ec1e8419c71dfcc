// elf_hostlink.c - what the system's linker is told on Linux, and the check sum that only the finished file can have.
//
// REF   cmd/link/internal/ld/lib.go: hostlink; fips140.go: elffips.
#include "base/bytes.h"
#include "base/file.h"
#include "base/sort.h"
#include "format/elf/elf.h"
#include "format/hostlink.h"
#include "golang/fips_sum.h"

static void add_mode_flags(HostLink *h) {
    switch (h->p->opt->buildmode) {
    case BUILDMODE_PIE:
        hostlink_add(h, STR("-Wl,-z,relro"));
        hostlink_add(h, STR("-pie"));
        break;
    case BUILDMODE_C_SHARED:
        hostlink_add(h, STR("-Wl,-z,relro"));
        hostlink_add(h, STR("-shared"));
        hostlink_add(h, STR("-Wl,-z,nodelete")); // Go's threads would go on running in it
        hostlink_add(h, STR("-Wl,-Bsymbolic"));
        break;
    case BUILDMODE_SHARED:
    case BUILDMODE_PLUGIN:
        hostlink_add(h, STR("-Wl,-z,relro"));
        hostlink_add(h, STR("-shared"));
        break;
    default: break;
    }
}

static void add_build_id(HostLink *h) {
    const Options *opt = h->p->opt;
    if (!hostlink_supports(h, (Str){0}, STR("-Wl,--build-id=0x1234567890abcdef")))
        return;
    Str id = elf_gnu_build_id(h->p);
    if (id.n) {
        ByteBuf b = {.arena = h->a};
        buf_str(&b, STR("-Wl,--build-id=0x"));
        for (u32 i = 0; i < id.n; i++)
            buf_str(&b, arena_printf(h->a, "%02x", (u8)id.p[i]));
        hostlink_add(h, (Str){(const char *)b.v, b.n});
    } else if (opt->buildinfo_kind == BUILDINFO_NONE) {
        hostlink_add(h, STR("-Wl,--build-id=none"));
    }
}

void elf_add_host_flags(HostLink *h) {
    const Program *p = h->p;
    add_mode_flags(h);
    if (p->go_dynlink || p->opt->bindnow)
        hostlink_add(h, STR("-Wl,-z,now")); // binding when a function is called takes more stack than there may be
    if (p->go_dynlink)
        hostlink_add(h, STR("-Wl,-z,nocopyreloc")); // copies would move variables away from their sections
    add_build_id(h);
}

// The bytes of the file that are at addresses [from, to); nothing when they are not all in one segment.
static Str loaded_bytes(const MappedFile *f, const Elf64_Ehdr *h, u64 from, u64 to) {
    for (u32 i = 0; i < h->e_phnum; i++) {
        Elf64_Phdr ph;
        memcpy(&ph, f->data + h->e_phoff + i * sizeof ph, sizeof ph);
        if (ph.p_type == PT_LOAD && ph.p_vaddr <= from && from <= to && to <= ph.p_vaddr + ph.p_filesz &&
            ph.p_offset <= f->size && ph.p_filesz <= f->size - ph.p_offset)
            return (Str){(const char *)f->data + ph.p_offset + (from - ph.p_vaddr), (u32)(to - from)};
    }
    return (Str){0};
}

static bool is_elf(const MappedFile *f, Elf64_Ehdr *h) {
    if (f->size < sizeof *h)
        return false;
    memcpy(h, f->data, sizeof *h);
    return !memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_phoff <= f->size && h->e_shoff <= f->size &&
           h->e_phnum * sizeof(Elf64_Phdr) <= f->size - h->e_phoff &&
           h->e_shnum * sizeof(Elf64_Shdr) <= f->size - h->e_shoff && h->e_shstrndx < h->e_shnum;
}

static bool find_section(const MappedFile *f, const Elf64_Ehdr *h, const char *name, Elf64_Shdr *out) {
    Elf64_Shdr names;
    memcpy(&names, f->data + h->e_shoff + h->e_shstrndx * sizeof names, sizeof names);
    u64 n = strlen(name) + 1;
    for (u32 i = 0; i < h->e_shnum; i++) {
        memcpy(out, f->data + h->e_shoff + i * sizeof *out, sizeof *out);
        u64 at = names.sh_offset + out->sh_name;
        if (at + n <= f->size && !memcmp(f->data + at, name, n))
            return out->sh_offset <= f->size && out->sh_size <= f->size - out->sh_offset;
    }
    return false;
}

// The check sum is over code as it is in the finished file. go:fipsinfo says where: the pointers stand in it, even where
// the dynamic linker will adjust them. A program whose sum cannot be made runs all the same, unless the check is asked for.
void elf_finish_host_link(HostLink *h) {
    enum { FIRST_POINTER = FIPS_MAGIC_SIZE + FIPS_SUM_SIZE + 8, SIZE = FIRST_POINTER + 2 * FIPS_RANGES * 8 };
    Program *p = h->p;
    MappedFile f;
    Elf64_Ehdr head;
    Elf64_Shdr info;
    if (!p->fipsinfo.i || !file_map(&f, h->a, p->opt->outfile) || !is_elf(&f, &head) ||
        !find_section(&f, &head, ".go.fipsinfo", &info) || info.sh_size < SIZE)
        return;
    Str ranges[FIPS_RANGES];
    for (u32 i = 0; i < FIPS_RANGES; i++) {
        const u8 *at = f.data + info.sh_offset + FIRST_POINTER + i * 16;
        ranges[i] = loaded_bytes(&f, &head, get_u64le(at), get_u64le(at + 8));
        if (!ranges[i].p)
            return;
    }
    u8 sum[FIPS_SUM_SIZE];
    if (fips_sum(h->a, ranges, p->opt->fipso, sum))
        file_patch(p->opt->outfile, info.sh_offset + FIPS_MAGIC_SIZE, sum, sizeof sum);
}

static int compare_names(const void *ctx, u32 a, u32 b) {
    const Str *names = ctx;
    return str_cmp(names[a], names[b]);
}

void elf_add_host_exports(HostLink *h) {
    const Program *p = h->p;
    if (p->go_dynlink || p->opt->buildmode == BUILDMODE_C_SHARED ||
        !hostlink_supports(h, h->alt_linker, STR("-Wl,--export-dynamic-symbol=main"))) {
        hostlink_add(h, STR("-rdynamic"));
        return;
    }
    VEC(Str) names = {0};
    for (u32 i = 0; i < p->syms.dyn.n; i++) {
        const DynSym *d = &p->syms.dyn.v[i];
        if (d->cgo_export_dynamic)
            vec_push(h->a, &names, sym_extname(p, d->sym));
    }
    u32 *order = arena_array(h->a, u32, names.n + 1);
    for (u32 i = 0; i < names.n; i++)
        order[i] = i;
    sort_by(h->a, order, names.n, compare_names, names.v);
    for (u32 i = 0; i < names.n; i++)
        hostlink_add(h, arena_printf(h->a, "-Wl,--export-dynamic-symbol=" STR_FMT, STR_ARG(names.v[order[i]])));
}
