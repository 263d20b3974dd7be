/* x87 exceptions without CR0.NE, the MS-DOS compatible way: SDM vol 1 ch. 8.7.2 and app. D.2 (FERR#, the freeze before a waiting instruction, IGNNE#), vol 3
 * ch. 2.5 (CR0.NE), 6.15 (#MF). The board's part: 82371SB (PIIX3) data sheet, "Coprocessor error register" (port F0h), IRQ 13. */
#include "guest.h"

enum { APIC_EOI = 0xb0, APIC_SVR = 0xf0, LVT_TIMER = 0x320, LVT_LINT0 = 0x350, TIMER_INITIAL = 0x380, TIMER_DIVIDE = 0x3e0 };
enum { IRQ_BASE = 0x70, IRQ13 = 0x75, SPURIOUS = 0x77, TIMER = 0x61, IO_APIC_IRQ13 = 0x62, CR0_NE = 0x20, ZE = 4, ES = 0x80, MASKED = 0x10000 };
static volatile u32 *apic(u32 offset) { return (volatile u32 *)(0xfee00000ul + offset); }
static volatile u32 *const ioregsel = (u32 *)0xfec00000, *const iowin = (u32 *)0xfec00010;

static unsigned came, vector;
static u64 came_rip;
static u16 status, control;
/* What the handler does besides EOI. */
static enum { CLEAR = 1, PORT = 2, END_PIC = 4 } answer;

static void on_interrupt(struct regs *at)
{
	came++;
	vector = at->vector;
	came_rip = at->rip;
	if (answer & PORT)
		outb(0xf0, 0);
	if (answer & CLEAR)
		__asm__ volatile("fnclex");
	if (at->vector != IRQ13) {
		*apic(APIC_EOI) = 0;
		return;
	}
	if (answer & END_PIC)
		outb(0xa0, 0x20), outb(0x20, 0x20);
}

/* Interrupts come between STI and CLI; there is a jump, because QEMU looks for them only there. */
#define PREPARE "fninit; fldcw control; fld1; fldz; "
CODE(64, by_wait, PREPARE "fdivrp; sti; nop\nwait_at: fwait; jmp 1f\n1: nop; cli; mov $7, %eax; fnstsw status");
CODE(64, by_fld1, PREPARE "fdivrp; sti; nop\nfld1_at: fld1; jmp 1f\n1: nop; cli; mov $7, %eax; fnstsw status");
CODE(64, by_mmx, PREPARE "fdivrp; sti; nop\nmmx_at: movq %mm0, %mm1; jmp 1f\n1: nop; cli; mov $7, %eax; fnstsw status");
CODE(64, by_fstenv, PREPARE "fdivrp; sti; nop\nfstenv_at: fstenv -64(%rsp); jmp 1f\n1: nop; cli; mov $7, %eax; fnstsw status");
CODE(64, not_waiting, PREPARE "fdivrp; sti; nop; fnstcw -8(%rsp); fnstenv -64(%rsp); fninit; jmp 1f\n1: nop; cli; mov $7, %eax; fnstsw status");
CODE(64, ignored, PREPARE "fdivrp; sti; nop; fwait; jmp 1f\n1: nop; cli; fninit; mov $7, %eax");
CODE(64, goes_on, PREPARE "fdivrp; sti; nop; fwait; jmp 1f\n1: nop; fld1; fwait; jmp 1f\n1: cli; mov $7, %eax; fnstsw status; fnclex");
CODE(64, timed, PREPARE "fdivrp; mov $0xfee00380, %eax; movl $200000, (%rax); sti; nop\ntimed_at: fwait; jmp 1f\n1: nop; cli; mov $7, %eax");
CODE(64, native, PREPARE "fdivrp\nnative_at: fwait");
extern const char wait_at[], fld1_at[], mmx_at[], fstenv_at[], timed_at[], native_at[];

static void run(const char *code, unsigned unmasked, int answers)
{
	control = 0x37f & ~unmasked;
	answer = answers;
	came = vector = 0;
	came_rip = 0;
	word cr0 = READ_CR(0);
	WRITE_CR(0, cr0 & ~(word)CR0_NE);
	enter_at(code, SEL_CODE, SEL_DATA);
	WRITE_CR(0, cr0);
	/* Whatever an engine left pending comes to nothing. QEMU asserts IGNNE# also without FERR#, and takes it back at FLDENV alone. */
	static u32 environment[7];
	outb(0xf0, 0);
	__asm__ volatile("fnclex; fnstenv %0; fldenv %0" : "+m"(environment));
}
static void taken(const char *name, const char *code, const char *at)
{
	run(code, ZE, PORT | CLEAR | END_PIC);
	check(name, came, 1);
	check("... its vector", vector, IRQ13);
	check("... RIP is at the waiting instruction", came_rip, (u64)at);
	check("... which runs when the handler returns", caught.vector == DONE && (u32)caught.rax == 7, 1);
	check("... the exception is cleared", status & (ES | ZE), 0);
}

static void start_pic(unsigned master, unsigned slave)
{
	outb(0x20, 0x11), outb(0xa0, 0x11);
	outb(0x21, IRQ_BASE - 8), outb(0xa1, IRQ_BASE);
	outb(0x21, 4), outb(0xa1, 2);
	outb(0x21, 1), outb(0xa1, 1);
	outb(0x21, master), outb(0xa1, slave);
}

void guest_main(void)
{
	for (unsigned v = IRQ_BASE - 8; v <= SPURIOUS; v++)
		handlers[v] = on_interrupt;
	handlers[TIMER] = handlers[IO_APIC_IRQ13] = on_interrupt;
	*apic(APIC_SVR) = 0x1ff;
	*apic(LVT_LINT0) = 0x700;
	*apic(TIMER_DIVIDE) = 0xb;
	*apic(LVT_TIMER) = MASKED;
	start_pic(0xfb, 0xdf);

	run(by_wait, 0, PORT | CLEAR | END_PIC);
	check("masked exceptions: no interrupt", came, 0);
	taken("FWAIT: IRQ 13", by_wait, wait_at);
	taken("... a second time", by_wait, wait_at);
	taken("FLD1: IRQ 13", by_fld1, fld1_at);
	taken("MMX: IRQ 13", by_mmx, mmx_at);
	taken("FSTENV, which is FWAIT first: IRQ 13", by_fstenv, fstenv_at);
	run(not_waiting, ZE, PORT | CLEAR | END_PIC);
	check("FNSTCW, FNSTENV, FNINIT: no interrupt", came, 0);
	check("... they run", caught.vector == DONE && (u32)caught.rax == 7, 1);

	run(ignored, ZE, PORT | END_PIC);
	check("port F0h asserts IGNNE#: FWAIT runs with the exception pending ... IRQ 13 once", came, 1);
	check("... it runs", caught.vector == DONE && (u32)caught.rax == 7, 1);
	run(goes_on, ZE, PORT | END_PIC);
	check("... so do those behind it ... IRQ 13 once", came, 1);
	check("... they run", caught.vector == DONE && (u32)caught.rax == 7, 1);
	check("... and the exception stays", status & (ES | ZE), ES | ZE);

	/* Another interrupt ends the freeze, too. */
	outb(0xa1, 0xff);
	*apic(LVT_TIMER) = TIMER;
	run(timed, ZE, PORT | CLEAR);
	check("with IRQ 13 masked FWAIT waits for another interrupt", came, 1);
	check("... its vector", vector, TIMER);
	check("... RIP is at FWAIT", came_rip, (u64)timed_at);
	check("... which runs when the handler returns", caught.vector == DONE && (u32)caught.rax == 7, 1);
	*apic(TIMER_INITIAL) = 0;
	*apic(LVT_TIMER) = MASKED;
	__asm__ volatile("sti; jmp 1f\n1: nop; cli");

	/* Pin 13 of the I/O APIC. */
	*ioregsel = 0x10 + 2 * 13 + 1, *iowin = *apic(0x20) & 0xff000000;
	*ioregsel = 0x10 + 2 * 13, *iowin = IO_APIC_IRQ13;
	run(by_wait, ZE, PORT | CLEAR);
	check("I/O APIC: pin 13", came, 1);
	check("... its vector", vector, IO_APIC_IRQ13);
	check("... RIP is at FWAIT", came_rip, (u64)wait_at);

	came = 0;
	control = 0x37f & ~ZE;
	WRITE_CR(0, READ_CR(0) | CR0_NE);
	enter_at(native, SEL_CODE, SEL_DATA);
	check_fault("with CR0.NE: #MF", MF, 0);
	check("... at FWAIT", caught.rip, (u64)native_at);
	__asm__ volatile("fnclex; sti; nop; nop; cli");
	check("... and no interrupt", came, 0);
}
