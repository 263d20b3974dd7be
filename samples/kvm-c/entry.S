/* One stub per vector: push a zero where the CPU pushes no error code, the vector, all registers; call interrupt(frame). */
	.text
	.macro stub vector
	.balign 16
	.if !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21)
	push $0
	.endif
	push $\vector
	jmp  common
	.endm

	.altmacro
	.balign 16
	.global stubs
stubs:
	vector = 0
	.rept 256
	stub %vector
	vector = vector + 1
	.endr
	.noaltmacro

common:
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa rsp, 24
	.cfi_offset rip, -8
	.cfi_offset rsp, 16
	.macro save register
	push %\register
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \register, 0
	.endm
	save rax
	save rbx
	save rcx
	save rdx
	save rsi
	save rdi
	save rbp
	save r8
	save r9
	save r10
	save r11
	save r12
	save r13
	save r14
	save r15
	mov  %rsp, %rdi
	cld
	call interrupt
	.macro restore register
	pop  %\register
	.cfi_adjust_cfa_offset -8
	.cfi_restore \register
	.endm
	restore r15
	restore r14
	restore r13
	restore r12
	restore r11
	restore r10
	restore r9
	restore r8
	restore rbp
	restore rdi
	restore rsi
	restore rdx
	restore rcx
	restore rbx
	restore rax
	add  $16, %rsp
	.cfi_adjust_cfa_offset -16
	iretq
	.cfi_endproc
	.section .note.GNU-stack, "", @progbits
