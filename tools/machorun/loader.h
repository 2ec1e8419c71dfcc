// loader.h - a Mach-O file on its way into memory, and the steps of that way.
//
// WHAT  What the kernel and dyld do on macOS, in this order (images.c calls the steps):
//
//           commands.c     read the load commands; refuse what does not hold together
//           mapping.c      choose a slide, map the segments
//           libraries.c    find the libraries that it needs
//           fixups.c       slide the pointers, bind the imports, as the tables say, which are of one of three forms:
//             opcodes.c        streams of opcodes (LC_DYLD_INFO), what Go's linker writes
//             chained.c        chains through the data (LC_DYLD_CHAINED_FIXUPS), what Apple's linker writes today
//             classic.c        none at all, but the indirect symbol table (programs at a fixed address)
//           thread_pointer.c   arm64: the one change to code
//           mapping.c      protect the segments
//           start.c        run the initializers, jump to the entry
//
//       Between the last two come what macOS does not do: strict.c (with stubs.c, page_hashes.c) and audit.c, which look for
//       errors of the linker.
// RULES What dyld or the kernel refuses is refused always. What they let pass, but no sound linker writes, is an error
//       under -strict: image_strict. The first error ends the loading: image_fail jumps back into images.c, so
//       no step has to hand errors on. All offsets and counts of the file are checked where they are used.
#pragma once

#include <setjmp.h>

#include "base/bytes.h"
#include "machorun/mach_o.h"
#include "machorun/shim/shim.h"

// What depends on the processor of the file.
typedef struct {
    const char *name;
    u32 cputype, cpusubtype;
    u32 page;          // segments begin at multiples of it
    u32 thread_flavor; // LC_UNIXTHREAD: the register set,
    u32 thread_words;  // its size in words of 32 bits,
    u32 thread_pc;     // and where in it the program counter is, in bytes
    u32 stub_size;     // bytes of an import stub
} Cpu;

typedef struct {
    bool strict, audit, verbose;
    bool check_only; // do everything but start the program
    bool fixed_slide;
    u64 slide; // when it is fixed
} Options;

typedef struct {
    const char *name; // the install name
    bool weak;        // may be missing
    bool reexport;
    Image *image; // where it is a file
    bool in_shim; // where it is one of macOS's own
} Library;

// An import, in a word of the image.
typedef struct {
    u64 addr; // in the file's addresses
    const char *name;
    i32 ordinal;
} Bind;

struct Image {
    const char *path; // absolute
    const Options *opt;
    Arena arena;
    jmp_buf *on_failure;
    char problem[600]; // why it was refused

    int fd;
    const u8 *file; // all of it, read-only
    u64 file_size;

    // From the load commands (commands.c). Pointers point into `file` and are NULL when the command is missing.
    const Cpu *cpu;
    const MachHeader *header;
    VEC(const SegmentCommand *) segs; // each with nsects section headers behind it
    VEC(Library) libs;                // ordinal 1 is libs.v[0]
    VEC(const char *) rpaths;
    const SymtabCommand *symtab;
    const DysymtabCommand *dysymtab;
    const DyldInfoCommand *dyldinfo;
    const LinkeditDataCommand *chained, *exports, *signature;
    const LinkeditDataCommand *tables[2]; // those in __LINKEDIT that a loader does not need
    const BuildVersionCommand *build_version;
    const LoadCommand *uuid, *dylinker;
    const char *id; // of a dylib
    u64 entry;      // in the file's addresses
    bool has_entry;
    bool entry_is_main; // a C function (LC_MAIN), not the first instruction of a process (LC_UNIXTHREAD)

    u64 low, high; // the addresses of the segments that are mapped: [low, high)
    u64 slide;     // what is to be added to get an address in memory

    // Which words were changed (fixups.c): a bit for each byte of [low, high).
    u8 *rebased, *bound;
    u64 nrebase;
    VEC(Bind) binds;

    bool initialized;
};

// ---- images.c: one after the other ----------------------------------------------------------------------------------

// Loads a file, or gives the image that it already is; NULL with a line at `problem` when that fails.
Image *image_load(const char *path, const Options *opt, char *problem, size_t problem_size);

// Loads a library that `from` needs. A failure is from's failure.
Image *image_load_for(Image *from, const char *path);

// All images in the order of loading, the main program first; NULL behind the last.
Image *image_at(u32 idx);

// Ends the loading of this image with a message. It is one line, begins in lower case and has no full stop.
_Noreturn void image_fail(Image *im, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// The same under -strict; else nothing happens.
void image_strict(Image *im, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// Bytes [off, off + size) of the file; fails when it has not so many. `what` is for the message.
const u8 *image_bytes(Image *im, u64 off, u64 size, const char *what);

// The word in memory at an address of the file, which lies in [low, high - 8].
void *image_memory(const Image *im, u64 addr);

// ---- commands.c: reading --------------------------------------------------------------------------------------------

void commands_read(Image *im);

static inline const SectionHeader *segment_sections(const SegmentCommand *seg) {
    return (const SectionHeader *)(seg + 1);
}

// Does the segment have memory? __PAGEZERO has none, it only keeps addresses free.
static inline bool segment_is_mapped(const SegmentCommand *seg) {
    return seg->vmsize && seg->maxprot | seg->initprot;
}

// The section with an address of the file, or NULL; and whether it has instructions.
const SectionHeader *image_section(const Image *im, u64 addr);
bool image_is_code(const Image *im, u64 addr);

// Symbol idx of the symbol table, which has so many.
Nlist image_symbol(const Image *im, u32 idx);
// Its name; NULL when that is outside the string table.
const char *image_symbol_name(const Image *im, const Nlist *sym);

// ---- mapping.c ------------------------------------------------------------------------------------------------------

void mapping_make(Image *im);
void mapping_protect(Image *im);

// ---- libraries.c, exports.c: imports --------------------------------------------------------------------------------

enum { // ordinals that are not numbers of libraries
    ORDINAL_SELF = 0,
    ORDINAL_MAIN = -1,
    ORDINAL_FLAT = -2, // the first of all images that has it
    ORDINAL_WEAK = -3, // the same, for definitions that all images share
};

void libraries_load(Image *im);

// The address of an import; 0 for one that may be missing (`weak`) and is.
u64 library_resolve(Image *im, const char *name, i32 ordinal, bool weak);

// The address in memory of an exported symbol of this image or of those that it re-exports.
bool export_find(Image *im, const char *name, u64 *addr);

// ---- fixups.c -------------------------------------------------------------------------------------------------------

void fixups_apply(Image *im);

// Adds the slide to the pointer at this place. `word` is what a chain has there in place of the pointer.
void fixup_rebase(Image *im, u32 seg, u64 off);

typedef enum {
    BIND_REGULAR,
    BIND_LAZY, // a pointer that dyld may bind at the first call; until then it leads to a helper
    BIND_WEAK, // one of several equal definitions: that of the first image counts
} BindKind;

// Writes the address of the import + addend.
void fixup_bind(Image *im, u32 seg, u64 off, const char *name, i32 ordinal, bool weak_import, i64 addend,
                BindKind kind);

// The binds that were done, in another order: im->binds.n of them.
const Bind *fixups_sorted(Image *im, int (*compare)(const void *, const void *));

void opcodes_apply(Image *im);
void chained_apply(Image *im);
void classic_apply(Image *im);

// ---- thread_pointer.c -----------------------------------------------------------------------------------------------

// Adapts arm64 code to where Linux has the thread's data.
void thread_pointer_redirect(Image *im);

// ---- looking for errors ---------------------------------------------------------------------------------------------

void strict_check(Image *im);
void stubs_check(Image *im);
void page_hashes_check(Image *im);
void audit_print(Image *im);

// ---- start.c --------------------------------------------------------------------------------------------------------

// Runs the initializers of the image and, before them, of its libraries.
void start_initializers(Image *im);

// Runs the main program; returns only when that is a C program's main that returns.
int start_program(Image *im, const ShimProcess *process);
