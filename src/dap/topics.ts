// "Something you show has changed": one small event per topic at most 30 times a second, and the next only after the client has read.
import type { Topic } from '../protocol/requests';
import type { Session } from './session';

const LEAST_INTERVAL_MS = 1000 / 30;

interface Subscription {
  /** A changed event is out and nobody has read since. */
  waitingForRead: boolean;
  lastSentMs: number;
  pending: boolean;
}

export class Topics {
  private readonly subscriptions = new Map<Topic, Subscription>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly session: Session,
    private readonly isRunning: () => boolean,
  ) {}

  subscribe(topic: Topic, on: boolean): void {
    if (on) this.subscriptions.set(topic, { waitingForRead: false, lastSentMs: 0, pending: true });
    else this.subscriptions.delete(topic);
    this.schedule();
  }

  /** After a restart the client still shows what it showed. */
  adopt(old: Topics): void {
    for (const topic of old.subscriptions.keys()) this.subscribe(topic, true);
  }

  /** The client has fetched a topic: it may be told again. */
  read(topic: Topic): void {
    const subscription = this.subscriptions.get(topic);
    if (!subscription) return;
    subscription.waitingForRead = false;
    this.schedule();
  }

  running(): void {
    this.markAll();
  }

  stopped(): void {
    this.markAll();
  }

  /** Something that has nothing to do with whether the guest runs. */
  changed(topic: Topic): void {
    const subscription = this.subscriptions.get(topic);
    if (!subscription) return;
    subscription.pending = true;
    this.schedule();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.subscriptions.clear();
  }

  private markAll(): void {
    for (const subscription of this.subscriptions.values()) subscription.pending = true;
    this.schedule();
  }

  private schedule(): void {
    if (this.timer || this.subscriptions.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.tick();
    }, LEAST_INTERVAL_MS);
    this.timer.unref();
  }

  private tick(): void {
    const running = this.isRunning();
    const now = Date.now();
    for (const [topic, subscription] of this.subscriptions) {
      // While the guest runs, everything changes all the time.
      if (running) subscription.pending = true;
      if (!subscription.pending || subscription.waitingForRead || now - subscription.lastSentMs < LEAST_INTERVAL_MS) continue;
      subscription.pending = false;
      subscription.waitingForRead = true;
      subscription.lastSentMs = now;
      this.session.custom('hyperscope/changed', { topic, running });
    }
    const due = [...this.subscriptions.values()].some((each) => !each.waitingForRead && (each.pending || running));
    if (due) this.schedule();
  }
}
