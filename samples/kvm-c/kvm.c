/* KVM's paravirtual interface (asm/kvm_para.h): clock, steal time, PV EOI, hypercalls. Without it everything has a plain fallback. */
#include "kernel.h"

enum { FEATURE_CLOCKSOURCE2 = 3, FEATURE_STEAL_TIME = 5, FEATURE_PV_EOI = 6, FEATURE_PV_UNHALT = 7, FEATURE_PV_SEND_IPI = 11 };
enum { MSR_SYSTEM_TIME_NEW = 0x4b564d01, MSR_STEAL_TIME = 0x4b564d03, MSR_PV_EOI_EN = 0x4b564d04 };
enum { HC_KICK_CPU = 5, HC_SEND_IPI = 10 };

struct pvclock {
	volatile u32 version;
	u32 pad0;
	u64 tsc_timestamp, system_time;
	u32 tsc_to_system_mul;
	signed char tsc_shift;
	u8 flags, pad[2];
};
struct steal_area {
	volatile u64 steal;
	volatile u32 version;
	u32 flags;
	u8 preempted, u8_pad[3];
	u32 pad[11];
};

static struct pvclock clocks[MAX_VCPUS] __attribute__((aligned(64)));
static struct steal_area steals[MAX_VCPUS] __attribute__((aligned(64)));
static volatile u32 pv_eoi[MAX_VCPUS] __attribute__((aligned(64)));
u32 kvm_features;

int kvm_has(int feature)
{
	return kvm_features >> feature & 1;
}

void kvm_init(void)
{
	struct cpuid base = cpuid(0x40000000, 0);

	if (base.ebx == 0x4b4d564b && base.ecx == 0x564b4d56 && base.edx == 0x4d) /* "KVMKVMKVM" */
		kvm_features = cpuid(0x40000001, 0).eax;
}

void kvm_init_vcpu(int vcpu)
{
	if (kvm_has(FEATURE_CLOCKSOURCE2))
		wrmsr(MSR_SYSTEM_TIME_NEW, physical(&clocks[vcpu]) | 1);
	if (kvm_has(FEATURE_STEAL_TIME))
		wrmsr(MSR_STEAL_TIME, physical(&steals[vcpu]) | 1);
	if (kvm_has(FEATURE_PV_EOI))
		wrmsr(MSR_PV_EOI_EN, physical(&pv_eoi[vcpu]) | 1);
}

static u64 pvclock_read(struct pvclock *clock)
{
	u32 version;
	u64 now;

	do {
		version = clock->version & ~1u;
		asm volatile("lfence" ::: "memory");
		u64 delta = rdtsc() - clock->tsc_timestamp;
		delta = clock->tsc_shift < 0 ? delta >> -clock->tsc_shift : delta << clock->tsc_shift;
		now = clock->system_time + (u64)((unsigned __int128)delta * clock->tsc_to_system_mul >> 32);
		asm volatile("lfence" ::: "memory");
	} while (version != clock->version);
	return now;
}

u64 clock_ns(void)
{
	return kvm_has(FEATURE_CLOCKSOURCE2) ? pvclock_read(&clocks[apic_id()]) : rdtsc() / 2;
}

u64 steal_ns(int vcpu)
{
	struct steal_area *area = &steals[vcpu];
	u32 version;
	u64 steal;

	do {
		version = area->version & ~1u;
		steal = area->steal;
	} while (version != area->version);
	return steal;
}

static long hypercall(long number, u64 a0, u64 a1, u64 a2, u64 a3)
{
	long result;

	asm volatile("vmcall" : "=a"(result) : "a"(number), "b"(a0), "c"(a1), "d"(a2), "S"(a3) : "memory");
	return result;
}

/* Wakes a vCPU that halted in a spinlock. */
long kvm_kick(u32 target)
{
	return kvm_has(FEATURE_PV_UNHALT) ? hypercall(HC_KICK_CPU, 0, target, 0, 0) : -1;
}

/* One call for up to 128 destinations; -1: use the APIC. */
long kvm_send_ipi(u64 mask, u32 lowest, u32 icr)
{
	return kvm_has(FEATURE_PV_SEND_IPI) ? hypercall(HC_SEND_IPI, mask, 0, lowest, icr) : -1;
}

/* True: the hypervisor takes the bit as end of interrupt, no exit needed. */
int kvm_try_pv_eoi(int vcpu)
{
	u8 was;

	if (!kvm_has(FEATURE_PV_EOI))
		return 0;
	asm volatile("btrl $0, %0; setc %1" : "+m"(pv_eoi[vcpu]), "=r"(was) : : "cc", "memory");
	return was;
}
