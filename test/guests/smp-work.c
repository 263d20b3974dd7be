/* How much work one vCPU, and then two at once, do in ten virtual milliseconds. */
#include "guest-test.h"

enum { TSC_TICKS = 20000000 };

static volatile u64 counted[2];
static volatile u32 done;

static u64 count_for_10_ms(void)
{
	u64 end = rdtsc() + TSC_TICKS, n = 0;

	while (rdtsc() < end)
		for (int i = 0; i < 100; i++, n++)
			asm volatile("");
	return n;
}

static void second_counts(void)
{
	counted[1] = count_for_10_ms();
	done = 1;
}

void test_main(void)
{
	expect(vcpus_online == 2);
	u64 alone = count_for_10_ms();
	start_on_second_vcpu(second_counts);
	counted[0] = count_for_10_ms();
	while (!done)
		pause();
	print("smp-work: alone %lu, together %lu + %lu\n", alone, counted[0], counted[1]);
}
