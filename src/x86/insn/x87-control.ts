// Control of the x87 unit: control and status words, environment, state images, FWAIT (SDM vol 2; vol 1 ch. 8.1.10, 8.3.11).
import { Vector } from '../fault';
import { Gpr, S, STATE } from '../layout';
import { type Emit, type InsnRow, type RowMarks, row } from './row';

const x87 = (emit: Emit, more: RowMarks = {}): RowMarks => ({ unit: 'x87', size: 2, emit, ...more });

/** A control or status word, without waiting. */
const storeWord =
  (field: 'fcw' | 'fsw'): Emit =>
  (c) => {
    const host = c.hostWrite(0, 2);
    c.f
      .get(host)
      .i32(0)
      .mem('i32.load', STATE + S[field])
      .mem('i32.store16');
    c.commit(host);
  };
const statusToAx: Emit = (c) => {
  c.f.i32(0).mem('i64.load32_u', STATE + S.fsw);
  c.setGpr(Gpr.rax, 2, c.keep());
};
const loadControl: Emit = (c) => {
  c.fpu.wait();
  c.fpu.run('fldcw', { argument: c.hostRead(0, 2), pointers: 'none' });
};

const CR0_MP_TS = 0xa;
/** #NM with CR0.MP and CR0.TS, whatever EM is (SDM vol 3 table 2-2). */
const wait: Emit = (c) => {
  c.f
    .i32(0)
    .mem('i32.load', STATE + S.cr0)
    .i32(CR0_MP_TS)
    .op('i32.and')
    .i32(CR0_MP_TS)
    .op('i32.eq');
  c.raiseIf(Vector.NM);
  c.fpu.wait();
};
const nothing: Emit = () => {};

const ENVIRONMENT = [14, 28] as const;
const IMAGE = [94, 108] as const;

export const X87_CONTROL_ROWS: readonly InsnRow[] = [
  row('FWAIT', '9B', '', { size: 8, emit: wait }),
  row('FLDCW', 'D9 /5', 'm16:r', x87(loadControl)),
  row('FNSTCW', 'D9 /7', 'm16:w', x87(storeWord('fcw'))),
  row('FNSTSW', 'DD /7', 'm16:w', x87(storeWord('fsw'))),
  row('FNSTSW', 'DF [E0]', '', x87(statusToAx)),
  row('FNCLEX', 'DB [E2]', '', { unit: 'x87', helper: 'fnclex' }),
  row('FNINIT', 'DB [E3]', '', { unit: 'x87', helper: 'fninit' }),
  // Of the 8087 and 80287; nothing since the 80387.
  ...['E0', 'E1', 'E4'].map((modrm, i) => row(['FNENI', 'FNDISI', 'FNSETPM'][i]!, `DB [${modrm}]`, '', x87(nothing))),
  row('FLDENV', 'D9 /4', 'm:r', { unit: 'x87', size: 'v', helper: 'fldenv', memoryBytes: ENVIRONMENT }),
  row('FNSTENV', 'D9 /6', 'm:w', { unit: 'x87', size: 'v', helper: 'fnstenv', memoryBytes: ENVIRONMENT }),
  row('FRSTOR', 'DD /4', 'm:r', { unit: 'x87', size: 'v', helper: 'frstor', memoryBytes: IMAGE }),
  row('FNSAVE', 'DD /6', 'm:w', { unit: 'x87', size: 'v', helper: 'fnsave', memoryBytes: IMAGE }),
];
