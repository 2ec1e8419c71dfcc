// Functions in assembly, called from Go and calling Go, and their read-only data.

#include "textflag.h"

DATA constant<>+0(SB)/8, $0x1122334455667788
DATA constant<>+8(SB)/8, $42
GLOBL constant<>(SB), RODATA|NOPTR, $16

DATA functions<>+0(SB)/8, $one<>(SB)
DATA functions<>+8(SB)/8, $two<>(SB)
GLOBL functions<>(SB), RODATA, $16

TEXT ·add(SB), NOSPLIT, $0-24
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	ADD R1, R0
	MOVD R0, ret+16(FP)
	RET

TEXT ·callGo(SB), 0, $16-16
	MOVD x+0(FP), R0
	MOVD R0, 8(RSP)
	CALL ·fromAssembly(SB)
	MOVD 16(RSP), R0
	MOVD R0, ret+8(FP)
	RET

// Loads of every width, at an address that no register holds.
TEXT ·readOnly(SB), NOSPLIT, $0-8
	MOVBU constant<>+9(SB), R0
	MOVHU constant<>+10(SB), R1
	MOVWU constant<>+12(SB), R2
	MOVD constant<>+8(SB), R3
	ORR R1, R0
	ORR R2, R0
	ORR R3, R0
	MOVD R0, ret+0(FP)
	RET

TEXT one<>(SB), NOSPLIT, $0
	MOVD $1, R0
	RET

TEXT two<>(SB), NOSPLIT|NOFRAME, $0
	MOVD $2, R0
	RET

TEXT ·viaTable(SB), 0, $0-16
	MOVD i+0(FP), R0
	MOVD $functions<>(SB), R1
	MOVD (R1)(R0<<3), R0
	CALL (R0)
	MOVD R0, ret+8(FP)
	RET

TEXT ·external(SB), 0, $8-8
	CALL feature∕asmabi∕table·Exported(SB)
	MOVD 8(RSP), R0
	MOVD R0, ret+0(FP)
	RET
