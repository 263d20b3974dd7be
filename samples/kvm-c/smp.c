/* The second vCPU: INIT, SIPI, and work handed to it. */
#include "kernel.h"

enum { ICR_INIT = 0x4500, ICR_STARTUP = 0x4600, ICR_FIXED = 0x4000 };

extern char trampoline[], trampoline_end[];
volatile u32 vcpus_online = 1;
static void (*volatile handed_work)(void);

static void wait_ns(u64 ns)
{
	u64 end = clock_ns() + ns;

	while (clock_ns() < end)
		pause();
}

void secondary_main(void)
{
	interrupts_init(1);
	apic_init();
	kvm_init_vcpu(1);
	vcpus_online = 2;
	for (;;) {
		cli();
		if (handed_work) {
			handed_work();
			handed_work = 0;
		} else {
			sleep();
		}
	}
}

static u32 processors(void)
{
	return cpuid(1, 0).ebx >> 16 & 0xff;
}

/* The second vCPU may have to wait for a physical CPU for as long as the host likes: where there is one, it comes. */
void smp_init(void)
{
	char *target = (char *)(KERNEL_BASE + TRAMPOLINE);

	for (char *p = trampoline; p < trampoline_end; p++)
		*target++ = *p;
	apic_send(1, ICR_INIT);
	wait_ns(10000);
	apic_send(1, ICR_STARTUP | TRAMPOLINE >> 12);
	for (int i = 0; vcpus_online < 2 && (i < 100 || processors() > 1); i++)
		wait_ns(10000);
}

/* By hypercall where KVM offers it, through the APIC otherwise. */
void send_ipi(u32 target)
{
	if (kvm_send_ipi(1, target, VECTOR_IPI) < 0)
		apic_send(target, ICR_FIXED | VECTOR_IPI);
}

void start_on_second_vcpu(void (*work)(void))
{
	handed_work = work;
	send_ipi(1);
}
