// Running through a piece of code at full speed: where control can leave it, and which instructions must be looked at one by one.
import type { DecodedInstruction } from '../disassembly/decoder';

export interface RangeExits {
  /** First instruction behind the range, and targets of jumps out of it. */
  readonly targets: readonly bigint[];
  /** Whose destination only the CPU knows: returns, indirect jumps, and calls where they are to be followed. */
  readonly looked: readonly bigint[];
}

export function mustLook(instruction: DecodedInstruction, intoCalls: boolean): boolean {
  switch (instruction.flow) {
    case 'return':
    case 'jump-indirect':
      return true;
    case 'call':
    case 'call-indirect':
    case 'system':
      return intoCalls;
    default:
      return !instruction.valid;
  }
}

export function exitsOf(code: readonly DecodedInstruction[], start: bigint, end: bigint, intoCalls: boolean): RangeExits {
  const targets = new Set<bigint>();
  const looked: bigint[] = [];
  for (const instruction of code) {
    if (mustLook(instruction, intoCalls)) looked.push(instruction.address);
    const { flow, target } = instruction;
    if ((flow === 'jump' || flow === 'jump-if') && target !== undefined && !(target >= start && target < end)) targets.add(target);
  }
  const last = code.at(-1);
  const fallsThrough = !last || !(last.flow === 'jump' || last.flow === 'return' || last.flow === 'jump-indirect');
  if (fallsThrough) targets.add(last ? last.address + BigInt(last.bytes.length) : end);
  return { targets: [...targets], looked };
}
