// format.h - what differs between kinds of executable file: where things go, what is added, how headers are
// written.
//
// WHAT  struct Format is the back end for one file format. Shared passes ask its numbers and call its hooks,
//       in the order in which they stand below.
// RULES A hook exists when two formats need it (or the first one cannot do without). To add a format: a
//       folder beside macho/ with its table, a row in format_select.
// REF   cmd/link/internal/ld/{macho,elf,pe}.go; cmd/link/internal/*/obj.go: archinit.
#pragma once

#include "arch/arch.h"
#include "golang/program.h"

// Numbers of one format for one processor.
typedef struct {
    u64 image_base;  // address of the file's first byte; 0 in an object
    u32 page_size;   // default of -R: alignment of segments; 0: the pair does not exist
    i32 tls_offset;  // of the thread-local g from the thread pointer
} FormatTarget;

struct KeptReloc; // kept_reloc.h
struct HostLink;  // hostlink.h

struct Format {
    const char *name;
    FormatTarget target[ARCH_COUNT]; // by ArchId
    u32 header_reserve;     // bytes for headers in front of the code,
    u32 header_memory;      // and what they take in memory, if that is more
    u32 file_align;         // of segments and debugging sections in the file; 0: a segment is at its address modulo that of
                            // memory, and sections follow each other
    bool buildid_in_text;   // the build id is a symbol at the start of the code (else a note: ELF)
    bool rodata_segment;    // read-only data has a segment of its own (else it follows the code)
    bool relro_segment;     // so has data that only the dynamic linker writes, if the file has such data
    bool relro_names;       // tools know that data by the prefix .data.rel.ro of its sections' names
    bool tls_section;       // thread-local data has a section, if the file is for a dynamic linker or an object
    bool static_exe;        // a program at fixed addresses that imports nothing does without the dynamic linker
    bool loads_from_got;    // code that takes the address of an import is changed to load it from the GOT; else
                            // code can only call imports
    bool dwarf_data4;       // the system's tools want some numbers of debugging information as four bytes
    bool host_got_imports_only; // host objects use the GOT for imports only, or the instruction can be changed
    bool sized_markers;     // in modules that join at run time, section markers have a size: the dynamic linker takes
                            // a symbol without size for the one that follows it, maybe another module's
    bool splits_code;       // the system's linker wants code in sections that a call reaches across
    bool cc_strips;         // it takes -s
    bool cc_static;         // it links statically when -static is given
    const char *const *host_noise; // what is in lines of its linker that nobody needs to see, NULL-terminated
    bool zdebug_names;      // compressed debugging sections are called .zdebug_* and start with "ZLIB"

    // The C compiler that is asked for its library, and the arguments that tell it the processor (NULL: none), each
    // list with NULL at its end.
    const char *default_compiler;
    const char *const *compiler_args[ARCH_COUNT];

    // At the start: allocates the format's state.
    void (*init)(Program *p);

    // A library that the program needs at run time (cgo_import_dynamic): named for its own sake, or because a
    // symbol is imported from it, which may turn out not to be used. Repeated names are ignored. May grow the
    // header and so move the code.
    void (*add_library)(Program *p, Str lib, bool for_symbol);

    // Reads an object of a C compiler (hostobj.h).
    void (*load_host_object)(Program *p, const HostObject *obj);

    // Reads a library of Go packages (golang/shlib.h) into the next of Program.shlibs, and makes its symbols imported ones. NULL:
    // the format has none.
    void (*read_shlib)(Program *p, Str path);

    // Makes symbols for the image as a whole, before the first of package runtime. NULL: there are none.
    void (*make_image_symbols)(Program *p);

    // Makes the symbols of the linkage tables, in the stock linker's order.
    void (*make_symbols)(Program *p);

    // The same for what is made after the names that all formats mention. NULL: nothing.
    void (*finish_symbols)(Program *p);

    // Chooses the symbols of the file's symbol table and reads their names, when kinds are final but
    // addresses are not. NULL, as the next two: the format numbers symbols later.
    void (*name_symbols)(Program *p);

    // Orders them. Runs in a lane beside the search for dynamic relocations; Program.arena is this one's.
    // What the two leave in worker arenas is kept for it and released after it.
    void (*order_symbols)(Program *p);

    // Numbers the symbols that the dynamic linker looks for, before GOT slots and stubs are made.
    void (*number_dynamic_symbols)(Program *p);

    // Makes a GOT slot for s, if it has none: sets DynSym.got.
    void (*add_got)(Program *p, SymId s);

    // Makes a stub for s, if it has none: sets DynSym.plt. NULL: there are no stubs, since to the program imports are
    // variables, which the loader fills in.
    void (*add_plt)(Program *p, SymId s);

    // Records that the dynamic linker must put the address of import `target` at off in s. NULL: data cannot
    // refer to imports.
    void (*add_bind)(Program *p, SymId s, i32 off, SymId target);

    // The same for relocation r of a host object's section s, in a file at fixed addresses, too. NULL: add_bind does it.
    void (*bind_host_pointer)(Program *p, SymId s, const Reloc *r);

    // All dynamic relocations are known and those of code applied: completes the tables for the dynamic linker,
    // whose sizes become final. NULL: there is nothing to do before the layout.
    void (*finish_dynamic)(Program *p);

    // In an object, where relocations are kept for the linker that reads it (kept_reloc.h): what stands in the
    // place of the number, and the record, or records, for this one at out. Returns their bytes; out may be
    // NULL. NULL: the file is no object.
    i64 (*kept_number)(const Program *p, const struct KeptReloc *k);
    u32 (*put_kept)(const Program *p, const struct KeptReloc *k, u8 *out);

    // Flags for the C compiler that links an object (hostlink.h): those for the system, and which symbols are to be
    // seen by shared libraries. Last, what is to be done with the file that it made. The second and third may be NULL.
    void (*add_host_flags)(struct HostLink *h);
    void (*add_host_exports)(struct HostLink *h);
    void (*finish_host_link)(struct HostLink *h);

    // Lays out what follows the segments, which end at file_size; returns the size of the whole file. All
    // addresses and all section contents' sizes are final.
    u64 (*layout_tail)(Program *p, u64 file_size);

    // Writes what follows the segments, then the headers. Everything else in Program.out is complete.
    void (*write_tail)(Program *p);
};

extern const Format format_elf, format_elf_object, format_macho, format_macho_object, format_pe;

// Chooses the back ends by Options.head and goarch, sets Program.format, arch, header_size, segment_align
// (-R), image_base and text_base (-T: address of the first code, behind the headers). Ends the program
// for a pair that does not exist. Call before the inputs are read.
void format_select(Program *p);

// The numbers of the format for the program's processor.
static inline const FormatTarget *format_target(const Program *p) {
    return &p->format->target[p->arch->id];
}

// Data that only the dynamic linker writes is in a segment of its own, which is read-only afterwards
// (Program.seg_relrodata; ld.Target.UseRelro).
bool format_use_relro(const Program *p);

// Markers of sections are laid out like data, first and last in their sections.
static inline bool format_sizes_markers(const Program *p) {
    return p->go_dynlink && p->format->sized_markers;
}

// The address at which the program starts: that of Options.entry, which may be a number, too (-E;
// ld.Entryvalue).
u64 format_entry_addr(const Program *p);

// The file may be loaded at any address and is linked without an external linker: pointers need dynamic
// relocations.
static inline bool format_is_pie(const Program *p) {
    return p->opt->buildmode == BUILDMODE_PIE && !p->external;
}
