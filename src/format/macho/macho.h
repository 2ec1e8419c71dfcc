// macho.h - Mach-O executables, the format of macOS: what its files share.
//
// WHAT  The file, from its start:
//
//         header, load commands      load_commands.c   segments, sections, libraries, entry point
//         padding up to header_size
//         __TEXT                     code, read-only data
//         __DATA_CONST               data that only dyld writes (pie)
//         __DATA
//         __DWARF                    not loaded
//         __LINKEDIT                 what dyld and debuggers read:
//           rebase opcodes           dyldinfo.c        pointers to adjust
//           bind opcodes             dyldinfo.c        pointers to imported symbols
//           symbol table             macho_symtab.c
//           indirect symbols         of the stubs, then of the GOT
//           string table             macho_symtab.c
//           code signature           code_signature.c      arm64
//
// HOW   Everything in __LINKEDIT is sized before the output file exists and written in parallel.
// REF   mach-o/loader.h, mach-o/nlist.h; cmd/link/internal/ld/macho.go.
#pragma once

#include "format/format.h"
#include "format/kept_reloc.h"

// Classes of symbols, in the order of the symbol table (LC_DYSYMTAB).
typedef enum { MACHO_LOCAL, MACHO_EXTDEF, MACHO_UNDEF, MACHO_NCLASS } MachoClass;

// A pointer that dyld fills with the address of an imported symbol.
typedef struct {
    SymId sym;
    i32 off;
    SymId target;
} MachoBind;

// How a host object's relocation that names a section says what it adds.
typedef enum {
    MACHO_ADDEND_PLAIN,
    MACHO_ADDEND_ADDRESS,  // the address in the object
    MACHO_ADDEND_DISTANCE, // the distance to the address in the object
} MachoAddend;

// A type of relocation in host objects.
typedef struct {
    u16 host;          // RelocType; R_NONE: gild does not know it
    u8 section_addend; // MachoAddend
    bool is_addend;    // not a relocation but the addend of the next one
} MachoRelocType;

// What the format's headers and tables say or do differently for a processor.
typedef struct {
    u32 type, subtype;  // of the header
    bool main_command;  // LC_MAIN gives the entry point, not LC_UNIXTHREAD
    bool signature;     // macOS runs signed files only
    bool inode64_names; // libSystem has two forms of some functions
    bool short_addends;    // of kept relocations: 24 bits
    bool addends_in_place; // of host objects' relocations: in the bytes that they change
    const MachoRelocType (*host_relocs)[2]; // [16]: by type and whether it is pc-relative
    // Writes the records of a kept relocation at out, unless that is NULL; returns their bytes, 0 for an unknown type.
    // `target` are the bits of the record that say what it refers to; `add` counts from there.
    u32 (*put_kept)(const KeptReloc *k, u32 target, i64 add, u8 *out);
} MachoCpu;

// A part of __LINKEDIT.
typedef struct {
    u64 fileoff;
    u64 size;
} MachoPart;

// An entry of the symbol table.
typedef struct {
    SymId sym;
    u32 name_off; // offset of its string in the string table; it goes up to that of the next one
    u32 string;   // where its bytes are in MachoState.strings
    u32 off;      // a label: bytes behind the symbol
} MachoEntry;

enum { MACHO_LABEL_STEP = 1 << 23 }; // bytes: what an addend of 24 bits, one for the sign, reaches

// Labels in a big symbol, or group of symbols, of an object, at every MACHO_LABEL_STEP bytes: relocations with short addends
// refer to them.
typedef struct {
    SymId sym;
    u32 n;
    u32 first; // position in `entries` of the first one; others follow
} MachoLabels;

// The symbols before they are sorted, in the order in which the sort is to find them: parallel arrays.
typedef struct {
    u32 n;
    SymId *syms;
    Str *names; // as they are in Go
    u32 *from;  // where the string is in MachoState.strings, and the end of the last one
    u8 *flags;
} MachoNaming;

struct MachoState {
    i64 load_budget;          // bytes that are left for LC_LOAD_DYLIB in the header
    VEC(MachoBind) binds;
    SymVec indirect_plt, indirect_got; // symbols of the stubs and slots, in order
    SymId linkedit_plt, linkedit_got;  // names that the stock linker uses for them; their numbers count

    Str host_platform;        // load command of a host object that names its platform, or empty

    MachoNaming *naming;      // from macho_name_symbols to macho_order_symbols
    u8 *strings;              // what stands in the string table, not in its order
    u64 strtab_size;          // without padding
    MachoEntry *entries;      // the symbol table; set by macho_order_symbols, as are the next two
    u32 nentry;
    u32 nclass[MACHO_NCLASS];
    VEC(MachoLabels) labels;  // behind all other entries
    Str plugin_prefix;        // in a plugin: of the names of its own package
    u32 *symnum;              // in an object: 1 + position in `entries`, by SymId; 0: not there
    u64 *rebase_off;          // offset in the rebase opcodes of each piece of Program.dyn_pointers
    ByteBuf bind_ops;

    u64 linkedit;             // file offset of __LINKEDIT
    u64 linkedit_size;
    MachoPart rebase, bind, symtab, indirect, strtab;
    MachoPart signature; // of everything in front of it; size 0: none
};

// ---- macho.c ----------------------------------------------------------------------------------------------

enum { MACHO_HEADER_RESERVE = 4096 };

const MachoCpu *macho_cpu(const Program *p);
// Allocates the state (Format.init).
void macho_init(Program *p);
extern const char *const macho_compiler_args_amd64[], *const macho_compiler_args_arm64[];
// A symbol of the linker's own.
SymId macho_make_live(Program *p, Str name, SymKind kind);
// Places all of __LINKEDIT but the signature; returns the end.
u64 macho_layout_linkedit(Program *p);

// ---- macho_kept.c -----------------------------------------------------------------------------------------

u32 macho_put_kept_amd64(const KeptReloc *k, u32 target, i64 add, u8 *out);
u32 macho_put_kept_arm64(const KeptReloc *k, u32 target, i64 add, u8 *out);

// ---- macho_hostlink.c -------------------------------------------------------------------------------------

// Hooks of the Format.
void macho_add_host_flags(struct HostLink *h);
void macho_finish_host_link(struct HostLink *h);

// ---- dyldinfo.c -------------------------------------------------------------------------------------------

// Sizes of the opcode streams; 0 in a file at fixed addresses. Addresses are final.
u64 macho_rebase_size(Program *p);
u64 macho_bind_size(Program *p);
// Write what was sized above at its place in the file.
void macho_write_rebase(Program *p);
void macho_write_bind(const Program *p);

// ---- macho_symtab.c ---------------------------------------------------------------------------------------

// Collects the symbols of the table and makes their strings (Format.name_symbols).
void macho_name_symbols(Program *p);
// Sorts them (Format.order_symbols).
void macho_order_symbols(Program *p);
// Gives imported and exported symbols their numbers (Format.number_dynamic_symbols).
void macho_number_dynamic_symbols(Program *p);
// Appends the labels to the table, and sets their numbers.
void macho_append_labels(Program *p);
// Writes the symbol table and the string table.
void macho_write_symtab(Program *p);
enum { MACHO_NLIST_SIZE = 16 };

// ---- load_commands.c --------------------------------------------------------------------------------------

// Writes the header and the load commands at the start of the file. Everything behind them is complete.
void macho_write_header(Program *p);
// The same for an object.
void macho_write_object_header(Program *p);

// ---- macho_hostobj.c, macho_host_relocs.c -----------------------------------------------------------------

// Reads an object of a C compiler (Format.load_host_object).
void macho_load_host_object(Program *p, const HostObject *obj);
// Looks only for the platform of an object that is passed on. What is no Mach-O file is none of our business.
void macho_note_platform(Program *p, const HostObject *obj);

extern const MachoRelocType macho_host_relocs_amd64[16][2], macho_host_relocs_arm64[16][2];

// ---- code_signature.c -------------------------------------------------------------------------------------

// What is signed: the first bytes of a file, of which __TEXT is a part.
typedef struct {
    const u8 *code;
    u64 size;
    u64 text_off, text_size;
    bool is_program; // no library
} MachoSigned;

// Writes the signature at out.
void macho_sign(Pool *pool, const MachoSigned *s, u8 *out);
// Bytes of the signature of a file whose first code_size bytes are signed.
u64 macho_signature_size(u64 code_size);
// Writes the signature of all that stands in front of it in Program.out.
void macho_write_signature(const Program *p);

// ---- macho_uuid.c -----------------------------------------------------------------------------------------

// The file's UUID by -B, by the build id or, in releases that want one always, from the file's bytes. Returns
// false when there is none.
bool macho_uuid(const Program *p, u8 uuid[16]);
// The UUID by -B or the build id, one of which is given.
void macho_build_id_uuid(const Program *p, u8 uuid[16]);
