/* Four-level page tables of our own: a heap whose pages appear when they are first touched. */
#include "kernel.h"

enum { P = 1, W = 2 };
enum { ENTRIES = 512, POOL_PAGES = 32 };

extern u64 boot_pml4[];
static u64 pool[POOL_PAGES][ENTRIES] __attribute__((aligned(4096)));
static u32 pool_used;
u64 demand_faults;

static u64 *new_page(void)
{
	if (pool_used == POOL_PAGES)
		return 0;
	u64 *page = pool[pool_used++];
	for (int i = 0; i < ENTRIES; i++)
		page[i] = 0;
	return page;
}

static u64 *table_of(u64 entry)
{
	return (u64 *)((entry & 0x000ffffffffff000) + KERNEL_BASE);
}

/* The table entry of the last level for an address; makes missing tables if `make`. */
static u64 *entry_of(u64 address, int make)
{
	u64 *table = boot_pml4;

	for (int shift = 39; shift > 12; shift -= 9) {
		u64 *entry = &table[address >> shift & (ENTRIES - 1)];
		if (!(*entry & P)) {
			u64 *page = make ? new_page() : 0;
			if (!page)
				return 0;
			*entry = physical(page) | P | W;
		}
		table = table_of(*entry);
	}
	return &table[address >> 12 & (ENTRIES - 1)];
}

/* A fault in the heap on a page that is not there: give it a zeroed one. */
int paging_fault(u64 address, u64 error)
{
	if (address < HEAP_BASE || address >= HEAP_BASE + HEAP_SIZE || error & P)
		return 0;
	u64 *entry = entry_of(address, 1);
	u64 *page = new_page();
	if (!entry || !page)
		return 0;
	*entry = physical(page) | P | W;
	demand_faults++;
	return 1;
}

u64 paging_translate(u64 address)
{
	u64 *entry = entry_of(address, 0);

	return entry && *entry & P ? (*entry & 0x000ffffffffff000) | (address & 4095) : ~0ul;
}
