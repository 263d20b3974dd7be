/* A busy vCPU that spends its time in exits: the other of two VMs on one physical CPU. It passes `enough` once it has run a quarter of a virtual second of its own. */
#include "guest-test.h"

static volatile u64 rounds;

static void enough(void)
{
	print("busy-exits: %lu rounds, %lu ns stolen\n", rounds, steal_ns(0));
}

static void ask_hypervisor(void)
{
	for (int i = 0; i < 1000; i++)
		cpuid(0, 0);
}

void test_main(void)
{
	print("busy-exits: begun\n");
	for (;;) {
		ask_hypervisor();
		if (++rounds % 500 == 0)
			enough();
	}
}
