// gotype.h - type descriptors: what the compiler writes for reflection, read by the linker.
//
// WHAT  A type symbol ("type:[]int") holds an abi.Type: a common head of 48 bytes, then fields of its kind,
//       then an UncommonType when the type has methods or a name, then arrays (function parameters, fields,
//       methods).
//
//             0  8  size of a value                      24  8  -> equality function
//             8  8  bytes that may hold pointers         32  8  -> pointer mask
//            16  4  hash                                 40  4  -> name, as printed (offset)
//            20  1  flags   21 align   22 field align    44  4  -> type of a pointer to it (offset)
//            23  1  kind                                 48     fields of the kind
//
// HOW   Numbers are in the symbol's bytes; everything that points is a relocation, found by its offset.
//       Relocations of a type are sorted by offset in practice, so a GoType remembers where the last one was
//       found: reading a type from front to back touches every relocation once.
// RULES A GoType is a view, cheap to make and valid as long as the symbol is not edited. Reads outside the
//       bytes yield zero and missing relocations nil, so a corrupt descriptor cannot do harm. Only targets
//       with 8-byte pointers are read.
// REF   internal/abi/type.go, internal/abi/compiletype.go, internal/abi/map.go; reflectdata.writeType in
//       cmd/compile.
#pragma once

#include "golang/program.h"

// abi.Kind
typedef enum {
    GOKIND_INVALID,
    GOKIND_BOOL,
    GOKIND_INT,
    GOKIND_INT8,
    GOKIND_INT16,
    GOKIND_INT32,
    GOKIND_INT64,
    GOKIND_UINT,
    GOKIND_UINT8,
    GOKIND_UINT16,
    GOKIND_UINT32,
    GOKIND_UINT64,
    GOKIND_UINTPTR,
    GOKIND_FLOAT32,
    GOKIND_FLOAT64,
    GOKIND_COMPLEX64,
    GOKIND_COMPLEX128,
    GOKIND_ARRAY,
    GOKIND_CHAN,
    GOKIND_FUNC,
    GOKIND_INTERFACE,
    GOKIND_MAP,
    GOKIND_POINTER,
    GOKIND_SLICE,
    GOKIND_STRING,
    GOKIND_STRUCT,
    GOKIND_UNSAFE_POINTER
} GoKind;

typedef struct {
    const Program *p;
    SymId sym;
    const u8 *data; // n bytes; missing ones are zeros
    u32 n;
    RelocList relocs;
    u32 hint; // relocation to look at first
} GoType;

// A view of type symbol s. Any symbol may be given: one without bytes reads as kind GOKIND_INVALID.
GoType gotype_open(const Program *p, SymId s);

GoKind gotype_kind(const GoType *t);
u64 gotype_size(const GoType *t);    // bytes of a value
u64 gotype_ptrdata(const GoType *t); // bytes from its start that may hold pointers
bool gotype_has_uncommon(const GoType *t);
bool gotype_gcmask_on_demand(const GoType *t); // the runtime builds the mask; see gotype_gcmask

// The type's name as it is printed ("*http.Request"): a view of the name symbol's bytes.
Str gotype_str(GoType *t);

// The pointer mask: one bit per word of ptrdata. *n receives the number of bytes present.
const u8 *gotype_gcmask(GoType *t, u32 *n);

// Element of an array, channel, pointer or slice.
SymId gotype_elem(GoType *t);
u64 gotype_array_len(const GoType *t);

SymId gotype_map_key(GoType *t);
SymId gotype_map_value(GoType *t);
SymId gotype_map_group(GoType *t);

u32 gotype_func_nin(const GoType *t);
u32 gotype_func_nout(const GoType *t);
bool gotype_func_variadic(const GoType *t);
// Parameter i, then results: 0 .. nin + nout - 1.
SymId gotype_func_param(GoType *t, u32 i);

u64 gotype_nfield(const GoType *t); // fields of a struct; checked against the symbol's size
Str gotype_field_name(GoType *t, u64 i);
bool gotype_field_embedded(GoType *t, u64 i);
SymId gotype_field_type(GoType *t, u64 i);
u64 gotype_field_offset(const GoType *t, u64 i);

u64 gotype_iface_nmethod(const GoType *t); // methods of an interface, as the descriptor says

// A method: name and type descriptor of the function. Names live in symbols of their own.
typedef struct {
    Str name;
    SymId type;
} GoMethod;

// Methods of a type that is no interface: position of the array in the symbol (one 16-byte record each), and
// their number. 0 when it has none.
u32 gotype_methods(const GoType *t, u32 *off);
// The method whose record (of a concrete type or of an interface) is at `off`.
GoMethod gotype_method_at(GoType *t, u32 off);

// The type inside an itab.
SymId goitab_type(const Program *p, SymId itab);

// The symbol that the relocation at `off` refers to, or nil.
SymId gotype_target(GoType *t, u32 off);

// The text in a name symbol (abi.Name).
Str goname_str(const Program *p, SymId name);
