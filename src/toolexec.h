// toolexec.h - gild between the go command and its tools.
//
// cmd/go -toolexec=gild runs "gild TOOL ARGS..." for every tool: compile, asm, link, vet, ... Only a link
// is of interest; everything else becomes the tool itself by exec, so that it costs no extra process. The go
// command's own tools come with their path. Of C compilers it asks the version, by the name that CC has, and
// what they answer is part of its cache keys for packages with C code.
#pragma once

#include "base/types.h"

// Whether argv[1] is a tool to run: the path of an executable, or the name of one in PATH with arguments
// behind it. A name alone is the main package's archive.
bool toolexec_is_tool(int argc, char **argv);

// argv[1] is a tool. Returns when gild shall do the link: argv + 1 is then the linker's argv, and handover
// knows the stock command. Otherwise becomes the tool and does not return. `link -V` and `link -help` are
// the stock tool's to answer: the version is its own, with experiments and build ID, and part of cmd/go's
// cache keys.
void toolexec_run(char **argv);
