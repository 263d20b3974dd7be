// Breakpoints of the debug console and of panels as a client sees them: new, changed, removed; drawn beside a line they are the editor's, too.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createHost } from '../../src/dap/hosts';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');
const SOURCE = { path: join(FOLDER, 'main.c') };

describe('breakpoints of the debug console', () => {
  let client: TestClient;
  let line: number;
  beforeEach(async () => {
    client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    await client.start({ image: join(FOLDER, 'kvm-c.elf'), memory: '16M', pace: 'fast', console: 'terminal' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kmain' }] });
    });
    await client.stopped();
    await client.evaluate('break show_memory', 'repl');
    const { breakpoint } = await client.event('breakpoint', (body) => body.reason === 'new');
    assert.deepEqual([breakpoint.verified, breakpoint.line], [true, undefined], 'a function is drawn beside no line');
    const { breakpoints } = await client.request('breakpointLocations', { source: SOURCE, line: 20, endLine: 26 });
    line = breakpoints[0].line;
  });
  afterEach(() => client.end());

  it('are told when they come and go', async () => {
    const text = await client.evaluate(`break main.c:${line} if info != 0`, 'repl');
    const { breakpoint } = await client.event('breakpoint', (body) => body.reason === 'new');
    assert.deepEqual([breakpoint.source.path, breakpoint.line, breakpoint.verified], [SOURCE.path, line, true]);
    assert.match(text, new RegExp(`^${breakpoint.id} `));
    await client.evaluate(`delete ${breakpoint.id}`, 'repl');
    assert.deepEqual(await client.event('breakpoint'), { reason: 'removed', breakpoint: { id: breakpoint.id, verified: false } });
    const { breakpoints } = await client.request('hyperscope/panelBreakpoints', { add: { kind: 'vector', vector: 33 } });
    const added = await client.event('breakpoint', (body) => body.reason === 'new');
    assert.equal(added.breakpoint.id, breakpoints.at(-1).id);
    await client.request('hyperscope/panelBreakpoints', { remove: added.breakpoint.id });
    assert.equal((await client.event('breakpoint', (body) => body.reason === 'removed')).breakpoint.id, added.breakpoint.id);
  });

  it('that an editor lists stay one, with what the console said; taken away there, they are gone', async () => {
    await client.evaluate(`break main.c:${line} if 0`, 'repl');
    const { breakpoint } = await client.event('breakpoint', (body) => body.reason === 'new');
    const set = (lines: number[]) =>
      client.request('setBreakpoints', { source: SOURCE, breakpoints: lines.map((each) => ({ line: each })) });
    const { breakpoints } = await set([line, line + 1]);
    assert.equal(breakpoints[0].id, breakpoint.id);
    assert.notEqual(breakpoints[1].id, breakpoint.id);
    assert.match(await client.evaluate('breakpoints', 'repl'), new RegExp(`^${breakpoint.id} .*if 0`, 'm'), 'its condition stays');
    await set([line + 1]);
    assert.doesNotMatch(await client.evaluate('breakpoints', 'repl'), new RegExp(`^${breakpoint.id} `, 'm'));
    // A client that never listed it does not take it away.
    await client.evaluate(`break main.c:${line}`, 'repl');
    const again = await client.event('breakpoint', (body) => body.reason === 'new');
    await set([line + 1]);
    assert.match(await client.evaluate('breakpoints', 'repl'), new RegExp(`^${again.breakpoint.id} `, 'm'));
  });
});
