// The page that a vCPU fetches from now: part of its TLB, in slots that emitted code reads and changes.
import { STATE } from '../../x86/layout';
import type { VcpuState } from '../../x86/vcpu-state';
import { Slot } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { FetchedPage } from './stop-places';

const indexOf = (state: VcpuState, slot: number): number => (state.base + slot - STATE) >> 2;

export function forgetFetchPage(memory: EngineMemory, state: VcpuState): void {
  const page = indexOf(state, Slot.fetchPage);
  memory.i32.fill(-1, page, page + 2);
}

/** Page (low and high half of its linear address) and its offset in memory. */
export function readFetchPage(memory: EngineMemory, state: VcpuState): number[] {
  const page = indexOf(state, Slot.fetchPage);
  return [memory.i32[page]!, memory.i32[page + 1]!, memory.u32[indexOf(state, Slot.fetchOffset)]!];
}
/** The same where there is one. */
export function fetchedPage(memory: EngineMemory, state: VcpuState): FetchedPage[] {
  const [lo, hi, offset] = readFetchPage(memory, state) as [number, number, number];
  return lo === -1 ? [] : [[lo, hi, offset]];
}
export function writeFetchPage(memory: EngineMemory, state: VcpuState, saved: readonly number[]): void {
  const page = indexOf(state, Slot.fetchPage);
  memory.i32[page] = saved[0]!;
  memory.i32[page + 1] = saved[1]!;
  memory.u32[indexOf(state, Slot.fetchOffset)] = saved[2]!;
}
