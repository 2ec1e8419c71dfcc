// Functions in assembly, called from Go and calling Go, and their read-only data.

#include "textflag.h"

DATA constant<>+0(SB)/8, $0x1122334455667788
DATA constant<>+8(SB)/8, $42
GLOBL constant<>(SB), RODATA|NOPTR, $16

DATA functions<>+0(SB)/8, $one<>(SB)
DATA functions<>+8(SB)/8, $two<>(SB)
GLOBL functions<>(SB), RODATA, $16

TEXT ·add(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), AX
	ADDQ b+8(FP), AX
	MOVQ AX, ret+16(FP)
	RET

TEXT ·callGo(SB), 0, $16-16
	MOVQ x+0(FP), AX
	MOVQ AX, 0(SP)
	CALL ·fromAssembly(SB)
	MOVQ 8(SP), AX
	MOVQ AX, ret+8(FP)
	RET

TEXT ·readOnly(SB), NOSPLIT, $0-8
	MOVQ constant<>+8(SB), AX
	MOVQ AX, ret+0(FP)
	RET

TEXT one<>(SB), NOSPLIT, $0
	MOVQ $1, AX
	RET

TEXT two<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ $2, AX
	RET

TEXT ·viaTable(SB), 0, $0-16
	MOVQ i+0(FP), AX
	LEAQ functions<>(SB), BX
	MOVQ (BX)(AX*8), AX
	CALL AX
	MOVQ AX, ret+8(FP)
	RET

TEXT ·external(SB), 0, $8-8
	CALL feature∕asmabi∕table·Exported(SB)
	MOVQ 0(SP), AX
	MOVQ AX, ret+0(FP)
	RET
