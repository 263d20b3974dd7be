// The VEX prefix of a random vector, and the registers that only it names.
import type { VexSpec } from '../../src/x86/decode/vex';
import type { Draft } from './operands';

/** Chooses the register in VEX.vvvv. */
export function chooseVex(d: Draft): void {
  if (!d.encoding.usesVvvv || d.vvvv >= 0) return;
  const last = d.v.mode32 ? 8 : 16;
  // Now and then one of the others.
  const { random } = d;
  d.vvvv = random.chance(20) ? d.reg : random.chance(20) && d.rm >= 0 ? d.rm : random.below(last);
}

/** The two or three bytes of the prefix. REX's bits are in the draft. */
export function vexHead(d: Draft, spec: VexSpec): number[] {
  const { random } = d;
  const length = spec.length >= 0 ? spec.length : random.below(2);
  const w = spec.w >= 0 ? spec.w : d.v.mode32 ? random.below(2) : (d.rex >> 3) & 1;
  const inverted = ~(d.vvvv < 0 ? 0 : d.vvvv) & 15;
  const low = (inverted << 3) | (length << 2) | spec.prefix;
  const { rex } = d;
  if (spec.map === 1 && !w && !(rex & 3) && random.chance(60)) return [0xc5, (rex & 4 ? 0 : 0x80) | low];
  return [0xc4, ((~rex & 7) << 5) | spec.map, (w << 7) | low];
}
