/* 4-level paging: page-fault error codes, permissions over all levels, accessed and dirty bits, reserved bits, NX, WP, SMEP, SMAP, INVLPG.
 * SDM vol 3 ch. 4.5 (4-level paging), 4.6 (access rights), 4.7 (page-fault exceptions), 4.8 (accessed and dirty), 4.10.4 (invalidation). */
#include "guest.h"

extern u64 pml4[512], pdpt[512], pd[2048];

enum { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, PS = 0x80 };
#define NX (1ull << 63)
#define RESERVED (1ull << 51)
/* 2 MiB that are mapped by 4 KiB pages here. */
#define PLACE 0x4000000ul
#define PAGE(n) (PLACE + (n) * 4096ul)
static u64 table[512] __attribute__((aligned(4096)));
static u8 frames[4][4096] __attribute__((aligned(4096)));

static void map(unsigned n, u64 flags)
{
	table[n] = (u64)frames[n] | flags;
	__asm__ volatile("invlpg (%0)" : : "r"(PAGE(n)) : "memory");
}

static void expect(const char *name, unsigned vector, u64 error, u64 address)
{
	check_fault(name, vector, error);
	if (vector == PF && caught.vector == PF)
		check("... CR2", caught_cr2, address);
}

static void read_at(u64 address) { CATCH("movb (%0), %%al", "r"(address)); }
static void write_at(u64 address) { CATCH("movb $0x5a, (%0)", "r"(address)); }
static void fetch_at(u64 address) { CATCH("call *%0", "r"(address)); }

CODE(64, user_read, "movb 0x4000010, %al");
CODE(64, user_write, "movb %al, 0x4000010");
CODE(64, user_fetch, "mov $0x4000010, %eax; call *%rax");

static void user(const char *name, const char *code, unsigned vector, u64 error)
{
	enter_at(code, SEL_USER_CODE, SEL_USER_DATA);
	expect(name, vector, error, PAGE(0) + 0x10);
}

static void not_present(void)
{
	map(0, 0);
	read_at(PAGE(0) + 5);
	expect("not present, read: error 0", PF, 0, PAGE(0) + 5);
	write_at(PAGE(0) + 5);
	expect("not present, write: error 2", PF, 2, PAGE(0) + 5);
	fetch_at(PAGE(0) + 5);
	expect("not present, fetch with NXE: error 10h", PF, 0x10, PAGE(0) + 5);
	user("not present, read at CPL 3: error 4", user_read, PF, 4);
	user("not present, write at CPL 3: error 6", user_write, PF, 6);
	user("not present, fetch at CPL 3: error 14h", user_fetch, PF, 0x14);
	map(3, P | W);
	map(2, 0);
	table[4] = 0;
	CATCH("movl (%0), %%eax", "r"(PAGE(4) - 2));
	expect("read across pages: CR2 is the second one's first byte", PF, 0, PAGE(4));
}

static void rights(void)
{
	frames[0][0x10] = 0xc3;
	map(0, P | U);
	write_at(PAGE(0));
	expect("read-only, write with CR0.WP: error 3", PF, 3, PAGE(0));
	WRITE_CR(0, READ_CR(0) & ~0x10000ul);
	write_at(PAGE(0));
	expect("read-only, write without CR0.WP", NONE, 0, 0);
	WRITE_CR(0, READ_CR(0) | 0x10000);
	user("read-only, read at CPL 3", user_read, DONE, 0);
	user("read-only, write at CPL 3: error 7", user_write, PF, 7);
	user("executable, fetch at CPL 3", user_fetch, DONE, 0);
	map(0, P | W);
	user("supervisor page, read at CPL 3: error 5", user_read, PF, 5);
	user("supervisor page, fetch at CPL 3: error 15h", user_fetch, PF, 0x15);
	map(0, P | W | U | NX);
	fetch_at(PAGE(0) + 0x10);
	expect("NX, fetch at CPL 0: error 11h", PF, 0x11, PAGE(0) + 0x10);
	user("NX, fetch at CPL 3: error 15h", user_fetch, PF, 0x15);
	user("NX, write at CPL 3", user_write, DONE, 0);
	/* The rights of all levels together. */
	map(0, P | W | U);
	u64 *entry = &pd[PLACE >> 21];
	u64 full = *entry;
	*entry = full & ~(u64)U;
	WRITE_CR(3, READ_CR(3));
	user("U = 0 in the page directory only: error 5", user_read, PF, 5);
	*entry = full & ~(u64)W;
	WRITE_CR(3, READ_CR(3));
	user("W = 0 in the page directory only: error 7", user_write, PF, 7);
	*entry = full | NX;
	WRITE_CR(3, READ_CR(3));
	user("NX in the page directory only: error 15h", user_fetch, PF, 0x15);
	*entry = full;
	WRITE_CR(3, READ_CR(3));
}

static void accessed_and_dirty(void)
{
	map(1, P | W | U);
	table[1] &= ~(u64)(A | D);
	pd[PLACE >> 21] &= ~(u64)A;
	WRITE_CR(3, READ_CR(3));
	read_at(PAGE(1));
	check("a read sets A, not D", table[1] & (A | D), A);
	check("A is set in the page directory", pd[PLACE >> 21] & A, A);
	write_at(PAGE(1));
	check("a write sets D", table[1] & (A | D), A | D);
	map(2, P | U);
	write_at(PAGE(2));
	check("a write that faults sets neither", table[2] & D, 0);
	map(2, P | W | U);
	CATCH("lock addl $0, (%0)", "r"(PAGE(2)));
	check("a locked read-modify-write sets A and D", table[2] & (A | D), A | D);
	map(2, P | W | U);
	fetch_at((frames[2][0] = 0xc3, PAGE(2)));
	check("a fetch sets A, not D", table[2] & (A | D), A);
}

static void reserved(void)
{
	map(0, P | W | U | RESERVED);
	read_at(PAGE(0));
	expect("reserved bit in a PTE, read: error 9", PF, 9, PAGE(0));
	write_at(PAGE(0));
	expect("reserved bit in a PTE, write: error Bh", PF, 0xb, PAGE(0));
	user("reserved bit in a PTE, read at CPL 3: error Dh", user_read, PF, 0xd);
	map(0, RESERVED);
	read_at(PAGE(0));
	expect("reserved bit in a PTE that is not present: error 0", PF, 0, PAGE(0));
	u64 *entry = &pd[(PLACE >> 21) + 1];
	u64 good = *entry;
	*entry = good | 1 << 13;
	WRITE_CR(3, READ_CR(3));
	read_at(PLACE + 0x200000);
	expect("bit 13 of a 2 MiB page: error 9", PF, 9, PLACE + 0x200000);
	*entry = good;
	u64 high = pml4[1];
	pml4[1] = (u64)pdpt | P | W | U | PS;
	WRITE_CR(3, READ_CR(3));
	read_at(1ul << 39);
	expect("PS in a PML4E: error 9", PF, 9, 1ul << 39);
	pml4[1] = high;
	WRITE_CR(3, READ_CR(3));
}

static void invalidation(void)
{
	map(0, P | W | U);
	map(1, P | W | U);
	frames[0][0] = 1;
	frames[1][0] = 2;
	read_at(PAGE(0));
	table[0] = table[1];
	__asm__ volatile("invlpg (%0)" : : "r"(PAGE(0)) : "memory");
	CATCH("movzbl (%0), %%eax; cmp $2, %%eax; je 7f; ud2; 7:", "r"(PAGE(0)));
	expect("INVLPG: the new frame is seen", NONE, 0, 0);
	table[0] = 0;
	WRITE_CR(3, READ_CR(3));
	read_at(PAGE(0));
	expect("MOV to CR3: the page has gone", PF, 0, PAGE(0));
}

/* SMEP and SMAP forbid the supervisor what user pages hold, and all that runs here lies in some: the kernel's own pages lose U first. */
static void smep_and_smap(void)
{
	u32 r[4];
	cpuid(7, 0, r);
	for (unsigned n = 0; n < PLACE >> 21; n++)
		pd[n] &= ~(u64)U;
	frames[0][0x10] = 0xc3;
	map(0, P | W | U);
	WRITE_CR(3, READ_CR(3));
	if (r[1] & 1 << 7) {
		WRITE_CR(4, READ_CR(4) | 1 << 20);
		fetch_at(PAGE(0) + 0x10);
		expect("SMEP, fetch from a user page: error 11h", PF, 0x11, PAGE(0) + 0x10);
		read_at(PAGE(0));
		expect("SMEP, read of a user page", NONE, 0, 0);
		WRITE_CR(4, READ_CR(4) & ~(1ul << 20));
	} else {
		skip("SMEP", "not there");
	}
	if (r[1] & 1 << 20) {
		WRITE_CR(4, READ_CR(4) | 1 << 21);
		read_at(PAGE(0));
		expect("SMAP, read of a user page: error 1", PF, 1, PAGE(0));
		write_at(PAGE(0));
		expect("SMAP, write of a user page: error 3", PF, 3, PAGE(0));
		CATCH("stac; movb (%0), %%al; clac", "r"(PAGE(0)));
		expect("SMAP, read with RFLAGS.AC", NONE, 0, 0);
		fetch_at(PAGE(0) + 0x10);
		expect("SMAP, fetch from a user page", NONE, 0, 0);
		WRITE_CR(4, READ_CR(4) & ~(1ul << 21));
	} else {
		skip("SMAP", "not there");
	}
}

void guest_main(void)
{
	for (unsigned n = 0; n < 512; n++)
		table[n] = (PAGE(n)) | P | W | U;
	pd[PLACE >> 21] = (u64)table | P | W | U;
	WRITE_CR(3, READ_CR(3));
	not_present();
	rights();
	accessed_and_dirty();
	reserved();
	invalidation();
	smep_and_smap();
}
