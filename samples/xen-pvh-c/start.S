/* From the PVH entry (32-bit, paging off, ebx = hvm_start_info) to long mode, with the first 4 GiB mapped one to one; and the way in for Xen's events. */
	.section .note.xen, "a", @note
	.balign 4
	.long 4, 4, 18                  /* name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.long pvh_entry

	.text
	.code32
	.global pvh_entry
pvh_entry:
	cli
	cld
	mov  %ebx, %esi
	movl $(pdpt + 3), pml4
	mov  $pdpt, %edi                /* four page directories, each with 512 pages of 2 MiB */
	mov  $(pd + 3), %eax
	mov  $4, %ecx
1:	mov  %eax, (%edi)
	add  $4096, %eax
	add  $8, %edi
	loop 1b
	mov  $pd, %edi
	mov  $0x83, %eax                /* present, writable, 2 MiB */
	mov  $2048, %ecx
2:	mov  %eax, (%edi)
	add  $0x200000, %eax
	add  $8, %edi
	loop 2b

	mov  $pml4, %eax
	mov  %eax, %cr3
	mov  $0x20, %eax                /* CR4.PAE */
	mov  %eax, %cr4
	mov  $0xc0000080, %ecx          /* EFER.LME */
	rdmsr
	or   $0x100, %eax
	wrmsr
	mov  $0x80000001, %eax          /* CR0.PG and PE */
	mov  %eax, %cr0
	lgdt gdt_pointer
	ljmp $8, $long_mode

	.code64
long_mode:
	mov  $16, %eax
	mov  %eax, %ds
	mov  %eax, %es
	mov  %eax, %ss
	mov  $stack_top, %rsp
	xor  %ebp, %ebp
	mov  %esi, %edi
	call kmain
1:	cli
	hlt
	jmp  1b

	.global event_entry
event_entry:
	push %rax
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	cld
	call events_upcall
	pop  %r11
	pop  %r10
	pop  %r9
	pop  %r8
	pop  %rdi
	pop  %rsi
	pop  %rdx
	pop  %rcx
	pop  %rax
	iretq

	/* Filled in by Xen: a stub of 32 bytes for each hypercall. */
	.balign 4096
	.global hypercall_page
hypercall_page:
	.skip 4096

	.data
	.balign 8
gdt:	.quad 0
	.quad 0x00af9b000000ffff        /* 64-bit code */
	.quad 0x00cf93000000ffff
gdt_pointer:
	.word . - gdt - 1
	.long gdt
	.long 0

	.bss
	.balign 4096
pml4:	.skip 4096
pdpt:	.skip 4096
pd:	.skip 4 * 4096
	.skip 16384
stack_top:
	.section .note.GNU-stack, "", @progbits
