/* A 32-bit kernel by Multiboot 2: its header, a stack, and interrupt entries for main.c. */
	.section .multiboot, "a"
	.balign 8
header:
	.long 0xe85250d6, 0, header_end - header, -(0xe85250d6 + (header_end - header))
#ifdef FRAMEBUFFER
	.balign 8
	.word 5, 0
	.long 20, 640, 400, 32
#endif
	.balign 8
	.word 0, 0
	.long 8
header_end:

	.text
	.globl _start
_start:
	mov $stack_end, %esp
	push %ebx
	push %eax
	call main
	cli
1:	hlt
	jmp 1b

	.globl keyboard_entry
keyboard_entry:
	pusha
	cld
	call keyboard_interrupt
	popa
	iret

	.bss
	.balign 16
	.skip 16384
stack_end:
	.section .note.GNU-stack, "", @progbits
