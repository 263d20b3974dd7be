// The driver: pace, ends, saving at places, keys while idle. The host is a script of slice results.
import assert from 'node:assert/strict';
import { type DrivenHost, Driver, type RealTime } from '../../src/cli/run/driver';
import type { StopInfo } from '../../src/machine/control/types';

type Slice = ReturnType<DrivenHost['runSlice']>;

class FakeTime implements RealTime {
  ns = 5_000_000_000;
  pauses: number[] = [];
  onPause: (() => void) | undefined;
  nowNs = () => this.ns;
  pause = async (ms: number) => {
    this.pauses.push(ms);
    this.ns += ms * 1e6;
    this.onPause?.();
  };
  wake = () => {};
}

class FakeHost implements DrivenHost {
  stop: StopInfo | undefined;
  exit: DrivenHost['exit'];
  loop = { reachedNs: 0 };
  horizons: number[] = [];
  aims: unknown[] = [];
  typed: [Uint8Array, number | undefined][] = [];
  inputs = { console: (_vm: number, bytes: Uint8Array, notBeforeNs?: number) => void this.typed.push([bytes, notBeforeNs]) };
  constructor(private readonly slices: (() => Slice)[]) {}
  runSlice = (_budgetNs: number, horizonNs: number): Slice => {
    this.horizons.push(horizonNs);
    const next = this.slices.shift();
    if (next !== undefined) return next();
    this.exit = { reason: 'debug-exit', code: 7, text: '' };
    return 'exited';
  };
  goOn = (how?: { until?: unknown }) => {
    this.stop = undefined;
    this.aims.push(how?.until);
  };
}

const ran = (ns: number, host: () => FakeHost) => (): Slice => {
  host().loop.reachedNs += ns;
  return 'again';
};
const options = { pace: 'fast' as const, saves: [], afterSlice: () => false };

describe('driver', () => {
  it('fast: runs to the end without waiting', async () => {
    const time = new FakeTime();
    const host: FakeHost = new FakeHost([ran(10, () => host), ran(10, () => host)]);
    assert.deepEqual(await new Driver(host, time, options).run(), { reason: 'debug-exit', code: 7 });
    assert.deepEqual(time.pauses, []);
    assert.ok(host.horizons.every((ns) => ns === Number.MAX_SAFE_INTEGER));
  });

  it('realtime: virtual time does not overtake', async () => {
    const time = new FakeTime();
    const host: FakeHost = new FakeHost([
      ran(20_000_000, () => host),
      () => ({ idleUntilNs: 500_000_000 }),
      () => ({ idleUntilNs: 9_000_000_000 }),
    ]);
    await new Driver(host, time, { ...options, pace: 'realtime' }).run();
    assert.deepEqual(time.pauses, [20, 480, 1000]);
    assert.deepEqual(host.horizons, [0, 20_000_000, 500_000_000, 1_500_000_000]);
  });

  it('realtime: far behind is not caught up', async () => {
    const time = new FakeTime();
    const host: FakeHost = new FakeHost([
      () => {
        time.ns += 3_000_000_000;
        host.loop.reachedNs += 1_000_000;
        return 'again';
      },
      () => 'again',
    ]);
    await new Driver(host, time, { ...options, pace: 'realtime' }).run();
    assert.equal(host.horizons[1], 101_000_000);
  });

  it('waits for a key while nothing else can happen, and ends when asked', async () => {
    const time = new FakeTime();
    const host: FakeHost = new FakeHost([() => 'idle-for-ever', ran(5, () => host), () => 'idle-for-ever']);
    const driver = new Driver(host, time, options);
    const steps = [() => driver.type(Uint8Array.of(65)), () => driver.interrupt()];
    time.onPause = () => steps.shift()?.();
    assert.deepEqual(await driver.run(), { reason: 'interrupted', code: 130 });
    assert.deepEqual(host.typed, [[Uint8Array.of(65), 0]]);
  });

  it('saves at each place and goes on', async () => {
    const saved: number[] = [];
    const host: FakeHost = new FakeHost([
      () => {
        host.stop = { reason: { kind: 'limit', what: '' } } as StopInfo;
        return 'stopped';
      },
      () => {
        host.stop = { reason: { kind: 'limit', what: '' } } as StopInfo;
        return 'stopped';
      },
    ]);
    const saves = [100, 200].map((retired) => ({ vcpu: 0, retired, save: () => void saved.push(retired) }));
    assert.equal((await new Driver(host, new FakeTime(), { ...options, saves }).run()).code, 7);
    assert.deepEqual(saved, [100, 200]);
    assert.deepEqual(host.aims, [{ vm: 0, vcpu: 0, retired: 100 }, { vm: 0, vcpu: 0, retired: 200 }, undefined]);
  });

  it('ends with status 0 when the text has been printed', async () => {
    let slices = 0;
    const host = new FakeHost([() => 'again', () => 'again', () => 'again']);
    assert.deepEqual(await new Driver(host, new FakeTime(), { ...options, afterSlice: () => ++slices === 2 }).run(), {
      reason: 'until',
      code: 0,
    });
    assert.equal(slices, 2);
  });
});
