// A debugger on a small compiled guest, with what it tells gathered for the test.

import { MemoryByteSource } from '../../../src/base/byte-source';
import type { BreakpointOptions, BreakpointSubject } from '../../../src/debug/breakpoints/breakpoint';
import { BreakpointTable } from '../../../src/debug/breakpoints/table';
import { Debugger } from '../../../src/debug/debugger';
import type { DebuggerEvent, ShownStop } from '../../../src/debug/events';
import { AddressMap } from '../../../src/debug/run/address-map';
import type { StepKind } from '../../../src/debug/run/step-line';
import { Symbols } from '../../../src/debug/symbols';
import { SymbolFile } from '../../../src/symbols/symbol-file';
import type { Built } from './compile';
import { MiniMachine, type MiniOptions } from './mini-machine';

export class Debuggee {
  readonly machine: MiniMachine;
  readonly symbols = new Symbols();
  readonly debugger: Debugger;
  readonly events: DebuggerEvent[] = [];
  private waiting: (() => void)[] = [];

  constructor(
    readonly built: Built,
    options: MiniOptions = {},
  ) {
    this.machine = new MiniMachine(built.bytes, options);
    const file = SymbolFile.open({ source: new MemoryByteSource(built.image, built.bytes) });
    this.symbols.add(file);
    const segments = file.elf.segments
      .filter(({ type }) => type === 1)
      .map(({ vaddr, paddr, memorySize }) => ({ linked: vaddr, physical: paddr, size: BigInt(memorySize) }));
    this.debugger = new Debugger({
      control: this.machine,
      vm: 0,
      symbols: this.symbols,
      addresses: new AddressMap(segments),
      breakpoints: new BreakpointTable(),
    });
    this.debugger.onEvent = (event) => {
      this.events.push(event);
      for (const wake of this.waiting.splice(0)) wake();
    };
  }

  async next<Kind extends DebuggerEvent['kind']>(...kinds: Kind[]): Promise<Extract<DebuggerEvent, { kind: Kind }>> {
    for (;;) {
      while (this.events.length > 0) {
        const event = this.events.shift()!;
        if ((kinds as string[]).includes(event.kind)) return event as Extract<DebuggerEvent, { kind: Kind }>;
        if (event.kind === 'message' && event.severity === 'error') throw new Error(event.text);
      }
      await new Promise<void>((wake) => this.waiting.push(wake));
    }
  }

  async stopped(): Promise<ShownStop> {
    const event = await this.next('stopped', 'exited', 'lost');
    if (event.kind !== 'stopped') throw new Error(`expected a stop, got ${JSON.stringify(event)}`);
    return event.stop;
  }

  async breakAt(...wanted: (BreakpointSubject | (BreakpointOptions & { subject: BreakpointSubject }))[]): Promise<void> {
    this.debugger.setBreakpoints(
      'test',
      wanted.map((each) => ('subject' in each ? { subject: each.subject, options: each } : { subject: each, options: {} })),
    );
    await this.debugger.breakpointsReady;
  }

  line(text: string): BreakpointSubject {
    return { kind: 'source', path: this.built.source, line: this.built.line(text) };
  }

  async go(): Promise<ShownStop> {
    this.debugger.continue();
    return this.stopped();
  }

  async step(kind: StepKind, unit: 'line' | 'instruction' = 'line', vcpu = 0): Promise<string> {
    this.debugger.step(vcpu, kind, unit);
    await this.stopped();
    return this.where(vcpu);
  }

  /** "function:line" of the top frame. */
  async where(vcpu = 0): Promise<string> {
    const { stack } = await this.debugger.view(vcpu);
    const { name, position } = await stack.top();
    return `${name}:${position?.line ?? '?'}`;
  }

  async stack(vcpu = 0): Promise<string[]> {
    const { stack } = await this.debugger.view(vcpu);
    return (await stack.frames(0, 100)).map(({ name, position }) => `${name}:${position?.line ?? '?'}`);
  }
}
