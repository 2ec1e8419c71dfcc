// Functions that jump to and call imports, and the address of one.

#include "textflag.h"

TEXT getppid_stub<>(SB), NOSPLIT, $0-0
	JMP libc_getppid(SB)

TEXT crc32_stub<>(SB), NOSPLIT, $0-0
	JMP z_crc32(SB)

TEXT release_stub<>(SB), NOSPLIT, $0-0
	CALL cf_release(SB)
	CALL libc_getppid(SB)
	RET

TEXT ·stubs(SB), NOSPLIT, $0-32
	LEAQ getppid_stub<>(SB), AX
	MOVQ AX, ret_0+0(FP)
	LEAQ crc32_stub<>(SB), AX
	MOVQ AX, ret_1+8(FP)
	LEAQ release_stub<>(SB), AX
	MOVQ AX, ret_2+16(FP)
	LEAQ z_crc32(SB), AX
	MOVQ AX, ret_3+24(FP)
	RET
