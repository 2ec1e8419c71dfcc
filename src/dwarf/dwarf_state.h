// dwarf_state.h - the data that the files of dwarf/ share.
//
// TYPES   A type is a Die: entry number i of one array, in the order in which the entries appear in
//         .debug_info. What lies inside it (fields, parameters, the range of an array) is a run of Members. A
//         reference to a type is its index; 0 is none. A named type has two entries, the definition and a
//         typedef behind it, and references mean the typedef. No symbols are made for types: objects refer to
//         them by symbols called "go:info." + name, which info_die maps.
// UNITS   A DwUnit is a compilation unit: one Go object or assembly file of a package. `units` are in the
//         order in which part 1 meets them; `order` is the order in the output.
// PIECES  Each output section is cut into DwPieces with known offset and size.
#pragma once

#include "arch/arch.h"
#include "dwarf/dwarf.h"
#include "dwarf/dwarf_forms.h"

enum { DIE_UNSPECIFIED = 1 }; // the type of what has none

typedef struct {
    const char *name; // a view, name_n bytes
    u32 name_n;
    u32 type;  // index of a Die
    u64 value; // offset of a field, length of an array
    u8 abbrev;
    bool embedded; // field
} Member;

typedef struct {
    const char *name; // a view, name_n bytes
    u32 name_n;
    u32 type;          // DW_AT_type: index of a Die
    u32 elem, key;     // DW_AT_go_elem, DW_AT_go_key
    SymId rtype;       // DW_AT_go_runtime_type: the descriptor, when it is in the program
    SymId gotype;      // maps: the type; channels: the element. What .type is made from
    u32 child, nchild; // run of Members
    u32 off;           // from the first type's entry; set by dwarf_build_sections
    u64 size;          // bytes of a value
    u8 abbrev;
    u8 kind;     // GoKind
    u8 encoding; // DW_ATE_*
} Die;

// The debugging symbols of one function; .i == 0: it has none of the kind.
typedef struct {
    SymId info, loc, ranges, lines;
    u32 code_size;  // bytes
    u32 frame_size; // of its entry in .debug_frame; 0: it has no tables, and no entry
    u32 slot;       // of its address in the unit's part of .debug_addr, set by dwarf_number_addresses; or SLOT_NONE
} DwFunc;

enum { SLOT_NONE = UINT32_MAX };

typedef enum {
    REF_INFO,     // "go:info.T": the type T
    REF_TYPE,     // descriptor of a type that a function uses without a variable of it, or a variable's
    REF_ABSFN,    // abstract function
    REF_VARIABLE, // no reference, but the entry of a variable
} DwRefKind;

// What a function or a variable refers to.
typedef struct {
    DwRefKind kind;
    SymId sym;
    union {
        SymId type; // REF_INFO: the descriptor of T, or nil
        u32 unit;   // index in Dwarf.units
    };
} DwRef;

typedef VEC(DwRef) DwRefs;

typedef struct {
    i64 start, end; // bytes from the unit's first function
} PcRange;

// Functions of a unit that are written together, and their bytes in each of the sections that are made of units.
typedef struct {
    u32 to; // behind the last one
    u64 info, line, loc, ranges, addr;
} DwChunk;

typedef struct {
    u32 unit; // index in Program.units
    Str pkg;
    Str producer; // DW_AT_producer
    Str pkgname;  // name in the package clause
    SymId consts; // entries of the package's constants, or nil
    bool has_text;
    bool has_types;          // the types' entries are in this unit
    bool empty;              // left out of .debug_info
    u32 func;                // its functions: funcs[func .. func + textp.n], parallel to Unit.textp
    SymVec absfns;           // abstract functions whose entries are in this unit
    SymVec vars;             // entries of variables
    VEC(PcRange) pcs;        // address ranges
    VEC(DwChunk) chunks;     // all of it; the first has also what precedes the functions, the last what follows them
    ByteBuf line_header;     // file table and what precedes it
    u64 info_off, info_size; // in .debug_info; without the types
    u64 line_off, line_size;
    u64 ranges_off, ranges_size;
    u64 loc_off, loc_size;
    u64 addr_off, addr_size;
    u32 base_slot;           // slot of the first function's address
} DwUnit;

// A part of a section. The fields behind `size` mean something to the section's write function.
typedef struct {
    u64 off;
    u64 size;
    u32 idx;      // unit, or block of functions
    u16 part;     // of the unit
    u32 from, to; // functions of the unit, or entries of types
    u64 kept;     // bytes of kept relocations (dwarf_kept.c), set when the piece is made
} DwPiece;

// The kept relocations of a piece of an object, while it is written. NULL, wherever it is passed on: the file is no
// object, and what is written is final.
typedef struct DwKept DwKept;

// Writes a piece at out.
typedef void PieceWriter(const Dwarf *d, const DwPiece *piece, u8 *out, DwKept *kept);

typedef struct {
    Str name;
    u64 size;
    VEC(DwPiece) pieces; // ascending, without gaps
    PieceWriter *write;
    Section *sect; // set by dwarf_allocate_sections
    DwStream *stream; // when it is to be compressed
} DwSection;

enum { DW_ABBREV, DW_LINE, DW_FRAME, DW_GDB, DW_INFO, DW_LOC, DW_RANGES, DW_ADDR, DW_NSECT }; // order in the file

struct Dwarf {
    Program *p;
    const DwarfForms *forms;
    u32 ptr_size;
    u32 nsym; // symbols of the program at the survey: size of the arrays by SymId

    // Types.
    Arena die_arena, member_arena, stack_arena; // each holds one array
    VEC(Die) dies;
    VEC(Member) members;
    StrMap die_by_name;
    u32 *type_die; // SymId of a type descriptor -> Die
    u32 *info_die; // SymId of "go:info.T" -> Die
    u32 uintptr_die;
    SymId eface, iface; // descriptors of runtime.eface and runtime.iface

    // Units.
    VEC(DwUnit) units;
    u32 *unit_of; // index in Program.units -> index in units
    DwFunc *funcs;
    u32 *first_user; // SymId -> ~index of the first batch that refers to it; 0: none
    DwRefs *batches; // what batches refer to first, in order: nbatch of functions, nvarbatch of variables
    u32 nbatch, nvarbatch;
    u32 *named_start; // object -> first of its hashed and named symbols
    u32 *order;      // units in output order
    u32 types_unit;  // unit that has the types
    u64 types_off;   // of the first type in .debug_info
    u64 types_size;

    Str gdb_script;
    ByteBuf abbrev;
    DwSection sects[DW_NSECT];
    VEC(DwarfItem) items; // all pieces, unit by unit
};

static inline Str die_name(const Dwarf *d, u32 die) {
    return (Str){d->dies.v[die].name, d->dies.v[die].name_n};
}

// ---- dwarf_types.c ----------------------------------------------------------------------------------------

// Makes the entries that are always there.
void dwarf_types_init(Dwarf *d);
// The entry of the type that a descriptor describes, made with all that it refers to when there is none.
u32 dwarf_type(Dwarf *d, SymId gotype);
// The descriptor of T for a symbol "go:info.T", or nil; in any thread. Nothing stays in `a`.
SymId dwarf_info_descriptor(const Dwarf *d, SymId info, Arena *a);
// Sets the entry that the symbol means, given that descriptor.
void dwarf_info_type(Dwarf *d, SymId info, SymId gotype);
// The descriptor of this name ("type:runtime.slice"). Ends the program when it is missing.
SymId dwarf_descriptor(const Dwarf *d, Str name);
// A new entry, found by name from now on.
u32 dwarf_new_die(Dwarf *d, u8 abbrev, Str name);

// ---- dwarf_synth.c ----------------------------------------------------------------------------------------

// Gives strings, slices, maps and channels the structures that they are at run time.
void dwarf_synthesize_types(Dwarf *d);

// ---- die.c ------------------------------------------------------------------------------------------------

// Sets Die.off of all types, and types_size.
void dwarf_place_dies(Dwarf *d);
// Writes entries [from, to).
void dwarf_write_dies(const Dwarf *d, u32 from, u32 to, u8 *out, DwKept *kept);
// The unit's own entry with the header in front of it.
u64 dwarf_unit_die_size(const Dwarf *d, const DwUnit *u);
u8 *dwarf_write_unit_die(const Dwarf *d, const DwUnit *u, u8 *out, DwKept *kept);

// ---- dwarf_line.c -----------------------------------------------------------------------------------------

// Makes line_header but for the unit's length. `a` keeps it.
void dwarf_build_line_header(const Dwarf *d, DwUnit *u, Arena *a);
// Looks for the path of the gdb scripts in the units of package runtime.
void dwarf_find_gdb_script(Dwarf *d);

// ---- dwarf_frame.c ----------------------------------------------------------------------------------------

// The bytes of a function's entry in .debug_frame, and of its code. 0: it has none.
u32 dwarf_frame_size(const Dwarf *d, SymId text, u32 *code_size);
// Sizes of code and of the entry in .debug_frame of function k of Program.textp, all that is set in the result.
DwFunc dwarf_frame(const Dwarf *d, u32 k);
// The pieces of .debug_frame with their sizes and places.
void dwarf_layout_frames(Dwarf *d);
// The first function of a piece.
SymId dwarf_frame_func(const Dwarf *d, u32 piece);

// ---- dwarf_addr.c -----------------------------------------------------------------------------------------

// Bytes of the header at the start of section DW_LOC, DW_RANGES or DW_ADDR, and the header.
u32 dwarf_list_header_size(const Dwarf *d, u32 sect);
void dwarf_write_list_header(const Dwarf *d, u32 sect, u8 *out);
// Gives the functions of the unit, and its base address, their slots; sets addr_size.
void dwarf_number_addresses(const Dwarf *d, DwUnit *u);
// The addresses of the piece's functions; with `last`, also the base address if it has a slot of its own.
u8 *dwarf_write_addresses(const Dwarf *d, const DwUnit *u, const DwPiece *piece, bool last, u8 *out, DwKept *kept);
// The list of the unit's own address ranges.
u64 dwarf_unit_ranges_size(const Dwarf *d, const DwUnit *u);
u8 *dwarf_write_unit_ranges(const Dwarf *d, const DwUnit *u, u8 *out);

// ---- dwarf_reloc.c ----------------------------------------------------------------------------------------

// Writes the bytes of debugging symbol s, relocated, at out; returns the end.
u8 *dwarf_write_symbol(const Dwarf *d, SymId s, u8 *out, DwKept *kept);
// The same for a symbol, or nil, that describes function k of the unit.
u8 *dwarf_write_function_symbol(const Dwarf *d, const DwUnit *u, u32 k, SymId s, u8 *out, DwKept *kept);

// ---- dwarf_kept.c -----------------------------------------------------------------------------------------

// Keeps the relocation of what was written at `at` in siz bytes: the offset off in section sect (DW_*), or the address
// of sym and add. Changes the bytes to what the format wants to stand there. Nothing happens when kept is NULL.
void dwarf_keep_offset(DwKept *kept, u8 *at, u32 sect, u32 siz, i64 off);
void dwarf_keep_address(DwKept *kept, u8 *at, SymId sym, u32 siz, i64 add);

// Writes the piece at out, and counts what it keeps.
void dwarf_write_piece(const Dwarf *d, const DwSection *s, DwPiece *piece, u8 *out);
