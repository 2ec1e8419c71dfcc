// libsystem.c - the libraries that the shim stands for, and their names.
//
// A program names a library by the path it has on macOS, and a symbol within it. The lists of the topics are searched in
// their order; a program has some hundred imports, so that needs no index.
// pthreads_start and the like ready what the first thread and the process need before the program runs.
#include "machorun/shim/darwin.h"
#include "machorun/shim/shim.h"

const struct ShimProcess *shim_process;

typedef const Export *ExportList;

static const ExportList libsystem_lists[] = {
    exports_c_library,   exports_clocks,
    exports_directories, exports_dyld,
    exports_environment, exports_errno,
    exports_files,       exports_identity,
    exports_jumps,       exports_kqueue,
    exports_locks,       exports_math,
    exports_memory,      exports_misc,
    exports_paths,       exports_processes,
    exports_pthreads,    exports_refused,
    exports_resolver,    exports_signals,
    exports_sockets,     exports_stat,
    exports_streams,     exports_sysctl,
    exports_terminals,   NULL,
};
static const ExportList libresolv_lists[] = {exports_libresolv, NULL};
static const ExportList corefoundation_lists[] = {exports_corefoundation, NULL};
static const ExportList security_lists[] = {exports_security, NULL};

static const struct {
    const char *install_name;
    const ExportList *lists;
} libraries[] = {
    {"/usr/lib/libSystem.B.dylib", libsystem_lists},
    {"/usr/lib/libresolv.9.dylib", libresolv_lists},
    {"/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation", corefoundation_lists},
    {"/System/Library/Frameworks/Security.framework/Versions/A/Security", security_lists},
};

bool shim_has_library(const char *install_name) {
    for (size_t i = 0; i < COUNT_OF(libraries); i++)
        if (strcmp(libraries[i].install_name, install_name) == 0)
            return true;
    return false;
}

static const void *find_in(const ExportList *lists, const char *name) {
    for (; *lists; lists++)
        for (const Export *e = *lists; e->name; e++)
            if (strcmp(e->name, name) == 0)
                return e->addr;
    return NULL;
}

void *shim_find(const char *install_name, const char *name) {
    if (name[0] != '_')
        return NULL;
    const void *addr = NULL;
    for (size_t i = 0; i < COUNT_OF(libraries) && !addr; i++)
        if (!install_name || strcmp(libraries[i].install_name, install_name) == 0)
            addr = find_in(libraries[i].lists, name + 1);
    return (void *)addr;
}

void shim_start(const ShimProcess *process) {
    shim_process = process;
    c_library_start();
    dyld_start();
    pthreads_start();
    streams_start();
}
