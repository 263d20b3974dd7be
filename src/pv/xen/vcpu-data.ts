// What Xen's interface remembers of one vCPU, and how it is saved.
import type { SavedValue } from '../../base/saved';
import type { PageRef } from './physmap';

export interface XenVcpuData {
  /** Where vcpu_info was registered; undefined: in shared_info. */
  info: PageRef | undefined;
  infoOffset: number;
  /** Linear address of the run-state area; 0: none. */
  runStateVa: bigint;
  /** Linear address of the copy of the clock; 0: none. */
  timeVa: bigint;
  /** HVMOP_set_evtchn_upcall_vector; 0: none. */
  upcallVector: number;
  /** Its local APIC was switched off when the vector came: Xen keeps the request until it is on. */
  upcallWaits: boolean;
  /** Ports by virtual interrupt; 0: not bound. */
  virqPorts: number[];
  /** It sleeps in SCHEDOP_block or SCHEDOP_poll. */
  waitsIn: 'none' | 'block' | 'poll';
  /** Ports that end SCHEDOP_poll. */
  polled: number[];
  /** VCPUOP_down. */
  isDown: boolean;
}

const NR_VIRQS = 24;

export function newVcpuData(): XenVcpuData {
  return {
    info: undefined,
    infoOffset: 0,
    runStateVa: 0n,
    timeVa: 0n,
    upcallVector: 0,
    upcallWaits: false,
    virqPorts: new Array<number>(NR_VIRQS).fill(0),
    waitsIn: 'none',
    polled: [],
    isDown: false,
  };
}

export function saveVcpuData(data: XenVcpuData): SavedValue {
  const info = data.info === undefined ? null : { ...data.info };
  return { ...data, info, virqPorts: [...data.virqPorts], polled: [...data.polled] };
}

export function restoreVcpuData(data: XenVcpuData, state: SavedValue): void {
  const saved = state as unknown as XenVcpuData & { info: PageRef | null };
  const info = saved.info ?? undefined;
  Object.assign(data, saved, { info, virqPorts: [...saved.virqPorts], polled: [...saved.polled] });
}
