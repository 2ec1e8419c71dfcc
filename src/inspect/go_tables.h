// go_tables.h - reads Go's runtime tables out of a linked file.
//
// WHAT  The runtime finds everything through one record, moduledata: the pieces of pclntab (function names,
//       compilation units, file names, pc-value tables, function records), the bucket index findfunctab, the
//       ranges of text, data and types. The linker writes it; this is an independent reader of what was
//       written.
// HOW   moduledata is found by its section (.go.module, __go_module) and read by a table of field names, one
//       for each release whose layout differs. Every table is a view that was checked to lie within one
//       section.
// REF   runtime/symtab.go: pcHeader, moduledata, findfuncbucket; runtime/runtime2.go: _func;
//       internal/abi/symtab.go.
#pragma once

#include "inspect/image.h"

typedef struct {
    const u8 *p; // NULL when absent or out of bounds
    u64 n;       // bytes
    u64 addr;
} GoRange;

enum { GO_FUNC_SIZE = 44, GO_BUCKET_SIZE = 20, GO_BUCKET_BYTES = 4096 };

// A field of moduledata. A slice is three fields of 8 bytes: pointer, length, capacity.
typedef struct {
    const char *name;
    u32 off;
    bool is_slice;
} GoModuleField;

struct GoTables {
    const Image *im;
    Str version; // "go1.26.8", empty when there is no build information
    u32 release; // 26, 27; 0: unknown
    GoRange moduledata;
    const GoModuleField *fields;
    u32 nfields;
    GoRange pcheader;
    GoRange funcnametab, cutab, filetab, pctab, pclntable, ftab, findfunctab;
    GoRange funcdata; // go:func.*: what the funcdata offsets lead to
    u64 nfunc;        // functions, from the header, at most what ftab has room for
    u64 text, etext, gofunc, types, etypes, epclntab;
    u64 typedesclen;              // Go 1.27: bytes of the descriptors that reflection can reach, from types
    GoRange typelinks, itablinks; // Go 1.26 and before
    const char *problem;          // why the tables could not be read, NULL when they could
};

// The fixed part of a function record, and the words behind it.
typedef struct {
    Str name;
    u64 entry; // address
    u32 name_off, args, deferreturn, pcsp, pcfile, pcln, npcdata, cu_off, start_line;
    u8 func_id, flag, nfuncdata;
    const u8 *pcdata;   // npcdata words: offsets into pctab
    const u8 *funcdata; // nfuncdata words: offsets from go:func.*
    u64 rec_off;        // offset of the record in pclntable
} GoFunc;

// Sets im->go; it stays NULL when the file has no Go build information and no module data.
void go_tables_load(Image *im, Arena *a);

// Function number i in address order; false when the record lies outside the table.
bool go_func(const GoTables *g, u64 i, GoFunc *f);

// Name and start of the function that contains addr.
bool go_func_at(const GoTables *g, u64 addr, Str *name, u64 *start);

// One step of a pc-value table: holds `value` up to, not including, pc. Starts from value -1, pc = entry.
typedef struct {
    const u8 *p;
    u64 n, off;
    i64 value;
    u64 pc;
    bool first, end, bad;
} GoPcValue;

// The table at offset off of pctab (0: no table, at its end at once).
GoPcValue go_pcvalue_start(const GoTables *g, u32 off);

// Reads the next step; false at the end or on corrupt data (then p->bad).
bool go_pcvalue_next(GoPcValue *p);

// Bytes of the table at off, the final zero included; 0 when there is none or it is corrupt.
u64 go_pcvalue_size(const GoTables *g, u32 off);

// The string of a type descriptor ("*runtime.g"), or an empty one; addr may be anything.
Str go_type_string(const GoTables *g, u64 addr);

// A NUL-terminated string at off in a table.
Str go_table_string(GoRange r, u64 off);

// The build ID that cmd/go stamped at the start of the text, or an empty string.
Str go_build_id(const Image *im);
