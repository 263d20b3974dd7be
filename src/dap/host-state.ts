// What the row of a host with several VMs says in the call stack: it has no thread of its own, so it is told like a session that stands while its VMs stand, and how many.
import type { Disposable } from '../base/disposable';

/** VMs stop and go on together, one after the other: told is what comes of it. */
const SETTLED_AFTER_MS = 40;

/** A VM with a session, as far as it matters here. */
export interface StandingVm {
  readonly started: boolean;
  readonly debugger: { readonly isRunning: boolean; readonly hasEnded: boolean };
  watch(watcher: () => void): Disposable;
}

export class HostState {
  private told = '';
  /**
   * Threads that there are not, one for each stop. VS Code forgets what it was told by threads, and some time after `continued`: what is told of all threads, where there are none, it never
   * forgets, and a stop that comes at once behind must be of another thread.
   */
  private threadId = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly event: (name: 'stopped' | 'continued', body: object) => void,
    /** Those whose sessions are open. */
    private readonly guests: () => readonly StandingVm[],
  ) {}

  follow<T extends StandingVm>(guest: T): T {
    guest.watch(() => this.changed());
    return guest;
  }

  /** A VM stopped, went on, came or went. */
  changed(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.tell();
    }, SETTLED_AFTER_MS);
    this.timer.unref();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private get text(): string {
    const all = this.guests().filter(({ started, debugger: { hasEnded } }) => started && !hasEnded);
    const standing = all.filter(({ debugger: { isRunning } }) => !isRunning).length;
    if (standing === 0) return '';
    return standing === all.length ? 'All VMs paused' : `${standing} of ${all.length} VMs paused`;
  }

  private tell(): void {
    const { text } = this;
    if (text === this.told) return;
    if (this.told !== '') this.event('continued', { threadId: this.threadId, allThreadsContinued: false });
    if (text !== '') {
      const how = { reason: 'pause', allThreadsStopped: true, preserveFocusHint: true };
      this.event('stopped', { ...how, description: text, threadId: ++this.threadId });
    }
    this.told = text;
  }
}
