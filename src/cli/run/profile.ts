// --profile: samples of the whole run into one file, whose ending says the format. The stacks of each VM are followed by its own symbols and memory.
import { loadSymbols } from '../../dap/launch/symbols';
import { BreakpointTable } from '../../debug/breakpoints/table';
import { Debugger } from '../../debug/debugger';
import { VcpuStop } from '../../debug/frames/vcpu-stop';
import type { InProcessControl } from '../../debug/host-link/in-process';
import { LinuxGuest } from '../../debug/linux/linux-guest';
import { Collector } from '../../debug/profile/collector';
import { formatOf, PROFILE_FORMATS } from '../../debug/profile/export/formats';
import type { ProfileOptions } from '../../machine/control/profile-types';
import { cliErrors } from '../errors';
import { OutputFile } from '../files/output-file';
import type { Say } from './say';

/** Seldom: what is read at once costs less each. Nothing runs while too many samples wait, so those who come quickly are read soon: about so many at once. */
const READ_EVERY_MS = 500;
const READ_SOON_MS = 2;
const SLOWER = 4;
const AT_ONCE = 512;

/** What the stacks of one VM are read with. */
class ProfiledVm {
  readonly debugger: Debugger;
  private readonly linux: LinuxGuest | undefined;

  constructor(control: InProcessControl, vm: number, symbols: ReturnType<typeof loadSymbols>) {
    this.debugger = new Debugger({
      control,
      vm,
      symbols: symbols.symbols,
      addresses: symbols.addresses,
      breakpoints: new BreakpointTable(),
    });
    this.linux =
      symbols.kernel && new LinuxGuest(this.debugger, symbols.kernel, { moved: () => {}, moduleFolders: [], sourceMap: symbols.sourceMap });
  }

  /** The kernel's symbols are moved to where it lies as soon as that can be seen. */
  async lookAt(): Promise<void> {
    const { linux } = this;
    if (linux?.placement === 'unknown') await linux.lookAt(await VcpuStop.of(this.debugger, 0));
  }

  dispose(): void {
    this.debugger.dispose();
    this.linux?.dispose();
  }
}

export class ProfileFile {
  private readonly collector: Collector;
  private timer: NodeJS.Timeout | undefined;
  /** While the timer runs: without waiting for it. */
  private readNow: () => void = () => {};

  private constructor(
    control: InProcessControl,
    private readonly file: OutputFile,
    private readonly path: string,
    private readonly vms: readonly ProfiledVm[],
  ) {
    this.collector = new Collector(control, (vm) => vms[vm]?.debugger);
    control.onEvent(({ kind }) => {
      if (kind === 'samples-wait' && this.timer !== undefined) this.readNow();
    });
  }

  static async start(
    control: InProcessControl,
    path: string,
    options: ProfileOptions,
    from: readonly { image: string; symbolFiles: readonly string[]; fastBoot: boolean }[],
    say: Say,
  ): Promise<ProfileFile> {
    if (formatOf(path) === undefined)
      throw cliErrors.profileFormat(path, PROFILE_FORMATS.map(({ ending, doc }) => `${ending} (${doc})`).join(', '));
    const vms = from.map(({ image, symbolFiles, fastBoot }, vm) => {
      const symbols = loadSymbols({ image, symbolFiles: symbolFiles.map((file) => ({ file })), fastBoot });
      for (const warning of symbols.warnings) say(warning);
      return new ProfiledVm(control, vm, symbols);
    });
    const profile = new ProfileFile(control, new OutputFile('the profile', path), path, vms);
    await profile.collector.start(options);
    profile.readLater(READ_SOON_MS, say);
    return profile;
  }

  private readLater(delayMs: number, say: Say): void {
    const again = (samples: number): void => {
      const nextMs = delayMs * Math.min(SLOWER, AT_ONCE / samples);
      if (this.timer !== undefined) this.readLater(Math.max(READ_SOON_MS, Math.min(READ_EVERY_MS, nextMs)), say);
    };
    const failed = (error: unknown): void => {
      say(`the profile: ${String(error)}`);
      again(0);
    };
    const read = (): void => {
      this.readNow = () => {};
      void this.read().then(again, failed);
    };
    this.timer = setTimeout(read, delayMs);
    this.readNow = () => {
      clearTimeout(this.timer);
      read();
    };
  }

  private async read(): Promise<number> {
    for (const vm of this.vms) await vm.lookAt();
    return this.collector.drain();
  }

  async end(image: string, say: Say): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.read();
    await this.collector.stop();
    for (const vm of this.vms) vm.dispose();
    const { profile } = this.collector;
    if (profile === undefined) return;
    this.file.write(formatOf(this.path)?.write(profile, image) ?? '');
    this.file.close();
    const { points, broken } = profile.quality();
    const lost = broken.reduce((sum, row) => sum + row.points, 0);
    say(`${points} samples in ${this.path}${lost > 0 ? `; ${lost} stacks could not be followed to their end: ${broken[0]?.reason}` : ''}`);
  }
}
