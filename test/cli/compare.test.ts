// `compare` on the sample kernel: columns, the rows that explain, scaling, JSON, and mistakes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { needs } from '../support/compiler';
import { sample, scalingGuest } from '../support/guests';
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

  it('has each column of the scaling in text and JSON: a contended lock under overcommit', async () => {
    const json = folder.path('scaling.json');
    const options = ['--memory', '16M', '--pcpus', '2', '--vcpus', '1,2,4', '--json', json];
    const { status, stdout } = await cli(['compare', sample('ticket-lock-c', 'ticket-lock-c.elf'), ...options]);
    assert.equal(status, 0);
    type Row = { name: string; unit: string; values: number[] };
    const scaling = JSON.parse(readFileSync(json, 'utf8')).scaling as { side: string; rows: Row[] }[];
    assert.deepEqual(
      scaling.map(({ side }) => side),
      ['none:hw', 'kvm:hw'],
    );
    const row = (side: number, name: string): number[] =>
      scaling[side]!.rows.find((each) => each.name === name)?.values ?? assert.fail(name);
    for (const { rows } of scaling)
      for (const { name, values } of rows) {
        assert.equal(values.length, 3, name);
        assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
      }
    const [full, pv] = [row(0, 'throughput'), row(1, 'throughput')];
    assert.deepEqual([full[0], pv[0]], [1, 1]);
    assert.ok(full[1]! > 1.8 && pv[1]! > 1.8, 'two vCPUs on two physical CPUs');
    assert.ok(full[2]! < 0.6 && pv[2]! > 1.5, `four: ${full[2]} spinning, ${pv[2]} halting`);
    assert.deepEqual(
      [row(0, 'lock waits, asleep'), row(0, 'hypercalls')],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    );
    assert.ok(row(1, 'lock waits, asleep')[2]! > 20);
    assert.ok(row(0, 'lock waits, spinning')[2]! > 10 * row(1, 'lock waits, spinning')[2]!);
    assert.ok(row(0, 'steal')[2]! > row(1, 'steal')[2]!);
    // INIT and SIPI to each other vCPU.
    assert.deepEqual(row(0, 'IPIs'), [0, 2, 6]);
  });

  it('shows 1, 2, 4, 8 and 16 vCPUs on four physical CPUs: throughput, IPIs, TLB flushes, lock waits', async function () {
    needs(this, 'gcc', 'make');
    const json = folder.path('scaling-16.json');
    const counts = [1, 2, 4, 8, 16];
    const options = ['--memory', '16M', '--pcpus', '4', '--vcpus', counts.join(','), '--json', json];
    const { status, stdout } = await cli(['compare', scalingGuest(), ...options]);
    assert.equal(status, 0);
    type Rows = { name: string; unit: string; values: number[] }[];
    const sides = JSON.parse(readFileSync(json, 'utf8')).scaling as { rows: Rows }[];
    const row = (side: number, name: string): number[] => sides[side]!.rows.find((each) => each.name === name)?.values ?? assert.fail(name);
    // The text has a table for each side, whose rows are those of the JSON.
    const tables = stdout.split('== scaling\n')[1]!.split(/^kvm:hw/m);
    const numbers = (line: string): number[] =>
      line
        .split(/\s{2,}/)
        .slice(2)
        .map((cell) => Number(cell.replace(/,| x$/g, '')));
    for (const [side, table] of tables.entries()) {
      const line = (name: string): number[] => numbers(new RegExp(`^  ${name} .*$`, 'm').exec(table)?.[0] ?? assert.fail(name));
      assert.deepEqual(line('vCPUs'), counts);
      for (const name of ['IPIs', 'TLB flushes', 'lock waits, spinning', 'lock waits, asleep'])
        assert.deepEqual(line(name), row(side, name));
      for (const [i, value] of line('throughput').entries()) assert.ok(Math.abs(value - row(side, 'throughput')[i]!) < 0.0051);
    }
    // 16 shootdowns of every other vCPU, and INIT and SIPI: by IPIs natively; paravirtually those without a physical CPU are flushed by the host when they come back.
    const interruptions = counts.map((vcpus) => (16 + 2) * (vcpus - 1));
    assert.deepEqual(row(0, 'IPIs'), interruptions);
    assert.deepEqual(row(0, 'TLB flushes'), [0, 0, 0, 0, 0]);
    const flushes = row(1, 'TLB flushes');
    assert.deepEqual(flushes.slice(0, 3), [0, 0, 0], 'none is preempted');
    assert.ok(flushes[3]! > 0 && flushes[4]! > flushes[3]!, `${flushes}`);
    assert.deepEqual(
      row(1, 'IPIs').map((ipis, i) => ipis + flushes[i]!),
      interruptions,
    );
    for (const side of [0, 1]) {
      const throughput = row(side, 'throughput');
      assert.equal(throughput[0], 1);
      assert.ok(throughput[1]! > 1.4 && throughput[2]! > 1.6, `${throughput}`);
    }
    for (const many of [3, 4]) {
      const of = (name: string): [number, number] => [row(0, name)[many]!, row(1, name)[many]!];
      const [fullThroughput, pvThroughput] = of('throughput');
      assert.ok(fullThroughput < 0.1 && pvThroughput > 0.3, `${fullThroughput} spinning, ${pvThroughput} halting`);
      const [fullSpins, pvSpins] = of('lock waits, spinning');
      assert.ok(fullSpins > 10 * pvSpins);
      const [fullSleeps, pvSleeps] = of('lock waits, asleep');
      assert.ok(fullSleeps === 0 && pvSleeps > 0);
    }
  });

  it('says what cannot be compared', async () => {
    const { status, stderr } = await cli(['compare', image, '--sides', 'none:hw']);
    assert.equal(status, 2);
    assert.match(stderr, /"--sides" must be two or more of none, kvm or xen/);
    const many = await cli(['compare', image, '--vcpus', '1,2,4,8,16,32']);
    assert.equal(many.status, 2);
    assert.match(many.stderr, /"--vcpus" must be whole numbers from 1 to 16/);
  });
});
