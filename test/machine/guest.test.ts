// Real guests on the real engine: what they print, determinism, saving, debugging.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { ControlCore } from '../../src/machine/control/control-core';
import { defaultParts } from '../../src/machine/control/default-parts';
import type { HostConfig, VmConfig } from '../../src/machine/control/types';
import { consoleText, hostConfig, runCore } from './fake-host';

const sample = (path: string): VmConfig['image'] => {
  const file = join(__dirname, '../../samples', path);
  return { path: file, bytes: readFileSync(file) };
};
const guest = (path: string, vm: Partial<VmConfig> = {}, host: Partial<HostConfig> = {}): ControlCore =>
  new ControlCore(hostConfig({ image: sample(path), memory: 32 << 20, maxMemory: 32 << 20, ...vm }, host), defaultParts());

const neighbours = [{ duty: 0.4, absolute: false, periodNs: 7_000_000, pcpu: 0, weight: 1024 }];
const kvmC = (): ControlCore => {
  const core = guest('kvm-c/kvm-c.elf', { vcpus: 2 }, { pcpus: 2, neighbours });
  core.input(0, new TextEncoder().encode('time\nsteal\nipi\nquit\n'));
  return core;
};
let whole: { digest: string; text: string; events: number; virtualNs: number } | undefined;
const reference = () => {
  if (whole === undefined) {
    const core = kvmC();
    const { text } = runCore(core);
    whole = { digest: core.digest(), text, events: core.host.recorder.nextSequence, virtualNs: core.statistics().virtualNs };
  }
  return whole;
};

describe('machine/guests', () => {
  it('minimal-asm prints, makes its hypercall and ends', () => {
    const core = guest('minimal-asm/minimal.elf');
    const { text, last } = runCore(core);
    assert.equal(text.replaceAll('\r', ''), 'hello from the guest\nyielded to myself\n');
    assert.ok(last.kind === 'exited' && last.exit.code === 1);
  });

  it('kvm-c on two pCPUs beside a neighbour answers its script', () => {
    const { text } = reference();
    assert.match(text, /running on KVM's paravirtual interface/);
    assert.match(text, /2 vCPUs online/);
    assert.match(text, /IPI sent to vCPU 1/);
  });

  for (const model of ['trap', 'pv'] as const) {
    it(`kvm-c under execution model ${model}`, () => {
      const core = guest('kvm-c/kvm-c.elf', { vcpus: 2, model }, { pcpus: 2 });
      core.input(0, new TextEncoder().encode('quit\n'));
      assert.match(runCore(core).text, /2 vCPUs online/);
      const reasons = core.statistics().exits.map((exit) => exit.reason);
      assert.ok(reasons.includes('cr-access') && reasons.includes('page-fault') && reasons.includes('iret'), reasons.join(' '));
    });
  }

  it('stops, steps, stop points, memory reads, walks and other budgets change nothing', () => {
    const core = kvmC();
    const events: Parameters<Parameters<ControlCore['onEvent']>[0]>[0][] = [];
    core.onEvent((event) => events.push(event));
    let state = 99;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    for (let i = 0; i < 60; i++) {
      core.resume(random(2) === 0 ? { step: { vm: 0, vcpu: random(2) } } : {});
      for (let n = random(40); core.running && n >= 0; n--) core.advance(1 + random(4000), Number.POSITIVE_INFINITY);
      core.pause();
      const info = core.vcpus()[random(2)]!;
      core.walk(0, info.vcpu, info.linearRip);
      core.readMemory(0, { kind: 'linear', vcpu: info.vcpu }, info.linearRip, 64);
      core.mappedRanges(0, info.vcpu, 0n, 10);
      core.setStopPoints(random(2) === 0 ? [{ id: 1, vm: 0, where: { kind: 'linear', address: info.linearRip } }] : []);
      if (random(3) === 0) core.setStopPoints([{ id: 2, vm: 0, where: { kind: 'hypercall' } }]);
    }
    core.setStopPoints([]);
    core.resume();
    while (core.running) core.advance(100_000, Number.POSITIVE_INFINITY);
    assert.equal(consoleText(events), reference().text);
    assert.equal(core.statistics().virtualNs, reference().virtualNs);
    assert.equal(core.host.recorder.nextSequence, reference().events);
    assert.equal(core.digest(), reference().digest);
  });

  it('saved at random instants and restored, it is the uninterrupted run', () => {
    const core = kvmC();
    for (const part of [3, 40_000, 777_777]) {
      core.resume();
      for (let left = part; left > 0; left -= 5000) core.advance(Math.min(left, 5000), Number.POSITIVE_INFINITY);
      core.pause();
      const other = kvmC();
      other.restore(core.save());
      assert.equal(other.digest(), core.digest(), `after ${part}`);
      runCore(other);
      assert.equal(other.digest(), reference().digest, `saved after ${part}`);
    }
  });

  it('stops before a hypercall at the instruction, with its arguments', () => {
    const core = guest('minimal-asm/minimal.elf');
    core.setStopPoints([{ id: 5, vm: 0, where: { kind: 'hypercall' } }]);
    const { last } = runCore(core);
    assert.ok(last.kind === 'stopped' && last.stop.reason.kind === 'hypercall');
    assert.equal(last.stop.reason.call.name, 'SCHED_YIELD');
    const rip = core.registers(0, 0).values.rip!;
    assert.deepEqual([...core.readMemory(0, { kind: 'physical' }, rip, 3)], [0x0f, 0x01, 0xc1]);
    assert.ok(runCore(core).last.kind === 'exited');
    assert.equal(core.trace({ from: 0, limit: 10, kinds: ['hypercall'] }).records[0]!.rip, rip);
  });

  it('stops on a triple fault at the guilty instruction, before the reset', () => {
    const core = guest('kvm-c/kvm-c.elf');
    core.input(0, new TextEncoder().encode('triple\n'));
    const { last } = runCore(core);
    assert.ok(last.kind === 'stopped' && last.stop.reason.kind === 'triple-fault');
    assert.ok(last.stop.reason.chain.length >= 3);
    assert.equal(core.registers(0, 0).values.rip, last.stop.reason.chain[0]!.rip);
    assert.ok(runCore(core).last.kind === 'exited');
  });

  it('registers and memory that the user changes are what the guest then has, and are replayed', () => {
    const run = (replay: string | undefined): { core: ControlCore; text: string } => {
      const core = guest('minimal-asm/minimal.elf');
      if (replay !== undefined) core.replay(replay, 'log');
      else {
        core.resume({ until: { vm: 0, vcpu: 0, retired: 3 } });
        while (core.running) core.advance(1000, Number.POSITIVE_INFINITY);
        const rsi = core.registers(0, 0).values.rsi!;
        assert.equal(core.writeMemory(0, { kind: 'linear', vcpu: 0 }, rsi, new TextEncoder().encode('HELLO')), 5);
        core.setRegister(0, 0, 'rsi', rsi + 2n);
      }
      return { core, text: runCore(core).text };
    };
    const edited = run(undefined);
    assert.match(edited.text, /^LLO from the guest/);
    const replayed = run(edited.core.inputLog());
    assert.equal(replayed.text, edited.text);
    assert.equal(replayed.core.digest(), edited.core.digest());
    assert.throws(() => edited.core.setRegister(0, 0, 'rfoo', 1n), /no register "rfoo"/);
  });
});
