// What the formats of profiles demand of a file, by their published rules; strict: nothing that the rules do not name.
//   speedscope     FileFormat in speedscope's src/lib/file-format-spec.ts, from which https://www.speedscope.app/file-format-schema.json is made
//   .cpuprofile    Profiler.Profile, Profiler.ProfileNode and Runtime.CallFrame of the Chrome DevTools Protocol
//   Chrome, Perfetto   "Trace Event Format" (JSON object format; complete events, metadata events)
//   collapsed      the input of flamegraph.pl, as its own comment says
import assert from 'node:assert/strict';

type Fields = Readonly<Record<string, (value: unknown) => boolean>>;
type Row = Record<string, unknown>;

const text = (value: unknown): value is string => typeof value === 'string';
const number = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const integer = (value: unknown): value is number => Number.isSafeInteger(value);
const count = (value: unknown): boolean => integer(value) && value >= 0;
const among =
  (...values: unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);
const listOf =
  (each: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(each);

/** An object with these fields, perhaps those, and no others. */
function fields(value: unknown, required: Fields, optional: Fields = {}): Row {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), `${JSON.stringify(value)} is no object`);
  const row = value as Row;
  for (const [name, is] of Object.entries(required)) assert.ok(is(row[name]), `${name}: ${JSON.stringify(row[name])}`);
  for (const [name, is] of Object.entries(optional)) assert.ok(!(name in row) || is(row[name]), `${name}: ${JSON.stringify(row[name])}`);
  for (const name of Object.keys(row)) assert.ok(name in required || name in optional, `the format has no field "${name}"`);
  return row;
}
const rows = (value: unknown): unknown[] => {
  assert.ok(Array.isArray(value));
  return value;
};

export interface Speedscope {
  readonly frames: readonly { readonly name: string }[];
  readonly profiles: readonly {
    readonly name: string;
    readonly samples: readonly (readonly number[])[];
    readonly weights: readonly number[];
  }[];
}

export function checkSpeedscope(file: string): Speedscope {
  const any = (): boolean => true;
  const whole = fields(
    JSON.parse(file),
    { $schema: among('https://www.speedscope.app/file-format-schema.json'), shared: any, profiles: any },
    { name: text, activeProfileIndex: count, exporter: text },
  );
  const { frames } = fields(whole.shared, { frames: any });
  for (const frame of rows(frames)) fields(frame, { name: text }, { file: text, line: integer, col: integer });
  const profiles = rows(whole.profiles);
  assert.ok(profiles.length > Number(whole.activeProfileIndex ?? 0), 'the profile that is shown first is there');
  const isFrame = (index: unknown): boolean => count(index) && Number(index) < rows(frames).length;
  for (const profile of profiles) {
    const { startValue, endValue, samples, weights } = fields(profile, {
      type: among('sampled'),
      name: text,
      unit: among('none', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds', 'bytes'),
      startValue: number,
      endValue: number,
      samples: listOf(listOf(isFrame)),
      weights: listOf((weight) => number(weight) && weight >= 0),
    });
    assert.equal(rows(samples).length, rows(weights).length);
    assert.equal(Number(startValue) + rows(weights).reduce((sum: number, weight) => sum + Number(weight), 0), endValue);
  }
  return { frames, profiles } as unknown as Speedscope;
}

/** µs of each function by itself, as VS Code and DevTools count them: a sample lasts up to the next, the last one to the end. */
export function checkCpuprofile(file: string): Map<string, number> {
  const any = (): boolean => true;
  const { nodes, startTime, endTime, samples, timeDeltas } = fields(JSON.parse(file), {
    nodes: any,
    startTime: number,
    endTime: number,
    samples: listOf(integer),
    timeDeltas: listOf(count),
  });
  const byId = new Map<number, Row>();
  for (const each of rows(nodes)) {
    const node = fields(
      each,
      { id: integer, callFrame: any },
      { hitCount: count, children: listOf(integer), positionTicks: any, deoptReason: text },
    );
    fields(node.callFrame, { functionName: text, scriptId: text, url: text, lineNumber: integer, columnNumber: integer });
    for (const ticks of rows(node.positionTicks ?? [])) fields(ticks, { line: (line) => count(line) && line !== 0, ticks: count });
    assert.ok(!byId.has(Number(node.id)), 'ids are unique');
    byId.set(Number(node.id), node);
  }
  // One tree: all but the first node are the child of one.
  const children = [...byId.values()].flatMap(({ children: ids }) => rows(ids ?? []).map(Number));
  assert.deepEqual(
    children.toSorted((a, b) => a - b),
    [...byId.keys()].slice(1).toSorted((a, b) => a - b),
  );
  const [deltas, tops] = [rows(timeDeltas).map(Number), rows(samples).map(Number)];
  assert.equal(deltas.length, tops.length);
  const times: number[] = [];
  for (const delta of deltas) times.push((times.at(-1) ?? Number(startTime)) + delta);
  assert.ok((times.at(-1) ?? 0) <= Number(endTime));
  const own = new Map<string, number>();
  for (const [i, id] of tops.entries()) {
    const { functionName } = byId.get(id)!.callFrame as { functionName: string };
    own.set(functionName, (own.get(functionName) ?? 0) + (times[i + 1] ?? Number(endTime)) - times[i]!);
  }
  return own;
}

export interface Slice {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/** Slices of one thread lie in one another or beside one another. */
export function checkChrome(file: string): { slices: Slice[]; names: Map<string, string> } {
  const { traceEvents } = fields(JSON.parse(file), { traceEvents: Array.isArray }, { displayTimeUnit: among('ms', 'ns') });
  const slices: Slice[] = [];
  const names = new Map<string, string>();
  for (const event of rows(traceEvents) as Row[]) {
    if (event.ph === 'M') {
      fields(
        event,
        { ph: text, name: among('process_name', 'thread_name'), pid: integer, args: (args) => text((args as Row).name) },
        { tid: integer },
      );
      assert.equal('tid' in event, event.name === 'thread_name');
      names.set(event.name === 'thread_name' ? `${event.pid}:${event.tid}` : `${event.pid}`, String((event.args as Row).name));
      continue;
    }
    const { name, pid, tid, ts, dur } = fields(event, {
      ph: among('X'),
      name: text,
      cat: text,
      pid: integer,
      tid: integer,
      ts: number,
      dur: number,
    });
    const fromNs = Math.round(Number(ts) * 1000);
    slices.push({ name: String(name), pid: Number(pid), tid: Number(tid), fromNs, toNs: fromNs + Math.round(Number(dur) * 1000) });
  }
  const open: Slice[] = [];
  const order = slices.toSorted((a, b) => a.pid - b.pid || a.tid - b.tid || a.fromNs - b.fromNs || b.toNs - a.toNs);
  for (const slice of order) {
    assert.ok(slice.toNs > slice.fromNs && slice.fromNs >= 0);
    for (let top = open.at(-1); top; top = open.at(-1)) {
      if (top.pid === slice.pid && top.tid === slice.tid && top.toNs > slice.fromNs) break;
      open.pop();
    }
    const outer = open.at(-1);
    assert.ok(outer === undefined || slice.toNs <= outer.toNs, `${slice.name} ends in its caller ${outer?.name}`);
    open.push(slice);
  }
  return { slices, names };
}

/** Stacks and their sums: frames with ";" between them, a space, a whole number; each stack once. */
export function checkCollapsed(file: string): Map<string, number> {
  assert.ok(file.endsWith('\n'));
  const sums = new Map<string, number>();
  for (const line of file.slice(0, -1).split('\n')) {
    const [, stack, sum] = /^(\S(?:.*\S)?) ([1-9][0-9]*)$/.exec(line) ?? [];
    assert.ok(stack !== undefined && sum !== undefined, line);
    assert.ok(stack.split(';').every((frame) => frame.length > 0) && !sums.has(stack), line);
    sums.set(stack, Number(sum));
  }
  return sums;
}
