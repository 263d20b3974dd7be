// The performance-monitoring MSRs (SDM vol 3 ch. 21.2.1, 21.2.2; vol 4 table 2-2) and RDPMC's counters.
import type { VcpuState } from '../vcpu-state';
import { PMU } from './events.rows';

const MASK = (1n << BigInt(PMU.width)) - 1n;
/** Event, unit mask, USR, OS, E, PC, INT, EN, INV, CMASK; AnyThread came with version 3. */
const EVTSEL_WRITABLE = 0xffdf_ffffn;
/** EN and PMI of each; AnyThread came with version 3. */
const FIXED_CTRL_WRITABLE = 0xbbbn;
const COUNTERS = ((1n << BigInt(PMU.counters)) - 1n) | (((1n << BigInt(PMU.fixedCounters)) - 1n) << 32n);
/** OvfBuf and CondChgd. */
const STATUS_OTHERS = 3n << 62n;

export type PmuRegister =
  | { register: 'counter' | 'select' | 'fixed'; n: number }
  | { register: 'fixed-control' | 'global-control' | 'global-status' | 'global-overflow-control' };

export function readPmu(state: VcpuState, which: PmuRegister): bigint {
  switch (which.register) {
    case 'counter':
      return state.quad('pmc', which.n);
    case 'select':
      return state.quad('perfEvtSel', which.n);
    case 'fixed':
      return state.quad('fixedCtr', which.n);
    case 'fixed-control':
      return state.u64('fixedCtrCtrl');
    case 'global-control':
      return state.u64('perfGlobalCtrl');
    case 'global-status':
      return state.u64('perfGlobalStatus');
    case 'global-overflow-control':
      return 0n;
  }
}

/** False: #GP(0). */
export function writePmu(state: VcpuState, which: PmuRegister, value: bigint): boolean {
  switch (which.register) {
    case 'counter':
      // Without full-width writes, 32 bits are sign-extended (ch. 21.2.8).
      state.setQuad('pmc', which.n, BigInt.asIntN(32, value) & MASK);
      return true;
    case 'fixed':
      if (value & ~MASK) return false;
      state.setQuad('fixedCtr', which.n, value);
      return true;
    case 'select':
      if (value & ~EVTSEL_WRITABLE) return false;
      state.setQuad('perfEvtSel', which.n, value);
      break;
    case 'fixed-control':
      if (value & ~FIXED_CTRL_WRITABLE) return false;
      state.setU64('fixedCtrCtrl', value);
      break;
    case 'global-control':
      if (value & ~COUNTERS) return false;
      state.setU64('perfGlobalCtrl', value);
      break;
    case 'global-status':
      return false;
    case 'global-overflow-control':
      if (value & ~(COUNTERS | STATUS_OTHERS)) return false;
      state.setU64('perfGlobalStatus', state.u64('perfGlobalStatus') & ~value);
      return true;
  }
  state.setU32('pmuActive', isActive(state) ? 1 : 0);
  return true;
}

const EVTSEL_EN = 1n << 22n;
function isActive(state: VcpuState): boolean {
  const global = state.u64('perfGlobalCtrl');
  for (let n = 0; n < PMU.counters; n++) if (global & (1n << BigInt(n)) && state.quad('perfEvtSel', n) & EVTSEL_EN) return true;
  for (let n = 0; n < PMU.fixedCounters; n++)
    if (global & (1n << BigInt(32 + n)) && (state.u64('fixedCtrCtrl') >> BigInt(4 * n)) & 3n) return true;
  return false;
}

/** RDPMC's ECX; undefined: #GP(0). */
export function performanceCounter(state: VcpuState, index: number): bigint | undefined {
  const n = index & 0x3fff_ffff;
  if (index >>> 30 === 1) return n < PMU.fixedCounters ? state.quad('fixedCtr', n) : undefined;
  return index >>> 30 === 0 && n < PMU.counters ? state.quad('pmc', n) : undefined;
}

/** Power-on: nothing counts, IA32_PERF_GLOBAL_CTRL lets the general counters (vol 4 table 2-2). */
export function resetPmu(state: VcpuState): void {
  for (let n = 0; n < PMU.counters; n++) {
    state.setQuad('pmc', n, 0n);
    state.setQuad('perfEvtSel', n, 0n);
  }
  for (let n = 0; n < PMU.fixedCounters; n++) state.setQuad('fixedCtr', n, 0n);
  for (const field of ['fixedCtrCtrl', 'perfGlobalStatus'] as const) state.setU64(field, 0n);
  state.setU64('perfGlobalCtrl', (1n << BigInt(PMU.counters)) - 1n);
  state.setU32('pmuActive', 0);
}
