// file.h - inputs as read-only maps, the output as one writable map that appears only when it is whole.
//
// INPUT   A file is mapped once and never written. It may be big: archives of a whole build are touched only
//         where records are read.
// OUTPUT  Bytes are made in a temporary file beside the target, which is renamed over it at the end. It is
//         removed on failure and on signals, so a link that fails or is killed leaves the old file as it was.
//         Space is allocated up front: a full disk is an error line, not a SIGBUS.
//         A target that a rename would destroy (/dev/null, a pipe), or that stands in a directory where
//         nothing can be created, is written in place when the bytes are complete.
#pragma once

#include "base/arena.h"
#include "base/threads.h"

typedef struct {
    const u8 *data; // NULL when size is 0
    u64 size;       // bytes
    Str path;       // as given, NUL-terminated
} MappedFile;

// Maps the file. On failure returns false and leaves errno; reports nothing.
bool file_map(MappedFile *f, Arena *a, Str path);

// When a large part of the inputs is resident, gives all their pages, and those of the output, back to the system; what is
// read or written again comes back from the page cache.
//
// Pages of inputs count as the linker's memory while they are mapped, and the system maps 64 KiB around every byte
// that is read, so that each pass touches most of the inputs: without this they would be three quarters of a link's
// peak. What is touched again has to be mapped again, so this is a trade: a smaller part costs time (all of cmd/compile:
// a third of the peak for a fifth more time). Asking costs a few microseconds. Any thread may call it. The link's pool
// does so between the pieces of every loop (pool_new); long sequential work has to do it itself.
void file_trim(void);

// The same with all threads of the pool, which are idle: between passes.
void file_trim_together(Pool *pool);

// The whole file as bytes in the arena, for small text files; false and errno on failure.
bool file_read(Arena *a, Str path, Str *out);

// Writes the parts one after another into the file, which is made or emptied first: for small extra
// outputs. False and errno on failure.
bool file_write(Arena *a, Str path, const Str *parts, u32 n);

// Overwrites n bytes of an existing file at off. False and errno on failure.
bool file_patch(Str path, u64 off, const void *bytes, u32 n);

// The system's words for an errno, spelled as Go spells them ("no such file or directory"). Valid until the
// thread's next call.
const char *file_error_text(int err);

typedef struct Output Output;

// Creates the temporary file for `path` with room for size bytes and maps it. Ends the program with one line
// that names the path when the directory is unwritable, the disk is full, or the target is a directory. A
// symbolic link stays, and the file it leads to is replaced, as the stock linker writes through links.
Output *output_create(Arena *a, Str path, u64 size);

// The mapping: size bytes, zero-filled.
u8 *output_data(Output *o);

// Changes the size, as output_create does; returns the mapping, which may move. Bytes that are added are zero. No other
// thread uses the output meanwhile.
u8 *output_resize(Output *o, u64 size);

// Writes n bytes at off, from any thread. For big parts: half the time of writing through the mapping, which costs a page
// fault for each page, and no memory that counts as the linker's. Both may be mixed.
void output_write(Output *o, u64 off, const void *bytes, u64 n);

// Puts the finished file in the place of the target: mode 0775 less the umask. Ends the program on failure.
void output_commit(Output *o);

// Removes the temporary file. Safe in a signal handler and when there is none.
void output_abort(void);

// Installs handlers for SIGBUS (names the file: a full disk or an input truncated while it was read) and for
// SIGINT, SIGTERM, SIGHUP, crashes and their like (remove the temporary file, then die of the signal); makes
// output_abort run before fatal errors end the program.
void file_install_signal_handlers(void);

// Undoes what an exec would pass on to the next program: signals that are ignored.
void file_restore_signals(void);
