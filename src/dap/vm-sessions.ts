// Several VMs of one launch: the first has the session that launched them, each other one a session of its own on the same adapter, which the client starts when it is asked to
// (startDebugging). A stop holds all of them.
import { SharedHost } from '../debug/host-link/shared-host';
import { Collector } from '../debug/profile/collector';
import type { LaunchArguments } from '../protocol/launch';
import { Guest } from './guest';
import { hostConfig, launchesOf } from './launch/host-config';
import { ProfileViews } from './profile-views';
import type { Session } from './session';

export class VmSessions {
  private readonly guests = new Map<number, Guest>();
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
    this.shared = new SharedHost(control, this.names);
    this.profiles = new ProfileViews(new Collector(control, (vm) => this.guests.get(vm)?.debugger), async () => new Map());
    this.shared.onOther = (text) => parent.output('console', text);
  }

  static async create(parent: Session, launch: LaunchArguments): Promise<VmSessions> {
    const control = await parent.environment.createHost(hostConfig(launch), launch);
    return new VmSessions(parent, launchesOf(launch), control);
  }

  /** The session of one VM; undefined: it has one already. */
  guestOf(vm: number): Guest | undefined {
    return this.guests.get(vm);
  }

  async open(session: Session, vm: number): Promise<Guest> {
    const guest = await Guest.create(session, this.launches[vm]!, { shared: this.shared, profiles: this.profiles, vm });
    this.guests.set(vm, guest);
    guest.watch((event) => {
      if (event.kind === 'running') this.moved(guest);
      else if (event.kind === 'stopped') void this.shared.shown(vm);
    });
    return guest;
  }

  /** One goes on: all go on. */
  private moved(by: Guest): void {
    for (const guest of this.guests.values()) {
      const { isRunning, hasEnded } = guest.debugger;
      if (guest === by || !guest.started || guest.isDisposed || isRunning || hasEnded) continue;
      guest.session.event('continued', { threadId: 1, allThreadsContinued: true });
      guest.debugger.continue();
    }
  }

  /** Asks the client for a session for each further VM. What it cannot have runs without one. */
  startSessions(): void {
    for (const [vm, name] of this.names.entries()) {
      if (vm === 0 || this.parent.noDebug) continue;
      if (!this.parent.client.supportsStartDebuggingRequest) {
        this.parent.output(
          'console',
          `${name} runs without a session: attach one with "guest": "${name}" to see more of it than its console.`,
        );
        continue;
      }
      this.shared.expect(vm);
      this.parent.ask(
        'startDebugging',
        { request: 'attach', configuration: { type: 'hyperscope', request: 'attach', name, guest: name } },
        (started) => {
          if (!started) void this.shared.leave(vm);
        },
      );
    }
  }

  async dispose(): Promise<void> {
    for (const [vm, guest] of this.guests) if (vm !== 0 && !guest.isDisposed) guest.session.event('terminated');
    this.profiles.dispose();
    await this.shared.dispose();
  }
}
