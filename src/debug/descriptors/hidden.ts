// The hidden parts of the segment registers beside what their selectors name in memory now (SDM vol 3, 3.4.3): they differ where software changed the table, or the register otherwise.
import type { RegisterFile } from '../../machine/control/types';
import { type DescriptorTable, descriptorOf, isIa32e, isProtected } from './tables';

export interface Parts {
  readonly base: bigint;
  readonly limit: bigint;
  /** Access rights as VMX keeps them (SDM vol 3, table 25-2). */
  readonly access: number;
}

export interface HiddenPart {
  readonly name: string;
  readonly selector: number;
  readonly usable: boolean;
  readonly hidden: Parts;
  /** What a load of the same selector would give now; undefined: it would fault or load nothing. */
  readonly memory: Parts | undefined;
  readonly differences: readonly (keyof Parts)[];
  readonly reason: HiddenReason;
}

/** same · null selector · outside the table or not set · loaded by MSR, not from the table · segment of real or virtual-8086 mode · differs. */
export type HiddenReason = 'same' | 'null' | 'nothing' | 'msr' | 'real' | 'differs';

const NAMES = ['cs', 'ss', 'ds', 'es', 'fs', 'gs', 'ldtr', 'tr'];
const UNUSABLE = 0x10000;
const ACCESSED = 1;
const RFLAGS_VM = 0x20000n;

export function hiddenParts(file: RegisterFile, tables: readonly DescriptorTable[]): HiddenPart[] {
  return NAMES.map((name) => partOf(name, file, tables));
}

function partOf(name: string, file: RegisterFile, tables: readonly DescriptorTable[]): HiddenPart {
  const { values } = file;
  const value = (part: string): bigint => values[`${name}.${part}`] ?? 0n;
  const hidden: Parts = { base: value('base'), limit: value('limit'), access: Number(value('access')) };
  const selector = Number(values[name] ?? 0n);
  const isSystem = name === 'ldtr' || name === 'tr';
  const common = { name, selector, usable: (hidden.access & UNUSABLE) === 0, hidden };
  const isReal = !isProtected(file) || ((values.rflags ?? 0n) & RFLAGS_VM) !== 0n;
  if (isReal && !isSystem) {
    const memory: Parts = { base: BigInt(selector * 16), limit: 0xffffn, access: hidden.access };
    const differences = (['base', 'limit'] as const).filter((part) => memory[part] !== hidden[part]);
    return { ...common, memory, differences, reason: differences.length === 0 ? 'real' : 'differs' };
  }
  if ((selector & 0xfffc) === 0) {
    // In 64-bit mode FS and GS have a base without a segment.
    const hasBase = isIa32e(file) && (name === 'fs' || name === 'gs') && hidden.base !== 0n;
    return { ...common, memory: undefined, differences: [], reason: hasBase ? 'msr' : 'null' };
  }
  const memory = descriptorOf(selector, tables)?.segment;
  if (!memory) return { ...common, memory: undefined, differences: [], reason: 'nothing' };
  const differences = (['base', 'limit', 'access'] as const).filter((part) =>
    part === 'access' ? ((memory.access ^ hidden.access) & ~(isSystem ? 0 : ACCESSED) & 0xf0ff) !== 0 : memory[part] !== hidden[part],
  );
  const onlyBase = differences.length === 1 && differences[0] === 'base';
  const byMsr = onlyBase && isIa32e(file) && (name === 'fs' || name === 'gs');
  return { ...common, memory, differences, reason: differences.length === 0 ? 'same' : byMsr ? 'msr' : 'differs' };
}
