/* A busy vCPU for 200 virtual ms, then its clock and its steal time: what the guest believes of its neighbours. */
#include "guest-test.h"

void test_main(void)
{
	u64 start = clock_ns(), stolen = steal_ns(0);

	while (clock_ns() - start < 200000000)
		for (volatile int i = 0; i < 1000; i++)
			;
	u64 elapsed = clock_ns() - start;
	print("busy-steal: %lu ns stolen of %lu ns\n", steal_ns(0) - stolen, elapsed);
}
