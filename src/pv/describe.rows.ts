// A hypercall as people read it, made from its row: names of the call and its arguments, and a text for each value.
import { hypercallRow, interfaceRows } from './rows';
import type { ArgumentRow } from './types.rows';

/** The shape of `HypercallInfo` in machine/control/types.ts. */
export interface DescribedHypercall {
  interface: string;
  nr: number;
  name: string;
  args: { name: string; value: bigint; text: string }[];
}

const DELIVERY = ['fixed', 'lowest priority', 'SMI', 'reserved', 'NMI', 'INIT', 'start-up', 'ExtINT'];
const hex = (value: bigint): string => `0x${value.toString(16)}`;

function bits(value: bigint): string {
  const set: number[] = [];
  for (let i = 0; i < 64; i++) if ((value >> BigInt(i)) & 1n) set.push(i);
  return set.length === 0 ? 'none' : `+${set.join(', +')}`;
}

export function argumentText(row: ArgumentRow, value: bigint): string {
  switch (row.type) {
    case 'gpa':
    case 'pointer':
    case 'flags':
      return hex(value);
    case 'count':
    case 'apic-id':
      return value.toString();
    case 'bitmap':
      return bits(value);
    case 'icr': {
      const mode = DELIVERY[Number((value >> 8n) & 7n)];
      return mode === 'NMI' ? 'NMI' : `vector ${hex(value & 0xffn)}, ${mode}`;
    }
    case 'enum':
      return row.texts?.[Number(value)] ?? value.toString();
    case 'u64':
      return value < 10n ? value.toString() : hex(value);
  }
}

/** Arguments beyond the row's are not shown; a call without a row shows them all as numbers. */
export function describeHypercall(interfaceName: string, nr: number, args: readonly bigint[]): DescribedHypercall {
  const row = hypercallRow(interfaceName, nr);
  if (row === undefined)
    return {
      interface: interfaceName,
      nr,
      name: `unknown ${nr}`,
      args: args.map((value, i) => ({ name: `a${i}`, value, text: hex(value) })),
    };
  return {
    interface: interfaceName,
    nr,
    name: row.name,
    args: row.args.map((arg, i) => {
      const value = args[i] ?? 0n;
      return { name: arg.name, value, text: argumentText(arg, value) };
    }),
  };
}

/** "-1000 KVM_ENOSYS: …" for errors, the number otherwise. */
export function resultText(interfaceName: string, result: bigint): string {
  const error = interfaceRows(interfaceName)?.errors.find((row) => BigInt(row.value) === result);
  return error === undefined ? result.toString() : `${error.value} ${error.name}: ${error.doc}`;
}
