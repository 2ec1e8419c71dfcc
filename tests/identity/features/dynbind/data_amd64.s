// A table of the addresses of imports.

#include "textflag.h"

DATA bound<>+0(SB)/8, $libc_strlen(SB)
DATA bound<>+8(SB)/8, $z_version(SB)
DATA bound<>+16(SB)/8, $libc_getppid(SB)
GLOBL bound<>(SB), NOPTR, $24

TEXT ·pointers(SB), NOSPLIT, $0-24
	MOVQ bound<>+0(SB), AX
	MOVQ AX, ret_0+0(FP)
	MOVQ bound<>+8(SB), AX
	MOVQ AX, ret_1+8(FP)
	MOVQ bound<>+16(SB), AX
	MOVQ AX, ret_2+16(FP)
	RET
