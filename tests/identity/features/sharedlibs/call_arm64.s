// Functions that call imports.

#include "textflag.h"

TEXT dlopen_stub<>(SB), NOSPLIT, $0-0
	JMP libc_dlopen(SB)

TEXT cos_stub<>(SB), NOSPLIT, $0-0
	JMP libm_cos(SB)

TEXT getuid_stub<>(SB), NOSPLIT, $0-0
	CALL libc_getuid(SB)
	CALL libc_getppid(SB)
	RET

TEXT ·addresses(SB), NOSPLIT, $0-24
	MOVD $dlopen_stub<>(SB), R0
	MOVD R0, ret_0+0(FP)
	MOVD $cos_stub<>(SB), R0
	MOVD R0, ret_1+8(FP)
	MOVD $getuid_stub<>(SB), R0
	MOVD R0, ret_2+16(FP)
	RET

TEXT ·call(SB), NOSPLIT, $16-16
	CALL libc_getppid(SB)
	MOVD R0, getppid+0(FP)
	CALL libc_getpid(SB)
	MOVD R0, getpid+8(FP)
	RET
