// Data in assembly: writable, with pointers, zeroed, duplicate.

#include "textflag.h"

DATA ·words+0(SB)/8, $1
DATA ·words+8(SB)/4, $2
DATA ·words+12(SB)/1, $3
DATA ·words+16(SB)/8, $"8 octets"
DATA ·words+24(SB)/8, $1.5
GLOBL ·words(SB), NOPTR, $32

DATA pointer<>+0(SB)/8, $·words+8(SB)
GLOBL pointer<>(SB), 0, $8

GLOBL zeroed<>(SB), NOPTR, $4096

DATA duplicate+0(SB)/8, $7
GLOBL duplicate(SB), DUPOK|RODATA|NOPTR, $8
