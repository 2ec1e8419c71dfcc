// diag.h - what the linker says to people: warnings, errors, fatal errors, bugs.
//
// WHAT  warn        something odd; the link goes on.
//       error       bad input: counted, the link goes on with a sound dummy value and stops at the next
//                   checkpoint, so that one run reports many faults.
//       fatal       the system failed us (I/O, memory): stops at once.
//       refuse      the same for the few faults after which the stock tool ends with status 1.
//       bug         an invariant of ours broke.
// HOW   Errors may come from any thread. They are collected and printed at checkpoints, duplicates merged,
//       in the order of their key (then text), the first 20 only; so -j8 prints what -j1 prints.
// TEXT  lower case, no full stop, cause first, subject in single quotes, then got and expected.
//       Wording that Go's own tests look for is kept.
//       Lines go to standard error. As in the stock tool, errors stand alone ("main.f: relocation target
//       ..."), and warnings and fatal errors have the program's name in front ("link: cannot open ...").
// EXIT  2 for errors in the input, fatal errors and wrong usage (the stock tool's number for all three); 1 after refuse:
//       an importcfg or response file that cannot be read, definitions and references that must not be. The stock tool
//       stops at the first of these; where threads may meet several, the one with the lowest key is the first.
#pragma once

#include "base/types.h"

// The prefix of every line, without colon.
void diag_init(const char *program);

// Prints one line at once. For sequential code: lines of a parallel loop would come in any order.
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// Reports a fault of the input under key 0: such errors come out first, in text order.
void error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// The same with a sort key, for parallel loops: pass the index of the object or symbol.
void error_at(u64 key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// The same, for texts that may be equal though what they are about is not: two symbols of one name. Only messages with
// equal subjects are merged.
void error_about(u64 key, u64 subject, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

// Ends the program with exit status 2 after one line; files in the making are removed.
_Noreturn void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// The same with exit status 1.
_Noreturn void refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// The same fault found in a parallel loop: collected like an error. At the checkpoint the one with the lowest key is the only
// line.
void refuse_at(u64 key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// Ends the program: a broken invariant of gild itself. Prints the phase that was running.
_Noreturn void bug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// Number of errors so far.
u32 error_count(void);

// Prints the errors collected so far and ends the program with exit status 2 if there are any, or 1 after refuse_at.
void checkpoint(void);

// No limit on the number of errors printed (-e of the stock tool).
void diag_print_all(void);

// Remembers the name of the running phase, for bug() and for the signal handlers. A static string.
void diag_set_phase(const char *name);
const char *diag_phase(void);

// The name given to diag_init.
const char *diag_program(void);

// fn runs once before an abnormal end (fatal, bug, checkpoint with errors), to remove unfinished output. Up to four
// functions, in the order in which they are given.
void diag_at_abort(void (*fn)(void));
