/* A small kernel that shows what a guest sees of its hypervisor, one demonstration after the other. Set a breakpoint anywhere and press F5. */
#include "kernel.h"

struct hvm_start_info { /* xen/include/public/arch-x86/hvm/start_info.h */
	u32 magic, version, flags, nr_modules;
	u64 modlist, cmdline, rsdp, memmap;
	u32 memmap_entries, reserved;
};
struct memory_map_entry { u64 addr, size; u32 type, reserved; };

static struct spinlock lock;
static volatile u64 shared_counter;

static u64 show_memory(struct hvm_start_info *info)
{
	struct memory_map_entry *map = (void *)info->memmap;
	u64 usable = 0;

	for (u32 i = 0; i < info->memmap_entries; i++)
		if (map[i].type == 1)
			usable += map[i].size;
	print("memory: %lu KiB usable in %u ranges, command line \"%s\"\n", usable >> 10, info->memmap_entries,
	      info->cmdline ? (char *)info->cmdline : "");
	return usable;
}

static void demo_demand_paging(void)
{
	volatile u64 *heap = (u64 *)HEAP_BASE;
	u64 sum = 0;

	for (u32 page = 0; page < 8; page++)
		heap[page * 512] = page + 1;
	for (u32 page = 0; page < 8; page++)
		sum += heap[page * 512];
	print("demand paging: sum %lu after %lu page faults, heap is at physical %lx\n", sum, demand_faults, paging_translate(HEAP_BASE));
}

static void demo_timer(void)
{
	u64 start = clock_ns();

	for (int i = 0; i < 5; i++) {
		u64 seen = ticks;
		apic_timer_after(1000000);
		while (ticks == seen)
			sleep(), cli();
		sti();
	}
	print("timer: 5 interrupts of 1 ms took %lu us\n", (clock_ns() - start) / 1000);
}

static void demo_ipi(void)
{
	u32 before = ipis[1];

	for (int i = 0; i < 3; i++) {
		u32 seen = ipis[1];
		send_ipi(1);
		while (ipis[1] == seen)
			pause();
	}
	print("IPIs: vCPU 1 took %u\n", ipis[1] - before);
}

static void count_under_lock(void)
{
	for (int i = 0; i < 300; i++) {
		spin_lock(&lock);
		u64 value = shared_counter;
		for (int j = 0; j < 50; j++)
			pause();
		shared_counter = value + 1;
		spin_unlock(&lock);
	}
}

static volatile int second_done;
static void second_counts(void)
{
	count_under_lock();
	second_done = 1;
}

static void demo_spinlock(void)
{
	start_on_second_vcpu(second_counts);
	count_under_lock();
	while (!second_done)
		pause();
	print("spinlock: counted to %lu, %u times halted, %u kicks\n", shared_counter, lock.waits, lock.kicks);
}

/* From start.S, on the boot vCPU, in long mode at the high alias. */
void kmain(u32 start_info)
{
	struct hvm_start_info *info = (void *)(u64)start_info;

	interrupts_init(0);
	apic_init();
	kvm_init();
	kvm_init_vcpu(0);
	console_init();
	print("kvm-c: %s\n", kvm_features ? "running on KVM's paravirtual interface" : "fully virtualised");
	if (kvm_features)
		print("KVM features %08x\n", kvm_features);
	show_memory(info);
	sti();
	demo_demand_paging();
	demo_timer();
	smp_init();
	print("%u vCPUs online\n", vcpus_online);
	if (vcpus_online > 1) {
		demo_ipi();
		demo_spinlock();
	}
	show_steal();
	monitor();
}
