// Does something at most so many times a second: at once when it has been quiet, else when its time has come, and once for all that asked meanwhile.

export class Pacer {
  private timer: NodeJS.Timeout | undefined;
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly perSecond: () => number,
    private readonly act: () => void,
  ) {}

  request(): void {
    if (this.timer) return;
    const waitMs = this.lastMs + 1000 / this.perSecond() - performance.now();
    if (waitMs <= 0) this.run();
    else this.timer = setTimeout(() => this.run(), waitMs);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private run(): void {
    this.dispose();
    this.lastMs = performance.now();
    this.act();
  }
}
