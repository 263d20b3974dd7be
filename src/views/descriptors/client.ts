// Draws the Descriptors panel: segment registers beside what memory says, the tables with their handlers, the task-state segment.

import type { DescriptorsAnswer, DescriptorTableAnswer } from '../../protocol/descriptors';
import { BreakList } from '../kit/client/break-list';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { RowTable, type TableRow } from '../kit/client/row-table';
import { Section } from '../kit/client/section';
import { t } from '../kit/texts';
import { type EntryView, entriesView, initialState, ioMapText, segmentView, summary, tableTitle, tssTitle, tssView } from './model';
import { descriptorsPanel } from './protocol';

const link = new Link(descriptorsPanel, initialState);
/** While the guest runs, not more often. */
const RUNNING_MS = 1000;
let answer: DescriptorsAnswer | undefined;
let drawn = '';
let lastRead = 0;
/** Vectors that are broken on. */
let broken: ReadonlySet<number> = new Set();

const filter = element('input', { attributes: { type: 'search', placeholder: t('Filter'), 'aria-label': t('Filter entries') } });
const header = new Header(link, { perVcpu: true, tools: [filter] });
const about = element('p', { class: 'summary', id: 'summary' });
const trouble = element('p', { class: 'trouble', role: 'alert' });
const failed = (text: string) => {
  // A request that a session's end has cut off is no trouble.
  trouble.textContent = link.focus ? text : '';
};
const breaks = new BreakList(async (args) => {
  const found = await link.request('hyperscope/panelBreakpoints', args);
  broken = new Set(found.breakpoints.flatMap(({ vector }) => (vector === null ? [] : [vector])));
  breakIds = new Map(found.breakpoints.flatMap(({ vector, id }) => (vector === null ? [] : [[vector, id]])));
  draw();
  return found;
}, failed);
let breakIds: ReadonlyMap<number, number> = new Map();

const section = (name: string, table: RowTable, note?: HTMLElement) =>
  new Section(name, [...(note ? [note] : []), table.node], !link.state.closed.includes(name), (open) =>
    link.remember({ closed: open ? link.state.closed.filter((each) => each !== name) : [...link.state.closed, name] }),
  );
const segments = new RowTable(t('Segment registers'), 'segments', [
  t('register'),
  t('selector'),
  t('hidden part'),
  t('memory says'),
  t('verdict'),
]);
const columns = ['entry', 'name', 'type', 'rights', 'to', 'handler', ''];
const tables = {
  IDT: new RowTable(t('IDT'), 'gates', columns),
  IVT: new RowTable(t('Interrupt vectors'), 'gates', columns),
  GDT: new RowTable(t('GDT'), 'gates', columns),
  LDT: new RowTable(t('LDT'), 'gates', columns),
};
const tss = new RowTable(t('Task-state segment'), 'fields', [t('field'), t('value'), t('symbol')]);
const ioMap = element('p', { class: 'under', id: 'io-map' });
const sections = {
  segments: section('Segment registers', segments),
  IDT: section('IDT', tables.IDT),
  IVT: section('IVT', tables.IVT),
  GDT: section('GDT', tables.GDT),
  LDT: section('LDT', tables.LDT),
  tss: section('TSS', tss, ioMap),
};
root().append(header.node, trouble, about, breaks.node, ...Object.values(sections).map(({ node }) => node));

filter.value = link.state.filter;
filter.addEventListener('input', () => {
  link.remember({ filter: filter.value });
  draw();
});

const button = (text: string, title: string, work: () => void, kind = '') =>
  element('button', { title, class: kind, on: { click: work } }, text);

function entryRow(view: EntryView): TableRow {
  const { handler, vector, base } = view;
  const source = handler?.path && handler.line ? { path: handler.path, line: handler.line } : undefined;
  const to = handler
    ? button(
        handler.symbol || handler.address,
        source ? t('Opens {0}:{1}', source.path, source.line) : t('Shows the code in the Memory panel: no source is known'),
        () => (source ? link.open(source.path, source.line) : link.show('hyperscope.showMemory', { at: handler.address, space: 'linear' })),
        'link',
      )
    : base
      ? button(
          t('memory'),
          t('Shows the segment in the Memory panel'),
          () => link.show('hyperscope.showMemory', { at: base, space: 'linear' }),
          'link',
        )
      : '';
  const isBroken = vector !== undefined && broken.has(vector);
  const toggle =
    vector === undefined
      ? ''
      : element(
          'button',
          {
            class: 'toggle small',
            title: t('Stops before vector {0} is delivered', view.number),
            attributes: { 'aria-pressed': String(isBroken), 'aria-label': t('Break on vector {0}', view.number) },
            on: {
              click: () => void breaks.refresh(isBroken ? { remove: breakIds.get(vector) ?? 0 } : { add: { kind: 'vector', vector } }),
            },
          },
          t('Break'),
        );
  return {
    key: view.key,
    class: view.before === undefined ? '' : 'changed',
    title: view.before === undefined ? view.raw : t('{0}, was {1} at the last stop', view.raw, view.before),
    cells: [element('code', {}, view.number), view.name, view.type, view.rights, element('code', {}, view.place), to, toggle],
  };
}

function drawTable(name: DescriptorTableAnswer['name'], now: DescriptorsAnswer): void {
  const table = now.tables.find((each) => each.name === name);
  sections[name].show(table && tableTitle(table));
  if (table) tables[name].draw(entriesView(table, link.state.filter).map(entryRow));
}

function draw(): void {
  header.draw();
  const now = link.focus ? answer : undefined;
  // The same is not drawn again: what one reads or has selected stays.
  const key = JSON.stringify([now, link.state.filter, [...broken]]);
  if (key === drawn) return;
  drawn = key;
  about.textContent = now ? summary(now) : '';
  if (!now) {
    for (const each of Object.values(sections)) each.show(undefined);
    return;
  }
  for (const name of ['IDT', 'IVT', 'GDT', 'LDT'] as const) drawTable(name, now);
  sections.segments.show(t('Segment registers and their hidden parts'));
  segments.draw(
    now.segments.map(segmentView).map(({ name, selector, hidden, memory, verdict, bad, changed }) => ({
      key: name,
      class: [bad ? 'differs' : '', changed ? 'changed' : ''].join(' ').trim(),
      cells: [name, element('code', {}, selector), hidden, memory, verdict],
    })),
  );
  sections.tss.show(now.tss ? tssTitle(now.tss) : t('TSS: none is loaded'));
  ioMap.textContent = now.tss ? ioMapText(now.tss) : '';
  tss.draw(
    (now.tss ? tssView(now.tss, link.state.filter) : []).map(({ name, value, symbol, address, before }) => ({
      key: name,
      class: before === undefined ? '' : 'changed',
      ...(before === undefined ? {} : { title: t('was {0} at the last stop', before) }),
      cells: [
        name,
        element('code', {}, value),
        address
          ? button(
              symbol,
              t('Shows it in the Memory panel'),
              () => link.show('hyperscope.showMemory', { at: address, space: 'linear' }),
              'link',
            )
          : symbol,
      ],
    })),
  );
}

const refresher = new Refresher(
  async () => {
    const { focus } = link;
    if (focus) answer = await link.request('hyperscope/descriptors', { vcpu: focus.vcpu });
    lastRead = performance.now();
    trouble.textContent = '';
    draw();
  },
  (text) => {
    failed(text);
    draw();
  },
);

link.onFocus = () => {
  if (!link.focus) {
    trouble.textContent = '';
    breaks.clear();
  } else void breaks.refresh();
  draw();
  refresher.request();
};
let waiting: ReturnType<typeof setTimeout> | undefined;
link.onChanged = () => {
  clearTimeout(waiting);
  if (!link.focus?.running) refresher.request();
  else waiting = setTimeout(() => refresher.request(), Math.max(0, lastRead + RUNNING_MS - performance.now()));
};
link.onShow = ({ at }) => {
  filter.value = at;
  link.remember({ filter: at });
  draw();
};
draw();
link.ready();
