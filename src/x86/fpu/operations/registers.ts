// Moves between registers, and what changes only their tags, the top of the stack or the control word.
import { normalControl, withSummary } from '../bits';
import { INDEFINITE } from '../float80';
import { exchange } from '../quick-moves';
import type { FpuOperation } from './operation';

export const registers = {
  fxch: (u, i) => {
    if (exchange(u, i)) return true;
    const before = [u.isEmpty(0), u.isEmpty(i)];
    if (before[0] || before[1]) {
      if (!u.stackFault(false)) return true;
      if (before[0]) u.set(0, INDEFINITE);
      if (before[1]) u.set(i, INDEFINITE);
    } else u.environment();
    const [a, b] = [u.get(0), u.get(i)];
    u.set(0, b);
    u.set(i, a);
    return true;
  },
  /** `argument`: register number; bit 3: the condition holds. */
  fcmov: (u, argument) => {
    const i = argument & 7;
    if (u.isEmpty(0) || u.isEmpty(i)) {
      if (u.stackFault(false)) u.set(0, INDEFINITE);
      return true;
    }
    if (argument & 8) u.set(0, u.get(i));
    return true;
  },
  ffree: (u, i) => {
    u.environment();
    u.free(i);
    return true;
  },
  ffreep: (u, i) => {
    u.environment();
    u.free(i);
    u.pop();
    return true;
  },
  fincstp: (u) => {
    u.environment();
    u.rotate(1);
    return true;
  },
  fdecstp: (u) => {
    u.environment();
    u.rotate(-1);
    return true;
  },
  fnop: () => true,
  fldcw: (u, at) => {
    u.fcw = normalControl(u.view.getUint16(at, true));
    u.fsw = withSummary(u.fsw, u.fcw);
    return true;
  },
} as const satisfies Record<string, FpuOperation>;
