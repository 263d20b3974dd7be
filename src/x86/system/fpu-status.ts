// The x87 status word as helpers write it. Without a pending exception the processor takes FERR# back, and the board IGNNE# with it (SDM vol 1 app. D.2.1).
import { Sw } from '../fpu/bits';
import type { VcpuState } from '../vcpu-state';

export function setStatus(state: VcpuState, fsw: number): void {
  state.setU32('fsw', fsw);
  if (!(fsw & Sw.ES)) state.setU32('numericError', 0);
}
