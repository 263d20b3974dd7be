// Addresses that the interpreter leaves to TypeScript: with segment bases, limits and types to check, outside flat modes (SDM vol 3 ch. 6.3).
import { type AddressSpec, effectiveAddress } from '../../x86/general/effective-address';
import { Gpr, ModeBit, Seg } from '../../x86/layout';
import type { AccessPath } from '../access';
import { ACCESS_WRITE } from '../access-info';
import type { CodeCache } from '../code-cache';
import { R, Slot } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { Vcpus } from './vcpus';

export class CheckedAddress {
  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    private readonly access: AccessPath,
    private readonly vcpus: Vcpus,
  ) {}

  /** An address record: linear address into its slot. Throws CpuFault. */
  operand(record: number): void {
    const { view, i32 } = this.memory;
    const { address } = this.cache.descriptions[i32[(record + R.link) >> 2]!]!;
    view.setBigUint64(Slot.ea, effectiveAddress(this.vcpus.running.state, address!, 0n), true);
  }

  /** Host address on the stack, `offset` bytes from its pointer; 0: refused. Throws CpuFault. */
  stack(offset: number, info: number): number {
    const { state } = this.vcpus.running;
    const wide = (state.u32('mode') & ModeBit.stack32) !== 0;
    const spec: AddressSpec = {
      base: -1,
      index: -1,
      scale: 0,
      displacement: BigInt.asUintN(wide ? 32 : 16, state.gpr(Gpr.rsp) + BigInt(offset)),
      ripRelative: false,
      addressSize: wide ? 4 : 2,
      segment: Seg.ss,
      bytes: info & 0xffff,
      write: (info & ACCESS_WRITE) !== 0,
      noSegment: false,
    };
    const linear = effectiveAddress(state, spec, 0n);
    return this.access.access(Number(BigInt.asIntN(32, linear)), Number(linear >> 32n), info);
  }
}
