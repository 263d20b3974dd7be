// One host driven by several debuggers, one for each VM: each has a control of its own. A stop goes to the debugger of the VM that it belongs to, which decides whether a person is to
// see it. It holds all: the others are then told to stand still, and the host goes on when all of them want it to. Or it holds that VM alone (a logged input), and the others run on;
// in the past of the run, where nothing can be changed, it holds all even so.
import type { Disposable } from '../../base/disposable';
import type { MachineControl } from '../../machine/control/control';
import type { ControlEvent, HeldClock, Position, StopInfo, StopPointSpec, StopReason } from '../../machine/control/types';

/** Ids of stop points on the host: those of a VM's debugger times this, and its number. */
const MANY = 64;

interface Member {
  readonly vm: number;
  listeners: ((event: ControlEvent) => void)[];
  points: readonly StopPointSpec[];
  /** It wants the host to go on, so. */
  wants: { kind: 'resume' | 'other'; start: () => Promise<void> } | undefined;
  /** A person sees it stand. */
  shown: boolean;
  /** How often a person has seen it stand. */
  stops: number;
  /** It is about to go on because another one did, and how often that one had stood by then. */
  follows: { vm: number; stops: number } | undefined;
}

export interface StopHolds {
  /** What a stop of one VM holds. */
  readonly stops: 'host' | 'vm';
  readonly clock: HeldClock;
}

export class SharedHost {
  private readonly members = new Map<number, Member>();
  private running = false;
  private asked: Member | undefined;
  /** The host stands only for something that is done at once; nobody is told. */
  private quiet = false;
  /** The run was taken to another moment, and is not known to be in the present again. */
  private wasPast = false;
  private last: Promise<unknown> = Promise.resolve();
  private readonly subscription: Disposable;
  /** What no debugger of its own is there to tell: of VMs that nobody looks at. */
  onOther: (text: string) => void = () => {};

  constructor(
    private readonly control: MachineControl,
    private readonly names: readonly string[],
    private readonly holds: StopHolds = { stops: 'host', clock: 'stops' },
  ) {
    this.subscription = control.onEvent((event) => void this.receive(event).catch((error: unknown) => this.onOther(String(error))));
  }

  /** The VM's debugger will come: nothing runs before it wants to. */
  expect(vm: number): void {
    if (!this.members.has(vm))
      this.members.set(vm, { vm, listeners: [], points: [], wants: undefined, shown: false, stops: 0, follows: undefined });
  }

  /** It will not come, or has gone: its VM runs with the others. */
  async leave(vm: number): Promise<void> {
    if (!this.members.delete(vm)) return;
    await this.sendPoints();
    if (this.alone) await this.inTurn(() => this.setHeld(vm, false));
    await this.goOn();
  }

  /** A stop holds its VM alone, now. */
  get alone(): boolean {
    return this.holds.stops === 'vm' && !this.wasPast;
  }

  /** Somebody is on the way to another moment: all go there, and stand there together. */
  willTravel(): void {
    this.wasPast = true;
  }

  /** A VM's debugger is told to go on because another's did, and will ask for it when it is ready. */
  follows(vm: number, first: number): void {
    const member = this.members.get(vm);
    const stops = this.members.get(first)?.stops;
    if (member !== undefined && stops !== undefined) member.follows = { vm: first, stops };
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }

  /** Of a VM that has ended nothing is held. */
  private async setHeld(vm: number, held: boolean): Promise<void> {
    await this.control.holdVm(vm, held, this.holds.clock);
  }

  /** Whoever is seen to stand is held, and nobody else. */
  private async setAllHeld(): Promise<void> {
    for (const { vm, wants } of this.members.values()) await this.setHeld(vm, wants === undefined);
  }

  /** Does what cannot be done while the host runs. */
  private async standing<T>(work: () => Promise<T>): Promise<T> {
    if (!this.alone) return work();
    const result = await this.inTurn(async () => {
      await this.halt();
      return work();
    });
    await this.goOn();
    return result;
  }

  private async halt(): Promise<void> {
    if (!this.running) return;
    this.quiet = true;
    try {
      await this.control.pause();
    } finally {
      this.quiet = false;
    }
  }

  /** The control of one VM's debugger. */
  of(vm: number): MachineControl {
    this.expect(vm);
    const member = this.members.get(vm)!;
    const { control } = this;
    const own: Partial<MachineControl> = {
      onEvent: (listener) => {
        member.listeners = [...member.listeners, listener];
        return {
          dispose: () => {
            member.listeners = member.listeners.filter((each) => each !== listener);
          },
        };
      },
      resume: () => this.want(member, 'resume', () => control.resume()),
      stepInstruction: (of, vcpu) => this.want(member, 'other', () => control.stepInstruction(of, vcpu)),
      travel: async (destination) => {
        this.wasPast = true;
        await this.inTurn(() => this.halt());
        await this.want(member, 'other', () => control.travel(destination));
      },
      trail: (of, vcpu, from) => this.standing(() => control.trail(of, vcpu, from)),
      save: () => this.standing(() => control.save()),
      digest: () => this.standing(() => control.digest()),
      pause: () => this.pause(member),
      vcpus: async () => (await control.vcpus()).filter((each) => each.vm === vm),
      setStopPoints: (points) => {
        member.points = points;
        return this.sendPoints();
      },
      dispose: () => this.leave(vm),
    };
    return new Proxy(control, {
      get: (target, key: keyof MachineControl) => {
        const value = own[key] ?? target[key];
        return typeof value === 'function' && own[key] === undefined ? value.bind(target) : value;
      },
      set: (_target, key: keyof MachineControl, value) => {
        Object.assign(own, { [key]: value });
        return true;
      },
    });
  }

  /** A person sees this VM stand: all others stand as well. */
  async shown(vm: number): Promise<void> {
    const shown = this.members.get(vm);
    if (shown !== undefined) {
      shown.shown = true;
      shown.stops++;
    }
    if (this.wasPast && !(await this.control.history()).past) this.wasPast = false;
    if (this.alone) return this.goOn();
    for (const member of this.members.values()) {
      if (member.vm === vm || member.wants === undefined) continue;
      await this.deliver(member, { kind: 'pause' }, undefined);
    }
  }

  async dispose(): Promise<void> {
    this.members.clear();
    this.subscription.dispose();
    await this.control.dispose();
  }

  private sendPoints(): Promise<void> {
    const points = [...this.members.values()].flatMap(({ vm, points: of }) =>
      of.map((point) => ({
        ...point,
        id: point.id * MANY + vm,
        ...(point.countsWith !== undefined && { countsWith: point.countsWith * MANY + vm }),
      })),
    );
    return this.control.setStopPoints(points);
  }

  private async want(member: Member, kind: 'resume' | 'other', start: () => Promise<void>): Promise<void> {
    member.wants = { kind, start };
    member.shown = false;
    const { follows } = member;
    member.follows = undefined;
    // Whom it follows was paused meanwhile.
    if (!this.alone && follows !== undefined && (this.members.get(follows.vm)?.stops ?? 0) > follows.stops)
      return this.deliver(member, { kind: 'pause' }, undefined);
    if (this.alone && this.running) {
      await this.inTurn(async () => {
        // A step says how the host is to go on.
        if (kind === 'other') await this.halt();
        else if (this.running) await this.setHeld(member.vm, false);
      });
    }
    await this.goOn();
  }

  /** Who wants it, so, and all others along with it; undefined: not yet. */
  private get leader(): Member | undefined {
    const members = [...this.members.values()];
    const waits = this.alone
      ? members.some(({ wants, shown }) => wants === undefined && !shown)
      : members.some(({ wants }) => wants === undefined);
    if (this.running || waits) return undefined;
    return members.find(({ wants }) => wants?.kind === 'other') ?? members.find(({ wants }) => wants !== undefined);
  }

  private async goOn(): Promise<void> {
    const started = await this.inTurn(async () => {
      if (this.leader !== undefined && this.alone) await this.setAllHeld();
      // Whoever steps or goes to another moment says how.
      const { leader } = this;
      if (leader === undefined) return undefined;
      this.running = true;
      this.asked = leader;
      return { leader, start: leader.wants!.start() };
    });
    if (started === undefined) return;
    try {
      await started.start;
    } catch (error) {
      this.running = false;
      started.leader.wants = undefined;
      throw error;
    }
  }

  private async pause(member: Member): Promise<void> {
    if (this.alone && member.wants === undefined) return;
    if (this.running) {
      this.asked = member;
      await this.control.pause();
    } else if (member.wants !== undefined) {
      await this.deliver(member, { kind: 'pause' }, undefined);
    }
  }

  private tell(event: ControlEvent, to?: Member): void {
    for (const member of to === undefined ? this.members.values() : [to]) for (const listener of member.listeners) listener(event);
  }

  private async receive(event: ControlEvent): Promise<void> {
    switch (event.kind) {
      case 'running':
        return;
      case 'stopped':
        this.running = false;
        if (this.quiet && event.stop.reason.kind === 'pause') return;
        return this.stopped(event.stop);
      case 'present':
        this.wasPast = false;
        if (this.alone) await this.inTurn(() => this.setAllHeld());
        return;
      case 'vm-ended': {
        const member = this.members.get(event.vm);
        if (member === undefined) this.onOther(`${this.names[event.vm]} has ended: ${event.exit.text}`);
        this.members.delete(event.vm);
        if (member !== undefined) this.tell({ kind: 'exited', exit: event.exit }, member);
        return;
      }
      case 'log': {
        const member = this.members.get(event.vm);
        if (member !== undefined) this.tell({ ...event, id: Math.floor(event.id / MANY) }, member);
        return;
      }
      case 'message': {
        const [first] = this.members.values();
        if (first !== undefined) this.tell(event, first);
        return;
      }
      case 'console':
        if (this.members.has(event.vm)) this.tell(event);
        else this.lines(event.vm, event.bytes);
        return;
      default:
        if (event.kind === 'exited' || event.kind === 'lost') this.running = false;
        this.tell(event);
    }
  }

  /** The console of a VM that nobody looks at: whole lines with its name. */
  private lines(vm: number, bytes: Uint8Array): void {
    const text = (this.unended.get(vm) ?? '') + new TextDecoder('latin1').decode(bytes).replaceAll('\r', '');
    const lines = text.split('\n');
    this.unended.set(vm, lines.pop() ?? '');
    for (const line of lines) this.onOther(`${this.names[vm]}| ${line}`);
  }
  private readonly unended = new Map<number, string>();

  private async stopped(stop: StopInfo): Promise<void> {
    const { kind } = stop.reason;
    const asked = this.asked !== undefined && this.members.get(this.asked.vm) === this.asked ? this.asked : undefined;
    const member = kind === 'pause' || kind === 'travel' ? (asked ?? this.members.get(stop.at.vm)) : this.members.get(stop.at.vm);
    if (member !== undefined) return this.deliver(member, stop.reason, stop);
    if (kind === 'halted-forever' && asked !== undefined) return this.deliver(asked, stop.reason, undefined);
    // Nobody looks at this VM: it goes on as if it were alone.
    this.onOther(`${this.names[stop.at.vm]} stopped (${kind}) and goes on: no session looks at it`);
    await this.goOn();
  }

  private async deliver(member: Member, reason: StopReason, stop: StopInfo | undefined): Promise<void> {
    member.wants = undefined;
    member.follows = undefined;
    const of = stop?.at.vm === member.vm ? stop : await this.placeOf(member.vm);
    this.tell({ kind: 'stopped', stop: { reason: ownIds(reason), at: of.at, position: of.position } }, member);
  }

  private async placeOf(vm: number): Promise<{ at: StopInfo['at']; position: Position }> {
    const found = (await this.control.vcpus()).find((each) => each.vm === vm);
    const position = found?.position ?? { vm, vcpu: 0, retired: 0, event: 0, virtualNs: 0 };
    return { at: { vm, vcpu: found?.vcpu ?? 0 }, position };
  }
}

const ownIds = (reason: StopReason): StopReason =>
  'ids' in reason ? { ...reason, ids: reason.ids.map((id) => Math.floor(id / MANY)) } : reason;
