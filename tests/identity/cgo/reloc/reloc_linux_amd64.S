// GOTPCREL with and without relaxation, of what is here and of imports; PC32 with immediates behind it, PC64, PLT32;
// pointers with addends; common and hidden symbols.
	.text
	.globl through
	.type through, @function
through:
	pushq	%rbp
	movq	first@GOTPCREL(%rip), %rax
	movq	getpid@GOTPCREL(%rip), %rcx
	cmpq	strlen@GOTPCREL(%rip), %rcx
	cmpq	second@GOTPCREL(%rip), %rcx
	movb	$1, bytes(%rip)
	movw	$2, bytes+4(%rip)
	movl	$3, bytes+8(%rip)
	leaq	.Llocal(%rip), %rdx
	movl	4(%rdx), %edx
	movl	common(%rip), %esi
	callq	callee@PLT
	call	callee
	addl	(%rax), %edx
	movslq	%edx, %rax
	popq	%rbp
	retq
	.size through, .-through

	.globl callee
	.hidden callee
	.type callee, @function
callee:
	movl	second+8(%rip), %edx
	retq
	.size callee, .-callee

	.comm	common, 64, 32

	.data
	.globl first, second, bytes, pointers
	.p2align 4
first:	.long	1, 2, 3, 4
second:	.long	5, 6, 7, 8
.Llocal:	.long	9, 10
bytes:	.space	16
	.p2align 3
pointers:
	.quad	first, second+4, .Llocal

	.section .rodata
	.globl distance, wide
	.p2align 3
distance:
	.long	first-.
	.long	mark-distance
mark:	.quad	0
wide:	.quad	second-.

	.section .note.GNU-stack, "", @progbits
