// How far the guest is, for the editor's status bar: at each stop, and twice a second while it runs.
import type { MachineControl } from '../machine/control/control';
import type { Session } from './session';

const INTERVAL_MS = 500;

export class StateEvents {
  private timer: NodeJS.Timeout | undefined;
  private asking = false;
  private disposed = false;

  constructor(
    private readonly session: Session,
    private readonly control: MachineControl,
    private readonly isRunning: () => boolean,
  ) {}

  running(): void {
    if (!this.session.hasExtension || this.timer) return;
    this.timer = setInterval(() => void this.tell(), INTERVAL_MS);
    this.timer.unref();
  }

  stopped(): void {
    this.stopTelling();
    if (this.session.hasExtension) void this.tell();
  }

  private stopTelling(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  dispose(): void {
    this.stopTelling();
    this.disposed = true;
  }

  private async tell(): Promise<void> {
    if (this.asking || this.disposed) return;
    this.asking = true;
    try {
      const { virtualNs, instructions } = await this.control.statistics();
      const running = this.isRunning();
      // A stop may have come before `running` was told: then this is the last event until the guest goes on.
      if (!running) this.stopTelling();
      if (!this.disposed) this.session.custom('hyperscope/state', { running, virtualNs, instructions });
    } catch {
      // The host is gone; its end is told elsewhere.
    } finally {
      this.asking = false;
    }
  }
}
