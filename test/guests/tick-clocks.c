/* Two clocks made of ticks, a millisecond each: the local APIC's periodic timer, and the PIT by the I/O APIC. Where the vCPU waits for a physical CPU, ticks come too close. */
#include "guest-test.h"

enum { LVT_TIMER = 0x320, INITIAL_COUNT = 0x380, PERIODIC = 1 << 17, TICK_NS = 1000000, PIT_TICK = 1193 };

static volatile u32 *const lapic = (u32 *)0xfee00000;

static void begin(void)
{
	lapic[LVT_TIMER / 4] = VECTOR_TIMER | PERIODIC;
	lapic[INITIAL_COUNT / 4] = TICK_NS / 40;
	ioapic_route(2, VECTOR_IPI, 0);
	outb(0x43, 0x34);
	outb(0x40, PIT_TICK & 0xff);
	outb(0x40, PIT_TICK >> 8);
}

void test_main(void)
{
	u64 begun = clock_ns(), shown = begun;

	begin();
	for (;;) {
		while (clock_ns() - shown < 300 * TICK_NS)
			pause();
		print("tick-clocks: %lu ms by the local APIC, %u by the PIT, %lu by kvmclock\n", ticks, ipis[0], (clock_ns() - begun) / TICK_NS);
		shown = clock_ns();
	}
}
