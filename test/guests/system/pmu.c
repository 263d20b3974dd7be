/* Architectural performance monitoring, version 2: SDM vol 3 ch. 20.2. QEMU (TCG) and Bochs have none. */
#include "guest.h"

static int gp(u32 index, u64 value)
{
	CATCH("mov %0, %%ecx; mov %1, %%rax; mov %%rax, %%rdx; shr $32, %%rdx; wrmsr", "r"(index), "r"(value));
	return caught.vector == GP;
}
static u64 rdpmc(u32 index)
{
	u32 a, d;
	__asm__ volatile("rdpmc" : "=a"(a), "=d"(d) : "c"(index));
	return a | (u64)d << 32;
}
static unsigned nmis;
static void on_nmi(struct regs *r)
{
	(void)r;
	nmis++;
}

void guest_main(void)
{
	u32 leaf[4], most[4];
	cpuid(0, 0, most);
	cpuid(10, 0, leaf);
	if (most[0] < 10 || (leaf[0] & 0xff) < 2 || (leaf[0] >> 8 & 0xff) < 1) {
		skip("performance counters", "CPUID 0Ah has none");
		return;
	}
	if (gp(0x38f, 0) || gp(0xc1, 0)) {
		skip("performance counters", "the MSRs are not there");
		return;
	}
	wrmsr(0x186, 0xc0 | 3 << 16 | 1 << 22);
	wrmsr(0x38f, 1);
	u64 before = rdpmc(0);
	__asm__ volatile(".rept 100\nnop\n.endr");
	u64 after = rdpmc(0);
	check("instructions retired: at least those between", after - before >= 100 && after - before < 120, 1);
	check("RDMSR gives the same counter", rdmsr(0xc1) >= after, 1);
	wrmsr(0x38f, 0);
	u64 held = rdpmc(0);
	check("IA32_PERF_GLOBAL_CTRL holds it", rdpmc(0), held);
	wrmsr(0xc1, 0xfffffff0);
	check("a 32-bit value is sign-extended to 48", rdmsr(0xc1), 0xfffffffffff0);
	check("IA32_PERFEVTSEL0: upper half: #GP(0)", gp(0x186, 1ul << 32), 1);
	check("IA32_PERF_GLOBAL_STATUS is read-only: #GP(0)", gp(0x38e, 0), 1);
	CATCH("mov $0x3ff, %%ecx; rdpmc", "i"(0));
	check_fault("RDPMC of a counter that is not there: #GP(0)", GP, 0);
	/* NMI by the local APIC's LVT entry. */
	handlers[NMI] = on_nmi;
	volatile u32 *lapic = (volatile u32 *)0xfee00000;
	lapic[0xf0 / 4] = 0x1ff;
	lapic[0x340 / 4] = 0x400;
	wrmsr(0x186, 0xc0 | 3 << 16 | 1 << 20 | 1 << 22);
	wrmsr(0xc1, -200);
	wrmsr(0x38f, 1);
	__asm__ volatile(".rept 300\nnop\n.endr");
	wrmsr(0x38f, 0);
	check("overflow: one NMI", nmis, 1);
	check("overflow: IA32_PERF_GLOBAL_STATUS", rdmsr(0x38e) & 1, 1);
	check("overflow: the LVT entry masks itself", lapic[0x340 / 4] & 0x10000, 0x10000);
	wrmsr(0x390, 1);
	check("IA32_PERF_GLOBAL_OVF_CTRL clears it", rdmsr(0x38e) & 1, 0);
}
