/* 5-level paging: SDM vol 3 ch. 4.5 (4.5.1 CR4.LA57, 4.5.4 use of bits 56:48), table 4-14 (PML5 entries), 4.7 (error codes), 2.5 (CR4.LA57 in IA-32e mode);
 * vol 1 ch. 3.3.7.1 (canonical addresses of 57 bits). Long mode is entered from here and left again. */
#include "guest.h"

enum { P = 1, W = 2, U = 4, ACCESSED = 0x20, PS = 0x80, SEL_CODE64 = SEL_FREE, PAE = 0x20, LME = 0x100, EFER = 0xc0000080 };
u64 pml5[512] __attribute__((aligned(4096)));
static u64 pml4[512] __attribute__((aligned(4096))), pdpt[512] __attribute__((aligned(4096)));
static u64 pd[512] __attribute__((aligned(4096)));
static struct { u64 low, high; } idt64[32] __attribute__((aligned(16)));
struct { u16 limit; u64 base; } __attribute__((packed)) idtr64 = { sizeof(idt64) - 1, 0 }, old_idtr;
u32 la57_probe = 0x57575757;

/* In 64-bit mode: what to do, and what came of it. */
struct work { u64 kind, argument, result, vector, error, cr2; };
struct work work;
enum { READ, WRITE_CR4, WRITE_LSTAR, READ_CR4, LOAD_RBP_RELATIVE };
extern const char long_gp[], long_pf[];
void long_mode(void);
__asm__(".pushsection .text\n.code32\n.global long_mode\n"
	"long_mode: pushal\n"
	"mov %cr4, %eax; or $0x1020, %eax; mov %eax, %cr4\n"
	"mov $pml5, %eax; mov %eax, %cr3\n"
	"mov $0xc0000080, %ecx; rdmsr; or $0x100, %eax; wrmsr\n"
	"mov %cr0, %eax; or $0x80000000, %eax; mov %eax, %cr0\n"
	"ljmp $0x50, $1f\n"
	".code64\n1: sidt old_idtr(%rip); lidt idtr64(%rip)\n"
	"movq $256, work+24(%rip)\n"
	"lea 9f(%rip), %r15\n"
	"mov work+8(%rip), %rax\n"
	"cmpl $1, work(%rip); je 3f; cmpl $2, work(%rip); je 4f; cmpl $3, work(%rip); je 5f; cmpl $4, work(%rip); je 6f\n"
	"mov (%rax), %eax; jmp 8f\n"
	"3: mov %rax, %cr4; jmp 8f\n"
	"4: mov $0xc0000082, %ecx; mov work+12(%rip), %edx; wrmsr; xor %eax, %eax; jmp 8f\n"
	"5: mov %cr4, %rax; jmp 8f\n"
	"6: mov %rsp, %rbx; mov %rax, %rbp; mov (%rbp), %eax; jmp 8f\n"
	"8: mov %rax, work+16(%rip)\n"
	"9: lidt old_idtr(%rip)\n"
	"lea 2f(%rip), %rax; push $8; push %rax; lretq\n"
	".global long_gp, long_pf\n"
	"long_ss: movq $12, work+24(%rip); jmp 7f\nlong_gp: movq $13, work+24(%rip); jmp 7f\nlong_pf: movq $14, work+24(%rip)\n"
	"7: pop work+32(%rip); mov %cr2, %rax; mov %rax, work+40(%rip); mov %r15, (%rsp); iretq\n"
	".code32\n2: mov %cr0, %eax; and $0x7fffffff, %eax; mov %eax, %cr0\n"
	"mov $0xc0000080, %ecx; rdmsr; and $~0x100, %eax; wrmsr\n"
	"mov %cr4, %eax; and $~0x1020, %eax; mov %eax, %cr4\n"
	"popal; ret\n.popsection");
extern const char long_ss[];

static void gate64(unsigned vector, const char *to)
{
	idt64[vector].low = ((u32)to & 0xffff) | (u64)SEL_CODE64 << 16 | 0x8e00ull << 32 | (u64)((u32)to >> 16) << 48;
	idt64[vector].high = 0;
}
static void go(unsigned kind, u64 argument)
{
	work = (struct work){ .kind = kind, .argument = argument };
	long_mode();
}
static void faults(const char *name, unsigned kind, u64 argument, unsigned vector, u64 error)
{
	go(kind, argument);
	check(name, work.vector, vector);
	check("... error code", work.error, error);
}

void guest_main(void)
{
	u32 most[4], features[4];
	cpuid(0, 0, most);
	cpuid(7, 0, features);
	if (most[0] < 7 || !(features[2] >> 16 & 1)) {
		skip("5-level paging", "CPUID has none");
		CATCH("mov %%cr4, %%eax; or $0x1000, %%eax; mov %%eax, %%cr4", "i"(0));
		check_fault("CR4.LA57: #GP(0)", GP, 0);
		return;
	}
	gdt[SEL_CODE64 / 8] = 0x00af9b000000ffffull;
	load_gdt();
	idtr64.base = (u32)idt64;
	gate64(12, long_ss);
	gate64(13, long_gp);
	gate64(14, long_pf);
	for (unsigned i = 0; i < 512; i++)
		pd[i] = (u64)i << 21 | P | W | PS;
	pdpt[0] = (u32)pd | P | W;
	pml4[0] = (u32)pdpt | P | W;
	pml5[0] = pml5[1] = pml5[255] = pml5[256] = pml5[511] = (u32)pml4 | P | W;
	pml5[3] = (u32)pml4 | P | W | PS;
	pml5[4] = (u32)pml4 | P | W | 1ull << 51;
	const u64 probe = (u32)&la57_probe;

	go(READ_CR4, 0);
	check("CR4.LA57 and PAE", work.result & 0x1020, 0x1020);
	go(READ, probe);
	check("PML5 entry 0", work.result, la57_probe);
	go(READ, 1ull << 48 | probe);
	check("PML5 entry 1: bits 56:48", work.result, la57_probe);
	check("... sets A in it", pml5[1] & ACCESSED, ACCESSED);
	check("... not in others", pml5[255] & ACCESSED, 0);
	go(READ, 0x00ff000000000000ull | probe);
	check("PML5 entry 255: the end of the lower half", work.result, la57_probe);
	go(READ, 0xff00000000000000ull | probe);
	check("PML5 entry 256: the upper half", work.result, la57_probe);
	go(READ, 0xffff000000000000ull | probe);
	check("PML5 entry 511", work.result, la57_probe);
	faults("bit 57 alone is not canonical: #GP", READ, 0x0200000000000000ull | probe, GP, 0);
	faults("bit 56 without 63:57 is not canonical: #GP", READ, 0x0100000000000000ull | probe, GP, 0);
	faults("... #SS by RBP", LOAD_RBP_RELATIVE, 0x0100000000000000ull | probe, SS, 0);
	faults("a PML5 entry that is not present: #PF", READ, 2ull << 48 | probe, PF, 0);
	check("... CR2", work.cr2, 2ull << 48 | probe);
	faults("PS in a PML5 entry is reserved: #PF", READ, 3ull << 48 | probe, PF, 9);
	faults("an address bit above MAXPHYADDR in it: #PF", READ, 4ull << 48 | probe, PF, 9);
	faults("CR4.LA57 cannot be cleared in 64-bit mode: #GP(0)", WRITE_CR4, PAE, GP, 0);
	go(WRITE_LSTAR, 0x00ff800000000000ull);
	check("IA32_LSTAR takes 57 bits", work.vector, NONE);
	check("... as given", rdmsr(0xc0000082), 0x00ff800000000000ull);
	faults("... and not 58: #GP(0)", WRITE_LSTAR, 0x01ff800000000000ull, GP, 0);
}
