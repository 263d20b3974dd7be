// A run as everything that can be seen of it: each event of its trace, console, statistics, digest. Two runs that should be one are compared here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ControlCore } from '../../src/machine/control/control-core';
import { defaultParts } from '../../src/machine/control/default-parts';
import type {
  ControlEvent,
  ExitInfo,
  HostConfig,
  HostStatistics,
  NeighbourConfig,
  RunStateBand,
  VmConfig,
} from '../../src/machine/control/types';
import type { TraceEvent } from '../../src/trace/reader';
import type { TraceRecorder } from '../../src/trace/recorder';
import { consoleText, hostConfig } from '../machine/fake-host';

/** What a run is made of: a fresh host is made of it each time. */
export interface Recipe {
  image: string;
  vm?: Partial<VmConfig>;
  host?: Partial<HostConfig>;
  /** Typed before anything runs. */
  script?: string;
}

export interface Observed {
  /** One line for each event, every field in it. */
  trace: string[];
  text: string;
  exit: ExitInfo | undefined;
  statistics: HostStatistics;
  bands: RunStateBand[];
  digest: string;
}

export const neighbour = (given: Partial<NeighbourConfig>): NeighbourConfig => ({
  duty: 0.5,
  absolute: false,
  periodNs: 10_000_000,
  pcpu: 0,
  weight: 1024,
  ...given,
});

export function configOf({ image, vm = {}, host = {} }: Recipe): HostConfig {
  const memory = 16 << 20;
  return hostConfig({ image: { path: image, bytes: readFileSync(image) }, memory, maxMemory: memory, ...vm }, host);
}

/** As the command line does: triple faults and halts end a run instead of stopping it. */
export function coreOf(recipe: Recipe): ControlCore {
  const core = new ControlCore(configOf(recipe), defaultParts());
  prepare(core, recipe);
  return core;
}

export function prepare(core: ControlCore, { script }: Recipe): void {
  core.setStopOn({ tripleFault: false, haltedForever: false });
  core.setInputOpen(false);
  if (script !== undefined) core.input(0, new TextEncoder().encode(script));
}

const line = (event: TraceEvent): string =>
  JSON.stringify(event, (_key, value: unknown) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value));

/** Follows every event of a trace, from what has been recorded already on. */
export function followTrace(recorder: TraceRecorder): string[] {
  const lines = recorder.page({ from: 0, limit: Number.MAX_SAFE_INTEGER }).records.map(line);
  recorder.addSink((_kind, event) => lines.push(line(event())));
  return lines;
}

export class Watch {
  private readonly trace: string[];
  private readonly events: ControlEvent[] = [];

  constructor(private readonly core: ControlCore) {
    this.trace = followTrace(core.host.recorder);
    core.onEvent((event) => {
      if (event.kind !== 'running' && event.kind !== 'stopped') this.events.push(event);
    });
  }

  /** Console characters so far. */
  get textLength(): number {
    return consoleText(this.events).length;
  }

  /** At the end of the run. */
  observed(): Observed {
    const { core, trace, events } = this;
    const statistics = core.statistics();
    const bands = core.runStates(0, statistics.virtualNs, Number.MAX_SAFE_INTEGER);
    checkRunStates(statistics, bands);
    const exit = events.find((event) => event.kind === 'exited');
    return { trace, text: consoleText(events), exit: exit?.exit, statistics, bands, digest: core.digest() };
  }
}

/** The four run states of each vCPU sum to the run's time exactly, and the panel's bands are the same account without gap or overlap. */
function checkRunStates(statistics: HostStatistics, bands: readonly RunStateBand[]): void {
  for (const times of statistics.vcpus) {
    const { vm, vcpu, runningNs, runnableNs, blockedNs, offlineNs } = times;
    assert.equal(runningNs + runnableNs + blockedNs + offlineNs, statistics.virtualNs, `run states of vCPU ${vcpu}`);
    const sums = { running: 0, runnable: 0, blocked: 0, offline: 0 };
    const own = bands.filter((band) => band.vm === vm && band.vcpu === vcpu);
    // After a restore the bands begin where the state was saved.
    const first = own[0]?.startNs ?? statistics.virtualNs;
    let atNs = first;
    for (const { state, startNs, endNs } of own) {
      assert.equal(startNs, atNs, `bands of vCPU ${vcpu}`);
      sums[state] += endNs - startNs;
      atNs = endNs;
    }
    assert.equal(atNs, statistics.virtualNs, `the last band of vCPU ${vcpu}`);
    if (first > 0) continue;
    assert.deepEqual(sums, { running: runningNs, runnable: runnableNs, blocked: blockedNs, offline: offlineNs }, `bands of vCPU ${vcpu}`);
  }
}

/** Drives a run to its end, the plain way. */
export function run(recipe: Recipe): Observed {
  const core = coreOf(recipe);
  const watch = new Watch(core);
  runOut(core);
  return watch.observed();
}

export function runOut(core: ControlCore): void {
  while (!core.ended) {
    core.resume();
    while (core.running) if (core.advance(1_000_000, Number.POSITIVE_INFINITY) === 'idle-for-ever') return;
  }
}

/** The trace first: where two runs part tells more than that they did. */
export function assertSame(actual: Observed, expected: Observed, what: string): void {
  assertSameTrace(actual.trace, expected.trace, what);
  assert.equal(actual.text, expected.text, `${what}: console`);
  assert.deepEqual(actual.exit, expected.exit, `${what}: exit`);
  assert.deepEqual(guestFigures(actual.statistics), guestFigures(expected.statistics), `${what}: statistics`);
  assert.equal(actual.digest, expected.digest, `${what}: digest`);
}

export function assertSameTrace(actual: readonly string[], expected: readonly string[], what: string): void {
  const length = Math.max(actual.length, expected.length);
  for (let i = 0; i < length; i++) {
    if (actual[i] === expected[i]) continue;
    const before = expected.slice(Math.max(0, i - 3), i).join('\n');
    assert.fail(`${what}: event ${i} of ${expected.length} differs, after\n${before}\nexpected ${expected[i]}\nand got  ${actual[i]}`);
  }
}

/** Counters of the engine and the ring's losses are no part of what happened to the guest. */
function guestFigures({ engine: _engine, traceDropped: _dropped, ...rest }: HostStatistics): Partial<HostStatistics> {
  return rest;
}

/** Addresses at which something happened in a run: where stop points are worth setting. */
export const ripsOf = ({ trace }: Observed): bigint[] =>
  [...new Set(trace.map((event) => /"rip":"(0x[0-9a-f]+)"/.exec(event)?.[1] ?? '0x0'))].filter((rip) => rip !== '0x0').map(BigInt);
