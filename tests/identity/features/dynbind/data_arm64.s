// A table of the addresses of imports.

#include "textflag.h"

DATA bound<>+0(SB)/8, $libc_strlen(SB)
DATA bound<>+8(SB)/8, $z_version(SB)
DATA bound<>+16(SB)/8, $libc_getppid(SB)
GLOBL bound<>(SB), NOPTR, $24

TEXT ·pointers(SB), NOSPLIT, $0-24
	MOVD bound<>+0(SB), R0
	MOVD R0, ret_0+0(FP)
	MOVD bound<>+8(SB), R0
	MOVD R0, ret_1+8(FP)
	MOVD bound<>+16(SB), R0
	MOVD R0, ret_2+16(FP)
	RET
