// images.c - all images of the process: loads them, keeps them, and answers the shim's questions about them.
//
// WHAT  image_load is the way of a file into memory as a list of steps. The rest is the list of what has been loaded, which
//       dlopen, dlsym and dladdr look at.
// HOW   A step that finds an error calls image_fail, which writes the message and jumps back to image_load. What the failed
//       image had mapped stays mapped: a program that goes on after a failed dlopen loses some address space.
// RULES One thread at a time loads: loader_open holds a lock, and the main thread loads the program before there are others.
#include "machorun/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_IMAGES = 256 };

static const size_t image_arena = 1ull << 32; // address space for the tables of one image, not memory

static struct {
    pthread_mutex_t lock;
    Image *v[MAX_IMAGES];
    _Atomic u32 n; // in the order of loading; all are mapped, the last ones perhaps not bound yet
} images = {.lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP}; // an initializer may load something, too

Image *image_at(u32 idx) {
    return idx < images.n ? images.v[idx] : NULL;
}

_Noreturn void image_fail(Image *im, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    int n = snprintf(im->problem, sizeof im->problem, "%s: ", im->path);
    if (n > 0 && (size_t)n < sizeof im->problem)
        vsnprintf(im->problem + n, sizeof im->problem - (size_t)n, fmt, args);
    va_end(args);
    for (char *c = im->problem; *c; c++)
        if ((u8)*c < ' ') // names in a damaged file: the message has to be one line
            *c = '?';
    longjmp(*im->on_failure, 1);
}

void image_strict(Image *im, const char *fmt, ...) {
    if (!im->opt->strict)
        return;
    char text[sizeof im->problem];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    image_fail(im, "%s", text);
}

const u8 *image_bytes(Image *im, u64 off, u64 size, const char *what) {
    if (off > im->file_size || size > im->file_size - off)
        image_fail(im, "%s: bytes %#lx to %#lx are beyond the end of the file, %#lx", what, off, (off + size),
                   im->file_size);
    return im->file + off;
}

void *image_memory(const Image *im, u64 addr) {
    return (void *)(uintptr_t)(addr + im->slide);
}

static void open_file(Image *im) {
    struct stat st;
    im->fd = open(im->path, O_RDONLY | O_CLOEXEC);
    if (im->fd < 0 || fstat(im->fd, &st) < 0)
        image_fail(im, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode) || !st.st_size)
        image_fail(im, "not a file with contents");
    im->file_size = (u64)st.st_size;
    void *p = mmap(NULL, im->file_size, PROT_READ, MAP_PRIVATE, im->fd, 0);
    if (p == MAP_FAILED)
        image_fail(im, "cannot map: %s", strerror(errno));
    im->file = p;
}

static Image *loaded_already(const char *path) {
    for (u32 i = 0; i < images.n; i++)
        if (!strcmp(images.v[i]->path, path))
            return images.v[i];
    return NULL;
}

// An image is registered before its libraries are loaded: they may need each other.
static void add_image(Image *im) {
    if (images.n == MAX_IMAGES)
        image_fail(im, "more than %d images", MAX_IMAGES);
    images.v[images.n] = im;
    images.n++;
}

static void load_steps(Image *im) {
    open_file(im);
    commands_read(im);
    mapping_make(im);
    add_image(im);
    libraries_load(im);
    fixups_apply(im);
    if (im->opt->strict)
        strict_check(im);
    if (im->opt->audit)
        audit_print(im);
    thread_pointer_redirect(im);
    mapping_protect(im);
    close(im->fd);
    im->fd = -1;
}

Image *image_load(const char *path, const Options *opt, char *problem, size_t problem_size) {
    char absolute[PATH_MAX];
    if (!realpath(path, absolute)) {
        snprintf(problem, problem_size, "%s: %s", path, strerror(errno));
        return NULL;
    }
    Image *im = loaded_already(absolute);
    if (im)
        return im;
    Arena arena;
    arena_init(&arena, image_arena);
    im = arena_new(&arena, Image);
    im->arena = arena;
    im->path = arena_str(&im->arena, str_from_c(absolute)).p;
    im->opt = opt;
    im->fd = -1;
    jmp_buf failed;
    im->on_failure = &failed;
    const u32 before = images.n;
    if (setjmp(failed)) {
        snprintf(problem, problem_size, "%s", im->problem);
        if (im->fd >= 0)
            close(im->fd);
        images.n = before;
        return NULL;
    }
    load_steps(im);
    im->on_failure = NULL;
    return im;
}

Image *image_load_for(Image *from, const char *path) {
    char problem[sizeof from->problem];
    Image *im = image_load(path, from->opt, problem, sizeof problem);
    if (!im)
        image_fail(from, "library %s", problem);
    return im;
}

// ---- what the shim asks ---------------------------------------------------------------------------------------------

Image *loader_open(const char *path, char *problem, size_t problem_size) {
    pthread_mutex_lock(&images.lock);
    Image *im = image_load(path, images.v[0]->opt, problem, problem_size);
    if (im)
        start_initializers(im);
    pthread_mutex_unlock(&images.lock);
    return im;
}

// In the image, then in the libraries that it loads, each with its own. `seen` has a mark for each image, since libraries
// may load each other.
static void *symbol_below(Image *im, const char *name, bool *seen) {
    u64 addr;
    if (export_find(im, name, &addr))
        return (void *)(uintptr_t)addr;
    void *found = NULL;
    for (u32 i = 0; i < im->libs.n && !found; i++) {
        const Library *lib = &im->libs.v[i];
        if (lib->in_shim) {
            found = shim_find(lib->name, name);
            continue;
        }
        for (u32 k = 0; k < images.n && !found; k++) {
            if (images.v[k] != lib->image || seen[k])
                continue;
            seen[k] = true;
            found = symbol_below(lib->image, name, seen);
        }
    }
    return found;
}

void *loader_symbol(Image *image, const char *name) {
    u64 addr;
    bool seen[MAX_IMAGES] = {0};
    if (image)
        return symbol_below(image, name, seen);
    for (u32 i = 0; i < images.n; i++)
        if (export_find(images.v[i], name, &addr))
            return (void *)(uintptr_t)addr;
    return shim_find(NULL, name);
}

static void describe(const Image *im, LoaderImage *out) {
    *out = (LoaderImage){.path = im->path,
                         .header = image_memory(im, im->low),
                         .slide = im->slide,
                         .size = im->high - im->low};
}

bool loader_image(u32 idx, LoaderImage *out) {
    const Image *im = image_at(idx);
    if (im)
        describe(im, out);
    return im;
}

bool loader_locate(const void *addr, LoaderImage *out, const char **symbol, const void **symbol_addr) {
    for (u32 i = 0; i < images.n; i++) {
        const Image *im = images.v[i];
        u64 at = (u64)(uintptr_t)addr - im->slide;
        if (at < im->low || at >= im->high)
            continue;
        describe(im, out);
        u64 best = 0;
        *symbol = NULL;
        for (u32 k = 0; im->symtab && k < im->symtab->nsyms; k++) {
            Nlist sym = image_symbol(im, k);
            if (!(sym.n_type & N_STAB) && (sym.n_type & N_TYPE) == N_SECT && sym.n_value <= at &&
                sym.n_value >= best) {
                best = sym.n_value;
                *symbol = image_symbol_name(im, &sym);
            }
        }
        *symbol_addr = *symbol ? image_memory(im, best) : NULL;
        return true;
    }
    return false;
}
