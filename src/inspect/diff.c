// diff.c - the command `gild diff`, and the parts common to all topics.
#include "inspect/diff.h"

#include <stdarg.h>
#include <stdio.h>

#include "inspect/diff_parts.h"

void diff_topic(Diff *d, const char *title) {
    if (d->titled) {
        DiffTopic t = {d->topic, d->topic_lines, d->first_line};
        vec_push(d->arena, &d->found, t);
    }
    d->topic = title;
    d->titled = false;
    d->topic_lines = 0;
    d->first_line = (Str){0};
}

void diff_say(Diff *d, const char *fmt, ...) {
    char line[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (!d->titled) {
        d->first_line = arena_printf(d->arena, "%s", line);
        if (!d->quiet)
            printf("%s:\n", d->topic);
    }
    d->titled = true;
    d->topic_lines++;
    if (!d->quiet)
        printf("  %s\n", line);
}

void diff_fields(Diff *d, const char *record, const DiffField *fields, u32 n) {
    for (u32 i = 0; i < n; i++)
        if (fields[i].a != fields[i].b)
            diff_say(d, "%s%s%s: A=0x%lx B=0x%lx", record, record[0] ? " " : "", fields[i].name, fields[i].a,
                     fields[i].b);
}

Str diff_at_a(Diff *d, u64 addr) {
    return image_describe(&d->a, d->arena, addr);
}

Str diff_at_b(Diff *d, u64 addr) {
    return image_describe(&d->b, d->arena, addr);
}

Str diff_hex(Diff *d, const u8 *p, u64 n) {
    n = MIN(n, 8);
    if (n == 0)
        return STR("(end)");
    char *s = arena_alloc(d->arena, 2 * n + 1, 1);
    for (u64 i = 0; i < n; i++)
        snprintf(s + 2 * i, 3, "%02x", p[i]);
    return (Str){s, (u32)(2 * n)};
}

u64 diff_first_byte(const u8 *p, const u8 *q, u64 n) {
    u64 i = 0;
    while (i + 4096 <= n && memcmp(p + i, q + i, 4096) == 0)
        i += 4096;
    while (i < n && p[i] == q[i])
        i++;
    return i;
}

u64 diff_count_bytes(const u8 *p, const u8 *q, u64 n) {
    u64 count = 0;
    for (u64 i = 0; i < n; i++)
        count += p[i] != q[i];
    return count;
}

// What the file has at an offset.
static Str file_place(Diff *d, const Image *im, u64 off) {
    for (u32 i = 0; i < im->sects.n; i++) {
        const ImageSect *s = &im->sects.v[i];
        if (s->nbytes && off - s->fileoff < s->nbytes)
            return arena_printf(d->arena, STR_FMT "," STR_FMT "+0x%lx", STR_ARG(s->seg), STR_ARG(s->name),
                                off - s->fileoff);
    }
    Str place = im->format->file_place(im, d->arena, off);
    return place.n ? place : STR("padding between the parts");
}

static void compare_files(Diff *d) {
    const MappedFile *fa = &d->a.file, *fb = &d->b.file;
    diff_topic(d, "file");
    u64 common = MIN(fa->size, fb->size);
    u64 off = diff_first_byte(fa->data, fb->data, common);
    if (fa->size != fb->size)
        diff_say(d, "size: A=%lu B=%lu (%+ld)", fa->size, fb->size, (i64)(fb->size - fa->size));
    if (off < common) {
        Str pa = file_place(d, &d->a, off), pb = file_place(d, &d->b, off);
        diff_say(d, "first differing byte at file offset 0x%lx: A=%02x (" STR_FMT ") B=%02x (" STR_FMT ")",
                 off, fa->data[off], STR_ARG(pa), fb->data[off], STR_ARG(pb));
    }
}

static void compare_toolchains(Diff *d) {
    diff_topic(d, "toolchain");
    const GoTables *ga = d->a.go, *gb = d->b.go;
    if (!ga != !gb)
        diff_say(d, "only %s is a Go program", ga ? "A" : "B");
    else if (ga && !str_eq(ga->version, gb->version))
        diff_say(d, "Go version: A=" STR_FMT " B=" STR_FMT, STR_ARG(ga->version), STR_ARG(gb->version));
    Str ia = go_build_id(&d->a), ib = go_build_id(&d->b);
    if (!str_eq(ia, ib)) {
        ia = image_printable(d->arena, ia, 100);
        ib = image_printable(d->arena, ib, 100);
        diff_say(d, "Go build ID: A='" STR_FMT "' B='" STR_FMT "'", STR_ARG(ia), STR_ARG(ib));
    }
    if ((ga && ga->problem) || (gb && gb->problem))
        diff_say(d, "Go tables: A: %s; B: %s", ga && ga->problem ? ga->problem : "fine",
                 gb && gb->problem ? gb->problem : "fine");
}

static void compare(Diff *d) {
    const ImageFormat *f = d->a.format;
    compare_files(d);
    compare_toolchains(d);
    if (f != d->b.format) {
        diff_say(d, "format: A=%s B=%s", f->name, d->b.format->name);
        diff_topic(d, NULL);
        return;
    }
    f->diff_header(d);
    diff_sections(d);
    diff_symbol_order(d);
    diff_contents(d);
    f->diff_commands(d);
    diff_module_data(d);
    diff_pclntab(d);
    diff_types(d);
    f->diff_symtab(d);
    f->diff_dynamic(d);
    diff_debug(d);
    diff_topic(d, NULL);
}

// The topic to look at first: a symbol that is new, gone or longer explains a section's size, a section's
// size explains addresses, and the file as a whole explains nothing.
static const DiffTopic *likely_cause(const Diff *d) {
    static const char *const order[] = {"symbol order", "pclntab",          "contents",
                                        "symbol table", "dyld information", "dynamic linking",
                                        "debug information", "sections",    "Mach header",
                                        "load commands", "ELF header",      "program headers",
                                        "PE header",     "directories"};
    for (u32 k = 0; k < COUNT_OF(order); k++)
        for (u32 i = 0; i < d->found.n; i++)
            if (strcmp(d->found.v[i].title, order[k]) == 0)
                return &d->found.v[i];
    return d->found.n ? &d->found.v[0] : NULL;
}

static void print_summary(const Diff *d) {
    printf("different: ");
    for (u32 i = 0; i < d->found.n; i++)
        printf("%s%s (%u)", i ? ", " : "", d->found.v[i].title, d->found.v[i].lines);
    const DiffTopic *t = likely_cause(d);
    if (t)
        printf("; look first at %s: " STR_FMT, t->title, STR_ARG(t->first_line));
    printf("\n");
}

static int usage(void) {
    fprintf(stderr, "usage: gild diff [-v] [-s] FILE-A FILE-B\n"
                    "  says where two linked files differ; exit status 0 identical, 1 different, 2 trouble\n"
                    "  -v  more examples of each sort of difference\n"
                    "  -s  the summary line only\n");
    return 2;
}

static bool open_or_complain(Image *im, Arena *a, const char *path) {
    if (image_open(im, a, path))
        return true;
    fprintf(stderr, "gild diff: %s: %s\n", path, im->problem);
    return false;
}

int diff_main(int argc, char **argv) {
    Diff d = {.examples = 1};
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        if (strcmp(argv[i], "-v") == 0)
            d.examples = 20;
        else if (strcmp(argv[i], "-s") == 0)
            d.quiet = true;
        else
            return usage();
    }
    if (argc - i != 2)
        return usage();
    Arena arena;
    arena_init(&arena, 0);
    d.arena = &arena;
    bool ok = open_or_complain(&d.a, &arena, argv[i]);
    ok = open_or_complain(&d.b, &arena, argv[i + 1]) && ok;
    if (!ok)
        return 2;
    if (d.a.file.size == d.b.file.size && memcmp(d.a.file.data, d.b.file.data, d.a.file.size) == 0) {
        printf("identical\n");
        return 0;
    }
    compare(&d);
    print_summary(&d);
    return 1;
}
