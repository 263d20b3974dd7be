/* From the PVH entry (32-bit, paging off, ebx = hvm_start_info) to long mode, and the same way for the second vCPU from its SIPI. */
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
	mov  %ebx, %esi                 /* hvm_start_info: first argument of kmain */
	mov  $PHYS(boot_pml4), %edi     /* five page tables, cleared */
	mov  $(5 * 4096 / 4), %ecx
	xor  %eax, %eax
	rep  stosl

	/* The first GiB twice: at 0 (to get through the switch) and at KERNEL_BASE; the APIC's GiB uncached. */
	movl $(PHYS(boot_pdpt_low) + 3), PHYS(boot_pml4)
	movl $(PHYS(boot_pdpt_high) + 3), PHYS(boot_pml4) + 511 * 8
	movl $(PHYS(boot_pd) + 3), PHYS(boot_pdpt_low)
	movl $(PHYS(boot_pd_apic) + 3), PHYS(boot_pdpt_low) + 3 * 8
	movl $(PHYS(boot_pd) + 3), PHYS(boot_pdpt_high) + 510 * 8
	mov  $PHYS(boot_pd), %edi
	mov  $0x83, %eax                /* present, writable, 2 MiB */
	mov  $512, %ecx
1:	mov  %eax, (%edi)
	add  $0x200000, %eax
	add  $8, %edi
	loop 1b
	movl $0xfec00093, PHYS(boot_pd_apic) + ((0xfec00000 >> 21) & 511) * 8
	movl $0xfee00093, PHYS(boot_pd_apic) + ((0xfee00000 >> 21) & 511) * 8
	/* falls through */

	.global enter_long_mode
enter_long_mode:
	mov  $PHYS(boot_pml4), %eax
	mov  %eax, %cr3
	mov  %cr4, %eax
	or   $CR4_PAE, %eax
	mov  %eax, %cr4
	mov  $MSR_EFER, %ecx
	rdmsr
	or   $EFER_LME, %eax
	wrmsr
	mov  %cr0, %eax
	or   $(CR0_PG | CR0_WP | CR0_PE), %eax
	mov  %eax, %cr0
	lgdt PHYS(gdt_pointer)
	ljmp $SEL_CODE, $long_mode

	.code64
long_mode:
	mov  $SEL_DATA, %eax
	mov  %eax, %ds
	mov  %eax, %es
	mov  %eax, %ss
	xor  %eax, %eax
	mov  %eax, %fs
	mov  %eax, %gs
	movabs $high_entry, %rax
	jmp  *%rax

	.text
high_entry:
	test %esi, %esi                 /* the boot vCPU has start_info, the others 0 */
	jz   2f
	mov  $boot_stack_top, %rsp
	xor  %ebp, %ebp
	mov  %rsi, %rdi
	call kmain
1:	cli
	hlt
	jmp  1b
2:	mov  $second_stack_top, %rsp
	xor  %ebp, %ebp
	call secondary_main
	jmp  1b

/* Copied to TRAMPOLINE: where a SIPI starts the second vCPU, in real mode. */
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
	xor  %esi, %esi
	mov  $enter_long_mode, %eax
	jmp  *%eax
	.balign 4
trampoline_gdt_pointer:
	.word gdt_end - gdt - 1
	.long PHYS(gdt)
trampoline_end:
	.code64

	.data
	.balign 16
	.global gdt
gdt:	.quad 0
	.quad 0x00af9b000000ffff        /* SEL_CODE: 64-bit */
	.quad 0x00cf93000000ffff        /* SEL_DATA */
	.quad 0x00cf9b000000ffff        /* SEL_CODE32 */
	.quad 0, 0                      /* SEL_TSS, filled in by interrupts.c */
	.quad 0, 0                      /* the second vCPU's */
gdt_end:
gdt_pointer:
	.word gdt_end - gdt - 1
	.long PHYS(gdt)
	.long 0

	.bss
	.balign 4096
	.global boot_pml4
boot_pml4:      .skip 4096
boot_pdpt_low:  .skip 4096
boot_pdpt_high: .skip 4096
boot_pd:        .skip 4096
boot_pd_apic:   .skip 4096
	.skip 16384
boot_stack_top:
	.skip 16384
second_stack_top:
	.section .note.GNU-stack, "", @progbits
