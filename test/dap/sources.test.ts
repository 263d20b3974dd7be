// Where sources are: assembly lines, moved images with and without sourceMap, sources newer than the image, running without debugging.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createHost } from '../../src/dap/hosts';
import { scratchFolder } from '../support/scratch';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const SAMPLE = join(ROOT, 'samples', 'minimal-asm');
const SOURCE = join(SAMPLE, 'minimal.S');
const line = (text: string) =>
  readFileSync(SOURCE, 'utf8')
    .split('\n')
    .findIndex((each) => each.includes(text)) + 1;

describe('sources', () => {
  let client: TestClient;
  let folder: string;
  beforeEach(() => {
    client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    folder = scratchFolder();
    copyFileSync(join(SAMPLE, 'minimal.elf'), join(folder, 'minimal.elf'));
  });
  afterEach(() => client.end());

  it('breakpoints on lines of assembly; lines without code move to the next', async () => {
    await client.start({ image: join(SAMPLE, 'minimal.elf'), pace: 'fast', console: 'none' }, async () => {
      const breakpoints = [{ line: line('vmcall') }, { line: line('.code32') }];
      await client.request('setBreakpoints', { source: { path: SOURCE }, breakpoints });
      await client.event('breakpoint');
      const { breakpoint } = await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
      assert.deepEqual([breakpoint.verified, breakpoint.line], [true, line('start:	mov')]);
      const possible = await client.request('breakpointLocations', {
        source: { path: SOURCE },
        line: line('.code32'),
        endLine: line('call print'),
      });
      assert.equal(possible.breakpoints[0].line, line('start:	mov'));
    });
    const stop = await client.stopped();
    if ((await client.frames())[0]?.line !== line('vmcall')) await client.request('continue', { threadId: 1 }).then(() => client.stopped());
    assert.equal(stop.reason, 'breakpoint');
    assert.equal((await client.frames())[0]?.line, line('vmcall'));
    const { sources } = await client.request<DebugProtocol.LoadedSourcesResponse['body']>('loadedSources');
    assert.deepEqual(
      sources.map(({ path }) => path),
      [SOURCE],
    );
  });

  it('hypercalls named in the launch stop, whether the interface is named or not', async () => {
    for (const name of ['SCHED_YIELD', 'kvm:SCHED_YIELD']) {
      const other = new TestClient(async (config, launch) => createHost(config, launch, undefined));
      await other.start({ image: join(SAMPLE, 'minimal.elf'), pace: 'fast', console: 'none', hypercallBreakpoints: [name] });
      const stop = await other.stopped();
      assert.equal(stop.reason, 'hypercall');
      assert.match(stop.description ?? '', /SCHED_YIELD/);
      await other.end();
    }
  });

  const launched = async (extra: object) => {
    await client.start({ image: join(folder, 'minimal.elf'), pace: 'fast', console: 'none', stopOnEntry: true, ...extra });
    await client.stopped();
    return (await client.frames())[0];
  };

  it('an image whose sources are not here shows disassembly', async () => {
    const frame = await launched({});
    assert.match(frame?.source?.name ?? '', /\.disassembly$/);
    assert.ok(frame?.source?.sourceReference);
  });

  it('an image without lines shows disassembly where it stands: a client opens nothing for a subtle frame', async () => {
    const image = join(folder, 'stripped.elf');
    execFileSync('strip', ['--strip-debug', '-o', image, join(SAMPLE, 'minimal.elf')]);
    const frame = await launched({ image });
    assert.match(frame?.source?.name ?? '', /\.disassembly$/);
    assert.equal(frame?.presentationHint, undefined);
  });

  it('sourceMap finds them again', async () => {
    const frame = await launched({ sourceMap: { [folder]: SAMPLE } });
    assert.deepEqual([frame?.source?.path, frame?.line], [SOURCE, line('start:	mov')]);
  });

  it('a source newer than the image is a warning, once', async () => {
    copyFileSync(SOURCE, join(folder, 'minimal.S'));
    utimesSync(join(folder, 'minimal.elf'), 1e9, 1e9);
    const frame = await launched({});
    assert.equal(frame?.source?.path, join(folder, 'minimal.S'));
    await client.request('stepIn', { threadId: 1 });
    await client.stopped();
    await client.frames();
    const warnings = client.messages.filter((message) => JSON.stringify(message).includes('is newer than'));
    assert.equal(warnings.length, 1);
  });

  it('without debugging nothing stops', async () => {
    await client.initialize();
    await client.request('launch', { image: join(SAMPLE, 'minimal.elf'), pace: 'fast', noDebug: true, stopOnEntry: true });
    await client.event('initialized');
    await client.request('configurationDone', {});
    assert.deepEqual(await client.event('exited'), { exitCode: 1 });
  });
});
