/* The same work for however many vCPUs there are: SECTIONS turns of a little work alone and a little under one ticket lock. What they waited for is printed. */
#include "kernel.h"

enum { SECTIONS = 144, ALONE = 80000, UNDER_LOCK = 20000 };

struct hvm_start_info { u32 magic, version, flags, nr_modules; u64 modlist, cmdline; };

static struct ticket_lock lock;
static volatile u64 shared;
static volatile u32 begun, done;

/* About so many instructions. */
static void work(u32 instructions)
{
	for (u32 i = 0; i < instructions / 2; i++)
		asm volatile("");
}

static void take_part(u32 vcpu, u32 sections)
{
	while (!begun)
		pause();
	for (u32 i = 0; i < sections; i++) {
		work(ALONE);
		ticket_lock(&lock, vcpu);
		u64 value = shared;
		work(UNDER_LOCK);
		shared = value + 1;
		ticket_unlock(&lock, vcpu);
	}
	__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
}

void second_works(u32 vcpu)
{
	take_part(vcpu, SECTIONS / (cpuid(1).ebx >> 16 & 0xff));
}

static int asks_to_spin(const struct hvm_start_info *info)
{
	const char *word = (const char *)info->cmdline;

	return word && word[0] == 's' && word[1] == 'p' && word[2] == 'i' && word[3] == 'n';
}

static void report(u32 vcpus, u64 ticks)
{
	struct lock_counts sum = { 0 };
	u64 steal = 0;

	for (u32 i = 0; i < vcpus; i++) {
		sum.waits += counts[i].waits;
		sum.spun += counts[i].spun;
		sum.halts += counts[i].halts;
		sum.kicks += counts[i].kicks;
		sum.late += counts[i].late;
		sum.preempted += counts[i].preempted;
		if (counts[i].longest > sum.longest)
			sum.longest = counts[i].longest;
		steal += kvm_steal_ns(i);
	}
	print("%lu sections took %lu us\n", shared, ticks / TICKS_PER_US);
	print("lock: %u waits, %lu us spun, longest %lu us, %u halts, %u kicks\n", sum.waits, sum.spun / TICKS_PER_US, sum.longest / TICKS_PER_US, sum.halts,
	      sum.kicks);
	print("lock: %u hand-overs were taken up 20 us later or more", sum.late);
	if (kvm_here)
		print(", %u went to a preempted vCPU; %lu us stolen", sum.preempted, steal / 1000);
	print("\n");
}

/* From start.S, on the boot vCPU. */
void kmain(const struct hvm_start_info *info)
{
	kvm_init();
	kvm_init_vcpu(0);
	int halts = kvm_can_kick && !asks_to_spin(info);
	lock_init(halts);
	u32 vcpus = smp_init();
	print("ticket-lock-c: %u vCPUs, who waits %s\n", vcpus, halts ? "halts and is kicked" : "spins");
	u64 start = rdtsc();
	begun = 1;
	take_part(0, SECTIONS / vcpus);
	while (done < vcpus)
		pause();
	report(vcpus, rdtsc() - start);
	outb(0xf4, 0); /* isa-debug-exit: status 1 */
}
