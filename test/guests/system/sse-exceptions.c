/* SSE and AVX: when they are not available, exceptions of the arithmetic, alignment. SDM vol 1 ch. 10.2.3 (MXCSR), 11.5 and 11.5.4 (exceptions, SIMD
 * floating-point), 11.6.4, 14.8 (alignment and AVX); vol 2 ch. 2.4 (exception classes), "LDMXCSR", "MOVAPS"; vol 3 ch. 2.5 and 6.15 (#XM), 13.1 (availability). */
#include "guest.h"

enum { CR0_MP = 2, CR0_EM = 4, CR0_TS = 8, IE = 1, DE_FLAG = 2, ZE = 4, OE = 8, UE = 16, PE = 32, DAZ = 0x40, FTZ = 0x8000, USUAL = 0x1f80 };
u8 memory[256] __attribute__((aligned(64)));
u32 mxcsr;

#define WITH(bits, text, name, vector)                               \
	do {                                                         \
		word cr0_ = READ_CR(0);                              \
		WRITE_CR(0, (cr0_ & ~14ul) | 0x20 | (bits));         \
		CATCH(text, "r"(memory));                            \
		WRITE_CR(0, cr0_);                                   \
		check_fault(name, vector, 0);                        \
	} while (0)

static void availability(void)
{
	WITH(CR0_EM | CR0_TS, "addps %%xmm0, %%xmm0", "SSE with EM and TS: #UD", UD);
	WITH(CR0_TS, "paddb %%xmm0, %%xmm0", "SSE2 with TS: #NM", NM);
	WITH(CR0_TS, "ldmxcsr mxcsr_usual", "LDMXCSR with TS: #NM", NM);
	WITH(CR0_EM, "stmxcsr (%0)", "STMXCSR with EM: #UD", UD);
	WITH(CR0_TS, "movnti %%eax, (%0)", "MOVNTI with TS", NONE);
	WITH(CR0_EM, "prefetchnta (%0)", "PREFETCHNTA with EM", NONE);
	WITH(CR0_EM | CR0_TS, "lfence; mfence; sfence; pause; clflush (%0)", "LFENCE, MFENCE, SFENCE, PAUSE, CLFLUSH with EM and TS", NONE);
	u32 r[4];
	cpuid(1, 0, r);
	if (r[2] >> 20 & 1)
		WITH(CR0_EM | CR0_TS, "crc32b %%al, %%eax", "CRC32 with EM and TS", NONE);
	if (r[2] >> 23 & 1)
		WITH(CR0_EM | CR0_TS, "popcnt %%eax, %%eax", "POPCNT with EM and TS", NONE);
	WRITE_CR(4, READ_CR(4) & ~0x200ul);
	CATCH("stmxcsr (%0)", "r"(memory));
	check_fault("STMXCSR without CR4.OSFXSR: #UD", UD, 0);
	CATCH("paddb %%mm0, %%mm0; emms", "r"(memory));
	check_fault("MMX without CR4.OSFXSR", NONE, 0);
	CATCH("lfence; movnti %%eax, (%0)", "r"(memory));
	check_fault("LFENCE, MOVNTI without CR4.OSFXSR", NONE, 0);
	WRITE_CR(4, READ_CR(4) | 0x200ul);
}

const u32 mxcsr_usual __attribute__((used)) = USUAL;
const float f_one[4] __attribute__((used, aligned(16))) = { 1, 1, 1, 1 }, f_three[4] __attribute__((used, aligned(16))) = { 3, 3, 3, 3 };
const float f_mixed[4] __attribute__((used, aligned(16))) = { 2, 0, 2, 2 };
const u32 f_big[4] __attribute__((used, aligned(16))) = { 0x7f000000, 0x7f000000, 0x7f000000, 0x7f000000 };
const u32 f_tiny[4] __attribute__((used, aligned(16))) = { 0x00800000, 0x00800000, 0x00800000, 0x00800000 };
const u32 f_denormal[4] __attribute__((used, aligned(16))) = { 1, 1, 1, 1 };
const u32 f_signalling[4] __attribute__((used, aligned(16))) = { 0x7f800001, 0x7f800001, 0x7f800001, 0x7f800001 };
const u32 f_quiet[4] __attribute__((used, aligned(16))) = { 0x7fc00001, 0x7fc00001, 0x7fc00001, 0x7fc00001 };

#define START "ldmxcsr mxcsr; movaps f_one, %xmm0; "
#define KEEP "; movd %xmm0, %eax"
CODE(64, by_zero, START "xorps %xmm1, %xmm1\nby_zero_at: divps %xmm1, %xmm0" KEEP);
CODE(64, by_three, START "by_three_at: divps f_three, %xmm0" KEEP);
CODE(64, one_lane, START "one_lane_at: divps f_mixed, %xmm0" KEEP);
CODE(64, overflow, START "movaps f_big, %xmm1\noverflow_at: mulps %xmm1, %xmm1" KEEP);
CODE(64, underflow, START "movaps f_tiny, %xmm1\nunderflow_at: mulps %xmm1, %xmm1" KEEP);
CODE(64, denormal, START "denormal_at: addps f_denormal, %xmm0" KEEP);
CODE(64, signalling, START "signalling_at: addss f_signalling, %xmm0" KEEP);
CODE(64, quiet, START "addss f_quiet, %xmm0" KEEP);
CODE(64, comiss, START "comiss_at: comiss f_quiet, %xmm0" KEEP);
CODE(64, ucomiss, START "ucomiss f_quiet, %xmm0" KEEP);
CODE(64, convert, START "movss f_big, %xmm1; mov $0x77, %eax\nconvert_at: cvttss2si %xmm1, %eax");
extern const char by_zero_at[], by_three_at[], one_lane_at[], overflow_at[], underflow_at[], denormal_at[], signalling_at[], comiss_at[], convert_at[];

static void run(const char *name, const char *code, u32 control, const char *at, u32 flags)
{
	u32 now;
	mxcsr = control;
	enter_at(code, SEL_CODE, SEL_DATA);
	check_fault(name, at ? XM : DONE, 0);
	if (at)
		check("... RIP", caught.rip, (u64)at);
	__asm__ volatile("stmxcsr %0; movd %%xmm0, %%eax; ldmxcsr mxcsr_usual" : "=m"(now) : : "eax");
	check("... flags", now & 0x3f, flags);
}
static u32 xmm0(void) { u32 value; __asm__ volatile("movd %%xmm0, %0" : "=r"(value)); return value; }

static void arithmetic(void)
{
	run("division by zero, masked", by_zero, USUAL, 0, ZE);
	check("... infinity", caught.rax, 0x7f800000);
	run("division by zero, unmasked: #XM", by_zero, USUAL & ~(ZE << 7), by_zero_at, ZE);
	check("... destination as before", xmm0(), 0x3f800000);
	run("... in one lane alone", one_lane, USUAL & ~(ZE << 7), one_lane_at, ZE);
	check("... no lane is written", xmm0(), 0x3f800000);
	run("inexact, masked", by_three, USUAL, 0, PE);
	run("inexact, unmasked: #XM", by_three, USUAL & ~(PE << 7), by_three_at, PE);
	check("... destination as before", xmm0(), 0x3f800000);
	run("overflow, masked", overflow, USUAL, 0, OE | PE);
	run("overflow, unmasked: #XM", overflow, USUAL & ~(OE << 7), overflow_at, OE);
	run("underflow, masked", underflow, USUAL, 0, UE | PE);
	run("underflow, unmasked: #XM", underflow, USUAL & ~(UE << 7), underflow_at, UE);
	run("underflow, masked, flush to zero", underflow, USUAL | FTZ, 0, UE | PE);
	run("denormal operand, masked", denormal, USUAL, 0, DE_FLAG | PE);
	run("denormal operand, unmasked: #XM", denormal, USUAL & ~(DE_FLAG << 7), denormal_at, DE_FLAG);
	run("denormal operand, unmasked, denormals are zeros", denormal, (USUAL & ~(DE_FLAG << 7)) | DAZ, 0, 0);
	run("signalling NaN, unmasked: #XM", signalling, USUAL & ~(IE << 7), signalling_at, IE);
	run("signalling NaN, masked", signalling, USUAL, 0, IE);
	check("... becomes quiet", caught.rax, 0x7fc00001);
	run("quiet NaN, unmasked", quiet, USUAL & ~(IE << 7), 0, 0);
	run("COMISS of a quiet NaN, unmasked: #XM", comiss, USUAL & ~(IE << 7), comiss_at, IE);
	run("UCOMISS of a quiet NaN, unmasked", ucomiss, USUAL & ~(IE << 7), 0, 0);
	run("CVTTSS2SI that does not fit, unmasked: #XM", convert, USUAL & ~(IE << 7), convert_at, IE);
	check("... destination as before", caught.rax, 0x77);
	run("CVTTSS2SI that does not fit, masked", convert, USUAL, 0, IE);
	check("... integer indefinite", caught.rax, 0x80000000);
	run("a flag that is set with its mask cleared raises nothing by itself", quiet, (USUAL & ~(ZE << 7)) | ZE, 0, ZE);
	mxcsr = 0x10000;
	CATCH("ldmxcsr mxcsr", "i"(0));
	check_fault("LDMXCSR of a reserved bit: #GP(0)", GP, 0);
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	check("... unchanged", mxcsr, USUAL);
}

#define AT(offset, text, name, vector)                       \
	do {                                                 \
		CATCH(text, "r"(memory + (offset)));         \
		check_fault(name, vector, 0);                \
	} while (0)

extern u64 pd[2048];
#define PLACE 0x4000000ul
static u64 table[512] __attribute__((aligned(4096)));

static void alignment(void)
{
	AT(8, "movaps (%0), %%xmm0", "MOVAPS, aligned to 8: #GP(0)", GP);
	AT(8, "movaps %%xmm0, (%0)", "MOVAPS store: #GP(0)", GP);
	AT(1, "movdqa (%0), %%xmm0", "MOVDQA: #GP(0)", GP);
	AT(8, "addps (%0), %%xmm0", "ADDPS: #GP(0)", GP);
	AT(8, "pand (%0), %%xmm0", "PAND: #GP(0)", GP);
	AT(8, "movntps %%xmm0, (%0)", "MOVNTPS: #GP(0)", GP);
	AT(8, "cvtdq2ps (%0), %%xmm0", "CVTDQ2PS: #GP(0)", GP);
	AT(4, "cvtdq2pd (%0), %%xmm0", "CVTDQ2PD, which reads 8 bytes", NONE);
	AT(1, "movups (%0), %%xmm0", "MOVUPS", NONE);
	AT(1, "movdqu %%xmm0, (%0)", "MOVDQU store", NONE);
	AT(1, "addss (%0), %%xmm0", "ADDSS", NONE);
	AT(1, "movsd (%0), %%xmm0", "MOVSD", NONE);
	AT(1, "movhps (%0), %%xmm0", "MOVHPS", NONE);
	AT(1, "pand (%0), %%mm0; emms", "PAND of MMX", NONE);
	CATCH("mov %%rsp, %%r8; mov %0, %%rsp; movaps (%%rsp), %%xmm0; mov %%r8, %%rsp", "r"(memory + 8));
	check_fault("MOVAPS through RSP: #GP(0) too", GP, 0);
	u32 r[4];
	cpuid(1, 0, r);
	if (r[2] & 1)
		AT(1, "lddqu (%0), %%xmm0", "LDDQU", NONE);
	if (r[2] >> 20 & 1) {
		AT(1, "pcmpistri $0, (%0), %%xmm0", "PCMPISTRI", NONE);
		AT(8, "movntdqa (%0), %%xmm0", "MOVNTDQA: #GP(0)", GP);
	}
	for (unsigned n = 0; n < 512; n++)
		table[n] = n == 1 ? 0 : (PLACE + n * 4096ul) | 7;
	pd[PLACE >> 21] = (u64)table | 7;
	WRITE_CR(3, READ_CR(3));
	u64 *last = (u64 *)(PLACE + 4096 - 8);
	*last = 0x5555;
	CATCH("movups %%xmm0, (%0)", "r"(last));
	check_fault("MOVUPS store into a page that is not there: #PF(W)", PF, 2);
	check("... CR2", caught_cr2, PLACE + 4096);
	check("... nothing is stored before it", *last, 0x5555);
	CATCH("addps (%0), %%xmm0", "r"(last));
	check_fault("ADDPS, not aligned, into that page: #GP before #PF", GP, 0);
}

static void avx(void)
{
	u32 r[4];
	cpuid(1, 0, r);
	if (!(r[2] >> 28 & 1)) {
		skip("AVX", "CPUID does not have it");
		return;
	}
	AT(0, "vxorps %%xmm0, %%xmm0, %%xmm0", "AVX without CR4.OSXSAVE: #UD", UD);
	WRITE_CR(4, READ_CR(4) | 1 << 18);
	AT(0, "xor %%ecx, %%ecx; mov $3, %%eax; xor %%edx, %%edx; xsetbv; vxorps %%xmm0, %%xmm0, %%xmm0", "AVX without XCR0.AVX: #UD", UD);
	AT(0, "xor %%ecx, %%ecx; mov $7, %%eax; xor %%edx, %%edx; xsetbv; vxorps %%xmm0, %%xmm0, %%xmm0", "AVX with it", NONE);
	WITH(CR0_TS, "vxorps %%xmm0, %%xmm0, %%xmm0", "AVX with TS: #NM", NM);
	WITH(CR0_EM, "vxorps %%xmm0, %%xmm0, %%xmm0", "AVX with EM", NONE);
	WRITE_CR(4, READ_CR(4) & ~0x200ul);
	AT(0, "vxorps %%xmm0, %%xmm0, %%xmm0", "AVX without CR4.OSFXSR", NONE);
	WRITE_CR(4, READ_CR(4) | 0x200ul);
	AT(1, "vaddps (%0), %%ymm0, %%ymm0", "VADDPS, not aligned", NONE);
	AT(16, "vmovaps (%0), %%ymm0", "VMOVAPS of 32 bytes, aligned to 16: #GP(0)", GP);
	AT(16, "vmovaps (%0), %%xmm0", "VMOVAPS of 16 bytes, aligned to 16", NONE);
	AT(8, "vmovaps (%0), %%xmm0", "VMOVAPS of 16 bytes, aligned to 8: #GP(0)", GP);
	AT(1, "vmovdqu (%0), %%ymm0", "VMOVDQU", NONE);
	AT(0, ".byte 0xf0, 0xc5, 0xf8, 0x57, 0xc0", "VEX after LOCK: #UD", UD);
	AT(0, ".byte 0x66, 0xc5, 0xf8, 0x57, 0xc0", "VEX after 66h: #UD", UD);
	AT(0, ".byte 0xf3, 0xc5, 0xf8, 0x57, 0xc0", "VEX after F3h: #UD", UD);
	AT(0, ".byte 0x48, 0xc5, 0xf8, 0x57, 0xc0", "VEX after REX: #UD", UD);
	AT(0, ".byte 0xc5, 0xc8, 0x10, 0x07", "VMOVUPS with VEX.vvvv: #UD", UD);
}

void guest_main(void)
{
	availability();
	arithmetic();
	alignment();
	avx();
}
