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
//         .debug_ranges       address ranges                      dwarf_layout.c + object symbols
//
// HOW   Part 1 (before layout): which types and abstract functions each unit refers to, and the types as
//       trees. Part 2 (code has addresses): order of units, sizes, and the offset of everything. Each section
//       is a list of pieces that can be written independently, in parallel into the output file, or one after
//       the other into the compressor.
// RULES Sections of debugging information are not loaded: the `addr` of a debugging symbol stays an offset in
//       its section.
// REF   cmd/link/internal/ld/dwarf.go; DWARF 4 and 5.
#pragma once

#include "golang/program.h"

// Part 1: makes the types and units. Does nothing when -w asks for no debugging information (Program.dwarf
// stays NULL). Requires: live, Unit.textp, lib_order.
void dwarf_build_entries(Program *p);

// Part 2: the sizes of all sections. Requires: addresses of code (Unit.textp, Program.textp in final order).
void dwarf_build_sections(Program *p);

// Adds the sections to Program.seg_dwarf, with addresses relative to its start. Called by layout where the
// stock linker makes them: after all other sections.
void dwarf_allocate_sections(Program *p);

// Relocates and compresses the sections in parallel, unless -compressdwarf=false; then moves them together. A
// section that does not shrink stays as it is. Requires: final addresses of everything but
// Program.seg_dwarf's sections.
void dwarf_compress(Program *p);

// Writes the contents of a section of Program.seg_dwarf, compressed or not, at out (Section.size bytes). Runs
// a parallel loop.
void dwarf_write_section(const Program *p, const Section *sect, u8 *out);
