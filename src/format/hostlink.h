// hostlink.h - the system's linker makes the file out of the object and the objects of C.
//
// WHAT  An external link ends with a C compiler as the linker (-extld, gcc or clang), which knows where its libraries
//       are and how a program starts:
//
//         gcc -m64 FLAGS -o OUT FLAGS TMP/go.o TMP/000000.o ... FLAGS of cgo, -no-pie, FLAGS of -extldflags
//
//       A c-archive needs no linker: `ar` puts the objects into an archive.
// HOW   Objects of C are copied out of their archives. What a compiler does not know must not be passed to it: it is
//       asked before, by compiling a small program with the flag. Long command lines go through a file.
// RULES The command line is the stock linker's, word for word: it decides what is in the file.
// REF   cmd/link/internal/ld/lib.go: hostlink, archive, linkerFlagSupported.
#pragma once

#include "golang/program.h"

typedef struct HostLink {
    Program *p;
    Arena *a;
    StrVec argv;
    Str tmpdir;     // of the files that are handed over
    Str alt_linker; // for -fuse-ld=, or empty
    bool has_probe; // the small program is there
} HostLink;

// The C compiler's command: -extld or the format's own, and what it needs to be told of the processor.
StrVec host_compiler(const Program *p, Arena *a);

// What a program answered, without the end of its line.
Str host_answer_line(Str output);

void hostlink_add(HostLink *h, Str arg);

// Whether the compiler takes the flag. alt_linker is what stands behind -fuse-ld=; empty: nothing.
bool hostlink_supports(HostLink *h, Str alt_linker, Str flag);

// What `$CC --print-prog-name TOOL` says.
Str hostlink_find_tool(HostLink *h, const char *tool);

// A file in the folder of temporary files.
Str hostlink_temp_file(const HostLink *h, const char *name);

// Overwrites the finished file. False and errno on failure.
bool hostlink_replace_output(const HostLink *h, const u8 *bytes, u64 n);

// The command as one line, with the path of the program that was run.
Str hostlink_command_text(const HostLink *h, const StrVec *argv, Str path);

// Ends the program: `what` (a program's name, or a step) failed. The output file is removed.
_Noreturn void hostlink_fail(HostLink *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// The file for the object: go.o in -tmpdir, or in a folder of its own, which goes when the link is done.
Str hostlink_object(Program *p);

// Runs the system's linker, or the archiver. The object is complete in its file. The result is at -o.
void hostlink_run(Program *p);
