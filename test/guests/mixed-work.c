/*
 * A little of everything that a pause, a stop point, a panel's look or a save could disturb, on two vCPUs: interrupted string instructions, code that changes itself,
 * accessed and dirty bits under a stale TLB, the guest's own single steps and breakpoint registers, timers, IPIs, hypercalls, contended locks. All of it, and when it
 * happened, goes into one sum for each vCPU.
 */
#include "guest-test.h"

enum { ROUNDS = 16, BYTES = 4096, PTE_A = 0x20, PTE_D = 0x40 };
enum { HC_CLOCK_PAIRING = 9, HC_SCHED_YIELD = 11 };

struct interrupt_frame { u64 rip, cs, rflags, rsp, ss; };
extern u64 boot_pml4[];

static u64 sums[2], seeds[2] = { 1, 2 };
static u8 source[2][BYTES], target[2][BYTES];
/* mov $imm32, %eax; ret: the first GiB is writable and executable */
static u8 code[2][64] __attribute__((aligned(64))) = { { 0xb8, 0, 0, 0, 0, 0xc3 }, { 0xb8, 0, 0, 0, 0, 0xc3 } };
static struct spinlock lock;
static u64 shared;
static u64 pairing[2][8] __attribute__((aligned(64)));
static volatile u32 second_done;

static void fold(u32 vcpu, u64 value)
{
	sums[vcpu] = (sums[vcpu] ^ value) * 0x100000001b3 + (sums[vcpu] >> 29);
}

static u64 chance(u32 vcpu, u64 below)
{
	seeds[vcpu] = seeds[vcpu] * 6364136223846793005 + 1442695040888963407;
	return (seeds[vcpu] >> 33) % below;
}

/* Each iteration of a REP prefix is an instruction to whoever interrupts, steps or pauses. */
static void strings(u32 vcpu)
{
	u8 *to = target[vcpu], *from = source[vcpu];
	u64 count = 100 + chance(vcpu, BYTES - 200), left = count;

	asm volatile("rep stosb" : "+D"(to), "+c"(left) : "a"((u8)count) : "memory");
	to = target[vcpu] + chance(vcpu, 64), left = count;
	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(left) : : "memory");
	to = target[vcpu], left = count;
	asm volatile("repne scasb" : "+D"(to), "+c"(left) : "a"((u8)vcpu) : "memory", "cc");
	fold(vcpu, left);
	from = source[vcpu], to = target[vcpu], left = count;
	asm volatile("repe cmpsb" : "+D"(to), "+S"(from), "+c"(left) : : "memory", "cc");
	fold(vcpu, left);
	source[vcpu][chance(vcpu, BYTES)] = count;
}

/* Code that this vCPU or the other one has just written. */
static void changed_code(u32 vcpu)
{
	u32 which = chance(vcpu, 2);

	spin_lock(&lock);
	*(volatile u32 *)(code[which] + 1) = chance(vcpu, 1u << 31);
	fold(vcpu, ((u32(*)(void))code[which])());
	shared = shared * 31 + rdtsc();
	for (u64 i = chance(vcpu, 600); i; i--)
		pause();
	spin_unlock(&lock);
}

static u64 *pte_of(u64 address)
{
	u64 *table = boot_pml4;

	for (int shift = 39; shift > 12; shift -= 9)
		table = (u64 *)((table[address >> shift & 511] & 0x000ffffffffff000) + KERNEL_BASE);
	return &table[address >> 12 & 511];
}

/* What a page-table entry says depends on which translations are cached: a look from outside must neither fill the TLB nor mark the page. */
static void stale_translations(u32 vcpu)
{
	u64 address = HEAP_BASE + (chance(vcpu, 6) * 2 + vcpu) * 4096;
	volatile u64 *page = (u64 *)address;

	spin_lock(&lock); /* the tables' pool is shared */
	*page += vcpu + 1;
	spin_unlock(&lock);
	volatile u64 *pte = pte_of(address);
	*pte &= ~(u64)(PTE_A | PTE_D);
	fold(vcpu, *page);
	fold(vcpu, *pte);
	asm volatile("invlpg %0" : : "m"(*page));
	fold(vcpu, *pte);
	fold(vcpu, *page);
	fold(vcpu, *pte);
	*page = chance(vcpu, 1000);
	fold(vcpu, *pte);
}

static volatile u64 debug_traps[2];
static __attribute__((interrupt)) void debug_trap(struct interrupt_frame *frame)
{
	u32 vcpu = apic_id();
	u64 dr6;

	asm volatile("mov %%dr6, %0" : "=r"(dr6));
	fold(vcpu, dr6 ^ frame->rip ^ frame->rflags);
	if (++debug_traps[vcpu] % 3 == 0)
		frame->rflags |= 0x10000; /* RF, as a debugger that goes on from a breakpoint */
}

/* The guest's own debugger: breakpoint registers, and single steps by TF. */
static void own_debugger(u32 vcpu)
{
	u64 watched = (u64)&target[vcpu][8], dr7 = 0x2 << 0 | 0xd << 16; /* G0; write, four bytes */
	u64 off = 0;

	asm volatile("mov %0, %%dr0; mov %1, %%dr7" : : "r"(watched), "r"(dr7));
	*(volatile u32 *)watched = vcpu;
	asm volatile("mov %0, %%dr7" : : "r"(off));
	asm volatile("pushf; orl $0x100, (%%rsp); popf; nop; lea 1(%0), %0; xchg %0, %0; pushf; andl $~0x100, (%%rsp); popf" : "+r"(off) : : "cc", "memory");
	fold(vcpu, off);
	fold(vcpu, debug_traps[vcpu]);
}

static void catch_debug_traps(void)
{
	struct { u16 limit; u64 base; } __attribute__((packed)) idtr;

	asm volatile("sidt %0" : "=m"(idtr));
	u16 *gate = (u16 *)(idtr.base + 16);
	u64 handler = (u64)debug_trap;
	gate[0] = handler, gate[3] = handler >> 16, gate[4] = handler >> 32, gate[5] = handler >> 48;
}

static long hypercall(long number, u64 a0, u64 a1)
{
	long result;

	asm volatile("vmcall" : "=a"(result) : "a"(number), "b"(a0), "c"(a1), "d"(0), "S"(0) : "memory");
	return result;
}

/* Everything whose answer depends on when it was asked. */
static void times_and_exits(u32 vcpu)
{
	fold(vcpu, rdtsc());
	fold(vcpu, clock_ns());
	fold(vcpu, steal_ns(vcpu));
	fold(vcpu, cpuid(1, 0).ebx);
	outb(0x43, 0); /* latch the PIT's counter 0 */
	fold(vcpu, inb(0x40));
	fold(vcpu, inb(0x40));
	outb(0x70, 0);
	fold(vcpu, inb(0x71));
	if (kvm_features) {
		fold(vcpu, hypercall(HC_CLOCK_PAIRING, physical(pairing[vcpu]), 0));
		fold(vcpu, pairing[vcpu][0] ^ pairing[vcpu][1] ^ pairing[vcpu][2]);
		fold(vcpu, hypercall(HC_SCHED_YIELD, !vcpu, 0));
	}
	fold(vcpu, ticks << 32 | ipis[vcpu]);
}

static void work(u32 vcpu)
{
	for (int round = 0; round < ROUNDS; round++) {
		apic_timer_after(1000 + chance(vcpu, 60000));
		strings(vcpu);
		changed_code(vcpu);
		stale_translations(vcpu);
		own_debugger(vcpu);
		if (vcpus_online == 2)
			send_ipi(!vcpu);
		times_and_exits(vcpu);
		if (round % 4 == 3) {
			apic_timer_after(20000 + chance(vcpu, 200000));
			sleep();
			print("vCPU %u round %d: %016lx\n", vcpu, round, sums[vcpu]);
		}
	}
}

static void second_works(void)
{
	sti();
	work(1);
	cli();
	second_done = 1;
}

void test_main(void)
{
	catch_debug_traps();
	if (vcpus_online == 2)
		start_on_second_vcpu(second_works);
	work(0);
	while (vcpus_online == 2 && !second_done)
		pause();
	print("mixed-work: %016lx %016lx, shared %016lx, %lu debug traps, %u locks waited\n", sums[0], sums[1], shared, debug_traps[0] + debug_traps[1],
	      lock.waits);
}
