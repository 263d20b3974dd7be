// 2-level events (xen/common/event_2l.c): a bit per port in shared_info, and in vcpu_info a bit for each 64 of them.
import { SharedInfo, VcpuInfo } from '../layout';
import type { PageRef } from '../physmap';
import type { SharedMemory } from '../shared-memory';
import type { EventAbi, EventSurroundings } from './event-abi';
import type { Port } from './ports';

const PORTS_PER_WORD = 64;

export class TwoLevelEvents implements EventAbi {
  constructor(
    private readonly memory: SharedMemory,
    private readonly around: EventSurroundings,
    private readonly sharedInfo: () => PageRef,
    private readonly vcpuInfo: (vcpu: number) => { ref: PageRef; offset: number } | undefined,
  ) {}

  setPending(number: number, port: Port): void {
    if (this.memory.setBit(this.sharedInfo(), SharedInfo.evtchnPending, number, true)) return;
    if (!this.isMasked(number)) this.select(number, port);
    this.around.wakePollers(number);
  }

  private select(number: number, { vcpu }: Port): void {
    const info = this.vcpuInfo(vcpu);
    if (info === undefined) return;
    const word = Math.floor(number / PORTS_PER_WORD);
    if (!this.memory.setBit(info.ref, info.offset + VcpuInfo.pendingSel, word, true)) this.around.markPending(vcpu);
  }

  clearPending(number: number): void {
    this.memory.setBit(this.sharedInfo(), SharedInfo.evtchnPending, number, false);
  }
  isPending(number: number): boolean {
    return this.memory.bit(this.sharedInfo(), SharedInfo.evtchnPending, number);
  }
  isMasked(number: number): boolean {
    return this.memory.bit(this.sharedInfo(), SharedInfo.evtchnMask, number);
  }

  unmask(number: number, port: Port): void {
    const masked = this.memory.setBit(this.sharedInfo(), SharedInfo.evtchnMask, number, false);
    if (masked && this.isPending(number)) this.select(number, port);
  }

  isBusy(): boolean {
    return false;
  }
}
