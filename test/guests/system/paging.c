/* Paging: error codes, SMEP, SMAP, protection keys, PCID and INVPCID, global pages: SDM vol 3 ch. 4 (4.6 access rights, 4.7 page faults, 4.10 caching), tables 4-15 to 4-20 (large pages, reserved bits);
 * vol 2 "CLFLUSH", "CLFLUSHOPT", "CLWB", "INVD", "PREFETCHh", "WBINVD". */
#include "guest.h"

#define P 1ul
#define W 2ul
#define U 4ul
#define G 0x100ul
#define A 0x20ul
#define D 0x40ul
#define NX (1ul << 63)
#define PS 0x80ul
#define TEST 0x4000000000ul /* 256 GiB: PDPT entry 256 */
#define CR4_PGE (1ul << 7)
#define CR4_PCIDE (1ul << 17)
#define CR4_SMEP (1ul << 20)
#define CR4_SMAP (1ul << 21)
#define CR4_PKE (1ul << 22)

extern u64 pdpt[512];
static u64 pd_test[512] __attribute__((aligned(4096))), pt_test[512] __attribute__((aligned(4096)));
static u8 page[4096] __attribute__((aligned(4096)));
static word at = TEST;
static u32 f7[4], f1[4];

static void map(u64 bits)
{
	pdpt[256] = (word)pd_test | P | W | U;
	pd_test[0] = (word)pt_test | P | W | U;
	pt_test[0] = (word)page | bits;
	__asm__ volatile("invlpg (%0)" : : "r"(at) : "memory");
}
static void reads(const char *name, unsigned vector, u64 error)
{
	CATCH("mov (%0), %%al", "r"(at));
	check_fault(name, vector, error);
}
static void writes(const char *name, unsigned vector, u64 error)
{
	CATCH("movb $1, (%0)", "r"(at));
	check_fault(name, vector, error);
}
static void fetches(const char *name, unsigned vector, u64 error)
{
	CATCH("call *%0", "r"(at));
	check_fault(name, vector, error);
}
CODE(64, user_read, "movabs $0x4000000000, %rbx; mov (%rbx), %al");
CODE(64, user_write, "movabs $0x4000000000, %rbx; movb $1, (%rbx)");
static void user(const char *name, const char *code, unsigned vector, u64 error)
{
	enter_at(code, SEL_USER_CODE, SEL_USER_DATA);
	check_fault(name, vector, error);
}

static void rights(void)
{
	page[0] = 0xc3;
	map(0);
	reads("read, not present", PF, 0);
	check("CR2", caught_cr2, at);
	writes("write, not present", PF, 2);
	user("user read, not present", user_read, PF, 4);
	map(P);
	user("user read of a supervisor page", user_read, PF, 5);
	user("user write of a supervisor page", user_write, PF, 7);
	WRITE_CR(0, READ_CR(0) | 1 << 16);
	writes("write of a read-only page with CR0.WP", PF, 3);
	WRITE_CR(0, READ_CR(0) & ~(1ul << 16));
	writes("write of a read-only page without CR0.WP", NONE, 0);
	map(P | U);
	user("user write of a read-only page", user_write, PF, 7);
	user("user read", user_read, DONE, 0);
	wrmsr(0xc0000080, rdmsr(0xc0000080) | 0x800);
	map(P | W | NX);
	fetches("fetch of an NX page", PF, 0x11);
	reads("read of an NX page", NONE, 0);
	wrmsr(0xc0000080, rdmsr(0xc0000080) & ~0x800ul);
	map(P | W | NX);
	reads("NX without EFER.NXE is reserved", PF, 9);
	map(P | W | 1ul << 51);
	reads("an address bit above MAXPHYADDR is reserved", PF, 9);
	map(P | W);
	reads("read", NONE, 0);
	check("a read sets A, not D", pt_test[0] & (A | D), A);
	writes("write", NONE, 0);
	check("a write sets D", pt_test[0] & (A | D), A | D);
}

static void smep_smap(void)
{
	if (!(f7[1] & 1 << 7) || !(f7[1] & 1 << 20)) {
		skip("SMEP and SMAP", "CPUID has none");
		return;
	}
	/* The kernel runs in pages that users may not reach. */
	page[0] = 0xc3;
	map(P | W | U);
	word cr4 = READ_CR(4);
	fetches("fetch of a user page without SMEP", NONE, 0);
	reads("read of a user page without SMAP", NONE, 0);
	extern u64 pd[];
	u64 saved = pd[0];
	pd[0] = saved & ~U;
	WRITE_CR(3, READ_CR(3));
	WRITE_CR(4, cr4 | CR4_SMEP);
	fetches("fetch of a user page with SMEP", PF, 0x11);
	WRITE_CR(4, cr4 | CR4_SMAP);
	reads("read of a user page with SMAP", PF, 1);
	writes("write of a user page with SMAP", PF, 3);
	CATCH("stac; mov (%0), %%al; clac", "r"(at));
	check_fault("with EFLAGS.AC", NONE, 0);
	/* A descriptor in a user page: an implicit access. */
	gdt[SEL_FREE / 8] = segment((u32)TEST, 0xfff, 0x82);
	gdt[SEL_FREE / 8 + 1] = TEST >> 32;
	CATCH("lldt %w0; stac; mov $4, %%eax; mov %%eax, %%es", "r"(SEL_FREE));
	__asm__ volatile("clac; lldt %w0" : : "r"(0));
	check_fault("an implicit access with EFLAGS.AC", PF, 1);
	WRITE_CR(4, cr4);
	pd[0] = saved;
	WRITE_CR(3, READ_CR(3));
}

static void wrpkru(u32 value) { __asm__ volatile(".byte 0x0f, 0x01, 0xef" : : "a"(value), "c"(0), "d"(0) : "memory"); }
static void keys(void)
{
	if (!(f7[2] & 1 << 3)) {
		skip("protection keys", "CPUID has none");
		return;
	}
	CATCH("xor %%ecx, %%ecx; .byte 0x0f, 0x01, 0xee", "i"(0));
	check_fault("RDPKRU without CR4.PKE: #UD", UD, 0);
	WRITE_CR(4, READ_CR(4) | CR4_PKE);
	cpuid(7, 0, f7);
	check("CPUID.OSPKE", f7[2] >> 4 & 1, 1);
	CATCH("mov $1, %%ecx; .byte 0x0f, 0x01, 0xee", "i"(0));
	check_fault("RDPKRU with ECX: #GP(0)", GP, 0);
	map(P | W | U | 5ul << 59);
	reads("read, key open", NONE, 0);
	wrpkru(1 << 10);
	reads("AD refuses a supervisor read of a user page", PF, 0x21);
	user("AD refuses a user read", user_read, PF, 0x25);
	wrpkru(2 << 10);
	reads("WD: read", NONE, 0);
	user("WD refuses a user write", user_write, PF, 0x27);
	WRITE_CR(0, READ_CR(0) | 1 << 16);
	writes("WD refuses a supervisor write with CR0.WP", PF, 0x23);
	WRITE_CR(0, READ_CR(0) & ~(1ul << 16));
	writes("WD: supervisor write without CR0.WP", NONE, 0);
	map(P | W | 5ul << 59);
	wrpkru(~0u & ~3u);
	reads("supervisor pages have no key", NONE, 0);
	wrpkru(0);
	WRITE_CR(4, READ_CR(4) & ~CR4_PKE);
}

static void pcid(void)
{
	if (!(f1[2] & 1 << 17) || !(f7[1] & 1 << 10)) {
		skip("PCID and INVPCID", "CPUID has none");
		return;
	}
	word cr3 = READ_CR(3);
	struct { u64 pcid, address; } d = { 0, 0 };
	CATCH("mov $1, %%eax; invpcid %0, %%rax", "m"(d));
	check_fault("INVPCID type 1 without CR4.PCIDE, PCID 0", NONE, 0);
	d.pcid = 1;
	CATCH("mov $1, %%eax; invpcid %0, %%rax", "m"(d));
	check_fault("INVPCID type 1 without CR4.PCIDE, PCID 1: #GP(0)", GP, 0);
	CATCH("mov %0, %%cr3", "r"(cr3 | 1ul << 63));
	check_fault("CR3: bit 63 without CR4.PCIDE: #GP(0)", GP, 0);
	WRITE_CR(3, cr3 | 8);
	CATCH("mov %%cr4, %%rax; bts $17, %%rax; mov %%rax, %%cr4", "i"(0));
	check_fault("CR4.PCIDE with CR3[11:0]: #GP(0)", GP, 0);
	WRITE_CR(3, cr3);
	WRITE_CR(4, READ_CR(4) | CR4_PCIDE);
	CATCH("mov %0, %%cr3", "r"(cr3 | 7 | 1ul << 63));
	check_fault("CR3: bit 63 with CR4.PCIDE", NONE, 0);
	check("... it is not stored", READ_CR(3), cr3 | 7);
	CATCH("mov $4, %%eax; invpcid %0, %%rax", "m"(d));
	check_fault("INVPCID type 4: #GP(0)", GP, 0);
	d.pcid = 0x1000;
	CATCH("mov $2, %%eax; invpcid %0, %%rax", "m"(d));
	check_fault("INVPCID: descriptor bit 12: #GP(0)", GP, 0);
	d.pcid = 7;
	d.address = 1ul << 62;
	CATCH("xor %%eax, %%eax; invpcid %0, %%rax", "m"(d));
	check_fault("INVPCID type 0: not canonical: #GP(0)", GP, 0);
	d.address = at;
	for (word type = 0; type < 4; type++) {
		map(P | W);
		*(volatile u8 *)at = 1;
		pt_test[0] = 0;
		CATCH("invpcid %0, %1", "m"(d), "r"(type));
		reads(type == 0 ? "INVPCID 0 drops the address" : type == 1 ? "INVPCID 1 drops the PCID" : type == 2 ? "INVPCID 2 drops all" : "INVPCID 3 drops all but global", PF, 0);
	}
	WRITE_CR(3, cr3);
	WRITE_CR(4, READ_CR(4) & ~CR4_PCIDE);
}

static void global(void)
{
	WRITE_CR(4, READ_CR(4) | CR4_PGE);
	map(P | W | G);
	*(volatile u8 *)at = 1;
	pt_test[0] = 0;
	WRITE_CR(4, READ_CR(4) & ~CR4_PGE);
	reads("a change of CR4.PGE drops global pages", PF, 0);
	WRITE_CR(4, READ_CR(4) | CR4_PGE);
	map(P | W | G);
	*(volatile u8 *)at = 1;
	map(0);
	reads("INVLPG drops a global page", PF, 0);
	CATCH("mov %0, %%rax; invlpg (%%rax)", "r"(1ul << 62));
	check_fault("INVLPG of what is not canonical", NONE, 0);
}

static void large(void)
{
	u32 fx[4];
	cpuid(0x80000001, 0, fx);
	static volatile u32 number = 0x12345678;
	if (fx[3] >> 26 & 1) {
		/* The first GiB, seen at 257 GiB. */
		volatile u32 *seen = (volatile u32 *)(257ul << 30 | (word)&number);
		pdpt[257] = P | W | PS;
		check("a page of 1 GiB", *seen, 0x12345678);
		check("... sets A, not D", pdpt[257] & (A | D), A);
		*seen = 0x87654321;
		check("... and D", pdpt[257] & (A | D), A | D);
		check("... written through", number, 0x87654321);
		pdpt[257] = P | W | PS | 1ul << 13;
		__asm__ volatile("invlpg (%0)" : : "r"(seen) : "memory");
		CATCH("mov (%0), %%eax", "r"(seen));
		check_fault("... bit 13 of its entry is reserved", PF, 9);
		pdpt[257] = 0;
	} else
		skip("pages of 1 GiB", "CPUID has none");
	map(P | W);
	pd_test[1] = P | W | PS | 1ul << 13;
	CATCH("mov (%0), %%eax", "r"(at + 0x200000));
	check_fault("bit 13 of a page of 2 MiB is reserved", PF, 9);
	pd_test[1] = P | W | PS;
	check("a page of 2 MiB", *(volatile u32 *)(at + 0x200000 + ((word)&number & 0x1fffff)), number);
	extern u64 pml4[512];
	u64 saved = pml4[0];
	/* Through an entry of its own: the code's stays as it is. */
	pml4[1] = saved | PS;
	CATCH("mov (%0), %%eax", "r"(1ul << 39));
	check_fault("PS of a PML4 entry is reserved", PF, 9);
	pml4[1] = 0;
}

static void cache_lines(void)
{
	map(0);
	CATCH("clflush (%0)", "r"(at));
	check_fault("CLFLUSH of a page that is not present: #PF", PF, 0);
	CATCH("prefetcht0 (%0); prefetchw (%0)", "r"(at));
	check_fault("PREFETCH of it: nothing", NONE, 0);
	CATCH(".byte 0x0f, 0x0d, 0xc8", "r"(at));
	check_fault("PREFETCHW's encoding with a register operand is a NOP", NONE, 0);
	if (f7[1] >> 23 & 1) {
		CATCH("clflushopt (%0)", "r"(at));
		check_fault("CLFLUSHOPT of it: #PF", PF, 0);
	} else
		skip("CLFLUSHOPT", "CPUID has none");
	if (f7[1] >> 24 & 1) {
		CATCH("clwb (%0)", "r"(at));
		check_fault("CLWB of it: #PF", PF, 0);
	} else
		skip("CLWB", "CPUID has none");
	CATCH("wbinvd; invd", "r"(at));
	check_fault("WBINVD, INVD", NONE, 0);
	map(P);
	CATCH("clflush (%0)", "r"(at));
	check_fault("CLFLUSH of a read-only page", NONE, 0);
	check("... reads it: A, not D", pt_test[0] & (A | D), A);
}

void guest_main(void)
{
	u32 most[4];
	cpuid(0, 0, most);
	cpuid(1, 0, f1);
	if (most[0] >= 7)
		cpuid(7, 0, f7);
	rights();
	smep_smap();
	keys();
	pcid();
	global();
	large();
	cache_lines();
}
