// hostobj.h - objects of C compilers become gild's own symbols: the part that all formats share.
//
// WHAT  A section of the object that is linked turns into one symbol, called "package(section)", with the bytes and
//       the relocations. Functions and variables of C are its parts (HostPart): names for places in it. Global names
//       are looked up among Go's symbols; that is how C and Go find each other. Local ones are the object's own.
// HOW   A reader (format/macho/macho_hostobj.c, ...) walks its file and calls, in this order: host_section for all
//       sections, host_symbol for all symbols and host_define for those that are defined, host_finish_section for all
//       sections, and then adds the relocations with sym_add_reloc, types R_HOST_*.
//       The order matters: symbols get their numbers in it.
// REF   cmd/link/internal/loader/loader.go: AddInteriorSym, SortSub, LookupOrCreateCgoExport.
#pragma once

#include "golang/program.h"

typedef struct {
    SymId section;
    HostPart part;
} HostDefinition;

typedef struct {
    Program *p;
    const HostObject *obj;
    const char *reader; // "loadmacho": begins every message
    i32 version;        // of the object's local names
    StrMap locals;      // those names -> number of the symbol
    VEC(HostDefinition) defs; // in the order of definition; when sections are finished, by section and offset
    bool sorted;        // they are
    bool knows_sizes;   // of parts; else a part goes up to the next one
    bool failed;
} HostReader;

// Starts with an object.
void host_open(HostReader *r, Program *p, const HostObject *obj, const char *reader);

// Reports what is wrong with the object: one line. Nothing more of it should be read.
void host_error(HostReader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// The symbol that the object means by a name; made when there is none.
SymId host_symbol(HostReader *r, Str name, bool local);

typedef struct {
    SymKind kind;
    const u8 *data; // ndata bytes of the input, then zeros
    u64 ndata, size;
    u32 align;      // 0: as the size says
} HostContent;

// A section; name is in the link arena. Nil, and an error, if the object has another one of this name.
SymId host_section(HostReader *r, Str name, const HostContent *content);

// The symbol s stands for what is at off in a section. False, and an error, if it stands for something already
// and that is not allowed (SYMF_DUPOK); then nothing changes.
bool host_define(HostReader *r, SymId s, SymId section, u64 off, u32 flags);

// All parts of the section are known: puts them in order, gives them sizes if they have none, and lists functions in
// Program.textp.
void host_finish_section(HostReader *r, SymId section);
