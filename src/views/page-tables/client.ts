// Draws the Page tables panel: above the walk of one address, below the map of everything mapped and what is to be known about it.

import type { WalkAnswer } from '../../protocol/requests';
import type { Hex } from '../../protocol/wire';
import { fromHex } from '../../protocol/wire';
import { Completion } from '../kit/client/completion';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { t } from '../kit/texts';
import { MapLists } from './client-lists';
import { AddressSpace, readMap } from './client-map';
import { walkNodes } from './client-walk';
import { filterRanges, initialState, type MapView, mapViews, type Permission, permissions, type Range } from './model';
import { aliasesOf, differences, pageCounts } from './model-map';
import { pageTablesPanel } from './protocol';
import { protectionsOff, unsafeRanges } from './unsafe.rows';

const link = new Link(pageTablesPanel, initialState);
const space = new AddressSpace();
/** Of the tables that are compared with them. */
let other: Range[] | undefined;
let off: string[] = [];

const address = element('input', {
  id: 'address',
  attributes: { 'aria-label': t('Address or expression'), placeholder: t('rip, cr2, main, 0x…') },
});
const header = new Header(link, { perVcpu: true });
const form = element(
  'form',
  { class: 'bar', attributes: { 'aria-label': t('Translate') } },
  element('label', { attributes: { for: 'address' } }, t('Translate')),
  address,
  element('button', {}, t('Walk')),
);
const walk = element('section', { class: 'walk', id: 'walk', attributes: { 'aria-label': t('Walk'), 'aria-live': 'polite' } });
const views = Object.entries(mapViews).map(([view, { text, title }]) => ({
  view: view as MapView,
  text,
  button: element('button', { class: 'toggle', title, on: { click: () => choose(view as MapView) } }, text),
}));
const filter = element('input', {
  class: 'wide',
  attributes: { type: 'search', placeholder: t('Filter by address or symbol'), 'aria-label': t('Filter ranges') },
});
const permission = element(
  'select',
  { attributes: { 'aria-label': t('Permission') } },
  ...permissions.map((name) => element('option', { attributes: { value: name } }, name)),
);
const otherCr3 = element('input', {
  class: 'expression',
  attributes: { 'aria-label': t('CR3 to compare with'), placeholder: t('other CR3: 0x… or an expression'), list: 'roots' },
});
const roots = element('datalist', { id: 'roots' });
const compareBar = element(
  'form',
  { class: 'bar', attributes: { 'aria-label': t('Compare') } },
  element('span', {}, t('Left: this vCPU. Right: CR3')),
  otherCr3,
  roots,
  element('button', {}, t('Compare')),
);
const count = element('span', { class: 'count', id: 'map-summary', role: 'status' });
const hint = element('p', { class: 'under', id: 'map-hint' });
const trouble = element('p', { class: 'trouble', role: 'alert' });
const lists = new MapLists({
  walk: (start) => translate(start),
  openSource: (start) => void openSource(start),
  show: (command, wish) => link.show(command, wish),
});
new Completion(address, 'address-suggestions', (text, column) => link.complete(text, column));
root().append(
  header.node,
  form,
  trouble,
  walk,
  element(
    'div',
    { class: 'bar', role: 'group', attributes: { 'aria-label': t('Map') } },
    ...views.map(({ button }) => button),
    filter,
    permission,
    count,
  ),
  compareBar,
  hint,
  ...lists.nodes,
);

address.value = link.state.address;
filter.value = link.state.filter;
permission.value = link.state.permission;
otherCr3.value = link.state.otherCr3;
form.addEventListener('submit', (event) => {
  event.preventDefault();
  translate(address.value.trim() || 'rip');
});
compareBar.addEventListener('submit', (event) => {
  event.preventDefault();
  link.remember({ otherCr3: otherCr3.value.trim() });
  mapReader.request();
});
filter.addEventListener('input', () => {
  link.remember({ filter: filter.value });
  drawMap();
});
permission.addEventListener('change', () => {
  link.remember({ permission: permission.value as Permission });
  drawMap();
});

function choose(view: MapView): void {
  link.remember({ view });
  lists.unselect();
  drawMap();
  mapReader.request();
}

function translate(text: string): void {
  address.value = text;
  link.remember({ address: text });
  walkReader.request();
}

async function openSource(start: Hex): Promise<void> {
  const place = await link.request('hyperscope/locate', { address: start }).catch(() => undefined);
  if (place?.path && place.line) link.open(place.path, place.line);
  else trouble.textContent = t('No source line is known for {0}.', start);
}

function drawMap(): void {
  const { view } = link.state;
  const ranges = link.focus ? space.ranges : [];
  const shown = filterRanges(ranges, link.state);
  const text = link.state.filter.trim().toLowerCase();
  const fits = (...texts: string[]) => texts.join(' ').toLowerCase().includes(text);
  const aliases = aliasesOf(ranges);
  const unsafe = unsafeRanges(ranges, aliases);
  const changes = space.before ? differences(space.before, ranges) : [];
  const compared = view === 'compare' && other ? differences(ranges, other) : [];
  const counts: Record<MapView, number | undefined> = {
    map: ranges.length,
    unsafe: unsafe.length + off.length,
    aliases: aliases.length,
    changes: space.before && changes.length,
    compare: undefined,
  };
  for (const { view: each, text: name, button } of views) {
    button.textContent = counts[each] === undefined ? name : `${name} (${counts[each]}${space.more ? '+' : ''})`;
    button.setAttribute('aria-pressed', String(each === view));
  }
  compareBar.hidden = view !== 'compare';
  permission.hidden = view !== 'map';
  const different = (view === 'compare' ? compared : changes).filter(({ start, end, left, right }) => fits(start, end, left, right));
  lists.show({
    ...(view === 'map' ? { map: shown } : {}),
    ...(view === 'unsafe' ? { unsafe: unsafe.filter(({ range, why }) => fits(range.start, range.end, range.symbol, why)) } : {}),
    ...(view === 'aliases'
      ? { aliases: aliases.filter(({ gpa, at }) => fits(gpa, ...at.flatMap(({ start, symbol }) => [start, symbol]))) }
      : {}),
    ...(view === 'changes' || view === 'compare' ? { differences: different } : {}),
  });
  count.textContent = t(
    '{0} of {1}{2} ranges{3}',
    shown.length,
    ranges.length,
    space.more ? '+' : '',
    ranges.length ? `: ${pageCounts(ranges)}` : '',
  );
  hint.textContent = link.focus ? hintText(view, different.length) : '';
}

function hintText(view: MapView, rows: number): string {
  if (view === 'unsafe') return off.join('. ');
  if (view === 'changes' && !space.before)
    return t('Step or continue: what changes in the tables from one stop to the next is listed here.');
  if (view === 'changes' && rows === 0) return t('Nothing has changed since the stop before.');
  if (view === 'compare' && !other) return t('Give the CR3 of another address space, for example of another process or vCPU.');
  if (view === 'compare' && rows === 0) return t('Both address spaces map the same.');
  return '';
}

const failed = (text: string) => {
  // A request that a session's end has cut off is no trouble.
  trouble.textContent = link.focus ? text : '';
};
const walkReader = new Refresher(async () => {
  const { focus } = link;
  if (!focus) return walk.replaceChildren();
  const answer: WalkAnswer = await link.request('hyperscope/walk', { vcpu: focus.vcpu, address: link.state.address });
  trouble.textContent = '';
  walk.replaceChildren(...walkNodes(answer));
}, failed);
const mapReader = new Refresher(async () => {
  const { focus, state } = link;
  if (focus) {
    space.accept(await readMap(link, focus.vcpu), focus);
    const { groups } = await link.request('hyperscope/registers', { vcpu: focus.vcpu });
    const values = new Map(groups.flatMap(({ registers }) => registers.map(({ name, value }) => [name, fromHex(value)])));
    off = protectionsOff((name) => values.get(name));
    other = state.view === 'compare' && state.otherCr3 ? (await readMap(link, focus.vcpu, state.otherCr3)).ranges : undefined;
    if (state.view === 'compare') await suggestRoots(focus.vcpus);
  }
  drawMap();
}, failed);

async function suggestRoots(vcpus: number): Promise<void> {
  const found = await Promise.all(
    Array.from({ length: vcpus }, (_, vcpu) => link.request('hyperscope/mappedRanges', { vcpu, start: '0x0', limit: 0 })),
  );
  roots.replaceChildren(...found.map(({ cr3 }, vcpu) => element('option', { attributes: { value: cr3 } }, t('vCPU {0}', vcpu))));
}

link.onFocus = () => {
  if (!link.focus) {
    trouble.textContent = '';
    lists.unselect();
  }
  header.draw();
  walkReader.request();
  mapReader.request();
};
link.onShow = ({ at }) => translate(at);
// While the guest runs only the walk is kept up; the whole map is read at the next stop.
link.onChanged = () => {
  walkReader.request();
  if (!link.focus?.running) mapReader.request();
};
header.draw();
drawMap();
link.ready();
