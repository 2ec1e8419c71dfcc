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
	LEAQ dlopen_stub<>(SB), AX
	MOVQ AX, ret_0+0(FP)
	LEAQ cos_stub<>(SB), AX
	MOVQ AX, ret_1+8(FP)
	LEAQ getuid_stub<>(SB), AX
	MOVQ AX, ret_2+16(FP)
	RET

TEXT ·call(SB), NOSPLIT, $16-16
	CALL libc_getppid(SB)
	MOVQ AX, getppid+0(FP)
	CALL libc_getpid(SB)
	MOVQ AX, getpid+8(FP)
	RET
