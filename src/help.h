// help.h - the page that `gild -help` prints.
#pragma once

// On standard output, for a person; the stock linker's list of flags comes with wrong usage instead.
void help_print(void);
