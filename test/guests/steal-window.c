/* Every vCPU is busy from one instant to another; then each says when that was and how much of it was stolen, so that a host can look at the very same span. */
#include "guest-test.h"

enum { SPAN_NS = 200000000 };

static volatile u64 from_ns[2], to_ns[2], stolen_ns[2];
static volatile u32 done;

static void be_busy(u32 vcpu)
{
	u64 start = clock_ns(), stolen = steal_ns(vcpu), now;

	do {
		for (volatile int i = 0; i < 1000; i++)
			;
		now = clock_ns();
	} while (now - start < SPAN_NS);
	stolen_ns[vcpu] = steal_ns(vcpu) - stolen;
	from_ns[vcpu] = start;
	to_ns[vcpu] = now;
	__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
}

static void second_is_busy(void)
{
	be_busy(1);
}

void test_main(void)
{
	if (vcpus_online == 2)
		start_on_second_vcpu(second_is_busy);
	be_busy(0);
	while (done != vcpus_online)
		pause();
	for (u32 vcpu = 0; vcpu < vcpus_online; vcpu++)
		print("steal-window: vCPU %u from %lu to %lu ns, %lu ns stolen\n", vcpu, from_ns[vcpu], to_ns[vcpu], stolen_ns[vcpu]);
}
