// MOV, extensions, exchanges, conditional moves and sets, LEA, BSWAP, CBW and CWD families (SDM vol 2).
import { CONDITIONS, Flag } from '../emit/flags';
import { Vector } from '../fault';
import { Gpr } from '../layout';
import { ARITH, type Emit, type InsnRow, row } from './row';

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');

const mov: Emit = (c) => c.write(0, c.read(1));
const movRows: InsnRow[] = [
  row('MOV', '88 /r', 'rm8:w, r8:r', { emit: mov }),
  row('MOV', '89 /r', 'rmv:w, rv:r', { emit: mov }),
  row('MOV', '8A /r', 'r8:w, rm8:r', { emit: mov }),
  row('MOV', '8B /r', 'rv:w, rmv:r', { emit: mov }),
  row('MOV', 'C6 /0 ib', 'rm8:w, imm', { emit: mov }),
  row('MOV', 'C7 /0 iz', 'rmv:w, imm', { emit: mov }),
  row('MOV', 'B0 +r ib', 'o8:w, imm', { emit: mov }),
  row('MOV', 'B8 +r iv', 'ov:w, imm', { emit: mov }),
  row('MOV', 'A0 mo', 'a8:w, moffs8:r', { emit: mov }),
  row('MOV', 'A1 mo', 'av:w, moffsv:r', { emit: mov }),
  row('MOV', 'A2 mo', 'moffs8:w, a8:r', { emit: mov }),
  row('MOV', 'A3 mo', 'moffsv:w, av:r', { emit: mov }),
  row('MOV', '8C /r', 'm16:w, sreg:r', { emit: mov }),
  row('MOV', '8C /r', 'Rv:w, sreg:r', { emit: mov }),
  row('MOVZX', '0F B6 /r', 'rv:w, rm8:r', { emit: mov }),
  row('MOVZX', '0F B7 /r', 'rv:w, rm16:r', { emit: mov }),
];

const movsx: Emit = (c) => c.write(0, c.readSigned(1));
const movsxRows: InsnRow[] = [
  row('MOVSX', '0F BE /r', 'rv:w, rm8:r', { emit: movsx }),
  row('MOVSX', '0F BF /r', 'rv:w, rm16:r', { emit: movsx }),
  row('MOVSXD', '63 /r', 'rv:w, rm32:r', { emit: movsx, modes: '64' }),
];

const lea: Emit = (c) => c.write(0, c.address(1));

const xchg: Emit = (c) => {
  const a = c.readModify(0);
  const b = c.read(1);
  c.write(1, a);
  c.write(0, b);
};
const xadd: Emit = (c) => {
  const a = c.readModify(0);
  const b = c.read(1);
  c.f.get(a).get(b).op('i64.add');
  const r = c.keep();
  c.flagsAdd(a, b, r);
  c.write(1, a);
  c.write(0, r);
};
const cmpxchg: Emit = (c) => {
  const { f } = c;
  const old = c.readModify(0);
  const source = c.read(1);
  const accumulator = c.read(2);
  f.get(accumulator).get(old).op('i64.sub');
  const r = c.keep();
  c.flagsSub(accumulator, old, r);
  f.get(source).get(old).get(old).get(accumulator).op('i64.eq', 'select');
  const stored = c.keep();
  // On success the accumulator is not written (its upper half survives a 32-bit form); the memory write happens in both cases.
  f.get(old).get(accumulator).op('i64.ne');
  f.if();
  c.setGpr(Gpr.rax, c.size, old);
  f.end();
  if (c.hasMemory) c.write(0, stored);
  else {
    f.get(old).get(accumulator).op('i64.eq');
    f.if();
    c.write(0, stored);
    f.end();
  }
};
const bswap: Emit = (c) => {
  const { f } = c;
  const v = c.read(0);
  const mask = (m: bigint, by: number): void => {
    f.get(v).i64(by).op('i64.shr_u').i64(m).op('i64.and');
    f.get(v).i64(m).op('i64.and').i64(by).op('i64.shl', 'i64.or').set(v);
  };
  mask(0x00ff00ff00ff00ffn, 8);
  mask(0x0000ffff0000ffffn, 16);
  f.get(v).i64(32).op('i64.rotl').set(v);
  if (c.size !== 8)
    f.get(v)
      .i64(c.size === 4 ? 32 : 64)
      .op('i64.shr_u')
      .set(v);
  // BSWAP of a 16-bit register is undefined; processors clear it.
  if (c.size === 2) f.i64(0).set(v);
  c.write(0, v);
};

const exchangeRows: InsnRow[] = [
  row('XCHG', '86 /r', 'rm8:rw, r8:rw', { emit: xchg, lock: true }),
  row('XCHG', '87 /r', 'rmv:rw, rv:rw', { emit: xchg, lock: true }),
  row('XCHG', '90 +r', 'ov:rw, av:rw', { emit: xchg }),
  row('XADD', '0F C0 /r', 'rm8:rw, r8:rw', { emit: xadd, flags: ARITH, lock: true }),
  row('XADD', '0F C1 /r', 'rmv:rw, rv:rw', { emit: xadd, flags: ARITH, lock: true }),
  row('CMPXCHG', '0F B0 /r', 'rm8:rw, r8:r, a8:rw', { emit: cmpxchg, flags: ARITH, lock: true }),
  row('CMPXCHG', '0F B1 /r', 'rmv:rw, rv:r, av:rw', { emit: cmpxchg, flags: ARITH, lock: true }),
  row('LEA', '8D /r', 'rv:w, m:n', { emit: lea, noSegment: true }),
  row('BSWAP', '0F C8 +r', 'ov:rw', { emit: bswap }),
];

/** CMPXCHG8B and CMPXCHG16B: size is that of one half. */
const cmpxchgPair: Emit = (c) => {
  const { f } = c;
  const wide = c.size === 8;
  if (wide) {
    // CMPXCHG16B wants its operand aligned (SDM vol 2): #GP(0)
    f.get(c.address(0)).i64(15).op('i64.and').i64(0).op('i64.ne');
    c.raiseIf(Vector.GP);
  }
  const host = c.hostWrite(0, c.size * 2);
  const load = wide ? 'i64.load' : 'i64.load32_u';
  const store = wide ? 'i64.store' : 'i64.store32';
  f.get(host).mem(load, 0);
  const low = c.keep();
  f.get(host).mem(load, c.size);
  const high = c.keep();
  const half = (index: number): number => {
    f.get(c.gpr(index));
    if (!wide) f.i64(0xffffffff).op('i64.and');
    return c.keep();
  };
  const [a, d, b, x] = [half(Gpr.rax), half(Gpr.rdx), half(Gpr.rbx), half(Gpr.rcx)];
  f.get(low).get(a).op('i64.eq').get(high).get(d).op('i64.eq', 'i32.and');
  const same = c.keep32();
  f.get(same).i32(6).op('i32.shl', 'i64.extend_i32_u');
  c.flagsReplace(Flag.ZF, c.keep());
  f.get(same);
  f.if();
  f.get(host).get(b).mem(store, 0).get(host).get(x).mem(store, c.size);
  f.else();
  c.setGpr(Gpr.rax, c.size, low);
  c.setGpr(Gpr.rdx, c.size, high);
  f.end();
  c.commit(host);
};
const pairRows: InsnRow[] = [
  row('CMPXCHG8B', '0F C7 /1', 'm:rw', { emit: cmpxchgPair, feature: 'cx8', size: 4, flags: { write: 'z' }, lock: true }),
  row('CMPXCHG16B', 'REX.W + 0F C7 /1', 'm:rw', { emit: cmpxchgPair, feature: 'cx16', size: 8, flags: { write: 'z' }, lock: true }),
];

const conditionalRows: InsnRow[] = CONDITIONS.flatMap((cc, n): InsnRow[] => [
  row(`CMOV${cc.toUpperCase()}`, `0F ${hex(0x40 + n)} /r`, 'rv:rw, rmv:r', {
    feature: 'cmov',
    flags: { read: 'cpazso' },
    emit: (c) => {
      // The source is read, and faults, whatever the condition; a 32-bit form always clears the upper half.
      const source = c.read(1);
      const old = c.read(0);
      c.f.get(source).get(old);
      c.condition(cc);
      c.f.op('select');
      c.write(0, c.keep());
    },
  }),
  row(`SET${cc.toUpperCase()}`, `0F ${hex(0x90 + n)} /r`, 'rm8:w', {
    flags: { read: 'cpazso' },
    emit: (c) => {
      c.f.i64(1).i64(0);
      c.condition(cc);
      c.f.op('select');
      c.write(0, c.keep());
    },
  }),
]);

const widen: Emit = (c) => {
  const { f } = c;
  f.get(c.gpr(Gpr.rax)).op(c.size === 2 ? 'i64.extend8_s' : c.size === 4 ? 'i64.extend16_s' : 'i64.extend32_s');
  c.setGpr(Gpr.rax, c.size, c.keep());
};
const signWord: Emit = (c) => {
  const { f } = c;
  f.get(c.gpr(Gpr.rax))
    .i64(64 - c.size * 8)
    .op('i64.shl')
    .i64(63)
    .op('i64.shr_s');
  c.setGpr(Gpr.rdx, c.size, c.keep());
};

const widenRows: InsnRow[] = [row('CBW', '98', '', { emit: widen, size: 'v' }), row('CWD', '99', '', { emit: signWord, size: 'v' })];

export const MOV_ROWS: readonly InsnRow[] = [...movRows, ...movsxRows, ...exchangeRows, ...pairRows, ...conditionalRows, ...widenRows];
