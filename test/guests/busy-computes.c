/* A busy vCPU for ever, without exits: one of two VMs on one physical CPU. */
#include "guest-test.h"

static volatile u64 rounds;

static void compute(void)
{
	for (volatile int i = 0; i < 1000000; i++)
		;
}

void test_main(void)
{
	print("busy-computes: begun\n");
	for (;;) {
		compute();
		rounds++;
	}
}
