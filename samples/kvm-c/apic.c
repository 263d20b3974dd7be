/* Local APIC (xAPIC, SDM vol 3 ch. 11) and IOAPIC, both identity-mapped. */
#include "kernel.h"

enum { ID = 0x20, EOI = 0xb0, SVR = 0xf0, ICR_LOW = 0x300, ICR_HIGH = 0x310, LVT_TIMER = 0x320, INITIAL_COUNT = 0x380, DIVIDE = 0x3e0 };
enum { TSC_DEADLINE_MODE = 2 << 17, MSR_TSC_DEADLINE = 0x6e0 };

static volatile u32 *const apic = (u32 *)0xfee00000;
static volatile u32 *const ioapic = (u32 *)0xfec00000;
static int has_deadline;

u32 apic_id(void)
{
	return apic[ID / 4] >> 24;
}

void apic_init(void)
{
	outb(0x21, 0xff); /* both PICs masked: interrupts come by the APICs */
	outb(0xa1, 0xff);
	apic[SVR / 4] = 0x100 | VECTOR_SPURIOUS; /* software enable */
	has_deadline = cpuid(1, 0).ecx >> 24 & 1;
	apic[DIVIDE / 4] = 0xb;                  /* by 1 */
	apic[LVT_TIMER / 4] = VECTOR_TIMER | (has_deadline ? TSC_DEADLINE_MODE : 0);
}

void apic_eoi(void)
{
	if (!kvm_try_pv_eoi(apic_id()))
		apic[EOI / 4] = 0;
}

/* One timer interrupt, ns from now: TSC 2 GHz, APIC timer 25 MHz (CPUID 15h). */
void apic_timer_after(u64 ns)
{
	if (has_deadline)
		wrmsr(MSR_TSC_DEADLINE, rdtsc() + ns * 2);
	else
		apic[INITIAL_COUNT / 4] = ns / 40;
}

void apic_send(u32 target, u32 command)
{
	apic[ICR_HIGH / 4] = target << 24;
	apic[ICR_LOW / 4] = command;
	while (apic[ICR_LOW / 4] & 0x1000) /* delivery status */
		pause();
}

void ioapic_route(int pin, u8 vector, u32 target)
{
	ioapic[0] = 0x10 + pin * 2 + 1;
	ioapic[4] = target << 24;
	ioapic[0] = 0x10 + pin * 2;
	ioapic[4] = vector; /* fixed, physical, edge, unmasked */
}
