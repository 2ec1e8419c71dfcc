// process.h - other programs: run one and read what it prints.
#pragma once

#include "base/arena.h"

typedef struct {
    bool ok;     // it was found, ran, and ended with status 0
    Str path;    // what was run: the program's name, looked up in PATH when it is a mere name
    Str output;  // what it wrote to standard output and standard error
    Str failure; // when not ok: why, in Go's words ("exit status 1")
} ProcessResult;

// Runs argv[0] with the arguments and waits for it. Variables of env, "NAME=value", are set beside those that are.
ProcessResult process_run(Arena *a, const Str *argv, u32 n, const Str *env, u32 nenv);

// The same for a question: what it writes to standard error is lost.
ProcessResult process_ask(Arena *a, const Str *argv, u32 n);

// The file of a program, in PATH if it is a mere name; empty when there is none.
Str process_find(Arena *a, Str name);

// Becomes the program. Returns, with errno set, only when that fails.
void process_become(Arena *a, Str path, const Str *argv, u32 n);

// Makes a new folder for temporary files, by TMPDIR, with a name that starts with prefix. It is removed with all that is
// in it by tempdir_remove, and when the program ends because of an error.
Str tempdir_make(Arena *a, const char *prefix);
void tempdir_remove(void);
