// release_tables.h - the generated lists of release_tables.c, one set a release; used by release.c only.
#pragma once

#include "golang/release.h"

#define DECLARE_TABLES(name)                                                                                           \
    extern const Builtin name##_builtins[];                                                                            \
    extern const u32 name##_nbuiltins;                                                                                 \
    extern const Str name##_runtime_pkgs[];                                                                            \
    extern const u32 name##_nruntime_pkgs;                                                                             \
    extern const BlockedLinkname name##_blocked_linknames[];                                                           \
    extern const u32 name##_nblocked_linknames;                                                                        \
    extern const u8 name##_reloc_types[256]

DECLARE_TABLES(go126);
DECLARE_TABLES(go127);
