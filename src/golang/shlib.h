// shlib.h - libraries of Go packages that a program is linked with (-linkshared).
//
// WHAT  The packages of such a library are not linked: their symbols are imported (SYM_DYNIMPORT), and what they are is read
//       from the library's table for the dynamic linker. Of types the linker needs more, because variables of the program
//       have them and need pointer masks: their bytes, and where the pointers in them lead. In the library those are
//       addresses and relocations.
// HOW   The format reads the file (Format.read_shlib); here is what others ask of it.
// REF   cmd/link/internal/ld/lib.go: ldshlibsyms; decodesym.go: decodeTargetSym, decodetypeGcmask.
#pragma once

#include "golang/program.h"

// Bytes of the library and their address in it.
typedef struct {
    u64 addr;
    const u8 *data;
    u64 n;
} ShlibPart;

// A pointer that the dynamic linker sets to the address of a symbol.
typedef struct {
    u64 addr;
    Str target;
} ShlibPointer;

typedef struct Shlib {
    Str path;
    Str hash;    // of what it exports, as it is now
    StrVec deps; // libraries that it needs: paths, or names to be looked for
    VEC(ShlibPart) parts;
    VEC(ShlibPointer) pointers; // by address
} Shlib;

// The target of the pointer at off in a type of a library; nil, and an error, if there is none.
SymId shlib_pointer(const Program *p, SymId type, u32 off);

// The bytes at an address of the library that has the type, at least n; NULL: there are not so many.
const u8 *shlib_bytes(const Program *p, SymId type, u64 addr, u64 n);

// The file of a library: a path, or a name that is looked for in the directories of -L and GOROOT/pkg. Empty, and an error: there is none.
Str shlib_find(Program *p, Str name);
