// The run-state area of a vCPU (struct vcpu_runstate_info, public/vcpu.h): how long it ran, waited, slept; what a guest takes its steal time from.
import { TraceKind } from '../../trace/rows';
import { GuestAccess } from './guest-access';
import type { XenHost, XenRunState, XenRunStates } from './host-port';
import type { XenVcpuData } from './vcpu-data';

const STATES: readonly XenRunState[] = ['running', 'runnable', 'blocked', 'offline'];
const RunStateField = { state: 0, entryTime: 8, time: 16 } as const;
export const RUN_STATE_SIZE = 48;
const RUNSTATE_UPDATE = 1n << 63n;
const RUNNABLE = STATES.indexOf('runnable');

export function runStateBytes({ state, sinceNs, ns }: XenRunStates, flag = 0n): Uint8Array {
  const bytes = new Uint8Array(RUN_STATE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(RunStateField.state, STATES.indexOf(state), true);
  view.setBigUint64(RunStateField.entryTime, BigInt(sinceNs) | flag, true);
  for (const [i, each] of ns.entries()) view.setBigUint64(RunStateField.time + i * 8, BigInt(each), true);
  return bytes;
}

/** With the time of the state at hand up to now (vcpu_runstate_get). */
export function runStatesNow(host: XenHost, vcpu: number): XenRunStates {
  const states = host.runStates(vcpu);
  const ns = [...states.ns] as [number, number, number, number];
  ns[STATES.indexOf(states.state)]! += Math.max(0, host.nowNs(vcpu) - states.sinceNs);
  return { ...states, ns };
}

/** The state that begins now, before the account knows of it. */
export function runStatesAt(host: XenHost, vcpu: number, next: XenRunState): XenRunStates {
  const { ns } = runStatesNow(host, vcpu);
  return { state: next, sinceNs: host.nowNs(vcpu), ns };
}

/** False: it is not mapped. `through`: whose page tables its address is looked up in. */
export function writeRunState(
  host: XenHost,
  vcpu: number,
  data: XenVcpuData,
  states: XenRunStates,
  updateFlag: boolean,
  through = vcpu,
): boolean {
  if (data.runStateVa === 0n) return true;
  const access = new GuestAccess(host, through, true);
  if (updateFlag && !access.writeU64(data.runStateVa + BigInt(RunStateField.entryTime), BigInt(states.sinceNs) | RUNSTATE_UPDATE))
    return false;
  if (!access.write(data.runStateVa, runStateBytes(states, updateFlag ? RUNSTATE_UPDATE : 0n))) return false;
  if (updateFlag) access.writeU64(data.runStateVa + BigInt(RunStateField.entryTime), BigInt(states.sinceNs));
  const gpa = host.translate(through, data.runStateVa)?.gpa ?? 0;
  host.trace(TraceKind['steal-update'], vcpu, gpa, states.ns[RUNNABLE]!, 0, 0);
  return true;
}
