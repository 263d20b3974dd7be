/* Single-stepping on branches: SDM vol 3 ch. 19.4.3 (IA32_DEBUGCTL.BTF with RFLAGS.TF; the flag is cleared by each debug exception), 19.3.1.4 (TF). */
#include "guest.h"

enum { IA32_DEBUGCTL = 0x1d9, BTF = 2 };
#define FIXED6 0xffff0ff0ul
static unsigned hits, again;
static u64 rips[16], bits[16], dr6s[16];

static void on_debug(struct regs *at)
{
	word dr6;
	__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
	if (hits < 16) {
		rips[hits] = at->rip;
		dr6s[hits] = dr6 & 0xe00f;
		bits[hits] = rdmsr(IA32_DEBUGCTL);
	}
	hits++;
	__asm__ volatile("mov %0, %%dr6" : : "r"(FIXED6));
	if (again)
		wrmsr(IA32_DEBUGCTL, BTF);
	if (hits > 12)
		at->rflags &= ~0x100ul;
}

/* The code below runs with TF from behind POPF on, until its second POPF. */
#define STEPPED(label, text) "pushfq; orl $0x100, (%%rsp); popfq\n.global " #label "\n" #label ": " text "\npushfq; andl $~0x100, (%%rsp); popfq"
extern const char straight[], jump_to[], taken_to[], called[], back[], looped[], indirect_to[];

static void step(unsigned keep)
{
	hits = 0;
	again = keep;
	wrmsr(IA32_DEBUGCTL, BTF);
}

void guest_main(void)
{
	handlers[DB] = on_debug;
	wrmsr(IA32_DEBUGCTL, BTF);
	check("IA32_DEBUGCTL.BTF is kept", rdmsr(IA32_DEBUGCTL), BTF);
	wrmsr(IA32_DEBUGCTL, 0);
	check("... and cleared", rdmsr(IA32_DEBUGCTL), 0);
	CATCH("mov $0x1d9, %%ecx; mov $0x4, %%eax; xor %%edx, %%edx; wrmsr", "i"(0));
	check_fault("IA32_DEBUGCTL: a reserved bit: #GP(0)", GP, 0);

	step(1);
	__asm__ volatile(STEPPED(straight, "nop; mov $1, %%eax; cpuid; nop") : : : "rax", "rbx", "rcx", "rdx", "memory", "cc");
	check("no branch: no trap", hits, 0);

	step(1);
	__asm__ volatile(STEPPED(jumping, "nop; jmp 1f; nop\n.global jump_to\njump_to: 1: nop; nop") : : : "memory", "cc");
	check("JMP: one trap", hits, 1);
	check("... at its target", rips[0], (u64)jump_to);
	check("... DR6.BS", dr6s[0], 0x4000);
	check("... IA32_DEBUGCTL.BTF is cleared by it", bits[0], 0);

	step(1);
	__asm__ volatile(STEPPED(conditions, "xor %%eax, %%eax; jnz 1f; nop; jz 1f; nop\n.global taken_to\ntaken_to: 1: nop") : : : "eax", "memory", "cc");
	check("Jcc: the one that is taken", hits, 1);
	check("... at its target", rips[0], (u64)taken_to);

	step(1);
	__asm__ volatile(STEPPED(calling, "call called\n.global back\nback: jmp 2f\n.global called\ncalled: nop; ret\n2: nop") : : : "memory", "cc");
	check("CALL, RET, JMP: three traps", hits, 3);
	check("... CALL", rips[0], (u64)called);
	check("... RET", rips[1], (u64)back);

	step(1);
	__asm__ volatile(STEPPED(looping, "mov $3, %%ecx\n.global looped\nlooped: nop; loop looped; nop") : : : "rcx", "memory", "cc");
	check("LOOP: each time that it is taken", hits, 2);
	check("... at its target", rips[1], (u64)looped);

	step(1);
	__asm__ volatile(STEPPED(jumping_indirect, "lea indirect_to(%%rip), %%rax; jmp *%%rax; nop\n.global indirect_to\nindirect_to: nop") : : : "rax", "memory", "cc");
	check("JMP through a register: one trap", hits, 1);
	check("... at its target", rips[0], (u64)indirect_to);

	step(1);
	__asm__ volatile(STEPPED(repeated, "mov $4, %%ecx; mov $0x7c00, %%edi; rep stosb; nop") : : : "rcx", "rdi", "memory", "cc");
	check("REP STOSB is no branch: no trap", hits, 0);

	/* Not set again: from the first branch on every instruction traps. JMP, NOP, PUSHF, AND, POPF. */
	step(0);
	__asm__ volatile(STEPPED(once, "nop; jmp 1f\n1: nop") : : : "memory", "cc");
	check("the handler that does not set it again: every instruction after the branch", hits, 5);

	wrmsr(IA32_DEBUGCTL, 0);
	hits = again = 0;
	__asm__ volatile(STEPPED(plain, "nop; nop") : : : "memory", "cc");
	check("without BTF: every instruction", hits, 5);
}
