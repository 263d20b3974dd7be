// VEX forms of the SSE instructions, made from the same operations: 128 bits clear the destination's upper half, 256 bits work on both (SDM vol 1, 14.1.3).
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import { type Emit, type InsnRow, type RowMarks, row } from '../row';
import type { VectorInsn } from '../sse/operation';

export type VectorBytes = 16 | 32;

/** Marks of a row that works on vector registers. */
export const avx = (feature: string, emit: Emit, more: RowMarks = {}): RowMarks => ({ unit: 'avx', feature, emit, ...more });

/** "66 0F FC" and "VEX.128", "WIG" → "VEX.128.66.0F.WIG FC". */
export function vexEncoding(legacy: string, length: string, w: string): string {
  const [, prefix, map, opcode] = /^(NP|66|F2|F3) (0F(?: 38| 3A)?) (.*)$/.exec(legacy) ?? [];
  if (!prefix || !map || !opcode) throw new Error(`no VEX form of "${legacy}"`);
  return [`VEX.${length}`, ...(prefix === 'NP' ? [] : [prefix]), map.replace(' ', ''), ...(w ? [w] : [])].join('.').concat(` ${opcode}`);
}

/** Clears what is above the low `from` bytes. */
export function clearAbove(c: InsnContext, register: Local, from: 4 | 8 | 16): void {
  const { f } = c;
  if (from === 4) f.get(register).i32(0).mem('i32.store', 4);
  if (from <= 8) f.get(register).i64(0).mem('i64.store', 8);
  f.get(register).i64(0).mem('i64.store', 16).get(register).i64(0).mem('i64.store', 24);
}

/** These write half as much as they read. */
const NARROWING = /^CVT(PD2PS|PD2DQ|TPD2DQ)$/;
/** Their VEX forms need the same feature beside AVX. */
const SETS_OF_THEIR_OWN: readonly string[] = ['aes', 'pclmulqdq'];
const isScalar = ({ name, memory }: VectorInsn): boolean => memory <= 8 && /S[SD]$/.test(name);

function vexRow(insn: VectorInsn, bytes: VectorBytes): InsnRow {
  const { name, encoding, run, destination, memory, immediate } = insn;
  const wide = bytes === 32;
  const three = destination === 'rw';
  const narrowing = NARROWING.test(name);
  const source = wide ? (insn.memory256 ?? memory * 2) : memory;
  const emit: Emit = (c) => {
    const source2 = c.xmm(three ? 2 : 1, source);
    const to = c.slot(0);
    run(c, { bytes, destination: to, source1: three ? c.slot(1) : to, source2 });
    if (!wide || narrowing) clearAbove(c, to, 16);
  };
  const suffix = wide ? '256' : '';
  const operands = `x${narrowing ? '' : suffix}:w, ${three ? `vx${suffix}:r, ` : ''}xm${source * 8}:r${immediate ? ', imm' : ''}`;
  const length = isScalar(insn) ? 'LIG' : wide ? '256' : '128';
  const feature = wide ? insn.wide! : SETS_OF_THEIR_OWN.includes(insn.feature) ? `${insn.feature} avx` : 'avx';
  return row(`V${name}`, `${vexEncoding(encoding, length, 'WIG')} /r${immediate ? ' ib' : ''}`, operands, {
    ...avx(feature, emit),
    size: bytes,
  });
}

/** The 128-bit (or scalar) form, and the 256-bit one where there is one. */
export const vexRows = (insn: VectorInsn): InsnRow[] => [vexRow(insn, 16), ...(insn.wide ? [vexRow(insn, 32)] : [])];
