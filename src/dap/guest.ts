// A launched guest as one session sees it: host, symbols, debugger, and the numbers the client holds. Thrown away on restart.

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Disposable } from '../base/disposable';
import { evaluate } from '../debug/c/evaluate';
import { Debugger } from '../debug/debugger';
import { InstructionDecoder } from '../debug/disassembly/decoder';
import { DisassemblyDocuments } from '../debug/disassembly/documents';
import type { DebuggerEvent, ShownStop } from '../debug/events';
import type { Frame } from '../debug/frames/stack';
import type { SharedHost } from '../debug/host-link/shared-host';
import type { LinuxGuest } from '../debug/linux/linux-guest';
import { SeenMemory } from '../debug/memory/seen-memory';
import { Collector } from '../debug/profile/collector';
import { SeenValues } from '../debug/seen-values';
import type { Symbols } from '../debug/symbols';
import { type VariableNode, Variables } from '../debug/variables';
import type { MachineControl } from '../machine/control/control';
import type { RegisterFile, VcpuInfo } from '../machine/control/types';
import type { LaunchArguments } from '../protocol/launch';
import { breakpointBody } from './breakpoint-body';
import { CompareViews } from './compare-views';
import { ConsoleOutput } from './console-output';
import { dapErrors } from './errors';
import { Handles } from './handles';
import { LAUNCH_DEFAULTS } from './launch/defaults';
import { hostConfig } from './launch/host-config';
import { linuxGuest } from './launch/linux-guest';
import { setUpHost } from './launch/set-up-host';
import { loadSymbolsInTurns, type Turn } from './launch/symbols';
import { moduleBody } from './module-body';
import { OwnBreakpoints } from './own-breakpoints';
import { PastGuard } from './past-guard';
import { ProfileViews } from './profile-views';
import { ScreenReader } from './screen-reader';
import type { Session } from './session';
import { SourceFiles } from './source-files';
import { SpaceNames } from './space-names';
import { StateEvents } from './state-events';
import { stoppedBody } from './stop-texts';
import { ToldSources } from './told-sources';
import { Topics } from './topics';
import { TraceFile } from './trace-file';
import { TraceViews } from './trace-views';

/** A frame the client has seen, and where its source is when it is no file. */
export interface ShownFrame {
  readonly frame: Frame;
  readonly vcpu: number;
}

/** Which VM of a host that several sessions share. */
export interface VmOfHost {
  readonly shared: SharedHost;
  readonly profiles: ProfileViews;
  readonly vm: number;
}

export class Guest {
  readonly variables = new Variables(evaluate);
  readonly documents = new DisassemblyDocuments();
  readonly frames = new Handles<ShownFrame>('frame', 1);
  readonly nodes = new Handles<VariableNode>('variable', 1);
  /** Addresses behind goto and step-in targets. */
  readonly targets = new Handles<bigint>('target', 1);
  readonly debugger: Debugger;
  readonly topics: Topics;
  readonly screen: ScreenReader;
  readonly traceViews: TraceViews;
  readonly profiles: ProfileViews;
  readonly spaceNames = new SpaceNames(() => this);
  readonly compares: CompareViews;
  readonly sources: SourceFiles;
  readonly toldSources: ToldSources;
  /** A Linux kernel whose symbols are known. */
  linux: LinuxGuest | undefined;
  /** configurationDone has come. */
  started = false;
  terminateAsked = false;
  /** Registers at the stop before, by vCPU: what changed is marked. */
  readonly registersBefore = new Map<number, RegisterFile>();
  private readonly registersNow = new Map<number, RegisterFile>();
  /** Memory that panels show, now and at the stop before. */
  readonly seenMemory = new SeenMemory();
  /** The same for values with a name. */
  readonly seenValues = new SeenValues();
  private traceFile: TraceFile | undefined;
  readonly pastGuard: PastGuard;
  private readonly console: ConsoleOutput;
  private readonly state: StateEvents;
  private disposed = false;
  /** Sessions that have attached to this guest. */
  readonly joined = new Set<Guest>();
  private readonly watching: Disposable | undefined;
  readonly breakpoints: OwnBreakpoints;
  /** Of a host with several VMs. */
  shared: SharedHost | undefined;
  /** Breakpoints that the client has not been told of, and console breakpoints that it has listed as its own. */
  readonly untold = new Set<number>();
  readonly listed = new Set<number>();
  private isTravelling = false;
  /** The request that let it run. */
  movedBy: number | undefined;
  private endProgress: () => void = () => {};
  private toldModules = 0;
  private watchers: ((event: DebuggerEvent) => void)[] = [];

  private constructor(
    readonly session: Session,
    readonly launch: LaunchArguments,
    readonly control: MachineControl,
    readonly symbols: Symbols,
    debug: Debugger,
    /** The one that is looked at, where another session has launched it. */
    readonly owner?: Guest,
    /** Of all VMs of the host, where there are several. */
    profiles?: ProfileViews,
  ) {
    this.debugger = debug;
    this.breakpoints = new OwnBreakpoints(debug, session.breakpointPrefix);
    this.pastGuard =
      owner?.pastGuard ??
      new PastGuard(
        control,
        launch.inThePast ?? LAUNCH_DEFAULTS.inThePast,
        session.hasExtension ? () => session.custom('hyperscope/forkAsked', {}) : undefined,
        () => session.output('console', 'What happened after this moment is forgotten: the run goes on from here.'),
      );
    if (!owner) this.pastGuard.guard();
    this.sources = new SourceFiles(launch.image, (text) => session.output('important', text));
    this.toldSources = new ToldSources(symbols, this.sources, (event) => session.event('loadedSource', event));
    this.screen = new ScreenReader(control, () => this.vm);
    this.traceViews = new TraceViews(
      () => control.traceRing(),
      (address) => this.describe(address),
    );
    this.profiles = owner?.profiles ?? profiles ?? new ProfileViews(new Collector(control, () => debug), () => this.spaceNames.read());
    this.topics = new Topics(session, () => this.debugger.isRunning);
    this.compares = new CompareViews({
      launch,
      createHost: (config, of) => session.environment.createHost(config, of),
      changed: () => this.topics.changed('compare'),
      progress: (job) => session.progress.begin(job),
    });
    this.console = new ConsoleOutput(session, launch.console ?? 'none');
    this.state = new StateEvents(session, control, () => this.debugger.isRunning);
    if (owner) {
      this.linux = owner.linux;
      owner.joined.add(this);
      this.watching = owner.watch((event) => this.receive(event));
    } else
      debug.onEvent = (event) => {
        this.receive(event);
        for (const watcher of this.watchers) watcher(event);
      };
  }

  /** Another session's guest. */
  static join(session: Session, owner: Guest): Guest {
    const console = session.hasExtension ? 'terminal' : 'debugConsole';
    return new Guest(session, { ...owner.launch, console }, owner.control, owner.symbols, owner.debugger, owner);
  }

  /** `of`: one VM of a host of several. */
  static async create(session: Session, given: LaunchArguments, turn: Turn, of?: VmOfHost): Promise<Guest> {
    const launch = { ...given, console: given.console ?? (session.hasExtension ? 'terminal' : 'debugConsole') } as const;
    // The engine is made in its own thread while symbols and the disassembler are loaded in this one.
    const [host, loaded] = await Promise.allSettled([
      of === undefined ? session.environment.createHost(hostConfig(launch), launch) : of.shared.of(of.vm),
      loadSymbolsInTurns(launch, turn),
      InstructionDecoder.load(),
    ]);
    if (host.status === 'rejected') throw host.reason;
    const control = host.value;
    if (loaded.status === 'rejected') {
      await control.dispose();
      throw loaded.reason;
    }
    const { symbols, addresses, warnings } = loaded.value;
    const vm = of?.vm ?? 0;
    const guest = new Guest(
      session,
      launch,
      control,
      symbols,
      new Debugger({ control, vm, symbols, addresses, breakpoints: session.breakpoints }),
      undefined,
      of?.profiles,
    );
    guest.toldModules = symbols.all.length;
    if (!session.noDebug) guest.linux = linuxGuest(guest.debugger, launch, loaded.value, () => guest.symbolsMoved());
    guest.debugger.intoInterrupts = launch.stepIntoInterrupts ?? false;
    if (of !== undefined) guest.shared = of.shared;
    if (vm === 0) await setUpHost(control, launch, !session.noDebug);
    for (const warning of warnings) session.output('important', warning);
    const hypercalls = session.noDebug ? [] : (launch.hypercallBreakpoints ?? []);
    guest.breakpoints.set(
      'hypercall-launch',
      hypercalls.map((name) => ({ subject: { kind: 'hypercall', name }, options: {} })),
    );
    if (launch.traceFile !== undefined) guest.traceFile = guest.openTrace(launch.traceFile);
    return guest;
  }

  /** Files were added, moved or taken away: modules are numbered by their place in the list. */
  private symbolsMoved(): void {
    const { all } = this.symbols;
    for (let id = all.length; id < this.toldModules; id++) this.session.event('module', { reason: 'removed', module: { id, name: '' } });
    for (const [id, file] of all.entries())
      this.session.event('module', { reason: id < this.toldModules ? 'changed' : 'new', module: moduleBody(file, id) });
    this.toldModules = all.length;
    for (const guest of [this, ...this.joined]) guest.toldSources.changed();
  }

  private openTrace(path: string): TraceFile {
    return new TraceFile(path, this.control, (reason) =>
      this.session.output('important', `The trace file ${path} ends early: ${reason}. The guest goes on without it.`),
    );
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  get vm(): number {
    return this.debugger.vm;
  }

  describe(address: bigint): string {
    return this.symbols.describe(this.debugger.addresses.toLinked(address));
  }

  /** Begins to run, or shows the first instruction. */
  async start(): Promise<void> {
    this.started = true;
    await this.debugger.breakpointsReady;
    if (this.owner) {
      const { stop } = this.debugger;
      if (stop && !this.debugger.isRunning) this.session.event('stopped', this.stoppedBody(stop));
      return;
    }
    if (this.launch.stopOnEntry && !this.session.noDebug) await this.debugger.showEntry();
    else this.debugger.continue();
  }

  /** Goes on, where the client has not asked for that itself. */
  goOn(): void {
    if (this.debugger.isRunning || this.debugger.hasEnded) return;
    this.session.event('continued', { threadId: (this.debugger.stop?.vcpu ?? 0) + 1, allThreadsContinued: true });
    this.debugger.continue();
  }

  async vcpuOfThread(threadId: number): Promise<number> {
    return (await this.infoOfThread(threadId)).vcpu;
  }

  /** One that goes on when all do. */
  async freeVcpuOfThread(threadId: number): Promise<number> {
    const { vcpu, hold } = await this.infoOfThread(threadId);
    if (hold === 'held') throw dapErrors.vcpuHeld(vcpu);
    return vcpu;
  }

  private async infoOfThread(threadId: number): Promise<VcpuInfo> {
    const found = (await this.vcpus()).find(({ vcpu }) => vcpu === threadId - 1);
    if (!found) throw dapErrors.unknownThread(threadId);
    return found;
  }

  /** Those that are there. */
  async vcpus(): Promise<VcpuInfo[]> {
    return (await this.control.vcpus()).filter(({ vm, hold }) => vm === this.vm && hold !== 'gone');
  }

  /** Registers of a vCPU now; the comparison base moves once per stop. */
  async registers(vcpu: number): Promise<RegisterFile> {
    const file = this.debugger.isRunning ? await this.control.registers(this.vm, vcpu) : (await this.debugger.view(vcpu)).stop.file;
    this.registersNow.set(vcpu, file);
    return file;
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    this.console.flush();
    this.topics.dispose();
    this.compares.dispose();
    // A joined session's is its owner's, and that of several VMs goes with their host.
    if (!this.owner && !this.shared) this.profiles.dispose();
    this.state.dispose();
    if (this.owner) {
      this.owner.joined.delete(this);
      this.watching?.dispose();
      return;
    }
    for (const { session } of this.joined) session.event('terminated');
    this.debugger.dispose();
    await this.traceFile?.end().catch(() => undefined);
    await this.control.dispose();
  }

  /** What the debugger tells, for another who looks at the same guest. */
  watch(watcher: (event: DebuggerEvent) => void): Disposable {
    this.watchers = [...this.watchers, watcher];
    return {
      dispose: () => {
        this.watchers = this.watchers.filter((each) => each !== watcher);
      },
    };
  }

  /** It stands where it has come. */
  stopTravelling(): void {
    if (this.isTravelling && this.debugger.isRunning) void this.debugger.pause();
  }

  private stoppedBody(stop: ShownStop): DebugProtocol.StoppedEvent['body'] {
    const body = stoppedBody(stop, (address) => this.describe(address));
    if (body.hitBreakpointIds) body.hitBreakpointIds = body.hitBreakpointIds.filter((id) => this.breakpoints.has(id));
    return body;
  }

  /** Another session lets the guest run: this client did not ask for it. */
  private get isMovedByAnother(): boolean {
    return this.owner ? !this.session.isMoving : [...this.joined].some(({ session }) => session.isMoving);
  }

  private receive(event: DebuggerEvent): void {
    if (this.disposed) return;
    const { session } = this;
    if (event.kind !== 'console') this.console.flush();
    if (event.kind === 'stopped' || event.kind === 'exited' || event.kind === 'lost') this.endProgress();
    switch (event.kind) {
      case 'running':
        this.frames.clear();
        this.nodes.clear();
        this.targets.clear();
        for (const [vcpu, file] of this.registersNow) this.registersBefore.set(vcpu, file);
        this.seenMemory.moved();
        this.seenValues.moved();
        this.topics.running();
        this.state.running();
        this.endProgress();
        this.isTravelling = event.travelling;
        this.movedBy = session.isMoving ? session.answered : undefined;
        if (event.travelling)
          this.endProgress = session.progress.begin({
            title: 'Going to another moment of the run',
            cancel: () => this.stopTravelling(),
            message: async () => `at ${((await this.control.statistics()).virtualNs / 1e9).toFixed(6)} s`,
          });
        if (this.isMovedByAnother) session.event('continued', { threadId: (this.debugger.stop?.vcpu ?? 0) + 1, allThreadsContinued: true });
        break;
      case 'stopped':
        session.event('stopped', this.stoppedBody(event.stop));
        this.topics.stopped();
        break;
      case 'exited':
        this.topics.stopped();
        session.output('console', `The guest has ended: ${event.exit.text || event.exit.reason}.`);
        session.event('exited', { exitCode: event.exit.code });
        session.event('terminated');
        break;
      case 'lost':
        session.output('important', dapErrors.engineLost(event.text).message);
        session.event('terminated');
        break;
      case 'breakpoint':
        if (this.breakpoints.has(event.breakpoint.id) && !this.untold.has(event.breakpoint.id))
          session.event('breakpoint', { reason: 'changed', breakpoint: breakpointBody(event.breakpoint, this) });
        break;
      case 'log': {
        const place = event.breakpoint?.places[0];
        const source =
          place?.file === undefined ? {} : { source: { name: place.file.split(/[/\\]/).pop(), path: place.file }, line: place.line };
        session.output('console', event.text, source);
        break;
      }
      case 'console':
        this.console.write(event.bytes);
        break;
      case 'console-redrawn':
        this.console.redraw(event.bytes);
        break;
      case 'message':
        session.output(event.severity === 'info' ? 'console' : 'important', event.text);
        break;
      case 'changed':
        if (session.client.supportsInvalidatedEvent)
          session.event('invalidated', { areas: event.what === 'registers' ? ['stacks', 'variables'] : ['variables'] });
        if (event.at && session.client.supportsMemoryEvent)
          session.event('memory', { memoryReference: `0x${event.at.address.toString(16)}`, offset: 0, count: event.at.count });
        this.topics.stopped();
        break;
    }
  }
}
