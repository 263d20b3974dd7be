/* When interrupts are taken and what holds them back: SDM vol 3 ch. 6.3.1 and 6.8.1 (IF), 6.8.3 (MOV SS and POP SS), 6.7.1 (NMI blocking), 6.9 and
 * table 6-2 (priority of simultaneous events), 10.8.3.1 (TPR, CR8); vol 2 "STI", "HLT", "MOV", "LSS", "IRET". */
#include "guest.h"

enum { APIC_EOI = 0xb0, APIC_SVR = 0xf0, APIC_ICR = 0x300, APIC_ICR_HIGH = 0x310 };
enum { LOW = 0x41, HIGH = 0x51, IF = 0x200, TF = 0x100 };
static volatile u32 *apic(u32 offset) { return (volatile u32 *)(0xfee00000ul + offset); }

/* What came, in order: a vector, and 80h more where an NMI's handler ends. */
static struct { u32 what; u64 rip; } log[16];
static unsigned logged;
static void note(u32 what, u64 rip)
{
	if (logged < 16) {
		log[logged].what = what;
		log[logged++].rip = rip;
	}
}
static u64 order(void)
{
	u64 all = 0;
	for (unsigned i = 0; i < logged; i++)
		all = all << 8 | log[i].what;
	return all;
}

static void pend(u32 vector) { *apic(APIC_ICR) = 0x40000 | vector; }
static void send_nmi(void)
{
	*apic(APIC_ICR_HIGH) = 0;
	*apic(APIC_ICR) = 0x4400;
	/* Time for it to arrive, were it not blocked. */
	for (int i = 0; i < 1000; i++)
		(void)*apic(APIC_SVR);
}
static void on_irq(struct regs *at)
{
	note(at->vector, at->rip);
	*apic(APIC_EOI) = 0;
}
static void on_db(struct regs *at)
{
	note(DB, at->rip);
	at->rflags &= ~(u64)TF;
}
static void on_bp(struct regs *at) { note(BP, at->rip); }

CODE(64, sti_nop, "sti; nop; nop; nop; cli");
CODE(64, sti_cli, "sti; cli; nop; nop");
CODE(64, sti_sti, "sti; sti; nop; nop; cli");
CODE(64, sti_hlt, "sti; hlt; nop; cli");
CODE(64, by_popf, "pushfq; orl $0x200, (%rsp); popfq\nbehind_popf: nop; nop; cli");
CODE(64, by_iret, "mov %rsp, %rcx; push $0x10; push %rcx; push $0x202; push $8; push $behind_iret; iretq\nbehind_iret: nop; cli");
CODE(64, by_cr8, "mov $5, %eax; mov %rax, %cr8; sti; nop; nop; xor %eax, %eax; mov %rax, %cr8\nbehind_cr8: nop; cli");
extern const char behind_popf[], behind_iret[], behind_cr8[];

static void taken(const char *name, const char *code, const char *at)
{
	logged = 0;
	pend(HIGH);
	enter_at(code, SEL_CODE, SEL_DATA);
	check(name, order(), at ? HIGH : 0);
	if (at)
		check("... where", log[0].rip, (u64)at);
	/* Nothing is left for the next. */
	__asm__ volatile("sti; nop; nop; cli");
}

static void shadow_of_sti(void)
{
	taken("STI: behind the instruction that follows", sti_nop, sti_nop + 2);
	taken("STI, CLI: never", sti_cli, 0);
	taken("STI, STI: behind the second", sti_sti, sti_sti + 2);
	taken("STI, HLT: behind HLT", sti_hlt, sti_hlt + 2);
	taken("POPF that sets IF: at once", by_popf, behind_popf);
	taken("IRET that sets IF: at its target", by_iret, behind_iret);
	taken("CR8 that lets it through: at once", by_cr8, behind_cr8);
}

CODE(64, step_mov_ss, "mov $0x10, %ecx; pushfq; orl $0x100, (%rsp); popfq; mov %ecx, %ss; nop\nbehind_mov_ss: nop");
CODE(32, step_pop_ss, "pushl $0x10; pushf; orl $0x100, (%esp); popf; pop %ss; nop\nbehind_pop_ss: nop");
CODE(32, step_lss, "mov %esp, %eax; pushl $0x10; push %eax; pushf; orl $0x100, (%esp); popf; lss (%esp), %esp\nbehind_lss: nop");
CODE(64, step_mov_ds, "mov $0x10, %ecx; pushfq; orl $0x100, (%rsp); popfq; mov %ecx, %ds\nbehind_mov_ds: nop");
CODE(64, step_cr8, "mov $5, %eax; mov %rax, %cr8; xor %eax, %eax; pushfq; orl $0x300, (%rsp); popfq; mov %rax, %cr8\nbehind_step_cr8: nop; cli");
extern const char behind_mov_ss[], behind_pop_ss[], behind_lss[], behind_mov_ds[], behind_step_cr8[];

static void stepped(const char *name, const char *code, u16 cs, const char *at)
{
	logged = 0;
	enter_at(code, cs, SEL_DATA);
	check(name, order(), DB);
	check("... where", log[0].rip, (u64)at);
}

static void shadow_of_ss(void)
{
	handlers[DB] = on_db;
	stepped("MOV SS holds the single-step trap back for one instruction", step_mov_ss, SEL_CODE, behind_mov_ss);
	stepped("POP SS does too", step_pop_ss, SEL_CODE32, behind_pop_ss);
	stepped("LSS does not", step_lss, SEL_CODE32, behind_lss);
	stepped("MOV DS does not", step_mov_ds, SEL_CODE, behind_mov_ds);
	logged = 0;
	pend(HIGH);
	enter_at(step_cr8, SEL_CODE, SEL_DATA);
	check("single-step trap and interrupt at the same place: the trap first", order(), DB << 8 | HIGH);
	check("... the trap's RIP", log[0].rip, (u64)behind_step_cr8);
	check("... the interrupt's RIP", log[1].rip, (u64)behind_step_cr8);
	handlers[DB] = 0;
}

static unsigned nmis, plan;
enum { AGAIN = 1, BREAKPOINT = 2, WITH_IRQ = 4 };
static void on_nmi(struct regs *at)
{
	note(NMI, at->rip);
	if (nmis++ == 0) {
		if (plan & WITH_IRQ) {
			pend(HIGH);
			at->rflags |= IF;
		}
		if (plan & AGAIN)
			send_nmi();
		if (plan & BREAKPOINT)
			__asm__ volatile("int3; nop");
	}
	note(NMI | 0x80, 0);
}
CODE(64, wait_open, "nop; nop; cli; nop");

static void nmi(const char *name, unsigned what, u64 expected)
{
	logged = nmis = 0;
	plan = what;
	send_nmi();
	enter_at(wait_open, SEL_CODE, SEL_DATA);
	__asm__ volatile("cli");
	check(name, order(), expected);
}

static void nmi_blocking(void)
{
	handlers[NMI] = on_nmi;
	handlers[BP] = on_bp;
	nmi("NMI with IF = 0", 0, 0x0282);
	nmi("NMI in the handler of one: after its IRET", AGAIN, 0x02820282);
	nmi("NMI in the handler of one: after any IRET, that of #BP too", AGAIN | BREAKPOINT, 0x0203028282);
	nmi("NMI and interrupt together: NMI first", AGAIN | WITH_IRQ, 0x0282028251);
	handlers[NMI] = handlers[BP] = 0;
	logged = 0;
	pend(LOW);
	pend(HIGH);
	enter_at(sti_nop, SEL_CODE, SEL_DATA);
	check("two interrupts: the higher vector first", order(), HIGH << 8 | LOW);
	check("... both at the same place", log[1].rip, log[0].rip);
}

CODE(64, user_lock_hlt, ".byte 0xf0, 0xf4");
CODE(64, user_div, "mov $1, %eax; cdq; xor %ecx, %ecx; mov $1, %ebx; shl $40, %rbx; divl (%rbx)");
/* Which of several faults that one instruction has (table 6-2). */
static void faults(void)
{
	enter_at(user_lock_hlt, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("LOCK HLT at CPL 3: #UD before #GP", UD, 0);
	enter_at(user_div, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("DIV by what is not mapped: #PF", PF, 4);
	WRITE_CR(0, READ_CR(0) | 8);
	CATCH("fldl (%0)", "r"(1ul << 40));
	check_fault("FLD with CR0.TS of what is not mapped: #NM before #PF", NM, 0);
	WRITE_CR(4, READ_CR(4) & ~0x200ul);
	CATCH("movaps (%0), %%xmm0", "r"(1ul << 40));
	check_fault("SSE with CR0.TS and without CR4.OSFXSR: #UD before #NM", UD, 0);
	WRITE_CR(4, READ_CR(4) | 0x200ul);
	WRITE_CR(0, READ_CR(0) & ~8ul);
	CATCH("movaps (%0), %%xmm0", "r"((1ul << 40) + 1));
	check_fault("MOVAPS, not aligned and not mapped: #GP before #PF", GP, 0);
	CATCH("mov $0x12, %%eax; lldt %%ax; mov (%0), %%eax", "r"(1ul << 40));
	check_fault("of two instructions the first", GP, 0x10);
}

void guest_main(void)
{
	*apic(APIC_SVR) = 0x1ff;
	handlers[LOW] = handlers[HIGH] = on_irq;
	shadow_of_sti();
	shadow_of_ss();
	nmi_blocking();
	faults();
}
