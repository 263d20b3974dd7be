// The GDB server beside a debug session ("gdbPort"): gdb looks at the same guest. What gdb lets run or stops, the session shows, and the other way round.
import type { Disposable } from '../base/disposable';
import type { Debugger } from '../debug/debugger';
import type { DebuggerEvent } from '../debug/events';
import type { CpuFeatures } from '../gdb/registers/description';
import { GdbServer } from '../gdb/server';
import type { GdbTarget } from '../gdb/target';
import { parseCpuModel } from '../machine/control/cpu-models';
import type { Guest } from './guest';
import { LAUNCH_DEFAULTS } from './launch/defaults';
import { reasonOf } from './launch/host-config';
import type { Session } from './session';

class LentGuest implements GdbTarget {
  readonly owned = false;
  readonly restart = undefined;
  readonly debugger: Debugger;
  readonly cpu: CpuFeatures;
  readonly image: string;

  constructor(
    private readonly session: Session,
    private readonly guest: Guest,
  ) {
    const { image, cpu = LAUNCH_DEFAULTS.cpu, hypervisor = LAUNCH_DEFAULTS.hypervisor } = guest.launch;
    const { features } = parseCpuModel(cpu, hypervisor !== 'none');
    this.debugger = guest.debugger;
    this.cpu = { avx: features.has('avx'), pku: features.has('pku') };
    this.image = image;
  }

  onEvent(listener: (event: DebuggerEvent) => void): Disposable {
    return this.guest.watch(listener);
  }

  resumed(): void {
    this.session.event('continued', { threadId: (this.debugger.stop?.vcpu ?? 0) + 1, allThreadsContinued: true });
  }

  async kill(): Promise<void> {
    await this.guest.dispose();
    this.session.event('terminated');
  }
}

export class GdbBeside {
  private server: GdbServer | undefined;
  private lent: LentGuest | undefined;

  constructor(private readonly session: Session) {}

  /** For a guest just launched, or the one in its place after a restart. */
  async lend(guest: Guest): Promise<void> {
    this.server?.disconnect();
    this.lent = new LentGuest(this.session, guest);
    const { gdbPort, image } = guest.launch;
    if (gdbPort === undefined || this.server !== undefined) return;
    const server = new GdbServer(
      () => (guest.started ? this.lent : undefined),
      (text) => this.session.log(text),
    );
    try {
      const port = await server.listen(gdbPort);
      this.server = server;
      this.session.output('console', `gdb server on 127.0.0.1:${port}; connect with: gdb ${image} -ex 'target remote 127.0.0.1:${port}'`);
    } catch (error) {
      this.session.output('important', `No gdb server: cannot listen on port ${gdbPort} of 127.0.0.1: ${reasonOf(error)}.`);
    }
  }

  close(): void {
    this.server?.close();
  }
}
