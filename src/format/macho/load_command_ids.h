// load_command_ids.h - the kinds of Mach-O load command that are written, read or moved here.
//
// REF   <mach-o/loader.h>. Those from 0x80000000 on (LC_REQ_DYLD) are commands that dyld must understand to load the file.
#pragma once

enum {
    LC_SYMTAB = 0x2,
    LC_UNIXTHREAD = 0x5,
    LC_DYSYMTAB = 0xb,
    LC_LOAD_DYLIB = 0xc,
    LC_LOAD_DYLINKER = 0xe,
    LC_SEGMENT_64 = 0x19,
    LC_UUID = 0x1b,
    LC_CODE_SIGNATURE = 0x1d,
    LC_SEGMENT_SPLIT_INFO = 0x1e,
    LC_ENCRYPTION_INFO = 0x21,
    LC_DYLD_INFO = 0x22,
    LC_VERSION_MIN_MACOSX = 0x24,
    LC_VERSION_MIN_IPHONEOS = 0x25,
    LC_FUNCTION_STARTS = 0x26,
    LC_DATA_IN_CODE = 0x29,
    LC_DYLIB_CODE_SIGN_DRS = 0x2b,
    LC_ENCRYPTION_INFO_64 = 0x2c,
    LC_VERSION_MIN_TVOS = 0x2f,
    LC_VERSION_MIN_WATCHOS = 0x30,
    LC_BUILD_VERSION = 0x32,
    LC_DYLD_INFO_ONLY = (int)0x80000022,
    LC_MAIN = (int)0x80000028,
    LC_DYLD_EXPORTS_TRIE = (int)0x80000033,
    LC_DYLD_CHAINED_FIXUPS = (int)0x80000034,
};
