// A guest that writes garbage at every border never hangs who looks at it: while it runs and at each pause the adapter answers what an editor and its panels ask, soon, and takes the session to its end.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createHost } from '../../src/dap/hosts';
import { Isolation } from '../isolation/episode';
import { fuzzImage } from '../isolation/guest';
import { INTERFACES } from '../isolation/interfaces.rows';
import { Chance } from '../proof/random';
import { TestClient } from './support/client';

const OPERATIONS = 400;
const PAUSES = 3;
/** CPU time of this process: the host runs in this very thread, and an answer waits for its slice of the run. */
const SOON_CPU_MS = 3000;
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** What panels and views ask, with the vCPUs that there are. */
const QUESTIONS: readonly [string, object][] = [
  ['threads', {}],
  ['hyperscope/statistics', {}],
  ['hyperscope/time', { fromNs: 0, toNs: -1, limit: 100 }],
  ['hyperscope/devices', {}],
  ['hyperscope/registers', { vcpu: 0 }],
  ['hyperscope/registers', { vcpu: 1 }],
  ['hyperscope/descriptors', { vcpu: 0 }],
  ['hyperscope/schedule', {}],
  ['hyperscope/profile', { action: 'status' }],
];
/** Goes through all events so far, which is work while more come. */
const AT_A_PAUSE: typeof QUESTIONS = [['hyperscope/traceGroups', { selection: {} }]];

describe('a guest that writes garbage, in the debugger', function () {
  this.timeout(300_000);
  const chance = new Chance();
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-wild-'));
  before(() => chance.announce());
  after(() => rmSync(folder, { recursive: true }));

  for (const row of INTERFACES)
    it(`is looked at, paused and ended: ${row.name}`, async () => {
      const seed = chance.below(2 ** 31);
      const image = join(folder, `${row.name}.elf`);
      writeFileSync(image, fuzzImage(Isolation.operations({ row, seed, operations: OPERATIONS }), 0));
      const client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
      let longest = { ms: 0, what: '' };
      const ask = async <Body>(command: string, args: object): Promise<Body> => {
        const startMs = cpuMs();
        const body = await client.request<Body>(command, args);
        const ms = cpuMs() - startMs;
        if (ms > longest.ms) longest = { ms, what: command };
        assert.ok(ms < SOON_CPU_MS, `${command} took ${ms.toFixed(0)} ms of CPU time: ${row.name}, seed ${seed}, ${OPERATIONS} operations`);
        return body;
      };
      const { hypervisor, machine } = row;
      const launch = { image, hypervisor, machine, vcpus: 2, memory: '8M', pace: 'fast', console: 'none', history: '16M' };
      let ended = false;
      try {
        await client.start({ ...launch, stopOnEntry: true, stopOnExit: true });
        await client.stopped();
        await ask('hyperscope/profile', { action: 'start', every: '10us' });
        for (let i = 0; i < PAUSES && !ended; i++) {
          await ask('continue', { threadId: 1 });
          for (const [command, args] of QUESTIONS) await ask(command, args);
          await setTimeout(5 * i);
          await ask('pause', { threadId: 1 });
          const { reason } = await client.stopped();
          ended = reason === 'exit';
          for (const [command, args] of [...QUESTIONS, ...AT_A_PAUSE]) await ask(command, args);
          for (const threadId of [1, 2]) {
            const { stackFrames } = await ask<DebugProtocol.StackTraceResponse['body']>('stackTrace', { threadId });
            const { scopes } = await ask<DebugProtocol.ScopesResponse['body']>('scopes', { frameId: stackFrames[0]!.id });
            for (const { variablesReference } of scopes) await ask('variables', { variablesReference });
          }
          await ask('hyperscope/profileTree', { selection: {}, leastShare: 0 });
          if (!ended) {
            await ask('next', { threadId: 1, granularity: 'instruction' });
            ended = (await client.stopped()).reason === 'exit';
          }
        }
      } finally {
        await client.end();
      }
      console.log(`      ${ended ? 'ended' : 'went on'}; longest ${longest.what}, ${longest.ms.toFixed(0)} ms`);
    });
});
