// Time travel as a client sees it, in the sample kernel: step back, reverse, restart frame, who wrote this, other moments, and the fork.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createHost } from '../../src/dap/hosts';
import type { HistoryAnswer, TraceAnswer } from '../../src/protocol/requests';
import { RequestFailed, TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');
const SOURCE = { path: join(FOLDER, 'main.c') };

async function launched(more: object = {}, functions: string[] = ['kmain']): Promise<TestClient> {
  const client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
  await client.start(
    { image: join(FOLDER, 'kvm-c.elf'), vcpus: 2, memory: '16M', pace: 'fast', console: 'terminal', ...more },
    async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: functions.map((name) => ({ name })) });
    },
  );
  await client.stopped();
  return client;
}

const top = async (client: TestClient, threadId = 1) => (await client.frames(threadId))[0]!;
async function go(client: TestClient, command: string, args: object = { threadId: 1 }) {
  await client.request(command, args);
  return client.stopped();
}
const digest = (client: TestClient) => client.session.guest('test').control.digest();
const history = (client: TestClient) => client.request<HistoryAnswer>('hyperscope/history', {});

describe('time travel in the debugger', () => {
  it('steps back line by line through what was stepped over, and forward to the same state', async () => {
    const client = await launched();
    const lines: number[] = [];
    const digests: string[] = [];
    for (let i = 0; i < 12; i++) {
      lines.push((await top(client)).line);
      digests.push(await digest(client));
      await go(client, 'next');
    }
    const last = { line: (await top(client)).line, digest: await digest(client), ...(await history(client)).now };
    for (const [back, line] of lines.toReversed().entries()) {
      const stop = await go(client, 'stepBack');
      assert.equal(stop.reason, 'step');
      const frame = await top(client);
      assert.deepEqual([frame.name, frame.line], ['kmain', line]);
      // The first stop was behind the function's prologue, in the middle of its line.
      const at = lines.length - 1 - back;
      if (at > 0) assert.equal(await digest(client), digests[at], `line ${line}`);
    }
    assert.equal((await history(client)).past, true);
    assert.match(await client.evaluate('history', 'repl'), /in the past/);
    for (let i = 0; i < 12; i++) await go(client, 'next');
    assert.equal((await top(client)).line, last.line);
    assert.equal(await digest(client), last.digest);
    assert.equal((await history(client)).past, false, 'as far as the run has come');
    await client.end();
  });

  it('steps back into a function and out of it, and restarts frames', async () => {
    const client = await launched({}, ['show_memory']);
    await client.request('setFunctionBreakpoints', { breakpoints: [] });
    const inside = await top(client);
    assert.equal(inside.name, 'show_memory');
    // Out, backwards: at the call.
    await client.request('hyperscope/reverseStepOut', { vcpu: 0 });
    await client.stopped();
    const call = await top(client);
    assert.equal(call.name, 'kmain');
    await go(client, 'next');
    const behind = await top(client);
    assert.equal(behind.name, 'kmain');
    assert.ok(behind.line > call.line);
    // Into it from behind, through an inlined call: its last line.
    for (const name of ['sti', 'show_memory']) {
      await client.request('hyperscope/reverseStepInto', { vcpu: 0 });
      await client.stopped();
      assert.equal((await top(client)).name, name);
    }
    const end = await top(client);
    assert.equal(end.name, 'show_memory');
    assert.ok(end.line > inside.line, `line ${end.line} is at the end of the function`);
    const frames = await client.frames();
    await go(client, 'restartFrame', { frameId: frames[0]!.id });
    const [again, caller] = await client.frames();
    assert.equal(again!.name, 'show_memory');
    assert.equal(caller!.line, call.line);
    await go(client, 'restartFrame', { frameId: caller!.id });
    assert.equal((await top(client)).name, 'kmain');
    // By instruction, into whatever ran.
    const before = (await top(client)).instructionPointerReference;
    await go(client, 'stepIn', { threadId: 1, granularity: 'instruction' });
    await go(client, 'stepBack', { threadId: 1, granularity: 'instruction' });
    assert.equal((await top(client)).instructionPointerReference, before);
    await client.end();
  });

  it('goes back to breakpoints, hypercalls and memory, to the beginning, and says who wrote', async () => {
    const client = await launched({}, ['show_steal']);
    await client
      .request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_timer' }, { name: 'hypercall:*' }] })
      .catch(() => undefined);
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_timer' }] });
    const present = await digest(client);
    const stop = await go(client, 'reverseContinue');
    assert.equal(stop.reason, 'function breakpoint');
    assert.equal((await top(client)).name, 'demo_timer');
    await client.request('setFunctionBreakpoints', { breakpoints: [] });
    await client.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: 'hypercall' }] });
    assert.match(await client.evaluate('goto end', 'repl'), /going/);
    await client.stopped();
    assert.equal(await digest(client), present, 'forward again');
    const call = await go(client, 'reverseContinue');
    assert.equal(call.reason, 'hypercall');
    await client.request('setExceptionBreakpoints', { filters: [] });
    // Who wrote the counter that both vCPUs count up?
    await client.request('hyperscope/goTo', { place: 'end' });
    await client.stopped();
    assert.equal(await client.evaluate('shared_counter'), '600');
    await client.evaluate('who-wrote shared_counter', 'repl');
    const written = await client.stopped();
    assert.equal(written.reason, 'data breakpoint');
    assert.match(written.description ?? '', /shared_counter|599|600/);
    const writer = await top(client, written.threadId);
    assert.equal(writer.name, 'count_under_lock');
    assert.equal(await client.evaluate('shared_counter'), '600');
    await client.evaluate('who-wrote shared_counter', 'repl');
    await client.stopped();
    // No breakpoint anywhere: to the beginning.
    const begin = await go(client, 'reverseContinue');
    assert.equal(begin.description, 'Beginning of recorded history');
    assert.equal((await history(client)).now.virtualNs, 0);
    const none = await go(client, 'stepBack');
    assert.equal(none.description, 'Beginning of recorded history');
    await client.end();
  });

  it('runs backwards to what touched memory, one write after the other', async () => {
    const client = await launched({}, ['show_steal']);
    await client.request('setFunctionBreakpoints', { breakpoints: [] });
    const { dataId } = await client.request<{ dataId: string }>('dataBreakpointInfo', { name: 'shared_counter' });
    await client.request('setDataBreakpoints', { breakpoints: [{ dataId, accessType: 'write' }] });
    // A stop stands behind the instruction that wrote.
    for (const value of ['600', '599', '598']) {
      const stop = await go(client, 'reverseContinue');
      assert.equal(stop.reason, 'data breakpoint');
      const writer = await top(client, stop.threadId);
      assert.equal(writer.name, 'count_under_lock');
      assert.equal(await client.evaluate('shared_counter'), value);
    }
    await client.end();
  });

  it('goes to a time and to an exit; the console and the trace are as they were then', async () => {
    const client = await launched({}, ['show_steal']);
    let console = '';
    const CLEAR = '\x1b[2J';
    const shown = async () => {
      await client.request('hyperscope/history', {});
      for (const message of client.messages.splice(0)) {
        const { event, body } = message as { event?: string; body?: { bytes: string } };
        if (event === 'hyperscope/console') console += Buffer.from(body!.bytes, 'base64').toString();
      }
      return console.slice(Math.max(0, console.lastIndexOf(CLEAR)));
    };
    await shown();
    const { rows, end } = await client.request<TraceAnswer>('hyperscope/trace', { from: -1, limit: 400, kinds: ['vm-exit'] });
    const row = rows[Math.floor(rows.length / 2)]!;
    await client.request('hyperscope/goTo', { event: row.seq });
    await client.stopped();
    const there = await client.request<TraceAnswer>('hyperscope/trace', { from: -1, limit: 10 });
    assert.ok(there.end <= row.seq && there.end < end, 'rows after the present are not there');
    await client.evaluate('goto time 0.1ms', 'repl');
    await client.stopped();
    assert.doesNotMatch(await shown(), /demand paging/);
    assert.ok((await history(client)).now.virtualNs <= 200_000);
    // What the panel Time asks for the beginning of its selection.
    await client.request('hyperscope/goTo', { virtualNs: row.virtualNs });
    await client.stopped();
    const { now, past } = await history(client);
    assert.ok(past && now.virtualNs > 200_000 && now.virtualNs <= row.virtualNs + 50_000, `at ${now.virtualNs} of ${row.virtualNs} ns`);
    await assert.rejects(client.request('hyperscope/goTo', { virtualNs: 10 ** 15 }), /not happened yet/);
    await assert.rejects(client.evaluate('goto nowhere', 'repl'), /goto time/);
    await client.evaluate('goto end', 'repl');
    await client.stopped();
    assert.match(await shown(), /demand paging: sum 36/);
    await client.end();
  });

  it('changes the past only when told to', async () => {
    const client = await launched({}, ['demo_timer']);
    const deny = /in the past of the run: say "fork"/;
    await go(client, 'stepBack');
    await assert.rejects(client.request('setExpression', { expression: '$rax', value: '1' }), deny);
    await assert.rejects(client.request('hyperscope/input', { bytes: 'aGk=' }), deny);
    assert.match(await client.evaluate('fork', 'repl'), /forgotten/);
    await client.request('setExpression', { expression: '$r15', value: '1' });
    assert.equal((await history(client)).past, false);
    await client.end();

    const forking = await launched({ inThePast: 'fork' }, ['demo_timer']);
    await go(forking, 'stepBack');
    await forking.request('setExpression', { expression: '$r15', value: '1' });
    assert.equal((await history(forking)).past, false);
    await forking.end();
  });

  it('asks the editor once', async () => {
    const client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    await client.initialize({ clientID: 'vscode' });
    await client.request('launch', { image: join(FOLDER, 'kvm-c.elf'), memory: '16M', pace: 'fast' });
    await client.event('initialized');
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_timer' }] });
    await client.request('configurationDone', {});
    await client.stopped();
    await go(client, 'stepBack');
    for (const forget of [false, true]) {
      const typed = ['a', 'b'].map((text) =>
        client.request('hyperscope/input', { bytes: Buffer.from(text).toString('base64') }).then(
          () => 'done',
          (error: Error) => error.message,
        ),
      );
      await client.event('hyperscope/forkAsked');
      await client.request('hyperscope/fork', { forget });
      if (forget) assert.deepEqual(await Promise.all(typed), ['done', 'done']);
      else {
        assert.match((await typed[0])!, /Nothing was changed/);
        await client.event('hyperscope/forkAsked');
        await client.request('hyperscope/fork', { forget });
        assert.match((await typed[1])!, /Nothing was changed/);
      }
    }
    await client.end();
  });

  it('says that nothing is recorded', async () => {
    const client = await launched({ history: 'off' });
    for (const command of ['stepBack', 'reverseContinue'])
      await assert.rejects(
        client.request(command, { threadId: 1 }),
        // Shown: nothing else answers the button.
        (error) => error instanceof RequestFailed && /"history"/.test(error.message) && error.response.body.error?.showUser === true,
      );
    await client.end();
  });

  it('stops at breakpoints that only the debugger can decide', async () => {
    const client = await launched({}, ['demo_timer']);
    const text = (await import('node:fs')).readFileSync(SOURCE.path, 'utf8').split('\n');
    const line = text.findIndex((each) => each.includes('sum += heap[page * 512]')) + 1;
    await client.request('setFunctionBreakpoints', { breakpoints: [] });
    await client.request('setBreakpoints', { source: SOURCE, breakpoints: [{ line, condition: 'page == 3' }] });
    const stop = await go(client, 'reverseContinue');
    assert.equal(stop.reason, 'breakpoint');
    assert.equal(await client.evaluate('page', 'watch', (await top(client)).id), '3');
    await client.end();
  });
});
