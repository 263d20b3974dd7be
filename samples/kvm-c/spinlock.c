/* A paravirtual ticket lock: who spins too long halts, and the owner before it kicks it awake. */
#include "kernel.h"

enum { SPINS = 200, FEATURE_PV_UNHALT = 7 };

/* Halts until kicked. Interrupts are off: only KICK_CPU (or an NMI) ends this HLT, so nothing is lost between check and halt. */
static void halt_in_lock(struct spinlock *lock, u32 ticket)
{
	u64 rflags;

	asm volatile("pushf; pop %0; cli" : "=r"(rflags) : : "memory");
	__atomic_fetch_or(&lock->halted, 1u << apic_id(), __ATOMIC_SEQ_CST);
	lock->waits++;
	if (__atomic_load_n(&lock->owner, __ATOMIC_SEQ_CST) != ticket)
		asm volatile("hlt" ::: "memory");
	__atomic_fetch_and(&lock->halted, ~(1u << apic_id()), __ATOMIC_SEQ_CST);
	asm volatile("push %0; popf" : : "r"(rflags) : "memory", "cc");
}

void spin_lock(struct spinlock *lock)
{
	u32 ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_SEQ_CST);

	for (;;) {
		for (int i = 0; i < SPINS; i++) {
			if (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) == ticket)
				return;
			pause();
		}
		if (kvm_has(FEATURE_PV_UNHALT))
			halt_in_lock(lock, ticket);
	}
}

void spin_unlock(struct spinlock *lock)
{
	__atomic_fetch_add(&lock->owner, 1, __ATOMIC_SEQ_CST);
	for (u32 halted = lock->halted; halted; halted &= halted - 1) {
		lock->kicks++;
		kvm_kick(__builtin_ctz(halted));
	}
}
