/* The clock in vcpu_info, timers that come as events, and the run-state area: who ran and who waited (public/vcpu.h). */
#include "kernel.h"

static volatile struct vcpu_runstate_info run_state;

static u64 rdtsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return low | (u64)high << 32;
}

u64 time_ns(void)
{
	volatile struct vcpu_time_info *time = &shared->vcpu_info[0].time;
	u32 version;
	u64 ns;

	do {
		version = time->version;
		asm volatile("" ::: "memory");
		u64 delta = rdtsc() - time->tsc_timestamp;
		delta = time->tsc_shift < 0 ? delta >> -time->tsc_shift : delta << time->tsc_shift;
		ns = time->system_time + (u64)((unsigned __int128)delta * time->tsc_to_system_mul >> 32);
		asm volatile("" ::: "memory");
	} while (version & 1 || version != time->version);
	return ns;
}

void show_time(void)
{
	struct evtchn_bind_virq timer = { .virq = VIRQ_TIMER, .vcpu = 0 };
	u64 area = (u64)&run_state;
	u64 start = time_ns();

	event_channel_op(EVTCHNOP_bind_virq, &timer);
	hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, (u64)&area);
	for (u32 i = 1; i <= 5; i++) {
		struct vcpu_set_singleshot_timer shot = { .timeout_abs_ns = time_ns() + 1000000 };
		hypercall(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, (u64)&shot);
		wait_for(timer.port, i);
	}
	while (time_ns() < start + 20000000) /* work */
		;
	print("timer: %u events of 1 ms\n", events[timer.port]);
	print("run states: running %lu us, runnable (stolen) %lu us, blocked %lu us, offline %lu us\n", run_state.time[0] / 1000,
	      run_state.time[1] / 1000, run_state.time[2] / 1000, run_state.time[3] / 1000);
}
