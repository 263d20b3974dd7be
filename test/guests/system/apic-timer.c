/* The local APIC's timer and priorities, and a level-triggered line of the I/O APIC. SDM vol 3 ch. 10.4.7 (state after reset and software disable), 10.5.1
 * (local vector table), 10.5.4 and 10.5.4.1 (timer, TSC deadline), 10.8.3 and 10.8.3.1 (TPR, PPR, CR8), 10.8.4 (IRR, ISR, TMR), 10.8.5 (EOI);
 * 82093AA data sheet 3.2.4 (redirection entries, remote IRR). */
#include "guest.h"

enum { ID = 0x20, TPR = 0x80, PPR = 0xa0, EOI = 0xb0, SVR = 0xf0, ISR = 0x100, TMR = 0x180, IRR = 0x200, ICR = 0x300, LVT_TIMER = 0x320, LVT_LINT1 = 0x360, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0 };
enum { MASKED = 1 << 16, PERIODIC = 1 << 17, DEADLINE = 2 << 17, BY_1 = 0xb, BY_16 = 3, TIMER = 0x61, LIMIT = 3000000 };
static u32 apic_read(u32 at) { return *(volatile u32 *)(0xfee00000ul + at); }
static void apic_write(u32 at, u32 value) { *(volatile u32 *)(0xfee00000ul + at) = value; }
static u32 in(u32 set, u32 vector) { return apic_read(set + (vector >> 5) * 16) >> (vector & 31) & 1; }
static void pend(u32 vector) { apic_write(ICR, 0x40000 | vector); }
static u64 tsc(void) { u32 a, d; __asm__ volatile("rdtsc" : "=a"(a), "=d"(d)); return a | (u64)d << 32; }
static void settle(void) { for (u32 i = 0; i < 20000; i++) __asm__ volatile("pause"); }

static volatile unsigned ticks;
static u64 last_tsc;
static void on_timer(struct regs *at)
{
	(void)at;
	ticks++;
	last_tsc = tsc();
	apic_write(EOI, 0);
}
static unsigned until(unsigned count)
{
	for (u32 i = 0; i < LIMIT && ticks < count; i++)
		__asm__ volatile("pause");
	return ticks;
}

static void timer(void)
{
	apic_write(DIVIDE, BY_1);
	apic_write(LVT_TIMER, TIMER);
	ticks = 0;
	apic_write(INITIAL, 5000);
	__asm__ volatile("sti");
	check("one-shot: comes", until(1), 1);
	check("... the current count is 0", apic_read(CURRENT), 0);
	check("... the initial count stays", apic_read(INITIAL), 5000);
	settle();
	check("... once", ticks, 1);
	ticks = 0;
	apic_write(INITIAL, 20000);
	__asm__ volatile("hlt");
	check("one-shot: wakes from HLT", ticks, 1);
	apic_write(LVT_TIMER, TIMER | PERIODIC);
	ticks = 0;
	apic_write(INITIAL, 20000);
	check("periodic: comes again and again", until(4) >= 4, 1);
	apic_write(INITIAL, 0);
	settle();
	ticks = 0;
	settle();
	check("... initial count 0 stops it", ticks, 0);
	check("... current count", apic_read(CURRENT), 0);
	apic_write(LVT_TIMER, TIMER | MASKED);
	apic_write(INITIAL, 1000);
	settle();
	check("masked: does not come", ticks, 0);
	check("... but counts", apic_read(CURRENT), 0);
	check("... and is not pending", in(IRR, TIMER), 0);
	apic_write(LVT_TIMER, TIMER);
	settle();
	check("... nor later, when the mask is taken away", ticks, 0);
	apic_write(INITIAL, 0xffffffff);
	u32 first = apic_read(CURRENT), second;
	settle();
	second = apic_read(CURRENT);
	check("the current count goes down", second < first, 1);
	apic_write(DIVIDE, BY_16);
	apic_write(INITIAL, 0xffffffff);
	u64 start = tsc();
	settle();
	u64 slow = ((u64)0xffffffff - apic_read(CURRENT)) * 1000000 / (tsc() - start);
	apic_write(DIVIDE, BY_1);
	apic_write(INITIAL, 0xffffffff);
	start = tsc();
	settle();
	u64 fast = ((u64)0xffffffff - apic_read(CURRENT)) * 1000000 / (tsc() - start);
	check("divide by 16 is about a sixteenth of divide by 1", fast > slow * 12 && fast < slow * 21, 1);
	apic_write(INITIAL, 0);
}

static void deadline(void)
{
	u32 r[4];
	cpuid(1, 0, r);
	if (!(r[2] >> 24 & 1)) {
		skip("TSC deadline", "CPUID does not have it");
		return;
	}
	apic_write(LVT_TIMER, TIMER);
	wrmsr(0x6e0, tsc() + 1000);
	check("TSC deadline outside of that mode: the MSR reads 0", rdmsr(0x6e0), 0);
	apic_write(LVT_TIMER, TIMER | DEADLINE);
	__asm__ volatile("mfence");
	ticks = 0;
	u64 at = tsc() + 100000;
	wrmsr(0x6e0, at);
	check("TSC deadline: comes", until(1), 1);
	check("... not before", last_tsc >= at, 1);
	check("... the MSR reads 0", rdmsr(0x6e0), 0);
	settle();
	check("... once", ticks, 1);
	at = tsc() + 1000000000000;
	wrmsr(0x6e0, at);
	check("the MSR reads the deadline", rdmsr(0x6e0), at);
	apic_write(INITIAL, 100);
	check("the initial count is not taken in that mode", apic_read(CURRENT), 0);
	settle();
	check("... and nothing comes", ticks, 1);
	wrmsr(0x6e0, 1);
	check("a deadline that is over comes at once", until(2), 2);
	wrmsr(0x6e0, tsc() + 50000);
	wrmsr(0x6e0, 0);
	settle();
	check("0 disarms", ticks, 2);
	at = tsc() + 1000000000000;
	wrmsr(0x6e0, at);
	apic_write(LVT_TIMER, TIMER);
	apic_write(LVT_TIMER, TIMER | DEADLINE);
	check("leaving the mode disarms", rdmsr(0x6e0), 0);
	apic_write(LVT_TIMER, TIMER | MASKED);
}

/* Vectors as they came; no EOI before the test's own. */
static u64 order;
static void on_vector(struct regs *at) { order = order << 8 | at->vector; }
static void open(void) { __asm__ volatile("sti; nop; nop; cli"); }
static void wait_for(u32 vector) { for (u32 i = 0; i < 1000 && !in(IRR, vector); i++) ; }

static void priority(void)
{
	static const u8 vectors[] = { 0x41, 0x51, 0x5f, 0x71 };
	for (unsigned i = 0; i < sizeof(vectors); i++)
		handlers[vectors[i]] = on_vector;
	__asm__ volatile("cli");
	apic_write(TPR, 0x50);
	check("TPR 50h: CR8 is 5", READ_CR(8), 5);
	check("TPR 50h: PPR", apic_read(PPR), 0x50);
	pend(0x5f);
	pend(0x41);
	wait_for(0x41);
	check("pending: in the IRR", in(IRR, 0x5f) + in(IRR, 0x41), 2);
	open();
	check("TPR 50h holds 41h and 5Fh back", order, 0);
	pend(0x71);
	open();
	check("... 71h comes", order, 0x71);
	check("... it is in the ISR, not in the IRR", in(ISR, 0x71) << 4 | in(IRR, 0x71), 0x10);
	check("... PPR is its class", apic_read(PPR), 0x70);
	WRITE_CR(8, 0ul);
	check("CR8 0: TPR", apic_read(TPR), 0);
	open();
	check("71h in service holds lower ones back", order, 0x71);
	pend(0x71);
	wait_for(0x71);
	pend(0x71);
	check("the same vector again: IRR and ISR", in(ISR, 0x71) << 4 | in(IRR, 0x71), 0x11);
	apic_write(EOI, 0);
	check("EOI ends the one in service", in(ISR, 0x71) << 4 | in(IRR, 0x71), 1);
	open();
	check("... the second is the next; a third was the same", order, 0x7171);
	apic_write(EOI, 0);
	open();
	check("after its EOI 5Fh", order, 0x71715f);
	pend(0x51);
	open();
	check("5Fh in service holds its own class back", order, 0x71715f);
	pend(0x71);
	open();
	check("... not a higher one", order, 0x71715f71);
	check("two in service", in(ISR, 0x5f) + in(ISR, 0x71), 2);
	apic_write(EOI, 0);
	check("EOI ends the higher one", in(ISR, 0x5f) << 4 | in(ISR, 0x71), 0x10);
	apic_write(TPR, 0x5a);
	check("PPR with TPR in the class that is in service: TPR", apic_read(PPR), 0x5a);
	apic_write(TPR, 0x4f);
	check("PPR with TPR below: the class in service", apic_read(PPR), 0x50);
	apic_write(TPR, 0);
	apic_write(EOI, 0);
	open();
	apic_write(EOI, 0);
	open();
	apic_write(EOI, 0);
	check("then 51h and 41h", order, 0x71715f715141);
	check("PPR 0 at the end", apic_read(PPR), 0);
	WRITE_CR(8, 15ul);
	check("CR8 15: TPR F0h", apic_read(TPR), 0xf0);
	WRITE_CR(8, 0ul);
}

static void disabled(void)
{
	apic_write(LVT_TIMER, TIMER);
	apic_write(SVR, 0xff);
	check("software disable sets the mask of the timer", apic_read(LVT_TIMER) >> 16 & 1, 1);
	apic_write(LVT_TIMER, TIMER);
	check("... which cannot be cleared", apic_read(LVT_TIMER) >> 16 & 1, 1);
	apic_write(SVR, 0x1ff);
	apic_write(LVT_TIMER, TIMER);
	check("... until it is enabled", apic_read(LVT_TIMER), TIMER);
}

/* COM1's "transmitter empty" interrupt on pin 4. */
static void io_apic(u32 index, u32 value)
{
	*(volatile u32 *)0xfec00000ul = index;
	*(volatile u32 *)0xfec00010ul = value;
}
static u32 entry(void)
{
	*(volatile u32 *)0xfec00000ul = 0x10 + 4 * 2;
	return *(volatile u32 *)0xfec00010ul;
}
enum { LINE = 0x81, LEVEL = 1 << 15, REMOTE = 1 << 14 };
static volatile unsigned lines, remote, tmr, keep;
static void on_line(struct regs *at)
{
	(void)at;
	lines++;
	remote = entry() & REMOTE;
	tmr = in(TMR, LINE);
	if (lines > keep)
		outb(0x3f9, 0);
	apic_write(EOI, 0);
}

static void level(void)
{
	handlers[LINE] = on_line;
	outb(0x3fc, 0x0b);
	io_apic(0x10 + 4 * 2 + 1, apic_read(ID) & 0xff000000);
	io_apic(0x10 + 4 * 2, LEVEL | LINE);
	__asm__ volatile("sti");
	outb(0x3f9, 2);
	settle();
	__asm__ volatile("cli");
	check("level: comes once where the handler takes the cause away", lines, 1);
	check("... remote IRR is set in the handler", remote, REMOTE);
	check("... it is marked in the TMR", tmr, 1);
	check("... remote IRR is clear after EOI", entry() & REMOTE, 0);
	lines = 0;
	keep = 3;
	__asm__ volatile("sti");
	outb(0x3f9, 2);
	settle();
	__asm__ volatile("cli");
	check("level: comes again after EOI while the line is up", lines, 4);
	lines = 0;
	keep = 0;
	io_apic(0x10 + 4 * 2, MASKED | LEVEL | LINE);
	__asm__ volatile("sti");
	outb(0x3f9, 2);
	settle();
	check("masked: does not come", lines, 0);
	io_apic(0x10 + 4 * 2, LEVEL | LINE);
	settle();
	check("... but when the mask is taken away, the line being up", lines, 1);
	io_apic(0x10 + 4 * 2, LINE);
	keep = 100;
	lines = 0;
	outb(0x3f9, 2);
	settle();
	check("edge: once while the line stays up", lines, 1);
	check("... no remote IRR", remote, 0);
	check("... not in the TMR", tmr, 0);
	__asm__ volatile("cli");
	outb(0x3f9, 0);
	io_apic(0x10 + 4 * 2, MASKED);
}

void guest_main(void)
{
	handlers[TIMER] = on_timer;
	apic_write(SVR, 0x1ff);
	timer();
	deadline();
	priority();
	disabled();
	level();
}
