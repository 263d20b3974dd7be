/* x87 and MMX: when they are not available, when an unmasked exception is reported, and the images of the state. SDM vol 1 ch. 8.1.3 to 8.1.10 (status, tags,
 * pointers, environment), 8.5 to 8.7 (exceptions, their handling), 9.5 (MMX and the x87 tags), 10.5 (FXSAVE), 13.4 to 13.8 (XSAVE); vol 3 ch. 2.5 (CR0.EM, MP,
 * NE, TS), 6.15 (#NM, #MF), tables 2-2 and 12-1. */
#include "guest.h"

enum { CR0_MP = 2, CR0_EM = 4, CR0_TS = 8, IE = 1, ZE = 4, OE = 8, UE = 16, PE = 32, SF = 0x40, ES = 0x80, C1 = 0x200, B = 0x8000 };
u8 image[1024] __attribute__((aligned(64)));
u16 control, status;

/* One instruction with CR0 bits set. */
#define WITH(bits, text, name, vector)                               \
	do {                                                         \
		word cr0_ = READ_CR(0);                              \
		WRITE_CR(0, (cr0_ & ~14ul) | 0x20 | (bits));         \
		CATCH(text, "r"(image));                             \
		WRITE_CR(0, cr0_);                                   \
		check_fault(name, vector, 0);                        \
	} while (0)

static void availability(void)
{
	__asm__ volatile("fninit");
	WITH(CR0_EM, "fld1", "x87 with EM: #NM", NM);
	WITH(CR0_TS, "fld1", "x87 with TS: #NM", NM);
	WITH(CR0_TS, "fnstcw (%0)", "FNSTCW with TS: #NM", NM);
	WITH(CR0_TS, "fnstsw %%ax", "FNSTSW with TS: #NM", NM);
	WITH(CR0_TS, "fninit", "FNINIT with TS: #NM", NM);
	WITH(CR0_TS | CR0_MP, "fwait", "FWAIT with TS and MP: #NM", NM);
	WITH(CR0_TS, "fwait", "FWAIT with TS, without MP", NONE);
	WITH(CR0_MP, "fwait", "FWAIT with MP, without TS", NONE);
	WITH(CR0_EM | CR0_MP, "fwait", "FWAIT with EM", NONE);
	WITH(CR0_EM, "movq %%mm0, %%mm1", "MMX with EM: #UD", UD);
	WITH(CR0_TS, "movq %%mm0, %%mm1", "MMX with TS: #NM", NM);
	WITH(CR0_EM | CR0_TS, "movq %%mm0, %%mm1", "MMX with EM and TS: #UD", UD);
	WITH(CR0_TS, "emms", "EMMS with TS: #NM", NM);
	WITH(CR0_EM, "emms", "EMMS with EM: #UD", UD);
	WITH(CR0_TS, "fxsave (%0)", "FXSAVE with TS: #NM", NM);
	WITH(CR0_EM, "fxsave (%0)", "FXSAVE with EM: #NM", NM);
	WITH(CR0_TS, "fxrstor (%0)", "FXRSTOR with TS: #NM", NM);
	WITH(CR0_MP, "fld1; fstp %%st", "x87 with MP alone", NONE);
}

extern const char zero_div[], zero_next[];
#define PREPARE "fninit; fldcw control; "
CODE(64, div_fld, PREPARE "fld1; fldz; nop\nzero_div: fdivrp; mov $7, %eax\nzero_next: fld1");
CODE(64, div_wait, PREPARE "fld1; fldz; fdivrp\ndiv_wait_at: fwait");
CODE(64, div_mmx, PREPARE "fld1; fldz; fdivrp\ndiv_mmx_at: movq %mm0, %mm1");
CODE(64, div_emms, PREPARE "fld1; fldz; fdivrp\ndiv_emms_at: emms");
CODE(64, div_quiet, PREPARE "fld1; fldz; fdivrp; fnstcw (%rsp); fnstsw %ax; fnstenv -64(%rsp); fxsave image; fninit");
CODE(64, div_clex, PREPARE "fld1; fldz; fdivrp; fnclex; fld1");
CODE(64, div_sse, PREPARE "fld1; fldz; fdivrp; xorps %xmm0, %xmm0; fninit");
CODE(64, div_fstenv, PREPARE "fld1; fldz; fdivrp\ndiv_fstenv_at: fstenv -64(%rsp)");
CODE(64, div_ts, PREPARE "fld1; fldz; fdivrp; mov %cr0, %rax; or $8, %al; mov %rax, %cr0\ndiv_ts_at: fld1");
CODE(64, unmask_later, "fninit; fld1; fldz; fdivrp; fldcw control\nunmask_at: fld1");
CODE(64, inexact, PREPARE "fld1; fldt three; fdivrp\ninexact_at: fwait");
CODE(64, full, "fninit; fld1; fldz; fldz; fldz; fldz; fldz; fldz; fldz; fldcw control; fld1\nfull_at: fwait");
CODE(64, store_big, PREPARE "fldt huge; fstps stored\nstore_big_at: fwait");
extern const char div_wait_at[], div_mmx_at[], div_emms_at[], div_fstenv_at[], div_ts_at[], unmask_at[], inexact_at[], full_at[], store_big_at[];
const u16 three[5] __attribute__((used)) = { 0, 0, 0, 0xc000, 0x4000 }, huge[5] __attribute__((used)) = { 1, 0, 0, 0x8000, 0x4fff };
volatile u32 stored;

static void run(const char *name, const char *code, unsigned unmasked, unsigned vector, const char *at)
{
	control = 0x37f & ~unmasked;
	enter_at(code, SEL_CODE, SEL_DATA);
	check_fault(name, vector, 0);
	if (at)
		check("... RIP", caught.rip, (u64)at);
	__asm__ volatile("clts; fnstsw %0" : "=m"(status));
}
static u64 field(unsigned at, unsigned bytes)
{
	u64 value = 0;
	for (unsigned i = bytes; i; i--)
		value = value << 8 | image[at + i - 1];
	return value;
}

static void reporting(void)
{
	run("division by zero, unmasked: #MF at the next waiting instruction", div_fld, ZE, MF, zero_next);
	check("... not before", caught.rax & 0xff, 7);
	check("... status: ZE, ES, B, TOP as before", status, ZE | ES | B | 6 << 11);
	__asm__ volatile("fnsave %0" : "=m"(image));
	check("... FIP is at the division", field(12, 4), (u32)(u64)zero_div);
	check("... FOP", field(18, 2) & 0x7ff, 0x6f9);
	check("... ST0 as before", field(28 + 8, 2), 0);
	check("... ST1 as before", field(38, 8), 1ul << 63);
	check("... FNSAVE initialises", ({ __asm__ volatile("fnstsw %0" : "=m"(status)); status; }), 0);
	run("... at FWAIT", div_wait, ZE, MF, div_wait_at);
	run("... at an MMX instruction", div_mmx, ZE, MF, div_mmx_at);
	run("... at EMMS", div_emms, ZE, MF, div_emms_at);
	run("... at FSTENV, which is FWAIT first", div_fstenv, ZE, MF, div_fstenv_at);
	run("... not at FNSTCW, FNSTSW, FNSTENV, FXSAVE, FNINIT", div_quiet, ZE, DONE, 0);
	run("... not after FNCLEX", div_clex, ZE, DONE, 0);
	run("... not at an SSE instruction", div_sse, ZE, DONE, 0);
	run("... after #NM", div_ts, ZE, NM, div_ts_at);
	run("masked: none", div_fld, 0, DONE, 0);
	run("unmasked when the flag is there: #MF at the next", unmask_later, ZE, MF, unmask_at);
	run("inexact, unmasked: #MF", inexact, PE, MF, inexact_at);
	check("... status", status & (PE | ES), PE | ES);
	__asm__ volatile("fnsave %0" : "=m"(image));
	check("... with the result in place", field(28, 8), 0xaaaaaaaaaaaaaaab);
	run("stack overflow, unmasked: #MF", full, IE, MF, full_at);
	check("... status: IE, SF, C1, TOP as before", status & ~0x4500, IE | SF | C1 | ES | B);
	stored = 0x55;
	run("overflow of a store, unmasked: #MF", store_big, OE, MF, store_big_at);
	check("... nothing stored", stored, 0x55);
	check("... nothing popped", status >> 11 & 7, 7);
	run("overflow of a store, masked", store_big, 0, DONE, 0);
	check("... infinity", stored, 0x7f800000);
	check("... status: OE, PE; popped", status & ~0x4700, OE | PE);
	__asm__ volatile("fninit; fstp %%st(1); fnstsw %0" : "=m"(status));
	check("stack underflow: IE, SF, C1 = 0", status & 0x2ff, IE | SF);
	__asm__ volatile("fnclex; fninit");
}

static void images(void)
{
	static double number = 1.5;
	memset(image, 0xcc, sizeof(image));
	__asm__ volatile("fninit; fldl %1; fld1; fnstenv %0" : "=m"(image) : "m"(number));
	check("FNSTENV: control word", field(0, 2), 0x37f);
	check("FNSTENV: status word", field(4, 2), 6 << 11);
	check("FNSTENV: tags", field(8, 2), 0x0fff);
	check("FNSTENV: 28 bytes", field(28, 1), 0xcc);
	control = 0x340;
	__asm__ volatile("fldcw %1; fnstenv %0; fnstcw %2" : "=m"(image) : "m"(control), "m"(status));
	check("FNSTENV stores the control word as it is", field(0, 2), 0x340);
	check("... and masks all exceptions", status, 0x37f);
	memset(image, 0xcc, sizeof(image));
	__asm__ volatile("fninit; fldl %1; fld1; fxsave64 %0" : "=m"(image) : "m"(number));
	check("FXSAVE: control word", field(0, 2), 0x37f);
	check("FXSAVE: status word", field(2, 2), 6 << 11);
	check("FXSAVE: tags, one bit each", field(4, 2), 0xc0);
	check("FXSAVE: MXCSR", field(24, 4), 0x1f80);
	check("FXSAVE: MXCSR mask", field(28, 4) & 0xffff, 0xffff);
	check("FXSAVE: ST0", field(32, 8), 1ul << 63);
	check("FXSAVE: ST1", field(48, 8), 3ul << 62);
	check("FXSAVE: the last 48 bytes are the program's", field(464, 8), 0xcccccccccccccccc);
	*(u16 *)(image + 4) = 0x40;
	__asm__ volatile("fxrstor64 %0; fnstenv %1" : : "m"(image), "m"(image[512]));
	check("FXRSTOR: tags", field(512 + 8, 2), 0xcfff);
	*(u32 *)(image + 24) = 0x10000;
	CATCH("fxrstor (%0)", "r"(image));
	check_fault("FXRSTOR of a reserved bit of MXCSR: #GP(0)", GP, 0);
	CATCH("fxsave 8(%0)", "r"(image));
	check_fault("FXSAVE to what is not aligned to 16: #GP(0)", GP, 0);
	__asm__ volatile("fninit; fld1; movd %1, %%mm3; fnstenv %0" : "=m"(image) : "r"(0x1234));
	check("MMX sets TOP to 0", field(4, 2) >> 11 & 7, 0);
	/* R3 is a NaN by its exponent of all ones (special), the rest zero or not. */
	check("... and all tags to not empty", field(8, 2) >> 6 & 3, 2);
	__asm__ volatile("emms; fnstenv %0" : "=m"(image));
	check("EMMS: all empty", field(8, 2), 0xffff);
	__asm__ volatile("fninit");
}

static void xsave(void)
{
	u32 r[4];
	cpuid(1, 0, r);
	if (!(r[2] >> 26 & 1)) {
		skip("XSAVE", "CPUID does not have it");
		return;
	}
	CATCH("xsave (%0)", "r"(image));
	check_fault("XSAVE without CR4.OSXSAVE: #UD", UD, 0);
	CATCH("xor %%ecx, %%ecx; xgetbv", "i"(0));
	check_fault("XGETBV without CR4.OSXSAVE: #UD", UD, 0);
	WRITE_CR(4, READ_CR(4) | 1 << 18);
	cpuid(1, 0, r);
	check("CPUID shows OSXSAVE", r[2] >> 27 & 1, 1);
	CATCH("xor %%ecx, %%ecx; mov $3, %%eax; xor %%edx, %%edx; xsetbv", "i"(0));
	check_fault("XSETBV: x87 and SSE", NONE, 0);
	CATCH("xor %%ecx, %%ecx; mov $2, %%eax; xor %%edx, %%edx; xsetbv", "i"(0));
	check_fault("XSETBV without x87: #GP(0)", GP, 0);
	CATCH("xor %%ecx, %%ecx; mov $5, %%eax; xor %%edx, %%edx; xsetbv", "i"(0));
	check_fault("XSETBV: AVX without SSE: #GP(0)", GP, 0);
	CATCH("mov $1, %%ecx; mov $3, %%eax; xor %%edx, %%edx; xsetbv", "i"(0));
	check_fault("XSETBV of XCR1: #GP(0)", GP, 0);
	memset(image, 0, sizeof(image));
	__asm__ volatile("fninit; fld1; xor %%edx, %%edx; mov $1, %%eax; xsave64 (%0)" : : "r"(image) : "eax", "edx", "memory");
	check("XSAVE of x87: XSTATE_BV", field(512, 8), 1);
	check("... ST0", field(32, 8), 1ul << 63);
	check("... the other component is not written", field(24, 4), 0);
	__asm__ volatile("fninit; xor %%edx, %%edx; mov $1, %%eax; xrstor64 (%0); fnstsw (%0)" : : "r"(image) : "eax", "edx", "memory");
	check("XRSTOR: TOP", field(0, 2) >> 11, 7);
	memset(image, 0, sizeof(image));
	__asm__ volatile("fld1; xor %%edx, %%edx; mov $1, %%eax; xrstor64 (%0); fnstsw (%0)" : : "r"(image) : "eax", "edx", "memory");
	check("XRSTOR of a component that is not in XSTATE_BV initialises it", field(0, 2), 0);
	CATCH("xor %%edx, %%edx; mov $1, %%eax; xsave 16(%0)", "r"(image));
	check_fault("XSAVE to what is not aligned to 64: #GP(0)", GP, 0);
	image[512] = 0x80;
	CATCH("xor %%edx, %%edx; mov $1, %%eax; xrstor (%0)", "r"(image));
	check_fault("XRSTOR: XSTATE_BV beyond XCR0: #GP(0)", GP, 0);
	image[512] = 0;
	image[528] = 1;
	CATCH("xor %%edx, %%edx; mov $1, %%eax; xrstor (%0)", "r"(image));
	check_fault("XRSTOR: a reserved byte of the header: #GP(0)", GP, 0);
	image[528] = 0;
	WITH(CR0_TS, "xor %%edx, %%edx; mov $1, %%eax; xsave (%0)", "XSAVE with TS: #NM", NM);
	WITH(CR0_EM, "xor %%edx, %%edx; mov $1, %%eax; xsave (%0)", "XSAVE with EM", NONE);
}

void guest_main(void)
{
	availability();
	reporting();
	images();
	xsave();
}
