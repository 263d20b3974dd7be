// Draws the Devices panel: what happens next, then every device with its registers and tables.
import type { DeviceRegisterRow, DevicesAnswer, DeviceTable } from '../../protocol/devices';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { RowTable, type TableRow } from '../kit/client/row-table';
import { Section } from '../kit/client/section';
import { t } from '../kit/texts';
import {
  cellText,
  type DeviceView,
  devicesView,
  durationText,
  eventsView,
  initialState,
  meaningText,
  nextText,
  silentDevices,
  valueText,
} from './model';
import { devicesPanel } from './protocol';

const link = new Link(devicesPanel, initialState);
/** While the guest runs, not more often. */
const RUNNING_MS = 250;
let answer: DevicesAnswer | undefined;
let drawn = '';
let lastRead = 0;

interface Part {
  section: Section;
  registers: RowTable;
  tables: Map<string, RowTable>;
  body: HTMLElement;
}
const parts = new Map<string, Part>();

const filter = element('input', { attributes: { type: 'search', placeholder: t('Filter'), 'aria-label': t('Filter devices') } });
const header = new Header(link, { perVcpu: true, tools: [filter] });
const about = element('p', { class: 'summary', id: 'summary' });
const trouble = element('p', { class: 'trouble', role: 'alert' });
const remember = (name: string) => (open: boolean) =>
  link.remember({
    open: open ? [...link.state.open.filter((each) => each !== name), name] : link.state.open.filter((each) => each !== name),
  });
const isOpen = (name: string): boolean => link.state.open.includes(name);
const events = new RowTable(t('Pending events'), 'events-next', [t('when'), t('from now'), t('timer'), t('device')]);
const eventsSection = new Section('events', [events.node], isOpen('events'), remember('events'));
const list = element('div', { id: 'devices' });
const others = element('p', { class: 'under', id: 'others' });
root().append(header.node, trouble, about, eventsSection.node, list, others);

filter.value = link.state.filter;
filter.addEventListener('input', () => {
  link.remember({ filter: filter.value });
  draw();
});

function partOf({ key }: DeviceView): Part {
  let part = parts.get(key);
  if (!part) {
    const registers = new RowTable(t('Registers'), 'fields', [t('register'), t('value'), t('meaning')]);
    const body = element('div', {}, registers.node);
    part = { section: new Section(key, [body], isOpen(key), remember(key)), registers, tables: new Map(), body };
    parts.set(key, part);
  }
  return part;
}

function registerRow(row: DeviceRegisterRow, clocks: DevicesAnswer): TableRow {
  const value = valueText(row, clocks);
  return {
    key: row.name,
    class: row.changed ? 'changed' : '',
    cells: [row.name, value && element('code', {}, value), meaningText(row)],
  };
}

function drawTable(part: Part, table: DeviceTable, clocks: DevicesAnswer): void {
  let shown = part.tables.get(table.name);
  if (!shown) {
    shown = new RowTable(
      table.name,
      'many',
      table.columns.map(({ name }) => name),
    );
    shown.node.style.setProperty('--columns', String(table.columns.length));
    part.tables.set(table.name, shown);
    part.body.append(shown.node);
  }
  shown.draw(
    table.rows.map(({ cells, changed }, index) => ({
      key: String(index),
      class: changed ? 'changed' : '',
      cells: cells.map((cell, i) => cellText(cell, table.columns[i] ?? { name: '', bits: null, unit: null }, clocks)),
    })),
  );
}

function drawDevice(view: DeviceView, clocks: DevicesAnswer): HTMLElement {
  const part = partOf(view);
  part.section.show(view.title);
  part.registers.draw(view.registers.map((row) => registerRow(row, clocks)));
  for (const table of view.tables) drawTable(part, table, clocks);
  for (const [name, table] of part.tables) if (!view.tables.some((each) => each.name === name)) table.draw([]);
  return part.section.node;
}

function draw(): void {
  header.draw();
  const now = link.focus ? answer : undefined;
  // The same is not drawn again: what one reads or has selected stays.
  const key = JSON.stringify([now, link.state.filter, link.focus?.vcpu]);
  if (key === drawn) return;
  drawn = key;
  about.textContent = now ? t('virtual time {0}', durationText(now.nowNs)) : '';
  const next = now ? eventsView(now) : [];
  eventsSection.show(now && nextText(now));
  events.draw(next.map(({ name, when, away, what }) => ({ key: name, cells: [element('code', {}, when), away, name, what] })));
  const views = now && link.focus ? devicesView(now, link.focus.vcpu, link.state.filter) : [];
  const nodes = now ? views.map((view) => drawDevice(view, now)) : [];
  const same = nodes.length === list.children.length && nodes.every((node, i) => node === list.children[i]);
  if (!same) list.replaceChildren(...nodes);
  const silent = now ? silentDevices(now) : [];
  others.textContent = silent.length > 0 ? t('Without registers to show: {0}', silent.join(', ')) : '';
}

const refresher = new Refresher(
  async () => {
    if (link.focus) answer = await link.request('hyperscope/devices', {});
    lastRead = performance.now();
    trouble.textContent = '';
    draw();
  },
  (text) => {
    // A request that a session's end has cut off is no trouble.
    trouble.textContent = link.focus ? text : '';
    draw();
  },
);

link.onFocus = () => {
  if (!link.focus) trouble.textContent = '';
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
