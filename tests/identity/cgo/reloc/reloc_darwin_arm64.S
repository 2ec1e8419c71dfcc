// GOT_LOAD pairs, PAGEOFF12 of loads and stores of each size, ADDEND, SUBTRACTOR of 4 and 8 bytes, POINTER_TO_GOT.
	.text
	.p2align 2
	.globl _through
_through:
	stp	x29, x30, [sp, #-16]!
	adrp	x0, _first@GOTPAGE		// of what is here
	ldr	x0, [x0, _first@GOTPAGEOFF]
	adrp	x1, _getpid@GOTPAGE		// of an import
	ldr	x1, [x1, _getpid@GOTPAGEOFF]
	adrp	x2, _second@PAGE+8		// ADDEND
	add	x2, x2, _second@PAGEOFF+8
	adrp	x3, _bytes@PAGE
	ldrb	w4, [x3, _bytes@PAGEOFF]
	ldrh	w5, [x3, _bytes@PAGEOFF]
	ldr	w6, [x3, _bytes@PAGEOFF]
	ldr	x7, [x3, _bytes@PAGEOFF]
	ldr	q0, [x3, _bytes@PAGEOFF]
	str	q0, [x3, _bytes@PAGEOFF]
	bl	_callee
	ldrsw	x0, [x0]
	ldp	x29, x30, [sp], #16
	ret

	.globl _callee
	.p2align 2
_callee:
	ldr	w2, [x2]
	ret

	.data
	.globl _first, _second, _bytes, _pointers
	.p2align 4
_first:	.long	1, 2, 3, 4
_second:.long	5, 6, 7, 8
_bytes:	.space	16
_local:	.long	9, 10
	.p2align 3
_pointers:
	.quad	_first, _second, _local

	.section __TEXT,__const
	.globl _distance, _wide, _slot
	.p2align 3
_distance:
	.long	_mark-_distance
	.long	_mark-_wide
_mark:	.quad	0
_wide:	.quad	_mark-_distance
_slot:	.long	_getpid@GOT-.
