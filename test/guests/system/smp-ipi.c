/* Another processor: INIT and startup IPI, interrupts between processors by every addressing, NMI, and what the ICR says.
 * @vcpus 2
 * SDM vol 3 ch. 9.4 (MP initialisation), 11.5.1 (local vector table), 11.6 (IPIs: 11.6.1 ICR, 11.6.2 destinations), 11.8.3.1 (EOI). */
#include "guest.h"

enum { ID = 0x20, EOI = 0xb0, LDR = 0xd0, DFR = 0xe0, SVR = 0xf0, ICR_LOW = 0x300, ICR_HIGH = 0x310 };
enum { SELF = 1 << 18, ALL = 2 << 18, OTHERS = 3 << 18, LOGICAL = 1 << 11, ASSERT = 1 << 14, NMI_MODE = 4 << 8, INIT = 5 << 8, STARTUP = 6 << 8, PENDING = 1 << 12 };
#define TRAMPOLINE 0x8000

static u32 apic_read(unsigned at) { return *(volatile u32 *)(0xfee00000ul + at); }
static void apic_write(unsigned at, u32 value) { *(volatile u32 *)(0xfee00000ul + at) = value; }

static void send(u32 destination, u32 command)
{
	apic_write(ICR_HIGH, destination << 24);
	apic_write(ICR_LOW, command | ASSERT);
}

/* By APIC id. */
static volatile u32 fixed[2], nmis[2], online, ap_cs, ap_id, ap_cr0;
static void on_fixed(struct regs *at) { (void)at; fixed[apic_read(ID) >> 24 & 1]++; apic_write(EOI, 0); }
static void on_nmi(struct regs *at) { (void)at; nmis[apic_read(ID) >> 24 & 1]++; }

/* Real mode at 8000h to 64-bit mode on the tables of the first processor. */
__asm__(".pushsection .rodata\n.code16\ntrampoline:\n cli\n mov %cs, %ax\n mov %ax, %ds\n mov %ax, 0xff0\n mov %cr0, %eax\n mov %eax, 0xff4\n"
	"lgdtl 0xfe0\n mov %cr0, %eax\n or $1, %al\n mov %eax, %cr0\n ljmpl $0x18, $ap_32\ntrampoline_end:\n.code64\n.popsection\n"
	".pushsection .text\n.code32\nap_32: mov $16, %eax\n mov %eax, %ds\n mov %eax, %es\n mov %eax, %ss\n mov $ap_stack + 8192, %esp\n call to_long_mode\n ljmp $8, $ap_64\n"
	".code64\nap_64: mov $16, %eax\n mov %eax, %ds\n mov %eax, %es\n mov %eax, %ss\n mov $ap_stack + 8192, %rsp\n call ap_main\n.popsection");
extern const u8 trampoline[], trampoline_end[];
u8 ap_stack[8192] __attribute__((aligned(16)));

__attribute__((used)) void ap_main(void)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) pointer = { sizeof(idt) - 1, (u64)idt };
	__asm__ volatile("lidt %0" : : "m"(pointer));
	apic_write(SVR, 0x1ff);
	apic_write(DFR, 0xffffffff);
	apic_write(LDR, 2u << 24);
	ap_id = apic_read(ID) >> 24;
	ap_cs = *(volatile u16 *)(TRAMPOLINE + 0xff0);
	ap_cr0 = *(volatile u32 *)(TRAMPOLINE + 0xff4);
	online = 1;
	for (;;)
		__asm__ volatile("sti; hlt");
}

/* Until the counter has the value; a processor that never does makes the check fail. */
static void expect(const char *name, volatile u32 *counter, u32 value)
{
	for (u32 i = 0; i < 2000000 && *counter < value; i++)
		__asm__ volatile("pause");
	check(name, *counter, value);
}

/* Long enough for what must not come to come. */
static void settle(void)
{
	for (u32 i = 0; i < 20000; i++)
		__asm__ volatile("pause");
}

void guest_main(void)
{
	handlers[0x41] = on_fixed;
	handlers[2] = on_nmi;
	handlers[0xff] = on_fixed;
	apic_write(SVR, 0x1ff);
	apic_write(DFR, 0xffffffff);
	apic_write(LDR, 1u << 24);
	check("the first processor has APIC id 0", apic_read(ID) >> 24, 0);
	check("the first processor: BSP in IA32_APIC_BASE", rdmsr(0x1b) >> 8 & 1, 1);
	memcpy((void *)TRAMPOLINE, trampoline, trampoline_end - trampoline);
	struct { u16 limit; u32 base; } __attribute__((packed)) *table = (void *)(TRAMPOLINE + 0xfe0);
	table->limit = GDT_ENTRIES * 8 - 1;
	table->base = (u32)(u64)gdt;

	send(1, INIT);
	settle();
	check("after INIT it waits", online, 0);
	send(1, STARTUP | TRAMPOLINE >> 12);
	settle();
	send(1, STARTUP | TRAMPOLINE >> 12);
	expect("startup IPI: the other processor runs", &online, 1);
	check("... CS is the vector * 100h", ap_cs, TRAMPOLINE >> 4);
	check("... in real mode, caches off", ap_cr0 & 0x80000001, 0);
	check("... APIC id 1", ap_id, 1);

	__asm__ volatile("sti");
	send(1, 0x41);
	expect("fixed, physical destination 1", &fixed[1], 1);
	check("... not here", fixed[0], 0);
	check("ICR: not pending any more", apic_read(ICR_LOW) & PENDING, 0);
	send(0, 0x41 | SELF);
	expect("self shorthand", &fixed[0], 1);
	send(0, 0x41 | OTHERS);
	expect("all but self shorthand", &fixed[1], 2);
	settle();
	check("... not here", fixed[0], 1);
	send(0, 0x41 | ALL);
	expect("all shorthand: the other", &fixed[1], 3);
	expect("all shorthand: here", &fixed[0], 2);
	send(2, 0x41 | LOGICAL);
	expect("logical destination 2: the other", &fixed[1], 4);
	send(3, 0x41 | LOGICAL);
	expect("logical destination 3: the other", &fixed[1], 5);
	expect("logical destination 3: here", &fixed[0], 3);
	send(4, 0x41 | LOGICAL);
	settle();
	check("logical destination 4: nobody", fixed[0] + fixed[1], 8);
	send(0xff, 0x41);
	expect("physical broadcast: the other", &fixed[1], 6);
	expect("physical broadcast: here", &fixed[0], 4);
	send(1, NMI_MODE);
	expect("NMI", &nmis[1], 1);
	check("... not here", nmis[0], 0);
	__asm__ volatile("cli");
	send(0, 0x41 | SELF);
	settle();
	check("IF = 0 holds a fixed one back", fixed[0], 4);
	check("... it is in the IRR", apic_read(0x200 + 0x20) >> 1 & 1, 1);
	__asm__ volatile("sti");
	expect("... until IF = 1", &fixed[0], 5);
	__asm__ volatile("cli");
}
