// Reading and writing MSRs: the CPU's own by their rows, all others through the host (SDM vol 2 "RDMSR", "WRMSR"; vol 3 ch. 10.11.3, 12.12, 18.17).
import type { Cpu } from './cpu';
import { faults } from './fault';
import { Seg } from './layout';
import { HOST_MSR_FEATURES, MSR_ROWS, type MsrRow } from './msr.rows';
import { mtrrAllows } from './mtrr';
import { readPmu, writePmu } from './pmu/registers';
import { Cr0, Efer } from './system/bits';
import { isCanonicalBase } from './system/mode';

export const msrRow = (index: number): MsrRow | undefined => MSR_ROWS.find((row) => row.index === index);

const APIC_BASE = 0x1b;
const APIC_EXTD = 1n << 10n;

/** Whether the CPU model has what the MSR belongs to. */
function exists(cpu: Cpu, index: number, row: MsrRow | undefined): boolean {
  if (row) return row.features?.some((feature) => cpu.model.has(feature)) ?? true;
  return HOST_MSR_FEATURES.every(({ first, last, feature }) => index < first || index > last || cpu.model.has(feature));
}
/** Memory types that a PAT entry may hold: UC WC WT WP WB UC-. */
const PAT_TYPES = [0, 1, 4, 5, 6, 7];

export const readTsc = (cpu: Cpu): bigint => BigInt.asUintN(64, cpu.host.hostTsc() + cpu.state.u64('tscOffset'));

/** Undefined: #GP(0). */
export function readMsr(cpu: Cpu, index: number): bigint | undefined {
  const row = msrRow(index);
  if (!exists(cpu, index, row)) return undefined;
  if (!row) return cpu.host.readMsr(index);
  const { state } = cpu;
  switch (row.is.kind) {
    case 'field':
      return state.u64(row.is.field);
    case 'fixed':
      return row.is.value;
    case 'mtrr':
      return state.quad('mtrr', row.is.slot);
    case 'pmu':
      return readPmu(state, row.is.which);
    case 'absent':
      return undefined;
    case 'efer':
      return state.u64('efer');
    case 'tsc':
      return readTsc(cpu);
    case 'tsc-adjust':
      return state.u64('tscAdjust');
    case 'fs-base':
      return state.segmentBase(Seg.fs);
    case 'gs-base':
      return state.segmentBase(Seg.gs);
  }
}

function writeEfer(cpu: Cpu, value: bigint): boolean {
  const { state } = cpu;
  const old = state.u64('efer');
  if (value & ~(cpu.model.efer | Efer.LMA)) return false;
  if ((value ^ old) & Efer.LME && state.u64('cr0') & Cr0.PG) return false;
  const next = (value & cpu.model.efer) | (old & Efer.LMA);
  state.setU64('efer', next);
  if ((next ^ old) & Efer.NXE) cpu.tlb.flushAll(true);
  cpu.modeChanged();
  return true;
}

/** Moves the TSC and IA32_TSC_ADJUST by the same amount (SDM vol 3 ch. 18.17.3). */
function moveTsc(cpu: Cpu, delta: bigint): boolean {
  const { state } = cpu;
  state.setU64('tscOffset', state.u64('tscOffset') + delta);
  state.setU64('tscAdjust', state.u64('tscAdjust') + delta);
  cpu.host.tscMoved?.();
  return true;
}

function writeBase(cpu: Cpu, segment: number, value: bigint): boolean {
  if (!isCanonicalBase(value, cpu.model)) return false;
  cpu.state.setSegment(segment, { ...cpu.state.segment(segment), base: value });
  return true;
}

function validPat(value: bigint): boolean {
  for (let entry = 0n; entry < 8n; entry++) if (!PAT_TYPES.includes(Number((value >> (entry * 8n)) & 0xffn))) return false;
  return true;
}

/** False: #GP(0), and nothing is changed. */
export function writeMsr(cpu: Cpu, index: number, value: bigint): boolean {
  const row = msrRow(index);
  if (!exists(cpu, index, row)) return false;
  if (index === APIC_BASE && value & APIC_EXTD && !cpu.model.has('x2apic')) return false;
  if (!row) return cpu.host.writeMsr(index, value);
  const { state } = cpu;
  const { is } = row;
  switch (is.kind) {
    case 'field':
      if (is.canonical && !isCanonicalBase(value, cpu.model)) return false;
      if (is.writable !== undefined && value & ~is.writable) return false;
      if (is.field === 'pat' && !validPat(value)) return false;
      state.setU64(is.field, is.kept === undefined ? value : value & is.kept);
      return true;
    case 'fixed':
      return is.write === 'ignored' || (is.write === 'zero-only' && value === 0n);
    case 'mtrr':
      if (!mtrrAllows(is.form, value)) return false;
      state.setQuad('mtrr', is.slot, value);
      return true;
    case 'pmu':
      return writePmu(state, is.which, value);
    case 'absent':
      return false;
    case 'efer':
      return writeEfer(cpu, value);
    case 'tsc':
      return moveTsc(cpu, value - readTsc(cpu));
    case 'tsc-adjust':
      return moveTsc(cpu, value - state.u64('tscAdjust'));
    case 'fs-base':
      return writeBase(cpu, Seg.fs, value);
    case 'gs-base':
      return writeBase(cpu, Seg.gs, value);
  }
}

export function readMsrOrFault(cpu: Cpu, index: number): bigint {
  const value = readMsr(cpu, index);
  if (value === undefined) throw faults.gp(0);
  return value;
}
