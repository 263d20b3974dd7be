// A vCPU saved and restored: state, TLB and the page it fetches from. RAM is saved by the machine.
import type { SavedValue } from '../../base/saved';
import { S } from '../../x86/layout';
import { tlbContext } from '../tlb-context';
import type { EngineMemory } from '../vm-memory';
import { readFetchPage, writeFetchPage } from './fetch-page';
import type { Vcpu } from './vcpu';

export function saveVcpu(memory: EngineMemory, { state, tlb, pmu }: Vcpu): SavedValue {
  pmu.look();
  const bytes = memory.u8.slice(state.base, state.base + S.end);
  bytes.fill(0, S.scratch, S.scratch + 64);
  // The debugger's, not the guest's: a vCPU that sleeps may keep it to the end of a run.
  bytes.fill(0, S.resumeFlag, S.resumeFlag + 4);
  return { state: bytes, tlb: tlb.save(), fetch: readFetchPage(memory, state) };
}

export function restoreVcpu(memory: EngineMemory, vcpu: Vcpu, saved: SavedValue): void {
  const value = saved as { state: Uint8Array; tlb: SavedValue; fetch: readonly number[] };
  memory.u8.set(value.state, vcpu.state.base);
  vcpu.tlb.restore(value.tlb, tlbContext(memory, vcpu.state.base));
  writeFetchPage(memory, vcpu.state, value.fetch);
  vcpu.forget();
  vcpu.pmu.forget();
}
