// The process's own clock and event loop, for the driver.
import { performance } from 'node:perf_hooks';
import type { RealTime } from './driver';

export class ProcessTime implements RealTime {
  private wakeUp: (() => void) | undefined;

  nowNs(): number {
    return performance.now() * 1e6;
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (ms < 1) {
        setImmediate(resolve);
        return;
      }
      const timer = setTimeout(() => this.wakeUp?.(), ms);
      this.wakeUp = () => {
        this.wakeUp = undefined;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  wake(): void {
    this.wakeUp?.();
  }
}
