// shim.h - what the two halves of machorun ask of each other.
//
// WHAT  The loader (the files of tools/machorun) maps a Mach-O program and connects its imports; the shim (tools/machorun/shim)
//       is what they are connected to: macOS's libSystem and a few other libraries, over Linux's C library.
// RULES The loader calls shim_has_library and shim_find at any time, also when the program is not going to be run (-n), and
//       also for a program of the other processor: neither may depend on shim_start. It calls shim_start once, in the main
//       thread, when everything is mapped and bound, and then jumps to the entry.
//       The loader_ functions are the reverse direction: dlopen and its relatives. They may be called by any thread.
#pragma once

#include "base/types.h"

// ---- of the shim ----------------------------------------------------------------------------------------------------

// Is there a library of this install name ("/usr/lib/libSystem.B.dylib")?
bool shim_has_library(const char *install_name);

// The address of the function or variable that a program knows as `name` ("_write", C's underscore included) in that
// library, or in any when the library is NULL. NULL when there is none.
void *shim_find(const char *install_name, const char *name);

// What the shim has to know of the process; valid for its whole life.
typedef struct ShimProcess {
    const char *program; // the absolute path of the Mach-O file
    int argc;
    char **argv; // the program's own, without machorun's options
    char **envp;
    // The words of a command that runs another Mach-O program with the same options, NULL at the end. To be appended:
    // "-argv0=NAME" when argv[0] is not the path, the path, and the arguments from argv[1] on.
    const char *const *machorun;
} ShimProcess;

// Readies the main thread (its thread-specific data, where Go keeps g) and the signals. The last call before the entry.
void shim_start(const ShimProcess *process);

// ---- of the loader --------------------------------------------------------------------------------------------------

typedef struct Image Image; // a Mach-O file in memory

// dlopen: the image of that file, loaded and initialized if it is not yet. NULL when that failed, with the reason in
// one line at `problem`.
Image *loader_open(const char *path, char *problem, size_t problem_size);

// dlsym: the address of an exported symbol (underscore included) of the image or of the libraries it loads; of all
// images in load order, then of the shim, when the image is NULL. NULL when there is none.
void *loader_symbol(Image *image, const char *name);

// The main program is image 0.
typedef struct {
    const char *path;   // absolute
    const void *header; // where the Mach-O header is mapped
    u64 slide;          // address in memory - address in the file
    u64 size;           // bytes from the header to the end of the last segment
} LoaderImage;

// Fills *out with the image of that index, as the _dyld functions count them; false when there are not so many.
bool loader_image(u32 idx, LoaderImage *out);

// dladdr: the image that the address lies in, and the symbol at or below it (*symbol NULL when there is none).
bool loader_locate(const void *addr, LoaderImage *out, const char **symbol, const void **symbol_addr);
