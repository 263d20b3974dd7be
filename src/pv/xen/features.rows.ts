// What Xen tells of itself by CPUID and by XENVER_get_features (xen/include/public/arch-x86/cpuid.h, features.h).
import type { CpuidLeafRow, FeatureRow, GuestKind, MsrRow, PvState } from '../types.rows';

export const XEN_CPUID_BASE = 0x4000_0000;
/** Where the guest says which of its pages becomes the hypercall page. */
export const XEN_HYPERCALL_PAGE_MSR = 0x4000_0000;

export const XEN_CPUID: readonly CpuidLeafRow[] = [
  { leaf: 0, name: 'XEN_CPUID_SIGNATURE', doc: 'EAX: highest leaf. EBX, ECX, EDX: "XenVMMXenVMM".' },
  { leaf: 1, name: 'XEN_CPUID_VERSION', doc: 'EAX: version, major in bits 31:16, minor in bits 15:0.' },
  {
    leaf: 2,
    name: 'XEN_CPUID_HYPERCALL_PAGES',
    doc: 'EAX: number of hypercall pages. EBX: the MSR that takes their address. ECX, EDX: features.',
  },
  {
    leaf: 3,
    name: 'XEN_CPUID_TIME',
    doc: 'Subleaf 0: TSC mode and frequency in kHz; 1: offset and scale of a virtual TSC; 2: frequency of the host.',
  },
  { leaf: 4, name: 'XEN_CPUID_HVM', doc: 'EAX: features of HVM and PVH guests. EBX: vCPU id. ECX: domain id.' },
];

const eax = { leaf: 4, register: 'eax' } as const;
export const XEN_CPUID_FEATURES: readonly FeatureRow[] = [
  {
    ...eax,
    bit: 0,
    name: 'APIC_ACCESS_VIRT',
    symbol: 'XEN_HVM_CPUID_APIC_ACCESS_VIRT',
    state: 'refused',
    doc: 'Accesses of the APIC page cost no exit. Not so here: interrupts are better sent by event channels.',
  },
  {
    ...eax,
    bit: 1,
    name: 'X2APIC_VIRT',
    symbol: 'XEN_HVM_CPUID_X2APIC_VIRT',
    state: 'refused',
    doc: 'Accesses of the x2APIC MSRs cost no exit.',
  },
  {
    ...eax,
    bit: 2,
    name: 'IOMMU_MAPPINGS',
    symbol: 'XEN_HVM_CPUID_IOMMU_MAPPINGS',
    state: 'refused',
    doc: 'Foreign pages are mapped in the IOMMU.',
  },
  {
    ...eax,
    bit: 3,
    name: 'VCPU_ID_PRESENT',
    symbol: 'XEN_HVM_CPUID_VCPU_ID_PRESENT',
    state: 'works',
    doc: 'EBX has the number by which vcpu_op names this vCPU.',
  },
  {
    ...eax,
    bit: 4,
    name: 'DOMID_PRESENT',
    symbol: 'XEN_HVM_CPUID_DOMID_PRESENT',
    state: 'works',
    doc: 'ECX has the domain id.',
  },
  {
    ...eax,
    bit: 5,
    name: 'EXT_DEST_ID',
    symbol: 'XEN_HVM_CPUID_EXT_DEST_ID',
    state: 'refused',
    doc: '15-bit APIC ids in MSI addresses; no vCPU here has an id above 254.',
  },
  {
    ...eax,
    bit: 6,
    name: 'UPCALL_VECTOR',
    symbol: 'XEN_HVM_CPUID_UPCALL_VECTOR',
    state: 'works',
    doc: 'Each vCPU may have events delivered by a vector of its local APIC (HVMOP_set_evtchn_upcall_vector).',
  },
];

/** A bit of XENVER_get_features. */
export interface XenFeatureRow {
  readonly bit: number;
  readonly symbol: string;
  readonly doc: string;
  readonly state: PvState;
  /** Kinds of guests that are told of it. */
  readonly guests: readonly GuestKind[];
}
const all = ['pvh', 'hvm'] as const;
const none = [] as const;
export const XEN_FEATURES: readonly XenFeatureRow[] = [
  { bit: 0, symbol: 'XENFEAT_writable_page_tables', state: 'works', guests: all, doc: 'Page tables are written like other memory.' },
  {
    bit: 1,
    symbol: 'XENFEAT_writable_descriptor_tables',
    state: 'works',
    guests: all,
    doc: 'Descriptor tables are written like other memory.',
  },
  {
    bit: 2,
    symbol: 'XENFEAT_auto_translated_physmap',
    state: 'works',
    guests: all,
    doc: 'Frame numbers are guest-physical; Xen translates them.',
  },
  { bit: 3, symbol: 'XENFEAT_supervisor_mode_kernel', state: 'works', guests: all, doc: 'The kernel runs at CPL 0.' },
  { bit: 4, symbol: 'XENFEAT_pae_pgdir_above_4gb', state: 'works', guests: all, doc: 'PAE page directories may be above 4 GiB.' },
  {
    bit: 5,
    symbol: 'XENFEAT_mmu_pt_update_preserve_ad',
    state: 'refused',
    guests: none,
    doc: 'MMU_PT_UPDATE_PRESERVE_AD: for classic PV guests.',
  },
  {
    bit: 6,
    symbol: 'XENFEAT_highmem_assist',
    state: 'refused',
    guests: none,
    doc: 'Hypercalls that help with high memory: for 32-bit PV guests.',
  },
  {
    bit: 7,
    symbol: 'XENFEAT_gnttab_map_avail_bits',
    state: 'refused',
    guests: none,
    doc: 'GNTMAP_guest_avail_mask sets bits of the page-table entry: for classic PV guests.',
  },
  { bit: 8, symbol: 'XENFEAT_hvm_callback_vector', state: 'works', guests: all, doc: 'HVM_PARAM_CALLBACK_IRQ takes a vector.' },
  { bit: 9, symbol: 'XENFEAT_hvm_safe_pvclock', state: 'works', guests: all, doc: 'The clock in vcpu_info is reliable.' },
  {
    bit: 10,
    symbol: 'XENFEAT_hvm_pirqs',
    state: 'refused',
    guests: none,
    doc: 'Interrupts of emulated devices may be bound to event channels.',
  },
  { bit: 11, symbol: 'XENFEAT_dom0', state: 'refused', guests: none, doc: 'The guest is the control domain.' },
  {
    bit: 12,
    symbol: 'XENFEAT_grant_map_identity',
    state: 'refused',
    guests: none,
    doc: 'Grants are mapped at their machine address, too: Arm.',
  },
  {
    bit: 13,
    symbol: 'XENFEAT_memory_op_vnode_supported',
    state: 'works',
    guests: all,
    doc: 'XENMEMF_vnode is understood; there is one node.',
  },
  { bit: 14, symbol: 'XENFEAT_ARM_SMCCC_supported', state: 'refused', guests: none, doc: 'Arm.' },
  { bit: 15, symbol: 'XENFEAT_linux_rsdp_unrestricted', state: 'works', guests: all, doc: 'The ACPI root pointer may be anywhere.' },
  { bit: 16, symbol: 'XENFEAT_not_direct_mapped', state: 'works', guests: all, doc: 'Guest-physical addresses are not machine addresses.' },
  { bit: 17, symbol: 'XENFEAT_direct_mapped', state: 'refused', guests: none, doc: 'Guest-physical addresses are machine addresses.' },
];

export const XEN_MSRS: readonly MsrRow[] = [
  {
    index: XEN_HYPERCALL_PAGE_MSR,
    name: 'XEN_HYPERCALL_PAGE_MSR',
    access: 'write',
    state: 'works',
    doc: 'Fills a page of the guest with 32-byte stubs, one for each hypercall number.',
    bits: [
      { low: 0, high: 11, name: 'index', doc: 'Number of the page: 0.' },
      { low: 12, high: 63, name: 'gfn', doc: 'Guest frame of the page.' },
    ],
  },
];
