// Vectors of the XSAVE family: an area in the data window with a header, RFBM among the components that we and the host have, registers that are in use or not.
import { DATA } from '../../src/engine/vectors/vector';
import type { InsnRow } from '../../src/x86/insn/row';
import { Gpr } from '../../src/x86/layout';
import { type Draft, little } from './operands';
import { putMemory } from './special';
import { vectorValue } from './vector-values';
import { imageHead, randomFpu } from './x87-state';

export const isXsave = (row: InsnRow): boolean => /^(XSAVE|XSAVEOPT|XSAVEC|XRSTOR)$/.test(row.name);
/** RFBM is in EDX:EAX. */
export const spoilsRfbm = ({ addressRegisters }: Draft): boolean => addressRegisters.has(Gpr.rax) || addressRegisters.has(Gpr.rdx);

const HEADER = 512;
const ALIGNMENT = 64;
/** Areas of 832 bytes end in the window. */
export const areaTarget = ({ random }: Draft): number | undefined =>
  random.chance(90) ? DATA + random.below(0x1c00 / ALIGNMENT - 16) * ALIGNMENT : undefined;

/** XSTATE_BV, XCOMP_BV and the reserved bytes. */
function header({ random }: Draft, row: InsnRow): number[] {
  const compacted = random.chance(row.name === 'XRSTOR' ? 30 : 10);
  const components = random.below(8);
  const xcomp = compacted ? (1n << 63n) | BigInt(components) : random.chance(4) ? BigInt(random.below(16)) : 0n;
  const xstate = BigInt(random.below(8) & (compacted && random.chance(90) ? components : 7)) | (random.chance(3) ? 1n << 40n : 0n);
  const reserved = random.chance(4) ? 1n << BigInt(random.below(64)) : 0n;
  return [...little(xstate, 8), ...little(xcomp, 8), ...little(reserved, 8), ...Array.from({ length: 40 }, () => 0)];
}

export function xsaveArea(d: Draft, row: InsnRow): void {
  const { random, v } = d;
  v.gpr[Gpr.rax] = BigInt(random.pick([0, 1, 1, 2, 2, 3, 4, 4, 5, 6, 7]));
  v.gpr[Gpr.rdx] = 0n;
  if (random.chance(70)) v.fpu = randomFpu(random);
  const first = v.mode32 ? 8 : 16;
  for (let n = random.below(3); n > 0; n--) {
    const low = vectorValue(random);
    v.xmm.set(random.below(first), random.chance(50) ? (vectorValue(random) << 128n) | low : low);
  }
  if (random.chance(40)) v.mxcsr = 0x1f80 | (random.below(4) << 13);
  if (row.name === 'XRSTOR') putMemory(d, d.target, imageHead(d));
  putMemory(d, d.target + HEADER, header(d, row));
}
