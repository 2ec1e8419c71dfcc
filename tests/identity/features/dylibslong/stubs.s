// A chain of jumps, one to each import, and a table of their addresses.

#include "textflag.h"

TEXT stub01<>(SB), NOSPLIT, $0-0
	JMP lib01_call(SB)

TEXT stub02<>(SB), NOSPLIT, $0-0
	JMP lib02_call(SB)

TEXT stub03<>(SB), NOSPLIT, $0-0
	JMP lib03_call(SB)

TEXT stub04<>(SB), NOSPLIT, $0-0
	JMP lib04_call(SB)

TEXT stub05<>(SB), NOSPLIT, $0-0
	JMP lib05_call(SB)

TEXT stub06<>(SB), NOSPLIT, $0-0
	JMP lib06_call(SB)

TEXT stub07<>(SB), NOSPLIT, $0-0
	JMP lib07_call(SB)

TEXT stub08<>(SB), NOSPLIT, $0-0
	JMP lib08_call(SB)

TEXT stub09<>(SB), NOSPLIT, $0-0
	JMP lib09_call(SB)

TEXT stub10<>(SB), NOSPLIT, $0-0
	JMP lib10_call(SB)

TEXT stub11<>(SB), NOSPLIT, $0-0
	JMP lib11_call(SB)

TEXT stub12<>(SB), NOSPLIT, $0-0
	JMP lib12_call(SB)

DATA ·stubs+0(SB)/8, $stub01<>(SB)
DATA ·stubs+8(SB)/8, $stub02<>(SB)
DATA ·stubs+16(SB)/8, $stub03<>(SB)
DATA ·stubs+24(SB)/8, $stub04<>(SB)
DATA ·stubs+32(SB)/8, $stub05<>(SB)
DATA ·stubs+40(SB)/8, $stub06<>(SB)
DATA ·stubs+48(SB)/8, $stub07<>(SB)
DATA ·stubs+56(SB)/8, $stub08<>(SB)
DATA ·stubs+64(SB)/8, $stub09<>(SB)
DATA ·stubs+72(SB)/8, $stub10<>(SB)
DATA ·stubs+80(SB)/8, $stub11<>(SB)
DATA ·stubs+88(SB)/8, $stub12<>(SB)
GLOBL ·stubs(SB), NOPTR, $96
