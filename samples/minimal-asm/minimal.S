/* The least a guest can be: PVH entry, print on the first serial port, one hypercall, power off. 32-bit, no paging. */
	.section .note.xen, "a", @note
	.balign 4
	.long 4, 4, 18                  /* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.long start

	.text
	.code32
	.global start
start:	mov  $stack_top, %esp
	mov  $hello, %esi
	call print

	mov  $0x40000000, %eax          /* who is the hypervisor? */
	cpuid
	cmp  $0x4b4d564b, %ebx          /* "KVMK" */
	jne  off
	mov  $11, %eax                  /* KVM_HC_SCHED_YIELD */
	xor  %ebx, %ebx                 /* to the vCPU with APIC id 0 */
	vmcall
	mov  $yielded, %esi
	call print

off:	xor  %eax, %eax
	out  %eax, $0xf4                /* isa-debug-exit: status 1 */
1:	hlt
	jmp  1b

print:	mov  $0x3f8, %dx
2:	lodsb
	test %al, %al
	jz   3f
	out  %al, %dx
	jmp  2b
3:	ret

	.section .rodata
hello:	.asciz "hello from the guest\r\n"
yielded: .asciz "yielded to myself\r\n"
	.bss
	.skip 256
stack_top:
	.section .note.GNU-stack, "", @progbits
