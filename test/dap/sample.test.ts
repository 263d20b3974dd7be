// The sample kernel as a person debugs it: its main function line by line while timers tick, vCPUs start and IPIs fly; its console; its idle vCPUs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createHost } from '../../src/dap/hosts';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');

describe('sample kvm-c in the debugger', () => {
  it('steps over every line of kmain, takes what is typed, pauses idle vCPUs', async () => {
    const client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    await client.start({ image: join(FOLDER, 'kvm-c.elf'), vcpus: 2, pace: 'fast', console: 'terminal' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kmain' }] });
    });
    await client.stopped();
    const source = readFileSync(join(FOLDER, 'main.c'), 'utf8').split('\n');
    const last = source.findIndex((line) => line.includes('monitor();')) + 1;
    let line = (await client.frames())[0]!.line;
    for (let steps = 0; line < last; steps++) {
      assert.ok(steps < 40);
      await client.request('next', { threadId: 1 });
      const stop = await client.stopped();
      assert.deepEqual([stop.reason, stop.threadId], ['step', 1]);
      const [frame] = await client.frames();
      assert.equal(frame?.name, 'kmain');
      assert.ok(frame!.line > line, `line ${frame!.line} after ${line}`);
      line = frame!.line;
    }
    await client.request('continue', { threadId: 1 });
    const printed = (wanted: string) => {
      let text = '';
      return client.event<{ bytes: string }>('hyperscope/console', ({ bytes }) => {
        text += Buffer.from(bytes, 'base64').toString();
        return text.includes(wanted);
      });
    };
    await printed('> ');
    await client.request('hyperscope/input', { bytes: Buffer.from('h').toString('base64') });
    await printed('h');
    await client.request('pause', { threadId: 1 });
    assert.equal((await client.stopped()).reason, 'pause');
    const names = async (threadId: number) => (await client.frames(threadId)).map(({ name }) => name);
    assert.deepEqual((await names(1)).slice(-2), ['kmain', 'high_entry']);
    assert.deepEqual((await names(2)).slice(-2), ['secondary_main', 'high_entry']);
    const { threads } = await client.request<DebugProtocol.ThreadsResponse['body']>('threads');
    assert.deepEqual(threads, [
      { id: 1, name: 'vCPU 0' },
      { id: 2, name: 'vCPU 1' },
    ]);
    await client.end();
  });
});
