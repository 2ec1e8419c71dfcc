// mach_o.h - the records and numbers of Mach-O that the loader reads.
//
// WHAT  A Mach-O file begins with a header and load commands; these say everything else: which parts of the file go where in
//       memory (segments, divided into sections), which libraries are needed, where the tables for dyld lie, where
//       to start.
//
//           +--------+---------------+--------+----------------+----------+------------+
//           | header | load commands | __text | other sections | __DATA.. | __LINKEDIT |
//           +--------+---------------+--------+----------------+----------+------------+
//           |<------------- segment __TEXT ------------------->|          tables for dyld, symbols, signature
//
// RULES The records are those of the file, with Apple's names of fields; docs/macho.md explains the format at length.
//       Numbers are little-endian, except in the code signature.
// REF   <mach-o/loader.h>, <mach-o/nlist.h>, <mach-o/fixup-chains.h>, <mach/machine.h>.
#pragma once

#include "base/types.h"

enum {
    MH_MAGIC_64 = (int)0xfeedfacf,
    CPU_TYPE_X86_64 = 0x01000007,
    CPU_TYPE_ARM64 = 0x0100000c,

    MH_EXECUTE = 2,
    MH_DYLIB = 6,
    MH_BUNDLE = 8, // what plugins are

    MH_NOUNDEFS = 0x1,
    MH_DYLDLINK = 0x4,
    MH_TWOLEVEL = 0x80, // the symbol table says which library an import comes from
    MH_PIE = 0x200000,
};

typedef struct {
    u32 magic;
    u32 cputype, cpusubtype;
    u32 filetype; // MH_EXECUTE, ...
    u32 ncmds;
    u32 sizeofcmds; // bytes of all load commands, which follow
    u32 flags;      // MH_PIE, ...
    u32 reserved;
} MachHeader;

enum {
    LC_SYMTAB = 0x2,
    LC_UNIXTHREAD = 0x5,
    LC_DYSYMTAB = 0xb,
    LC_LOAD_DYLIB = 0xc,
    LC_ID_DYLIB = 0xd,
    LC_LOAD_DYLINKER = 0xe,
    LC_SEGMENT_64 = 0x19,
    LC_UUID = 0x1b,
    LC_CODE_SIGNATURE = 0x1d,
    LC_DYLD_INFO = 0x22,
    LC_VERSION_MIN_MACOSX = 0x24,
    LC_FUNCTION_STARTS = 0x26,
    LC_DATA_IN_CODE = 0x29,
    LC_SOURCE_VERSION = 0x2a,
    LC_BUILD_VERSION = 0x32,

    LC_REQ_DYLD = (int)0x80000000, // dyld must refuse the file when it does not know the command
    LC_LOAD_WEAK_DYLIB = 0x18 | LC_REQ_DYLD,
    LC_RPATH = 0x1c | LC_REQ_DYLD,
    LC_REEXPORT_DYLIB = 0x1f | LC_REQ_DYLD,
    LC_DYLD_INFO_ONLY = 0x22 | LC_REQ_DYLD,
    LC_MAIN = 0x28 | LC_REQ_DYLD,
    LC_DYLD_EXPORTS_TRIE = 0x33 | LC_REQ_DYLD,
    LC_DYLD_CHAINED_FIXUPS = 0x34 | LC_REQ_DYLD,
};

typedef struct {
    u32 cmd; // LC_...
    u32 cmdsize;
} LoadCommand;

enum {
    VM_PROT_READ = 1,
    VM_PROT_WRITE = 2,
    VM_PROT_EXECUTE = 4,
    SG_READ_ONLY = 0x10, // writable only until the fixups are done
};

typedef struct {
    u32 cmd, cmdsize;
    char segname[16]; // filled up with NULs
    u64 vmaddr, vmsize;
    u64 fileoff, filesize; // the rest of vmsize is zeros
    u32 maxprot, initprot; // VM_PROT_...
    u32 nsects;            // sections, whose headers follow
    u32 flags;             // SG_...
} SegmentCommand;

enum {
    SECTION_TYPE = 0xff, // the part of the flags that is one of these:
    S_REGULAR = 0x0,
    S_ZEROFILL = 0x1,
    S_CSTRING_LITERALS = 0x2,
    S_4BYTE_LITERALS = 0x3,
    S_8BYTE_LITERALS = 0x4,
    S_LITERAL_POINTERS = 0x5,
    S_NON_LAZY_SYMBOL_POINTERS = 0x6,
    S_LAZY_SYMBOL_POINTERS = 0x7,
    S_SYMBOL_STUBS = 0x8,
    S_MOD_INIT_FUNC_POINTERS = 0x9,
    S_COALESCED = 0xb,
    S_16BYTE_LITERALS = 0xe,
    S_THREAD_LOCAL_VARIABLES = 0x13,
    S_INIT_FUNC_OFFSETS = 0x16,

    S_ATTR_PURE_INSTRUCTIONS = (int)0x80000000,
    S_ATTR_SOME_INSTRUCTIONS = 0x400,
    S_ATTR_DEBUG = 0x02000000,
    S_ATTR_OF_LINKERS = 0x78000000, // advice to linkers, of which some remains in linked files
};

typedef struct {
    char sectname[16], segname[16];
    u64 addr, size;
    u32 offset; // in the file
    u32 align;  // log2
    u32 reloff, nreloc;
    u32 flags;     // S_...
    u32 reserved1; // stubs and pointers: index of the first entry in the indirect symbol table
    u32 reserved2; // stubs: bytes of one
    u32 reserved3;
} SectionHeader;

typedef struct {
    u32 cmd, cmdsize;
    u32 symoff, nsyms;
    u32 stroff, strsize;
} SymtabCommand;

typedef struct {
    u32 cmd, cmdsize;
    u32 ilocalsym, nlocalsym; // the three runs of the symbol table
    u32 iextdefsym, nextdefsym;
    u32 iundefsym, nundefsym;
    u32 tocoff, ntoc, modtaboff, nmodtab, extrefsymoff, nextrefsyms;
    u32 indirectsymoff, nindirectsyms;
    u32 extreloff, nextrel, locreloff, nlocrel;
} DysymtabCommand;

typedef struct {
    u32 cmd, cmdsize;
    u32 rebase_off, rebase_size;
    u32 bind_off, bind_size;
    u32 weak_bind_off, weak_bind_size;
    u32 lazy_bind_off, lazy_bind_size;
    u32 export_off, export_size;
} DyldInfoCommand;

// LC_CODE_SIGNATURE, LC_DYLD_EXPORTS_TRIE, LC_DYLD_CHAINED_FIXUPS, ...
typedef struct {
    u32 cmd, cmdsize;
    u32 dataoff, datasize;
} LinkeditDataCommand;

typedef struct {
    u32 cmd, cmdsize;
    u32 name;    // offset of a string from the start of the command
} StringCommand; // LC_LOAD_DYLINKER, LC_RPATH; and the start of LC_LOAD_DYLIB

typedef struct {
    u32 cmd, cmdsize;
    u64 entryoff; // in the file
    u64 stacksize;
} EntryPointCommand;

typedef struct {
    u32 cmd, cmdsize;
    u32 flavor, count; // of the register set that follows
} ThreadCommand;

typedef struct {
    u32 cmd, cmdsize;
    u32 platform;   // 1: macOS
    u32 minos, sdk; // xxxx.yy.zz
    u32 ntools;
} BuildVersionCommand;

enum {
    N_STAB = 0xe0, // any of these bits: for debuggers
    N_TYPE = 0x0e,
    N_EXT = 0x01,
    N_UNDF = 0x0, // values of N_TYPE
    N_ABS = 0x2,
    N_SECT = 0xe,

    INDIRECT_SYMBOL_LOCAL = (int)0x80000000,
    INDIRECT_SYMBOL_ABS = 0x40000000,
};

typedef struct {
    u32 n_strx;
    u8 n_type;
    u8 n_sect;  // from 1; 0: none
    u16 n_desc; // imports: the ordinal of the library in the upper byte
    u64 n_value;
} Nlist;

_Static_assert(sizeof(MachHeader) == 32 && sizeof(SegmentCommand) == 72 && sizeof(SectionHeader) == 80,
               "sizes");
_Static_assert(sizeof(DysymtabCommand) == 80 && sizeof(DyldInfoCommand) == 48 && sizeof(Nlist) == 16,
               "sizes");
