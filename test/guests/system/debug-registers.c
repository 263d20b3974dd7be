/* Breakpoints in the debug registers and single-stepping: SDM vol 3 ch. 18 (18.2 debug registers, 18.3.1 #DB, 18.3.1.4 single-step, 6.8.3 MOV SS). */
#include "guest.h"

#define RF 0x10000ul
#define TF 0x100ul
#define FIXED6 0xffff0ff0ul
static volatile u64 data[4] __attribute__((aligned(64)));
/* How often #DB came, and what was seen: DR6, RIP, RF of each. */
static unsigned hits;
static word dr6s[16], rips[16], rfs[16];
static int resume;

#define READ_DR(n) ({ word v_; __asm__ volatile("mov %%dr" #n ", %0" : "=r"(v_)); v_; })
#define WRITE_DR(n, value) ({ word v_ = (value); __asm__ volatile("mov %0, %%dr" #n : : "r"(v_)); })

static void on_debug(struct regs *r)
{
	if (hits < 16) {
		dr6s[hits] = READ_DR(6) & 0xe00f;
		rips[hits] = r->rip;
		rfs[hits] = r->rflags & RF;
	}
	hits++;
	if (resume)
		r->rflags |= RF;
	WRITE_DR(6, FIXED6);
	if (hits > 64)
		r->rflags &= ~TF;
}

/* DR7 with breakpoint 0 enabled. */
static void arm(word address, unsigned rw, unsigned len)
{
	hits = 0;
	resume = 0;
	WRITE_DR(6, FIXED6);
	WRITE_DR(0, address);
	WRITE_DR(7, 0x402 | rw << 16 | len << 18);
}
static void disarm(void)
{
	WRITE_DR(7, 0x400);
}

extern const char after_write[], after_read[], at_nop[], after_rep[], after_ss[], rep_at[], stepped[];

static void data_breakpoints(void)
{
	arm((word)data, 1, 3);
	__asm__ volatile("movl $1, %0\n.global after_write\nafter_write: mov %0, %%eax" : "+m"(data[0]) : : "eax");
	disarm();
	check("write breakpoint: one #DB", hits, 1);
	check("write breakpoint: a trap, RIP is behind", rips[0], (word)after_write);
	check("write breakpoint: DR6.B0", dr6s[0], 1);
	check("write breakpoint: RF is saved as 0", rfs[0], 0);
	arm((word)data + 3, 3, 0);
	__asm__ volatile("mov %0, %%eax\n.global after_read\nafter_read: nop" : : "m"(data[0]) : "eax");
	disarm();
	check("read/write breakpoint on one byte of a read", hits, 1);
	check("read/write breakpoint: RIP is behind", rips[0], (word)after_read);
	arm((word)data + 5, 3, 3);
	__asm__ volatile("mov %0, %%eax" : : "m"(data[0]) : "eax");
	disarm();
	check("four bytes beside it", hits, 0);
	arm((word)data + 3, 1, 2);
	__asm__ volatile("movb $1, %0" : "=m"(((volatile char *)data)[7]));
	disarm();
	check("eight bytes, the address is aligned down", hits, 1);
	arm((word)data, 1, 3);
	__asm__ volatile("incl %0" : "+m"(data[0]));
	disarm();
	check("a read-modify-write traps once", hits, 1);
	arm((word)data + 16, 1, 0);
	word count = 24, to = (word)data;
	__asm__ volatile("rep_at: rep stosb\n.global after_rep\nafter_rep: nop" : "+c"(count), "+D"(to) : "a"(0) : "memory");
	disarm();
	check("rep stosb: one #DB", hits, 1);
	check("rep stosb: it went on to the end", count, 0);
}

static void execution_breakpoints(void)
{
	arm((word)at_nop, 0, 0);
	resume = 1;
	__asm__ volatile(".global at_nop\nat_nop: nop");
	disarm();
	check("execution breakpoint: one #DB, RF lets it pass", hits, 1);
	check("execution breakpoint: a fault, RIP is at it", rips[0], (word)at_nop);
	check("execution breakpoint: RF is saved as 0", rfs[0], 0);
	check("execution breakpoint: DR6.B0", dr6s[0], 1);
}

static void shadow(void)
{
	static u16 ss;
	ss = SEL_DATA;
	arm((word)&ss, 3, 1);
	__asm__ volatile("mov %0, %%ss; nop\n.global after_ss\nafter_ss: nop" : : "m"(ss));
	disarm();
	check("MOV SS: the trap of its operand comes", hits, 1);
	check("MOV SS: behind the next instruction", rips[0], (word)after_ss);
}

static void ports(void)
{
	WRITE_CR(4, READ_CR(4) | 8);
	arm(0x80, 2, 0);
	__asm__ volatile("outb %%al, $0x80" : : "a"(0));
	disarm();
	check("I/O breakpoint with CR4.DE", hits, 1);
	CATCH("mov %%dr4, %%rax", "i"(0));
	check_fault("DR4 with CR4.DE: #UD", UD, 0);
	WRITE_CR(4, READ_CR(4) & ~8ul);
	CATCH("mov %%dr4, %%rax", "i"(0));
	check_fault("DR4 without CR4.DE is DR6", NONE, 0);
}

static void single_step(void)
{
	hits = 0;
	resume = 0;
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop; pushfq; andl $~0x100, (%%rsp); popfq\n.global stepped\nstepped: nop" : : : "memory", "cc");
	check("TF: after each instruction, the POPF that clears it too", hits, 5);
	check("TF: DR6.BS", dr6s[0], 0x4000);
	hits = 0;
	__asm__ volatile("mov %%ss, %%eax; pushfq; orl $0x100, (%%rsp); popfq; mov %%eax, %%ss; nop; pushfq; andl $~0x100, (%%rsp); popfq" : : : "eax", "memory", "cc");
	check("TF: none between MOV SS and the next instruction", hits, 4);
	hits = 0;
	word count = 3, to = (word)data;
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; rep stosb; pushfq; andl $~0x100, (%%rsp); popfq" : "+c"(count), "+D"(to) : "a"(0) : "memory", "cc");
	check("TF: after each iteration", hits, 6);
	check("TF: between iterations RF is saved as 1", rfs[0], RF);
	check("TF: after the last it is 0", rfs[2], 0);
}

static void registers(void)
{
	WRITE_DR(7, 0x400);
	check("DR7: bit 10 is fixed", READ_DR(7), 0x400);
	WRITE_DR(6, 0);
	check("DR6: fixed bits", READ_DR(6) & 0xfffe0ff0, 0xfffe0ff0 & FIXED6);
	CATCH("mov %0, %%dr7", "r"(1ul << 32));
	check_fault("DR7: upper half: #GP(0)", GP, 0);
	CATCH("mov %0, %%dr6", "r"(1ul << 32));
	check_fault("DR6: upper half: #GP(0)", GP, 0);
	handlers[DB] = 0;
	WRITE_DR(7, 0x2400);
	CATCH("mov %%dr3, %%rax", "i"(0));
	check_fault("DR7.GD: #DB", DB, 0);
	check("DR7.GD is clear in the handler", READ_DR(7), 0x400);
	check("DR6.BD", READ_DR(6) & 0x2000, 0x2000);
	WRITE_DR(6, FIXED6);
}

void guest_main(void)
{
	handlers[DB] = on_debug;
	data_breakpoints();
	execution_breakpoints();
	shadow();
	ports();
	single_step();
	registers();
}
