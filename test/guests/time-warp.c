/* In the manner of Linux' check_tsc_warp(): two vCPUs take a lock in turn and read the time; no read may be earlier than the one before it, whoever made it. */
#include "guest-test.h"

enum { CHECKS = 3000 };

static volatile u32 owner; /* a plain lock: what is tested here must not depend on KVM */
static u64 last_tsc, last_clock;
static volatile u32 tsc_warps, clock_warps, checks, done;

static void check_warps(void)
{
	for (int i = 0; i < CHECKS; i++) {
		while (__atomic_exchange_n(&owner, 1, __ATOMIC_ACQUIRE))
			pause();
		u64 tsc = rdtsc();
		if (tsc < last_tsc)
			tsc_warps++;
		last_tsc = tsc;
		u64 now = clock_ns();
		if (now < last_clock)
			clock_warps++;
		last_clock = now;
		checks++;
		__atomic_store_n(&owner, 0, __ATOMIC_RELEASE);
	}
	__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
}

void test_main(void)
{
	expect(vcpus_online == 2);
	start_on_second_vcpu(check_warps);
	check_warps();
	while (done != 2)
		pause();
	print("time-warp: %u checks, %u TSC warps, %u clock warps\n", checks, tsc_warps, clock_warps);
	expect(tsc_warps == 0 && clock_warps == 0);
}
