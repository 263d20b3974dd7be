// One host driven by several debuggers, one for each VM: each has a control of its own, and a stop holds all. The host goes on when all of them want it to; a stop goes to the
// debugger of the VM that it belongs to, which decides whether a person is to see it; the others are then told to stand still.
import type { Disposable } from '../../base/disposable';
import type { MachineControl } from '../../machine/control/control';
import type { ControlEvent, Position, StopInfo, StopPointSpec, StopReason } from '../../machine/control/types';

/** Ids of stop points on the host: those of a VM's debugger times this, and its number. */
const MANY = 64;

interface Member {
  readonly vm: number;
  listeners: ((event: ControlEvent) => void)[];
  points: readonly StopPointSpec[];
  /** It wants the host to go on, so. */
  wants: { kind: 'resume' | 'other'; start: () => Promise<void> } | undefined;
}

export class SharedHost {
  private readonly members = new Map<number, Member>();
  private running = false;
  private asked: Member | undefined;
  private readonly subscription: Disposable;
  /** What no debugger of its own is there to tell: of VMs that nobody looks at. */
  onOther: (text: string) => void = () => {};

  constructor(
    private readonly control: MachineControl,
    private readonly names: readonly string[],
  ) {
    this.subscription = control.onEvent((event) => void this.receive(event).catch((error: unknown) => this.onOther(String(error))));
  }

  /** The VM's debugger will come: nothing runs before it wants to. */
  expect(vm: number): void {
    if (!this.members.has(vm)) this.members.set(vm, { vm, listeners: [], points: [], wants: undefined });
  }

  /** It will not come, or has gone: its VM runs with the others. */
  async leave(vm: number): Promise<void> {
    if (!this.members.delete(vm)) return;
    await this.sendPoints();
    await this.goOn();
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
      travel: (destination) => this.want(member, 'other', () => control.travel(destination)),
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
    await this.goOn();
  }

  private async goOn(): Promise<void> {
    const members = [...this.members.values()];
    if (this.running || members.length === 0 || members.some(({ wants }) => wants === undefined)) return;
    // Whoever steps or goes to another moment says how; all others go along.
    const leader = members.find(({ wants }) => wants?.kind === 'other') ?? members[0]!;
    this.running = true;
    this.asked = leader;
    try {
      await leader.wants!.start();
    } catch (error) {
      this.running = false;
      leader.wants = undefined;
      throw error;
    }
  }

  private async pause(member: Member): Promise<void> {
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
        return this.stopped(event.stop);
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
    const of = stop?.at.vm === member.vm ? stop : await this.standing(member.vm);
    this.tell({ kind: 'stopped', stop: { reason: ownIds(reason), at: of.at, position: of.position } }, member);
  }

  private async standing(vm: number): Promise<{ at: StopInfo['at']; position: Position }> {
    const found = (await this.control.vcpus()).find((each) => each.vm === vm);
    const position = found?.position ?? { vm, vcpu: 0, retired: 0, event: 0, virtualNs: 0 };
    return { at: { vm, vcpu: found?.vcpu ?? 0 }, position };
  }
}

const ownIds = (reason: StopReason): StopReason =>
  'ids' in reason ? { ...reason, ids: reason.ids.map((id) => Math.floor(id / MANY)) } : reason;
