/* What every guest test begins and ends with. */
#include "guest-test.h"

void power_off(u8 status)
{
	outl(0xf4, status);
}

void kmain(u32 start_info)
{
	(void)start_info;
	interrupts_init(0);
	apic_init();
	kvm_init();
	kvm_init_vcpu(0);
	console_init();
	sti();
	if ((cpuid(1, 0).ebx >> 16 & 0xff) > 1)
		smp_init();
	test_main();
	power_off(0);
	for (;;)
		asm volatile("cli; hlt");
}
