// Several VMs of one launch: each has a session of its own on the same adapter, which the client starts when it is asked to (startDebugging), under the one that launched them: that is
// the host's. Where the client starts no sessions, the launching one is the first VM's. A stop holds all of them, or its VM alone ("stopHolds").
import { SharedHost } from '../debug/host-link/shared-host';
import { Collector } from '../debug/profile/collector';
import type { LaunchArguments } from '../protocol/launch';
import { Guest } from './guest';
import { HostState } from './host-state';
import { LAUNCH_DEFAULTS } from './launch/defaults';
import { hostConfig, launchesOf } from './launch/host-config';
import type { Turn } from './launch/symbols';
import { ProfileViews } from './profile-views';
import type { Session } from './session';

export class VmSessions {
  private readonly guests = new Map<number, Guest>();
  /** VMs whose sessions the client has been asked for. */
  private readonly asked = new Set<number>();
  private disposed = false;
  private readonly state: HostState;
  readonly shared: SharedHost;
  /** Of all VMs in one. */
  readonly profiles: ProfileViews;
  readonly names: readonly string[];

  private constructor(
    private readonly parent: Session,
    private readonly launches: readonly (LaunchArguments & { name: string })[],
    control: ConstructorParameters<typeof SharedHost>[0],
  ) {
    this.names = launches.map(({ name }) => name);
    const { stopHolds = LAUNCH_DEFAULTS.stopHolds, heldClock = LAUNCH_DEFAULTS.heldClock } = launches[0]!;
    this.shared = new SharedHost(control, this.names, { stops: stopHolds, clock: heldClock });
    this.profiles = new ProfileViews(
      new Collector(control, (vm) => this.guests.get(vm)?.debugger),
      async (vm) => (await this.guests.get(vm)?.spaceNames.read()) ?? new Map(),
      this.names,
    );
    this.state = new HostState(
      (name, body) => parent.event(name, body),
      () => this.open,
    );
    this.shared.onOther = (text) => parent.output('console', text);
  }

  static async create(parent: Session, launch: LaunchArguments): Promise<VmSessions> {
    const control = await parent.environment.createHost(hostConfig(launch), launch);
    return new VmSessions(parent, launchesOf(launch), control);
  }

  /** Each VM has a session under the one that launched them. */
  get isUnderHost(): boolean {
    return this.parent.client.supportsStartDebuggingRequest === true && !this.parent.noDebug;
  }

  /** What the session of one VM looks at; undefined: it has none. */
  guestOf(vm: number): Guest | undefined {
    const guest = this.guests.get(vm);
    return guest?.isDisposed ? undefined : guest;
  }

  private get open(): Guest[] {
    return [...this.guests.values()].filter((guest) => !guest.isDisposed);
  }

  async join(session: Session, vm: number, turn: Turn): Promise<Guest> {
    const guest = await Guest.create(session, this.launches[vm]!, turn, { shared: this.shared, profiles: this.profiles, vm });
    this.guests.set(vm, guest);
    this.asked.delete(vm);
    guest.watch((event) => {
      if (event.kind === 'running') {
        if (event.travelling) this.shared.willTravel();
        this.moved(guest);
      } else if (event.kind === 'stopped') this.shared.shown(vm).catch((error: unknown) => this.parent.output('console', String(error)));
    });
    return this.isUnderHost ? this.state.follow(guest) : guest;
  }

  /** The session of a VM has ended: with the last one the host's ends. */
  left(): void {
    this.state.changed();
    if (!this.disposed && this.isUnderHost && this.open.length === 0 && this.asked.size === 0) this.parent.event('terminated');
  }

  /** As on the VM's own session, for whoever has the host's alone. */
  get first(): Guest | undefined {
    return this.open[0];
  }

  /** True: a guest knows a power button and will shut down. */
  async powerButtons(): Promise<boolean> {
    let pressed = false;
    for (const guest of this.open) {
      if (guest.terminateAsked || guest.debugger.hasEnded) continue;
      guest.terminateAsked = true;
      pressed = (await guest.control.powerButton(guest.vm)) || pressed;
    }
    if (pressed) this.first?.goOn();
    return pressed;
  }

  async pause(): Promise<void> {
    for (const guest of this.shared.alone ? this.open : this.open.slice(0, 1)) await guest.debugger.pause();
  }

  goOn(): void {
    for (const guest of this.open) if (guest.started) guest.goOn();
  }

  /** One goes on: all go on that were held with it. */
  private moved(by: Guest): void {
    if (this.shared.alone) return;
    for (const guest of this.guests.values()) {
      const { isRunning, hasEnded } = guest.debugger;
      if (guest === by || !guest.started || guest.isDisposed || isRunning || hasEnded) continue;
      guest.session.event('continued', { threadId: 1, allThreadsContinued: true });
      this.shared.follows(guest.vm, by.vm);
      guest.debugger.continue();
    }
  }

  /** Asks the client for a session for each further VM. What it cannot have runs without one. */
  startSessions(): void {
    for (const [vm, name] of this.names.entries()) {
      if (this.parent.noDebug || this.guestOf(vm) !== undefined) continue;
      if (!this.parent.client.supportsStartDebuggingRequest) {
        this.parent.output(
          'console',
          `${name} runs without a session: attach one with "guest": "${name}" to see more of it than its console.`,
        );
        continue;
      }
      this.shared.expect(vm);
      this.asked.add(vm);
      this.parent.ask(
        'startDebugging',
        { request: 'attach', configuration: { type: 'hyperscope', request: 'attach', name, guest: name } },
        (started) => {
          if (started) return;
          this.asked.delete(vm);
          void this.shared.leave(vm);
          this.left();
        },
      );
    }
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    this.state.dispose();
    for (const { session } of this.open) if (session !== this.parent) session.event('terminated');
    this.profiles.dispose();
    await this.shared.dispose();
  }
}
