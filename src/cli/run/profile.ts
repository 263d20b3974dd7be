// --profile: samples of the whole run into one file, whose ending says the format.
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

const READ_EVERY_MS = 20;

export class ProfileFile {
  private readonly collector: Collector;
  private readonly debugger: Debugger;
  private readonly linux: LinuxGuest | undefined;
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    control: InProcessControl,
    private readonly file: OutputFile,
    private readonly path: string,
    symbols: ReturnType<typeof loadSymbols>,
  ) {
    this.debugger = new Debugger({
      control,
      vm: 0,
      symbols: symbols.symbols,
      addresses: symbols.addresses,
      breakpoints: new BreakpointTable(),
    });
    this.linux =
      symbols.kernel && new LinuxGuest(this.debugger, symbols.kernel, { moved: () => {}, moduleFolders: [], sourceMap: symbols.sourceMap });
    this.collector = new Collector(control, () => this.debugger);
  }

  static async start(
    control: InProcessControl,
    path: string,
    options: ProfileOptions,
    from: { image: string; symbolFiles: readonly string[]; fastBoot: boolean },
    say: Say,
  ): Promise<ProfileFile> {
    if (formatOf(path) === undefined)
      throw cliErrors.profileFormat(path, PROFILE_FORMATS.map(({ ending, doc }) => `${ending} (${doc})`).join(', '));
    const symbols = loadSymbols({ image: from.image, symbolFiles: from.symbolFiles.map((file) => ({ file })), fastBoot: from.fastBoot });
    for (const warning of symbols.warnings) say(warning);
    const profile = new ProfileFile(control, new OutputFile('the profile', path), path, symbols);
    await profile.collector.start(options);
    profile.timer = setInterval(() => void profile.read().catch((error: unknown) => say(`the profile: ${String(error)}`)), READ_EVERY_MS);
    return profile;
  }

  /** The kernel's symbols are moved to where it lies as soon as that can be seen. */
  private async read(): Promise<void> {
    const { linux } = this;
    if (linux?.placement === 'unknown') await linux.lookAt(await VcpuStop.of(this.debugger, 0));
    await this.collector.drain();
  }

  async end(image: string, say: Say): Promise<void> {
    clearInterval(this.timer);
    await this.read();
    await this.collector.stop();
    this.debugger.dispose();
    this.linux?.dispose();
    const { profile } = this.collector;
    if (profile === undefined) return;
    this.file.write(formatOf(this.path)?.write(profile, image) ?? '');
    this.file.close();
    const { points, broken } = profile.quality();
    const lost = broken.reduce((sum, row) => sum + row.points, 0);
    say(`${points} samples in ${this.path}${lost > 0 ? `; ${lost} stacks could not be followed to their end: ${broken[0]?.reason}` : ''}`);
  }
}
