// info_macho.c - what `gild info` says about a Mach-O file.
#include <stdio.h>

#include "inspect/macho_view.h"

void macho_print_header(const Image *im) {
    const MachoView *m = im->macho;
    const char *cpu = m->cputype == CPU_TYPE_AMD64   ? "amd64"
                      : m->cputype == CPU_TYPE_ARM64 ? "arm64"
                                                     : "unknown cpu";
    printf("format: Mach-O 64, %s, %lu bytes\n", cpu, im->file.size);
    printf("flags: 0x%x%s%s%s\n", m->flags, m->flags & MH_FLAG_NOUNDEFS ? " NOUNDEFS" : "",
           m->flags & MH_FLAG_DYLDLINK ? " DYLDLINK" : "", m->flags & MH_FLAG_PIE ? " PIE" : "");
    printf("load commands: %u, %u bytes\n", m->ncmds, m->sizeofcmds);
    if (m->platform)
        printf("platform: %u, minimum %u.%u, sdk %u.%u\n", m->platform, m->minos >> 16, m->minos >> 8 & 0xff,
               m->sdk >> 16, m->sdk >> 8 & 0xff);
    if (m->uuid) {
        printf("uuid: ");
        for (u32 i = 0; i < 16; i++)
            printf("%02x%s", m->uuid[i], i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
        printf("\n");
    }
}

void macho_print_segments(const Image *im, Arena *a) {
    const MachoView *m = im->macho;
    if (m->entry) {
        Str at = image_describe(im, a, m->entry);
        printf("entry: 0x%lx " STR_FMT "\n", m->entry, STR_ARG(at));
    }
    printf("segments: %u\n", m->segs.n);
    for (u32 i = 0; i < m->segs.n; i++) {
        const MachoSegment *s = &m->segs.v[i];
        Str name = image_printable(a, s->name, 16);
        printf("  %-16.*s addr 0x%-10lx size %10lu  file 0x%-8lx %10lu  %c%c%c\n", STR_ARG(name), s->addr,
               s->size, s->fileoff, s->filesize, s->initprot & 1 ? 'r' : '-', s->initprot & 2 ? 'w' : '-',
               s->initprot & 4 ? 'x' : '-');
    }
}

void macho_print_dynamic(const Image *im, Arena *a) {
    const MachoView *m = im->macho;
    printf("libraries: %u\n", m->dylibs.n);
    for (u32 i = 0; i < m->dylibs.n; i++) {
        Str name = image_printable(a, m->dylibs.v[i], 200);
        printf("  %u " STR_FMT "\n", i + 1, STR_ARG(name));
    }
    RebaseVec rebases = {0};
    const char *problem = macho_read_rebases(im, a, &rebases);
    printf("rebase records: %u, %lu bytes%s%s\n", rebases.n, m->rebase.n, problem ? ", " : "",
           problem ? problem : "");
    const struct {
        const char *name;
        const MachoRange *r;
    } binds[] = {{"bind", &m->bind}, {"weak bind", &m->weak_bind}, {"lazy bind", &m->lazy_bind}};
    for (u32 i = 0; i < COUNT_OF(binds); i++) {
        BindVec v = {0};
        problem = macho_read_binds(im, a, *binds[i].r, &v);
        printf("%s records: %u, %lu bytes%s%s\n", binds[i].name, v.n, binds[i].r->n, problem ? ", " : "",
               problem ? problem : "");
    }
    printf("export trie: %lu bytes\n", m->export_trie.n);
    printf("symbols: %u, %lu bytes of names, %lu indirect\n", im->nsyms, m->strtab.n, m->indirect.n / 4);
    printf("code signature: %lu bytes\n", m->signature.n);
}
