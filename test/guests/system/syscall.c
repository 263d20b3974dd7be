/* SYSCALL and SYSRET, SYSENTER and SYSEXIT, SWAPGS, RDFSBASE: SDM vol 2 for each; vol 3 ch. 5.8.7, 5.8.8. */
#include "guest.h"

#define EFER 0xc0000080
#define STAR 0xc0000081
#define LSTAR 0xc0000082
#define FMASK 0xc0000084
#define GS_BASE 0xc0000101
#define KERNEL_GS_BASE 0xc0000102

u64 seen_rcx, seen_r11, seen_rsp, resume_rsp, resume_at;
u16 seen_cs, seen_ss;
extern char entry[], user_start[], user_next[];

/* The kernel's entry notes what it finds and goes on with the caller of to_user. */
__asm__(".pushsection .guest,\"ax\"\n"
	"user_start: stc; syscall\nuser_next: int $0x80\n"
	"entry: mov %rcx, seen_rcx; mov %r11, seen_r11; mov %rsp, seen_rsp; mov %cs, seen_cs; mov %ss, seen_ss\n"
	"mov resume_rsp, %rsp; jmp *resume_at\n.popsection");

#define TO_USER(text, ...)                                                                                                        \
	do {                                                                                                                      \
		caught.vector = NONE;                                                                                             \
		__asm__ volatile("push %%rbx; push %%rbp; push %%r12; push %%r13; push %%r14; push %%r15\nmov %%rsp, resume_rsp; movq $1f, resume_at\n" text \
				 "\n1: pop %%r15; pop %%r14; pop %%r13; pop %%r12; pop %%rbp; pop %%rbx"                   \
				 : : __VA_ARGS__ : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");   \
	} while (0)

static void refused(const char *name, u32 msr, u64 value)
{
	CATCH("mov %0, %%ecx; mov %1, %%rax; mov %%rax, %%rdx; shr $32, %%rdx; wrmsr", "r"(msr), "r"(value));
	check_fault(name, GP, 0);
}

void guest_main(void)
{
	CATCH("syscall", "i"(0));
	check_fault("SYSCALL without EFER.SCE: #UD", UD, 0);
	CATCH("sysretq", "i"(0));
	check_fault("SYSRET without EFER.SCE: #UD", UD, 0);
	wrmsr(EFER, rdmsr(EFER) | 1);
	/* SYSRET: SS at +8, CS at +16. */
	gdt[SEL_FREE / 8] = gdt[0];
	gdt[SEL_FREE / 8 + 1] = segment(0, 0xfffff, 0xc0f3);
	gdt[SEL_FREE / 8 + 2] = segment(0, 0xfffff, 0xa0fb);
	wrmsr(STAR, (u64)(SEL_FREE | 3) << 48 | (u64)SEL_CODE << 32);
	wrmsr(LSTAR, (word)entry);
	wrmsr(FMASK, 0x700);
	TO_USER("mov %0, %%rcx; mov $0x202, %%r11d; sysretq", "r"((word)user_start));
	check("SYSRET and SYSCALL: RCX is the next instruction", seen_rcx, (word)user_next);
	check("R11 is RFLAGS", seen_r11 & 0x203, 0x203);
	check("CS from STAR[47:32]", seen_cs, SEL_CODE);
	check("SS is 8 behind it", seen_ss, SEL_CODE + 8);
	CATCH("mov %0, %%rcx; mov $2, %%r11d; sysretq", "r"(0x0100000000000000));
	check_fault("SYSRET to what is not canonical: #GP(0)", GP, 0);
	refused("LSTAR: not canonical: #GP(0)", LSTAR, 1ul << 62);
	refused("FMASK: upper half: #GP(0)", FMASK, 1ul << 32);
	refused("KERNEL_GS_BASE: not canonical: #GP(0)", KERNEL_GS_BASE, 1ul << 62);
	refused("SYSENTER_EIP: not canonical: #GP(0)", 0x176, 1ul << 62);
	refused("EFER: a reserved bit: #GP(0)", EFER, rdmsr(EFER) | 2);
	/* SYSENTER */
	wrmsr(0x174, 0);
	CATCH("sysenter", "i"(0));
	check_fault("SYSENTER with IA32_SYSENTER_CS 0: #GP(0)", GP, 0);
	wrmsr(0x174, SEL_CODE);
	wrmsr(0x175, (word)ist_stack_top - 64);
	wrmsr(0x176, (word)entry);
	TO_USER("mov %0, %%rsp; sysenter", "r"((word)user_stack_top));
	check("SYSENTER: RSP from the MSR", seen_rsp, (word)ist_stack_top - 64);
	check("SYSENTER: CS", seen_cs, SEL_CODE);
	check("SYSENTER: SS", seen_ss, SEL_CODE + 8);
	u64 rflags;
	__asm__ volatile("pushfq; pop %0" : "=r"(rflags));
	check("SYSENTER: IF is clear", rflags & 0x200, 0);
	/* SWAPGS */
	wrmsr(GS_BASE, 0x1111);
	wrmsr(KERNEL_GS_BASE, 0xffff800000002222);
	__asm__ volatile("swapgs");
	check("SWAPGS: GS base", rdmsr(GS_BASE), 0xffff800000002222);
	check("SWAPGS: kernel GS base", rdmsr(KERNEL_GS_BASE), 0x1111);
	u32 f7[4];
	cpuid(7, 0, f7);
	if (!(f7[1] & 1)) {
		skip("RDGSBASE", "CPUID has no FSGSBASE");
		return;
	}
	CATCH("rdgsbase %%rax", "i"(0));
	check_fault("RDGSBASE without CR4.FSGSBASE: #UD", UD, 0);
	WRITE_CR(4, READ_CR(4) | 1 << 16);
	u64 base;
	__asm__ volatile("rdgsbase %0" : "=r"(base));
	check("RDGSBASE", base, 0xffff800000002222);
	CATCH("wrfsbase %0", "r"(1ul << 62));
	check_fault("WRFSBASE: not canonical: #GP(0)", GP, 0);
}
