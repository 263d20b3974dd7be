// A Linux guest under the debugger: finds by itself where the kernel was put, moves the symbols there, and follows what the kernel loads.
import type { Disposable } from '../../base/disposable';
import type { Program } from '../../machine/control/types';
import type { WantedStop } from '../breakpoints/stop-points';
import type { Debugger } from '../debugger';
import type { VcpuStop } from '../frames/vcpu-stop';
import { KASLR_STEP, KERNEL_MAP, type KernelFile } from './kernel-file';
import { linuxErrors } from './linux-errors';
import { locateKernel } from './locate';

/** What is known about where the kernel lies. */
export type Placement = 'unknown' | 'known' | 'other-build';

const MSR_GS_BASE = 0xc000_0101n;

/** WRMSR of GS.base by code at a kernel address: head_64.S does that as soon as it runs where it is linked (plus the slide). */
const FIRST_HIGH_CODE: Program = [
  { op: 'event', field: 'msr' },
  { op: 'const', value: MSR_GS_BASE },
  { op: 'binary', operator: 'eq' },
  { op: 'register', name: 'rip' },
  { op: 'const', value: KERNEL_MAP },
  { op: 'binary', operator: 'geu' },
  { op: 'binary', operator: 'and' },
];

export class LinuxGuest implements Disposable {
  private state: Placement = 'unknown';
  private watching: Disposable | undefined;
  private told = false;

  constructor(
    readonly debug: Debugger,
    readonly kernel: KernelFile,
    /** After the symbols have moved. */
    private readonly moved: () => void,
  ) {
    this.watch();
  }

  get placement(): Placement {
    return this.state;
  }

  dispose(): void {
    this.watching?.dispose();
  }

  /** Called at every stop that is shown: a debugger may come late. */
  async lookAt(stop: VcpuStop): Promise<void> {
    if (this.state !== 'unknown' || !stop.isPaging || stop.file.mode !== 'long64') return;
    const { file } = this.kernel;
    const located = await locateKernel(this.kernel, (address, length) => stop.guestMemory.read(address, length), this.likely(stop));
    if (located.kind === 'none') return;
    this.watching?.dispose();
    this.watching = undefined;
    if (located.kind === 'other') {
      this.state = 'other-build';
      this.debug.symbols.remove(file);
      this.tell('error', linuxErrors.otherBuild(file.name, this.kernel.buildId, located.buildId).message);
    } else {
      this.state = 'known';
      if (located.slide !== file.slide) {
        file.slide = located.slide;
        this.tell('info', `Linux lies 0x${located.slide.toString(16)} above where it is linked (KASLR): its symbols have moved there.`);
      }
    }
    stop.guestMemory.invalidate();
    this.moved();
    await this.debug.resolve(this.debug.breakpoints.all);
  }

  /** Slides to try first: none, and what the instruction pointer allows. */
  private likely({ pc }: VcpuStop): bigint[] {
    const { start, end } = this.kernel.text;
    if (pc < KERNEL_MAP) return [0n];
    const likely: bigint[] = [];
    const most = pc - start - ((pc - start) % KASLR_STEP);
    for (let slide = most; slide >= 0n && pc - slide < end; slide -= KASLR_STEP) likely.push(slide);
    return likely;
  }

  private watch(): void {
    const place: WantedStop = { where: { kind: 'event', class: 'msr' }, condition: FIRST_HIGH_CODE };
    this.watching = this.debug.watch([place], (stop) => this.lookAt(stop));
  }

  private tell(severity: 'info' | 'error', text: string): void {
    if (this.told) return;
    this.told = true;
    this.debug.onEvent({ kind: 'message', severity, text });
  }
}
