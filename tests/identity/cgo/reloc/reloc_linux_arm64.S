// GOT pairs, low parts of addresses in loads and stores of each size, branches, distances of 4 and 8 bytes, common and
// hidden symbols.
	.text
	.p2align 2
	.globl through
	.type through, %function
through:
	stp	x29, x30, [sp, #-16]!
	adrp	x0, :got:first
	ldr	x0, [x0, #:got_lo12:first]
	adrp	x1, :got:getpid
	ldr	x1, [x1, #:got_lo12:getpid]
	adrp	x2, second+8
	add	x2, x2, #:lo12:second+8
	adrp	x3, bytes
	ldrb	w4, [x3, #:lo12:bytes]
	ldrh	w5, [x3, #:lo12:bytes]
	ldr	w6, [x3, #:lo12:bytes]
	ldr	x7, [x3, #:lo12:bytes]
	ldr	q0, [x3, #:lo12:bytes]
	str	q0, [x3, #:lo12:bytes]
	adrp	x8, common
	ldr	w8, [x8, #:lo12:common]
	bl	callee
	ldrsw	x0, [x0]
	ldp	x29, x30, [sp], #16
	b	back
	.size through, .-through

	.globl callee
	.hidden callee
	.p2align 2
	.type callee, %function
callee:
	ldr	w2, [x2]
	ret
	.size callee, .-callee

	.section .text.back, "ax", %progbits
back:	ret

	.comm	common, 64, 32

	.data
	.globl first, second, bytes, pointers
	.p2align 4
first:	.long	1, 2, 3, 4
second:	.long	5, 6, 7, 8
bytes:	.space	16
local:	.long	9, 10
	.p2align 3
pointers:
	.quad	first, second+4, local

	.section .rodata
	.globl distance, wide
	.p2align 3
distance:
	.long	first-.
	.long	mark-distance
mark:	.quad	0
wide:	.quad	second-.

	.section .note.GNU-stack, "", %progbits
