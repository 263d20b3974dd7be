/* From the PVH entry (32-bit, paging off, ebx = hvm_start_info) to long mode, and the same way for every other vCPU from its SIPI. */
#include "layout.h"

	.section .note.xen, "a", @note
	.balign 4
	.long 4, 4, 18                  /* name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.long pvh_entry

	.section .boot, "ax"
	.code32
	.global pvh_entry
pvh_entry:
	cli
	cld
	mov  %ebx, start_info
	/* The first GiB where it is, and the local APIC's page uncached. */
	movl $(pdpt + 3), pml4
	movl $(pd + 3), pdpt
	movl $(pd_apic + 3), pdpt + 3 * 8
	mov  $pd, %edi
	mov  $0x83, %eax                /* present, writable, 2 MiB */
	mov  $512, %ecx
1:	mov  %eax, (%edi)
	add  $0x200000, %eax
	add  $8, %edi
	loop 1b
	movl $(LOCAL_APIC + 0x93), pd_apic + ((LOCAL_APIC >> 21) & 511) * 8
	/* falls through */

enter_long_mode:
	mov  $pml4, %eax
	mov  %eax, %cr3
	mov  %cr4, %eax
	or   $CR4_PAE, %eax
	mov  %eax, %cr4
	mov  $MSR_EFER, %ecx
	rdmsr
	or   $EFER_LME, %eax
	wrmsr
	mov  %cr0, %eax
	or   $(CR0_PG | CR0_PE), %eax
	mov  %eax, %cr0
	lgdt gdt_pointer
	ljmp $SEL_CODE, $long_mode

	.code64
long_mode:
	mov  $SEL_DATA, %eax
	mov  %eax, %ds
	mov  %eax, %es
	mov  %eax, %ss
	mov  $1, %eax                   /* the stack of this APIC id */
	cpuid
	shr  $24, %ebx
	mov  %ebx, %edi
	inc  %ebx
	imul $STACK_BYTES, %ebx, %ebx
	lea  stacks(%ebx), %rsp
	xor  %ebp, %ebp
	test %edi, %edi
	jnz  2f
	mov  start_info, %edi
	call kmain
1:	cli
	hlt
	jmp  1b
2:	call secondary_main
	jmp  1b

/* Copied to TRAMPOLINE: where a SIPI starts a vCPU, in real mode. */
	.section .rodata
	.code16
	.global trampoline, trampoline_end
trampoline:
	cli
	xor  %ax, %ax
	mov  %ax, %ds
	lgdtl TRAMPOLINE + (trampoline_gdt_pointer - trampoline)
	mov  %cr0, %eax
	or   $CR0_PE, %al
	mov  %eax, %cr0
	ljmpl $SEL_CODE32, $(TRAMPOLINE + (trampoline32 - trampoline))
	.code32
trampoline32:
	mov  $SEL_DATA, %eax
	mov  %eax, %ds
	mov  %eax, %ss
	mov  $enter_long_mode, %eax
	jmp  *%eax
	.balign 4
trampoline_gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt
trampoline_end:
	.code64

	.data
	.balign 16
gdt:	.quad 0
	.quad 0x00af9b000000ffff        /* SEL_CODE: 64-bit */
	.quad 0x00cf93000000ffff        /* SEL_DATA */
	.quad 0x00cf9b000000ffff        /* SEL_CODE32 */
gdt_end:
gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt
	.long 0
start_info: .long 0

	.bss
	.balign 4096
pml4:    .skip 4096
pdpt:    .skip 4096
pd:      .skip 4096
pd_apic: .skip 4096
stacks:  .skip MAX_VCPUS * STACK_BYTES
	.section .note.GNU-stack, "", @progbits
