// VZEROALL, VZEROUPPER, VLDMXCSR, VSTMXCSR (SDM vol 2). Outside 64-bit mode there are eight registers.
import { S, STATE } from '../../layout';
import { type Emit, type InsnRow, row } from '../row';
import { avx } from './generator';

const zero =
  (registers: number, from: 0 | 16): Emit =>
  ({ f }) => {
    for (let i = 0; i < registers; i++)
      for (let at = from; at < 32; at += 8)
        f.i32(0)
          .i64(0)
          .mem('i64.store', STATE + S.ymm + i * 32 + at);
  };

export const VEX_CONTROL_ROWS: readonly InsnRow[] = [
  ...(
    [
      ['64', 16],
      ['legacy', 8],
    ] as const
  ).flatMap(([modes, registers]) => [
    row('VZEROUPPER', 'VEX.128.0F.WIG 77', '', avx('avx', zero(registers, 16), { modes })),
    row('VZEROALL', 'VEX.256.0F.WIG 77', '', avx('avx', zero(registers, 0), { modes })),
  ]),
  row('VLDMXCSR', 'VEX.LZ.0F.WIG AE /2', 'm32:r', { unit: 'avx', feature: 'avx', helper: 'ldmxcsr' }),
  row('VSTMXCSR', 'VEX.LZ.0F.WIG AE /3', 'm32:w', { unit: 'avx', feature: 'avx', helper: 'stmxcsr' }),
];
