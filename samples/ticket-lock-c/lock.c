/*
 * A ticket lock: first come, first served. Where there are more vCPUs than physical CPUs that is its trouble: the next in line may have no CPU, and everybody behind it waits as well.
 * Natively all of them spin, and spinning is what they get the CPUs for. Paravirtually who has spun for a while halts, and is kicked by the vCPU before it.
 */
#include "kernel.h"

enum { SPINS = 64, LATE = 20 * TICKS_PER_US };

struct lock_counts counts[MAX_VCPUS];
static volatile u32 halted[MAX_VCPUS];
static int waiters_halt;

void lock_init(int halts)
{
	waiters_halt = halts;
}

/* Interrupts are off: only KICK_CPU ends this HLT, and one that came before it makes it return at once. */
static void halt_for(struct ticket_lock *lock, u32 ticket, u32 vcpu)
{
	u64 before = rdtsc();

	__atomic_store_n(&halted[vcpu], 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&lock->owner, __ATOMIC_SEQ_CST) != ticket) {
		counts[vcpu].halts++;
		asm volatile("hlt" ::: "memory");
		counts[vcpu].spun -= rdtsc() - before;
	}
	__atomic_store_n(&halted[vcpu], 0, __ATOMIC_SEQ_CST);
}

void ticket_lock(struct ticket_lock *lock, u32 vcpu)
{
	struct lock_counts *mine = &counts[vcpu];
	u32 ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_SEQ_CST);

	if (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) == ticket)
		return;
	u64 asked = rdtsc();
	mine->waits++;
	lock->waiter[ticket % MAX_VCPUS] = vcpu + 1;
	for (u32 turns = 1; __atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket; turns++) {
		pause();
		if (waiters_halt && turns % SPINS == 0)
			halt_for(lock, ticket, vcpu);
	}
	u64 had = rdtsc();
	lock->waiter[ticket % MAX_VCPUS] = 0;
	mine->spun += had - asked;
	if (had - asked > mine->longest)
		mine->longest = had - asked;
	if (had - lock->released >= LATE)
		mine->late++;
}

void ticket_unlock(struct ticket_lock *lock, u32 vcpu)
{
	u32 ticket = lock->owner + 1;

	lock->released = rdtsc();
	__atomic_store_n(&lock->owner, ticket, __ATOMIC_SEQ_CST);
	u32 next = lock->waiter[ticket % MAX_VCPUS];
	if (!next)
		return;
	if (kvm_is_preempted(next - 1))
		counts[vcpu].preempted++;
	/* Who halts says so before it looks at the owner a last time. */
	if (halted[next - 1]) {
		counts[vcpu].kicks++;
		kvm_kick(next - 1);
	}
}
