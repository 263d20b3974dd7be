// Sites of privileged and sensitive instructions on the sample kernel: the same in both tiers, as many as the exits that they are, and the run is the same to the digest.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Tier } from '../../../src/engine/cpu-engine';
import type { SiteCount } from '../../../src/machine/compare/site-counter';
import { INSN_ROWS } from '../../../src/x86/insn/rows';
import { sensitivityOf } from '../../../src/x86/insn/sensitivity';
import { SENSITIVITY_ROWS } from '../../../src/x86/insn/sensitivity.rows';
import { coreOf } from '../../proof/observe';
import { sample } from '../../support/guests';

interface Run {
  sites: readonly SiteCount[];
  exits: Map<string, number>;
  digest: string;
}

function run(tier: Tier, sites: boolean): Run {
  const core = coreOf({
    image: sample('kvm-c', 'kvm-c.elf'),
    vm: { vcpus: 2, hypervisor: 'none', model: 'trap' },
    host: { tier },
    script: 'quit\n',
  });
  core.measure({ sites });
  core.resume();
  while (core.running) core.advance(1_000_000, Number.POSITIVE_INFINITY);
  const exits = new Map(core.statistics().exits.map(({ reason, count }) => [reason, count]));
  return { sites: core.measured().sites, exits, digest: core.digest() };
}
const counted = ({ sites }: Run, ...names: string[]): number =>
  sites.filter(({ row }) => names.includes(SENSITIVITY_ROWS[row]!.name)).reduce((sum, { count }) => sum + count, 0);

describe('sites of sensitive instructions', () => {
  let seen: Run;
  before(() => {
    seen = run('interpreter', true);
  });

  it('are as many as the exits that they are under trap-and-emulate', () => {
    assert.equal(counted(seen, 'CLI', 'STI'), seen.exits.get('cli-sti'));
    assert.equal(counted(seen, 'IN', 'OUT'), seen.exits.get('io'));
    assert.equal(counted(seen, 'CPUID'), seen.exits.get('cpuid'));
    assert.equal(counted(seen, 'RDTSC'), seen.exits.get('rdtsc') ?? 0);
    assert.equal(counted(seen, 'IRET'), seen.exits.get('iret'));
    assert.ok(counted(seen, 'LIDT') > 0 && counted(seen, 'MOV to CR#') > 0);
  });

  it('change nothing in the run', () => {
    const plain = run('interpreter', false);
    assert.deepEqual(plain.sites, []);
    assert.equal(plain.digest, seen.digest);
  });

  it('are the same where code is compiled', () => assert.deepEqual(run('jit', true), seen));

  it('are all found among the instruction rows, and none twice', () => {
    const rows = INSN_ROWS.filter(({ unimplemented, undefined: never }) => !unimplemented && !never);
    const found = new Set(rows.map(sensitivityOf).filter((index) => index >= 0));
    assert.deepEqual(
      SENSITIVITY_ROWS.filter((_, index) => !found.has(index)).map(({ name }) => name),
      [],
    );
    const names = SENSITIVITY_ROWS.flatMap(({ helpers = [], encodings = [] }) => [...helpers, ...encodings]);
    assert.equal(new Set(names).size, names.length);
    // What is sensitive and no fault says what goes wrong; what faults says nothing.
    for (const row of SENSITIVITY_ROWS) assert.equal(row.wrong !== undefined, row.class === 'sensitive', row.name);
  });
});
