// The PCID and protection-key rights in a vCPU's state, which its TLB is looked at with.
import { S } from '../x86/layout';
import type { TlbContext } from './tlb';
import type { EngineMemory } from './vm-memory';

const CR4_PCIDE = 1 << 17;

/** `base`: where the state is. */
export function tlbContext({ i32 }: EngineMemory, base: number): TlbContext {
  const pcide = (i32[(base + S.cr4) >> 2]! & CR4_PCIDE) !== 0;
  return { pcid: pcide ? i32[(base + S.cr3) >> 2]! & 0xfff : 0, pkru: i32[(base + S.pkru) >> 2]! };
}
