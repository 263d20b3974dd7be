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
      '--sites',
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
      'lock waits, spinning',
      'OUT in put+',
      "silently wrong: shows the host's processor",
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
    for (const { report, sites } of runs) {
      // Each OUT and IN of the sample is an exit, on both sides.
      for (const side of [0, 1])
        assert.equal(
          sites.sites
            .filter(({ instruction }: { instruction: string }) => instruction === 'IN' || instruction === 'OUT')
            .reduce((sum: number, { counts }: { counts: number[] }) => sum + counts[side]!, 0),
          report.exits.find(({ reason }: { reason: string }) => reason === 'io').counts[side],
        );
      assert.match(sites.sites[0].path, /kernel\.h$/);
      for (const { parts, differenceNs } of report.explanations)
        assert.equal(
          parts.reduce((sum: number, part: { differenceNs: number }) => sum + part.differenceNs, 0),
          differenceNs,
        );
    }
  });

  it('says what cannot be compared', async () => {
    const { status, stderr } = await cli(['compare', image, '--sides', 'none:hw']);
    assert.equal(status, 2);
    assert.match(stderr, /"--sides" must be two or more of none, kvm or xen/);
  });
});
