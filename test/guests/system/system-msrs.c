/* Memory types, time stamp counter and x2APIC by MSR: SDM vol 3 ch. 11.11 (MTRRs), 11.12 (PAT), 17.17.3 and 17.17.4 (TSC, IA32_TSC_ADJUST, IA32_TSC_AUX), 2.5
 * (CR4.TSD), 10.12 (x2APIC: states 10.12.5, registers table 10-6, ICR 10.12.9, SELF IPI 10.12.11); table 6-1. UMIP: 2.5 (CR4.UMIP). */
#include "guest.h"

enum { PAT = 0x277, MTRRCAP = 0xfe, DEF_TYPE = 0x2ff, PHYSBASE = 0x200, PHYSMASK = 0x201, FIX64K = 0x250, TSC = 0x10, TSC_ADJUST = 0x3b, TSC_AUX = 0xc0000103 };
enum { APIC_BASE = 0x1b, EN = 0x800, EXTD = 0x400, X2_ID = 0x802, X2_EOI = 0x80b, X2_LDR = 0x80d, X2_DFR = 0x80e, X2_SVR = 0x80f, X2_ICR = 0x830, X2_SELF = 0x83f, IPI = 0x55 };
static u32 f1[4], f7[4];

static void writes(const char *name, u32 msr, u64 value, unsigned vector)
{
	CATCH("mov %0, %%ecx; mov %1, %%rax; mov %1, %%rdx; shr $32, %%rdx; wrmsr", "r"(msr), "r"(value));
	check_fault(name, vector, 0);
}
static void reads(const char *name, u32 msr, unsigned vector)
{
	CATCH("mov %0, %%ecx; rdmsr", "r"(msr));
	check_fault(name, vector, 0);
}

static void memory_types(void)
{
	u64 old = rdmsr(PAT);
	writes("IA32_PAT: types 0, 1, 4, 5, 6, 7", PAT, 0x0706050401000607, NONE);
	check("... as written", rdmsr(PAT), 0x0706050401000607);
	writes("IA32_PAT: type 2: #GP(0)", PAT, 0x0007040600070402, GP);
	writes("IA32_PAT: type 3 in entry 7: #GP(0)", PAT, 0x0307040600070406, GP);
	writes("IA32_PAT: type 8: #GP(0)", PAT, 0x0007040600080406, GP);
	check("... nothing is changed", rdmsr(PAT), 0x0706050401000607);
	wrmsr(PAT, old);
	if (!(f1[3] >> 12 & 1)) {
		skip("MTRRs", "CPUID has none");
		return;
	}
	check("IA32_MTRRCAP: eight ranges, fixed ones", rdmsr(MTRRCAP) & 0x1ff, 0x108);
	writes("IA32_MTRRCAP is read-only: #GP(0)", MTRRCAP, 0, GP);
	u64 type = rdmsr(DEF_TYPE);
	writes("IA32_MTRR_DEF_TYPE: a reserved bit: #GP(0)", DEF_TYPE, type | 1 << 12, GP);
	writes("IA32_MTRR_DEF_TYPE: a reserved type: #GP(0)", DEF_TYPE, 0xc02, GP);
	writes("IA32_MTRR_DEF_TYPE: uncached, disabled", DEF_TYPE, 0, NONE);
	check("... as written", rdmsr(DEF_TYPE), 0);
	wrmsr(DEF_TYPE, type);
	u64 base = rdmsr(PHYSBASE), mask = rdmsr(PHYSMASK);
	writes("IA32_MTRR_PHYSBASE0: write-through at 256 MiB", PHYSBASE, 0x10000004, NONE);
	check("... as written", rdmsr(PHYSBASE), 0x10000004);
	writes("IA32_MTRR_PHYSBASE0: a reserved type: #GP(0)", PHYSBASE, 0x10000003, GP);
	writes("IA32_MTRR_PHYSBASE0: a reserved bit: #GP(0)", PHYSBASE, 0x10000106, GP);
	writes("IA32_MTRR_PHYSBASE0: above MAXPHYADDR: #GP(0)", PHYSBASE, 1ul << 60 | 6, GP);
	writes("IA32_MTRR_PHYSMASK0: a reserved bit: #GP(0)", PHYSMASK, 0xff0000400, GP);
	wrmsr(PHYSBASE, base);
	wrmsr(PHYSMASK, mask);
	u64 fixed = rdmsr(FIX64K);
	writes("IA32_MTRR_FIX64K_00000: a reserved type: #GP(0)", FIX64K, 0x0606060606060206, GP);
	writes("IA32_MTRR_FIX64K_00000: types 0, 1, 4, 5, 6", FIX64K, 0x0600010405060606, NONE);
	check("... as written", rdmsr(FIX64K), 0x0600010405060606);
	wrmsr(FIX64K, fixed);
}

static u64 tsc(void)
{
	u32 a, d;
	__asm__ volatile("rdtsc" : "=a"(a), "=d"(d) : : "memory");
	return a | (u64)d << 32;
}
CODE(64, user_rdtsc, "rdtsc");
CODE(64, user_rdtscp, "rdtscp");
static void time_stamp(void)
{
	const u64 jump = 1ul << 40;
	if (f7[1] >> 1 & 1) {
		u64 adjust = rdmsr(TSC_ADJUST), before = tsc();
		wrmsr(TSC, before + jump);
		check("WRMSR of the TSC moves it", tsc() - before >= jump && tsc() - before < 2 * jump, 1);
		u64 moved = rdmsr(TSC_ADJUST) - adjust;
		check("... and IA32_TSC_ADJUST by as much", moved <= jump && moved > jump - (1ul << 36), 1);
		wrmsr(TSC_ADJUST, adjust);
		check("WRMSR of IA32_TSC_ADJUST moves the TSC", tsc() - before < jump, 1);
		check("... it reads as written", rdmsr(TSC_ADJUST), adjust);
	} else
		skip("IA32_TSC_ADJUST", "CPUID has none");
	WRITE_CR(4, READ_CR(4) | 4);
	enter_at(user_rdtsc, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("RDTSC at CPL 3 with CR4.TSD: #GP(0)", GP, 0);
	CATCH("rdtsc", "i"(0));
	check_fault("... at CPL 0", NONE, 0);
	WRITE_CR(4, READ_CR(4) & ~4ul);
	enter_at(user_rdtsc, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("... without CR4.TSD", DONE, 0);
	u32 extended[4];
	cpuid(0x80000001, 0, extended);
	if (!(extended[3] >> 27 & 1))
		return skip("RDTSCP", "CPUID has none");
	wrmsr(TSC_AUX, 0x12345678);
	enter_at(user_rdtscp, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("RDTSCP", DONE, 0);
	check("... ECX is IA32_TSC_AUX", caught.rcx, 0x12345678);
	writes("IA32_TSC_AUX: upper half: #GP(0)", TSC_AUX, 1ul << 32, GP);
}

CODE(64, user_sgdt, "sgdt -64(%rsp)");
CODE(64, user_sidt, "sidt -64(%rsp)");
CODE(64, user_sldt, "sldt %eax");
CODE(64, user_str, "str %eax");
CODE(64, user_smsw, "smsw %eax");
static void user(const char *name, const char *code, unsigned vector)
{
	enter_at(code, SEL_USER_CODE, SEL_USER_DATA);
	check_fault(name, vector, 0);
}
static void umip(void)
{
	if (!(f7[2] >> 2 & 1))
		return skip("UMIP", "CPUID has none");
	user("SGDT at CPL 3 without CR4.UMIP", user_sgdt, DONE);
	WRITE_CR(4, READ_CR(4) | 0x800);
	user("SGDT at CPL 3 with CR4.UMIP: #GP(0)", user_sgdt, GP);
	user("SIDT at CPL 3 with CR4.UMIP: #GP(0)", user_sidt, GP);
	user("SLDT at CPL 3 with CR4.UMIP: #GP(0)", user_sldt, GP);
	user("STR at CPL 3 with CR4.UMIP: #GP(0)", user_str, GP);
	user("SMSW at CPL 3 with CR4.UMIP: #GP(0)", user_smsw, GP);
	CATCH("smsw %%eax; str %%eax; sldt %%eax", "i"(0));
	check_fault("CPL 0 with CR4.UMIP", NONE, 0);
	WRITE_CR(4, READ_CR(4) & ~0x800ul);
}

static unsigned ipis;
static void on_ipi(struct regs *at)
{
	(void)at;
	ipis++;
	wrmsr(X2_EOI, 0);
}
static void x2apic(void)
{
	if (!(f1[2] >> 21 & 1))
		return skip("x2APIC", "CPUID has none");
	u64 base = rdmsr(APIC_BASE);
	u32 id = *(volatile u32 *)0xfee00020 >> 24;
	handlers[IPI] = on_ipi;
	reads("x2APIC register in xAPIC mode: #GP(0)", X2_ID, GP);
	writes("IA32_APIC_BASE: x2APIC without EN: #GP(0)", APIC_BASE, (base & ~(u64)EN) | EXTD, GP);
	writes("IA32_APIC_BASE: xAPIC to x2APIC", APIC_BASE, base | EXTD, NONE);
	check("... EXTD", rdmsr(APIC_BASE) & (EN | EXTD), EN | EXTD);
	wrmsr(X2_SVR, 0x1ff);
	check("ID", rdmsr(X2_ID), id);
	check("LDR: cluster and bit of the ID", rdmsr(X2_LDR), id >> 4 << 16 | 1 << (id & 15));
	writes("ID is read-only: #GP(0)", X2_ID, 1, GP);
	writes("LDR is read-only: #GP(0)", X2_LDR, 1, GP);
	reads("there is no DFR: #GP(0)", X2_DFR, GP);
	reads("EOI is write-only: #GP(0)", X2_EOI, GP);
	writes("EOI of what is not 0: #GP(0)", X2_EOI, 1, GP);
	reads("SELF IPI is write-only: #GP(0)", X2_SELF, GP);
	writes("SELF IPI: a reserved bit: #GP(0)", X2_SELF, 0x155, GP);
	writes("SVR: a reserved bit: #GP(0)", X2_SVR, 0x101ff, GP);
	reads("there is no ICR high register: #GP(0)", X2_ICR + 1, GP);
	wrmsr(X2_SELF, IPI);
	__asm__ volatile("sti; jmp 1f\n1: nop; cli");
	check("SELF IPI comes", ipis, 1);
	wrmsr(X2_ICR, (u64)id << 32 | IPI);
	__asm__ volatile("sti; jmp 1f\n1: nop; cli");
	check("ICR: one write of 64 bits sends", ipis, 2);
	check("ICR reads as written", rdmsr(X2_ICR), (u64)id << 32 | IPI);
	writes("x2APIC to xAPIC: #GP(0)", APIC_BASE, base, GP);
	writes("x2APIC to disabled", APIC_BASE, base & ~(u64)(EN | EXTD), NONE);
	reads("... no registers: #GP(0)", X2_ID, GP);
	writes("disabled to x2APIC: #GP(0)", APIC_BASE, base | EXTD, GP);
	writes("disabled to xAPIC", APIC_BASE, base, NONE);
}

void guest_main(void)
{
	u32 most[4];
	cpuid(0, 0, most);
	cpuid(1, 0, f1);
	if (most[0] >= 7)
		cpuid(7, 0, f7);
	memory_types();
	time_stamp();
	umip();
	x2apic();
}
