/* What blocks an NMI, and for how long: SDM vol 3 ch. 6.7.1 (from the delivery of one to the next IRET; one more is kept), 27.2.3 (an IRET that faults has ended
 * the blocking), vol 2 "HLT" (an NMI that is blocked does not end it). The simple cases are in interrupts-and-shadow.c. */
#include "guest.h"

enum { APIC_EOI = 0xb0, APIC_SVR = 0xf0, APIC_ICR = 0x300, APIC_ICR_HIGH = 0x310, LVT_TIMER = 0x320, TIMER_INITIAL = 0x380, TIMER_DIVIDE = 0x3e0, TIMER = 0x61 };
static volatile u32 *apic(u32 offset) { return (volatile u32 *)(0xfee00000ul + offset); }

static unsigned nmis, depth, deepest, timers, faults;
static enum { TWICE = 1, FAULTING_IRET, HALT } plan;

static void send_nmi(void)
{
	*apic(APIC_ICR_HIGH) = 0;
	*apic(APIC_ICR) = 0x4400;
	/* Time for it to arrive, were it not blocked. */
	for (int i = 0; i < 1000; i++)
		(void)*apic(APIC_SVR);
}
static void on_timer(struct regs *at)
{
	(void)at;
	timers++;
	*apic(APIC_EOI) = 0;
}
/* The IRET below goes to a null code segment. */
extern const char behind_iret[];
static void on_gp(struct regs *at)
{
	faults++;
	at->rip = (u64)behind_iret;
}
static void on_nmi(struct regs *at)
{
	(void)at;
	if (++depth > deepest)
		deepest = depth;
	if (nmis++ == 0) {
		send_nmi();
		if (plan == TWICE)
			send_nmi();
		if (plan == FAULTING_IRET)
			__asm__ volatile("mov %%rsp, %%rcx; push $0x10; push %%rcx; pushfq; push $0; push $0; iretq\n"
					 ".global behind_iret\nbehind_iret: mov %%rcx, %%rsp" : : : "rcx", "memory", "cc");
		if (plan == HALT) {
			/* Its interrupt's IRET unblocks, too: what counts is that HLT went on until then. */
			*apic(TIMER_INITIAL) = 100000;
			__asm__ volatile("sti; hlt; cli" : : : "memory");
		}
	}
	depth--;
}
static void run(int what)
{
	plan = what;
	nmis = depth = deepest = timers = faults = 0;
	send_nmi();
}

void guest_main(void)
{
	handlers[NMI] = on_nmi;
	handlers[GP] = on_gp;
	handlers[TIMER] = on_timer;
	*apic(APIC_SVR) = 0x1ff;
	*apic(TIMER_DIVIDE) = 0xb;
	*apic(LVT_TIMER) = TIMER;
	run(TWICE);
	check("two NMIs in the handler of one: one is kept", nmis, 2);
	check("... it comes behind the handler's IRET", deepest, 1);
	run(FAULTING_IRET);
	check("an IRET that faults unblocks: the NMI comes in the handler of the fault", nmis, 2);
	check("... nested", deepest, 2);
	/* The fault's handler returns by IRET. */
	check("... one fault", faults, 1);
	run(HALT);
	check("HLT in the handler: the NMI does not end it, the timer does", timers, 1);
	check("... then its IRET lets the NMI through", nmis, 2);
	check("... in the first one's handler", deepest, 2);
}
