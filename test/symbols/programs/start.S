/* A hand-written entry: lines without C, symbols without types. */
	.text
	.globl _start
	.type _start, @function
_start:
	nop	/* LINE:asm-nop */
	call helper	/* LINE:asm-call */
	.globl helper_end
helper:
	ret	/* LINE:asm-ret */
helper_end:
	.size _start, . - _start
	.globl stop
	.type stop, @function
stop:
	ret
	.globl fail
	.type fail, @function
fail:
	hlt
	jmp fail
	.section .note.GNU-stack, "", @progbits
