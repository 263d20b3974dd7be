/* Code that is written while it runs, and code across pages. SDM vol 3 ch. 11.6 (self-modifying code: a write to the linear address that is fetched from is
 * seen by the instruction that follows; through another linear address after a serialising instruction), 8.3 (serialising), 4.10.4 (INVLPG), 4.6 and 4.7
 * (execute-disable, error codes of page faults), 3.4.5 (the same bytes in 64-bit, 32-bit and 16-bit code segments). */
#include "guest.h"

extern u64 pd[2048];
/* Windows of 4 KiB pages; page n of it is a frame of `frames`. */
#define PLACE 0x4000000ul
enum { P = 1, W = 2, U = 4, FRAMES = 8 };
static u64 table[512] __attribute__((aligned(4096)));
static u8 frames[FRAMES][4096] __attribute__((aligned(4096)));
#define PAGE(n) ((u8 *)(PLACE + (n) * 4096ul))
static void map(unsigned n, unsigned frame, u64 flags)
{
	table[n] = (u64)frames[frame] | flags;
	__asm__ volatile("invlpg (%0)" : : "r"(PAGE(n)) : "memory");
}

/* mov $value, %eax; ret */
static void put(u8 *at, u32 value)
{
	u8 code[6] = { 0xb8, (u8)value, (u8)(value >> 8), (u8)(value >> 16), (u8)(value >> 24), 0xc3 };
	memcpy(at, code, sizeof(code));
}
static u32 call(const u8 *at)
{
	u32 value;
	__asm__ volatile("call *%1" : "=a"(value) : "r"(at) : "rcx", "rdx", "memory", "cc");
	return value;
}

CODE(64, next_one, "movb $5, 1f+1; 1: mov $1, %eax");
CODE(64, next_by_rep, "lea 1f(%rip), %rdi; mov $0x90, %eax; mov $2, %ecx; rep stosb; 1: ud2; mov $9, %eax");
CODE(64, next_far, "movl $0x90909090, 1f; mov $3, %eax; jmp 2f; 1: .byte 0x0f, 0x0b, 0x0f, 0x0b; ret; 2: call 1b");
CODE(64, loop_patched, "xor %ecx, %ecx; xor %edx, %edx; 1: incl 2f+1; 2: mov $0, %eax; add %rax, %rdx; inc %ecx; cmp $3000, %ecx; jb 1b");
CODE(64, loop_flips, "mov $1000, %ecx; xor %edx, %edx; 1: xorb $0x28, 2f; 2: add %ecx, %edx; dec %ecx; jnz 1b");
CODE(64, longer, "movl $0x00841f0f, 1f; movl $0, 1f+4; mov $7, %eax; 1: inc %eax; inc %eax; inc %eax; inc %eax");

static void own(void)
{
	enter_at(next_one, SEL_CODE, SEL_DATA);
	check("the next instruction", caught.rax, 5);
	enter_at(next_by_rep, SEL_CODE, SEL_DATA);
	check_fault("REP STOSB over the next instruction", DONE, 0);
	check("... and on", caught.rax, 9);
	enter_at(next_far, SEL_CODE, SEL_DATA);
	check_fault("an instruction some way on", DONE, 0);
	enter_at(loop_patched, SEL_CODE, SEL_DATA);
	check("a constant that counts, 3000 times", caught.rdx, 3000ul * 3001 / 2);
	/* ADD and SUB (01h, 29h) in turns: SUB first. */
	enter_at(loop_flips, SEL_CODE, SEL_DATA);
	check("an operation that changes each time", (u32)caught.rdx, (u32)-500);
	enter_at(longer, SEL_CODE, SEL_DATA);
	check("one instruction of 8 bytes in the place of four", caught.rax, 7);
}

/* Every kind of store changes the constant; the function has run before, often enough to be hot. */
#define STORE(name, text, value)                                                                                                        \
	do {                                                                                                                            \
		u8 *at_ = PAGE(0) + 0x101;                                                                                              \
		put(at_ - 1, 0x11111111);                                                                                               \
		u32 sum_ = 0;                                                                                                           \
		for (int i_ = 0; i_ < 3000; i_++)                                                                                        \
			sum_ += call(at_ - 1);                                                                                          \
		u8 *to_ = at_, *from_ = source;                                                                                         \
		u64 rax_ = 0x22222222;                                                                                                  \
		__asm__ volatile(text : "+D"(to_), "+S"(from_), "+a"(rax_) : : "rcx", "rdx", "r8", "memory", "cc");                      \
		check(name, call(at_ - 1), sum_ == 3000 * 0x11111111u ? (value) : 0xdead);                                                \
	} while (0)

static void stores(void)
{
	static u8 source[512] __attribute__((aligned(16)));
	memset(source, 0x33, sizeof(source));
	source[4] = 0xc3;
	map(0, 0, P | W | U);
	STORE("MOV of a byte", "movb %%al, 2(%%rdi)", 0x11221111);
	STORE("MOV of a doubleword", "movl %%eax, (%%rdi)", 0x22222222);
	STORE("MOV of a quadword", "mov -1(%%rdi), %%rcx; bts $8, %%rcx; btr $12, %%rcx; mov %%rcx, -1(%%rdi)", 0x11111101);
	STORE("ADD", "addl %%eax, (%%rdi)", 0x33333333);
	STORE("LOCK XADD", "lock xaddl %%eax, (%%rdi)", 0x33333333);
	STORE("XCHG", "xchg %%eax, (%%rdi)", 0x22222222);
	STORE("CMPXCHG", "mov %%eax, %%ecx; mov $0x11111111, %%eax; cmpxchgl %%ecx, (%%rdi)", 0x22222222);
	STORE("BTS", "btsl $31, (%%rdi)", 0x91111111);
	STORE("SETcc", "xor %%ecx, %%ecx; setz 3(%%rdi)", 0x01111111);
	STORE("SHL", "shll (%%rdi)", 0x22222222);
	STORE("STOSD", "stosl", 0x22222222);
	STORE("REP STOSB", "mov $4, %%ecx; rep stosb", 0x22222222);
	STORE("MOVSD", "movsl", 0x33333333);
	STORE("REP MOVSB", "mov $5, %%ecx; rep movsb", 0x33333333);
	STORE("PUSH", "mov %%rsp, %%r8; lea 5(%%rdi), %%rsp; mov $0xc322222222, %%rdx; shl $24, %%rdx; mov $0xb80000, %%ecx; or %%rcx, %%rdx; push %%rdx; mov %%r8, %%rsp", 0x22222222);
	STORE("MOVUPS", "movups (%%rsi), %%xmm0; movups %%xmm0, (%%rdi)", 0x33333333);
	STORE("MOVD", "movd %%eax, %%xmm0; movd %%xmm0, (%%rdi)", 0x22222222);
	STORE("MOVNTI", "movnti %%eax, (%%rdi); sfence", 0x22222222);
	STORE("FISTP", "fninit; fildl (%%rsi); fistpl (%%rdi)", 0x33333333);
	STORE("STMXCSR", "stmxcsr (%%rdi)", 0x1f80);
	STORE("FNSTCW", "fnstcw (%%rdi)", 0x1111037f);
	STORE("SMSW", "smsw (%%rdi)", 0x11110000 | (READ_CR(0) & 0xffff));
	STORE("MOV from a segment register", "mov %%ss, 1(%%rdi)", 0x11001011);
	STORE("INC beside it changes nothing", "incb 5(%%rdi); incb -2(%%rdi)", 0x11111111);
}

static void across(void)
{
	map(0, 0, P | W | U);
	map(1, 1, P | W | U);
	map(2, 2, P | W | U);
	u8 *at = PAGE(1) - 3;
	put(at, 0x44332211);
	check("an instruction across two pages", call(at), 0x44332211);
	PAGE(1)[0] = 0x77;
	check("... whose second page is written", call(at), 0x44772211);
	PAGE(1)[-1] = 0x66;
	check("... whose first page is written", call(at), 0x44776611);
	memcpy(frames[3], frames[1], 4096);
	frames[3][0] = 0x99;
	map(1, 3, P | W | U);
	check("... whose second page is another frame now", call(at), 0x44996611);
	memcpy(frames[4], frames[0], 4096);
	frames[4][4094] = 0x98;
	map(0, 4, P | W | U);
	check("... whose first page is another frame now", call(at), 0x44996698);
	map(1, 3, W | U);
	enter_at(at, SEL_CODE, SEL_DATA);
	check_fault("second page not there: #PF(I/D)", PF, 0x10);
	check("... CR2 is the page", caught_cr2, (u64)PAGE(1));
	check("... RIP is the instruction", caught.rip, (u64)at);
	map(1, 3, P | W | U | 1ul << 63);
	enter_at(at, SEL_CODE, SEL_DATA);
	check_fault("second page execute-disabled: #PF(P, I/D)", PF, 0x11);
	check("... CR2", caught_cr2, (u64)PAGE(1));
	map(1, 3, P | W);
	enter_at(at, SEL_USER_CODE, SEL_USER_DATA);
	check_fault("second page of the supervisor at CPL 3: #PF(P, U, I/D)", PF, 0x15);
	map(1, 3, P | W | U);
	check("and it runs again", call(at), 0x44996698);
}

/* mov $n, %eax at both; lea 0(%rip), %rax: where it runs. */
static void aliases(void)
{
	static const u8 where[] = { 0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff, 0xc3 };
	u32 serial[4];
	map(0, 5, P | W | U);
	map(1, 5, P | W | U);
	put(PAGE(0), 0x1111);
	check("a frame at two addresses: the first", call(PAGE(0)), 0x1111);
	check("... the second", call(PAGE(1)), 0x1111);
	put(PAGE(1), 0x2222);
	cpuid(0, 0, serial);
	check("... written through the second, run at the first", call(PAGE(0)), 0x2222);
	put(frames[5], 0x3333);
	cpuid(0, 0, serial);
	check("... written through a third", call(PAGE(0)) + call(PAGE(1)), 0x6666);
	memcpy(PAGE(0) + 0x80, where, sizeof(where));
	check("RIP in the first", call(PAGE(0) + 0x80), (u32)(u64)(PAGE(0) + 0x80));
	check("... and in the second", call(PAGE(1) + 0x80), (u32)(u64)(PAGE(1) + 0x80));
	put(frames[6], 0x5555);
	for (int i = 0; i < 3000; i++)
		call(PAGE(0));
	table[0] = (u64)frames[6] | P | W | U;
	WRITE_CR(3, READ_CR(3));
	check("another frame after MOV CR3", call(PAGE(0)), 0x5555);
}

/* xor eax, eax; 48h: REX.W in 64-bit code, DEC EAX in 32-bit code, DEC AX in 16-bit code. */
CODE(64, bytes, ".byte 0x31, 0xc0, 0x48, 0x90");
static void modes(void)
{
	for (int round = 0; round < 3; round++) {
		enter_at(bytes, SEL_CODE, SEL_DATA);
		check("the same bytes in 64-bit mode", caught.rax, 0);
		enter_at(bytes, SEL_CODE32, SEL_DATA);
		check("... in 32-bit mode", (u32)caught.rax, 0xffffffff);
		gdt[SEL_FREE / 8] = segment((u32)(u64)bytes, 0xffff, 0x009b);
		enter_at(0, SEL_FREE, SEL_DATA);
		check("... in 16-bit mode", caught.rax & 0xffff, 0xffff);
	}
}

void guest_main(void)
{
	pd[PLACE >> 21] = (u64)table | P | W | U;
	for (unsigned n = 0; n < FRAMES; n++)
		map(n, n, P | W | U);
	WRITE_CR(3, READ_CR(3));
	own();
	stores();
	across();
	aliases();
	modes();
}
