// The values, and a second definition of a symbol that may be duplicate.

#include "textflag.h"

DATA ·values+0(SB)/4, $1
DATA ·values+4(SB)/4, $2
DATA ·values+8(SB)/4, $-3
DATA ·values+12(SB)/4, $4
GLOBL ·values(SB), NOPTR, $16

DATA duplicate+0(SB)/8, $7
GLOBL duplicate(SB), DUPOK|RODATA|NOPTR, $8
