/* MONITOR and MWAIT: what they check, what ends the wait: a store of another processor, an NMI, an interrupt, a masked one where ECX says so.
 * @vcpus 2
 * @options --cpu max,+monitor
 * SDM vol 2 "MONITOR", "MWAIT", "CPUID" leaf 5; vol 3 ch. 10.10.3 to 10.10.5. */
#include "guest.h"

enum { EOI = 0xb0, SVR = 0xf0, ICR_LOW = 0x300, ICR_HIGH = 0x310, LVT_TIMER = 0x320, TIMER_COUNT = 0x380, TIMER_DIVIDE = 0x3e0 };
enum { ASSERT = 1 << 14, NMI_MODE = 4 << 8, INIT = 5 << 8, STARTUP = 6 << 8 };
#define TRAMPOLINE 0x8000

static void apic_write(unsigned at, u32 value) { *(volatile u32 *)(0xfee00000ul + at) = value; }
static void send(u32 destination, u32 command)
{
	apic_write(ICR_HIGH, destination << 24);
	apic_write(ICR_LOW, command | ASSERT);
}

/* Real mode at 8000h to 64-bit mode on the tables of the first processor. */
__asm__(".pushsection .rodata\n.code16\ntrampoline:\n cli\n mov %cs, %ax\n mov %ax, %ds\n"
	"lgdtl 0xfe0\n mov %cr0, %eax\n or $1, %al\n mov %eax, %cr0\n ljmpl $0x18, $ap_32\ntrampoline_end:\n.code64\n.popsection\n"
	".pushsection .text\n.code32\nap_32: mov $16, %eax\n mov %eax, %ds\n mov %eax, %es\n mov %eax, %ss\n mov $ap_stack + 8192, %esp\n call to_long_mode\n ljmp $8, $ap_64\n"
	".code64\nap_64: mov $16, %eax\n mov %eax, %ds\n mov %eax, %es\n mov %eax, %ss\n mov $ap_stack + 8192, %rsp\n call ap_main\n.popsection");
extern const u8 trampoline[], trampoline_end[];
u8 ap_stack[8192] __attribute__((aligned(16)));

/* One line each, as CPUID leaf 5 says. */
static volatile struct { u32 word; u8 rest[60]; } line __attribute__((aligned(64))), seen __attribute__((aligned(64))), waits __attribute__((aligned(64))), idle __attribute__((aligned(64)));
static volatile u32 nmis, ticks;
static void on_nmi(struct regs *at) { (void)at; nmis++; }
static void on_tick(struct regs *at) { (void)at; ticks++; apic_write(EOI, 0); }

static inline void monitor(const volatile void *at) { __asm__ volatile("monitor" : : "a"(at), "c"(0), "d"(0) : "memory"); }
static inline void mwait(u32 extensions) { __asm__ volatile("mwait" : : "a"(0), "c"(extensions) : "memory"); }

__attribute__((used)) void ap_main(void)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) pointer = { sizeof(idt) - 1, (u64)idt };
	__asm__ volatile("lidt %0" : : "m"(pointer));
	apic_write(SVR, 0x1ff);
	for (;;) {
		monitor(&line);
		if (line.word == seen.word) {
			waits.word++;
			mwait(0);
		}
		seen.word = line.word;
	}
}

/* Until the other processor has seen the value; one that never does makes the check fail. */
static void expect_seen(const char *name, u32 value)
{
	for (u32 i = 0; i < 2000000 && seen.word != value; i++)
		__asm__ volatile("pause");
	check(name, seen.word, value);
}
static void settle(void)
{
	for (u32 i = 0; i < 20000; i++)
		__asm__ volatile("pause");
}

CODE(64, user_monitor, "lea line(%rip), %rax\n xor %ecx, %ecx\n xor %edx, %edx\n monitor");
CODE(64, user_mwait, "xor %eax, %eax\n xor %ecx, %ecx\n mwait");

static void faults(void)
{
	CATCH("mov %0, %%rax; mov $1, %%ecx; xor %%edx, %%edx; monitor", "r"(&line));
	check_fault("MONITOR with ECX 1: #GP(0)", GP, 0);
	CATCH("mov $1, %%rax; shl $47, %%rax; xor %%ecx, %%ecx; xor %%edx, %%edx; monitor", "i"(0));
	check_fault("MONITOR of a non-canonical address: #GP(0)", GP, 0);
	CATCH("mov $1, %%rax; shl $40, %%rax; xor %%ecx, %%ecx; xor %%edx, %%edx; monitor", "i"(0));
	check_fault("MONITOR of a page that is not there: #PF", PF, 0);
	CATCH("xor %%eax, %%eax; mov $2, %%ecx; mwait", "i"(0));
	check_fault("MWAIT with an unknown extension: #GP(0)", GP, 0);
	enter_at(user_monitor, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("MONITOR at CPL 3: #UD", UD, 0);
	enter_at(user_mwait, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("MWAIT at CPL 3: #UD", UD, 0);
}

static void arm_timer(void)
{
	apic_write(TIMER_DIVIDE, 0xb);
	apic_write(LVT_TIMER, 0x42);
	apic_write(TIMER_COUNT, 20000);
}
static int timer_waits(void) { return *(volatile u32 *)(0xfee00000ul + 0x220) >> 2 & 1; }

void guest_main(void)
{
	u32 r[4];
	cpuid(1, 0, r);
	if (!(r[2] >> 3 & 1)) {
		skip("MONITOR and MWAIT", "CPUID says they are not there");
		return;
	}
	cpuid(5, 0, r);
	check("leaf 5: the line is a power of two", r[0] >= 16 && (r[0] & (r[0] - 1)) == 0 && r[1] >= r[0], 1);
	check("leaf 5: masked interrupts may end MWAIT", r[2] & 3, 3);
	faults();

	handlers[2] = on_nmi;
	handlers[0x42] = on_tick;
	apic_write(SVR, 0x1ff);
	memcpy((void *)TRAMPOLINE, trampoline, trampoline_end - trampoline);
	struct { u16 limit; u32 base; } __attribute__((packed)) *table = (void *)(TRAMPOLINE + 0xfe0);
	table->limit = GDT_ENTRIES * 8 - 1;
	table->base = (u32)(u64)gdt;
	send(1, INIT);
	settle();
	send(1, STARTUP | TRAMPOLINE >> 12);
	settle();
	line.word = 1;
	expect_seen("a store ends the other processor's MWAIT", 1);
	for (u32 i = 2; i < 50; i++) {
		line.word = i;
		while (seen.word != i)
			__asm__ volatile("pause");
	}
	settle();
	check("fifty stores, fifty times awake", seen.word, 49);
	check("it waits at least once", waits.word >= 1, 1);
	__asm__ volatile("lock incl %0" : "+m"(line.word));
	expect_seen("a locked store ends it", 50);
	u8 image[60];
	memset(image, 0, sizeof(image));
	*(u32 *)image = 51;
	__asm__ volatile("rep movsb" : : "S"(image), "D"(&line), "c"(60ul) : "memory");
	expect_seen("a string store ends it", 51);
	send(1, NMI_MODE);
	settle();
	check("an NMI ends it", nmis, 1);
	line.word = 52;
	expect_seen("... and it waits again", 52);

	/* MWAIT may end for no reason. */
	arm_timer();
	for (u32 i = 0; i < 2000000 && !ticks; i++) {
		monitor(&idle);
		__asm__ volatile("sti; mwait; cli" : : "a"(0), "c"(0) : "memory");
	}
	check("an interrupt ends it", ticks, 1);
	arm_timer();
	for (u32 i = 0; i < 2000000 && !timer_waits(); i++) {
		monitor(&idle);
		mwait(1);
	}
	check("ECX 1: a masked one ends it", timer_waits(), 1);
	check("... and is not taken", ticks, 1);
	__asm__ volatile("sti; nop; cli");
	check("... until IF is set", ticks, 2);
}
