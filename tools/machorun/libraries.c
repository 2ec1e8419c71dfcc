// libraries.c - the libraries of an image, and the addresses of what it imports from them.
//
// WHAT  A library is named by its install name. The names of macOS's own libraries (/usr/lib/libSystem.B.dylib) are the shim's;
//       any other is the path of a file, in which @executable_path, @loader_path and @rpath stand for folders.
//       An import names a symbol and, by an ordinal, the library: 1 is the first LC_LOAD_DYLIB. The ordinals from 0 down
//       stand for the image itself, the main program, or any image.
// HOW   A function that the shim does not have gets a stub that says so and aborts: a program that imports it and does
//       not call it runs. Under -strict it is an error.
// REF   dyld(1); <mach-o/loader.h>: BIND_SPECIAL_DYLIB_.
#include "machorun/loader.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// ---- finding libraries ----------------------------------------------------------------------------------------------

// The path with a prefix ("@loader_path") replaced by the folder of the image `of`; NULL if it has another prefix.
static const char *in_folder_of(Image *im, const char *path, const char *prefix, const Image *of) {
    size_t n = strlen(prefix);
    if (strncmp(path, prefix, n) != 0)
        return NULL;
    int folder = (int)(strrchr(of->path, '/') - of->path);
    return arena_printf(&im->arena, "%.*s%s", folder, of->path, path + n).p;
}

static const char *expand(Image *im, const char *path) {
    const char *p = in_folder_of(im, path, "@executable_path", image_at(0));
    if (!p)
        p = in_folder_of(im, path, "@loader_path", im);
    return p ? p : path;
}

// The file that the rest of a name, behind @rpath, leads to from one of the image's folders; or NULL.
static const char *in_rpaths_of(Image *of, Image *im, const char *rest) {
    for (u32 i = 0; i < of->rpaths.n; i++) {
        const char *path = arena_printf(&im->arena, "%s%s", expand(of, of->rpaths.v[i]), rest).p;
        if (access(path, R_OK) == 0)
            return path;
    }
    return NULL;
}

// The file of a library, or NULL. Folders of @rpath are those of the image, then those of the program.
static const char *library_file(Image *im, const char *name) {
    static const char rpath[] = "@rpath";
    if (!strncmp(name, rpath, sizeof rpath - 1)) {
        const char *rest = name + sizeof rpath - 1, *file = in_rpaths_of(im, im, rest);
        return file ? file : in_rpaths_of(image_at(0), im, rest);
    }
    name = expand(im, name);
    return access(name, R_OK) == 0 ? name : NULL;
}

void libraries_load(Image *im) {
    for (u32 i = 0; i < im->libs.n; i++) {
        Library *lib = &im->libs.v[i];
        lib->in_shim = shim_has_library(lib->name);
        if (lib->in_shim)
            continue;
        const char *file = library_file(im, lib->name);
        if (file)
            lib->image = image_load_for(im, file);
        else if (!lib->weak)
            image_fail(im, "library '%s': neither a file nor one that machorun has", lib->name);
    }
}

// ---- what is missing ------------------------------------------------------------------------------------------------

static _Noreturn void missing_called(const char *name) {
    fprintf(stderr, "machorun: the program called %s, which machorun does not have\n", name);
    abort();
}

// Code that calls missing_called with a name: load the argument, load the target, jump. Each is for the processor that
// machorun was compiled for; what is made for an image of the other one is never called (-n).
enum { MISSING_STUB = 32 };

#ifdef __x86_64__
static void write_missing_stub(u8 *p, const char *name) {
    static const u8 code[] = {0x48, 0xbf, 0,    0,    0, 0, 0, 0, 0, 0, // mov rdi, name
                              0x48, 0xb8, 0,    0,    0, 0, 0, 0, 0, 0, // mov rax, missing_called
                              0x48, 0x83, 0xe4, 0xf0,                   // and rsp, -16
                              0xff, 0xd0};                              // call rax
    memcpy(p, code, sizeof code);
    put_u64le(p + 2, (uintptr_t)name);
    put_u64le(p + 12, (uintptr_t)missing_called);
}
#else
static void write_missing_stub(u8 *p, const char *name) {
    static const u32 code[] = {0x58000080,  // ldr x0, name
                               0x580000b0,  // ldr x16, missing_called
                               0xd61f0200,  // br x16
                               0xd503201f}; // nop
    memcpy(p, code, sizeof code);
    put_u64le(p + 16, (uintptr_t)name);
    put_u64le(p + 24, (uintptr_t)missing_called);
}
#endif

static u64 missing_stub(Image *im, const char *name) {
    static u8 *page; // the rest of a page of stubs
    static u32 left;
    const u32 page_size = (u32)sysconf(_SC_PAGESIZE);
    if (left < MISSING_STUB) {
        page = mmap(NULL, page_size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED)
            image_fail(im, "no memory for stubs: %s", strerror(errno));
        left = page_size;
    }
    u8 *stub = page;
    write_missing_stub(stub, name);
    __builtin___clear_cache((char *)stub, (char *)stub + MISSING_STUB);
    page += MISSING_STUB;
    left -= MISSING_STUB;
    return (uintptr_t)stub;
}

// ---- imports --------------------------------------------------------------------------------------------------------

// In all images in the order of loading, then in the shim.
static u64 find_anywhere(const char *name, bool shim_too) {
    u64 addr;
    Image *im;
    for (u32 i = 0; (im = image_at(i)); i++)
        if (export_find(im, name, &addr))
            return addr;
    return shim_too ? (uintptr_t)shim_find(NULL, name) : 0;
}

static u64 find_in_image(Image *im, const char *name) {
    u64 addr;
    return export_find(im, name, &addr) ? addr : 0;
}

u64 library_resolve(Image *im, const char *name, i32 ordinal, bool weak) {
    const Library *lib = NULL;
    u64 addr = 0;
    if (ordinal > 0 && (u32)ordinal <= im->libs.n) {
        lib = &im->libs.v[ordinal - 1];
        addr = lib->image     ? find_in_image(lib->image, name)
               : lib->in_shim ? (uintptr_t)shim_find(lib->name, name)
                              : 0;
    } else if (ordinal == ORDINAL_SELF) {
        addr = find_in_image(im, name);
    } else if (ordinal == ORDINAL_MAIN) {
        addr = find_in_image(image_at(0), name);
    } else if (ordinal == ORDINAL_FLAT || ordinal == ORDINAL_WEAK) {
        addr = find_anywhere(name, ordinal == ORDINAL_FLAT);
    } else {
        image_fail(im, "import '%s': library ordinal %d, the image has %u", name, ordinal, im->libs.n);
    }
    if (addr || weak)
        return addr;
    if (!strcmp(name, "dyld_stub_binder")) // what lazy stubs call first; here they are bound already
        return missing_stub(im, name);
    const char *where = lib ? lib->name : ordinal == ORDINAL_FLAT ? "any library" : "the image";
    if (ordinal != ORDINAL_FLAT && !(lib && lib->in_shim))
        image_fail(im, "import '%s': not in %s", name, where);
    image_strict(im, "import '%s': not in %s", name, where);
    return missing_stub(im, name);
}
