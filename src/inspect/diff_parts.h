// diff_parts.h - what the parts of `gild diff` share: the two files, and how differences are reported.
//
// HOW   A part opens a topic (diff_topic), compares, and calls diff_say for each difference. The title is
//       printed with the first line of the topic only, so a topic without differences leaves no trace. Each
//       sort of difference prints its first example and a count; -v raises the number of examples.
// TEXT  One line a difference. A is the first file of the command line and B the second: "A=… B=…".
#pragma once

#include "inspect/go_tables.h"
#include "inspect/image.h"

// A finished topic that had differences.
typedef struct {
    const char *title;
    u32 lines;
    Str first_line;
} DiffTopic;

struct Diff {
    Arena *arena;
    Image a, b;
    u32 examples;      // differences of one sort to print
    bool quiet;        // summary line only
    const char *topic; // title of the running topic
    bool titled;       // its title was printed
    u32 topic_lines;   // lines said in the running topic
    Str first_line;    // its first line
    VEC(DiffTopic) found;
};

// Starts a topic; ends the one before.
void diff_topic(Diff *d, const char *title);

// One difference (a line, without newline).
void diff_say(Diff *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// "runtime.foo+0x10" in A or in B.
Str diff_at_a(Diff *d, u64 addr);
Str diff_at_b(Diff *d, u64 addr);

// A number of a record, in both files.
typedef struct {
    const char *name;
    u64 a, b;
} DiffField;

// A line for each field that differs: the record, the field, both numbers.
void diff_fields(Diff *d, const char *record, const DiffField *fields, u32 n);

// Up to 8 bytes from p as hex, for "A=… B=…".
Str diff_hex(Diff *d, const u8 *p, u64 n);

// Offset of the first byte that differs in the common length, or that length.
u64 diff_first_byte(const u8 *p, const u8 *q, u64 n);

// Number of bytes that differ.
u64 diff_count_bytes(const u8 *p, const u8 *q, u64 n);

// Writes what a format's entry of a symbol has besides the name to `out`; returns the number of fields.
enum { DIFF_SYMBOL_FIELDS = 6 };
typedef u32 DiffSymbolFields(const ImageSym *a, const ImageSym *b, DiffField out[DIFF_SYMBOL_FIELDS]);

// diff_layout.c: whether entry i of the symbol tables has one name in both; says so if not, since comparing what follows is vain.
bool diff_symbol_name(Diff *d, u32 i);

// diff_layout.c: the entries of the symbol table side by side, as far as names agree.
void diff_symbol_table(Diff *d, DiffSymbolFields *fields);

// The topics that all formats have. Those of a format are in its ImageFormat.
void diff_sections(Diff *d);     // diff_layout.c: section table
void diff_symbol_order(Diff *d); // diff_layout.c: order and sizes of the symbols of a section, names in one file only
void diff_contents(Diff *d);     // diff_layout.c: bytes of each section
void diff_module_data(Diff *d);  // diff_go.c: moduledata
void diff_pclntab(Diff *d);      // diff_go.c: header, functions, names, files, units, buckets
void diff_types(Diff *d);        // diff_go.c: typelinks, itablinks
void diff_debug(Diff *d);        // diff_dwarf.c: debug information
