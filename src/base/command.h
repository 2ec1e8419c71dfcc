// command.h - runs another program and reads what it prints.
#pragma once

#include "base/arena.h"

// Runs argv (NULL at the end; argv[0] is looked for in PATH) and keeps what it writes to standard output. False when it
// cannot be run or fails; what it writes to standard error is lost.
bool command_output(Arena *a, char *const argv[], Str *out);
