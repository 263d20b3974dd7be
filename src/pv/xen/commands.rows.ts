// The commands of Xen's calls, row by row (xen/include/public: version.h, memory.h, event_channel.h, grant_table.h, vcpu.h, sched.h, hvm/hvm_op.h, physdev.h, xen.h).
import type { CommandRow } from '../types.rows';

const works = (nr: number, symbol: string, doc: string): CommandRow => ({ nr, symbol, doc, state: 'works' });
/** The structure is the same in 32-bit and 64-bit code. */
const same = (nr: number, symbol: string, doc: string): CommandRow => ({ nr, symbol, doc, state: 'works', narrow: true });
const refused = (nr: number, symbol: string, doc: string, refusal = -38): CommandRow => ({ nr, symbol, doc, state: 'refused', refusal });
const EPERM = -1;
const EINVAL = -22;
const EOPNOTSUPP = -95;

export const VERSION_COMMANDS: readonly CommandRow[] = [
  same(0, 'XENVER_version', 'Version of Xen, major << 16 | minor: the result.'),
  same(1, 'XENVER_extraversion', 'The rest of the version as text, ".7".'),
  same(2, 'XENVER_compile_info', 'Compiler, builder and date as texts.'),
  same(3, 'XENVER_capabilities', 'Kinds of guests that can be run, as text.'),
  same(4, 'XENVER_changeset', 'Changeset as text.'),
  works(5, 'XENVER_platform_parameters', "Where the hypervisor's part of the address space begins: 0 for PVH and HVM guests."),
  same(6, 'XENVER_get_features', '32 of the XENFEAT bits.'),
  same(7, 'XENVER_pagesize', 'Size of a page: the result.'),
  same(8, 'XENVER_guest_handle', "The domain's unique id, 16 bytes."),
  same(9, 'XENVER_commandline', "Xen's own command line."),
  refused(10, 'XENVER_build_id', 'The build-id: not told to guests.', EPERM),
];

export const MEMORY_COMMANDS: readonly CommandRow[] = [
  refused(0, 'XENMEM_increase_reservation', 'More memory, named by machine frames: for classic PV guests.'),
  works(1, 'XENMEM_decrease_reservation', 'Gives frames back: the balloon inflates.'),
  refused(2, 'XENMEM_maximum_ram_page', 'Highest machine frame: for the control domain.'),
  works(3, 'XENMEM_current_reservation', 'Frames that the domain has.'),
  works(4, 'XENMEM_maximum_reservation', 'Frames that it may have.'),
  refused(5, 'XENMEM_machphys_mfn_list', 'Frames of the M2P table: for classic PV guests.'),
  works(6, 'XENMEM_populate_physmap', 'Puts memory at guest frames where none is: the balloon deflates.'),
  works(7, 'XENMEM_add_to_physmap', "Puts one of Xen's pages (shared_info, grant table) or another frame of the guest at a guest frame."),
  works(9, 'XENMEM_memory_map', 'The memory map, as e820 entries.'),
  refused(10, 'XENMEM_machine_memory_map', "The machine's memory map: for the control domain.", EPERM),
  refused(11, 'XENMEM_exchange', 'Exchanges frames: not for guests whose frames Xen translates.', EOPNOTSUPP),
  refused(12, 'XENMEM_machphys_mapping', 'Where the M2P table is: for classic PV guests.'),
  refused(13, 'XENMEM_set_memory_map', 'Sets the memory map: for the control domain.', EPERM),
  works(14, 'XENMEM_maximum_gpfn', 'Highest guest frame in use: the result.'),
  works(15, 'XENMEM_remove_from_physmap', 'Takes away what is at a guest frame.'),
  refused(16, 'XENMEM_set_pod_target', 'Populate on demand: for the control domain.', EPERM),
  refused(17, 'XENMEM_get_pod_target', 'Populate on demand: for the control domain.', EPERM),
  works(23, 'XENMEM_add_to_physmap_batch', 'XENMEM_add_to_physmap for a list, with a result for each.'),
  refused(24, 'XENMEM_claim_pages', 'Claims memory for a domain: for the control domain.', EPERM),
  refused(26, 'XENMEM_get_vnumainfo', 'Virtual NUMA nodes: there are none.'),
  refused(28, 'XENMEM_acquire_resource', "Maps another domain's resource: for the control domain.", EPERM),
];

export const EVTCHN_COMMANDS: readonly CommandRow[] = [
  same(0, 'EVTCHNOP_bind_interdomain', 'Connects a new port to an unbound port of another domain, or of this one.'),
  same(1, 'EVTCHNOP_bind_virq', 'Binds a new port to a virtual interrupt of a vCPU.'),
  refused(2, 'EVTCHNOP_bind_pirq', 'Binds a new port to a physical interrupt: guests here have none.'),
  same(3, 'EVTCHNOP_close', 'Closes a port; the other end becomes unbound.'),
  same(4, 'EVTCHNOP_send', 'Sends an event through a port.'),
  same(5, 'EVTCHNOP_status', 'What a port is bound to.'),
  same(6, 'EVTCHNOP_alloc_unbound', 'A new port that another domain may connect to.'),
  same(7, 'EVTCHNOP_bind_ipi', 'A new port by which a vCPU is notified.'),
  same(8, 'EVTCHNOP_bind_vcpu', 'Which vCPU a port notifies.'),
  same(9, 'EVTCHNOP_unmask', 'Unmasks a port, and delivers what is pending.'),
  same(10, 'EVTCHNOP_reset', 'Closes all ports; back to 2-level events.'),
  same(11, 'EVTCHNOP_init_control', 'FIFO events: the control block of a vCPU.'),
  same(12, 'EVTCHNOP_expand_array', 'FIFO events: one more page of event words.'),
  same(13, 'EVTCHNOP_set_priority', 'FIFO events: priority of a port.'),
];

export const GRANT_COMMANDS: readonly CommandRow[] = [
  same(0, 'GNTTABOP_map_grant_ref', 'Maps granted pages.'),
  same(1, 'GNTTABOP_unmap_grant_ref', 'Unmaps granted pages.'),
  works(2, 'GNTTABOP_setup_table', 'Grows the grant table; gives its frames.'),
  refused(3, 'GNTTABOP_dump_table', 'Prints the table to the log of Xen: debug builds.'),
  refused(4, 'GNTTABOP_transfer', 'Gives pages away: refused, as for all guests whose frames Xen translates.'),
  works(5, 'GNTTABOP_copy', 'Copies between granted pages and own ones.'),
  same(6, 'GNTTABOP_query_size', 'Frames of the table now and at most.'),
  refused(7, 'GNTTABOP_unmap_and_replace', 'Unmaps and puts another mapping there: for classic PV guests.'),
  same(8, 'GNTTABOP_set_version', 'Format of the entries, 1 or 2.'),
  works(9, 'GNTTABOP_get_status_frames', 'Frames of the status words of format 2.'),
  same(10, 'GNTTABOP_get_version', 'Format of the entries.'),
  same(11, 'GNTTABOP_swap_grant_ref', 'Swaps two entries that are not in use.'),
  refused(12, 'GNTTABOP_cache_flush', 'Cleans caches: Arm.'),
];

export const VCPU_COMMANDS: readonly CommandRow[] = [
  refused(0, 'VCPUOP_initialise', 'Registers of a vCPU that is to start: here vCPUs are started by INIT and SIPI.'),
  same(1, 'VCPUOP_up', 'Starts a vCPU that was initialised.'),
  same(2, 'VCPUOP_down', 'Stops a vCPU.'),
  same(3, 'VCPUOP_is_up', 'Whether a vCPU is up: the result.'),
  works(4, 'VCPUOP_get_runstate_info', 'Times in each run state, once.'),
  works(5, 'VCPUOP_register_runstate_memory_area', 'Where the times in each run state are kept: steal time.'),
  same(6, 'VCPUOP_set_periodic_timer', 'VIRQ_TIMER again and again.'),
  same(7, 'VCPUOP_stop_periodic_timer', 'No more of it.'),
  works(8, 'VCPUOP_set_singleshot_timer', 'VIRQ_TIMER once, at a system time.'),
  same(9, 'VCPUOP_stop_singleshot_timer', 'Not any more.'),
  same(10, 'VCPUOP_register_vcpu_info', "Moves a vCPU's vcpu_info out of shared_info."),
  same(11, 'VCPUOP_send_nmi', 'Sends an NMI to a vCPU.'),
  refused(12, 'VCPUOP_get_physid', 'Physical APIC id of a pinned vCPU: for the control domain.'),
  works(13, 'VCPUOP_register_vcpu_time_memory_area', 'Where a copy of the clock is kept, for user space.'),
];

export const SCHED_COMMANDS: readonly CommandRow[] = [
  same(0, 'SCHEDOP_yield', 'Lets others run.'),
  same(1, 'SCHEDOP_block', 'Sleeps until an event or interrupt comes.'),
  same(2, 'SCHEDOP_shutdown', 'Ends the domain, with a reason.'),
  works(3, 'SCHEDOP_poll', 'Sleeps until one of the ports is pending, or the time has come.'),
  refused(4, 'SCHEDOP_remote_shutdown', 'Ends another domain: for the control domain.', EPERM),
  same(5, 'SCHEDOP_shutdown_code', 'Says the reason before an orderly end by other means.'),
  same(6, 'SCHEDOP_watchdog', 'Ends the domain if it is not called again in time.'),
  refused(7, 'SCHEDOP_pin_override', 'Pins a vCPU to a pCPU: for the control domain.', EPERM),
];

export const HVM_COMMANDS: readonly CommandRow[] = [
  same(0, 'HVMOP_set_param', 'Sets a parameter of the domain: the callback.'),
  same(1, 'HVMOP_get_param', 'Gives a parameter: rings and ports of console and XenStore.'),
  same(5, 'HVMOP_flush_tlbs', 'Flushes the TLBs of all vCPUs.'),
  refused(9, 'HVMOP_pagetable_dying', 'A page table goes: a hint to shadow paging, which is not used.', EINVAL),
  same(10, 'HVMOP_get_time', 'Guest time in ns.'),
  refused(11, 'HVMOP_xentrace', "Writes an event to Xen's trace."),
  same(15, 'HVMOP_get_mem_type', 'What is at a guest frame.'),
  same(23, 'HVMOP_set_evtchn_upcall_vector', 'Vector of the local APIC by which a vCPU learns of events.'),
  refused(24, 'HVMOP_guest_request_vm_event', 'Tells a monitor: there is none.'),
  refused(25, 'HVMOP_altp2m', 'Alternative views of memory: not switched on.'),
];

export const CONSOLE_COMMANDS: readonly CommandRow[] = [
  same(0, 'CONSOLEIO_write', 'Writes text to the emergency console.'),
  refused(1, 'CONSOLEIO_read', 'Reads what was typed there: for the control domain.', EPERM),
];

export const ASSIST_COMMANDS: readonly CommandRow[] = [
  same(0, 'VMASST_CMD_enable', 'Switches an assist on.'),
  same(1, 'VMASST_CMD_disable', 'Switches it off.'),
];

export const PHYSDEV_COMMANDS: readonly CommandRow[] = [
  refused(5, 'PHYSDEVOP_irq_status_query', 'Whether a physical interrupt needs an end of interrupt.'),
  refused(6, 'PHYSDEVOP_set_iopl', 'I/O privilege level: for classic PV guests.'),
  refused(7, 'PHYSDEVOP_set_iobitmap', 'I/O permission map: for classic PV guests.'),
  refused(12, 'PHYSDEVOP_eoi', 'End of a physical interrupt: the feature bit hvm_pirqs is off.'),
  refused(13, 'PHYSDEVOP_map_pirq', 'Maps an interrupt: the feature bit hvm_pirqs is off.'),
  refused(14, 'PHYSDEVOP_unmap_pirq', 'Unmaps an interrupt: the feature bit hvm_pirqs is off.'),
  refused(23, 'PHYSDEVOP_get_free_pirq', 'A free interrupt: the feature bit hvm_pirqs is off.'),
];
