// Single lanes between vector registers, general registers and memory (SDM vol 2 "PEXTRB", "PINSRW", "INSERTPS", …): the immediate says which.
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import { type Emit, type InsnRow, row } from '../row';
import { immediateByte, legacyRow, loadLane, type Operation, sse, type VectorInsn } from './operation';

const LOAD = { 1: 'i64.load8_u', 2: 'i64.load16_u', 4: 'i64.load32_u', 8: 'i64.load' } as const;
const STORE = { 1: 'i64.store8', 2: 'i64.store16', 4: 'i64.store32', 8: 'i64.store' } as const;

/** Pushes the address of the lane of `bytes` at `base` that the immediate names. */
function laneAddress(c: InsnContext, base: Local, bytes: number): void {
  c.f
    .get(base)
    .get(immediateByte(c))
    .i32(16 / bytes - 1)
    .op('i32.and')
    .i32(bytes)
    .op('i32.mul', 'i32.add');
}
/** Operand 0 is a general register (zero-extended) or memory, 1 the vector register. */
export const extract =
  (bytes: 1 | 2 | 4 | 8): Emit =>
  (c) => {
    const source = c.slot(1);
    if (c.hasMemory) {
      const to = c.hostWrite(0, bytes);
      c.f.get(to);
      laneAddress(c, source, bytes);
      c.f.mem(LOAD[bytes]).mem(STORE[bytes]);
      c.commit(to);
      return;
    }
    c.f.get(c.slot(0));
    laneAddress(c, source, bytes);
    c.f.mem(LOAD[bytes]).mem('i64.store');
  };
/** Source 1 with one lane from source 2, which is a general register's slot or memory. */
export const insert =
  (bytes: 1 | 2 | 4 | 8): Operation =>
  (c, { destination, source1, source2 }) => {
    c.f.get(source2).mem(LOAD[bytes]);
    const value = c.keep();
    if (destination !== source1) c.f.get(destination).get(source1).simdMem('v128.load').simdMem('v128.store');
    laneAddress(c, destination, bytes);
    c.f.get(value).mem(STORE[bytes]);
  };
/** Of a register source 2 the immediate chooses the lane, of memory it is the only one; then lanes are cleared. */
const insertSingle: Operation = (c, { destination, source1, source2 }) => {
  const { f } = c;
  const immediate = immediateByte(c);
  const field = (shift: number): void => {
    f.get(immediate).i32(shift).op('i32.shr_u').i32(3).op('i32.and').i32(2).op('i32.shl');
  };
  f.get(source2);
  if (!c.hasMemory) {
    field(6);
    f.op('i32.add');
  }
  f.mem('i64.load32_u');
  const value = c.keep();
  if (destination !== source1) f.get(destination).get(source1).simdMem('v128.load').simdMem('v128.store');
  f.get(destination);
  field(4);
  f.op('i32.add').get(value).mem('i64.store32');
  const bits = Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? 1 << (i / 4) : 0));
  f.get(destination)
    .get(loadLane(c, destination, 0))
    .get(immediate)
    .simd('i32x4.splat')
    .v128(bits)
    .simd('v128.and')
    .v128(bits);
  f.simd('i32x4.eq').simd('v128.andnot').simdMem('v128.store');
};

/** `register` and `memory`: the operand of source 2. PINSRB and PINSRW take the low part of a 32-bit register; PINSRD is PINSRQ with REX.W. */
export const INSERTS: readonly {
  name: string;
  encoding: string;
  register: string;
  memory: string;
  bytes: 1 | 2 | 'size';
  feature: string;
}[] = [
  { name: 'PINSRB', encoding: '66 0F 3A 20', register: 'R32', memory: 'm8', bytes: 1, feature: 'sse4.1' },
  { name: 'PINSRW', encoding: '66 0F C4', register: 'R32', memory: 'm16', bytes: 2, feature: 'sse2' },
  { name: 'PINSRD', encoding: '66 0F 3A 22', register: 'Ry', memory: 'my', bytes: 'size', feature: 'sse4.1' },
];
/** Operand 0 is the destination. PEXTRD is PEXTRQ with REX.W. */
export const EXTRACTS: readonly { name: string; encoding: string; operands: string; bytes: 1 | 2 | 4 | 'size'; feature: string }[] = [
  { name: 'PEXTRW', encoding: '66 0F C5', operands: 'r32:w, X128:r', bytes: 2, feature: 'sse2' },
  { name: 'PEXTRB', encoding: '66 0F 3A 14', operands: 'R32:w, x:r', bytes: 1, feature: 'sse4.1' },
  { name: 'PEXTRB', encoding: '66 0F 3A 14', operands: 'm8:w, x:r', bytes: 1, feature: 'sse4.1' },
  { name: 'PEXTRW', encoding: '66 0F 3A 15', operands: 'R32:w, x:r', bytes: 2, feature: 'sse4.1' },
  { name: 'PEXTRW', encoding: '66 0F 3A 15', operands: 'm16:w, x:r', bytes: 2, feature: 'sse4.1' },
  { name: 'PEXTRD', encoding: '66 0F 3A 16', operands: 'rmy:w, x:r', bytes: 'size', feature: 'sse4.1' },
  { name: 'EXTRACTPS', encoding: '66 0F 3A 17', operands: 'rm32:w, x:r', bytes: 4, feature: 'sse4.1' },
];
export const INSERT_SINGLE: VectorInsn = {
  name: 'INSERTPS',
  encoding: '66 0F 3A 21',
  feature: 'sse4.1',
  run: insertSingle,
  destination: 'rw',
  memory: 4,
  immediate: true,
};

export const ofSize = (c: InsnContext, bytes: 1 | 2 | 4 | 'size'): 1 | 2 | 4 | 8 => (bytes === 'size' ? (c.size === 8 ? 8 : 4) : bytes);

export const INSERT_EXTRACT_ROWS: readonly InsnRow[] = [
  ...INSERTS.flatMap(({ name, encoding, register, memory, bytes, feature }) =>
    [register, memory].map((operand) =>
      row(
        name,
        `${encoding} /r ib`,
        `x:rw, ${operand}:r, imm`,
        sse(feature, (c) => {
          const width = ofSize(c, bytes);
          const source2 = c.hasMemory ? c.hostRead(1, width) : c.slot(1);
          const destination = c.slot(0);
          insert(width)(c, { bytes: 16, destination, source1: destination, source2 });
        }),
      ),
    ),
  ),
  ...EXTRACTS.map(({ name, encoding, operands, bytes, feature }) =>
    row(
      name,
      `${encoding} /r ib`,
      `${operands}, imm`,
      sse(feature, (c) => extract(ofSize(c, bytes))(c)),
    ),
  ),
  legacyRow(INSERT_SINGLE),
];
