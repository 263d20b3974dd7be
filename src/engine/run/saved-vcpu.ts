// A vCPU saved and restored: state, TLB and the page it fetches from. RAM is saved by the machine.
import type { SavedValue } from '../../base/saved';
import { S } from '../../x86/layout';
import type { Delivery } from '../../x86/system/delivery';
import { tlbContext } from '../tlb-context';
import type { EngineMemory } from '../vm-memory';
import { readFetchPage, writeFetchPage } from './fetch-page';
import type { Vcpu } from './vcpu';

interface SavedDelivery {
  [key: string]: SavedValue;
  vector: number;
  kind: Delivery['kind'];
  errorCode: number | null;
  address: bigint | null;
  dr6: bigint | null;
}

const saveDelivery = ({ vector, kind, errorCode, address, dr6 }: Delivery): SavedDelivery => ({
  vector,
  kind,
  errorCode: errorCode ?? null,
  address: address ?? null,
  dr6: dr6 ?? null,
});
const restoreDelivery = ({ vector, kind, errorCode, address, dr6 }: SavedDelivery): Delivery => ({
  vector,
  kind,
  errorCode: errorCode ?? undefined,
  address: address ?? undefined,
  dr6: dr6 ?? undefined,
});

export function saveVcpu(memory: EngineMemory, { state, tlb, pmu, held }: Vcpu): SavedValue {
  pmu.look();
  const bytes = memory.u8.slice(state.base, state.base + S.end);
  bytes.fill(0, S.scratch, S.scratch + 64);
  // The debugger's, not the guest's: a vCPU that sleeps may keep it to the end of a run.
  bytes.fill(0, S.resumeFlag, S.resumeFlag + 4);
  const saved = { state: bytes, tlb: tlb.save(), fetch: readFetchPage(memory, state) };
  return held ? { ...saved, held: saveDelivery(held) } : saved;
}

export function restoreVcpu(memory: EngineMemory, vcpu: Vcpu, saved: SavedValue): void {
  const value = saved as { state: Uint8Array; tlb: SavedValue; fetch: readonly number[]; held?: SavedDelivery };
  memory.u8.set(value.state, vcpu.state.base);
  vcpu.tlb.restore(value.tlb, tlbContext(memory, vcpu.state.base));
  writeFetchPage(memory, vcpu.state, value.fetch);
  vcpu.held = value.held && restoreDelivery(value.held);
  vcpu.forget();
  vcpu.pmu.forget();
}
