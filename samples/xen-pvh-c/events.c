/* Event channels: pending bits in shared_info, told by an interrupt vector that needs no end of interrupt (public/event_channel.h). */
#include "kernel.h"

struct gate { u16 offset0, selector; u8 ist, type; u16 offset1; u32 offset2, reserved; } __attribute__((packed));
struct pointer { u16 limit; u64 base; } __attribute__((packed));

struct shared_info *const shared = (void *)SHARED_INFO;
volatile u32 events[64];
static struct gate idt[EVENT_VECTOR + 1];
extern char event_entry[];

void events_init(void)
{
	u64 entry = (u64)event_entry;
	struct pointer idtr = { sizeof idt - 1, (u64)idt };
	struct xen_hvm_param callback = { .domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ, .value = 2ul << 56 | EVENT_VECTOR };

	idt[EVENT_VECTOR] = (struct gate){ .offset0 = entry, .selector = 8, .type = 0x8e, .offset1 = entry >> 16, .offset2 = entry >> 32 };
	asm volatile("lidt %0" : : "m"(idtr));
	hypercall(__HYPERVISOR_hvm_op, HVMOP_set_param, (u64)&callback, 0);
	asm volatile("sti");
}

void event_send(u32 port)
{
	event_channel_op(EVTCHNOP_send, &port);
}

/* From start.S, interrupts off: first the flag, then the words it stands for, then the ports. */
void events_upcall(void)
{
	struct vcpu_info *info = &shared->vcpu_info[0];

	__atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	u64 words = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	if (!(words & 1))
		return;
	u64 pending = __atomic_exchange_n(&shared->evtchn_pending[0], 0, __ATOMIC_SEQ_CST);
	for (; pending; pending &= pending - 1)
		events[__builtin_ctzl(pending)]++;
}

/* Sleeps in Xen, which looks for pending events once more before it does. */
void wait_for(u32 port, u32 count)
{
	while (events[port] < count)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0);
}

void show_events(void)
{
	struct evtchn_alloc_unbound near = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	event_channel_op(EVTCHNOP_alloc_unbound, &near);
	struct evtchn_bind_interdomain far = { .remote_dom = DOMID_SELF, .remote_port = near.port };
	event_channel_op(EVTCHNOP_bind_interdomain, &far);
	for (u32 i = 1; i <= 3; i++) {
		event_send(far.local_port);
		wait_for(near.port, i);
	}
	print("event channels: port %u is bound to port %u, %u events came\n", near.port, far.local_port, events[near.port]);
}
