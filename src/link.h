// link.h - one whole link.
#pragma once

#include "options.h"

// Links the program that the options describe and puts the file in its place. Errors in the input end the program with status 2
// and leave whatever stood under the output's name as it was.
void link_program(const Options *opt);
