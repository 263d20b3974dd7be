// A host as its driver's commands see it, what it tells, and the console output that is told in pieces.
import type { Disposable } from '../../base/disposable';
import type { Measurement } from '../compare/measurement';
import { Host, type HostParts } from '../host';
import { controlErrors } from './control-errors';
import { HistoryControl } from './history-control';
import { TraceReader } from './trace-reader';
import type { ConsoleStream, ControlEvent, HostConfig } from './types';

type ConsoleBuffer = { vm: number; stream: ConsoleStream; bytes: number[] };

export abstract class ControlEvents {
  readonly host: Host;
  protected listeners: ((event: ControlEvent) => void)[] = [];
  protected isRunning = false;
  protected console: ConsoleBuffer | undefined;
  protected early: ControlEvent[] = [];
  protected readonly traceReader: TraceReader;
  protected measurement: Measurement | undefined;
  readonly history: HistoryControl;

  constructor(config: HostConfig, parts: HostParts) {
    this.traceReader = new TraceReader(config.traceCapacity);
    this.host = new Host(config, parts, {
      onConsole: (vm, stream, byte) => this.consoleByte(vm, stream, byte),
      onVmEnded: (vm, exit) => this.emit({ kind: 'vm-ended', vm, exit }),
      onLog: (vm, vcpu, id, text) => this.emit({ kind: 'log', vm, vcpu, id, text }),
      onMessage: (severity, text) => this.emit({ kind: 'message', severity, text }),
    });
    this.host.control.pause('entry');
    this.history = new HistoryControl(this.host);
  }

  // --- events ---

  /** What was said before anybody listened is said to the first who does. */
  onEvent(listener: (event: ControlEvent) => void): Disposable {
    this.listeners = [...this.listeners, listener];
    const early = this.early;
    this.early = [];
    for (const event of early) listener(event);
    return {
      dispose: () => {
        this.listeners = this.listeners.filter((each) => each !== listener);
      },
    };
  }

  protected emit(event: ControlEvent): void {
    if (event.kind !== 'console') this.flushConsole();
    if (this.listeners.length === 0) {
      if (event.kind === 'message') this.early.push(event);
      return;
    }
    for (const listener of this.listeners) listener(event);
  }

  protected consoleByte(vm: number, stream: ConsoleStream, byte: number): void {
    this.history?.put(vm, byte);
    if (this.history?.isTravelling) return;
    if (this.console?.vm !== vm || this.console.stream !== stream || this.console.bytes.length >= 1 << 16) {
      this.flushConsole();
      this.console = { vm, stream, bytes: [] };
    }
    this.console.bytes.push(byte);
  }

  protected flushConsole(): void {
    const { console } = this;
    this.console = undefined;
    if (console !== undefined)
      this.emit({ kind: 'console', vm: console.vm, stream: console.stream, bytes: Uint8Array.from(console.bytes) });
  }

  protected vm(vm: number) {
    const found = this.host.vms[vm];
    if (found === undefined) throw controlErrors.noVm(vm);
    return found;
  }

  protected vcpu(vm: number, vcpu: number) {
    const found = this.vm(vm).vcpus[vcpu];
    if (found === undefined) throw controlErrors.noVcpu(vm, vcpu);
    return found;
  }
}
