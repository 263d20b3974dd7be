// The guest that `gdb` serves: made for gdb, made anew for gdb's "run".
import type { Disposable } from '../../base/disposable';
import { LAUNCH_DEFAULTS } from '../../dap/launch/defaults';
import { loadSymbols } from '../../dap/launch/symbols';
import { parseSize } from '../../dap/launch/values';
import { BreakpointTable } from '../../debug/breakpoints/table';
import { Debugger } from '../../debug/debugger';
import type { DebuggerEvent } from '../../debug/events';
import { InProcessControl } from '../../debug/host-link/in-process';
import { unpackSnapshot } from '../../debug/host-link/snapshot-file';
import type { CpuFeatures } from '../../gdb/registers/description';
import type { GdbTarget } from '../../gdb/target';
import { parseCpuModel } from '../../machine/control/cpu-models';
import { readInput } from '../files/input-file';
import { hostConfig } from '../run/host-config';
import type { GdbOptions } from './options';

/** What a guest and its successors have in common. */
export interface GuestOwner {
  readonly options: GdbOptions;
  /** A guest has been made; there was none, or the one before is gone. */
  started(guest: CliGuest): Promise<void>;
  /** Ended by gdb. */
  killed(guest: CliGuest): void;
  event(event: DebuggerEvent): void;
}

export class CliGuest implements GdbTarget {
  readonly owned = true;
  readonly cpu: CpuFeatures;
  readonly debugger: Debugger;
  private listeners: ((event: DebuggerEvent) => void)[] = [];

  private constructor(
    private readonly owner: GuestOwner,
    readonly control: InProcessControl,
    debug: Debugger,
  ) {
    this.debugger = debug;
    const { cpu, hypervisor } = owner.options;
    const { features } = parseCpuModel(cpu, hypervisor !== 'none');
    this.cpu = { avx: features.has('avx'), pku: features.has('pku') };
    this.debugger.onEvent = (event) => {
      owner.event(event);
      for (const listener of this.listeners) listener(event);
    };
  }

  static async start(owner: GuestOwner): Promise<CliGuest> {
    const { options } = owner;
    const control = new InProcessControl(hostConfig(options));
    if (options.from !== undefined) control.core.restore(unpackSnapshot(readInput('the saved state', options.from)));
    await control.record(options.history ?? parseSize(LAUNCH_DEFAULTS.history) ?? 0);
    await control.setStopOn({ tripleFault: true, haltedForever: true });
    await control.setPace(options.pace ?? LAUNCH_DEFAULTS.paceOnCommandLine);
    const { symbols, addresses } = loadSymbols({ image: options.image });
    const guest = new CliGuest(owner, control, new Debugger({ control, vm: 0, symbols, addresses, breakpoints: new BreakpointTable() }));
    await guest.debugger.showEntry();
    await owner.started(guest);
    return guest;
  }

  get image(): string {
    return this.owner.options.image;
  }

  onEvent(listener: (event: DebuggerEvent) => void): Disposable {
    this.listeners = [...this.listeners, listener];
    return {
      dispose: () => {
        this.listeners = this.listeners.filter((each) => each !== listener);
      },
    };
  }

  resumed(): void {}

  async kill(): Promise<void> {
    this.owner.killed(this);
    this.debugger.dispose();
    await this.control.dispose();
  }

  restart = async (): Promise<GdbTarget> => {
    await this.kill();
    return CliGuest.start(this.owner);
  };
}
