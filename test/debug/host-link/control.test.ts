// MachineControl in this thread and over the engine's worker: the same commands, the same answers, the same run.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { UserError } from '../../../src/base/user-error';
import { InProcessControl } from '../../../src/debug/host-link/in-process';
import { RemoteControl } from '../../../src/debug/host-link/remote';
import type { EngineControl } from '../../../src/machine/control/engine-control';
import { PROFILE_REGISTERS } from '../../../src/machine/control/profile-types';
import type { ControlEvent, HostConfig } from '../../../src/machine/control/types';
import { consoleText, hostConfig } from '../../machine/fake-host';
import { imageFile } from '../../machine/images';

const folder = mkdtempSync(join(tmpdir(), 'hyperscope-worker-'));
const script = join(folder, 'engine-worker.js');
const minimal = (): HostConfig => hostConfig({ image: imageFile('samples/minimal-asm/minimal.elf') });
const kvmC = (): HostConfig =>
  hostConfig({ image: imageFile('samples/kvm-c/kvm-c.elf'), vcpus: 2, memory: 32 << 20, maxMemory: 32 << 20 }, { pcpus: 2 });

/** Waits for an event; the queue keeps what has come already. */
class Events {
  readonly all: ControlEvent[] = [];
  private wake: () => void = () => {};
  constructor(control: EngineControl) {
    control.onEvent((event) => {
      this.all.push(event);
      this.wake();
    });
  }
  async next(kind: ControlEvent['kind'], from = 0): Promise<ControlEvent> {
    for (;;) {
      const found = this.all.slice(from).find((event) => event.kind === kind);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

describe('debug/host-link', () => {
  before(() => {
    buildSync({
      entryPoints: [join(__dirname, '../../../src/debug/host-link/worker.ts')],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      logLevel: 'error',
    });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const kinds: [string, (config: HostConfig) => Promise<EngineControl>][] = [
    ['in process', async (config) => new InProcessControl(config)],
    ['over a worker', (config) => RemoteControl.start(config, script)],
  ];
  const digests: string[] = [];
  for (const [name, start] of kinds) {
    it(`${name}: a sample of a stack that was learned is its number`, async () => {
      const control = await start(kvmC());
      try {
        await control.profile({ every: 50, unit: 'ns', stackBytes: 512 });
        await control.runTo(0, 0, 20_000);
        const { samples } = await control.profileSamples();
        const repeated = samples.findLast(({ sameAs }) => sameAs !== undefined) ?? assert.fail();
        assert.deepEqual(repeated.stack, samples[repeated.sameAs!]!.stack);
        const register = (name: (typeof PROFILE_REGISTERS)[number]): bigint => repeated.registers[PROFILE_REGISTERS.indexOf(name)]!;
        const stacks = [
          {
            ...{
              vm: 0,
              rip: register('rip'),
              rsp: register('rsp'),
              rbp: register('rbp'),
              cr3: register('cr3'),
              cs: Number(register('cs')),
            },
            ...{ cpl: repeated.cpl, length: repeated.stack.length, bytes: repeated.stack.slice(0, 8), number: 1234 },
          },
        ];
        await control.profileSamples({ forget: [], stacks });
        await control.runTo(0, 0, 24_000);
        const known = (await control.profileSamples()).samples.filter((each) => each.known !== undefined);
        assert.ok(known.length > 0 && known.every((each) => each.known === 1234 && each.stack.length === 0), `${known.length} known`);
        await control.profileSamples({ forget: [0], stacks: [] });
        await control.runTo(0, 0, 30_000);
        assert.ok((await control.profileSamples()).samples.every((each) => each.known === undefined));
      } finally {
        await control.dispose();
      }
    });

    it(`${name}: runs to its end`, async () => {
      const control = await start(minimal());
      const events = new Events(control);
      await control.resume();
      const exited = await events.next('exited');
      assert.ok(exited.kind === 'exited' && exited.exit.code === 1);
      assert.equal(consoleText(events.all), 'hello from the guest\r\nyielded to myself\r\n');
      digests.push(await control.digest());
      await control.dispose();
    });

    it(`${name}: stops, steps, looks, goes on`, async () => {
      const control = await start(kvmC());
      const events = new Events(control);
      await control.setStopPoints([{ id: 3, vm: 0, where: { kind: 'hypercall' } }]);
      await control.resume();
      const stopped = await events.next('stopped');
      assert.ok(stopped.kind === 'stopped' && stopped.stop.reason.kind === 'hypercall');
      const { vcpu } = stopped.stop.at;
      const before = (await control.vcpus())[vcpu]!;
      const walk = await control.walk(0, vcpu, before.linearRip);
      assert.ok(walk.mode === '4-level' && walk.result?.executable === true);
      await control.stepInstruction(0, vcpu);
      const after = (await control.vcpus())[vcpu]!;
      assert.equal(after.position.retired, before.position.retired + 1);
      assert.equal(after.rip, before.rip + 3n);
      assert.equal((await control.readMemory(0, { kind: 'linear', vcpu }, before.linearRip, 3))[0], 0x0f);
      await assert.rejects(control.setRegister(0, vcpu, 'nonsense', 1n), UserError);
      await control.setStopPoints([]);
      await control.resume();
      await control.pause();
      const snapshot = await control.save();
      assert.ok(snapshot.length > 4096);
      await control.restore(snapshot);
      await control.dispose();
    });

    it(`${name}: pauses a guest that waits for input, and lets it be typed to`, async () => {
      const control = await start(kvmC());
      await control.setInputOpen(true);
      await control.setPace('realtime');
      const events = new Events(control);
      await control.resume();
      while (!consoleText(events.all).includes('> ')) await events.next('console', events.all.length);
      await control.pause();
      assert.ok((await events.next('stopped')).kind === 'stopped');
      await control.resume();
      await control.input(0, new TextEncoder().encode('quit\n'));
      const exited = await events.next('exited');
      assert.ok(exited.kind === 'exited' && exited.exit.reason === 'debug-exit');
      await control.dispose();
    });
  }

  it('both gave one digest', () => {
    assert.equal(digests.length, 2);
    assert.equal(digests[0], digests[1]);
  });

  it('a bad image is refused with its own message, also over the worker', async () => {
    const config = minimal();
    config.vms[0]!.image = { path: 'nonsense.elf', bytes: new TextEncoder().encode('no kernel') };
    await assert.rejects(
      RemoteControl.start(config, script),
      (error: Error) => error instanceof UserError && /nonsense\.elf/.test(error.message),
    );
  });

  it('a worker that dies is heard of, and calls fail', async () => {
    const control = await RemoteControl.start(kvmC(), script);
    const events = new Events(control);
    await (control as unknown as { worker: { terminate(): Promise<number> } }).worker.terminate();
    assert.ok((await events.next('lost')).kind === 'lost');
    await assert.rejects(control.vcpus(), /ended/);
  });
});
