/* A small guest of Xen, as PVH: event channels, run states, a grant table and XenStore, one after the other, on Xen's console. Press F5. */
#include "kernel.h"

struct cpuid { u32 eax, ebx, ecx, edx; };
static struct cpuid cpuid(u32 leaf)
{
	struct cpuid r;

	asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
	return r;
}

u64 hvm_param(u32 index)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index };

	hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, (u64)&param, 0);
	return param.value;
}

void add_page(u32 space, u64 address)
{
	struct xen_add_to_physmap add = { .domid = DOMID_SELF, .space = space, .gpfn = address / PAGE };

	hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (u64)&add, 0);
}

/* From start.S, in long mode. */
void kmain(void)
{
	struct cpuid base = cpuid(0x40000000);
	struct cpuid pages = cpuid(0x40000002);

	if (base.ebx != 0x566e6558) /* "XenV" */
		return;
	asm volatile("wrmsr" : : "c"(pages.ebx), "a"((u32)(u64)hypercall_page), "d"(0) : "memory");
	add_page(XENMAPSPACE_shared_info, SHARED_INFO);
	console_init();

	long version = hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0);
	struct cpuid hvm = cpuid(0x40000004);
	print("xen-pvh-c: Xen %ld.%ld, domain %u, vCPU %u\n", version >> 16, version & 0xffff, hvm.ecx, hvm.ebx);
	events_init();
	show_events();
	show_time();
	show_grants(hvm.ecx);
	store_init();
	show_store();

	u32 reason = SHUTDOWN_poweroff;
	print("power off\n");
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (u64)&reason, 0);
}
