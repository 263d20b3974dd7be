/* All other vCPUs: INIT and SIPI to everybody but oneself (SDM vol 3, 9.4.4.1); who comes is counted. */
#include "kernel.h"

enum { ICR_LOW = 0x300, ALL_BUT_SELF = 3 << 18, ICR_INIT = 0x4500, ICR_STARTUP = 0x4600 };

extern char trampoline[], trampoline_end[];
volatile u32 vcpus_online = 1;

static void wait_us(u64 us)
{
	for (u64 end = rdtsc() + us * TICKS_PER_US; rdtsc() < end;)
		pause();
}

static void send(u32 command)
{
	*(volatile u32 *)(LOCAL_APIC + ICR_LOW) = ALL_BUT_SELF | command;
}

/* How many vCPUs there are: one that has no physical CPU may be long in coming. */
u32 smp_init(void)
{
	volatile char *target = (char *)TRAMPOLINE;
	u32 expected = cpuid(1).ebx >> 16 & 0xff;

	for (char *p = trampoline; p < trampoline_end; p++)
		*target++ = *p;
	if (expected < 2)
		return 1;
	send(ICR_INIT);
	wait_us(10);
	send(ICR_STARTUP | TRAMPOLINE >> 12);
	while (vcpus_online < expected)
		pause();
	return vcpus_online;
}

void secondary_main(void)
{
	u32 vcpu = cpuid(1).ebx >> 24;

	kvm_init_vcpu(vcpu);
	__atomic_fetch_add(&vcpus_online, 1, __ATOMIC_SEQ_CST);
	second_works(vcpu);
}
