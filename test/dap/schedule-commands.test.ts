// `sched` in the debug console: what it takes, and what is wrong.
import assert from 'node:assert/strict';
import { parseSchedule } from '../../src/dap/repl/schedule-commands';

describe('sched', () => {
  const names = ['vm0', 'db'];
  it('names a VM, a vCPU of it, or means the own VM', () => {
    assert.deepEqual(parseSchedule('db weight=256 cap=50% affinity=0-1,3', names, 0), { vm: 1, weight: 256, cap: 50, affinity: [0, 1, 3] });
    assert.deepEqual(parseSchedule('vm0.2 vcpuCap=none affinity=all', names, 1), { vm: 0, vcpu: 2, vcpuCap: null, affinity: null });
    assert.deepEqual(parseSchedule('cap=none', names, 1), { vm: 1, cap: null });
    assert.deepEqual(parseSchedule('pcpus=4', names, 1), { pcpus: 4 });
    assert.deepEqual(parseSchedule('policy=round-robin', names, 1), { policy: 'round-robin' });
  });
  it('says what is wrong', () => {
    for (const [text, problem] of [
      ['web weight=1', /no VM "web": there is vm0, db/],
      ['wieght=1', /did you mean "weight"/],
      ['weight=heavy', /"heavy" is no number/],
      ['policy=lottery', /no policy "lottery": there is fair, round-robin, chaos/],
      ['affinity=x', /no list of physical CPUs/],
    ] as const)
      assert.throws(() => parseSchedule(text, names, 0), problem);
  });
});
