// The return for an instruction that decodes and is not supported: its text, or its bytes where nobody can say it.
import type { CodeCache } from '../code-cache';
import type { EngineReturn } from '../cpu-engine';
import { R } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { Vcpu } from './vcpu';

/** Text of an instruction by its bytes and S.mode. */
export type Describe = (bytes: Uint8Array, mode: number) => string;

const hex: Describe = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

export function unsupported(memory: EngineMemory, cache: CodeCache, vcpu: Vcpu, record: number, describe: Describe = hex): EngineReturn {
  const block = cache.blockOf(record);
  const offset = cache.ipOffset(record);
  const bytes = memory.u8.slice(block.physical + offset, block.physical + memory.u16[(record + R.ipNext) >> 1]!);
  return { kind: 'unimplemented', text: describe(bytes, block.mode), rip: vcpu.state.u64('rip') };
}
