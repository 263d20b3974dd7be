// Commands that run a host, and take it to other moments of its run.
import { UserError } from '../../base/user-error';
import type { VirtualNs } from '../../devices/ports';
import type { Arrival } from '../history/travel';
import type { SliceResult } from '../run-control';
import { controlErrors } from './control-errors';
import { ControlEvents } from './control-events';
import type { HistoryControl } from './history-control';
import type { Destination, HistoryInfo, StopOn, StopPointSpec, TrailStep } from './types';

export abstract class ControlRun extends ControlEvents {
  get running(): boolean {
    return this.isRunning;
  }
  get ended(): boolean {
    return this.host.exit !== undefined;
  }

  /** The last `advance` did nothing: a reader of the trace or of a profile has to come first. */
  waitsForReader = false;
  private samplesWait = false;

  /** Runs about `budgetNs` of virtual time. Anything but 'again' and idling ends the running state, and its event has been sent. */
  advance(budgetNs: number, horizonNs: VirtualNs): SliceResult {
    const allowedNs = this.traceReader.budgetNs(budgetNs, this.host.recorder.nextSequence);
    const { isFull } = this.host.sampler;
    if (isFull && !this.samplesWait) this.emit({ kind: 'samples-wait' });
    this.samplesWait = isFull;
    this.waitsForReader = allowedNs === 0 || isFull;
    if (this.waitsForReader) return 'again';
    if (this.history.isTravelling) return this.advanceWay();
    const result = this.host.runSlice(allowedNs, horizonNs);
    this.flushConsole();
    this.history.hold();
    if (this.history.cameToPresent()) this.emit({ kind: 'present' });
    if (result === 'stopped' && this.host.stop !== undefined) {
      this.isRunning = false;
      this.emit({ kind: 'stopped', stop: this.host.stop });
    } else if (result === 'exited' && this.host.exit !== undefined) {
      for (const vm of this.host.vms) vm.chipset.pc?.vga.finish();
      this.isRunning = false;
      this.emit({ kind: 'exited', exit: this.host.exit });
    }
    return result;
  }

  // --- other moments ---

  /** Goes to another moment of the run; `advance` until it stops there. */
  travel(destination: Destination): void {
    if (this.ended && !this.history.isOn) throw controlErrors.ended();
    if (this.isRunning) throw controlErrors.running('going to another moment');
    this.history.begin(destination);
    this.isRunning = true;
    this.emit({ kind: 'running' });
  }

  /** What a vCPU has run since it had retired so many instructions; nothing changes. `advance` until `done`. */
  trail(vm: number, vcpu: number, fromRetired: number, done: (steps: readonly TrailStep[]) => void): void {
    this.vcpu(vm, vcpu);
    if (this.isRunning) throw controlErrors.running('looking back');
    this.history.beginTrail(vm, vcpu, fromRetired, done);
    this.isRunning = true;
  }

  protected advanceWay(): SliceResult {
    let arrival: ReturnType<HistoryControl['advance']>;
    try {
      arrival = this.history.advance();
      if (arrival === 'again') return 'again';
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.emit({ kind: 'message', severity: 'error', text: error.message });
      arrival = { at: undefined, reason: { kind: 'travel', beginning: false } };
    }
    this.isRunning = false;
    if (arrival !== undefined) this.stand(arrival);
    return 'stopped';
  }

  protected stand({ at, reason }: Arrival): void {
    this.host.control.arrive(at, reason);
    for (const vm of this.host.vms) this.emit({ kind: 'console-redrawn', vm: vm.index, bytes: this.history.consoleText(vm.index) });
    if (this.host.stop !== undefined) this.emit({ kind: 'stopped', stop: this.host.stop });
  }

  historyInfo(): HistoryInfo {
    return this.history.info();
  }

  resume(how: { step?: { vm: number; vcpu: number }; until?: { vm: number; vcpu: number; retired: number } } = {}): void {
    // Where it stands at its end it is told so by going on.
    if (this.ended && this.host.stop === undefined) throw controlErrors.ended();
    if (this.isRunning) return;
    const at = how.step ?? how.until;
    if (at !== undefined) this.vcpu(at.vm, at.vcpu);
    this.host.control.goOn(how);
    this.isRunning = true;
    this.emit({ kind: 'running' });
  }

  pause(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    if (this.history.isTravelling) {
      this.history.stop();
      this.stand({ at: undefined, reason: { kind: 'pause' } });
      return;
    }
    this.host.control.pause('pause');
    if (this.host.stop !== undefined) this.emit({ kind: 'stopped', stop: this.host.stop });
  }

  setStopPoints(points: readonly StopPointSpec[]): void {
    this.host.setStopPoints(points);
  }

  setStopOn(what: StopOn): void {
    this.host.control.stopOn = { ...what };
  }

  setInputOpen(open: boolean): void {
    this.host.control.inputOpen = open;
  }
}
