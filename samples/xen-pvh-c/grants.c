/* Grants: an entry in a table that Xen reads lets a domain use a page. Here the domain lets itself (public/grant_table.h). */
#include "kernel.h"

enum { REF = 8 }; /* the first ones are reserved */
static char page[PAGE] __attribute__((aligned(PAGE))) = "a granted page";
static char copy[PAGE] __attribute__((aligned(PAGE)));

void show_grants(u16 domid)
{
	volatile struct grant_entry_v1 *table = (void *)GRANT_TABLE;
	struct gnttab_map_grant_ref map = { .host_addr = GRANT_WINDOW, .flags = GNTMAP_host_map | GNTMAP_readonly, .ref = REF, .dom = domid };

	add_page(XENMAPSPACE_grant_table, GRANT_TABLE);
	table[REF].domid = domid;
	table[REF].frame = (u64)page / PAGE;
	__atomic_store_n(&table[REF].flags, GTF_permit_access | GTF_readonly, __ATOMIC_SEQ_CST);

	hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, (u64)&map, 1);
	print("grants: mapped with status %d, it says \"%s\", flags in use %x\n", map.status, (char *)GRANT_WINDOW, table[REF].flags);

	struct gnttab_copy take = { .source = { REF, domid, 2 }, .dest = { (u64)copy / PAGE, DOMID_SELF, 0 }, .len = 8, .flags = GNTCOPY_source_gref };
	hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_copy, (u64)&take, 1);
	struct gnttab_unmap_grant_ref unmap = { .host_addr = GRANT_WINDOW, .handle = map.handle };
	hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, (u64)&unmap, 1);
	print("grants: copied \"%s\", unmapped with status %d, flags %x\n", copy, unmap.status, table[REF].flags);
}
