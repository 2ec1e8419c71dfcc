// importcfg.h - the file that tells the linker where packages are.
//
// Lines of the form "packagefile path=file", "packageshlib path=file" and "modinfo "quoted"", blank lines
// and # comments. cmd/go writes one for every link (-importcfg).
// REF   cmd/link/internal/ld/ld.go: readImportCfg.
#pragma once

#include "base/strmap.h"
#include "base/vec.h"

typedef struct {
    Str pkg; // import path
    Str file;
} ImportEntry;

typedef struct {
    Str path; // of the importcfg itself
    VEC(ImportEntry)
    packages;      // packagefile lines in file order; a later one of the same path replaces the file
    StrMap by_pkg; // import path -> index in packages
    VEC(ImportEntry) shlibs; // packageshlib lines
    VEC(Str) modinfo;        // unquoted, in file order
} ImportCfg;

// Reads and parses the file; views live in the arena. Ends the program with the stock linker's words when
// the file cannot be read or a line is malformed.
void importcfg_read(ImportCfg *cfg, Arena *a, Str path);

// The same for text in memory; false and *err (in the arena) when a line is malformed.
bool importcfg_parse(ImportCfg *cfg, Arena *a, Str path, Str text, Str *err);

// The archive of a package; false when there is none.
bool importcfg_find(const ImportCfg *cfg, Str pkg, Str *file);
