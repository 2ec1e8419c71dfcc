// layout_plan.h - which kinds of data go to which section, in what order: one table a release.
//
// WHAT  A Go program's data is laid out kind by kind (SymKind). A SectionPlan row makes one section, or one
//       section a symbol, and names the kinds that fill it, in order. The rows stand in the order in which
//       the sections are made, which is their order in the segment. Writable rows come first: the masks for
//       the garbage collector describe them and are read-only data. Markers are symbols without content that
//       tell the runtime where a section or a kind begins and ends.
// HOW   dodata.c walks the table. A release that moves data about (Go 1.27 gave types a section of their own)
//       is a new table here, and no code.
// REF   cmd/link/internal/ld/data.go: allocateDataSections, makeRelroForSharedLib, address;
//       cmd/link/internal/sym/symkind.go: ReadOnly, RelROMap; runtime/symtab.go: moduledata.
#pragma once

#include "golang/symkind.h"

typedef enum {
    PLAN_DATA,  // writable data
    PLAN_TEXT,  // code
    PLAN_RO,    // read-only data: a segment of its own, or behind the code, as the format wants it
    PLAN_RELRO, // data that only the dynamic linker writes; PLAN_RO in a file without a place for such data
} PlanSegment;

enum {
    PLAN_SINGLE = 1,    // a section for each symbol, named after it
    PLAN_IF_ANY = 2,    // only when there is a symbol of the first kind
    PLAN_IF_RELRO = 4,  // only when the file has a relro segment
    PLAN_LIBRARY = 8,   // only in libraries (c-shared, c-archive, plugin)
    PLAN_ALIGN_ALL = 16, // the section is aligned for all its kinds, not just for the first
    PLAN_TO_RODATA = 32, // its symbols become SYM_RODATA for good
    PLAN_NAME_RODATA = 64, // a relro section that is called ".rodata", or ".data.rel.ro" without suffix
};

typedef enum {
    MARK_START,  // first byte of the section
    MARK_END,    // behind its last byte
    MARK_BEFORE, // where kind `of` begins, before alignment
    MARK_AFTER,  // behind the last symbol of kind `of`
    MARK_INSIDE, // a symbol with content of its own, already placed: it only becomes a marker
} MarkPlace;

typedef struct {
    Str name;
    u8 kind;  // SymKind that the marker has in the output
    u8 place; // MarkPlace
    u8 of;
} Marker;

enum { PLAN_MAX_KINDS = 14, PLAN_MAX_MARKERS = 10 };

typedef struct {
    Str name;     // empty: PLAN_SINGLE
    u8 segment;   // PlanSegment
    u8 rwx;       // 4 read, 2 write, 1 execute; relro sections are writable in a file with a relro segment
    u8 flags;     // PLAN_*
    u8 skip;      // bytes left free at the start, so that no offset in the section is zero
    u8 kinds[PLAN_MAX_KINDS];           // in order; SYM_NONE ends the list
    Marker markers[PLAN_MAX_MARKERS];   // an empty name ends the list
    Marker exe_markers[2];              // the same, only in a file without relro segment
} SectionPlan;

// When a symbol of a read-only kind moves to the relro kind.
typedef enum { RELRO_WITH_RELOCS, RELRO_ALWAYS, RELRO_NEVER_WITH_RELOCS } RelroWhen;

typedef struct {
    u8 from, to;
    u8 when;     // RELRO_NEVER_WITH_RELOCS: a relocation is an error, there is no relro kind
} RelroRule;

// Fields of runtime.moduledata, in the words of runtime/symtab.go.
typedef enum {
    MOD_END_OF_LIST,
    MOD_PCHEADER, MOD_FUNCNAMETAB, MOD_CUTAB, MOD_FILETAB, MOD_PCTAB, MOD_PCLNTABLE, MOD_FTAB,
    MOD_FINDFUNCTAB, MOD_MINPC, MOD_MAXPC,
    MOD_MARKERS,      // text .. gcbss: addresses of markers
    MOD_TYPES, MOD_TYPEDESCLEN, MOD_ETYPES, MOD_ITABOFFSET, MOD_ITABSIZE, MOD_RODATA, MOD_GOFUNC,
    MOD_EPCLNTAB, MOD_TEXTSECTMAP, MOD_TYPELINKS, MOD_ITABLINKS, MOD_PTAB, MOD_PLUGINPATH, MOD_PKGHASHES,
    MOD_INITTASKS, MOD_MODULENAME, MOD_MODULEHASHES, MOD_HASMAIN,
} ModuleField;

typedef struct LayoutPlan {
    const SectionPlan *sections;
    u32 nsections;
    const RelroRule *relro;
    u32 nrelro;
    const u8 *module; // ModuleFields of runtime.moduledata, MOD_END_OF_LIST at the end

    // Grouping of read-only symbols (symtab.go: symtab).
    bool relro_twins;   // types and function descriptors take the relro kinds, with carriers of their own
    bool groups_itabs;  // itabs are kept together with the types, and types are sorted for the runtime
    bool groups_gcmasks; // zeroed memory for pointer masks ("type:.gcmask.*") is kept together
    bool covctrs_aligned; // the marker of the coverage counters skips the padding in front of them
} LayoutPlan;

extern const LayoutPlan go126_layout;
extern const LayoutPlan go127_layout;
