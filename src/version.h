// version.h - the version of gild, in one place.
#pragma once

#define GILD_VERSION "0.1.0"
#define GILD_VERSION_LINE "gild version " GILD_VERSION " (links go1.26, go1.27)"
