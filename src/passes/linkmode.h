// linkmode.h - whether the program can be linked without the system's linker.
#pragma once

#include "golang/program.h"

// Requires: all archives read. Hands the link over, or ends the program, when it has to be external.
void choose_link_mode(Program *p);
