/* CPUID agrees with itself and with what the processor does: leaves, topology, features that build on others, CR4 and EFER bits, MSRs, instructions.
 * SDM vol 2 "CPUID" and the #UD conditions of the instructions; vol 3 ch. 2.5 (CR4), 2.2.1 (EFER), 10.9 (identification). */
#include "guest.h"

static u32 leaf(u32 number, u32 subleaf, unsigned which) { u32 r[4]; cpuid(number, subleaf, r); return r[which]; }
enum { EAX, EBX, ECX, EDX };
static int bit(u32 number, unsigned which, unsigned n) { return leaf(number, 0, which) >> n & 1; }

static void builds_on(const char *name, int feature, int base)
{
	check(name, feature && !base, 0);
}

/* The bit may be set exactly where the feature is there. */
static void cr4(const char *name, unsigned n, int feature)
{
	word old = READ_CR(4);
	CATCH("mov %0, %%cr4", "r"(old ^ 1ul << n));
	u64 vector = caught.vector;
	WRITE_CR(4, old);
	check(name, vector, feature ? NONE : GP);
}

#define INSTRUCTION(name, text, feature)                                                  \
	do {                                                                                  \
		CATCH(text, "D"(buffer));                                                         \
		check("#UD where CPUID denies it: " name, caught.vector == UD, !(feature));      \
	} while (0)
static u8 buffer[64] __attribute__((aligned(64)));

static void features(void)
{
	int xsave = bit(1, ECX, 26), avx = bit(1, ECX, 28);
	builds_on("SSE2 needs SSE", bit(1, EDX, 26), bit(1, EDX, 25));
	builds_on("SSE3 needs SSE2", bit(1, ECX, 0), bit(1, EDX, 26));
	builds_on("SSSE3 needs SSE3", bit(1, ECX, 9), bit(1, ECX, 0));
	builds_on("SSE4.1 needs SSSE3", bit(1, ECX, 19), bit(1, ECX, 9));
	builds_on("SSE4.2 needs SSE4.1", bit(1, ECX, 20), bit(1, ECX, 19));
	builds_on("AVX needs XSAVE", avx, xsave);
	builds_on("FMA needs AVX", bit(1, ECX, 12), avx);
	builds_on("F16C needs AVX", bit(1, ECX, 29), avx);
	builds_on("AVX2 needs AVX", bit(7, EBX, 5), avx);
	builds_on("CMPXCHG16B needs CMPXCHG8B", bit(1, ECX, 13), bit(1, EDX, 8));
	check("OSXSAVE is CR4.OSXSAVE", bit(1, ECX, 27), READ_CR(4) >> 18 & 1);
	check("leaf 0Dh exists with XSAVE", leaf(0xd, 0, EAX) != 0, xsave);
	cr4("CR4.VME", 0, bit(1, EDX, 1));
	cr4("CR4.PVI", 1, bit(1, EDX, 1));
	cr4("CR4.DE", 3, bit(1, EDX, 2));
	cr4("CR4.PSE", 4, bit(1, EDX, 3));
	cr4("CR4.PGE", 7, bit(1, EDX, 13));
	cr4("CR4.UMIP", 11, bit(7, ECX, 2));
	cr4("CR4.FSGSBASE", 16, bit(7, EBX, 0));
	cr4("CR4.OSXSAVE", 18, xsave);
	cr4("CR4.PKE", 22, bit(7, ECX, 3));
	INSTRUCTION("POPCNT", "popcnt %%ecx, %%eax", bit(1, ECX, 23));
	INSTRUCTION("MOVBE", "movbe (%0), %%eax", bit(1, ECX, 22));
	INSTRUCTION("CRC32", "crc32l %%ecx, %%eax", bit(1, ECX, 20));
	INSTRUCTION("HADDPD", "haddpd %%xmm0, %%xmm0", bit(1, ECX, 0));
	INSTRUCTION("PINSRD", "pinsrd $0, %%eax, %%xmm0", bit(1, ECX, 19));
	INSTRUCTION("PEXTRQ", "pextrq $0, %%xmm0, %%rax", bit(1, ECX, 19));
	INSTRUCTION("PSHUFB", "pshufb %%xmm0, %%xmm0", bit(1, ECX, 9));
	INSTRUCTION("AESENC", "aesenc %%xmm0, %%xmm0", bit(1, ECX, 25));
	INSTRUCTION("PCLMULQDQ", "pclmulqdq $0, %%xmm0, %%xmm0", bit(1, ECX, 1));
	INSTRUCTION("CMPXCHG16B", "push %%rbx; cmpxchg16b (%0); pop %%rbx", bit(1, ECX, 13));
	INSTRUCTION("LAHF in 64-bit mode", "lahf", bit(0x80000001, ECX, 0));
	INSTRUCTION("RDTSCP", "rdtscp", bit(0x80000001, EDX, 27));
	INSTRUCTION("RDRAND", "rdrand %%eax", bit(1, ECX, 30));
	INSTRUCTION("RDSEED", "rdseed %%eax", bit(7, EBX, 18));
	INSTRUCTION("ADCX", "adcx %%ecx, %%eax", bit(7, EBX, 19));
	INSTRUCTION("SHA1MSG1", "sha1msg1 %%xmm0, %%xmm0", bit(7, EBX, 29));
	INSTRUCTION("CLFLUSHOPT", "clflushopt (%0)", bit(7, EBX, 23));
	INSTRUCTION("CLWB", "clwb (%0)", bit(7, EBX, 24));
	INSTRUCTION("ANDN", "andn %%eax, %%eax, %%ecx", bit(7, EBX, 3));
	INSTRUCTION("RDPID", "rdpid %%rax", bit(7, ECX, 22));
	INSTRUCTION("MONITOR", "mov %0, %%rax; xor %%ecx, %%ecx; xor %%edx, %%edx; monitor", bit(1, ECX, 3));
	INSTRUCTION("XGETBV without CR4.OSXSAVE", "xor %%ecx, %%ecx; xgetbv", 0);
	INSTRUCTION("VPXOR without CR4.OSXSAVE", "vpxor %%xmm0, %%xmm0, %%xmm0", 0);
	if (xsave) {
		word old = READ_CR(4);
		WRITE_CR(4, old | 1ul << 18);
		CATCH("xor %%ecx, %%ecx; xor %%edx, %%edx; mov $7, %%eax; xsetbv", "i"(0));
		check("XCR0: the AVX bit", caught.vector, avx ? NONE : GP);
		INSTRUCTION("VADDPS", "vaddps %%ymm0, %%ymm0, %%ymm0", avx);
		INSTRUCTION("VPEXTRD", "vpextrd $0, %%xmm0, %%eax", avx);
		INSTRUCTION("VPINSRQ", "vpinsrq $0, %%rax, %%xmm0, %%xmm0", avx);
		INSTRUCTION("VPADDD of YMM registers", "vpaddd %%ymm0, %%ymm0, %%ymm0", bit(7, EBX, 5));
		INSTRUCTION("VFMADD132PS", "vfmadd132ps %%ymm0, %%ymm0, %%ymm0", bit(1, ECX, 12));
		INSTRUCTION("VCVTPH2PS", "vcvtph2ps %%xmm0, %%ymm0", bit(1, ECX, 29));
		WRITE_CR(4, old);
	}
	/* LZCNT and TZCNT mean BSR and BSF where they are denied. */
	u32 value;
	__asm__ volatile("lzcnt %1, %0" : "=r"(value) : "r"(0x100) : "cc");
	check("LZCNT, or BSR", value, bit(0x80000001, ECX, 5) ? 23 : 8);
	__asm__ volatile("mov $77, %0; tzcnt %1, %0" : "=&r"(value) : "r"(0) : "cc");
	check("TZCNT of 0, or BSF", value, bit(7, EBX, 3) ? 32 : 77);
	CATCH("mov $0xc0000103, %%ecx; rdmsr", "i"(0));
	check("TSC_AUX with RDTSCP or RDPID", caught.vector == NONE, bit(0x80000001, EDX, 27) || bit(7, ECX, 22));
	CATCH("mov $0x10a, %%ecx; rdmsr", "i"(0));
	check("ARCH_CAPABILITIES", caught.vector == NONE, bit(7, EDX, 29));
	CATCH("mov $0x3b, %%ecx; rdmsr", "i"(0));
	check("TSC_ADJUST", caught.vector == NONE, bit(7, EBX, 1));
	CATCH("mov $0x802, %%ecx; rdmsr", "i"(0));
	check_fault("x2APIC register while the APIC is in xAPIC mode: #GP(0)", GP, 0);
}

static void identity(void)
{
	u32 r[4], vendor[4], last = leaf(0, 0, EAX), extended = leaf(0x80000000, 0, EAX);
	cpuid(0, 0, vendor);
	check("the largest basic leaf is at least 1", last >= 1, 1);
	check("the largest extended leaf is at least 80000008h", extended >= 0x80000008, 1);
	int intel = vendor[EBX] == 0x756e6547 && vendor[EDX] == 0x49656e69 && vendor[ECX] == 0x6c65746e;
	if (intel) {
		u32 beyond[4];
		cpuid(last, 0, r);
		cpuid(0x7f000000, 0, beyond);
		check("a leaf beyond the largest gives the largest one's data", beyond[EAX] == r[EAX] && beyond[EBX] == r[EBX], 1);
	} else {
		skip("a leaf beyond the largest", "not Intel's");
	}
	check("subleaves of leaf 1 are the same", leaf(1, 5, EDX), leaf(1, 0, EDX));
	check("64-bit mode", bit(0x80000001, EDX, 29), 1);
	check("NX and EFER.NXE", bit(0x80000001, EDX, 20), rdmsr(0xc0000080) >> 11 & 1);
	check("APIC: IA32_APIC_BASE is enabled", bit(1, EDX, 9), rdmsr(0x1b) >> 11 & 1);
	check("linear addresses have 48 or 57 bits", (leaf(0x80000008, 0, EAX) >> 8 & 0xff) == (bit(7, ECX, 16) ? 57 : 48), 1);
	check("physical addresses have 36 to 52 bits", (leaf(0x80000008, 0, EAX) & 0xff) - 36u <= 16, 1);
	u32 apic = leaf(1, 0, EBX) >> 24;
	check("initial APIC id is the APIC's", apic, *(volatile u32 *)0xfee00020 >> 24);
	if (last >= 0xb && leaf(0xb, 0, EBX)) {
		check("leaf 0Bh: x2APIC id", leaf(0xb, 0, EDX), apic);
		check("leaf 0Bh: SMT, then core, then nothing", leaf(0xb, 0, ECX) >> 8 << 16 | leaf(0xb, 1, ECX) >> 8 << 8 | leaf(0xb, 2, ECX) >> 8, 0x10200);
	}
	cpuid(0x80000002, 0, r);
	check("the brand begins with a printable character", (r[EAX] & 0xff) >= 0x20 && (r[EAX] & 0xff) < 0x7f, 1);
}

void guest_main(void)
{
	identity();
	features();
}
