# See modes.test.ts. Results go to 500h and up; the numbers in comments are what the test expects there.
.code16
.org 0
start:
  cli
  xor %ax,%ax
  mov %ax,%ds
  mov %ax,%ss
  mov $0x7000,%sp
  mov $0x1234,%bx
  movw $rm_handler, 0x84      # vector 21h
  movw $0, 0x86
  int $0x21
  mov %bx, 0x500                      # 1: 5678
  lgdt gdtr
  mov %cr0,%eax
  or $1,%al
  mov %eax,%cr0
  ljmp $8,$pm
rm_handler:
  mov $0x5678,%bx
  iret
.code32
pm:
  mov $16,%ax
  mov %ax,%ds
  mov %ax,%es
  mov %ax,%ss
  mov $0x7000,%esp
  lidt idtr32
  movl $pm_handler, 0x900+8*0x30     # low offset; high is 0: handler below 64K
  movl $(8<<16), %eax
  movw $pm_handler, %ax
  mov %eax, 0x900+8*0x30
  movl $0x8e00, 0x900+8*0x30+4
  int $0x30
  mov %edx, 0x504                     # 2: cafe0001
  # page tables: 1 GiB identity by 2 MiB page: PML4 10000, PDPT 11000, PD 12000 (one entry)
  movl $0x11007, 0x10000
  movl $0x12007, 0x11000
  movl $0x87, 0x12000
  mov $0x10000,%eax
  mov %eax,%cr3
  mov %cr4,%eax
  or $0x620,%eax
  mov %eax,%cr4
  mov $0xc0000080,%ecx
  rdmsr
  or $0x901,%eax
  wrmsr
  mov %cr0,%eax
  or $0x80010000,%eax
  mov %eax,%cr0
  ljmp $24,$lm
pm_handler:
  mov $0xcafe0001,%edx
  iret
.code64
lm:
  mov $16,%eax
  mov %eax,%ds
  mov %eax,%ss
  mov $0x7000,%rsp
  lidt idtr64
  mov $56,%eax
  ltr %ax
  # IDT at 0x2000: vector 3 (DPL 3), 14, 13
  lea trap,%rax
  mov $0x2000,%rdi
  mov $0xee00,%edx
  mov $3*16,%ecx
  call setgate
  lea fault,%rax
  mov $0x8e01,%edx                 # IST 1
  mov $14*16,%ecx
  call setgate
  # SYSCALL
  mov $0xc0000081,%ecx
  xor %eax,%eax
  mov $(24 | (32<<16)),%edx
  wrmsr
  inc %ecx
  lea sysentry,%rax
  xor %edx,%edx
  wrmsr
  inc %ecx
  inc %ecx
  mov $0x200,%eax
  wrmsr
  # to CPL 3 by IRETQ: SS 0x2b, RSP 6000, flags 202, CS 0x33, RIP user
  push $0x2b
  push $0x6000
  push $0x202
  push $0x33
  lea user,%rax
  push %rax
  iretq
setgate:
  mov %ax,(%rdi,%rcx)
  movw $24,2(%rdi,%rcx)
  # edx: high word type/dpl, low byte IST
  mov %dl,4(%rdi,%rcx)
  mov %dh,5(%rdi,%rcx)
  shr $16,%rax
  mov %ax,6(%rdi,%rcx)
  shr $16,%rax
  mov %eax,8(%rdi,%rcx)
  movl $0,12(%rdi,%rcx)
  ret
user:
  mov %cs,%eax
  mov %eax,0x508                    # 3: 33
  int3
  mov $0x77,%edi
  syscall
  mov %rax,0x510                    # 5: 1077
  mov 0x400000,%al                  # not mapped: #PF on IST 1
after:
  mov %rsp,0x530                    # 8: 6000
  hlt                               # #GP -> no gate -> #NP... -> shutdown
trap:
  mov (%rsp),%rax                   # return RIP
  mov %rax,0x518                    # 4: address after int3
  mov %cs,%eax
  mov %eax,0x50c                    # 18
  iretq
sysentry:
  lea 0x1000(%rdi),%rax
  sysretq
fault:
  mov %cr2,%rax
  mov %rax,0x520                    # 6: 400000
  pop %rax
  mov %rax,0x528                    # 7: 4
  mov %rsp,0x538                    # IST stack - 40
  addq $7,(%rsp)
  iretq
.align 8
gdt:
  .quad 0
  .quad 0x00cf9a000000ffff          # 08 code32
  .quad 0x00cf92000000ffff          # 10 data
  .quad 0x00af9a000000ffff          # 18 code64
  .quad 0x00cffa000000ffff          # 20 user code32 (SYSRET base)
  .quad 0x00cff2000000ffff          # 28 user data
  .quad 0x00affa000000ffff          # 30 user code64
  .quad 0x0000890030000067          # 38 TSS at 3000
  .quad 0
gdtr: .word 71
  .long gdt
idtr32: .word 0x3ff
  .long 0x900
idtr64: .word 0xfff
  .quad 0x2000
