// options_internal.h - shared by the options_*.c files only.
#pragma once

#include "options.h"

// Flags that the link does not see as they were given.
typedef struct {
    Options o;
    Arena *a;
    Str headtype;       // -H
    int dwarf;          // -w: 0 not given, 1 true, -1 false
    bool print_version; // -V in any form
} FlagState;

// Reads flags from args up to the first argument that is not one; the rest becomes o.args. Ends the program
// when a flag is wrong. When may_skip is set, an unknown flag is put into o.unsupported instead, and the
// rest is not read.
void options_read_flags(FlagState *st, StrVec args, bool may_skip);

// Derives what follows from the flags and refuses combinations in the words and the order of ld.Main. Sets
// o.unsupported.
void options_check(FlagState *st);

// The stock linker's usage text with the flags of the release on standard error, then exit status 2.
_Noreturn void options_usage_exit(const FlagState *st);

// strconv.ParseInt: base 0 takes Go's prefixes and underscores. Returns NULL, or the flag package's word for
// what is wrong.
const char *options_parse_int(Str s, u32 base, i64 *v);
