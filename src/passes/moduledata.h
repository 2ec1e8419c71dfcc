// moduledata.h - runtime.firstmoduledata, the runtime's map of the program.
#pragma once

#include "golang/program.h"

// Writes the content of Program.moduledata, and runtime.textsectionmap and runtime.lastmoduledatap that
// belong to it. Markers must be defined. Sets Program.moduledata_off.
void fill_moduledata(Program *p);
