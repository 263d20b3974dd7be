// What one operation of the x87 is, and the shapes that several have: a register that becomes a function of operands.
import { type F80, type FpuEnvironment, INDEFINITE } from '../float80';
import type { FpuUnit } from '../unit';

/**
 * `argument` is a stack register's number, or the place in memory of an operand.
 * @returns false: nothing is stored to the memory operand
 */
export type FpuOperation = (u: FpuUnit, argument: number) => boolean;
export type Binary = (a: F80, b: F80, env: FpuEnvironment) => F80;

/** The destination register becomes a function of it and another operand. */
export function replace(
  u: FpuUnit,
  destination: number,
  empty: boolean,
  other: (env: FpuEnvironment) => F80,
  run: Binary,
  pops = 0,
): boolean {
  if (empty || u.isEmpty(destination)) {
    if (!u.stackFault(false)) return true;
    u.set(destination, INDEFINITE);
  } else {
    const env = u.environment();
    const result = run(u.get(destination), other(env), env);
    if (!u.settle(env)) return true;
    u.set(destination, result);
  }
  u.pops(pops);
  return true;
}

/** ST(0) becomes a function of itself. */
export const unary =
  (run: (a: F80, env: FpuEnvironment) => F80): FpuOperation =>
  (u) =>
    replace(
      u,
      0,
      false,
      () => INDEFINITE,
      (a, _b, env) => run(a, env),
    );

/** The quick way where it is one. */
export const quickly =
  (quick: FpuOperation, exact: FpuOperation): FpuOperation =>
  (u, argument) =>
    quick(u, argument) || exact(u, argument);
