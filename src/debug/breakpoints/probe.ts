// Where a variable is at an address before the guest is there: a constant address, a register, or a register plus a constant.
// The location expression is evaluated twice with made-up register values; what cannot be told so is looked at when the guest stops.
import type { FramePort } from '../../symbols/frame-evaluator';
import type { Location } from '../../symbols/location';
import type { Variable } from '../../symbols/variable';
import { dwarfRegisterName } from '../registers/names';

export type Place =
  | { readonly kind: 'memory'; readonly base: string | undefined; readonly offset: bigint }
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'value'; readonly bytes: Uint8Array }
  | { readonly kind: 'optimised-out' };

const PROBE = 1n << 24n;

/** undefined: depends on memory, on the caller, or on more than one register. */
export async function probe(variable: Variable, is64: boolean): Promise<Place | undefined> {
  const zero = await run(variable, 0n);
  if (zero.asked.memory || zero.asked.registers.size > 1) return undefined;
  const { location } = zero;
  if (location.kind === 'optimizedOut') return { kind: 'optimised-out' };
  if (location.kind === 'register') {
    const name = dwarfRegisterName(location.register, is64);
    return name === undefined || name.startsWith('xmm') ? undefined : { kind: 'register', name };
  }
  if (location.kind === 'value') return zero.asked.registers.size === 0 ? { kind: 'value', bytes: location.bytes } : undefined;
  if (location.kind !== 'memory') return undefined;
  const [register] = zero.asked.registers;
  if (register === undefined) return { kind: 'memory', base: undefined, offset: location.address };
  const moved = (await run(variable, PROBE)).location;
  const base = dwarfRegisterName(register, is64);
  if (moved.kind !== 'memory' || base === undefined) return undefined;
  const bits = is64 ? 64 : 32;
  if (BigInt.asUintN(bits, moved.address - location.address) !== PROBE) return undefined;
  return { kind: 'memory', base, offset: BigInt.asIntN(bits, location.address) };
}

async function run(variable: Variable, value: bigint): Promise<{ location: Location; asked: { registers: Set<number>; memory: boolean } }> {
  const asked = { registers: new Set<number>(), memory: false };
  const port: FramePort = {
    register: (register) => {
      asked.registers.add(register);
      return value;
    },
    memory: () => {
      asked.memory = true;
      return undefined;
    },
    caller: () => {
      asked.memory = true;
      return undefined;
    },
  };
  return { location: await variable.locate(port), asked };
}
