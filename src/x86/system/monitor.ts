// MONITOR and MWAIT (SDM vol 2; vol 3 ch. 10.10). The line is 64 bytes of guest-physical RAM. Every store to it ends the wait, also one of the processor itself or
// of a device; MWAIT without an armed line does not wait, as the manual allows. Hints (EDX of MONITOR, EAX of MWAIT) change nothing.
import type { Cpu, Helper } from '../cpu';
import { faults } from '../fault';
import { effectiveAddress } from '../general/effective-address';
import { Activity, Gpr, MonitorBit } from '../layout';
import type { VcpuState } from '../vcpu-state';
import { Rflags } from './bits';
import { isCode64 } from './mode';

/** IA32_MISC_ENABLE: MONITOR FSM. */
const ENABLE_MONITOR = 1n << 18n;
/** MWAIT's ECX: interrupts end the wait also while masked. */
const BREAK_ON_MASKED = 1n;

export const isMonitorEnabled = (state: VcpuState): boolean => (state.u64('miscEnable') & ENABLE_MONITOR) !== 0n;
export const enableMonitor = (state: VcpuState): void => state.setU64('miscEnable', state.u64('miscEnable') | ENABLE_MONITOR);

function requireMonitor({ state }: Cpu): void {
  if (state.u32('cpl') > 0 || !isMonitorEnabled(state)) throw faults.ud();
}
const extensions = ({ state }: Cpu): bigint => (isCode64(state) ? state.gpr(Gpr.rcx) : BigInt(state.gpr32(Gpr.rcx)));

export const monitor: Helper = (cpu, { addressSize, segment }) => {
  requireMonitor(cpu);
  if (extensions(cpu) !== 0n) throw faults.gp(0);
  const spec = { base: Gpr.rax, index: -1, scale: 0, displacement: 0n, ripRelative: false, addressSize, segment, noSegment: false };
  cpu.armMonitor(effectiveAddress(cpu.state, { ...spec, bytes: 1, write: false }, 0n));
};

export const mwait: Helper = (cpu) => {
  requireMonitor(cpu);
  const { state } = cpu;
  const ecx = extensions(cpu);
  if (ecx & ~BREAK_ON_MASKED) throw faults.gp(0);
  const armed = state.u64('monitor');
  if (armed === 0n) return;
  state.setU64('monitor', ecx === BREAK_ON_MASKED ? armed | MonitorBit.breakOnMasked : armed);
  state.setU32('activity', Activity.mwait);
};

/** Whether interrupts end the wait in HLT or MWAIT. */
export function interruptsEndWait(state: VcpuState): boolean {
  if (state.u64('rflags') & Rflags.IF) return true;
  return state.u32('activity') === Activity.mwait && (state.u64('monitor') & MonitorBit.breakOnMasked) !== 0n;
}

/** HLT, MWAIT or a freeze is over. */
export function endWait(state: VcpuState): void {
  if (state.u32('activity') === Activity.mwait) state.setU64('monitor', 0n);
  state.setU32('activity', Activity.running);
}
