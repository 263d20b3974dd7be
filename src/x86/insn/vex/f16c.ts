// VCVTPH2PS and VCVTPS2PH (SDM vol 2).
import { type Emit, type InsnRow, row } from '../row';
import { avx, clearAbove, type VectorBytes } from './generator';
import { WIDTHS } from './lanes';

const widen =
  (bytes: VectorBytes): Emit =>
  (c) => {
    const source2 = c.xmm(1, bytes / 2);
    const destination = c.slot(0);
    c.vector('cvtph2ps', { bytes, destination, source1: destination, source2 });
    if (bytes === 16) clearAbove(c, destination, 16);
  };
/** Half as many bytes as the source has, to a register or to memory. */
const narrow =
  (bytes: VectorBytes): Emit =>
  (c) => {
    const to = c.hasMemory ? c.hostWrite(0, bytes / 2) : c.slot(0);
    const source = c.slot(1);
    c.vector('cvtps2ph', { bytes, destination: to, source1: source, source2: source });
    if (c.hasMemory) c.commit(to);
    else clearAbove(c, to, bytes === 32 ? 16 : 8);
  };

export const F16C_ROWS: readonly InsnRow[] = WIDTHS.flatMap(({ bytes, length, suffix }) => [
  row('VCVTPH2PS', `VEX.${length}.66.0F38.W0 13 /r`, `x${suffix}:w, xm${bytes * 4}:r`, { ...avx('f16c', widen(bytes)), size: bytes }),
  row('VCVTPS2PH', `VEX.${length}.66.0F3A.W0 1D /r ib`, `xm${bytes * 4}:w, x${suffix}:r, imm`, {
    ...avx('f16c', narrow(bytes)),
    size: bytes,
  }),
]);
