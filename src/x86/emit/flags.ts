// Lazy arithmetic flags. S.ccOp = kind | (64 - operand bits) << 8; ccDst, ccSrc and ccAux hold the operation's result and operands unshifted: a reader shifts
// them left so that the operand's sign bit is bit 63, and one formula serves all sizes. Kind 0: S.rflags is exact.
import type { Code } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { S, STATE } from '../layout';

export const CcKind = {
  exact: 0,
  /** dst = a - b, src = b */
  sub: 1,
  /** dst = a + b, src = b */
  add: 2,
  /** dst = result; CF = OF = AF = 0 */
  logic: 3,
  /** dst = result; aux bit 0 CF, bit 1 OF, bit 4 AF */
  explicit: 4,
  /** dst = result; aux = CF as it was */
  inc: 5,
  dec: 6,
  /** dst = result, src = b, aux = carry that came in */
  adc: 7,
  sbb: 8,
} as const;

/** The low four bits of Jcc, SETcc, CMOVcc. */
export const CONDITIONS = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'] as const;
export type Condition = (typeof CONDITIONS)[number];

export const Flag = { CF: 1, PF: 4, AF: 0x10, ZF: 0x40, SF: 0x80, TF: 0x100, IF: 0x200, DF: 0x400, OF: 0x800 } as const;
export const ARITHMETIC_FLAGS = 0x8d5;

type Test = 'o' | 'b' | 'e' | 'be' | 's' | 'p' | 'l' | 'le';
export interface FlagFunctions {
  /** () → i32: CF PF AF ZF SF OF in RFLAGS' places. */
  all: number;
  /** () → i32, one per non-negated condition. */
  test: Record<Test, number>;
  /** (): S.rflags made exact, nothing pending. */
  materialise: number;
}

const field = (offset: number): number => STATE + offset;

function loadOp(f: Code): void {
  f.i32(0).mem('i32.load', field(S.ccOp));
}

/** Builds the functions that read lazy flags. */
export function buildFlagFunctions(module: ModuleBuilder): FlagFunctions {
  const all = buildAll(module);
  const shifted = (f: Code, offset: number, op: number): void => {
    f.i32(0).mem('i64.load', field(offset)).get(op).i32(8).op('i32.shr_u', 'i64.extend_i32_u', 'i64.shl');
  };
  /** kinds: bodies that push an i32 for some kinds; all others take `bit` of the whole. */
  const test = (bodies: Partial<Record<keyof typeof CcKind, (f: Code, op: number) => void>>, whole: (f: Code) => void): number => {
    const { index, code: f } = module.func([], ['i32']);
    const op = f.local('i32');
    loadOp(f);
    f.set(op);
    for (const [kind, body] of Object.entries(bodies)) {
      f.get(op)
        .i32(255)
        .op('i32.and')
        .i32(CcKind[kind as keyof typeof CcKind])
        .op('i32.eq');
      f.if();
      body(f, op);
      f.op('return').end();
    }
    whole(f);
    return index;
  };
  const bit = (mask: number) => (f: Code) => {
    f.call(all).i32(mask).op('i32.and');
  };
  /** a (= dst + src) compared with src. */
  const compare = (op: 'i64.lt_u' | 'i64.le_u' | 'i64.lt_s' | 'i64.le_s') => (f: Code, cc: number) => {
    shifted(f, S.ccDst, cc);
    shifted(f, S.ccSrc, cc);
    f.op('i64.add');
    shifted(f, S.ccSrc, cc);
    f.op(op);
  };
  /** The result compared with 0: right for every kind but `exact`. */
  const result =
    (op: 'i64.eqz' | 'i64.lt_s' | 'i64.le_s'): ((f: Code) => void) =>
    (f) => {
      const cc = f.local('i32');
      loadOp(f);
      f.set(cc);
      shifted(f, S.ccDst, cc);
      if (op === 'i64.eqz') f.op(op);
      else f.i64(0).op(op);
    };
  const exactBit = (mask: number) => (f: Code) => {
    f.i32(0).mem('i32.load', field(S.rflags)).i32(mask).op('i32.and');
  };
  const tests: Record<Test, number> = {
    o: test({ logic: (f) => f.i32(0) }, bit(Flag.OF)),
    b: test(
      {
        sub: compare('i64.lt_u'),
        add: (f, cc) => {
          shifted(f, S.ccDst, cc);
          shifted(f, S.ccSrc, cc);
          f.op('i64.lt_u');
        },
        logic: (f) => f.i32(0),
      },
      bit(Flag.CF),
    ),
    e: test({ exact: exactBit(Flag.ZF) }, result('i64.eqz')),
    be: test({ sub: compare('i64.le_u') }, bit(Flag.CF | Flag.ZF)),
    s: test({ exact: exactBit(Flag.SF) }, result('i64.lt_s')),
    p: test({}, bit(Flag.PF)),
    l: test({ sub: compare('i64.lt_s'), logic: result('i64.lt_s') }, (f) => {
      const flags = f.local('i32');
      f.call(all).tee(flags).i32(4).op('i32.shr_u').get(flags).op('i32.xor').i32(Flag.SF).op('i32.and');
    }),
    le: test({ sub: compare('i64.le_s'), logic: result('i64.le_s') }, (f) => {
      const flags = f.local('i32');
      f.call(all).tee(flags).i32(4).op('i32.shr_u').get(flags).op('i32.xor').i32(Flag.SF).op('i32.and');
      f.get(flags).i32(Flag.ZF).op('i32.and', 'i32.or');
    }),
  };
  const { index: materialise, code } = module.func([], [], 'materialiseFlags');
  loadOp(code);
  code.if();
  code.i32(0).i32(0).mem('i32.load', field(S.rflags)).i32(~ARITHMETIC_FLAGS).op('i32.and');
  code.call(all).op('i32.or').mem('i32.store', field(S.rflags));
  code.i32(0).i32(0).mem('i32.store', field(S.ccOp));
  code.end();
  // What is left of operands is not seen: compiled code may drop it.
  for (const offset of [S.ccDst, S.ccSrc, S.ccAux]) code.i32(0).i64(0).mem('i64.store', field(offset));
  return { all, test: tests, materialise };
}

function buildAll(module: ModuleBuilder): number {
  const { index, code: f } = module.func([], ['i32']);
  const kind = f.local('i32');
  const shift = f.local('i64');
  const dst = f.local('i64');
  const src = f.local('i64');
  const a = f.local('i64');
  const aux = f.local('i64');
  const flags = f.local('i32');
  loadOp(f);
  f.tee(kind).i32(8).op('i32.shr_u', 'i64.extend_i32_u').set(shift);
  f.get(kind).i32(255).op('i32.and').tee(kind).op('i32.eqz');
  f.if();
  f.i32(0).mem('i32.load', field(S.rflags)).i32(ARITHMETIC_FLAGS).op('i32.and', 'return');
  f.end();
  const load = (offset: number): Code => f.i32(0).mem('i64.load', field(offset));
  load(S.ccDst).set(dst);
  load(S.ccSrc).set(src);
  load(S.ccAux).set(aux);
  // PF: even parity of the low byte; ZF; SF.
  f.get(dst).op('i32.wrap_i64').i32(255).op('i32.and', 'i32.popcnt').i32(1).op('i32.and').i32(1).op('i32.xor').i32(2).op('i32.shl');
  f.get(dst).get(shift).op('i64.shl', 'i64.eqz').i32(6).op('i32.shl', 'i32.or');
  f.get(dst).get(shift).op('i64.shl').i64(0).op('i64.lt_s').i32(7).op('i32.shl', 'i32.or').set(flags);
  const isKind = (value: number): Code => f.get(kind).i32(value).op('i32.eq');
  const addFlag = (bit: number): void => {
    if (bit > 0) f.i32(bit).op('i32.shl');
    f.get(flags).op('i32.or').set(flags);
  };
  const auxiliary = (): void => {
    f.get(a).get(src).op('i64.xor').get(dst).op('i64.xor', 'i32.wrap_i64').i32(Flag.AF).op('i32.and').get(flags).op('i32.or').set(flags);
  };
  const overflow = (addition: boolean): void => {
    f.get(a)
      .get(addition ? dst : src)
      .op('i64.xor');
    f.get(addition ? src : a)
      .get(dst)
      .op('i64.xor', 'i64.and');
    f.get(shift).op('i64.shl').i64(63).op('i64.shr_u', 'i32.wrap_i64');
    addFlag(11);
  };
  const normal = (local: number): Code => f.get(local).get(shift).op('i64.shl');
  const done = (): void => {
    f.get(flags).op('return').end();
  };
  for (const [value, withAux] of [
    [CcKind.sub, false],
    [CcKind.sbb, true],
  ] as const) {
    isKind(value).if();
    f.get(dst).get(src).op('i64.add');
    if (withAux) f.get(aux).op('i64.add');
    f.set(a);
    auxiliary();
    overflow(false);
    if (withAux) {
      f.get(aux).op('i64.eqz', 'i32.eqz');
      f.if('i32');
      normal(a);
      normal(src).op('i64.le_u').else();
      normal(a);
      normal(src).op('i64.lt_u').end();
    } else {
      normal(a);
      normal(src).op('i64.lt_u');
    }
    addFlag(0);
    done();
  }
  for (const [value, withAux] of [
    [CcKind.add, false],
    [CcKind.adc, true],
  ] as const) {
    isKind(value).if();
    f.get(dst).get(src).op('i64.sub');
    if (withAux) f.get(aux).op('i64.sub');
    f.set(a);
    auxiliary();
    overflow(true);
    if (withAux) {
      f.get(aux).op('i64.eqz', 'i32.eqz');
      f.if('i32');
      normal(dst);
      normal(src).op('i64.le_u').else();
      normal(dst);
      normal(src).op('i64.lt_u').end();
    } else {
      normal(dst);
      normal(src).op('i64.lt_u');
    }
    addFlag(0);
    done();
  }
  isKind(CcKind.explicit).if();
  f.get(aux).op('i32.wrap_i64').i32(1).op('i32.and');
  addFlag(0);
  f.get(aux).op('i32.wrap_i64').i32(1).op('i32.shr_u').i32(1).op('i32.and');
  addFlag(11);
  f.get(aux).op('i32.wrap_i64').i32(Flag.AF).op('i32.and');
  addFlag(0);
  done();
  for (const [value, low, top] of [
    [CcKind.inc, 0, 0x8000_0000_0000_0000n],
    [CcKind.dec, 15, 0x7fff_ffff_ffff_ffffn],
  ] as const) {
    isKind(value).if();
    f.get(aux).op('i32.wrap_i64');
    addFlag(0);
    f.get(dst).op('i32.wrap_i64').i32(15).op('i32.and').i32(low).op('i32.eq');
    addFlag(4);
    // The top bits of the result as the operand size cuts them: 100… after INC, 011… after DEC.
    normal(dst);
    f.i64(top);
    if (value === CcKind.dec) f.get(shift).op('i64.shr_u').get(shift).op('i64.shl');
    f.op('i64.eq');
    addFlag(11);
    done();
  }
  f.get(flags);
  return index;
}
