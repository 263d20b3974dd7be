/* What a lock needs of KVM's paravirtual interface (asm/kvm_para.h): steal time, with the mark of a preempted vCPU, and the kick that wakes one that halted. */
#include "kernel.h"

enum { FEATURE_STEAL_TIME = 5, FEATURE_PV_UNHALT = 7, MSR_STEAL_TIME = 0x4b564d03, HC_KICK_CPU = 5 };

struct steal_area {
	volatile u64 steal;
	volatile u32 version;
	u32 flags;
	volatile u8 preempted;
	u8 u8_pad[3];
	u32 pad[11];
};

static struct steal_area areas[MAX_VCPUS] __attribute__((aligned(64)));
static u32 features;
int kvm_here, kvm_can_kick;

void kvm_init(void)
{
	struct cpuid base = cpuid(0x40000000);

	kvm_here = base.ebx == 0x4b4d564b && base.ecx == 0x564b4d56 && base.edx == 0x4d; /* "KVMKVMKVM" */
	if (kvm_here)
		features = cpuid(0x40000001).eax;
	kvm_can_kick = features >> FEATURE_PV_UNHALT & 1;
}

void kvm_init_vcpu(u32 vcpu)
{
	if (features >> FEATURE_STEAL_TIME & 1)
		wrmsr(MSR_STEAL_TIME, (u64)&areas[vcpu] | 1);
}

u64 kvm_steal_ns(u32 vcpu)
{
	return areas[vcpu].steal;
}

int kvm_is_preempted(u32 vcpu)
{
	return areas[vcpu].preempted & 1;
}

void kvm_kick(u32 apic_id)
{
	long result;

	asm volatile("vmcall" : "=a"(result) : "a"(HC_KICK_CPU), "b"(0), "c"(apic_id) : "memory");
}
