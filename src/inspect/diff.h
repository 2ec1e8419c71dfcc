// diff.h - `gild diff A B`: says in words where two linked files differ.
//
// WHAT  When an identity test fails, a hexdump says that byte 5,242,893 differs; this says which section,
//       symbol, table entry or debug entry that is, in both files.
// HOW   The order of the report is the order of causes.
//       What changes sizes comes first, because one symbol that is 16 bytes longer moves everything behind
//       it: header and load commands, sections, order and sizes of symbols, contents, then the tables.
// EXIT  0: identical, 1: different, 2: a file could not be read (diff_main's result).
#pragma once

// argv[0] is "diff". Options: -v lists more differences of each sort, -s prints the summary line only.
int diff_main(int argc, char **argv);
