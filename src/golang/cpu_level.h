// cpu_level.h - the processor level that code is compiled for: GOAMD64 and GOARM64.
//
// The header line of an object has it as "GOAMD64=v1" or "GOARM64=v8.1,lse". A linker that is told another level by
// the environment does not take the object.
// REF   internal/buildcfg/cfg.go: goamd64, ParseGoarm64, GOGOARCH.
#pragma once

#include "base/arena.h"

// The variable with the level of a GOARCH, or NULL if gild knows none.
const char *cpu_level_variable(Str goarch);

// A value of that variable as headers spell it. False: there is no such level; *spelled is then what the stock linker
// says about the variable.
bool cpu_level_spell(Arena *a, Str goarch, Str value, Str *spelled);

// The level in a header ("go object linux arm64 go1.27.4 GOARM64=v8.0 X:...\n"), or the empty string.
Str cpu_level_of_header(Str header, const char *variable);
