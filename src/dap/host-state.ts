// What the row of a host with several VMs says in the call stack: it has no thread of its own, so it is told like a session that stands while its VMs stand, and how many.
import type { Disposable } from '../base/disposable';

/** VMs stop and go on together, one after the other: told is what comes of it. */
const SETTLED_AFTER_MS = 40;

/** No thread has it. Editors forget what has stopped by threads: what is told of this one is forgotten when it goes on, what is told of all threads of none never would be. */
const NO_THREAD = 0;

/** A VM with a session, as far as it matters here. */
export interface StandingVm {
  readonly started: boolean;
  readonly debugger: { readonly isRunning: boolean; readonly hasEnded: boolean };
  watch(watcher: () => void): Disposable;
}

export class HostState {
  private told = '';
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
    if (this.told !== '') this.event('continued', { threadId: NO_THREAD, allThreadsContinued: false });
    const stopped = { reason: 'pause', description: text, threadId: NO_THREAD, allThreadsStopped: true, preserveFocusHint: true };
    if (text !== '') this.event('stopped', stopped);
    this.told = text;
  }
}
