// Samples of a profile: they change nothing in a run, are the same in every run of it, and are as many as the vCPUs' running time says.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ControlCore } from '../../../src/machine/control/control-core';
import { PROFILE_REGISTERS, type ProfileOptions, type ProfileSample } from '../../../src/machine/control/profile-types';
import { coreOf, type Recipe } from '../../proof/observe';
import { sample } from '../../support/guests';

const recipe: Recipe = { image: sample('kvm-c', 'kvm-c.elf'), vm: { vcpus: 2 }, script: 'time\nsteal\nipi\nquit\n' };
const EVERY: ProfileOptions = { every: 10_000, unit: 'ns', stackBytes: 512 };

function runAll(core: ControlCore, sliceNs: number, take: (samples: ProfileSample[]) => void = () => {}): void {
  core.resume();
  while (core.running) {
    core.advance(sliceNs, Number.POSITIVE_INFINITY);
    // Which of a batch share a stack is a matter of the batch.
    take(core.profileSamples().samples.map((each) => ({ ...each, sameAs: undefined })));
  }
}

function profiled(options: ProfileOptions, sliceNs: number): { core: ControlCore; samples: ProfileSample[] } {
  const core = coreOf(recipe);
  const samples: ProfileSample[] = [];
  core.profile(options);
  runAll(core, sliceNs, (more) => samples.push(...more));
  return { core, samples };
}

describe('the sampler', () => {
  it('changes nothing in a run', () => {
    const plain = coreOf(recipe);
    runAll(plain, 200_000);
    const { core } = profiled(EVERY, 200_000);
    assert.equal(core.digest(), plain.digest());
    assert.equal(core.host.recorder.nextSequence, plain.host.recorder.nextSequence);
  });

  it('takes the same samples in every run, whatever the slices are', () => {
    const { samples: a } = profiled(EVERY, 200_000);
    const { samples: b } = profiled(EVERY, 7_919);
    assert.ok(a.length > 100, `${a.length} samples`);
    assert.deepEqual(a, b);
  });

  it('takes as many as the running time of each vCPU says, in order', () => {
    const { core, samples } = profiled(EVERY, 200_000);
    for (const { vcpu, runningNs } of core.statistics().vcpus) {
      const mine = samples.filter((each) => each.vcpu === vcpu);
      assert.equal(
        mine.reduce((sum, { weight }) => sum + weight, 0),
        Math.floor(runningNs / EVERY.every),
      );
      for (const [i, { ordinal }] of mine.entries()) assert.ok(i === 0 || ordinal > mine[i - 1]!.ordinal);
    }
  });

  it("gives the hypervisor's share of time to the hypervisor", () => {
    const { core, samples } = profiled({ ...EVERY, every: 1_000 }, 200_000);
    const total = samples.reduce((sum, { weight }) => sum + weight, 0);
    const hosts = samples.filter(({ host }) => host !== undefined).reduce((sum, { weight }) => sum + weight, 0);
    const { vcpus } = core.statistics();
    const share = vcpus.reduce((sum, each) => sum + each.hypervisorNs, 0) / vcpus.reduce((sum, each) => sum + each.runningNs, 0);
    assert.ok(share > 0.01, `the hypervisor's share is ${share}`);
    assert.ok(Math.abs(hosts / total - share) < 0.02, `${hosts} of ${total} samples for a share of ${share}`);
  });

  it('counts instructions as well', () => {
    const { core, samples } = profiled({ every: 5_000, unit: 'instructions', stackBytes: 16 }, 200_000);
    for (const vcpu of [0, 1]) {
      const mine = samples.filter((each) => each.vcpu === vcpu);
      assert.equal(mine.length, Math.floor(core.host.vcpu(0, vcpu).retired() / 5_000));
    }
    assert.ok(samples.every(({ host, stack, registers }) => !host && stack.length <= 16 && registers.length === PROFILE_REGISTERS.length));
  });

  it('makes the run wait for a reader', () => {
    const core = coreOf(recipe);
    core.profile({ ...EVERY, every: 500 });
    core.resume();
    let instructions = -1;
    for (let i = 0; i < 2000 && core.host.instructions !== instructions; i++) {
      instructions = core.host.instructions;
      core.advance(200_000, Number.POSITIVE_INFINITY);
    }
    const { samples } = core.profileSamples();
    assert.ok(core.running && samples.length >= 2048, `${samples.length} samples wait`);
    core.advance(200_000, Number.POSITIVE_INFINITY);
    assert.ok(core.host.instructions > instructions);
  });

  for (const unit of ['ns', 'instructions'] as const)
    it(`asks a vCPU nothing before its next point can have come (${unit})`, () => {
      const { host } = coreOf(recipe);
      const [vcpu] = host.vms[0]!.vcpus;
      host.sampler.start({ ...EVERY, unit });
      const now = vcpu!.localNs();
      assert.equal(host.sampler.allowance(vcpu!, now), EVERY.every);
      const asked = { value: () => assert.fail('asked') };
      Object.defineProperty(vcpu!.entity.account, 'ns', asked);
      Object.defineProperties(vcpu!, { localNs: asked, retired: asked });
      for (const passed of [1, 5_000, EVERY.every - 1]) {
        host.sampler.ran(vcpu!, now + passed);
        assert.equal(host.sampler.allowance(vcpu!, now + passed), EVERY.every - passed);
      }
      assert.throws(() => host.sampler.ran(vcpu!, now + EVERY.every), /asked/);
    });

  it('refuses a distance that is none', () => {
    assert.throws(() => coreOf(recipe).profile({ ...EVERY, every: 0 }), /a sample every 0: give a whole number above 0/);
  });
});
