// Memory that a guest shares with its hypervisor, decoded: clock pages and the steal area (Linux Documentation/virt/kvm/x86/msr.rst, asm/pvclock-abi.h).

export interface SharedField {
  readonly name: string;
  readonly offset: number;
  readonly size: 1 | 2 | 4 | 8;
  readonly signed?: true;
  readonly bits?: readonly (readonly [number, string])[];
  /** "ns" is shown behind the number. */
  readonly unit?: string;
}

export interface SharedArea {
  /** Name of the register that says where it is. */
  readonly register: string;
  readonly title: string;
  readonly addressMask: bigint;
  /** undefined: on whenever the address is not zero. */
  readonly enableBit: bigint | undefined;
  readonly bytes: number;
  readonly fields: readonly SharedField[];
}

const ENABLED = 1n;

export const SHARED_AREAS: readonly SharedArea[] = [
  {
    ...{ register: 'kvm.system_time', title: 'kvmclock (pvclock_vcpu_time_info)', addressMask: ~1n, enableBit: ENABLED, bytes: 32 },
    fields: [
      { name: 'version', offset: 0, size: 4 },
      { name: 'tsc_timestamp', offset: 8, size: 8 },
      { name: 'system_time', offset: 16, size: 8, unit: 'ns' },
      { name: 'tsc_to_system_mul', offset: 24, size: 4 },
      { name: 'tsc_shift', offset: 28, size: 1, signed: true },
      {
        name: 'flags',
        offset: 29,
        size: 1,
        bits: [
          [0, 'TSC_STABLE'],
          [1, 'GUEST_STOPPED'],
        ],
      },
    ],
  },
  {
    ...{ register: 'kvm.wall_clock', title: 'wall clock (pvclock_wall_clock)', addressMask: ~0n, enableBit: undefined, bytes: 12 },
    fields: [
      { name: 'version', offset: 0, size: 4 },
      { name: 'sec', offset: 4, size: 4, unit: 's' },
      { name: 'nsec', offset: 8, size: 4, unit: 'ns' },
    ],
  },
  {
    ...{ register: 'kvm.steal_time', title: 'steal time (kvm_steal_time)', addressMask: ~0x3fn, enableBit: ENABLED, bytes: 64 },
    fields: [
      { name: 'steal', offset: 0, size: 8, unit: 'ns' },
      { name: 'version', offset: 8, size: 4 },
      { name: 'flags', offset: 12, size: 4 },
      {
        name: 'preempted',
        offset: 16,
        size: 1,
        bits: [
          [0, 'PREEMPTED'],
          [1, 'FLUSH_TLB'],
        ],
      },
    ],
  },
  {
    ...{ register: 'kvm.pv_eoi_en', title: 'paravirtual EOI', addressMask: ~3n, enableBit: ENABLED, bytes: 4 },
    fields: [{ name: 'pending', offset: 0, size: 4, bits: [[0, 'EOI_PENDING']] }],
  },
  {
    ...{ register: 'xen.vcpu_info', title: 'vcpu_info', addressMask: ~0n, enableBit: undefined, bytes: 64 },
    fields: [
      { name: 'evtchn_upcall_pending', offset: 0, size: 1 },
      { name: 'evtchn_upcall_mask', offset: 1, size: 1 },
      { name: 'evtchn_pending_sel', offset: 8, size: 8 },
      { name: 'time.version', offset: 32, size: 4 },
      { name: 'time.tsc_timestamp', offset: 40, size: 8 },
      { name: 'time.system_time', offset: 48, size: 8, unit: 'ns' },
      { name: 'time.tsc_to_system_mul', offset: 56, size: 4 },
      { name: 'time.tsc_shift', offset: 60, size: 1, signed: true },
      { name: 'time.flags', offset: 61, size: 1, bits: [[0, 'TSC_STABLE']] },
    ],
  },
  {
    ...{ register: 'xen.runstate_area', title: 'run states (vcpu_runstate_info)', addressMask: ~0n, enableBit: undefined, bytes: 48 },
    fields: [
      { name: 'state', offset: 0, size: 4 },
      { name: 'state_entry_time', offset: 8, size: 8, unit: 'ns' },
      { name: 'running', offset: 16, size: 8, unit: 'ns' },
      { name: 'runnable (stolen)', offset: 24, size: 8, unit: 'ns' },
      { name: 'blocked', offset: 32, size: 8, unit: 'ns' },
      { name: 'offline', offset: 40, size: 8, unit: 'ns' },
    ],
  },
  {
    ...{ register: 'xen.shared_info', title: 'shared_info', addressMask: ~0n, enableBit: undefined, bytes: 3088 },
    fields: [
      { name: 'evtchn_pending[0]', offset: 2048, size: 8 },
      { name: 'evtchn_mask[0]', offset: 2560, size: 8 },
      { name: 'wc_version', offset: 3072, size: 4 },
      { name: 'wc_sec', offset: 3076, size: 4, unit: 's' },
      { name: 'wc_nsec', offset: 3080, size: 4, unit: 'ns' },
    ],
  },
];

/** undefined: switched off. */
export function addressOfArea({ addressMask, enableBit }: SharedArea, value: bigint): bigint | undefined {
  const address = value & addressMask;
  return address === 0n || (enableBit !== undefined && (value & enableBit) === 0n) ? undefined : BigInt.asUintN(64, address);
}

export function fieldValue({ offset, size, signed }: SharedField, bytes: Uint8Array): bigint {
  const value = bytes.subarray(offset, offset + size).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return signed ? BigInt.asIntN(size * 8, value) : value;
}

export function fieldText({ bits, unit }: SharedField, value: bigint): string {
  const names = (bits ?? []).filter(([bit]) => (value >> BigInt(bit)) & 1n).map(([, name]) => name);
  return [`${value}${unit === undefined ? '' : ` ${unit}`}`, ...names].join('  ');
}
