// goobj.h - Go object files, read in place.
//
// WHAT  An object is one mapped range: a header with the offsets of its blocks, then arrays of fixed-size records (symbols,
//       relocations, auxiliary symbols), index arrays that say which records belong to which symbol, and the symbols' bytes.
//       docs/goobj.md draws it. All integers are little-endian and unaligned.
// HOW   object_open checks the header: blocks in order, inside the object, of whole records. What records point to (strings, index
//       ranges, symbol references) is checked where it is read, since checking it all up front would touch every page of
//       every input: a bad value is reported once as an error and yields an empty result.
//       A symbol of an object is named by its local index: package symbols first (ndef), then short-hashed, hashed and
//       other definitions (together nalldef), then references to symbols defined elsewhere.
// REF   cmd/internal/goobj/objfile.go: Header, Blk*, Sym, Reloc, Aux; cmd/internal/goobj/funcinfo.go.
#pragma once

#include "base/file.h"
#include "golang/reloc.h"
#include "golang/symkind.h"

typedef struct { u32 i; } SymId; // a symbol of the program; .i == 0 is nil

#define NIL_SYM ((SymId){0})

static inline bool sym_eq(SymId a, SymId b) {
    return a.i == b.i;
}

enum { GOOBJ_SYM_SIZE = 21, GOOBJ_RELOC_SIZE = 23, GOOBJ_AUX_SIZE = 9, GOOBJ_REFFLAGS_SIZE = 10 };

// Package indexes with a special meaning (goobj.PkgIdx*); 1.. are positions in the object's package list.
enum {
    PKGIDX_NONE = 0x7fffffff,
    PKGIDX_HASHED64 = PKGIDX_NONE - 1,
    PKGIDX_HASHED = PKGIDX_NONE - 2,
    PKGIDX_BUILTIN = PKGIDX_NONE - 3,
    PKGIDX_SELF = PKGIDX_NONE - 4,
    PKGIDX_INVALID = 0,
};

// Flags of an object (goobj.ObjFlag*).
enum { OBJ_SHARED = 1, OBJ_FROM_ASSEMBLY = 4, OBJ_UNLINKABLE = 8, OBJ_STD = 16 };

// Symbol flags: goobj.SymFlag* of the first flag byte in bits 0..7. The second byte's positions differ between releases;
// object_sym_flags puts them in bits 8.. in one numbering.
enum {
    SYMF_DUPOK = 1 << 0,
    SYMF_LOCAL = 1 << 1,
    SYMF_TYPELINK = 1 << 2,
    SYMF_LEAF = 1 << 3,
    SYMF_NOSPLIT = 1 << 4,
    SYMF_REFLECT_METHOD = 1 << 5,
    SYMF_GOTYPE = 1 << 6,
    SYMF_USED_IN_IFACE = 1 << 8,
    SYMF_ITAB = 1 << 9,
    SYMF_DICT = 1 << 10,
    SYMF_PKGINIT = 1 << 11,
    SYMF_LINKNAME = 1 << 12,
    SYMF_ABIWRAPPER = 1 << 13,
    SYMF_WASMEXPORT = 1 << 14,
    SYMF_LINKNAME_STD = 1 << 15, // Go 1.27
};

enum { ABI0 = 0, ABI_INTERNAL = 1, ABI_STATIC = 0xffff };

// Kinds of auxiliary symbols (goobj.Aux*).
typedef enum {
    AUX_GOTYPE, AUX_FUNCINFO, AUX_FUNCDATA, AUX_DWARF_INFO, AUX_DWARF_LOC, AUX_DWARF_RANGES, AUX_DWARF_LINES,
    AUX_PCSP, AUX_PCFILE, AUX_PCLINE, AUX_PCINLINE, AUX_PCDATA, AUX_WASM_IMPORT, AUX_WASM_TYPE, AUX_SEH_UNWIND
} AuxType;

typedef struct GoRelease GoRelease;

typedef struct Object {
    const u8 *base;      // first byte of the object (its magic)
    u64 size;            // bytes
    const MappedFile *file;
    Str what;            // archive and member, for messages
    const GoRelease *rel;
    u32 idx;             // position in Program.objs; 0 is not used
    u32 lib;             // index of its Library
    u32 unit;            // index of its compilation unit
    u32 flags;           // OBJ_*
    const u8 *fingerprint; // 8 bytes

    // Numbers of symbols by class; local indexes count through them in this order.
    u32 ndef, nhashed64, nhashed, nnonpkg, nref;
    u32 nalldef;         // ndef + nhashed64 + nhashed + nnonpkg

    const u8 *syms;      // GOOBJ_SYM_SIZE records, nalldef + nref of them
    const u8 *hash64;    // 8 bytes each
    const u8 *hash;      // 16 bytes each
    const u8 *refflags;  // GOOBJ_REFFLAGS_SIZE records
    u32 nrefflags;
    const u8 *reloc_idx, *aux_idx, *data_idx; // u32[nalldef + 1]
    const u8 *relocs;    // GOOBJ_RELOC_SIZE records
    const u8 *auxs;      // GOOBJ_AUX_SIZE records
    const u8 *data;
    u32 nreloc, naux, ndata; // records and bytes in the three arrays above
    const u8 *autolib;   // 16-byte records: string reference, fingerprint
    u32 nautolib;
    const u8 *pkgs;      // string references; index 0 is a dummy
    u32 npkg;
    const u8 *files;     // string references: the unit's file table
    u32 nfile;

    // Set by resolve_symbols:
    u32 first;           // SymId of local symbol 0; package symbols have consecutive ids
    SymId *ids;          // ids of the local symbols ndef.. (definitions, then references), nalldef - ndef + nref of them
    u32 *pkg_obj;        // package index -> index of the object that defines the package's symbols, npkg of them
    u32 static_version;  // version number of its file-static symbols
} Object;

// Reads and validates the header and the blocks of the object at base. On bad input reports one error that names `what`
// (archive and member) and returns false. The mapping must outlive the object.
bool object_open(Object *o, const GoRelease *rel, const u8 *base, u64 size, Str what);

// Reports a value that points outside its object; once per object and kind of value.
__attribute__((cold)) void object_bad(const Object *o, const char *what, u64 got, u64 limit);

// A string reference (u32 size, u32 offset) inside the object.
static inline Str object_str(const Object *o, const u8 *ref) {
    u32 n = get_u32le(ref), off = get_u32le(ref + 4);
    if (UNLIKELY((u64)off + n > o->size)) {
        object_bad(o, "string", (u64)off + n, o->size);
        return (Str){0};
    }
    return (Str){(const char *)o->base + off, n};
}

static inline const u8 *object_sym(const Object *o, u32 local) {
    return o->syms + (u64)local * GOOBJ_SYM_SIZE;
}

static inline Str object_sym_name(const Object *o, u32 local) {
    return object_str(o, object_sym(o, local));
}

static inline u16 object_sym_abi(const Object *o, u32 local) { return get_u16le(object_sym(o, local) + 8); }
static inline u8 object_sym_type(const Object *o, u32 local) { return object_sym(o, local)[10]; }
static inline u32 object_sym_size(const Object *o, u32 local) { return get_u32le(object_sym(o, local) + 13); }
static inline u32 object_sym_align(const Object *o, u32 local) { return get_u32le(object_sym(o, local) + 17); }

// SYMF_* of the symbol.
u32 object_sym_flags(const Object *o, u32 local);

// The elements [*from, *from + result) of an array of `limit` elements that belong to defined symbol `local`, by one of the three
// index arrays.
static inline u32 object_range(const Object *o, const u8 *index, u32 local, u32 limit, u32 *from) {
    u32 a = get_u32le(index + 4ull * local), b = get_u32le(index + 4ull * local + 4);
    if (UNLIKELY(a > b || b > limit)) {
        object_bad(o, "index", b, limit);
        a = b = 0;
    }
    *from = a;
    return b - a;
}

// The bytes of a defined symbol. Trailing zeros may be missing: *n <= its size.
static inline const u8 *object_data(const Object *o, u32 local, u32 *n) {
    u32 from;
    *n = object_range(o, o->data_idx, local, o->ndata, &from);
    return o->data + from;
}

static inline Str object_file(const Object *o, u32 i) {
    if (UNLIKELY(i >= o->nfile)) {
        object_bad(o, "file number", i, o->nfile);
        return (Str){0};
    }
    return object_str(o, o->files + 8ull * i);
}

static inline Str object_pkg(const Object *o, u32 i) { return object_str(o, o->pkgs + 8ull * i); }
