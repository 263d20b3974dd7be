/* Multiboot 1 entry to 32-bit protected mode, flat segments, paging off. */
.set MAGIC, 0x1badb002
.set FLAGS, 0x00010003
.section .boot, "ax"
.code32
.align 8
header: .long MAGIC, FLAGS, -(MAGIC + FLAGS)
	.long header, _start, _edata, _end, entry
.global entry
entry:	cli
	cld
	mov $kernel_stack_top, %esp
	lgdt gdt_pointer
	ljmp $8, $1f
1:	mov $16, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	mov %cr0, %eax
	and $~0xc, %eax
	or $0x22, %eax
	mov %eax, %cr0
	fninit
	call runtime_main
2:	hlt
	jmp 2b

.text
/* void enter(const struct regs *start): IRET to the same or an outer level, or to virtual-8086 mode. */
.global enter
enter:	mov 4(%esp), %eax
	push %ebx
	push %ebp
	push %esi
	push %edi
	movl $256, caught + 8*4
	movl $3f, catch_rip
	mov %esp, catch_rsp
	/* A frame that IRET to the same level leaves must be on the stack that goes on: its ESP, below which it is copied. */
	testl $0x20000, 12*4(%eax)
	jnz 2f
	testb $3, 11*4(%eax)
	jnz 2f
	mov 13*4(%eax), %edx
	sub $12, %edx
	mov 10*4(%eax), %ecx
	mov %ecx, (%edx)
	mov 11*4(%eax), %ecx
	mov %ecx, 4(%edx)
	mov 12*4(%eax), %ecx
	mov %ecx, 8(%edx)
	mov %edx, same_level_esp
	mov %eax, %esp
	popa
	mov same_level_esp, %esp
	iret
2:	mov %eax, %esp
	popa
	add $8, %esp
	iret
3:	movl $0, catch_rip
	mov $16, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	pop %edi
	pop %esi
	pop %ebp
	pop %ebx
	ret

.align 16
.global stubs
stubs:
.set vector, 0
.rept 256
	.align 16
	.if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
	nop
	nop
	.else
	push $0
	.endif
	push $vector
	jmp common
	.set vector, vector + 1
.endr
common:	pusha
	mov %ds, %ebx
	mov %es, %esi
	mov $16, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %bx, caught_ds
	mov %si, caught_es
	mov %esp, %eax
	cld
	push %eax
	call on_interrupt
	pop %esp
	popa
	add $8, %esp
	iret

.data
.global gdt_pointer
gdt_pointer:
	.word 64*8 - 1
	.long gdt
same_level_esp: .long 0
.bss
.align 4096
	.skip 16384
.global kernel_stack_top
kernel_stack_top:
	.skip 8192
.global user_stack_top
user_stack_top:
	.skip 64
.section .note.GNU-stack, "", @progbits
