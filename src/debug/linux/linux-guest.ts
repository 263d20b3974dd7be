// A Linux guest under the debugger: finds by itself where the kernel was put, moves the symbols there, and follows what the kernel loads.
import type { Disposable } from '../../base/disposable';
import { UserError } from '../../base/user-error';
import type { Program } from '../../machine/control/types';
import type { WantedStop } from '../breakpoints/stop-points';
import type { Debugger } from '../debugger';
import type { VcpuStop } from '../frames/vcpu-stop';
import { expandExpression, LINUX_WORDS, linuxVariable } from './expressions';
import { KASLR_STEP, KERNEL_MAP, type KernelFile, releaseOf } from './kernel-file';
import { KernelMemory } from './kernel-memory';
import { linuxErrors } from './linux-errors';
import { locateKernel } from './locate';
import { ModuleFiles, moduleFolders } from './module-files';
import { ModuleSymbols } from './module-symbols';
import { currentTask, readTask } from './tasks';
import { NO_FILES, UserFiles } from './user-files';
import { UserPrograms } from './user-programs';

/** What is known about where the kernel lies. */
export type Placement = 'unknown' | 'known' | 'other-build';

const HIGH_HALF = 1n << 63n;
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

export interface LinuxOptions {
  /** After symbols have come, moved or gone. */
  readonly moved: () => void;
  /** To look for modules in, before the usual ones. */
  readonly moduleFolders: readonly string[];
  readonly sourceMap: Readonly<Record<string, string>>;
  /** Of programs. */
  readonly userFiles?: UserFiles;
}

export class LinuxGuest implements Disposable {
  readonly moduleSymbols: ModuleSymbols;
  private readonly programs: UserPrograms;
  private readonly moved: () => void;
  private state: Placement = 'unknown';
  private watching: Disposable | undefined;
  private told = false;

  constructor(
    readonly debug: Debugger,
    readonly kernel: KernelFile,
    options: LinuxOptions,
  ) {
    this.moved = options.moved;
    const files = new ModuleFiles([...options.moduleFolders, ...moduleFolders(kernel.file.name, releaseOf(kernel.file))]);
    this.moduleSymbols = new ModuleSymbols(debug, kernel, files, options.sourceMap, options.moved);
    this.programs = new UserPrograms(debug, kernel, options.userFiles ?? new UserFiles(NO_FILES), options.moved);
    debug.knowledge = {
      words: LINUX_WORDS,
      nameOfUserCode: (stop, address) => this.nameOfUserCode(stop, address),
      isOfSymbols: (stop, address) => this.isOfSymbols(stop, address),
      expand: (text, stop) => expandExpression(text, stop, (at) => this.memory(at)),
      variable: (name, stop) => linuxVariable(name, stop, (at) => this.memory(at)),
    };
    this.watch();
  }

  get placement(): Placement {
    return this.state;
  }

  dispose(): void {
    this.watching?.dispose();
    this.moduleSymbols.dispose();
    this.programs.dispose();
  }

  /** Called at every stop that is shown: a debugger may come late. */
  async lookAt(stop: VcpuStop): Promise<void> {
    if (this.state === 'known') return this.unlessUnknown(undefined, async () => this.programs.lookAt(await this.memory(stop)));
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
    if (this.state === 'known') {
      this.moduleSymbols.start();
      this.programs.start();
    }
    this.moved();
    await this.debug.resolve(this.debug.breakpoints.all);
  }

  /** The kernel's data as a vCPU that stands still sees it. */
  async memory(stop: VcpuStop): Promise<KernelMemory> {
    if (this.state !== 'known' || !stop.isPaging || stop.file.mode !== 'long64') throw linuxErrors.notLocated();
    return KernelMemory.of(stop, this.kernel);
  }

  /** "init[1] busybox 0x401000" */
  private async nameOfUserCode(stop: VcpuStop, address: bigint): Promise<string | undefined> {
    return this.unlessUnknown(undefined, async () => {
      const memory = await this.memory(stop);
      const { name, pid } = await readTask(memory, await currentTask(memory));
      const place = await this.unlessUnknown(undefined, () => this.programs.describe(memory, address));
      return `${name}[${pid}] ${place ?? `0x${address.toString(16)}`}`;
    });
  }

  private async isOfSymbols(stop: VcpuStop, address: bigint): Promise<boolean> {
    if (address >= HIGH_HALF || this.state !== 'known') return true;
    return this.unlessUnknown(true, async () => this.programs.owns(await this.memory(stop), address));
  }

  private async unlessUnknown<T>(otherwise: T, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof UserError) return otherwise;
      throw error;
    }
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
