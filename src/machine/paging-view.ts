// Page walks and mapped ranges of a vCPU for people: what the CPU's own walker would do, explained; nothing is filled and no bit is set.
import type { CpuEngine } from '../engine/cpu-engine';
import type { PagingState } from '../x86/paging/levels';
import { mappedRanges } from '../x86/paging/mapped-ranges';
import { type WalkMemory, walk } from '../x86/paging/walk';
import { PHYSICAL_ADDRESS_BITS } from '../x86/system/bits';
import type { VcpuState } from '../x86/vcpu-state';
import type { MappedRange, Walk } from './control/types';
import { readUnsigned } from './memory-access';

function memoryOf(engine: CpuEngine): WalkMemory {
  const { memory } = engine;
  return {
    read64: (gpa) => {
      const bytes = memory.read(gpa, 8);
      return bytes && readUnsigned(bytes);
    },
    read32: (gpa) => {
      const bytes = memory.read(gpa, 4);
      return bytes && Number(readUnsigned(bytes));
    },
    isRam: (gpa) => memory.offsetOf(gpa) !== undefined,
  };
}

export const pdptesOf = (state: VcpuState): readonly bigint[] => [0, 1, 2, 3].map((index) => state.pdpte(index));

/** PAE's four PDPTE registers count only for the CR3 they were loaded with. */
export const pagingState = (state: VcpuState, otherCr3?: bigint): PagingState => ({
  cr0: state.u64('cr0'),
  cr3: otherCr3 ?? state.u64('cr3'),
  cr4: state.u64('cr4'),
  efer: state.u64('efer'),
  physicalBits: PHYSICAL_ADDRESS_BITS,
  pkru: state.u32('pkru'),
  ...(otherCr3 === undefined ? { pdptes: pdptesOf(state) } : {}),
});

export const walkOf = (engine: CpuEngine, state: VcpuState, linear: bigint, cr3?: bigint): Walk =>
  walk(pagingState(state, cr3), memoryOf(engine), linear);

export function mappedRangesOf(
  engine: CpuEngine,
  state: VcpuState,
  start: bigint,
  limit: number,
  cr3?: bigint,
): { ranges: MappedRange[]; next: bigint | null } {
  const { ranges, next } = mappedRanges(pagingState(state, cr3), memoryOf(engine), start, limit);
  return { ranges, next };
}
