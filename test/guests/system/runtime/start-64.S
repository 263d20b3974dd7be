/* Multiboot 1 entry (Multiboot Specification 0.6.96, 3.2) to 64-bit mode; the first 4 GiB identity-mapped by 2 MiB pages that user code may use. */
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
	movl $(pdpt + 7), pml4
	mov $4, %ecx
	mov $(pd + 7), %eax
	mov $pdpt, %edi
1:	mov %eax, (%edi)
	add $4096, %eax
	add $8, %edi
	loop 1b
	mov $0x87, %eax
	mov $pd, %edi
	mov $2048, %ecx
2:	mov %eax, (%edi)
	add $0x200000, %eax
	add $8, %edi
	loop 2b
	call to_long_mode
	lgdt gdt_pointer
	ljmp $8, $3f
/* CR3, CR4, EFER, CR0 for 64-bit mode; the caller's far jump completes it. */
.global to_long_mode
to_long_mode:
	mov $pml4, %eax
	mov %eax, %cr3
	mov %cr4, %eax
	or $0x620, %eax			/* PAE, OSFXSR, OSXMMEXCPT */
	mov %eax, %cr4
	mov $0xc0000080, %ecx
	rdmsr
	or $0x900, %eax			/* LME, NXE */
	wrmsr
	mov %cr0, %eax
	and $~0xc, %eax			/* EM, TS */
	or $0x80010023, %eax		/* PG, WP, NE, MP, PE */
	mov %eax, %cr0
	ret
.code64
3:	mov $16, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	mov $kernel_stack_top, %rsp
	fninit
	call runtime_main
4:	hlt
	jmp 4b

.text
/* void enter(const struct regs *start) */
.global enter
enter:	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	movq $(256), caught + 15*8(%rip)
	movq $5f, catch_rip(%rip)
	mov %rsp, catch_rsp(%rip)
	mov %rdi, %rsp
	pop %r15; pop %r14; pop %r13; pop %r12; pop %r11; pop %r10; pop %r9; pop %r8
	pop %rdi; pop %rsi; pop %rbp; pop %rdx; pop %rcx; pop %rbx; pop %rax
	add $16, %rsp
	iretq
5:	movq $0, catch_rip(%rip)
	mov $16, %eax
	mov %eax, %ds
	mov %eax, %es
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret

/* One stub of 16 bytes for each vector: an error code on the stack in any case, then the vector. */
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
	pushq $0
	.endif
	pushq $vector
	jmp common
	.set vector, vector + 1
.endr
common:	push %rax; push %rbx; push %rcx; push %rdx; push %rbp; push %rsi; push %rdi
	push %r8; push %r9; push %r10; push %r11; push %r12; push %r13; push %r14; push %r15
	mov %rsp, %rdi
	cld
	mov %rsp, %rbp
	and $~15, %rsp
	call on_interrupt
	mov %rbp, %rsp
	pop %r15; pop %r14; pop %r13; pop %r12; pop %r11; pop %r10; pop %r9; pop %r8
	pop %rdi; pop %rsi; pop %rbp; pop %rdx; pop %rcx; pop %rbx; pop %rax
	add $16, %rsp
	iretq

.data
.global gdt_pointer
gdt_pointer:
	.word 64*8 - 1
	.quad gdt
.bss
.align 4096
.global pml4, pdpt, pd
pml4:	.skip 4096
pdpt:	.skip 4096
pd:	.skip 4*4096
	.skip 16384
.global kernel_stack_top
kernel_stack_top:
	.skip 8192
.global ist_stack_top
ist_stack_top:
	.skip 8192
.global user_stack_top
user_stack_top:
	.skip 64
.section .note.GNU-stack, "", @progbits
