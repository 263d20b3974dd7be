// What came with SSE and works on general registers: MOVNTI, CRC32 (SDM vol 2).
import { type InsnRow, row } from '../row';

const SUM = { 1: 'crc32of1', 2: 'crc32of2', 4: 'crc32of4', 8: 'crc32of8', 16: undefined, 32: undefined } as const;

export const GENERAL_ROWS: readonly InsnRow[] = [
  row('MOVNTI', 'NP 0F C3 /r', 'my:w, ry:r', { feature: 'sse2', emit: (c) => c.write(0, c.read(1)) }),
  ...(
    [
      ['F2 0F 38 F0', 'ry:rw, rm8:r'],
      ['F2 0F 38 F1', 'rv:rw, rmv:r'],
    ] as const
  ).map(([encoding, operands]) =>
    row('CRC32', `${encoding} /r`, operands, {
      feature: 'sse4.2',
      emit: (c) => {
        const bytes = c.sizeOf(1);
        const operation = SUM[bytes];
        if (operation === undefined) throw new Error('CRC32 of 16 bytes');
        const source2 = c.hasMemory ? c.hostRead(1, bytes) : c.slot(1);
        const destination = c.slot(0);
        c.vector(operation, { bytes: 16, destination, source1: destination, source2 });
      },
    }),
  ),
];
