// Functions of ST(0), and of ST(1) and ST(0): roots, rounding, remainders, trigonometry, logarithms.
import { sqrt80 } from '../arithmetic';
import { CONDITIONS, Sw } from '../bits';
import { roundToInteger } from '../convert';
import { type F80, type FpuEnvironment, INDEFINITE, one80 } from '../float80';
import { extract80, remainder80, scale80 } from '../partial';
import { atan80, cos80, exp80, isOutOfRange, sin80, tan80, ylog2x, ylog2x1 } from '../transcendental';
import type { FpuUnit } from '../unit';
import { type Binary, type FpuOperation, replace, unary } from './operation';

/** ST(1) becomes a function of ST(1) and ST(0), which is popped. */
const toSecond =
  (run: Binary): FpuOperation =>
  (u) =>
    replace(u, 1, u.isEmpty(0), () => u.get(0), run, 1);

/** ST(0) is replaced by one result and another is pushed on it: FSINCOS, FPTAN, FXTRACT. */
function replaceAndPush(u: FpuUnit, run: (a: F80, env: FpuEnvironment) => readonly [F80, F80]): boolean {
  const empty = u.isEmpty(0);
  if (empty || !u.isEmpty(-1)) {
    if (!u.stackFault(!empty)) return true;
    u.set(0, INDEFINITE);
    u.push(INDEFINITE);
    return true;
  }
  const env = u.environment();
  const [below, above] = run(u.get(0), env);
  if (!u.settle(env)) return true;
  u.set(0, below);
  u.push(above);
  return true;
}
/** C2 says that the operand is out of range, and nothing is done. */
const trigonometric =
  (run: FpuOperation, pushes = false): FpuOperation =>
  (u, argument) => {
    u.setConditions(Sw.C2, 0);
    if (!u.isEmpty(0) && (!pushes || u.isEmpty(-1)) && isOutOfRange(u.get(0))) {
      u.setConditions(Sw.C1 | Sw.C2, Sw.C2);
      return true;
    }
    return run(u, argument);
  };

/** The quotient's bits are written only with a result. */
const partialRemainder =
  (nearest: boolean): FpuOperation =>
  (u) => {
    u.setConditions(Sw.C2, 0);
    if (u.isEmpty(0) || u.isEmpty(1)) {
      if (u.stackFault(false)) u.set(0, INDEFINITE);
      return true;
    }
    const env = u.environment();
    const { value, conditions } = remainder80(u.get(0), u.get(1), nearest, env);
    if (!u.settle(env)) return true;
    if (conditions !== undefined) u.setConditions(CONDITIONS, conditions);
    u.set(0, value);
    return true;
  };

/** FCHS and FABS raise nothing but a stack fault. */
function replaceQuietly(u: FpuUnit, run: (a: F80) => F80): boolean {
  return replace(
    u,
    0,
    false,
    () => INDEFINITE,
    (a) => run(a),
  );
}

export const functions = {
  fchs: (u) => replaceQuietly(u, ({ se, m }) => ({ se: se ^ 0x8000, m })),
  fabs: (u) => replaceQuietly(u, ({ se, m }) => ({ se: se & 0x7fff, m })),
  fsqrt: unary(sqrt80),
  frndint: unary(roundToInteger),
  f2xm1: unary(exp80),
  fsin: trigonometric(unary(sin80)),
  fcos: trigonometric(unary(cos80)),
  fsincos: trigonometric(
    (u) =>
      replaceAndPush(u, (a, env) => {
        const below = sin80(a, env);
        return [below, cos80(a, env)];
      }),
    true,
  ),
  fptan: trigonometric(
    (u) =>
      replaceAndPush(u, (a, env) => {
        const tangent = tan80(a, env);
        return [tangent, (tangent.se & 0x7fff) === 0x7fff ? tangent : one80()];
      }),
    true,
  ),
  fxtract: (u) =>
    replaceAndPush(u, (a, env) => {
      const { exponent, significand } = extract80(a, env);
      return [exponent, significand];
    }),
  fscale: (u) => replace(u, 0, u.isEmpty(1), () => u.get(1), scale80),
  fprem: partialRemainder(false),
  fprem1: partialRemainder(true),
  fpatan: toSecond(atan80),
  fyl2x: toSecond(ylog2x),
  fyl2xp1: toSecond(ylog2x1),
} as const satisfies Record<string, FpuOperation>;
