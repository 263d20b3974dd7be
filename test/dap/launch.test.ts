// launch.json, right and wrong: each mistake is one message that says what to do. Bad images likewise.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost as makeHost } from '../../src/dap/hosts';
import { LAUNCH_FIELDS } from '../../src/dap/launch/fields';
import { hostConfig } from '../../src/dap/launch/host-config';
import { parseLaunch } from '../../src/dap/launch/parse';
import { parseDurationNs, parseOffset, parseSize } from '../../src/dap/launch/values';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { scratchFolder } from '../support/scratch';
import { RequestFailed, TestClient } from './support/client';
import { ROOT } from './support/golden';

const IMAGE = join(ROOT, 'samples', 'minimal-asm', 'minimal.elf');

describe('launch arguments', () => {
  it('knows sizes, times and offsets', () => {
    assert.deepEqual(['1', '4K', '256M', '2G', '1.5g', '16 MiB'].map(parseSize), [1, 4096, 2 ** 28, 2 ** 31, 1.5 * 2 ** 30, 2 ** 24]);
    assert.deepEqual(['', '5X', '-1M', '0.3'].map(parseSize), [undefined, undefined, undefined, undefined]);
    assert.deepEqual(['10ms', '1 s', '250us', '7ns'].map(parseDurationNs), [1e7, 1e9, 250e3, 7]);
    assert.deepEqual(['0x10', '-0x10', '+12', 'x'].map(parseOffset), [16n, -16n, 12n, undefined]);
  });

  it('takes everything it documents, and what clients add', () => {
    const launch = parseLaunch({
      type: 'hyperscope',
      request: 'launch',
      name: 'x',
      __sessionId: 'abc',
      image: IMAGE,
      vcpus: 2,
      pcpus: 2,
      memory: '64M',
      maxMemory: '128M',
      neighbours: [{ duty: 0.5, period: '5ms', pcpu: 1, absolute: true }],
      append: 'console=ttyS0',
      hypervisor: 'none',
      seed: 7,
    });
    const config = hostConfig(launch);
    assert.deepEqual(config.neighbours, [{ duty: 0.5, absolute: true, periodNs: 5e6, pcpu: 1, weight: 1024 }]);
    assert.deepEqual([config.pcpus, config.seed, config.vms[0]?.memory, config.vms[0]?.maxMemory], [2, 7, 2 ** 26, 2 ** 27]);
  });

  const wrong: readonly [string, unknown, RegExp][] = [
    ['nothing', undefined, /must be an object/],
    ['no image', {}, /"image" is missing: set it to the path/],
    ['misspelt', { image: IMAGE, memroy: '1G' }, /there is no setting "memroy"; did you mean "memory"\?/],
    ['unknown', { image: IMAGE, qwertyuiop: 1 }, /there is no setting "qwertyuiop"\.$/],
    ['a number as text', { image: IMAGE, vcpus: '2' }, /"vcpus" must be a whole number from 1 to 16, but it is "2"/],
    ['too many vCPUs', { image: IMAGE, vcpus: 1000 }, /from 1 to 16/],
    ['a bad size', { image: IMAGE, memory: 'lots' }, /"memory" must be a size such as "256M", but it is "lots"/],
    ['a bad choice', { image: IMAGE, boot: 'bios' }, /"boot" must be "auto", "pvh", "linux", "linux32", "multiboot" or "multiboot2"/],
    ['a bad neighbour', { image: IMAGE, neighbours: [{ dutty: 1 }] }, /"neighbours" must be a list of \{ "duty": 0 to 1/],
    ['a neighbour nowhere', { image: IMAGE, neighbours: [{ duty: 1, pcpu: 3 }] }, /pcpu 3, but "pcpus" is 1: the last is 0/],
    ['an unknown hypercall', { image: IMAGE, hypercallBreakpoints: ['SEND_API'] }, /a list of hypercalls such as "SEND_IPI"/],
    ['both at once', { image: IMAGE, record: 'a', replay: 'b' }, /"record" or "replay", not both/],
    ['a CPU model', { image: IMAGE, cpu: 'x86-64-v9' }, /"cpu": there is no CPU model "x86-64-v9"; did you mean "x86-64-v\d"\?$/],
    [
      'a CPU feature',
      { image: IMAGE, cpu: 'max,+qwertyuiop' },
      /"cpu": there is no CPU feature "qwertyuiop"; see the list in README.md\.$/,
    ],
    ['less than least', { image: IMAGE, memory: '64M', maxMemory: '32M' }, /"maxMemory" \(32M\) is less than "memory" \(64M\)/],
    ['image and guests', { image: IMAGE, guests: [{ image: IMAGE }] }, /"image" or "guests", not both/],
    ['a VM without an image', { guests: [{ vcpus: 1 }] }, /"image" of "guests\[0\]" is missing/],
    ['an unknown setting of a VM', { guests: [{ image: IMAGE, vcpu: 1 }] }, /"guests\[0\]" has no setting "vcpu"; did you mean "vcpus"/],
    ['a wrong setting of a VM', { guests: [{ image: IMAGE }, { image: IMAGE, cap: 0 }] }, /"cap" of "guests\[1\]" must be percent/],
    [
      'two VMs of one name',
      {
        guests: [
          { image: IMAGE, name: 'a' },
          { image: IMAGE, name: 'a' },
        ],
      },
      /two of "guests" are named "a"/,
    ],
    ['an affinity nowhere', { image: IMAGE, affinity: [2], pcpus: 2 }, /"affinity" names none/],
    ['a policy', { image: IMAGE, policy: 'lottery' }, /"fair", "round-robin" or "chaos"/],
  ];
  for (const [name, launch, text] of wrong) it(`refuses ${name}`, () => assert.throws(() => parseLaunch(launch), text));

  it('several VMs: each with its own settings, and those of all where it has none', () => {
    const launch = parseLaunch({
      ...{ memory: '32M', weight: 100, pcpus: 2, policy: 'round-robin' },
      guests: [
        { image: IMAGE, name: 'first', weight: 300, cap: 50 },
        { image: IMAGE, affinity: [1] },
      ],
    });
    const config = hostConfig(launch);
    assert.deepEqual(
      config.vms.map(({ name, weight, cap, affinity, memory }) => ({ name, weight, cap, affinity, memory })),
      [
        { name: 'first', weight: 300, cap: 50, affinity: undefined, memory: 32 << 20 },
        { name: 'vm1', weight: 100, cap: undefined, affinity: [1], memory: 32 << 20 },
      ],
    );
    assert.deepEqual([config.policy, config.pcpus, launch.image], ['round-robin', 2, launch.guests?.[0]?.image]);
  });

  it('has one row per setting', () => {
    const names = LAUNCH_FIELDS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});

describe('bad images', () => {
  let client: TestClient;
  let folder: string;
  const good = readFileSync(join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf'));
  before(() => {
    folder = scratchFolder();
  });
  beforeEach(async () => {
    client = new TestClient(async (config) => new InProcessControl(config));
    await client.initialize();
  });
  afterEach(() => client.end());

  function file(name: string, bytes: Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }
  async function refused(launch: object, text: RegExp): Promise<void> {
    // The editor shows nothing of a launch that fails but this, in a message box.
    await assert.rejects(
      client.request('launch', launch),
      (error) => error instanceof RequestFailed && text.test(error.message) && error.response.body.error?.showUser === true,
    );
    await assert.rejects(client.request('threads'), /needs a running guest/);
  }

  it('that is not there', () => refused({ image: join(folder, 'none.elf') }, /"image": cannot read .*none\.elf: there is no such file/));
  it('that is a folder', () => refused({ image: folder }, /it is a folder/));
  it('that is no ELF file', () => refused({ image: file('text.elf', Buffer.from('#!/bin/sh\n')) }, /is not an ELF file|ELF/));
  it('that says not how it is to be entered', async () => {
    // The name of the note, and the only mark of an entry.
    const noNote = Buffer.from(good);
    for (let at = noNote.indexOf('Xen\0'); at >= 0; at = noNote.indexOf('Xen\0', at)) noNote.fill('x', at, at + 3);
    await refused({ image: file('no-note.elf', noNote) }, /neither a PVH note nor a Multiboot header/);
  });
  it('that is cut in its header', () => refused({ image: file('header.elf', good.subarray(0, 40)) }, /cut short|ELF/));
  it('that is cut in its segments', () => refused({ image: file('cut.elf', good.subarray(0, 0x1800)) }, /cut short|truncated|ends/));
  it('that is larger than the memory', () => refused({ image: join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf'), memory: '1M' }, /memory/));
  it('more memory than there can be', () => refused({ image: IMAGE, memory: '8G' }, /8G of memory is more than one guest can have/));
  it('symbols of a file that is not there', () => refused({ image: IMAGE, symbolFiles: [{ file: join(folder, 'x') }] }, /"symbolFiles"/));

  it('with cut debug information runs without it, and says so', async () => {
    const damaged = Buffer.from(good);
    const at = damaged.indexOf(Buffer.from('.debug_abbrev'));
    assert.ok(at > 0);
    // The sections' contents are between the segments and the section names: blank the middle of them.
    const text = damaged.indexOf(Buffer.from('GNU C'));
    damaged.fill(0xff, Math.max(0x6000, text - 0x4000), text - 0x2000);
    await client.request('launch', { image: file('damaged.elf', damaged), stopOnEntry: true, pace: 'fast' });
    await client.event('initialized');
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kmain' }] });
    await client.request('configurationDone', {});
    await client.stopped();
    await client.frames();
    await client.request('continue', { threadId: 1 });
    const stop = await Promise.race([client.stopped(), client.event('terminated').then(() => undefined)]);
    if (stop) await client.frames();
  });

  it('without debug information says "compile with -g"', async function () {
    const { execFileSync, spawnSync } = await import('node:child_process');
    if (spawnSync('objcopy', ['--version']).status !== 0) {
      console.log('      skipped: no objcopy here');
      this.skip();
    }
    const plain = join(folder, 'plain.elf');
    execFileSync('objcopy', ['--strip-debug', IMAGE, plain]);
    await client.request('launch', { image: plain, stopOnEntry: true });
    const { output } = await client.event('output', ({ category }) => category === 'important');
    assert.match(output, /compile with -g/);
    await client.request('configurationDone', {});
    await client.stopped();
    const [frame] = await client.frames();
    assert.match(frame?.source?.name ?? '', /^start\.disassembly$/);
    const { content } = await client.request('source', { source: frame?.source, sourceReference: frame?.source?.sourceReference });
    const lines = content.split('\n');
    assert.match(lines[frame!.line - 1], /^0x[0-9a-f]+ {2}start +mov esp, /);
    const { breakpoints } = await client.request('setBreakpoints', { source: frame!.source, breakpoints: [{ line: frame!.line + 2 }] });
    assert.equal(breakpoints[0].line, frame!.line + 2);
    await client.event('breakpoint');
    await client.request('continue', { threadId: 1 });
    assert.equal((await client.stopped()).reason, 'instruction breakpoint');
    assert.equal((await client.frames())[0]?.line, frame!.line + 2);
  });
});

describe('what a run leaves behind', () => {
  const createHost = async (config: Parameters<typeof makeHost>[0], launch: Parameters<typeof makeHost>[1]) =>
    makeHost(config, launch, undefined);
  async function run(launch: object): Promise<TestClient> {
    const client = new TestClient(createHost);
    await client.start({ image: IMAGE, pace: 'fast', console: 'none', ...launch });
    await client.event('terminated');
    await client.end();
    return client;
  }

  it('a trace file that is Chrome trace JSON, and a log of inputs that replays', async () => {
    const folder = scratchFolder();
    const [traceFile, record] = [join(folder, 'trace.json'), join(folder, 'inputs.log')];
    await run({ traceFile, record });
    const { traceEvents } = JSON.parse(readFileSync(traceFile, 'utf8'));
    assert.ok(traceEvents.some(({ name }: { name: string }) => /SCHED_YIELD/.test(name)));
    await run({ replay: record });
  });

  it('one message where a file cannot be written or read', async () => {
    const nowhere = join(tmpdir(), 'hyperscope-no-such-folder', 'file');
    for (const setting of ['traceFile', 'record', 'replay']) {
      await assert.rejects(run({ [setting]: nowhere }), new RegExp(`"${setting}": cannot (read|write) .*no such file`));
    }
  });

  it('the same history, whether it was stopped and stepped or not', async () => {
    const digests: string[] = [];
    for (const watched of [false, true]) {
      const client = new TestClient(createHost);
      await client.start({ image: IMAGE, pace: 'fast', console: 'none', stopOnEntry: watched }, async () => {
        if (watched) await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'print' }, { name: 'hypercall:*' }] });
      });
      for (let stops = 0; watched && stops < 12; stops++) {
        await client.stopped();
        const [frame] = await client.frames();
        await client.scope(frame!.id, 'Registers');
        const granularity = stops % 2 === 0 ? 'instruction' : 'line';
        if (stops < 11) await client.request(['stepIn', 'next', 'continue'][stops % 3]!, { threadId: 1, granularity });
        else {
          await client.request('setFunctionBreakpoints', { breakpoints: [] });
          await client.request('continue', { threadId: 1 });
        }
      }
      await client.event('terminated');
      digests.push(await client.session.guest('test').control.digest());
      await client.end();
    }
    assert.equal(digests[0], digests[1]);
  });
});
