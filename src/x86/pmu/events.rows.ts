// Architectural performance monitoring, version 2 (SDM vol 3 ch. 21.2): the counters there are, the events of CPUID 0Ah, and what the engine's own counts
// give for them. An event without `counts` stays 0, and CPUID 0Ah EBX says that it is not available.

/** What the engine counts. One instruction takes one virtual ns, and some take more. */
export interface EngineCounts {
  instructions: number;
  /** Virtual ns that the vCPU was not halted. */
  ns: number;
  /** Ticks of the core crystal clock in that time. */
  crystal: number;
}

export interface PmuEvent {
  name: string;
  /** Bit in CPUID 0Ah EBX. */
  cpuidBit: number;
  /** Event select and unit mask, as in IA32_PERFEVTSELx[15:0]. */
  select: number;
  counts?: { from: keyof EngineCounts; each: number };
}

/** Core clock and TSC: 2 GHz. */
const CYCLES_PER_NS = 2;

export const PMU_EVENTS: readonly PmuEvent[] = [
  { name: 'UnHalted Core Cycles', cpuidBit: 0, select: 0x003c, counts: { from: 'ns', each: CYCLES_PER_NS } },
  { name: 'Instruction Retired', cpuidBit: 1, select: 0x00c0, counts: { from: 'instructions', each: 1 } },
  { name: 'UnHalted Reference Cycles', cpuidBit: 2, select: 0x013c, counts: { from: 'crystal', each: 1 } },
  { name: 'LLC Reference', cpuidBit: 3, select: 0x4f2e },
  { name: 'LLC Misses', cpuidBit: 4, select: 0x412e },
  { name: 'Branch Instruction Retired', cpuidBit: 5, select: 0x00c4 },
  { name: 'Branch Misses Retired', cpuidBit: 6, select: 0x00c5 },
];

/** IA32_FIXED_CTR0 to 2: instructions, core cycles, cycles at the TSC's rate. */
export const FIXED_EVENTS: readonly NonNullable<PmuEvent['counts']>[] = [
  { from: 'instructions', each: 1 },
  { from: 'ns', each: CYCLES_PER_NS },
  { from: 'ns', each: CYCLES_PER_NS },
];

export const PMU = { version: 2, counters: 4, fixedCounters: 3, width: 48 } as const;

const unavailable = PMU_EVENTS.reduce((bits, row) => (row.counts ? bits : bits | (1 << row.cpuidBit)), 0);
/** CPUID leaf 0Ah. */
export const PMU_LEAF = {
  eax: PMU.version | (PMU.counters << 8) | (PMU.width << 16) | (PMU_EVENTS.length << 24),
  ebx: unavailable,
  ecx: 0,
  edx: PMU.fixedCounters | (PMU.width << 5),
} as const;
