// The results of a comparison: totals, what the difference is made of, exits, counts, how it scales, and the sites of privileged and sensitive instructions.
import type { CompareAnswer, CompareRun, CompareSite } from '../../protocol/compare';
import { element } from '../kit/client/dom';
import { RowTable, type TableRow } from '../kit/client/row-table';
import { Section } from '../kit/client/section';
import { t } from '../kit/texts';
import { TextTable } from './client-table';
import { differenceText, endsText, exitRows, number, partRows, scalingRows, valueRows } from './model';

export interface ResultActions {
  open(path: string, line: number): void;
  isFolded(section: string): boolean;
  toggled(section: string, open: boolean): void;
}

export class CompareResults {
  private readonly words = element('p', { class: 'summary', id: 'compare-difference' });
  private readonly ends = element('p', { class: 'trouble', role: 'alert' });
  private readonly totals: TextTable;
  private readonly parts: TextTable;
  private readonly exits: TextTable;
  private readonly counts: TextTable;
  private readonly scaling: TextTable;
  private readonly sites = new RowTable(t('Sites'), 'compare-sites', [t('instruction'), t('where'), t('first'), t('second'), t('source')]);
  private readonly siteSection: Section;
  private readonly fates: TextTable;
  readonly node: HTMLElement;

  constructor(private readonly actions: ResultActions) {
    this.totals = this.table('compare-totals', t('Times and totals'));
    this.parts = this.table('compare-parts', t('What the difference is made of'));
    this.exits = this.table('compare-exits', t('Exits by reason'));
    this.counts = this.table('compare-counts', t('Counted'));
    this.scaling = this.table('compare-scaling', t('Scaling'));
    this.fates = this.table('compare-fates', t('What becomes of each instruction'));
    const folded = actions.isFolded('compare-sites');
    this.siteSection = new Section('compare-sites', [this.sites.node], !folded, (open) => actions.toggled('compare-sites', open));
    this.node = element(
      'div',
      { id: 'compare-results' },
      this.words,
      this.ends,
      this.totals.node,
      this.parts.node,
      this.exits.node,
      this.counts.node,
      this.scaling.node,
      this.siteSection.node,
      this.fates.node,
    );
  }

  private table(id: string, label: string): TextTable {
    return new TextTable(id, label, this.actions.isFolded(id), (open) => this.actions.toggled(id, open));
  }

  show(answer: CompareAnswer | undefined, run: CompareRun | undefined): void {
    this.node.hidden = !answer || !run;
    if (!answer || !run) return;
    const { sides, runs } = answer;
    const [one = '', other = ''] = sides.map(({ name }) => name);
    this.words.textContent = differenceText(run, sides);
    this.ends.textContent = endsText(run);
    this.totals.show(t('Times and totals'), ['', one, other, t('change')], valueRows(run.totals));
    this.parts.show(t('What the difference in vCPU time is made of'), ['', t('time'), t('events'), t('share'), t('of')], partRows(run));
    this.exits.show(t('Exits by reason'), ['', one, t('time'), other, t('time'), t('difference')], exitRows(run));
    this.counts.show(t('Counted'), ['', one, other, t('change')], valueRows(run.counts));
    const scaled = runs.length > 1 ? scalingRows(runs, sides) : [];
    this.scaling.show(t('Scaling with the number of vCPUs'), ['', ...runs.map(({ vcpus }) => String(vcpus))], scaled);
    this.showSites(run, one, other);
  }

  private showSites({ sites, allSites, instructions }: CompareRun, one: string, other: string): void {
    const title =
      sites.length < allSites
        ? t('Privileged and sensitive instructions: {0} of {1} sites', number(sites.length), number(allSites))
        : t('Privileged and sensitive instructions: {0} sites', number(allSites));
    this.siteSection.show(sites.length === 0 ? undefined : title);
    this.sites.draw(sites.map((site) => this.siteRow(site)));
    this.fates.show(
      t('What becomes of each instruction'),
      ['', one, other, t('with traps alone'), t('in a kernel made for it')],
      instructions.map(({ instruction, sides: [a = '', b = ''], traps, replaced }) => [instruction, a, b, traps, replaced]),
    );
  }

  private siteRow({ instruction, symbol, address, user, counts: [first = 0, second = 0], path, line, class: kind }: CompareSite): TableRow {
    const place = symbol === '' ? address : symbol;
    const source =
      path === null || line === null
        ? ''
        : element(
            'button',
            { class: 'link', title: t('Opens {0}:{1}', path, line), on: { click: () => this.actions.open(path, line) } },
            `${path.split('/').pop()}:${line}`,
          );
    return {
      key: `${instruction} ${place} ${user}`,
      class: kind,
      cells: [
        element('span', { class: 'code' }, user ? t('{0} (CPL 3)', instruction) : instruction),
        element('span', { class: 'code' }, place),
        number(first),
        number(second),
        source,
      ],
    };
  }
}
