// info.c - the command `gild info`.
#include "inspect/info.h"

#include <stdio.h>

#include "inspect/dwarf_view.h"
#include "inspect/go_tables.h"
#include "inspect/image.h"

static void print_go(const Image *im, Arena *a) {
    if (!im->go)
        return;
    Str version = image_printable(a, im->go->version, 100), id = image_printable(a, go_build_id(im), 200);
    printf("go version: " STR_FMT "\n", STR_ARG(version));
    printf("go build id: " STR_FMT "\n", STR_ARG(id));
    if (im->go->problem)
        printf("go tables: %s\n", im->go->problem);
    else
        printf("go functions: %lu\n", im->go->nfunc);
}

static void print_sections(const Image *im, Arena *a) {
    printf("sections: %u\n", im->sects.n);
    for (u32 i = 0; i < im->sects.n; i++) {
        const ImageSect *s = &im->sects.v[i];
        Str seg = image_printable(a, s->seg, 16), name = image_printable(a, s->name, 24);
        printf("  %-13.*s %-16.*s addr 0x%-10lx size %10lu  align %u\n", STR_ARG(seg), STR_ARG(name), s->addr,
               s->size, s->align);
    }
}

static void print_debug(const Image *im, Arena *a) {
    static const char *const names[] = {"abbrev", "line",   "frame",    "gdb_scripts", "info",
                                        "loc",    "ranges", "loclists", "rnglists",    "addr"};
    u64 raw = 0, stored = 0;
    for (u32 i = 0; i < COUNT_OF(names); i++) {
        DebugSect s = dwarf_section(im, a, names[i]);
        if (!s.sect)
            continue;
        if (!raw)
            printf("debug sections:\n");
        printf("  %-12s %10lu bytes, %10lu in the file%s%s\n", names[i], s.n, s.sect->nbytes,
               s.problem ? ", " : "", s.problem ? s.problem : "");
        raw += s.n;
        stored += s.sect->nbytes;
    }
    printf("debug information: %lu bytes, %lu in the file\n", raw, stored);
}

int info_main(int argc, char **argv) {
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: gild info FILE...\n");
        return 2;
    }
    int rc = 0;
    for (int i = 1; i < argc; i++) {
        Arena a;
        arena_init(&a, 0);
        Image im;
        if (image_open(&im, &a, argv[i])) {
            if (argc > 2)
                printf("%s%s:\n", i > 1 ? "\n" : "", argv[i]);
            im.format->print_header(&im);
            print_go(&im, &a);
            im.format->print_segments(&im, &a);
            print_sections(&im, &a);
            im.format->print_dynamic(&im, &a);
            print_debug(&im, &a);
        } else {
            fprintf(stderr, "gild info: %s: %s\n", argv[i], im.problem);
            rc = 2;
        }
        arena_free(&a);
    }
    return rc;
}
