// Types of descriptors (SDM vol 3, tables 3-1 and 3-2) and the exceptions' vectors (table 6-1).

export type DescriptorKind =
  | 'code'
  | 'data'
  | 'ldt'
  | 'tss'
  | 'call-gate'
  | 'task-gate'
  | 'interrupt-gate'
  | 'trap-gate'
  | 'vector'
  | 'reserved';

export interface SystemType {
  readonly kind: DescriptorKind;
  readonly name: string;
  /** Bytes of the descriptor. */
  readonly size: 8 | 16;
}

const row = (kind: DescriptorKind, name: string, size: 8 | 16 = 8): SystemType => ({ kind, name, size });
const RESERVED = row('reserved', 'Reserved');

/** Table 3-2, by the type field, outside of IA-32e mode. */
export const SYSTEM_TYPES_32: readonly SystemType[] = [
  RESERVED,
  row('tss', '16-bit TSS (Available)'),
  row('ldt', 'LDT'),
  row('tss', '16-bit TSS (Busy)'),
  row('call-gate', '16-bit Call Gate'),
  row('task-gate', 'Task Gate'),
  row('interrupt-gate', '16-bit Interrupt Gate'),
  row('trap-gate', '16-bit Trap Gate'),
  RESERVED,
  row('tss', '32-bit TSS (Available)'),
  RESERVED,
  row('tss', '32-bit TSS (Busy)'),
  row('call-gate', '32-bit Call Gate'),
  RESERVED,
  row('interrupt-gate', '32-bit Interrupt Gate'),
  row('trap-gate', '32-bit Trap Gate'),
];

/** The same in IA-32e mode, where a descriptor with an address has 16 bytes. */
export const SYSTEM_TYPES_64: readonly SystemType[] = SYSTEM_TYPES_32.map((_, type) => {
  switch (type) {
    case 2:
      return row('ldt', 'LDT', 16);
    case 9:
      return row('tss', '64-bit TSS (Available)', 16);
    case 11:
      return row('tss', '64-bit TSS (Busy)', 16);
    case 12:
      return row('call-gate', '64-bit Call Gate', 16);
    case 14:
      return row('interrupt-gate', '64-bit Interrupt Gate', 16);
    case 15:
      return row('trap-gate', '64-bit Trap Gate', 16);
    default:
      return RESERVED;
  }
});

/** Table 3-1, by the type field without its accessed bit, halved. */
export const SEGMENT_TYPES: readonly string[] = [
  'Data Read-Only',
  'Data Read/Write',
  'Data Read-Only, expand-down',
  'Data Read/Write, expand-down',
  'Code Execute-Only',
  'Code Execute/Read',
  'Code Execute-Only, conforming',
  'Code Execute/Read, conforming',
];

export const VECTOR_NAMES: Readonly<Record<number, string>> = {
  0: '#DE Divide Error',
  1: '#DB Debug Exception',
  2: 'NMI Interrupt',
  3: '#BP Breakpoint',
  4: '#OF Overflow',
  5: '#BR BOUND Range Exceeded',
  6: '#UD Invalid Opcode',
  7: '#NM Device Not Available',
  8: '#DF Double Fault',
  9: 'Coprocessor Segment Overrun',
  10: '#TS Invalid TSS',
  11: '#NP Segment Not Present',
  12: '#SS Stack-Segment Fault',
  13: '#GP General Protection',
  14: '#PF Page Fault',
  16: '#MF x87 FPU Floating-Point Error',
  17: '#AC Alignment Check',
  18: '#MC Machine Check',
  19: '#XM SIMD Floating-Point Exception',
  20: '#VE Virtualization Exception',
  21: '#CP Control Protection Exception',
};
