// dyld.c - dlopen and its relatives, and what a program asks of the dynamic linker about its images.
//
// macOS's dyld is the loader of this tool, which knows the images; here its answers get the form of dlfcn.h and
// mach-o/dyld.h. A name given to dlsym has no underscore; the symbols of Mach-O have.
// REF   dlfcn.h and mach-o/dyld.h of macOS: RTLD_NEXT, RTLD_DEFAULT, RTLD_SELF, RTLD_MAIN_ONLY are -1, -2, -3, -5.
#include "machorun/shim/darwin.h"
#include "machorun/shim/shim.h"

#include <stdio.h>
#include <unistd.h>

static _Thread_local char problem[1024];
static _Thread_local bool has_problem;

static Image *shim_dlopen(const char *path, int mode) {
    (void)mode; // all imports are bound at once, and all images are global
    Image *image = loader_open(path ? path : shim_process->program, problem, sizeof problem);
    has_problem = !image;
    return image;
}

static void *shim_dlsym(Image *image, const char *name) {
    char symbol[1024];
    int n = snprintf(symbol, sizeof symbol, "_%s", name);
    bool everywhere = (i64)image < 0 && (i64)image >= -5;
    void *addr = n < (int)sizeof symbol ? loader_symbol(everywhere ? NULL : image, symbol) : NULL;
    has_problem = !addr;
    if (!addr)
        snprintf(problem, sizeof problem, "dlsym(%p, %s): symbol not found", (void *)image, name);
    return addr;
}

// The text of the last failure in this thread, once.
static char *shim_dlerror(void) {
    bool told = has_problem;
    has_problem = false;
    return told ? problem : NULL;
}

// Images stay.
static int shim_dlclose(Image *image) {
    (void)image;
    return 0;
}

typedef struct {
    const char *path;
    const void *base;
    const char *symbol;
    const void *symbol_addr;
} DarwinDlInfo;

static int shim_dladdr(const void *addr, DarwinDlInfo *out) {
    LoaderImage image;
    const char *symbol;
    const void *symbol_addr;
    if (!loader_locate(addr, &image, &symbol, &symbol_addr))
        return 0;
    *out = (DarwinDlInfo){image.path, image.header, symbol ? symbol + (symbol[0] == '_') : NULL, symbol_addr};
    return 1;
}

static u32 shim__dyld_image_count(void) {
    LoaderImage image;
    u32 n = 0;
    while (loader_image(n, &image))
        n++;
    return n;
}

static const void *shim__dyld_get_image_header(u32 idx) {
    LoaderImage image;
    return loader_image(idx, &image) ? image.header : NULL;
}

static const char *shim__dyld_get_image_name(u32 idx) {
    LoaderImage image;
    return loader_image(idx, &image) ? image.path : NULL;
}

static i64 shim__dyld_get_image_vmaddr_slide(u32 idx) {
    LoaderImage image;
    return loader_image(idx, &image) ? (i64)image.slide : 0;
}

// *size is the room and, when that is too little, becomes what is needed.
static int shim__NSGetExecutablePath(char *out, u32 *size) {
    size_t n = strlen(shim_process->program) + 1;
    bool fits = n <= *size;
    if (fits)
        memcpy(out, shim_process->program, n);
    else
        *size = (u32)n;
    return fits ? 0 : -1;
}

static char **arguments;
static int n_arguments;

void dyld_start(void) {
    arguments = shim_process->argv;
    n_arguments = shim_process->argc;
}

static char ***shim__NSGetEnviron(void) {
    return &environ;
}

static char ***shim__NSGetArgv(void) {
    return &arguments;
}

static int *shim__NSGetArgc(void) {
    return &n_arguments;
}

const Export exports_dyld[] = {
    EXPORT(_NSGetArgc),
    EXPORT(_NSGetArgv),
    EXPORT(_NSGetEnviron),
    EXPORT(_NSGetExecutablePath),
    EXPORT(_dyld_get_image_header),
    EXPORT(_dyld_get_image_name),
    EXPORT(_dyld_get_image_vmaddr_slide),
    EXPORT(_dyld_image_count),
    EXPORT(dladdr),
    EXPORT(dlclose),
    EXPORT(dlerror),
    EXPORT(dlopen),
    EXPORT(dlsym),
    EXPORTS_END,
};
