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
	MOVD $getppid_stub<>(SB), R0
	MOVD R0, ret_0+0(FP)
	MOVD $crc32_stub<>(SB), R0
	MOVD R0, ret_1+8(FP)
	MOVD $release_stub<>(SB), R0
	MOVD R0, ret_2+16(FP)
	MOVD $z_crc32(SB), R0
	MOVD R0, ret_3+24(FP)
	RET
