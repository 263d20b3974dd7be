// PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (SDM vol 2): their results are flags and ECX or XMM0; memory operands need no alignment.
import { ARITHMETIC_FLAGS } from '../../emit/flags';
import { Gpr, S, STATE } from '../../layout';
import { type Emit, type InsnRow, row } from '../row';
import { sse } from './operation';

/** Operands 0 and 1 of the row, also of a VEX form, which clears what is above 128 bits of XMM0. Explicit lengths are in EAX and EDX, with REX.W in RAX and RDX. */
const compareStrings =
  (explicit: boolean, result: 'index' | 'mask'): Emit =>
  (c) => {
    const { f } = c;
    const source2 = c.xmm(1, 16);
    const destination = c.scratch();
    if (explicit)
      for (const [i, register] of [Gpr.rax, Gpr.rdx].entries()) {
        f.get(destination).get(c.gpr(register));
        if (c.size !== 8) f.op('i64.extend32_s');
        f.mem('i64.store', i * 8);
      }
    c.vector(explicit ? 'pcmpestr' : 'pcmpistr', { bytes: 16, destination, source1: c.slot(0), source2 });
    if (result === 'index') {
      f.get(destination).mem('i64.load', 8);
      c.setGpr(Gpr.rcx, 8, c.keep());
    } else
      f.i32(STATE + S.ymm)
        .get(destination)
        .simdMem('v128.load', 16)
        .simdMem('v128.store');
    f.get(destination).mem('i64.load');
    c.flagsReplace(ARITHMETIC_FLAGS, c.keep());
  };

export const STRING_COMPARE: readonly { name: string; encoding: string; emit: Emit }[] = [
  { name: 'PCMPESTRM', encoding: '66 0F 3A 60', emit: compareStrings(true, 'mask') },
  { name: 'PCMPESTRI', encoding: '66 0F 3A 61', emit: compareStrings(true, 'index') },
  { name: 'PCMPISTRM', encoding: '66 0F 3A 62', emit: compareStrings(false, 'mask') },
  { name: 'PCMPISTRI', encoding: '66 0F 3A 63', emit: compareStrings(false, 'index') },
];
export const STRING_COMPARE_ROWS: readonly InsnRow[] = STRING_COMPARE.map(({ name, encoding, emit }) =>
  row(name, `${encoding} /r ib`, 'x:r, xm128:r, imm', sse('sse4.2', emit, { size: 'y', flags: { write: 'cpazso' } })),
);
