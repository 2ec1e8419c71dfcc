// info.h - `gild info FILE`: what a linked file consists of, on one screen.
//
// Header flags, platform, entry, segments and sections with their sizes, libraries with their ordinals, the
// number of rebase and bind records and the size of their streams, symbols, Go version and build ID, size of
// each debug section raw and compressed. Every line is "key: value" or an indented row, so that scripts can
// cut it.
#pragma once

// argv[0] is "info". Exit status 0, or 2 when a file cannot be read.
int info_main(int argc, char **argv);
