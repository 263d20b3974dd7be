// One guest under the debugger: breakpoints, stepping and looking at it while it stands. Everything a person sees comes as an event.
import type { Disposable } from '../base/disposable';
import type { MachineControl } from '../machine/control/control';
import type { ControlEvent, StopInfo } from '../machine/control/types';
import { ArmedBreakpoints, isStopPoint } from './breakpoints/armed';
import type { Breakpoint } from './breakpoints/breakpoint';
import type { WantedStop } from './breakpoints/stop-points';
import type { BreakpointTable, WantedBreakpoint } from './breakpoints/table';
import type { InstructionDecoder } from './disassembly/decoder';
import { LoadedDecoder } from './disassembly/loaded-decoder';
import type { DebuggerEvent, ShownReason, ShownStop } from './events';
import type { GuestKnowledge } from './frames/guest-knowledge';
import { Stack } from './frames/stack';
import { type ChangedBytes, type StopContext, VcpuStop } from './frames/vcpu-stop';
import { Past } from './history/past';
import { relayed } from './relayed';
import type { AddressMap } from './run/address-map';
import { Holds } from './run/holds';
import { pausedAt, type RunEnd, Runner } from './run/runner';
import { stepInstruction } from './run/step-instruction';
import { stepIntoTarget } from './run/step-into-target';
import { LineStepper, type StepKind } from './run/step-line';
import type { StepPort, Travel, VcpuView } from './run/step-port';
import { stepRange } from './run/step-range';
import { isBehind, shownReason } from './shown-reason';
import type { Symbols } from './symbols';

export interface DebuggerParts {
  readonly control: MachineControl;
  readonly vm: number;
  readonly symbols: Symbols;
  readonly addresses: AddressMap;
  readonly breakpoints: BreakpointTable;
}

export class Debugger implements StepPort, StopContext, Disposable {
  readonly control: MachineControl;
  readonly vm: number;
  readonly symbols: Symbols;
  readonly addresses: AddressMap;
  onEvent: (event: DebuggerEvent) => void = () => {};
  knowledge: GuestKnowledge | undefined;
  intoInterrupts = false;
  /** Before a stop is shown: who has to look at the guest first. */
  onArrival: ((stop: VcpuStop) => Promise<void>) | undefined;
  private readonly runner: Runner;
  private readonly armed: ArmedBreakpoints;
  private readonly views = new Map<number, Promise<VcpuView>>();
  /** Every view made since the guest ran last; frames that a client holds belong to some of them. */
  private readonly looking = new Set<VcpuStop>();
  private readonly subscription: Disposable;
  private readonly decoders = new LoadedDecoder();
  private readonly watchers = new Map<object, (stop: VcpuStop) => Promise<void>>();
  /** Going back in the run. */
  readonly past: Past;
  readonly holds: Holds;
  private running = false;
  private shown: ShownStop | undefined;

  constructor(private readonly parts: DebuggerParts) {
    this.control = parts.control;
    this.vm = parts.vm;
    this.symbols = parts.symbols;
    this.addresses = parts.addresses;
    this.runner = new Runner(parts.control);
    this.holds = new Holds(parts.control, parts.vm);
    this.armed = new ArmedBreakpoints({
      ...parts,
      vcpu: () => this.shown?.vcpu ?? 0,
      hasEnded: () => this.hasEnded,
      isLate: (condition) => this.knowledge?.words.test(condition) ?? false,
      tell: (event) => this.onEvent(event),
    });
    this.past = new Past({
      vm: parts.vm,
      runner: this.runner,
      armed: this.armed,
      stop: () => this.shown,
      view: (vcpu) => this.view(vcpu),
      decoder: () => this.decoder,
      loadDecoder: () => this.loadDecoder(),
      forgetViews: () => this.forgetViews(),
      pausedHere: () => this.pausedHere(),
      runTo: (places) => this.runTo(places),
      single: (vcpu) => this.single(vcpu),
      travel: (work, stepping) => this.travel(work, stepping, true),
    });
    this.subscription = parts.control.onEvent((event) => this.receive(event));
  }

  dispose(): void {
    this.subscription.dispose();
  }

  // State

  get isRunning(): boolean {
    return this.running;
  }

  get hasEnded(): boolean {
    return this.runner.ended !== undefined;
  }

  /** The stop a person is looking at. */
  get stop(): ShownStop | undefined {
    return this.shown;
  }

  get decoder(): InstructionDecoder {
    return this.decoders.loaded;
  }

  loadDecoder(): Promise<InstructionDecoder> {
    return this.decoders.load();
  }

  view(vcpu: number): Promise<VcpuView> {
    let view = this.views.get(vcpu);
    if (!view) {
      view = VcpuStop.of(this, vcpu).then((stop) => {
        this.looking.add(stop);
        return { stop, stack: new Stack(stop) };
      });
      this.views.set(vcpu, view);
    }
    return view;
  }

  async writeMemory(address: bigint, bytes: Uint8Array): Promise<number> {
    const { stop } = await this.view(this.shown?.vcpu ?? 0);
    const written = await stop.guestMemory.write(address, bytes);
    this.onChanged('memory');
    return written;
  }

  onChanged(what: 'memory' | 'registers' | 'values', at?: ChangedBytes): void {
    for (const stop of this.looking) stop.guestMemory.invalidate();
    this.views.clear();
    this.onEvent({ kind: 'changed', what, at });
  }

  // Breakpoints

  get breakpoints(): BreakpointTable {
    return this.parts.breakpoints;
  }

  /** Replaces a group at once; places are found afterwards and told by events. */
  setBreakpoints(group: string, wanted: readonly WantedBreakpoint[]): Breakpoint[] {
    return this.armed.set(group, wanted);
  }

  /** Finds the places of breakpoints (all of them for a new guest) and arms them. */
  resolve(breakpoints: readonly Breakpoint[]): Promise<void> {
    return this.armed.resolve(breakpoints);
  }

  /** Resolves when every breakpoint set so far is armed. */
  get breakpointsReady(): Promise<void> {
    return this.armed.ready;
  }

  /** Stop points of a client that knows places only (gdb): a stop at one is a breakpoint's that is none of the person's. Resolves when they are armed. */
  async setPlaces(owner: object, places: readonly WantedStop[]): Promise<void> {
    this.armed.showPlaces(owner, places);
    if (!this.hasEnded) await this.armed.send();
  }

  /** Looks at the guest whenever a place is reached, unseen by a person; the guest goes on afterwards, unless something else stops it there. */
  watch(places: readonly WantedStop[], reached: (stop: VcpuStop) => Promise<void>): Disposable {
    const owner = {};
    this.watchers.set(owner, reached);
    this.armed.setPlaces(owner, places);
    return {
      dispose: () => {
        this.watchers.delete(owner);
        this.armed.setPlaces(owner, []);
      },
    };
  }

  // Running

  /** Shows the guest as it stands before its first instruction. */
  async showEntry(): Promise<void> {
    const [first] = await this.control.vcpus();
    if (first) this.show({ kind: 'entry' }, first.vcpu, first.position);
  }

  /** Starts; what comes of it is told by events. `alone`: this vCPU only. */
  continue(alone?: number): void {
    this.travel(() => this.holds.during(alone, () => this.goOn()));
  }

  step(vcpu: number, kind: StepKind, unit: 'line' | 'instruction', alone = false): void {
    this.travel(async () => {
      await this.loadDecoder();
      return this.holds.during(alone ? vcpu : undefined, () =>
        unit === 'line' || kind === 'out' ? new LineStepper(this, vcpu).step(kind) : stepInstruction(this, vcpu, kind === 'over'),
      );
    }, vcpu);
  }

  /** Into one function of those that the line calls. */
  stepInto(vcpu: number, target: bigint, alone = false): void {
    this.travel(async () => {
      await this.loadDecoder();
      return this.holds.during(alone ? vcpu : undefined, () => stepIntoTarget(this, new LineStepper(this, vcpu), vcpu, target));
    }, vcpu);
  }

  /** Shows a vCPU where it stands, after RIP was moved. */
  async showHere(vcpu: number, kind: 'goto'): Promise<void> {
    const at = (await this.control.vcpus()).find((each) => each.vm === this.vm && each.vcpu === vcpu);
    if (at) this.show({ kind }, vcpu, at.position);
  }

  /** On while RIP stays in [start, end). */
  stepRange(vcpu: number, start: bigint, end: bigint): void {
    this.travel(async () => {
      await this.loadDecoder();
      return stepRange(this, vcpu, start, end, (linear) => this.armed.isAt(linear));
    }, vcpu);
  }

  /** Run to a place on any vCPU, unless something else stops first. */
  runToAddress(address: bigint): void {
    this.travel(() => this.runTo([{ where: { kind: 'linear', address } }]));
  }

  async pause(): Promise<void> {
    if (this.running) await this.runner.pause();
  }

  async single(vcpu: number): Promise<RunEnd> {
    for (;;) {
      await this.armed.send();
      this.forgetViews();
      if (this.runner.pauseWanted) return this.pausedHere();
      const end = await this.runner.step(this.vm, vcpu);
      // Meanwhile another vCPU may have reached a breakpoint whose condition only we can tell.
      if (end.kind !== 'stopped' || !isStopPoint(end.stop) || (await this.isShown(end.stop))) return end;
      if (end.stop.at.vcpu === vcpu && isBehind(end.stop.reason))
        return { kind: 'stopped', stop: { ...end.stop, reason: { kind: 'step', diverted: false } } };
    }
  }

  async runTo(places: readonly WantedStop[]): Promise<Travel> {
    const owner = {};
    this.armed.setPlaces(
      owner,
      places.map((place) => ({ ...place, again: true })),
    );
    try {
      return await this.goOn(owner);
    } finally {
      this.armed.setPlaces(owner, []);
    }
  }

  /** Until something stops that a person is to see, or one of the owner's places is reached. */
  private async goOn(owner?: object): Promise<Travel> {
    for (;;) {
      await this.armed.send();
      this.forgetViews();
      if (this.runner.pauseWanted) return this.pausedHere();
      const end = await this.runner.resume();
      if (end.kind !== 'stopped') return end;
      if (!isStopPoint(end.stop)) return end;
      const owners = this.armed.ownersOf(end.stop);
      if (await this.isShown(end.stop)) return end;
      if (owner && owners.has(owner)) return 'arrived';
    }
  }

  private async isShown(stop: StopInfo): Promise<boolean> {
    for (const owner of this.armed.ownersOf(stop)) {
      const reached = this.watchers.get(owner);
      if (!reached) continue;
      await reached((await this.view(stop.at.vcpu)).stop);
      this.forgetViews();
    }
    return (await this.stopsHere(stop)).length > 0 || this.armed.isPlace(stop);
  }

  private async stopsHere(stop: StopInfo): Promise<readonly Breakpoint[]> {
    const view = await this.view(stop.at.vcpu);
    // Another process has other code at the address of a program's breakpoint.
    const isElsewhere = stop.reason.kind === 'breakpoint' && (await this.knowledge?.isOfSymbols(view.stop, view.stop.pc)) === false;
    return isElsewhere ? [] : this.armed.stopsHere(stop, view);
  }

  private pausedHere(): Promise<RunEnd> {
    return pausedAt(this.control, this.vm, this.shown?.vcpu);
  }

  private travel(work: () => Promise<Travel>, stepping?: number, travelling = false): void {
    this.running = true;
    this.forgetViews();
    this.runner.forgetPause();
    this.onEvent({ kind: 'running', travelling });
    const go = async (): Promise<void> => {
      await this.armed.ready;
      const end = await work();
      if (end !== 'arrived' && end.kind === 'stopped' && this.onArrival) {
        await this.onArrival((await this.view(end.stop.at.vcpu)).stop);
        this.forgetViews();
      }
      if (end === 'arrived') {
        const vcpus = await this.control.vcpus();
        const moved = vcpus.find(({ vcpu }) => vcpu === stepping) ?? vcpus[0];
        if (moved) this.show({ kind: 'step' }, moved.vcpu, moved.position);
      } else this.finish(end);
    };
    go().catch((error: unknown) => this.failed(error));
  }

  /** A step that cannot be made leaves the guest where it stands. */
  private failed(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.onEvent({ kind: 'message', severity: 'error', text });
    if (this.hasEnded) {
      this.running = false;
      return;
    }
    void this.pausedHere().then(
      (end) => this.finish(end),
      () => undefined,
    );
  }

  private finish(end: RunEnd): void {
    if (end.kind === 'stopped')
      this.show(shownReason(end.stop.reason, this.armed.decisions, this.armed.isPlace(end.stop)), end.stop.at.vcpu, end.stop.position);
    else if (end.kind === 'exited') {
      this.running = false;
      this.onEvent({ kind: 'exited', exit: end.exit });
    } else {
      this.running = false;
      this.onEvent({ kind: 'lost', text: end.text });
    }
  }

  private show(reason: ShownReason, vcpu: number, position: StopInfo['position']): void {
    this.running = false;
    this.shown = { reason, vcpu, position };
    this.onEvent({ kind: 'stopped', stop: this.shown });
  }

  private forgetViews(): void {
    this.views.clear();
    this.looking.clear();
  }

  private receive(event: ControlEvent): void {
    this.runner.receive(event);
    const told = relayed(event, this.vm, (id) => this.armed.ofStopPoint(id));
    if (told) this.onEvent(told);
    else if (event.kind === 'exited' && !this.running) this.finish(event);
    else if (event.kind === 'lost' && !this.running) this.finish(event);
  }
}
