/* Xen's interface as far as this kernel uses it (xen/include/public: xen.h, event_channel.h, vcpu.h, sched.h, memory.h, grant_table.h, hvm/params.h, io/). */
#pragma once
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

enum {
	__HYPERVISOR_memory_op = 12, __HYPERVISOR_xen_version = 17, __HYPERVISOR_grant_table_op = 20, __HYPERVISOR_vcpu_op = 24,
	__HYPERVISOR_sched_op = 29, __HYPERVISOR_event_channel_op = 32, __HYPERVISOR_hvm_op = 34,
};
enum { XENVER_version = 0, XENVER_extraversion = 1 };
enum { XENMEM_add_to_physmap = 7, XENMAPSPACE_shared_info = 0, XENMAPSPACE_grant_table = 1 };
enum { EVTCHNOP_bind_interdomain = 0, EVTCHNOP_bind_virq = 1, EVTCHNOP_send = 4, EVTCHNOP_alloc_unbound = 6, VIRQ_TIMER = 0 };
enum { VCPUOP_register_runstate_memory_area = 5, VCPUOP_set_singleshot_timer = 8 };
enum { SCHEDOP_yield = 0, SCHEDOP_block = 1, SCHEDOP_shutdown = 2, SHUTDOWN_poweroff = 0 };
enum { HVMOP_set_param = 0, HVMOP_get_param = 1 };
enum {
	HVM_PARAM_CALLBACK_IRQ = 0, HVM_PARAM_STORE_PFN = 1, HVM_PARAM_STORE_EVTCHN = 2, HVM_PARAM_CONSOLE_PFN = 17, HVM_PARAM_CONSOLE_EVTCHN = 18,
};
enum { GNTTABOP_map_grant_ref = 0, GNTTABOP_unmap_grant_ref = 1, GNTTABOP_copy = 5 };
enum { GTF_permit_access = 1, GTF_readonly = 4, GNTMAP_host_map = 2, GNTMAP_readonly = 4, GNTCOPY_source_gref = 1 };
enum { DOMID_SELF = 0x7ff0 };

struct vcpu_time_info { u32 version, pad0; u64 tsc_timestamp, system_time; u32 tsc_to_system_mul; int8_t tsc_shift; u8 flags, pad1[2]; };
struct vcpu_info { u8 evtchn_upcall_pending, evtchn_upcall_mask; u64 evtchn_pending_sel, arch[2]; struct vcpu_time_info time; };
struct shared_info { struct vcpu_info vcpu_info[32]; u64 evtchn_pending[64], evtchn_mask[64]; u32 wc_version, wc_sec, wc_nsec, wc_sec_hi; };
struct vcpu_runstate_info { int state; u64 state_entry_time, time[4]; };

struct xen_add_to_physmap { u16 domid, size; u32 space; u64 idx, gpfn; };
struct xen_hvm_param { u16 domid, pad; u32 index; u64 value; };
struct evtchn_alloc_unbound { u16 dom, remote_dom; u32 port; };
struct evtchn_bind_interdomain { u16 remote_dom; u32 remote_port, local_port; };
struct evtchn_bind_virq { u32 virq, vcpu, port; };
struct vcpu_set_singleshot_timer { u64 timeout_abs_ns; u32 flags; };
struct grant_entry_v1 { u16 flags, domid; u32 frame; };
struct gnttab_map_grant_ref { u64 host_addr; u32 flags, ref; u16 dom; int16_t status; u32 handle; u64 dev_bus_addr; };
struct gnttab_unmap_grant_ref { u64 host_addr, dev_bus_addr; u32 handle; int16_t status; };
struct gnttab_copy_ptr { u64 ref; u16 domid, offset; };
struct gnttab_copy { struct gnttab_copy_ptr source, dest; u16 len, flags; int16_t status; };
struct xencons_interface { char in[1024], out[2048]; u32 in_cons, in_prod, out_cons, out_prod; };
struct xenstore_domain_interface { char req[1024], rsp[1024]; u32 req_cons, req_prod, rsp_cons, rsp_prod; };
struct xsd_sockmsg { u32 type, req_id, tx_id, len; };

/* By the page of stubs that Xen has filled in. */
extern char hypercall_page[];
static inline long hypercall(u32 nr, u64 a0, u64 a1, u64 a2)
{
	long result;

	asm volatile("call *%[stub]" : "=a"(result), "+D"(a0), "+S"(a1), "+d"(a2) : [stub] "r"(hypercall_page + nr * 32) : "memory", "r10", "r8");
	return result;
}
static inline long event_channel_op(u32 command, void *argument)
{
	return hypercall(__HYPERVISOR_event_channel_op, command, (u64)argument, 0);
}
