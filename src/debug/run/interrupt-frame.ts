// Where an interrupt that has just been delivered will return to (SDM vol 3, 7.12.1 and 7.14.2): read from the frame it pushed.
import { unsignedOf } from '../../symbols/location';
import type { VcpuStop } from '../frames/vcpu-stop';

export interface Interrupted {
  readonly rip: bigint;
  readonly rsp: bigint;
}

/** At a handler's first instruction. `before`: the stack pointer when the interrupt came. */
export async function interruptedPlace(stop: VcpuStop, before: bigint): Promise<Interrupted | undefined> {
  const rsp = stop.value('rsp');
  if (stop.file.mode === 'long64') {
    // The CPU aligns the stack to 16 bytes, then pushes SS RSP RFLAGS CS RIP, and an error code for some exceptions.
    const at = (rsp & 15n) === 0n ? rsp + 8n : rsp;
    const bytes = await stop.memory(at, 40);
    if (!bytes) return undefined;
    return { rip: unsignedOf(bytes.subarray(0, 8)), rsp: unsignedOf(bytes.subarray(24, 32)) };
  }
  const size = stop.file.mode.endsWith('32') ? 4 : 2;
  const pushed = Number(BigInt.asUintN(32, before - rsp));
  const hasCode = pushed === 4 * size || pushed === 6 * size;
  const stackBase = stop.value('ss.base');
  const at = stackBase + rsp + (hasCode ? BigInt(size) : 0n);
  const bytes = await stop.memory(at, size);
  if (!bytes || ![3, 4, 5, 6].includes(pushed / size)) return undefined;
  return { rip: unsignedOf(bytes), rsp: before };
}
