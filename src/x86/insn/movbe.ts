// MOVBE and RDPID (SDM vol 2).
import type { Local } from '../../wasm/code';
import type { InsnContext } from '../emit/context';
import { S, STATE } from '../layout';
import { type Emit, type InsnRow, row } from './row';

/** Bytes of an operand the other way round. */
function swapBytes(c: InsnContext, value: Local): Local {
  const { f } = c;
  for (const [shift, mask] of [
    [8, 0x00ff_00ff_00ff_00ffn],
    [16, 0x0000_ffff_0000_ffffn],
  ] as const) {
    f.get(value).i64(mask).op('i64.and').i64(shift).op('i64.shl');
    f.get(value).i64(shift).op('i64.shr_u').i64(mask).op('i64.and', 'i64.or').set(value);
  }
  f.get(value)
    .i64(32)
    .op('i64.rotl')
    .i64(64 - c.size * 8)
    .op('i64.shr_u');
  return c.keep();
}

const load: Emit = (c) => c.write(0, swapBytes(c, c.read(1)));
const store: Emit = (c) => {
  c.probe(0);
  c.write(0, swapBytes(c, c.read(1)));
};

/** IA32_TSC_AUX. */
const rdpid: Emit = (c) => {
  c.f.i32(0).mem('i64.load', STATE + S.tscAux);
  c.write(0, c.keep());
};

export const MOVBE_ROWS: readonly InsnRow[] = [
  ...(['NP', '66'] as const).flatMap((prefix) => [
    row('MOVBE', `${prefix} 0F 38 F0 /r`, 'rv:w, mv:r', { feature: 'movbe', emit: load }),
    row('MOVBE', `${prefix} 0F 38 F1 /r`, 'mv:w, rv:r', { feature: 'movbe', emit: store }),
  ]),
  row('RDPID', 'F3 0F C7 /7', 'R64:w', { feature: 'rdpid', modes: '64', emit: rdpid }),
  row('RDPID', 'F3 0F C7 /7', 'R32:w', { feature: 'rdpid', modes: 'legacy', emit: rdpid }),
];
