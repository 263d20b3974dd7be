//! From the PVH entry (32-bit, paging off, ebx = hvm_start_info) to long mode: the first GiB is mapped where it is.
use core::arch::global_asm;

global_asm!(
    r#"
    .section .note.xen, "a", @note
    .balign 4
    .long 4, 4, 18              # name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long pvh_entry

    .section .boot, "ax"
    .code32
    .global pvh_entry
pvh_entry:
    cli
    cld
    mov  %ebx, %esi             # hvm_start_info: first argument of kernel_main
    movl $(boot_pdpt + 3), boot_pml4
    movl $(boot_pd + 3), boot_pdpt
    mov  $boot_pd, %edi
    mov  $0x83, %eax            # present, writable, 2 MiB
    mov  $512, %ecx
1:  mov  %eax, (%edi)
    add  $0x200000, %eax
    add  $8, %edi
    loop 1b
    mov  $boot_pml4, %eax
    mov  %eax, %cr3
    mov  %cr4, %eax
    or   $0x620, %eax           # PAE; OSFXSR and OSXMMEXCPT: the core library computes with SSE
    mov  %eax, %cr4
    mov  $0xc0000080, %ecx      # EFER.LME
    rdmsr
    or   $0x100, %eax
    wrmsr
    mov  %cr0, %eax
    and  $~4, %eax              # no EM
    or   $0x80010003, %eax      # PG, WP, MP, PE
    mov  %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $long_mode
    .code64
long_mode:
    mov  $16, %eax
    mov  %eax, %ds
    mov  %eax, %es
    mov  %eax, %ss
    mov  $boot_stack_top, %rsp
    xor  %ebp, %ebp
    mov  %rsi, %rdi
    call kernel_main
1:  cli
    hlt
    jmp  1b

    .data
    .balign 16
gdt: .quad 0
    .quad 0x00af9b000000ffff    # 64-bit code
    .quad 0x00cf93000000ffff    # data
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

    .bss
    .balign 4096
boot_pml4: .skip 4096
boot_pdpt: .skip 4096
boot_pd:   .skip 4096
    .skip 32768
boot_stack_top:
    .text
"#,
    options(att_syntax)
);
