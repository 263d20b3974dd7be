// Near jumps, calls, returns and loops (SDM vol 2). Far transfers are system rows.
import type { Local } from '../../wasm/code';
import type { InsnContext } from '../emit/context';
import { CONDITIONS } from '../emit/flags';
import { Vector } from '../fault';
import { Gpr, ModeBit, S, SEGMENT_STRIDE, Seg, SegmentField, STATE } from '../layout';
import { type Emit, type InsnRow, row } from './row';

const CR4_LA57 = 0x1000;
const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');

const CS_LIMIT = STATE + S.segments + Seg.cs * SEGMENT_STRIDE + SegmentField.limit;
/** A near branch beyond the limit of CS is #GP(0) at the branch; only outside 64-bit mode, and where segments are not flat. `first` emits what faults before that. */
function checkLimit(c: InsnContext, target: Local, first?: () => void): void {
  const { f } = c;
  c.settleFlags();
  f.i32(0)
    .mem('i32.load', STATE + S.mode)
    .i32(ModeBit.code64 | ModeBit.flat)
    .op('i32.and', 'i32.eqz')
    .if();
  const beyond = (): void => void f.get(target).i32(0).mem('i64.load32_u', CS_LIMIT).op('i64.gt_u');
  if (first) {
    beyond();
    f.if();
    first();
    f.end();
  }
  beyond();
  c.raiseIf(Vector.GP);
  f.end();
}
/** The same where the i32 on the stack says that the branch is taken; it stays there. */
function checkTaken(c: InsnContext): void {
  if (c.size === 8) return;
  const taken = c.keep32();
  c.settleFlags();
  c.f.get(taken).if();
  checkLimit(c, c.branchTarget());
  c.f.end().get(taken);
}

const call: Emit = (c) => {
  if (c.size !== 8) checkLimit(c, c.branchTarget(), () => c.probePush(c.size));
  c.push(c.nextIp(), c.size);
  c.jump();
};
/** A near branch to an address that is not canonical, or beyond the limit of CS, is #GP(0) at the branch; `first` emits what faults before that. */
function checkTarget(c: InsnContext, target: Local, first?: () => void): void {
  const { f } = c;
  if (c.size !== 8) {
    f.get(target)
      .i64(c.size === 4 ? 0xffff_ffff : 0xffff)
      .op('i64.and');
    checkLimit(c, c.keep(), first);
    return;
  }
  const leavesBits = (bits: number): void =>
    void f
      .get(target)
      .i64(64 - bits)
      .op('i64.shl')
      .i64(64 - bits)
      .op('i64.shr_s')
      .get(target)
      .op('i64.ne');
  c.settleFlags();
  leavesBits(48);
  f.if();
  first?.();
  leavesBits(57);
  f.i32(0)
    .mem('i32.load', STATE + S.cr4)
    .i32(CR4_LA57)
    .op('i32.and', 'i32.eqz', 'i32.or');
  c.raiseIf(Vector.GP);
  f.end();
}

const jump: Emit = (c) => {
  if (c.size !== 8) checkLimit(c, c.branchTarget());
  c.jump();
};
const jumpIndirect: Emit = (c) => {
  const target = c.read(0);
  checkTarget(c, target);
  c.jumpTo(target);
};
const callIndirect: Emit = (c) => {
  const target = c.read(0);
  checkTarget(c, target, () => c.probePush(c.size));
  c.push(c.nextIp(), c.size);
  c.jumpTo(target);
};
const ret =
  (withCount: boolean): Emit =>
  (c) => {
    const target = c.peek(c.size);
    checkTarget(c, target);
    c.adjustStack(c.size);
    if (withCount) {
      c.f.get(c.gpr(Gpr.rsp)).get(c.read(0)).op('i64.add');
      c.setStack(c.keep());
    }
    c.jumpTo(target);
  };

/** LOOP, LOOPE, LOOPNE: `size` is the address size, which counts. */
const loop =
  (cc: 'e' | 'ne' | undefined): Emit =>
  (c) => {
    const { f } = c;
    f.get(c.gpr(Gpr.rcx)).i64(1).op('i64.sub');
    const left = c.keep();
    f.get(left)
      .i64(64 - c.size * 8)
      .op('i64.shl', 'i64.eqz', 'i32.eqz');
    if (cc) {
      c.condition(cc);
      f.op('i32.eqz', 'i32.eqz', 'i32.and');
    }
    checkTaken(c);
    const taken = c.keep32();
    c.setGpr(Gpr.rcx, c.size, left);
    f.get(taken);
    c.jumpIf();
  };
const jcxz: Emit = (c) => {
  c.f
    .get(c.gpr(Gpr.rcx))
    .i64(64 - c.size * 8)
    .op('i64.shl', 'i64.eqz');
  checkTaken(c);
  c.jumpIf();
};

export const CONTROL_ROWS: readonly InsnRow[] = [
  ...CONDITIONS.flatMap((cc, n): InsnRow[] => {
    const marks = {
      flags: { read: 'cpazso' },
      size: 'f64',
      emit: ((c) => {
        c.condition(cc);
        checkTaken(c);
        c.jumpIf();
      }) as Emit,
    } as const;
    return [
      row(`J${cc.toUpperCase()}`, `${hex(0x70 + n)} cb`, 'rel', marks),
      row(`J${cc.toUpperCase()}`, `0F ${hex(0x80 + n)} cz`, 'rel', marks),
    ];
  }),
  row('JMP', 'EB cb', 'rel', { emit: jump, size: 'f64', ends: true }),
  row('JMP', 'E9 cz', 'rel', { emit: jump, size: 'f64', ends: true }),
  row('JMP', 'FF /4', 'rm:r', { emit: jumpIndirect, size: 'f64', ends: true }),
  row('CALL', 'E8 cz', 'rel', { emit: call, size: 'f64', ends: true }),
  row('CALL', 'FF /2', 'rm:r', { emit: callIndirect, size: 'f64', ends: true }),
  row('RET', 'C3', '', { emit: ret(false), size: 'f64', ends: true }),
  row('RET', 'C2 iw', 'immu', { emit: ret(true), size: 'f64', ends: true }),
  row('LOOPNE', 'E0 cb', 'rel', { emit: loop('ne'), size: 'address', flags: { read: 'z' } }),
  row('LOOPE', 'E1 cb', 'rel', { emit: loop('e'), size: 'address', flags: { read: 'z' } }),
  row('LOOP', 'E2 cb', 'rel', { emit: loop(undefined), size: 'address' }),
  row('JRCXZ', 'E3 cb', 'rel', { emit: jcxz, size: 'address' }),
];
