/* The same work for however many vCPUs there are: sections under one ticket lock, each of which ends with a TLB shootdown: by NMI natively; where KVM offers it, those that have no physical CPU
   are only asked to flush when they have one again (PV_TLB_FLUSH). On the kernel of samples/ticket-lock-c. */
#include "kernel.h"

enum { SECTIONS = 16, ALONE = 20000, UNDER_LOCK = 5000, NMI = 0x4400, ICR_LOW = 0x300, ICR_HIGH = 0x310 };
enum { MSR_STEAL_TIME = 0x4b564d03, FEATURE_PV_TLB_FLUSH = 9, PREEMPTED = 1, FLUSH_TLB = 2, PREEMPTED_AT = 16 };

struct gate { u16 low, selector, type, middle; u32 high, reserved; };

static struct gate idt[3] __attribute__((aligned(16)));
static struct ticket_lock lock;
static volatile u64 shared;
static volatile u32 begun, done, flushed, vcpus;
static volatile u64 areas[MAX_VCPUS]; /* of steal time, where a flush may be asked for */
static u32 sent, deferred;

static void flush(void)
{
	u64 cr3;

	asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3) : : "memory");
}

__attribute__((interrupt)) static void on_nmi(void *frame)
{
	(void)frame;
	flush();
	__atomic_fetch_add(&flushed, 1, __ATOMIC_SEQ_CST);
}

static void take_interrupts(void)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) pointer = { sizeof idt - 1, (u64)idt };
	u64 at = (u64)on_nmi;

	idt[2] = (struct gate){ .low = at, .selector = SEL_CODE, .type = 0x8e00, .middle = at >> 16, .high = at >> 32 };
	asm volatile("lidt %0" : : "m"(pointer));
}

/* The mark is gone as soon as the vCPU runs: then it is told like the others. */
static int flushes_later(u32 vcpu)
{
	u8 preempted = PREEMPTED;

	return areas[vcpu] && __atomic_compare_exchange_n((volatile u8 *)(areas[vcpu] + PREEMPTED_AT), &preempted, PREEMPTED | FLUSH_TLB, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void shoot_down(u32 self)
{
	u32 expected = 0;

	flushed = 0;
	for (u32 vcpu = 0; vcpu < vcpus; vcpu++) {
		if (vcpu == self)
			continue;
		if (flushes_later(vcpu)) {
			deferred++;
			continue;
		}
		*(volatile u32 *)(LOCAL_APIC + ICR_HIGH) = vcpu << 24;
		*(volatile u32 *)(LOCAL_APIC + ICR_LOW) = NMI;
		expected++;
	}
	sent += expected;
	flush();
	while (flushed < expected)
		pause();
}

/* About so many instructions. */
static void work(u32 instructions)
{
	for (u32 i = 0; i < instructions / 2; i++)
		asm volatile("");
}

static void take_part(u32 vcpu)
{
	u32 low, high;

	if (kvm_here && cpuid(0x40000001).eax >> FEATURE_PV_TLB_FLUSH & 1) {
		asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_STEAL_TIME));
		areas[vcpu] = ((u64)high << 32 | low) & ~0x3full;
	}
	take_interrupts();
	__atomic_fetch_add(&begun, 1, __ATOMIC_SEQ_CST);
	while (begun < vcpus || !vcpus)
		pause();
	for (u32 i = 0; i < SECTIONS / vcpus; i++) {
		work(ALONE);
		ticket_lock(&lock, vcpu);
		u64 value = shared;
		work(UNDER_LOCK);
		shared = value + 1;
		shoot_down(vcpu);
		ticket_unlock(&lock, vcpu);
	}
	__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
}

/* NMIs still come. */
void second_works(u32 vcpu)
{
	take_part(vcpu);
	for (;;)
		asm volatile("hlt");
}

/* From start.S, on the boot vCPU. */
void kmain(const void *info)
{
	(void)info;
	kvm_init();
	kvm_init_vcpu(0);
	lock_init(kvm_can_kick);
	vcpus = smp_init();
	take_part(0);
	while (done < vcpus)
		pause();
	print("scaling: %lu sections, %u IPIs, %u flushes left to the host\n", shared, sent, deferred);
	outb(0xf4, 0); /* isa-debug-exit: status 1 */
}
