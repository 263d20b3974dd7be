// Long work as a client shows it: told only where it lasts, with what can be said meanwhile, and an end to it where there is one.
import type { Session } from './session';

/** Shorter work is not worth telling. */
const PATIENCE_MS = 400;
const INTERVAL_MS = 500;

interface Job {
  readonly title: string;
  /** Told before it begins. */
  readonly atOnce?: boolean;
  /** Ends the work early; undefined: it goes on to its end. */
  readonly cancel?: () => void;
  /** How far it is, in a few words. */
  readonly message?: () => Promise<string>;
}

export class Progress {
  private nextId = 1;
  private readonly running = new Map<string, Job>();

  constructor(
    private readonly session: Session,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /** False: there is no such work any more, or it cannot be ended. */
  cancel(progressId: string): boolean {
    const job = this.running.get(progressId);
    job?.cancel?.();
    return job?.cancel !== undefined;
  }

  async during<T>(job: Job, work: () => Promise<T>): Promise<T> {
    if (!this.session.client.supportsProgressReporting) return work();
    const end = this.begin(job);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** The end is to be called once. */
  begin(job: Job): () => void {
    if (!this.session.client.supportsProgressReporting) return () => {};
    const { session } = this;
    const progressId = `hyperscope ${this.nextId++}`;
    this.running.set(progressId, job);
    let timer: NodeJS.Timeout | undefined;
    let told = false;
    const tell = async (): Promise<void> => {
      const message = job.message && (await job.message().catch(() => undefined));
      if (!this.running.has(progressId)) return;
      if (!told)
        session.event('progressStart', {
          progressId,
          title: job.title,
          cancellable: job.cancel !== undefined,
          ...(message && { message }),
        });
      else if (message !== undefined) session.event('progressUpdate', { progressId, message });
      told = true;
      timer = setTimeout(() => void tell(), INTERVAL_MS);
    };
    if (job.atOnce) void tell();
    else timer = setTimeout(() => void tell(), this.patienceMs);
    return () => {
      clearTimeout(timer);
      this.running.delete(progressId);
      if (told) session.event('progressEnd', { progressId });
    };
  }
}
