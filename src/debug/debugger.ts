// One guest under the debugger: breakpoints, stepping and looking at it while it stands. Everything a person sees comes as an event.
import type { Disposable } from '../base/disposable';
import type { MachineControl } from '../machine/control/control';
import type { ControlEvent, StopInfo } from '../machine/control/types';
import type { Breakpoint } from './breakpoints/breakpoint';
import { Decisions } from './breakpoints/decisions';
import { resolveBreakpoint } from './breakpoints/resolve';
import { StopPoints, type WantedStop } from './breakpoints/stop-points';
import type { BreakpointTable, WantedBreakpoint } from './breakpoints/table';
import { InstructionDecoder } from './disassembly/decoder';
import type { DebuggerEvent, ShownReason, ShownStop } from './events';
import { Stack } from './frames/stack';
import { type StopContext, VcpuStop } from './frames/vcpu-stop';
import type { AddressMap } from './run/address-map';
import { type RunEnd, Runner } from './run/runner';
import { stepInstruction } from './run/step-instruction';
import { LineStepper, type StepKind } from './run/step-line';
import type { StepPort, Travel, VcpuView } from './run/step-port';
import { stepRange } from './run/step-range';
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
  private readonly runner: Runner;
  private readonly stopPoints: StopPoints;
  private readonly decisions: Decisions;
  /** Who wants stops at plain places, beside the person's breakpoints. */
  private readonly placeOwners = new Set<object>();
  private readonly views = new Map<number, Promise<VcpuView>>();
  /** Every view made since the guest ran last; frames that a client holds belong to some of them. */
  private readonly looking = new Set<VcpuStop>();
  private readonly subscription: Disposable;
  private decoderLoading: Promise<InstructionDecoder> | undefined;
  private decoderLoaded: InstructionDecoder | undefined;
  private running = false;
  private shown: ShownStop | undefined;
  private resolving: Promise<void> = Promise.resolve();

  constructor(private readonly parts: DebuggerParts) {
    this.control = parts.control;
    this.vm = parts.vm;
    this.symbols = parts.symbols;
    this.addresses = parts.addresses;
    this.runner = new Runner(parts.control);
    this.stopPoints = new StopPoints(parts.control, parts.vm);
    this.decisions = new Decisions((text, breakpoint) => this.onEvent({ kind: 'log', text, breakpoint }));
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
    if (!this.decoderLoaded) throw new RangeError('the decoder is loaded before it is used');
    return this.decoderLoaded;
  }

  async loadDecoder(): Promise<InstructionDecoder> {
    this.decoderLoading ??= InstructionDecoder.load();
    this.decoderLoaded = await this.decoderLoading;
    return this.decoderLoaded;
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

  onChanged(what: 'memory' | 'registers'): void {
    for (const stop of this.looking) stop.guestMemory.invalidate();
    this.views.clear();
    this.onEvent({ kind: 'changed', what });
  }

  // Breakpoints

  get breakpoints(): BreakpointTable {
    return this.parts.breakpoints;
  }

  /** Replaces a group at once; places are found afterwards and told by events. */
  setBreakpoints(group: string, wanted: readonly WantedBreakpoint[]): Breakpoint[] {
    const known = new Set(this.breakpoints.all);
    const { now, gone } = this.breakpoints.replace(group, wanted);
    for (const breakpoint of gone) this.stopPoints.set(breakpoint, []);
    const fresh = now.filter((breakpoint) => !known.has(breakpoint));
    if (fresh.length > 0 || gone.length > 0) void this.resolve(fresh);
    return now;
  }

  /** Finds the places of breakpoints (all of them for a new guest) and arms them. */
  resolve(breakpoints: readonly Breakpoint[]): Promise<void> {
    const work = async (): Promise<void> => {
      // Whoever asked gets the answer first, the places afterwards.
      await new Promise<void>((next) => setImmediate(next));
      for (const breakpoint of breakpoints) {
        if (!this.breakpoints.all.includes(breakpoint)) continue;
        const wanted = await resolveBreakpoint(breakpoint, {
          symbols: this.symbols,
          addresses: this.addresses,
          registers: (name) =>
            /^(r([abcd]x|[sd]i|[bs]p|ip|flags|[89]|1[0-5])|cr[02348]|dr[0-7]|[cdefgs]s(\.\w+)?|efer|cpl|xmm\d+)$/.test(name),
        });
        this.stopPoints.set(breakpoint, wanted);
        this.onEvent({ kind: 'breakpoint', breakpoint });
      }
      await this.stopPoints.send();
    };
    const next = this.resolving.then(work);
    this.resolving = next.catch((error: unknown) => {
      if (!this.hasEnded) this.onEvent({ kind: 'message', severity: 'error', text: `Setting breakpoints failed: ${String(error)}` });
    });
    return this.resolving;
  }

  /** Resolves when every breakpoint set so far is armed. */
  get breakpointsReady(): Promise<void> {
    return this.resolving;
  }

  /** Stop points of a client that knows places only (gdb): a stop at one is a breakpoint's that is none of the person's. Resolves when they are armed. */
  async setPlaces(owner: object, places: readonly WantedStop[]): Promise<void> {
    this.stopPoints.set(owner, places);
    if (places.length > 0) this.placeOwners.add(owner);
    else this.placeOwners.delete(owner);
    if (!this.hasEnded) await this.stopPoints.send();
  }

  // Running

  /** Shows the guest as it stands before its first instruction. */
  async showEntry(): Promise<void> {
    const [first] = await this.control.vcpus();
    if (first) this.show({ kind: 'entry' }, first.vcpu, first.position);
  }

  /** Starts; what comes of it is told by events. */
  continue(): void {
    this.travel(async () => this.goOn());
  }

  step(vcpu: number, kind: StepKind, unit: 'line' | 'instruction'): void {
    this.travel(async () => {
      await this.loadDecoder();
      const end =
        unit === 'line' || kind === 'out'
          ? await new LineStepper(this, vcpu).step(kind)
          : await stepInstruction(this, vcpu, kind === 'over');
      return end;
    }, vcpu);
  }

  /** On while RIP stays in [start, end). */
  stepRange(vcpu: number, start: bigint, end: bigint): void {
    this.travel(async () => {
      await this.loadDecoder();
      return stepRange(this, vcpu, start, end, (linear) => this.stopPoints.isAt(linear));
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
      await this.stopPoints.send();
      this.forgetViews();
      if (this.runner.pauseWanted) return this.pausedHere();
      const end = await this.runner.step(this.vm, vcpu);
      // Meanwhile another vCPU may have reached a breakpoint whose condition only we can tell.
      if (end.kind !== 'stopped' || !isStopPoint(end.stop) || (await this.isShown(end.stop))) return end;
    }
  }

  async runTo(places: readonly WantedStop[]): Promise<Travel> {
    const owner = {};
    this.stopPoints.set(
      owner,
      places.map((place) => ({ ...place, again: true })),
    );
    try {
      return await this.goOn(owner);
    } finally {
      this.stopPoints.set(owner, []);
    }
  }

  /** Until something stops that a person is to see, or one of the owner's places is reached. */
  private async goOn(owner?: object): Promise<Travel> {
    for (;;) {
      await this.stopPoints.send();
      this.forgetViews();
      if (this.runner.pauseWanted) return this.pausedHere();
      const end = await this.runner.resume();
      if (end.kind !== 'stopped') return end;
      if (!isStopPoint(end.stop)) return end;
      const owners = this.ownersOf(end.stop);
      if (await this.isShown(end.stop)) return end;
      if (owner && owners.has(owner)) return 'arrived';
    }
  }

  private ownersOf({ reason }: StopInfo): Set<object> {
    return this.stopPoints.ownersOf(reason.kind === 'breakpoint' || reason.kind === 'hypercall' ? reason.ids : []);
  }

  private async isShown(stop: StopInfo): Promise<boolean> {
    const breakpoints = await this.stopsHere(stop);
    return breakpoints.length > 0 || this.isPlace(stop);
  }

  private isPlace(stop: StopInfo): boolean {
    return [...this.ownersOf(stop)].some((owner) => this.placeOwners.has(owner));
  }

  /** Breakpoints that hold at a stop point. */
  private async stopsHere(stop: StopInfo): Promise<readonly Breakpoint[]> {
    const candidates = [...this.ownersOf(stop)].filter((each) => this.isBreakpoint(each)) as Breakpoint[];
    return this.decisions.decide(candidates, await this.view(stop.at.vcpu));
  }

  private isBreakpoint(owner: object): boolean {
    return this.breakpoints.all.includes(owner as Breakpoint);
  }

  private async pausedHere(): Promise<RunEnd> {
    const [first] = await this.control.vcpus();
    const at = { vm: this.vm, vcpu: this.shown?.vcpu ?? first?.vcpu ?? 0 };
    const position = first?.position ?? { vm: this.vm, vcpu: 0, retired: 0, event: 0, virtualNs: 0 };
    return { kind: 'stopped', stop: { reason: { kind: 'pause' }, at, position } };
  }

  private travel(work: () => Promise<Travel>, stepping?: number): void {
    this.running = true;
    this.forgetViews();
    this.runner.forgetPause();
    this.onEvent({ kind: 'running' });
    const go = async (): Promise<void> => {
      await this.resolving;
      const end = await work();
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
    if (this.hasEnded) return;
    this.onEvent({ kind: 'message', severity: 'error', text });
    void this.pausedHere().then(
      (end) => this.finish(end),
      () => undefined,
    );
  }

  private finish(end: RunEnd): void {
    if (end.kind === 'stopped') this.show(this.reasonOf(end.stop), end.stop.at.vcpu, end.stop.position);
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

  private reasonOf(stop: StopInfo): ShownReason {
    const { reason } = stop;
    const { hits, note } = this.decisions;
    switch (reason.kind) {
      case 'breakpoint':
        return hits.length > 0 || this.isPlace(stop) ? { kind: 'breakpoint', breakpoints: hits, note } : { kind: 'step' };
      case 'hypercall':
        return { kind: 'hypercall', breakpoints: hits, call: reason.call, note };
      case 'step':
        return { kind: 'step' };
      default:
        return reason;
    }
  }

  private forgetViews(): void {
    this.views.clear();
    this.looking.clear();
  }

  private receive(event: ControlEvent): void {
    this.runner.receive(event);
    switch (event.kind) {
      case 'console':
        if (event.vm === this.vm) this.onEvent({ kind: 'console', stream: event.stream, bytes: event.bytes });
        break;
      case 'log': {
        const [owner] = this.stopPoints.ownersOf([event.id]);
        this.onEvent({ kind: 'log', text: event.text, breakpoint: owner && this.isBreakpoint(owner) ? (owner as Breakpoint) : undefined });
        break;
      }
      case 'message':
        this.onEvent({ kind: 'message', severity: event.severity, text: event.text });
        break;
      case 'exited':
      case 'lost':
        if (!this.running) this.finish(event.kind === 'exited' ? { kind: 'exited', exit: event.exit } : { kind: 'lost', text: event.text });
        break;
    }
  }
}

function isStopPoint({ reason }: StopInfo): boolean {
  return reason.kind === 'breakpoint' || reason.kind === 'hypercall';
}
