/* Paging outside long mode: SDM vol 3 ch. 4.3 (32-bit paging, PSE, PSE-36), 4.4 (PAE, 4.4.1 PDPTE registers), 4.6 (access rights, CR0.WP, NX), 4.7 (error codes),
 * 4.8 (accessed and dirty), 4.10.2.4 (global pages), tables 4-3 to 4-11. */
#include "guest.h"

enum { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, PS = 0x80, G = 0x100, PSE = 0x10, PAE = 0x20, PGE = 0x80, EFER = 0xc0000080, NXE = 0x800 };
#define CR0_PG 0x80000000u
#define CR0_WP 0x10000u
#define TEST 0x40000000u /* 1 GiB: PDE 256, PDPTE 1 */
static u32 pd32[1024] __attribute__((aligned(4096))), pt32[1024] __attribute__((aligned(4096))), pt_low[1024] __attribute__((aligned(4096)));
static u64 pdpt[4] __attribute__((aligned(32))), pd64[4][512] __attribute__((aligned(4096))), pt64[512] __attribute__((aligned(4096)));
static u8 page[4096] __attribute__((aligned(4096)));
static u32 f1[4], fx[4];

static void flush(void) { WRITE_CR(3, READ_CR(3)); }
static void reads(const char *name, u32 at, unsigned vector, u64 error)
{
	CATCH("mov (%0), %%al", "r"(at));
	check_fault(name, vector, error);
}
static void writes(const char *name, u32 at, unsigned vector, u64 error)
{
	CATCH("movb $1, (%0)", "r"(at));
	check_fault(name, vector, error);
}
static void fetches(const char *name, u32 at, unsigned vector, u64 error)
{
	CATCH("call *%0", "r"(at));
	check_fault(name, vector, error);
}
CODE(32, user_read, "mov $0x33, %eax; mov %eax, %ds; mov $0x40000000, %ebx; mov (%ebx), %al");
CODE(32, user_write, "mov $0x33, %eax; mov %eax, %ds; mov $0x40000000, %ebx; movb $1, (%ebx)");
static void user(const char *name, const char *code, unsigned vector, u64 error)
{
	enter_at(code, SEL_USER_CODE, SEL_USER_DATA);
	check_fault(name, vector, error);
}
static void paging(word cr4, word cr3)
{
	WRITE_CR(0, READ_CR(0) & ~CR0_PG);
	WRITE_CR(4, cr4);
	WRITE_CR(3, cr3);
	WRITE_CR(0, READ_CR(0) | CR0_PG);
}

static void rights32(void)
{
	pd32[256] = (u32)pt32 | P | W | U;
	pt32[0] = 0;
	flush();
	reads("32-bit: read, not present", TEST, PF, 0);
	check("CR2", caught_cr2, TEST);
	writes("32-bit: write, not present", TEST, PF, 2);
	user("32-bit: user read, not present", user_read, PF, 4);
	pt32[0] = (u32)page | P;
	flush();
	user("32-bit: user read of a supervisor page", user_read, PF, 5);
	writes("32-bit: write of a read-only page without CR0.WP", TEST, NONE, 0);
	check("... sets A and D", pt32[0] & (A | D), A | D);
	WRITE_CR(0, READ_CR(0) | CR0_WP);
	writes("32-bit: write of a read-only page with CR0.WP", TEST, PF, 3);
	WRITE_CR(0, READ_CR(0) & ~CR0_WP);
	pt32[0] = (u32)page | P | U;
	flush();
	user("32-bit: user write of a read-only page", user_write, PF, 7);
	pt32[0] = (u32)page | P | W | U;
	pd32[256] = (u32)pt32 | P | W;
	flush();
	user("32-bit: the directory's U/S counts", user_read, PF, 5);
	pd32[256] = (u32)pt32 | P | U;
	flush();
	user("32-bit: the directory's R/W counts", user_write, PF, 7);
	user("32-bit: user read", user_read, DONE, 0);
}

static void pse(void)
{
	if (!(f1[3] >> 3 & 1))
		return skip("PSE", "CPUID has none");
	/* 4 MiB at 0 seen at 1 GiB. */
	*(volatile u32 *)0x9000 = 0x11223344;
	pd32[256] = P | W | U | PS;
	flush();
	check("PSE: a page of 4 MiB", *(volatile u32 *)(TEST + 0x9000), 0x11223344);
	check("... sets A in the directory", pd32[256] & (A | D), A);
	*(volatile u32 *)(TEST + 0x9000) = 0x55667788;
	check("... and D", pd32[256] & (A | D), A | D);
	check("... written through", *(volatile u32 *)0x9000, 0x55667788);
	pd32[256] = P | W | U | PS | 1 << 21;
	flush();
	reads("PSE: bit 21 is reserved", TEST, PF, 9);
	writes("... for a write", TEST, PF, 0xb);
	user("... for a user read", user_read, PF, 0xd);
	/* Without CR4.PSE bit 7 is ignored: the directory entry names a table. */
	pd32[256] = (u32)pt32 | P | W | U | PS;
	pt32[9] = (u32)page | P | W | U;
	*(volatile u32 *)page = 0xabcdef01;
	/* So must that of the code here. */
	for (u32 i = 0; i < 1024; i++)
		pt_low[i] = i << 12 | P | W | U;
	u32 low = pd32[0];
	pd32[0] = (u32)pt_low | P | W | U;
	paging(READ_CR(4) & ~PSE, (word)pd32);
	check("without CR4.PSE: PS is ignored", *(volatile u32 *)(TEST + 0x9000), 0xabcdef01);
	pd32[0] = low;
	paging(READ_CR(4) | PSE, (word)pd32);
	pd32[256] = (u32)pt32 | P | W | U;
	if (!(f1[3] >> 13 & 1))
		return skip("PGE", "CPUID has none");
	WRITE_CR(4, READ_CR(4) | PGE);
	pt32[0] = (u32)page | P | W | U | G;
	flush();
	(void)*(volatile u8 *)TEST;
	pt32[0] = 0;
	flush();
	reads("PGE: MOV to CR3 keeps a global page", TEST, NONE, 0);
	WRITE_CR(4, READ_CR(4) & ~PGE);
	reads("PGE: a change of CR4.PGE drops it", TEST, PF, 0);
}

static void pae(void)
{
	if (!(f1[3] >> 6 & 1))
		return skip("PAE", "CPUID has none");
	for (unsigned i = 0; i < 2048; i++)
		pd64[i / 512][i % 512] = (u64)i << 21 | P | W | PS | (i < 4 ? U : 0);
	for (unsigned i = 0; i < 4; i++)
		pdpt[i] = (u32)pd64[i] | P;
	pd64[1][0] = (u32)pt64 | P | W | U;
	pt64[0] = (u32)page | P | W | U;
	paging((READ_CR(4) & ~PSE) | PAE, (word)pdpt);
	*(volatile u32 *)page = 0x1234;
	check("PAE: a page of 4 KiB", *(volatile u32 *)TEST, 0x1234);
	check("... sets A in it", pt64[0] & (A | D), A);
	check("... and in its directory", pd64[1][0] & A, A);
	check("PAE: a page of 2 MiB, whatever CR4.PSE", *(volatile u32 *)0x9000, 0x55667788);
	pt64[0] = (u32)page | P;
	flush();
	WRITE_CR(0, READ_CR(0) | CR0_WP);
	writes("PAE: write of a read-only page with CR0.WP", TEST, PF, 3);
	WRITE_CR(0, READ_CR(0) & ~CR0_WP);
	user("PAE: user read of a supervisor page", user_read, PF, 5);
	pt64[0] = (u32)page | P | W | U | 1ull << 62;
	flush();
	reads("PAE: bit 62 is reserved", TEST, PF, 9);
	pt64[0] = (u32)page | P | W | U | 1ull << 52;
	flush();
	reads("PAE: bit 52 is reserved", TEST, PF, 9);
	pt64[0] = (u32)page | P | W | U | 1ull << 51;
	flush();
	reads("PAE: an address bit above MAXPHYADDR is reserved", TEST, PF, 9);
	pt64[0] = (u32)page | P | W | U | 1ull << 63;
	flush();
	reads("PAE: bit 63 without EFER.NXE is reserved", TEST, PF, 9);
	pd64[1][0] = 1 << 13 | P | W | PS;
	flush();
	reads("PAE: bit 13 of a page of 2 MiB is reserved", TEST, PF, 9);
	pd64[1][0] = (u32)pt64 | P | W | U;
	if (fx[3] >> 20 & 1) {
		wrmsr(EFER, rdmsr(EFER) | NXE);
		page[0] = 0xc3;
		flush();
		reads("PAE: read of an NX page", TEST, NONE, 0);
		fetches("PAE: fetch of an NX page", TEST, PF, 0x11);
		pt64[0] = 0;
		flush();
		fetches("PAE: fetch, not present: I/D in the error code", TEST, PF, 0x10);
		wrmsr(EFER, rdmsr(EFER) & ~(u64)NXE);
	} else
		skip("NX", "CPUID has none");
	pt64[0] = (u32)page | P | W | U;
	/* The four PDPTEs are registers, loaded by MOV to CR3. */
	pdpt[1] = 0;
	__asm__ volatile("invlpg (%0)" : : "r"(TEST) : "memory");
	reads("PAE: a PDPTE counts as it was when CR3 was loaded", TEST, NONE, 0);
	flush();
	reads("PAE: ... until CR3 is loaded", TEST, PF, 0);
	pdpt[1] = (u32)pd64[1] | P | W;
	CATCH("mov %0, %%cr3", "r"((word)pdpt));
	check_fault("PAE: R/W of a PDPTE is reserved: MOV to CR3 is #GP(0)", GP, 0);
	pdpt[1] = (u32)pd64[1] | P | 1ull << 51;
	CATCH("mov %0, %%cr3", "r"((word)pdpt));
	check_fault("PAE: a PDPTE above MAXPHYADDR: #GP(0)", GP, 0);
	pdpt[1] = 0x1e6;
	CATCH("mov %0, %%cr3", "r"((word)pdpt));
	check_fault("PAE: reserved bits of a PDPTE that is not present", NONE, 0);
}

void guest_main(void)
{
	u32 most[4];
	cpuid(1, 0, f1);
	cpuid(0x80000000, 0, most);
	if (most[0] >= 0x80000001)
		cpuid(0x80000001, 0, fx);
	for (u32 i = 0; i < 1024; i++)
		pd32[i] = i << 22 | P | W | PS;
	/* The code of user tests is below 4 MiB. */
	pd32[0] |= U;
	paging(READ_CR(4) | PSE, (word)pd32);
	rights32();
	pse();
	pae();
	WRITE_CR(0, READ_CR(0) & ~CR0_PG);
}
