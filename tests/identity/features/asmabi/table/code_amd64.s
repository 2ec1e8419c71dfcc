// A function that Go and assembly call.

#include "textflag.h"

TEXT ·Exported(SB), NOSPLIT, $0-8
	MOVQ $99, ret+0(FP)
	RET
