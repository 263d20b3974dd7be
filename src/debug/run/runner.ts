// Lets the machine go and waits for what comes of it. Every stop of the machine passes here; whether a person sees it is decided above.
import type { MachineControl } from '../../machine/control/control';
import type { ControlEvent, Destination, ExitInfo, StopInfo } from '../../machine/control/types';

/** How a run ended. 'lost': the engine's thread is gone. */
export type RunEnd =
  | { readonly kind: 'stopped'; readonly stop: StopInfo }
  | { readonly kind: 'exited'; readonly exit: ExitInfo }
  | { readonly kind: 'lost'; readonly text: string };

export class Runner {
  private waiting: ((end: RunEnd) => void) | undefined;
  /** Set once the guest has ended. */
  private final: RunEnd | undefined;
  private pausing = false;

  constructor(readonly control: MachineControl) {}

  /** To be called with every event of the control, first of all listeners. */
  receive(event: ControlEvent): void {
    if (event.kind === 'stopped') this.finish({ kind: 'stopped', stop: event.stop });
    else if (event.kind === 'exited') this.finish({ kind: 'exited', exit: event.exit });
    else if (event.kind === 'lost') this.finish({ kind: 'lost', text: event.text });
  }

  get ended(): RunEnd | undefined {
    return this.final;
  }

  /** Someone has asked for a pause since the run began. */
  get pauseWanted(): boolean {
    return this.pausing;
  }

  forgetPause(): void {
    this.pausing = false;
  }

  async pause(): Promise<void> {
    this.pausing = true;
    await this.control.pause();
  }

  resume(): Promise<RunEnd> {
    return this.run(() => this.control.resume());
  }

  step(vm: number, vcpu: number): Promise<RunEnd> {
    return this.run(() => this.control.stepInstruction(vm, vcpu));
  }

  /** To another moment; it stops there. A guest that has ended runs again. */
  async travel(destination: Destination): Promise<RunEnd> {
    const { final } = this;
    if (final?.kind === 'exited') this.final = undefined;
    try {
      return await this.run(() => this.control.travel(destination));
    } catch (error) {
      this.final = final;
      throw error;
    }
  }

  private run(start: () => Promise<void>): Promise<RunEnd> {
    if (this.final) return Promise.resolve(this.final);
    return new Promise((resolve, reject) => {
      this.waiting = resolve;
      start().catch((error: unknown) => {
        if (this.final) return;
        this.waiting = undefined;
        reject(error);
      });
    });
  }

  private finish(end: RunEnd): void {
    if (end.kind !== 'stopped') this.final = end;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(end);
  }
}

/** A pause where the guest stands already. */
export async function pausedAt(control: MachineControl, vm: number, vcpu: number | undefined): Promise<RunEnd> {
  const [first] = await control.vcpus();
  const at = { vm, vcpu: vcpu ?? first?.vcpu ?? 0 };
  const position = first?.position ?? { vm, vcpu: 0, retired: 0, event: 0, virtualNs: 0 };
  return { kind: 'stopped', stop: { reason: { kind: 'pause' }, at, position } };
}
