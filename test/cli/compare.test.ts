// `compare` on the sample kernel: columns, the rows that explain, scaling, JSON, and mistakes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { sample } from '../support/guests';
import { cli, temporaryFolder } from './built-cli';

const image = sample('kvm-c', 'kvm-c.elf');

describe('compare', () => {
  const folder = temporaryFolder();
  after(() => folder.remove());

  it('prints sides beside each other, explains the difference, and writes the same as JSON', async () => {
    const json = folder.path('report.json');
    const { status, stdout } = await cli([
      'compare',
      image,
      '--vcpus',
      '1,2',
      '--sides',
      'none:hw,kvm:hw',
      '--input',
      'quit\\n',
      '--json',
      json,
    ]);
    assert.equal(status, 0);
    for (const text of [
      '== 1 vCPU\n',
      '== 2 vCPUs\n',
      '== scaling\n',
      'none:hw',
      'kvm:hw',
      'hypervisor time',
      'IPIs',
      'exit apic-access',
      'throughput',
    ])
      assert.ok(stdout.includes(text), text);
    const { sides, runs } = JSON.parse(readFileSync(json, 'utf8'));
    assert.deepEqual(
      sides.map(({ name }: { name: string }) => name),
      ['none:hw', 'kvm:hw'],
    );
    assert.deepEqual(
      runs.map(({ vcpus }: { vcpus: number }) => vcpus),
      [1, 2],
    );
    for (const { report } of runs)
      for (const { parts, differenceNs } of report.explanations)
        assert.equal(
          parts.reduce((sum: number, part: { differenceNs: number }) => sum + part.differenceNs, 0),
          differenceNs,
        );
  });

  it('says what cannot be compared', async () => {
    const { status, stderr } = await cli(['compare', image, '--sides', 'none:hw']);
    assert.equal(status, 2);
    assert.match(stderr, /"--sides" must be two or more of none, kvm or xen/);
  });
});
