// The local APIC's registers as rows (SDM vol 3, tables 10-1 and 10-6: "Local APIC Register Address Map" in MMIO and MSR form).
// `index` is the MMIO offset >> 4 and the MSR number - 0x800.

export interface ApicRegisterRow {
  readonly index: number;
  readonly name: string;
  readonly access: 'r' | 'w' | 'rw';
  readonly modes: 'both' | 'xapic' | 'x2apic';
  /** Bits that may be set in an x2APIC write; any other is #GP. */
  readonly writable: number;
}

export const APIC_REG = {
  id: 0x02,
  version: 0x03,
  tpr: 0x08,
  apr: 0x09,
  ppr: 0x0a,
  eoi: 0x0b,
  rrd: 0x0c,
  ldr: 0x0d,
  dfr: 0x0e,
  svr: 0x0f,
  isr: 0x10,
  tmr: 0x18,
  irr: 0x20,
  esr: 0x28,
  icrLow: 0x30,
  icrHigh: 0x31,
  lvtTimer: 0x32,
  lvtThermal: 0x33,
  lvtPerformance: 0x34,
  lvtLint0: 0x35,
  lvtLint1: 0x36,
  lvtError: 0x37,
  timerInitialCount: 0x38,
  timerCurrentCount: 0x39,
  timerDivide: 0x3e,
  selfIpi: 0x3f,
} as const;

const row = (index: number, name: string, access: ApicRegisterRow['access'], modes: ApicRegisterRow['modes'], writable = 0) => ({
  index,
  name,
  access,
  modes,
  writable,
});
const eight = (first: number, name: string): ApicRegisterRow[] =>
  Array.from({ length: 8 }, (_, word) => row(first + word, `${name}${word}`, 'r', 'both'));

const APIC_REGISTER_ROWS: readonly ApicRegisterRow[] = [
  row(APIC_REG.id, 'ID', 'r', 'both'),
  row(APIC_REG.version, 'VERSION', 'r', 'both'),
  row(APIC_REG.tpr, 'TPR', 'rw', 'both', 0xff),
  row(APIC_REG.apr, 'APR', 'r', 'xapic'),
  row(APIC_REG.ppr, 'PPR', 'r', 'both'),
  row(APIC_REG.eoi, 'EOI', 'w', 'both', 0),
  row(APIC_REG.rrd, 'RRD', 'r', 'xapic'),
  row(APIC_REG.ldr, 'LDR', 'rw', 'xapic'),
  row(APIC_REG.ldr, 'LDR', 'r', 'x2apic'),
  row(APIC_REG.dfr, 'DFR', 'rw', 'xapic'),
  row(APIC_REG.svr, 'SVR', 'rw', 'both', 0x3ff),
  ...eight(APIC_REG.isr, 'ISR'),
  ...eight(APIC_REG.tmr, 'TMR'),
  ...eight(APIC_REG.irr, 'IRR'),
  row(APIC_REG.esr, 'ESR', 'rw', 'both', 0),
  row(APIC_REG.icrLow, 'ICR', 'rw', 'both', 0x000cdfff),
  row(APIC_REG.icrHigh, 'ICR2', 'rw', 'xapic'),
  row(APIC_REG.lvtTimer, 'LVT_TIMER', 'rw', 'both', 0x000710ff),
  row(APIC_REG.lvtThermal, 'LVT_THERMAL', 'rw', 'both', 0x000117ff),
  row(APIC_REG.lvtPerformance, 'LVT_PERF', 'rw', 'both', 0x000117ff),
  row(APIC_REG.lvtLint0, 'LVT_LINT0', 'rw', 'both', 0x0001f7ff),
  row(APIC_REG.lvtLint1, 'LVT_LINT1', 'rw', 'both', 0x0001f7ff),
  row(APIC_REG.lvtError, 'LVT_ERROR', 'rw', 'both', 0x000110ff),
  row(APIC_REG.timerInitialCount, 'TIMER_INITIAL_COUNT', 'rw', 'both', 0xffffffff),
  row(APIC_REG.timerCurrentCount, 'TIMER_CURRENT_COUNT', 'r', 'both'),
  row(APIC_REG.timerDivide, 'TIMER_DIVIDE', 'rw', 'both', 0x0b),
  row(APIC_REG.selfIpi, 'SELF_IPI', 'w', 'x2apic', 0xff),
];

const rowsByIndex = (mode: 'xapic' | 'x2apic'): ReadonlyMap<number, ApicRegisterRow> =>
  new Map(APIC_REGISTER_ROWS.filter(({ modes }) => modes === 'both' || modes === mode).map((each) => [each.index, each]));
const XAPIC_ROWS = rowsByIndex('xapic');
const X2APIC_ROWS = rowsByIndex('x2apic');

export function apicRegisterRow(index: number, x2apic: boolean): ApicRegisterRow | undefined {
  return (x2apic ? X2APIC_ROWS : XAPIC_ROWS).get(index);
}

export const X2APIC_MSR_BASE = 0x800;
export const APIC_DEFAULT_BASE_GPA = 0xfee00000;

// 10.4.4: IA32_APIC_BASE
export const APIC_BASE_BSP = 1 << 8;
export const APIC_BASE_EXTD = 1 << 10;
export const APIC_BASE_EN = 1 << 11;

/** 10.4.8: version 14H, six LVT entries (highest index 5), no EOI-broadcast suppression. */
export const APIC_VERSION = 0x0005_0014;

// 10.9: spurious-interrupt vector register
export const SVR_RESET = 0xff;
export const SVR_ENABLED = 0x100;
export const SVR_WRITABLE = 0x3ff;

export const DFR_RESET = 0xffffffff;
export const LDR_WRITABLE = 0xff000000;

// 10.5.3: error status register
export const ESR_SEND_ILLEGAL_VECTOR = 0x20;
export const ESR_RECEIVE_ILLEGAL_VECTOR = 0x40;
export const ESR_ILLEGAL_REGISTER = 0x80;

// 10.5.1: local vector table
export const LVT_VECTOR = 0xff;
export const LVT_REMOTE_IRR = 0x4000;
export const LVT_LEVEL = 0x8000;
export const LVT_MASKED = 0x10000;
/** What firmware leaves in LINT0 of the first processor (virtual wire mode, MP 1.4 3.6.2.2): ExtINT, not masked. */
export const LVT_LINT0_VIRTUAL_WIRE = 0x700;
/** Bits that a write changes, by LVT entry (lvtTimer first). */
export const LVT_WRITABLE = [0x000700ff, 0x000107ff, 0x000107ff, 0x0001a7ff, 0x0001a7ff, 0x000100ff] as const;
/** Vectors 0..15 are illegal (10.5.2). */
export const FIRST_LEGAL_VECTOR = 16;
