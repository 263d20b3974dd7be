// FCOM, FUCOM, FCOMI, FUCOMI and their like, FTST, FXAM.
import { compare80 } from '../arithmetic';
import { CONDITIONS, Sw } from '../bits';
import { examine } from '../constants';
import type { F80, FpuEnvironment } from '../float80';
import type { FpuUnit } from '../unit';
import { FROM_MEMORY, type MemoryKind } from './memory-operand';
import type { FpuOperation } from './operation';

const ORDER = Sw.C0 | Sw.C2 | Sw.C3;
/** The condition bits are written even where an unmasked exception keeps the registers from being popped. */
function compareWith(u: FpuUnit, empty: boolean, other: (env: FpuEnvironment) => F80, quiet: boolean, pops: number): boolean {
  if (empty || u.isEmpty(0)) {
    const masked = u.stackFault(false);
    u.setConditions(ORDER, ORDER);
    if (!masked) return true;
  } else {
    const env = u.environment();
    const conditions = compare80(u.get(0), other(env), quiet, env);
    const goesOn = u.settle(env);
    u.setConditions(ORDER, conditions);
    if (!goesOn) return true;
  }
  u.pops(pops);
  return true;
}
const compareRegister =
  (quiet: boolean, pops: number): FpuOperation =>
  (u, i) =>
    compareWith(u, u.isEmpty(i), () => u.get(i), quiet, pops);
const compareMemory =
  (kind: MemoryKind, pops: number): FpuOperation =>
  (u, at) =>
    compareWith(u, false, (env) => FROM_MEMORY[kind](u, at, env), false, pops);

const flagsOfOrder = (conditions: number): number =>
  (conditions & Sw.C0 ? 1 : 0) | (conditions & Sw.C2 ? 4 : 0) | (conditions & Sw.C3 ? 0x40 : 0);
/** `argument`: register number, and from bit 3 the place where the flags go. */
const compareFlags =
  (quiet: boolean, pops: number): FpuOperation =>
  (u, argument) => {
    const i = argument & 7;
    const put = (flags: number): void => u.view.setBigUint64(argument >>> 3, BigInt(flags), true);
    if (u.isEmpty(0) || u.isEmpty(i)) {
      put(0x45);
      if (!u.stackFault(false)) return true;
    } else {
      const env = u.environment();
      put(flagsOfOrder(compare80(u.get(0), u.get(i), quiet, env)));
      if (!u.settle(env)) return true;
    }
    u.pops(pops);
    return true;
  };

export const comparisons = {
  'fcom.st': compareRegister(false, 0),
  'fcomp.st': compareRegister(false, 1),
  'fcompp.st': compareRegister(false, 2),
  'fucom.st': compareRegister(true, 0),
  'fucomp.st': compareRegister(true, 1),
  'fucompp.st': compareRegister(true, 2),
  'fcom.m32': compareMemory('m32', 0),
  'fcomp.m32': compareMemory('m32', 1),
  'fcom.m64': compareMemory('m64', 0),
  'fcomp.m64': compareMemory('m64', 1),
  'fcom.i16': compareMemory('i16', 0),
  'fcomp.i16': compareMemory('i16', 1),
  'fcom.i32': compareMemory('i32', 0),
  'fcomp.i32': compareMemory('i32', 1),
  fcomi: compareFlags(false, 0),
  fcomip: compareFlags(false, 1),
  fucomi: compareFlags(true, 0),
  fucomip: compareFlags(true, 1),
  ftst: (u) => compareWith(u, false, () => ({ se: 0, m: 0n }), false, 0),
  fxam: (u) => {
    u.setConditions(CONDITIONS, examine(u.get(0), u.isEmpty(0)));
    return true;
  },
} as const satisfies Record<string, FpuOperation>;
