// A function that Go and assembly call.

#include "textflag.h"

TEXT ·Exported(SB), NOSPLIT, $0-8
	MOVD $99, R0
	MOVD R0, ret+0(FP)
	RET
