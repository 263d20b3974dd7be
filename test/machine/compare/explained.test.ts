// "Every difference over 1 % names its event rows, and the rows sum to it": of several guests under several interfaces and cost tables, in the report, the text, the JSON and the CSV.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Comparison, comparisonCsv, comparisonJson, comparisonText } from '../../../src/debug/compare/comparison';
import type { CostReport } from '../../../src/debug/compare/cost-report';
import { COUNTED, type Measures, measuresOf } from '../../../src/machine/compare/measure';
import { type CompareReport, compareReport, type DifferencePart } from '../../../src/machine/compare/report';
import { parseSide, type Side, sideName } from '../../../src/machine/compare/sides';
import { COST_TABLES } from '../../../src/machine/control/costs';
import type { HostConfig } from '../../../src/machine/control/types';
import { coreOf } from '../../proof/observe';
import { sample } from '../../support/guests';

const WORTH = 0.01;

/** What each total's difference is made of, as the report says. */
function assertExplained(report: CompareReport, sides: readonly Measures[]): void {
  const sum = (parts: readonly DifferencePart[], of: (part: DifferencePart) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const ns = ({ differenceNs }: DifferencePart) => differenceNs;
  for (const { side, differenceNs, parts } of report.explanations) {
    assert.equal(sum(parts, ns), differenceNs);
    for (const { name, values } of report.totals) {
      const [first, other] = [values[0]!, values[side]!];
      const difference = other - first;
      if (Math.abs(difference) <= WORTH * first) continue;
      if (name === 'virtual time') {
        if (sides[0]!.vcpus === sides[side]!.vcpus) assert.equal(differenceNs, difference * sides[0]!.vcpus, name);
        assert.ok(parts.length > 0);
      } else if (name === 'exits' || name === 'instructions') {
        const made = parts.filter(({ events }) => events === name);
        assert.equal(
          sum(made, (part) => part.differenceCount!),
          difference,
          name,
        );
      } else {
        const made = parts.filter(({ total }) => total === name);
        assert.ok(made.length > 0, name);
        assert.equal(sum(made, ns), difference, name);
      }
    }
  }
}

/** What each exit of a side cost, to the nanosecond, with the place in the source that says so; the text has the same. */
function assertCosts(sides: readonly Side[], measures: readonly Measures[], text: string, costs: readonly CostReport[]): void {
  for (const [i, side] of sides.entries()) {
    const of = costs.find((each) => each.sides.includes(sideName(side))) ?? assert.fail(sideName(side));
    const table = COST_TABLES.find(({ name }) => name === of.name)!;
    assert.deepEqual([of.doc, of.source], [table.doc, table.source]);
    assert.ok(text.includes(`  ${of.name}: ${of.doc}\n    source: ${of.source}\n`), of.name);
    for (const { reason, count, virtualNs } of measures[i]!.exits) {
      const figure = of.figures.find((each) => each.reason === reason) ?? assert.fail(`${of.name} ${reason}`);
      assert.equal(count * figure.ns, virtualNs, reason);
      if (figure.from !== of.source)
        assert.ok(text.includes(`${figure.ns.toLocaleString('en')} ns  ${figure.basis}: ${figure.from}\n`), `${of.name} ${reason}`);
    }
  }
}

function measured({ hypervisor, model, costs }: Side, guest: Guest): Measures {
  const { image, vcpus, host, until } = guest;
  const core = coreOf({
    image: sample(...image),
    vm: { vcpus, hypervisor, model, ...(costs !== undefined && { costs }) },
    host: { ...host },
    script: 'quit\n',
  });
  core.measure({ sites: false, ...(until && { until }) });
  core.setStopOn({ tripleFault: false, haltedForever: false });
  core.resume();
  while (core.running) core.advance(1_000_000, Number.POSITIVE_INFINITY);
  return measuresOf(core.statistics(), core.measured().counts, core.host.exit?.reason ?? 'until');
}

interface Guest {
  readonly name: string;
  readonly image: Parameters<typeof sample>;
  readonly vcpus: number;
  readonly host: Partial<HostConfig>;
  readonly until?: string;
  readonly sides: readonly string[];
}
const neighbours = [{ duty: 0.4, periodNs: 1_000_000, absolute: false, pcpu: 0, weight: 1024 }];
const GUESTS: readonly Guest[] = [
  {
    name: 'the sample, on a CPU of its own',
    image: ['kvm-c', 'kvm-c.elf'],
    vcpus: 1,
    host: {},
    sides: ['none:trap', 'kvm:pv', 'kvm:hw-2016', 'none:bt-2006'],
  },
  {
    name: 'the sample, two vCPUs on one physical CPU beside a neighbour',
    image: ['kvm-c', 'kvm-c.elf'],
    vcpus: 2,
    host: { pcpus: 1, neighbours },
    sides: ['none:hw', 'kvm:hw', 'kvm:pv'],
  },
  { name: "Xen's sample", image: ['xen-pvh-c', 'xen-pvh-c.elf'], vcpus: 1, host: {}, sides: ['xen:hw', 'xen:pv', 'xen:pv-2003'] },
  {
    name: 'a contended lock under overcommit',
    image: ['ticket-lock-c', 'ticket-lock-c.elf'],
    vcpus: 4,
    host: { pcpus: 2 },
    sides: ['none:hw', 'kvm:hw'],
  },
];

describe('the explanation of a comparison', function () {
  this.timeout(300_000);

  for (const guest of GUESTS)
    it(`has event rows for every difference: ${guest.name}`, () => {
      const sides = guest.sides.map((text) => parseSide(text) ?? assert.fail(text));
      const measures = sides.map((side) => measured(side, guest));
      const report = compareReport(measures);
      assertExplained(report, measures);
      for (const { parts } of report.explanations) assert.ok(!parts.some(({ name }) => name === 'hypervisor, of no exit'));
      // What is written down is the same.
      const comparison: Comparison = { sides, runs: [{ vcpus: guest.vcpus, measures, report, sites: undefined }] };
      const json = JSON.parse(comparisonJson(comparison)) as { runs: { report: CompareReport; measures: Measures[] }[] };
      assertExplained(json.runs[0]!.report, json.runs[0]!.measures);
      const [text, csv] = [comparisonText(comparison), comparisonCsv(comparison)];
      assertCosts(sides, measures, text, (JSON.parse(comparisonJson(comparison)) as { costs: CostReport[] }).costs);
      for (const { side, parts } of report.explanations)
        for (const { name, total, differenceNs, events, differenceCount } of parts) {
          assert.match(text, new RegExp(`^  ${name} .* of ${total}`, 'm'));
          const columns = sides.map((_, i) => (i === side ? differenceNs : '""')).join(',');
          assert.ok(csv.includes(`"difference","${name}","ns",${columns}\n`), `${sideName(sides[side]!)} ${name}`);
          if (differenceCount !== undefined) assert.ok(csv.includes(`"difference","${name}","${events}",`), name);
        }
    });

  it('holds for whatever is measured', () => {
    const ns = fc.integer({ min: 0, max: 10 ** 12 });
    const exit = fc.record({ reason: fc.constantFrom('io', 'cpuid', 'hlt', 'vmcall', 'msr'), count: fc.nat(10 ** 6), virtualNs: ns });
    const side = fc
      .record({
        ...{ vcpus: fc.integer({ min: 1, max: 16 }), guestNs: ns, stealNs: ns, blockedNs: ns, offlineNs: ns, instructions: ns, pauses: ns },
        ...{ exits: fc.uniqueArray(exit, { selector: ({ reason }) => reason }), ofNoExitNs: fc.constantFrom(0, 0, 700) },
        counts: fc.array(fc.nat(10 ** 6), { minLength: COUNTED.length, maxLength: COUNTED.length }),
      })
      .map(({ ofNoExitNs, counts, ...rest }): Measures => {
        const hypervisorNs = rest.exits.reduce((sum: number, { virtualNs }) => sum + virtualNs, ofNoExitNs);
        const all = rest.guestNs + hypervisorNs + rest.stealNs + rest.blockedNs + rest.offlineNs;
        const named = Object.fromEntries(COUNTED.map(({ name }, i) => [name, counts[i]!])) as Measures['counts'];
        return { ...rest, hypervisorNs, counts: named, elapsedNs: all / rest.vcpus, ended: 'debug-exit' };
      });
    fc.assert(
      fc.property(fc.array(side, { minLength: 2, maxLength: 4 }), (sides) => {
        // Where an elapsed time is no whole number, nothing is measured so.
        const whole = sides.map((one) => ({ ...one, vcpus: 1, elapsedNs: one.elapsedNs * one.vcpus }));
        assertExplained(compareReport(whole.map((one) => ({ ...one, elapsedNs: Math.round(one.elapsedNs) }))), whole);
      }),
    );
  });
});
