// The comparison of one session: runs its guest anew, one run after the other, each in a host of its own beside the session's, and keeps what was measured.
import { type Comparison, comparisonCsv, comparisonJson, comparisonText } from '../debug/compare/comparison';
import { runSide, SideCancelled } from '../debug/compare/run-side';
import { type NamedSite, namedSites } from '../debug/compare/site-names';
import { siteReport } from '../debug/compare/site-report';
import { compareReport, type Measures, type Side, sideName, sideText } from '../machine/control/compare';
import type { MachineControl } from '../machine/control/control';
import { COST_TABLES } from '../machine/control/costs';
import type { HostConfig } from '../machine/control/types';
import type { CompareAnswer, CompareArguments, CompareFormat, CompareRun } from '../protocol/compare';
import type { LaunchArguments } from '../protocol/launch';
import { type CompareWish, compareWish, sideConfig, sideLaunch } from './compare-config';
import { dapErrors } from './errors';
import { loadSymbols } from './launch/symbols';

/** Sites that an answer carries; files have all. */
const MOST_SITES = 400;

export interface CompareParts {
  readonly launch: LaunchArguments;
  createHost(config: HostConfig, launch: LaunchArguments): Promise<MachineControl>;
  /** There is something new to show. */
  changed(): void;
  /** Long work begins; what ends it is returned. */
  progress(job: { title: string; cancel: () => void; message: () => Promise<string> }): () => void;
}

type State = Exclude<CompareAnswer['state'], 'none'>;

export class CompareViews {
  private state: State | undefined;
  private text = '';
  private done = 0;
  private wish: CompareWish | undefined;
  private comparison: Comparison = { sides: [], runs: [] };
  private canceller = new AbortController();

  constructor(private readonly parts: CompareParts) {}

  /** Ends what is under way, and begins anew. Resolves at once. */
  start(given: CompareArguments): void {
    const wish = compareWish(given, this.parts.launch);
    this.cancel();
    const canceller = new AbortController();
    this.canceller = canceller;
    this.wish = wish;
    this.comparison = { sides: wish.sides, runs: [] };
    this.state = 'running';
    this.text = '';
    this.done = 0;
    const end = this.parts.progress({
      title: 'Comparing the guest under other hypervisors',
      cancel: () => canceller.abort(),
      message: async () => this.text,
    });
    void this.run(wish, canceller.signal)
      .then(
        () => this.ended(canceller, 'done', ''),
        (error: unknown) =>
          error instanceof SideCancelled
            ? this.ended(canceller, 'cancelled', '')
            : this.ended(canceller, 'failed', error instanceof Error ? error.message : String(error)),
      )
      .finally(end);
    this.parts.changed();
  }

  cancel(): void {
    this.canceller.abort();
  }

  dispose(): void {
    this.cancel();
  }

  private ended(canceller: AbortController, state: State, text: string): void {
    // Another comparison may have begun since.
    if (canceller !== this.canceller) return;
    this.state = state;
    this.text = text;
    this.parts.changed();
  }

  private async run(wish: CompareWish, signal: AbortSignal): Promise<void> {
    const { sides, vcpus } = wish;
    for (const count of vcpus) {
      const measures: Measures[] = [];
      const sites: NamedSite[][] = [];
      for (const side of sides) {
        this.text = `${sideName(side)}, ${count === 1 ? '1 vCPU' : `${count} vCPUs`}`;
        this.parts.changed();
        const run = await this.oneRun(wish, side, count, signal);
        measures.push(run.measures);
        sites.push(run.sites);
        this.done++;
      }
      if (signal.aborted) throw new SideCancelled();
      const run = { vcpus: count, measures, report: compareReport(measures), sites: wish.sites ? siteReport(sides, sites) : undefined };
      this.comparison = { sides, runs: [...this.comparison.runs, run] };
      this.parts.changed();
    }
  }

  private async oneRun(
    wish: CompareWish,
    side: Side,
    vcpus: number,
    signal: AbortSignal,
  ): Promise<{ measures: Measures; sites: NamedSite[] }> {
    const { launch, createHost } = this.parts;
    if (signal.aborted) throw new SideCancelled();
    const control = await createHost(sideConfig(launch, side, vcpus), sideLaunch(launch));
    try {
      const run = await runSide(control, wish, signal);
      // Their own: a Linux kernel lies elsewhere in each run.
      return { measures: run.measures, sites: wish.sites ? await namedSites(control, loadSymbols(launch), run.sites) : [] };
    } finally {
      await control.dispose();
    }
  }

  status(): CompareAnswer {
    const { sides, runs } = this.comparison;
    return {
      state: this.state ?? 'none',
      text: this.text,
      done: this.done,
      all: this.wish === undefined ? 0 : this.wish.sides.length * this.wish.vcpus.length,
      costs: COST_TABLES.map(({ name, doc, source }) => ({ name, doc, source })),
      sides: sides.map((side) => ({ name: sideName(side), text: sideText(side) })),
      runs: runs.map(answerOf),
    };
  }

  file(format: CompareFormat): string {
    if (this.comparison.runs.length === 0)
      throw dapErrors.badArgument('hyperscope/compareExport', 'there is no comparison: start one first');
    return { text: comparisonText, json: comparisonJson, csv: comparisonCsv }[format](this.comparison);
  }
}

function answerOf({ vcpus, measures, report, sites }: Comparison['runs'][number]): CompareRun {
  return {
    vcpus,
    ended: measures.map(({ ended }) => ended),
    totals: report.totals.map((row) => ({ ...row, values: [...row.values] })),
    exits: report.exits.map(({ reason, counts, ns }) => ({ reason, counts: [...counts], ns: [...ns] })),
    counts: report.counts.map((row) => ({ ...row, values: [...row.values] })),
    explanations: report.explanations.map(({ side, differenceNs, parts }) => ({
      side,
      differenceNs,
      parts: parts.map((part) => ({ ...part, events: part.events ?? null, differenceCount: part.differenceCount ?? null })),
    })),
    sites: (sites?.sites ?? []).slice(0, MOST_SITES).map((site) => ({ ...site, counts: [...site.counts] })),
    allSites: sites?.sites.length ?? 0,
    instructions: (sites?.instructions ?? []).map((row) => ({ ...row, sides: [...row.sides] })),
  };
}
