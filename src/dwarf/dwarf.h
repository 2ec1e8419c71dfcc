// dwarf.h - debugging information: what debuggers, profilers and `go tool objdump -S` read.
//
// WHAT  The compiler describes each function, variable and constant as bytes with relocations: entries for
//       .debug_info, line programs, location and range lists. The linker adds what only the whole program
//       knows: a unit per package, the types (made from the type descriptors that are in the program anyway),
//       stack frames (from the tables for the garbage collector), file tables, and the order of it all.
//
//         .debug_abbrev       the table of entry layouts          dwarf_forms.c
//         .debug_line         file tables, line programs          dwarf_line.c + object symbols
//         .debug_frame        where the caller's frame is         dwarf_frame.c
//         .debug_gdb_scripts  path of the pretty printers
//         .debug_info         units, types, functions, variables  dwarf_types.c, die.c + object symbols
//         .debug_loc          where variables live                object symbols
//         .debug_ranges       address ranges                      dwarf_addr.c + object symbols
//
//       In DWARF 5 the last two are .debug_loclists and .debug_rnglists, and there is one more:
//
//         .debug_addr         addresses that the others refer to  dwarf_addr.c
//
// HOW   The survey of functions finds which types and abstract functions each unit refers to, and the sizes
//       of what depends on functions alone. Part 1: the types as trees. Part 2 (code has addresses): order of
//       units, sizes, and the offset of everything. Each section is a list of pieces that can be written
//       independently, in parallel into the output file, or one after the other into the compressor.
// RULES Sections of debugging information are not loaded: the `addr` of a debugging symbol stays an offset in
//       its section.
// REF   cmd/link/internal/ld/dwarf.go; DWARF 4 and 5.
#pragma once

#include "golang/program.h"

// Compression is the last step: in an external link it is the system's linker that may do it.
static inline bool dwarf_is_compressed(const Program *p) {
    return p->opt->compressdwarf && !p->external;
}

// The survey: what survey_functions asks. `batch` numbers runs of functions of one unit, nbatch in all, in
// the order of units in lib_order and of functions in Unit.textp; it may come in any order, and in any
// thread. Begin makes the units, unless -w asks for no debugging information: then Program.dwarf stays NULL,
// and nothing here does anything.
void dwarf_survey_begin(Program *p, u32 nbatch);
// The unit itself and its variables, as part of its first batch.
void dwarf_survey_unit(Program *p, u32 batch, u32 unit, u32 worker);
// Function k of the unit.
void dwarf_survey_function(Program *p, u32 batch, u32 unit, u32 k, u32 worker);

// Whether packages were compiled with different flags. False when nobody asks for debugging information, which says so.
bool dwarf_flags_differ(const Program *p);

// Part 1: makes the types. May run in a lane: it makes no symbols.
void dwarf_build_entries(Program *p);

// Part 2: the sizes of all sections. Requires: addresses of code (Unit.textp, Program.textp in final order).
void dwarf_build_sections(Program *p);

// Adds the sections to Program.seg_dwarf, with addresses relative to its start. Called by layout where the
// stock linker makes them: after all other sections.
void dwarf_allocate_sections(Program *p);

// ---- contents ---------------------------------------------------------------------------------------------
//
// The contents are made piece by piece, in any thread: pieces of the same unit together, since that reads its object once.
// Who makes them (passes/emit_walk.c) takes the items in their order and holds a lock where it says so.

typedef struct DwStream DwStream;

// A piece of a section.
typedef struct {
    i64 unit; // whose object is read: index in Program.units, or -1
    u32 sect;
    u32 piece;
} DwarfItem;

// Before the first item: prepares the streams of sections that will be compressed.
void dwarf_open_streams(Program *p);

// All pieces of all sections in Program.seg_dwarf.
const DwarfItem *dwarf_items(const Program *p, u32 *n);

// Under lock, in the order of the items: keeps room for the bytes of the piece. False: there is none until a stream
// has been packed further.
bool dwarf_reserve(const Program *p, const DwarfItem *item);

// Makes the bytes, in the room kept for them, or in `scratch` and then in the file.
void dwarf_make(const Program *p, const DwarfItem *item, Arena *scratch);

// Under lock: the bytes are there.
void dwarf_commit(const Program *p, const DwarfItem *item);

// Under lock: a stream on which nobody works and for which the bytes of a block are there; NULL when there is none.
DwStream *dwarf_claim(const Program *p);

// Compresses one block of a claimed stream; nothing stays in scratch.
void dwarf_pack(DwStream *stream, Arena *scratch);

// Under lock: gives the stream back.
void dwarf_release(DwStream *stream);

// Under lock: all streams are at their end.
bool dwarf_all_packed(const Program *p);

// Gives compressed sections their size and name, and all sections of Program.seg_dwarf their address. A section that
// does not shrink stays as it is.
void dwarf_close_streams(Program *p);

// Writes what dwarf_make has not written into the file.
void dwarf_write_sections(Program *p);

// In an object: adds up what relocations the pieces keep, in Section.reloc_size; and writes the records.
void dwarf_measure_kept(Program *p);
void dwarf_write_kept(Program *p);
