// handover.h - giving a link to the stock linker when gild cannot do it.
//
// WHAT  Under `go build -toolexec=gild` the stock tool's command line is known, so a program that needs
//       what gild does not do yet can still be linked. GILD_FALLBACK decides how: auto (or unset) hands
//       over silently, report prints one line first, off makes it an error; tests and measurements use off.
// WHEN  Before the output file is in its place: usually after the flags are read, but also later, when an
//       input turns out to need an external linker. Works from any thread.
#pragma once

#include "base/types.h"

// Remembers the stock command: path of the tool and its argv, NULL-terminated. Without this call nothing
// can be handed over. Ends the program when GILD_FALLBACK has an unknown value.
void handover_init(char **stock_argv);

// Whether handover would run the stock tool.
bool handover_possible(void);

// Replaces the process by the stock tool, or ends it with an error line. The text names what gild cannot do
// yet, as a noun phrase: "-buildmode=plugin for darwin/amd64".
_Noreturn void handover(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
