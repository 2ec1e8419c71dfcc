// program.h - the program being linked: its symbols, libraries, units, sections and segments.
//
// WHAT  Program is the state that the passes share. A symbol is a SymId, an index into parallel arrays; what is rare lives in side
//       tables. Contents and relocations stay in the mapped objects and are read in place, unless the linker made or changed them:
//       then they are a MadeSym.
// ORDER The numbers of symbols are part of the output: they break ties of nearly every sort. So ids are given in exactly the
//       order of the stock linker (loader.LoadSyms): 1. the package symbols of all objects; 2. object by object, hashed and named
//       definitions at their first occurrence; 3. references that nobody defines; 4. symbols that the linker itself makes, in
//       the order of first mention (sym_lookup_or_make). From ext_start on, symbols are of class 3 and 4.
// RULES All arrays are indexed by SymId.i and have `cap` slots of address space. `live` is final after deadcode, `addr` holds an offset in the
//       section until assign_addresses and a virtual address after it.
// REF   cmd/link/internal/loader/loader.go; cmd/link/internal/sym.
#pragma once

#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/strmap.h"
#include "base/threads.h"
#include "base/vec.h"
#include "golang/goobj.h"
#include "golang/release.h"
#include "options.h"

typedef struct Program Program;
typedef struct Section Section;
typedef struct Segment Segment;

typedef VEC(SymId) SymVec;

// ---- symbols ---------------------------------------------------------------------------------------------------------

// Writes the n = sym_size bytes of a generated symbol at out (zero-filled). May run in any thread, once.
typedef void SymWriter(const Program *p, SymId s, u8 *out);

// Writes what part i of `nparts` equal parts of Program.textp adds to a generated symbol. May run in any thread, once a part.
typedef void SymPartWriter(const Program *p, u32 part, u8 *out);

// Content of a symbol that the linker made, or whose content it replaced.
typedef struct {
    Str name;
    i32 version;      // 0 ABI0 and data, 1 ABIInternal, < 0 anonymous (never found by name)
    u32 origin_obj;   // a replaced symbol: its object and local index, for aux symbols, flags and unit; else 0
    u32 origin_local;
    const u8 *data;   // ndata bytes, then zeros up to the symbol's size
    u32 ndata;
    u32 data_cap;     // bytes at data that the linker may write; 0: a view of an input
    u32 nreloc;
    u32 reloc_cap;
    u8 *relocs;       // GOOBJ_RELOC_SIZE records with {0, SymId} as target and RelocType as type
    SymWriter *write; // when set, the bytes come from here at the end instead of from data (relocations still apply)
    SymPartWriter *write_part; // the same in nparts parts, for big tables that read all objects
    u32 nparts;
    SymId gotype;     // for made symbols
} MadeSym;

// A symbol that a shared library provides, or that the program exports (cgo directives).
typedef struct {
    SymId sym;
    Str extname;      // name in the library; the symbol's name when empty
    Str lib;          // cgo_import_dynamic's library, may be empty
    Str version;
    bool cgo_export_dynamic, cgo_export_static, weak;
    bool is_function; // a library of Go packages says so,
    u8 type_there;    // and what type it has in the library's symbol table, in the format's terms
    u32 shlib;        // 1 + number of that library in Program.shlibs, if it defines the symbol,
    u64 shlib_addr;   // and the address there
    i32 got, plt;     // offset of its entry in .got / .plt, -1 when there is none
    i32 dynid;        // symbol table number, -1 when there is none
} DynSym;

// Names are found by hash; the slots hold (upper hash half, id) and the name itself is read through the id, so that the names of
// hundreds of thousands of package symbols cost eight bytes each.
typedef struct {
    u64 *slots; // 0: free
    u32 cap;    // power of two
    u32 count;
} NameTable;

typedef struct {
    u32 n;            // ids given, nil included
    u32 cap;          // slots in each array
    u32 ext_start;    // first id of a symbol that no object defines

    u32 *obj;         // defining object, or 0: made (local is then an index into `made`)
    u32 *local;       // local index in obj, or index into made
    u8 *kind;         // SymKind
    u16 *flags;       // SYMF_* of the definition; 0 for symbols that the linker made
    u8 *align_log2;   // 1 + log2 of the alignment; 0: not set (see sym_align)
    u16 *sect;        // section number, 0: none
    u32 *size;        // bytes in memory
    u64 *addr;        // offset in its section, from assign_addresses on the virtual address
    SymId *outer;     // carrier that contains the symbol (type:*, go:string.*, a host object's section), or nil

    Bitmap live;          // reachable; final after deadcode
    Bitmap used_in_iface; // type that is converted to an interface
    Bitmap is_local;      // not visible outside the module
    Bitmap is_static;     // of an object, and found by no name: see sym_is_static
    Bitmap is_unnamed;    // of an object, with an empty name: see sym_has_name
    Bitmap special;       // section markers: placed by hand, not laid out
    Bitmap not_in_symtab;
    Bitmap is_carrier;    // has inner symbols (is the `outer` of some)
    Bitmap is_hidden;     // a host object says that other modules must not see it
    Bitmap is_part;       // a HostPart of its `outer`: neither laid out nor written by itself
    Bitmap generated;     // content comes from a SymWriter
    Bitmap replaced;      // an object's symbol whose content is now a MadeSym ("external" for the stock linker)

    VEC(MadeSym) made;
    VEC(DynSym) dyn;      // in the order of the directives
    NameTable by_name;    // (name, version 0 or 1) -> id
    u32 *dyn_of;          // SymId -> 1 + index in dyn; sparse, made on first use
    SymId *builtin;       // position in the release's builtin list -> id
    u32 nbuiltin;
    i32 anon_version;     // last number given to an anonymous symbol
} SymTab;

// ---- libraries and units ---------------------------------------------------------------------------------------------

typedef struct {
    Str pkg;           // import path
    Str file;          // archive
    const u8 *fingerprint; // expected by the importer, or its own; 8 bytes, or NULL
    Str importer;      // archive member that first imported it
    VEC(u32) imports;  // libraries that it imports, in recorded order
    VEC(u32) units;    // its compilation units
    VEC(u32) objs;     // its Go objects
    Str shlib;         // is in this library of Go packages, and not linked
    bool is_main;      // says that it is package main
} Library;

typedef struct {
    u32 lib;
    u32 obj;           // Go object, or 0
    SymVec textp;      // its functions in address order; set by setup_runtime_symbols
    u32 func;          // number of the first of them; set by survey_functions
    u32 pcln_idx;      // position of its file table in the pclntab's cutab
} Unit;

// ---- output ----------------------------------------------------------------------------------------------------------

struct Section {
    Str name;          // ".text", ".go.buildinfo": Go's name, a format maps it to its own
    u8 rwx;            // 4 read, 2 write, 1 execute
    u16 id;            // number in Program.sects (>= 1)
    bool compressed;   // debugging section whose contents are packed, under its own name; set by dwarf_close_streams
    u64 reloc_off;     // kept relocations (format/kept_reloc.h): place in the file,
    u64 reloc_size;    // and bytes
    u16 extnum;        // number in the file: set by dodata's end, or by a format that orders its sections otherwise
    u32 align;         // bytes
    u64 addr;          // offset during layout, virtual address after assign_addresses
    u64 size;          // bytes in memory
    Segment *seg;
    SymId *syms;       // symbols in address order
    u32 nsym;
};

struct Segment {
    Str name;
    u8 rwx;
    u64 addr, size;        // memory
    u64 fileoff, filesize; // file
    VEC(Section *) sects;
};

// A pointer that the dynamic linker must adjust when the file is loaded somewhere else than at its addresses: at off in sym.
typedef struct {
    SymId sym;
    u32 off;
} DynPointer;

// At off in a function, something is called.
typedef struct {
    SymId func;
    u32 off;
} CallSite;

// A symbol that stands for a group of others, which lie behind it: type:*, go:string.* and their kind, runtime.pclntab.
typedef struct {
    SymId sym;
    u64 size; // of the group; the symbol's own is 0
} Carrier;

// Where a section marker belongs: so many bytes behind the start of the section in SymTab.sect.
typedef struct {
    SymId sym;
    u64 off;
} MarkerPlace;

// Functions that stand side by side in the order of textp because one library lists them, though another one may
// define them. LIB_NONE: no library lists them.
enum { LIB_NONE = UINT32_MAX };
typedef struct {
    u32 lib, n;
} TextRun;

// An object of a C compiler in a package archive (cgo, .syso) or in a library for it.
typedef struct {
    Str pkg;           // package, as it is written in names of symbols
    Str file;          // archive
    Str what;          // "archive(member)", for messages
    const u8 *data;
    u64 size;
    u64 fileoff;       // of data in the file
} HostObject;

// A name for some bytes of a host object's section: a function of C, a variable.
typedef struct {
    SymId sym;
    u32 off;           // in the section
} HostPart;

// A section of a host object is one symbol: it has the bytes and relocations and is laid out as a whole. Its parts
// are symbols without content, by offset. A section without named parts is not listed.
typedef struct {
    SymId sym;
    HostPart *parts;
    u32 nparts;
} HostSection;

// One dynamic-library name (cgo_import_dynamic _ _ "lib"), in directive order.
typedef struct {
    Str path;
} Dylib;

// An entry of a cgo directive list is applied in load order; kept as parsed JSON rows.
typedef struct {
    Str pkg, file;
    Str json;          // the text between "$$  // cgo" and the next "$$"
} CgoDirectives;

// A name=value string for -X, or one that the linker sets itself, in the order in which they were met.
typedef struct {
    Str name;          // package.path.name
    Str value;
} StrData;

typedef struct Format Format;
typedef struct Arch Arch;
typedef struct Dwarf Dwarf;      // dwarf/ keeps its state here
typedef struct MachoState MachoState;
typedef struct ElfState ElfState;
typedef struct PeState PeState;
typedef struct Pclntab Pclntab;
typedef struct StackUse StackUse;
struct KeptPiece;

enum { FIRST_STATIC_VERSION = 10 }; // sym.SymVerStatic: versions from here on are of file-static names

// The number of a function that belongs to no unit: a marker, or code of the linker's own.
enum { FUNC_NONE = UINT32_MAX };

struct Program {
    const Options *opt;
    const GoRelease *rel;
    const Format *format;  // back end of the file format
    const Arch *arch;      // back end of the processor
    Pool *pool;
    Arena arena;           // link lifetime; main thread only

    Str header;            // "go object darwin amd64 go1.27.4 ...\n": the line that every object must begin with
    Str go_version;        // "go1.27.4"
    VEC(Object) objs;      // [0] unused
    VEC(Library) libs;     // in load order
    struct Shlib *shlibs;  // libraries of Go packages, nshlib of them; set by load_shared_libraries
    u32 nshlib;
    StrVec named_pkgs;     // of a library of Go packages (-buildmode=shared): those on the command line
    u32 *lib_order;        // indexes of libs in layout order (depth-first postorder); set by order_libraries
    VEC(Unit) units;
    StrMap lib_by_pkg;     // import path -> library
    VEC(CgoDirectives) cgo;
    VEC(HostObject) host_objs;
    Str unknown_obj;       // the first object of a format that nobody knows, or empty
    StrVec no_dynimport;   // packages whose imports cgo could not find out (a member "dynimportfail")
    StrVec prefer_external; // packages that want an external link (a member "preferlinkext")
    i32 static_version;    // next number for file-static names: one for every object
    VEC(HostSection) host_sections; // by number of the symbol
    VEC(Dylib) dylibs;
    VEC(DynPointer) dyn_pointers; // in the stock linker's order; set by collect_dynamic_relocs
    Str interp;            // cgo_dynamic_linker
    bool dynlinked;        // the file is for a dynamic linker; set by apply_cgo_directives
    bool external;         // the file is an object, which the system's linker completes; set by load_program
    bool loads_plugins;    // the program may load plugins; set by load_program
    bool go_dynlink;       // it does, or is a plugin: modules share types and functions; set by load_program
    StrVec ldflags;        // for the system's linker (cgo_ldflag)
    Str host_tmpdir;       // folder of what is handed to it; set by hostlink_object

    SymTab syms;
    u32 *reached_from;     // SymId -> SymId by which deadcode reached it first, or nil; NULL: no field tracking
    VEC(StrData) strdata;  // -X and friends, by first mention

    u32 strict_dups;       // duplicate symbols that differ (-strictdups)
    SymVec textp;          // functions in address order; FIPS markers before setup_runtime_symbols
    VEC(TextRun) text_runs; // the last functions of textp, as setup_runtime_symbols orders them, by library
    u32 nfunc;             // functions of units, which are numbered unit by unit from Unit.func on
    u32 *text_func;        // their numbers in the order of textp, FUNC_NONE: of no unit; set by assign_text_addresses
    SymVec datap;          // data symbols in address order, segment by segment as layout_data makes them
    VEC(Carrier) carriers; // in address order; set by layout_data
    VEC(MarkerPlace) markers; // section markers, in no particular order; set by layout_data
    u8 *group;             // SymKind under which layout_data lays a symbol out, SYM_NONE: it does not; set by group_symbols
    SymVec dynexp;         // exported by cgo_export_dynamic
    VEC(Section *) sects;  // by Section.id; [0] NULL
    Segment seg_text, seg_rodata, seg_relrodata, seg_data, seg_dwarf;
    Segment seg_pdata, seg_xdata; // tables for unwinding (PE), each a segment of one section
    Segment seg_tls;       // thread-local data, in formats that have a section for it; its addresses count from 0
    Section *text_sect;    // first .text

    SymId moduledata, runtime_tlsg;
    struct { u32 typedesclen, itaboffset, itabsize; } moduledata_off; // of fields that layout_data fills in (Go 1.27)
    SymId main_inittasks, runtime_inittasks;
    SymId fipsinfo;
    SymId got, plt, dynamic; // linkage tables made by the format
    SymId rela, rela_plt;  // tables of dynamic relocations that have to stand side by side (ELF), or nil
    SymId unreachable_method; // stands in for methods that deadcode removed

    u64 image_base;        // address of the file's first byte in memory, which -T does not change
    u64 text_base;         // address of the text segment's first byte of code
    u32 header_size;       // bytes reserved before it
    u64 segment_align;     // rounding between segments (-R)
    i64 tls_offset;        // of the thread-local g from the thread pointer

    Dwarf *dwarf;
    MachoState *macho;
    ElfState *elf;
    PeState *pe;
    Pclntab *pclntab;
    StackUse *stack_use;   // what check_stacks needs of functions
    struct {
        const struct DebugRefs **of; // by SymId; NULL, or an element is: not noted
        Arena *arenas;
        u32 narena;
    } debug_refs;          // from deadcode to survey_functions
    VEC(CallSite) deferreturns; // first call of runtime.deferreturn in each function that has one, by SymId; from deadcode

    Output *output;        // the file during emit
    u8 *out;               // its mapping
    u64 out_size;
    VEC(struct KeptPiece) kept_pieces; // passes/keptrelocs.c
    u64 symtab_size;       // bytes of the symbol table's entries, in formats that count it as a part of the program
};

// ---- symbol access ---------------------------------------------------------------------------------------------------

static inline bool sym_is_live(const Program *p, SymId s) { return bitmap_get(&p->syms.live, s.i); }
static inline u8 sym_kind(const Program *p, SymId s) { return p->syms.kind[s.i]; }
static inline u32 sym_size(const Program *p, SymId s) { return p->syms.size[s.i]; }
static inline u64 sym_addr(const Program *p, SymId s) { return p->syms.addr[s.i]; }
static inline SymId sym_outer(const Program *p, SymId s) { return p->syms.outer[s.i]; }
static inline Section *sym_sect(const Program *p, SymId s) { return p->sects.v[p->syms.sect[s.i]]; }

static inline void sym_set_sect(Program *p, SymId s, const Section *sect) {
    p->syms.sect[s.i] = sect ? sect->id : 0;
}

// The content is the linker's own: a symbol made by it, an undefined reference, or one whose content it replaced
// (loader.IsExternal).
static inline bool sym_is_made(const Program *p, SymId s) { return p->syms.obj[s.i] == 0; }

static inline MadeSym *sym_made(const Program *p, SymId s) {
    assert(sym_is_made(p, s));
    return &p->syms.made.v[p->syms.local[s.i]];
}

// The object and local index that define the symbol; for a replaced symbol those of the original.
// NULL for symbols that the linker made.
static inline const Object *sym_object(const Program *p, SymId s, u32 *local) {
    u32 o = p->syms.obj[s.i];
    if (o) {
        *local = p->syms.local[s.i];
    } else {
        const MadeSym *m = sym_made(p, s);
        o = m->origin_obj;
        *local = m->origin_local;
    }
    return o ? &p->objs.v[o] : NULL;
}

// For resolve_symbols. Makes a name table that expects `names`.
void symtab_init(Program *p, u32 names);
// Makes the arrays for numbers below n, nil's included, and room for what the linker makes. The caller fills them in and
// sets SymTab.n.
void symtab_reserve(Program *p, u32 n);
// Gives the next id to a symbol of an object (obj 0: of the made list).
SymId symtab_append(Program *p, u32 obj, u32 local);
u64 name_hash(Str name, i32 version);
// The slot of a name, which is 0 when the name is new; name_table_set fills or replaces it.
u64 *name_table_slot(Program *p, u64 hash, Str name, i32 version);
void name_table_set(Program *p, u64 *slot, u64 hash, SymId s);
// 0, 1, or the object's own number for file-static symbols.
i32 object_sym_version(const Object *o, u32 local);

Str sym_name(const Program *p, SymId s);

// 0 ABI0 (and data), 1 ABIInternal, others: file-static or anonymous.
i32 sym_version(const Program *p, SymId s);

// Whether the version is that of file-static names; and whether there is a name. Both without a look into the object.
static inline bool sym_is_static(const Program *p, SymId s) {
    return sym_is_made(p, s) ? sym_made(p, s)->version >= FIRST_STATIC_VERSION : bitmap_get(&p->syms.is_static, s.i);
}
static inline bool sym_has_name(const Program *p, SymId s) {
    return sym_is_made(p, s) ? sym_made(p, s)->name.n : !bitmap_get(&p->syms.is_unnamed, s.i);
}

// SYMF_* flags of the definition; 0 for made symbols. Flags of a replaced symbol are those of the original.
static inline u32 sym_flags(const Program *p, SymId s) { return p->syms.flags[s.i]; }

// Content bytes: *n <= sym_size; the rest is zeros. NULL when there are none.
static inline const u8 *sym_data(const Program *p, SymId s, u32 *n) {
    u32 o = p->syms.obj[s.i];
    if (o)
        return object_data(&p->objs.v[o], p->syms.local[s.i], n);
    const MadeSym *m = sym_made(p, s);
    *n = m->ndata;
    return m->data;
}

// Alignment in bytes. When none was set explicitly it is derived from the current size (arch maximum, halved until it fits
// the size) and, as the stock linker does, stored: so the moment of the first call matters (loader.SymAlign, ld.symalign).
u32 sym_align(Program *p, SymId s);
// Explicit alignment, or 0.
u32 sym_explicit_align(const Program *p, SymId s);
void sym_set_align(Program *p, SymId s, u32 align);

// Index of the unit that defines the symbol, or -1.
static inline i64 sym_unit(const Program *p, SymId s) {
    u32 local;
    const Object *o = sym_object(p, s, &local);
    return o ? (i64)o->unit : -1;
}

SymId sym_lookup(const Program *p, Str name, i32 version);
// The symbol of this name; made (kind SYM_NONE, dead) when there is none.
SymId sym_lookup_or_make(Program *p, Str name, i32 version);
// A symbol that cannot be found by name.
SymId sym_make_anonymous(Program *p, Str name);
// A file-static symbol of a host object, which keeps track of its names itself.
SymId sym_make_static(Program *p, Str name, i32 version);

// The parts of s, if it is a host object's section that has some.
const HostSection *sym_host_section(const Program *p, SymId s);
// Gives the parts of s, if it has any, addresses by that of s.
void place_parts(Program *p, SymId s);

// Makes the content of s editable: an object's symbol is replaced by a copy (number, name, aux symbols and unit
// stay). The result is valid until the next symbol is made.
MadeSym *sym_edit(Program *p, SymId s);

void sym_set_data(Program *p, SymId s, const u8 *data, u32 n);  // also sets size to n
// Appends a relocation to a made symbol.
void sym_add_reloc(Program *p, SymId s, i32 off, u8 siz, RelocType type, SymId target, i64 add);
// Appends pieces to the content of a made symbol; return the offset of the piece.
u32 sym_add_bytes(Program *p, SymId s, const void *bytes, u32 n);
u32 sym_add_u8(Program *p, SymId s, u8 v);
u32 sym_add_u64(Program *p, SymId s, u64 v);
u32 sym_add_addr(Program *p, SymId s, SymId target, i64 add); // pointer-sized, with an R_ADDR relocation

// The dynamic-linking record of s, or NULL; sym_dyn_make creates it.
DynSym *sym_dyn(const Program *p, SymId s);
DynSym *sym_dyn_make(Program *p, SymId s);
// The name under which the outside world knows s (loader.SymExtname).
Str sym_extname(const Program *p, SymId s);

// ---- references inside objects ---------------------------------------------------------------------------------------

// Reports a reference to a runtime function that the runtime does not define; nil.
__attribute__((cold)) SymId object_bad_builtin(const Program *p, const Object *o, u32 idx);

// object_resolve for the rarer references, and for bad ones.
SymId object_resolve_other(const Program *p, const Object *o, u32 pkg, u32 idx);

// The symbol that (package index, symbol index) means in object o; nil, with an error, when there is no such symbol.
static inline SymId object_resolve(const Program *p, const Object *o, u32 pkg, u32 idx) {
    if (pkg == PKGIDX_SELF && idx < o->ndef)
        return (SymId){o->first + idx};
    if (pkg && pkg < o->npkg) {
        const Object *def = &p->objs.v[o->pkg_obj[pkg]];
        if (idx < def->ndef)
            return (SymId){def->first + idx};
    }
    if (pkg == PKGIDX_HASHED && idx < o->nhashed)
        return o->ids[o->nhashed64 + idx];
    if (pkg == PKGIDX_NONE && idx < o->nnonpkg + o->nref)
        return o->ids[o->nhashed64 + o->nhashed + idx];
    return object_resolve_other(p, o, pkg, idx);
}

// ---- relocations -----------------------------------------------------------------------------------------------------

// The relocations of one symbol: records read in place.
typedef struct {
    const u8 *p;
    u32 n;
    const Object *obj; // NULL: records of a MadeSym
} RelocList;

typedef struct {
    i32 off;     // in the symbol
    u8 siz;      // bytes; 0: a marker, which changes no bytes
    bool weak;   // does not keep the target alive
    u16 type;    // RelocType
    i64 add;
    SymId sym;   // target, may be nil
} Reloc;

static inline RelocList sym_relocs(const Program *p, SymId s) {
    u32 oi = p->syms.obj[s.i];
    if (!oi) {
        const MadeSym *m = sym_made(p, s);
        return (RelocList){m->relocs, m->nreloc, NULL};
    }
    const Object *o = &p->objs.v[oi];
    u32 from, n = object_range(o, o->reloc_idx, p->syms.local[s.i], o->nreloc, &from);
    return (RelocList){o->relocs + (u64)from * GOOBJ_RELOC_SIZE, n, o};
}

static inline i32 reloc_off(RelocList rl, u32 i) { return (i32)get_u32le(rl.p + (u64)i * GOOBJ_RELOC_SIZE); }

static inline u16 reloc_type(RelocList rl, u32 i) {
    u16 t = get_u16le(rl.p + (u64)i * GOOBJ_RELOC_SIZE + 5) & (u16)~RELOC_WEAK_BIT;
    if (!rl.obj)
        return t;
    return LIKELY(t < 256) ? rl.obj->rel->reloc_type[t] : R_UNKNOWN;
}

static inline bool reloc_weak(RelocList rl, u32 i) {
    return get_u16le(rl.p + (u64)i * GOOBJ_RELOC_SIZE + 5) & RELOC_WEAK_BIT;
}

static inline i64 reloc_add(RelocList rl, u32 i) { return (i64)get_u64le(rl.p + (u64)i * GOOBJ_RELOC_SIZE + 7); }

static inline SymId reloc_sym(const Program *p, RelocList rl, u32 i) {
    const u8 *r = rl.p + (u64)i * GOOBJ_RELOC_SIZE + 15;
    u32 pkg = get_u32le(r), idx = get_u32le(r + 4);
    return rl.obj ? object_resolve(p, rl.obj, pkg, idx) : (SymId){idx};
}

static inline Reloc reloc_get(const Program *p, RelocList rl, u32 i) {
    const u8 *r = rl.p + (u64)i * GOOBJ_RELOC_SIZE;
    return (Reloc){reloc_off(rl, i), r[4], reloc_weak(rl, i), reloc_type(rl, i), reloc_add(rl, i), reloc_sym(p, rl, i)};
}

// Changes the type or the target of relocation i of a made symbol.
void made_set_reloc(MadeSym *m, u32 i, RelocType type, bool weak, SymId target);
static inline void made_set_add(MadeSym *m, u32 i, i64 add) { put_u64le(m->relocs + (u64)i * GOOBJ_RELOC_SIZE + 7, (u64)add); }

// ---- auxiliary symbols -----------------------------------------------------------------------------------------------

typedef struct {
    const u8 *p; // GOOBJ_AUX_SIZE records
    u32 n;
    const Object *obj;
} AuxList;

// The auxiliary symbols of s in recorded order; none for symbols that the linker made. A replaced symbol keeps those of
// the original.
static inline AuxList sym_auxs(const Program *p, SymId s) {
    u32 local;
    const Object *o = sym_object(p, s, &local);
    if (!o)
        return (AuxList){0};
    u32 from, n = object_range(o, o->aux_idx, local, o->naux, &from);
    return (AuxList){o->auxs + (u64)from * GOOBJ_AUX_SIZE, n, o};
}

static inline AuxType aux_type(AuxList al, u32 i) { return (AuxType)al.p[(u64)i * GOOBJ_AUX_SIZE]; }

static inline SymId aux_sym(const Program *p, AuxList al, u32 i) {
    const u8 *a = al.p + (u64)i * GOOBJ_AUX_SIZE;
    return object_resolve(p, al.obj, get_u32le(a + 1), get_u32le(a + 5));
}

// The first auxiliary symbol of the type, or nil.
SymId sym_aux(const Program *p, SymId s, AuxType type);

// The Go type of a variable (AUX_GOTYPE, or the one set on a made symbol), or nil.
SymId sym_gotype(const Program *p, SymId s);

// ---- function information --------------------------------------------------------------------------------------------

// A view of goobj.FuncInfo: the AUX_FUNCINFO symbol's bytes. data is NULL when the function has none.
typedef struct {
    const u8 *data;
    const Object *obj;   // resolves file numbers and inlined functions
    u32 nfile, ninl;
    const u8 *files;     // u32[nfile]: indexes into the unit's file table
    const u8 *inl;       // 24-byte inline-tree nodes
} FuncInfo;

FuncInfo sym_funcinfo(const Program *p, SymId s);

static inline u32 funcinfo_args(FuncInfo f) { return get_u32le(f.data); }
static inline u8 funcinfo_funcid(FuncInfo f) { return f.data[8]; }
static inline u8 funcinfo_flag(FuncInfo f) { return f.data[9]; }
static inline i32 funcinfo_startline(FuncInfo f) { return (i32)get_u32le(f.data + 12); }

typedef struct {
    i32 parent, line, parent_pc;
    u32 file;            // index into the unit's file table
    SymId func;
} InlNode;

InlNode funcinfo_inl(const Program *p, FuncInfo f, u32 i);

// ---- sections --------------------------------------------------------------------------------------------------------

// A new section at the end of a segment.
Section *section_new(Program *p, Segment *seg, Str name, u8 rwx);

// Indexes of libs in the order of their packages' names.
u32 *libraries_by_name(Program *p);

// Where packages are when neither the importcfg nor -L says so: GOROOT/pkg/GOOS_GOARCH. Empty: GOROOT is not known.
Str installed_packages(Program *p);
