// Requests with wrong, missing and absurd arguments: each is answered, by a result or by a typed error, and the session goes on.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Shape } from '../../src/dap/argument-shape';
import { ARGUMENT_SHAPES } from '../../src/dap/argument-shapes.rows';
import { REQUESTS } from '../../src/dap/requests/index';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { testSeed } from '../support/seed';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const KVM_C = join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf');
const ROUNDS = 600;
/** They end the session or begin another; "initialize" and "launch" come once. */
const EXCLUDED = new Set(['initialize', 'launch', 'attach', 'disconnect', 'terminate', 'restart', 'configurationDone']);
/** They let the guest run: a pause follows. */
const RUNNING = new Set([
  'continue',
  'next',
  'stepIn',
  'stepOut',
  'stepBack',
  'reverseContinue',
  'goto',
  'restartFrame',
  'hyperscope/alone',
]);

const KEYS = (
  'threadId frameId variablesReference start count filter name value expression context format source path line column breakpoints lines ' +
  'memoryReference offset instructionOffset instructionCount data allowPartial resolveSymbols targetId names vcpu address space root limit from to ' +
  'fromNs toNs topic on bytes hex granularity singleThread startFrame levels filters filterOptions condition hitCondition dataId accessType text ' +
  'requestId progressId threadIds sourceReference startModule moduleCount endLine asAddress mode instructionReference scancodes length cr3 action ' +
  'interface selector vector kind id breakpointId atNs exit'
).split(' ');

/** mulberry32: 32 bits of state are enough to name a failing run. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('requests that make no sense', () => {
  // Some requests write the file that they are told: it must not be one of ours.
  let folder: string;
  let image: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hyperscope-fuzz-'));
    image = join(folder, 'kvm-c.elf');
    copyFileSync(KVM_C, image);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it(`${ROUNDS} of them are answered, and none is an internal error`, async function () {
    this.timeout(300_000);
    const seed = testSeed();
    console.log(`      seed ${seed} (HYPERSCOPE_TEST_SEED=${seed} repeats it)`);
    const next = random(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
    const texts = [
      '',
      'rip',
      '$rax',
      'main',
      '0x0',
      '0xffffffffffffffff',
      '0x1000',
      '*(int*)0',
      '((((',
      'a->b[',
      '1/0',
      '-1',
      'x'.repeat(5000),
      '\0',
      '"',
      '∞',
      'kvm:SEND_IPI',
      'phys:0x10',
      '../..',
      image,
    ];
    const numbers = [0, 1, 2, 3, -1, 0.5, 1e9, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300];
    const value = (depth: number): unknown => {
      const kind = next();
      if (kind < 0.35) return pick(numbers);
      if (kind < 0.7) return pick(texts);
      if (kind < 0.8) return next() < 0.5;
      if (kind < 0.85 || depth > 2) return null;
      if (kind < 0.92) return Array.from({ length: Math.floor(next() * 4) }, () => value(depth + 1));
      return some(depth + 1, 4);
    };
    const some = (depth: number, most: number): Record<string, unknown> =>
      Object.fromEntries(Array.from({ length: Math.floor(next() * most) }, () => [pick(KEYS), value(depth)]));

    /** Of the right form, with values that hardly make sense. */
    const fitting = (shape: Shape): unknown => {
      if (shape === 'any') return value(2);
      if (shape === 'string') return pick(texts);
      if (shape === 'number') return pick(numbers);
      if (shape === 'integer') return pick(numbers.filter(Number.isSafeInteger));
      if (shape === 'boolean') return next() < 0.5;
      if ('oneOf' in shape) return pick(shape.oneOf);
      if ('either' in shape) return fitting(pick(shape.either));
      if ('list' in shape) return Array.from({ length: Math.floor(next() * 4) }, () => fitting(shape.list));
      if ('values' in shape) return Object.fromEntries([[pick(texts), fitting(shape.values)]]);
      const present = Object.entries(shape.fields).filter(([key]) => shape.required.includes(key) || next() < 0.6);
      return Object.fromEntries(present.map(([key, each]) => [key, fitting(each)]));
    };

    const client = new TestClient(async (config) => new InProcessControl(config));
    await client.start({ image, vcpus: 2, pace: 'fast', console: 'none', stopOnEntry: true });
    await client.stopped();
    const commands = REQUESTS.map(({ command }) => command).filter((command) => !EXCLUDED.has(command));
    const wrong: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const command = pick(commands);
      const shape = ARGUMENT_SHAPES[command];
      const args = shape && next() < 0.7 ? fitting(shape) : next() < 0.1 ? value(0) : some(0, 12);
      const response = await client.send(command, args);
      const error = (response as DebugProtocol.ErrorResponse).body?.error;
      if (!response.success && (error?.id ?? 9999) === 9999)
        wrong.push(`${command} ${JSON.stringify(args).slice(0, 300)}: ${error?.variables?.text ?? response.message}`);
      if (response.success && RUNNING.has(command)) await client.send('pause', { threadId: 1 });
    }
    assert.deepEqual(wrong, []);
    // Some of these requests take a vCPU offline.
    assert.ok((await client.request('threads')).threads.length <= 2);
    await client.end();
  });
});
