// Draws the Hypercalls and exits panel: a live list of which only the visible rows are in the page, filters, groups, export, and the calling source line.
import type { TraceColumn, TraceRow } from '../../protocol/requests';
import { Completion } from '../kit/client/completion';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { VirtualList } from '../kit/client/virtual-list';
import { t } from '../kit/texts';
import { Details } from './client-details';
import { ExportBar } from './client-export';
import { Groups } from './client-groups';
import { Locations } from './client-locations';
import { cellsOf, columns, eventNames, initialState, type KindChoice, kindChoices, selectionOf } from './model';
import { RowWindow } from './model-rows';
import { hypercallsPanel } from './protocol';
import { type RowPort, rowActions } from './row-actions';

const link = new Link(hypercallsPanel, initialState);
let rows = new RowWindow();
let shownFor = '';
/** Events have come since the rows were read. */
let news = true;

const toggle = (text: string, title: string, name: 'onlyVcpu' | 'follow' | 'grouped' | 'columnFilters') =>
  element('button', { class: 'toggle', title, on: { click: () => change({ [name]: !link.state[name] }) } }, text);
const kinds = element(
  'select',
  { attributes: { 'aria-label': t('Events') }, on: { change: () => change({ kinds: kinds.value as KindChoice }) } },
  ...Object.keys(kindChoices).map((name) => element('option', { attributes: { value: name } }, name)),
);
const filter = element('input', {
  class: 'wide',
  attributes: { type: 'search', placeholder: t('Filter name or arguments'), 'aria-label': t('Filter events') },
  on: { input: () => change({ filter: filter.value }) },
});
const toggles = {
  columnFilters: toggle(t('Columns'), t('A filter for each column'), 'columnFilters'),
  grouped: toggle(t('Group'), t('By name, with counts, totals and percentiles'), 'grouped'),
  onlyVcpu: toggle(t('This vCPU'), t('Only events of this vCPU'), 'onlyVcpu'),
  follow: toggle(t('Follow'), t('Follow the newest events; off: stay where the list is'), 'follow'),
};
const exportToggle = element('button', { class: 'toggle', title: t('Write events into a file') }, t('Export…'));
const inputs = new Map<TraceColumn, HTMLInputElement>();
const columnBar = element(
  'div',
  { class: 'bar column-filters', role: 'group', attributes: { 'aria-label': t('Column filters') } },
  ...columns.map(({ name, title, example }) => {
    const input = element('input', {
      attributes: { type: 'search', placeholder: example },
      on: { input: () => change({ columns: { ...link.state.columns, [name]: input.value } }) },
    });
    inputs.set(name, input);
    return element('label', {}, title, input);
  }),
);
const header = new Header(link, { perVcpu: true });
const count = element('span', { class: 'count', id: 'trace-summary', role: 'status' });
const trouble = element('p', { class: 'trouble', role: 'alert' });

const port: RowPort = {
  openSource: (row) => void openSource(row),
  breakOn: (name) => link.breakOn(name),
  goTo: (event) => {
    trouble.textContent = '';
    link.request('hyperscope/goTo', { event }).catch((error: unknown) => {
      trouble.textContent = error instanceof Error ? error.message : String(error);
    });
  },
  filter: (typed) => change({ columns: { ...link.state.columns, ...typed }, columnFilters: true, grouped: false }),
  show: (command, at) => link.show(command, { at }),
};
const exporting = new ExportBar(async (format, all, suggestion) => {
  const selection = all ? {} : selectionOf(link.state, link.focus?.vcpu ?? 0);
  const answer = await link.save('hyperscope/traceExport', { selection, format }, suggestion);
  return answer === null ? null : answer.rows;
});
const details = new Details(port);
const groups = new Groups(port);
const list = new VirtualList(
  {
    get count() {
      return rows.count;
    },
    cells: (index) => {
      const row = rows.row(index);
      return row === null ? ['', '', '…', 'overwritten', '', '', ''] : row && cellsOf(row, locations.text(row.rip));
    },
    activate: (index) => {
      const row = rows.row(index);
      if (row) rowActions[0]?.act(row, port);
    },
    seen: (window) => {
      locate();
      if (rows.lacks(window)) refresher.request();
    },
    selected: () => drawDetails(),
  },
  22,
  'Hypercalls and exits',
  'events',
  columns.map(({ title }) => title),
  { belowPx: 820, rowHeight: 62 },
);
const locations = new Locations(
  (address) => link.request('hyperscope/locate', { address }),
  () => {
    list.draw();
    drawDetails();
  },
);
root().append(
  header.node,
  element('div', { class: 'bar' }, kinds, filter, ...Object.values(toggles), exportToggle, element('span', { class: 'gap' }), count),
  columnBar,
  exporting.node,
  trouble,
  list.node,
  groups.node,
  details.node,
);
new Completion(filter, 'filter-suggestions', async (text) => eventNames(text));
exportToggle.addEventListener('click', () => {
  exporting.node.hidden = !exporting.node.hidden;
  exportToggle.setAttribute('aria-pressed', String(!exporting.node.hidden));
});

async function openSource({ rip }: TraceRow): Promise<void> {
  const place = await locations.find(rip);
  if (place?.path && place.line) link.open(place.path, place.line);
  else trouble.textContent = t('No source line is known for {0}: compile with -g, or add the file to "symbolFiles".', rip);
}

function locate(): void {
  const { from, to } = list.window;
  locations.want(Array.from({ length: to - from }, (_, i) => rows.row(from + i)?.rip).filter((rip) => rip !== undefined));
}

function change(state: Partial<typeof initialState>): void {
  const selects = Object.keys(state).some((name) => name !== 'follow' && name !== 'columnFilters');
  link.remember(state);
  if (selects) reset();
  else {
    draw();
    news = true;
    refresher.request();
  }
}

function reset(): void {
  rows = new RowWindow();
  list.node.scrollTop = 0;
  news = true;
  draw();
  refresher.request();
}

function drawDetails(): void {
  const row = link.focus && !link.state.grouped ? rows.row(list.selectedIndex) : undefined;
  details.show(row, row ? locations.text(row.rip) : undefined);
}

function draw(): void {
  const { state, focus } = link;
  header.draw();
  kinds.value = state.kinds;
  if (filter.value.trim() !== state.filter.trim()) filter.value = state.filter;
  for (const [name, input] of inputs)
    if (input.value.trim() !== (state.columns[name] ?? '').trim()) input.value = state.columns[name] ?? '';
  for (const [name, button] of Object.entries(toggles)) button.setAttribute('aria-pressed', String(state[name as keyof typeof toggles]));
  exportToggle.hidden = !focus;
  columnBar.hidden = !state.columnFilters;
  list.node.hidden = state.grouped;
  groups.node.hidden = !state.grouped;
  count.textContent = focus ? rows.summary() : '';
  if (!state.grouped) list.draw();
  drawDetails();
}

const refresher = new Refresher(
  async () => {
    const { focus, state } = link;
    if (!focus) return;
    const mine = rows;
    const selection = selectionOf(state, focus.vcpu);
    const stick = state.follow && news;
    if (!news && !mine.lacks(list.window)) return;
    news = false;
    const answer = await link.request('hyperscope/traceRows', { selection, ...mine.query(list.window, stick) });
    if (mine !== rows) return;
    if (state.grouped) groups.show((await link.request('hyperscope/traceGroups', { selection })).groups);
    const gone = mine.accept(answer);
    trouble.textContent = '';
    if (!stick) list.shift(gone);
    draw();
    if (stick) list.scrollToEnd();
    locate();
    if (mine.searching || (!state.grouped && mine.lacks(list.window))) {
      news ||= mine.searching;
      refresher.request();
    }
  },
  (text) => {
    // A request that a session's end has cut off is no trouble.
    trouble.textContent = link.focus ? text : '';
  },
);

// Who scrolls away from the newest wants to read: the list stays there.
list.node.addEventListener('wheel', ({ deltaY }) => {
  if (deltaY < 0 && link.state.follow) change({ follow: false });
});
link.onFocus = () => {
  if (!link.focus) trouble.textContent = '';
  const { focus, state } = link;
  const subject = focus ? `${focus.session} ${state.onlyVcpu ? focus.vcpu : ''}` : '';
  if (subject !== shownFor) {
    shownFor = subject;
    locations.forget();
    return reset();
  }
  draw();
  news = true;
  refresher.request();
};
link.onChanged = () => {
  news = true;
  refresher.request();
};
/** A span of virtual time, or a moment: from then on. */
link.onShow = ({ at }) =>
  change({ columns: { ...link.state.columns, time: at.includes('..') ? at : `>= ${at}` }, columnFilters: true, follow: false });
draw();
link.ready();
