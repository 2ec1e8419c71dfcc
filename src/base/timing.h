// timing.h - phases of the link with their time and peak memory, for -v and -benchmark=cpu.
//
// timing_phase("deadcode") ends the phase before it and starts the next; the names are printed in the order
// of the calls. When nothing was asked for it costs one call and no system call.
#pragma once

#include "base/types.h"

typedef enum { TIMING_OFF, TIMING_VERBOSE, TIMING_BENCH } TimingMode;

void timing_init(TimingMode mode);

// Starts phase `name` (a static string); also tells diag.
void timing_phase(const char *name);

// Ends the last phase and prints the table to standard output: name, milliseconds, share, processor time and
// the part of it in the kernel, page faults, peak resident KiB so far.
void timing_report(void);
