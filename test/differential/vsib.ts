// The memory operand of a gather: a base and a vector of indices whose lanes mostly lie in the data window.

import { DATA } from '../../src/engine/vectors/vector';
import type { InsnRow } from '../../src/x86/insn/row';
import { aimedTarget } from './aims';
import { chooseTarget, type Draft, little } from './operands';

export const isGather = (row: InsnRow): boolean => row.operands.some((operand) => operand.kind === 'vsib');

/** Indices and lanes have 4 or 8 bytes by the name's last letters: VPGATHERDQ, VGATHERQPS. */
const indexBytesOf = (row: InsnRow): 4 | 8 => (/GATHERD/.test(row.name) ? 4 : 8);
const laneBytesOf = (row: InsnRow): 4 | 8 => (/([DQ]D|PS)$/.test(row.name) ? 4 : 8);

/** Appends ModRM, SIB and displacement, and sets base and indices. */
export function gatherOperand(d: Draft, row: InsnRow): void {
  const { random, v } = d;
  const count = v.mode32 ? 8 : 16;
  const low = random.below(8);
  const index = low | ((d.rex & 2) << 2);
  // Equal registers are #UD: seldom.
  const distinct = (taken: readonly number[]): number => {
    for (;;) {
      const register = random.below(count);
      if (!taken.includes(register) || random.chance(3)) return register;
    }
  };
  d.reg = distinct([index]);
  d.rex = (d.rex & ~4) | ((d.reg >> 3) << 2);
  d.vvvv = distinct([index, d.reg]);
  const scale = random.below(4);
  const aimed = aimedTarget(d);
  let base = random.below(8) | ((d.rex & 1) << 3);
  if (aimed !== undefined && base === 4) base = 3 | ((d.rex & 1) << 3);
  const disp = random.chance(50) ? BigInt.asIntN(8, random.u64()) : BigInt.asIntN(14, random.u64());
  const mod = disp === BigInt.asIntN(8, disp) ? 1 : 2;
  const origin = BigInt(aimed ?? DATA + random.below(0x2000));
  if (base !== 4) {
    v.gpr[base] = BigInt.asUintN(d.addressSize * 8, origin - disp - d.segmentBase);
    d.addressRegisters.add(base);
  }
  const from = base === 4 ? (v.gpr[4] as bigint) + disp + d.segmentBase : origin;
  const bytes = indexBytesOf(row);
  let indices = 0n;
  for (let at = 0; at < 32; at += bytes) {
    const there = aimed === undefined ? BigInt(chooseTarget(random, laneBytesOf(row)) & (random.chance(70) ? -4 : -1)) : origin;
    const distance = (there - from) >> BigInt(scale);
    indices |= BigInt.asUintN(bytes * 8, aimed === undefined && random.chance(1) ? random.u64() : distance) << BigInt(at * 8);
  }
  v.xmm.set(index, indices);
  d.tail.push((mod << 6) | ((d.reg & 7) << 3) | 4, (scale << 6) | (low << 3) | (base & 7));
  d.tail.push(...little(disp, mod === 1 ? 1 : 4));
}
