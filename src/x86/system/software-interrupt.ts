// INT n, INT3, INTO, INT1 (SDM vol 2 "INT n/INTO/INT3/INT1"): delivery with a check of the gate's DPL, but for INT1.
import type { Helper } from '../cpu';
import { Vector } from '../fault';
import { Rflags } from './bits';
import { deliver } from './deliver';
import { redirectInterrupt } from './virtual-interrupts';

export const intN: Helper = (cpu, insn) => {
  const vector = Number(insn.imm & 0xffn);
  if (!redirectInterrupt(cpu, vector)) deliver(cpu, { kind: 'int-n', vector });
};
export const int3: Helper = (cpu) => deliver(cpu, { kind: 'int3', vector: Vector.BP });
export const int1: Helper = (cpu) => deliver(cpu, { kind: 'int1', vector: Vector.DB });
export const into: Helper = (cpu) => {
  if (cpu.state.u64('rflags') & Rflags.OF) deliver(cpu, { kind: 'into', vector: Vector.OF });
};
