// GOT, GOT_LOAD, SIGNED_1, _2 and _4, SUBTRACTOR of 4 and 8 bytes, pointers with addends.
	.text
	.globl _through
_through:
	pushq	%rbp
	movq	_first@GOTPCREL(%rip), %rax	// GOT_LOAD of what is here
	movq	_getpid@GOTPCREL(%rip), %rcx	// GOT_LOAD of an import
	cmpq	_strlen@GOTPCREL(%rip), %rcx	// GOT
	movb	$1, _bytes(%rip)		// SIGNED_1
	movw	$2, _bytes+4(%rip)		// SIGNED_2
	movl	$3, _bytes+8(%rip)		// SIGNED_4
	leaq	Llocal(%rip), %rdx		// SIGNED of a section
	movl	4(%rdx), %edx
	callq	_callee
	addl	(%rax), %edx
	movslq	%edx, %rax
	popq	%rbp
	retq

	.globl _callee
_callee:
	movl	_second+8(%rip), %edx
	retq

	.data
	.globl _first, _second, _bytes, _pointers
	.p2align 4
_first:	.long	1, 2, 3, 4
_second:.long	5, 6, 7, 8
Llocal:	.long	9, 10
_bytes:	.space	16
	.p2align 3
_pointers:
	.quad	_first, _second+4, Llocal

	.section __TEXT,__const
	.globl _distance, _wide
	.p2align 3
_distance:
	.long	_mark-_distance
	.long	_mark-_wide
_mark:	.quad	0
_wide:	.quad	_mark-_distance
