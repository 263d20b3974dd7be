// The command "Change Schedule…": whom and what it offers, and what is typed.
import assert from 'node:assert/strict';
import { settingsOf, targetsOf } from '../../../src/host/schedule/model';
import type { ScheduleAnswer } from '../../../src/protocol/schedule';

const schedule: ScheduleAnswer = {
  policy: 'fair',
  pcpus: 4,
  vms: [
    { name: 'web', cap: null, vcpus: [{ weight: 1024, cap: null, affinity: null }] },
    {
      name: 'db',
      cap: 150,
      vcpus: [
        { weight: 1024, cap: null, affinity: [3, 0, 1] },
        { weight: 512, cap: 12.5, affinity: null },
      ],
    },
  ],
};

describe('host/schedule/model', () => {
  it('offers the host and each VM, vCPUs where there are several, and the own VM first', () => {
    assert.deepEqual(targetsOf(schedule, undefined), [{}, { vm: 0 }, { vm: 1 }, { vm: 1, vcpu: 0 }, { vm: 1, vcpu: 1 }]);
    assert.deepEqual(targetsOf(schedule, 'db'), [{ vm: 1 }, { vm: 1, vcpu: 0 }, { vm: 1, vcpu: 1 }, { vm: 0 }, {}]);
  });

  it('says how each setting is now', () => {
    const now = (target: Parameters<typeof settingsOf>[1]) =>
      Object.fromEntries(settingsOf(schedule, target).map((setting) => [setting.name, setting.now]));
    assert.deepEqual(now({}), { pcpus: ['4'], policy: ['fair'] });
    assert.deepEqual(now({ vm: 0 }), { weight: ['1024'], cap: [undefined], vcpuCap: [undefined], affinity: [undefined] });
    assert.deepEqual(now({ vm: 1 }), {
      weight: ['1024', '512'],
      cap: ['150%'],
      vcpuCap: [undefined, '12.5%'],
      affinity: ['0-1,3', undefined],
    });
    assert.deepEqual(now({ vm: 1, vcpu: 1 }), { weight: ['512'], vcpuCap: ['12.5%'], affinity: [undefined] });
  });

  it('reads what is typed, and nothing else', () => {
    const parse = (name: string, text: string) =>
      [...settingsOf(schedule, {}), ...settingsOf(schedule, { vm: 0 })].find((setting) => setting.name === name)!.parse(text);
    assert.deepEqual(parse('weight', ' 3072 '), { weight: 3072 });
    assert.deepEqual(parse('cap', '12.5 %'), { cap: 12.5 });
    assert.deepEqual(parse('cap', ''), { cap: null });
    assert.deepEqual(parse('vcpuCap', '50'), { vcpuCap: 50 });
    assert.deepEqual(parse('affinity', '0-1, 3'), { affinity: [0, 1, 3] });
    assert.deepEqual(parse('affinity', ' '), { affinity: null });
    assert.deepEqual(parse('pcpus', '16'), { pcpus: 16 });
    assert.deepEqual(parse('policy', 'chaos'), { policy: 'chaos' });
    for (const [name, text] of [
      ['weight', ''],
      ['weight', '0'],
      ['weight', '65537'],
      ['weight', '1.5'],
      ['cap', '0.5'],
      ['cap', '6401'],
      ['cap', 'half'],
      ['affinity', '3-1'],
      ['affinity', 'x'],
      ['pcpus', '65'],
      ['policy', 'lottery'],
    ] as const)
      assert.equal(parse(name, text), undefined, `${name} ${text}`);
  });
});
