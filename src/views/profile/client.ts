// Draws the Profile panel: recording, which samples are looked at, the flame graph, and the lists under it.

import { formatNs } from '../../base/format-ns';
import type { ProfileAnswer, ProfileFormatName, ProfileTreeAnswer } from '../../protocol/profile';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { t } from '../kit/texts';
import { FlameGraph } from './client-flame';
import { ProfileLists } from './client-lists';
import {
  type BoxPath,
  boxAt,
  boxText,
  type Choice,
  chooseCpu,
  chooseSpace,
  cpuChoices,
  cpuValue,
  distances,
  initialState,
  joined,
  kindText,
  matched,
  type ProfilePanelState,
  percent,
  rangeOf,
  selectionOf,
  spaceChoices,
  spaceValue,
  statusText,
} from './model';
import { neighbour } from './model-layout';
import { pathsTo } from './model-rows';
import { profilePanel } from './protocol';

const link = new Link(profilePanel, initialState);
/** While samples come in, not more often. */
const RUNNING_MS = 400;
let status: ProfileAnswer | undefined;
let answer: ProfileTreeAnswer | undefined;
let lastRead = 0;
let waiting: ReturnType<typeof setTimeout> | undefined;

const option = (value: string, text: string) => element('option', { attributes: { value } }, text);
const record = element(
  'button',
  {
    class: 'toggle',
    id: 'record',
    title: t('Takes samples while the guest runs; the profile before is forgotten'),
    on: { click: () => toggle() },
  },
  t('Record'),
);
const every = element(
  'select',
  { attributes: { 'aria-label': t('Distance of samples') } },
  ...distances.map((each) =>
    option(each, /^\d+$/.test(each) ? t('{0} instructions', Number(each).toLocaleString('en')) : t('every {0}', each)),
  ),
);
const search = element('input', { attributes: { type: 'search', placeholder: t('Find'), 'aria-label': t('Find functions') } });
const header = new Header(link, { perVcpu: false, tools: [record, every, search] });

const cpu = element('select', { attributes: { 'aria-label': t('vCPU of the samples') } });
const space = element('select', { attributes: { 'aria-label': t('Address space of the samples') } });
const range = element('button', { title: t('Looks at the whole run again'), on: { click: () => change({ range: null }) } });
const events = element(
  'button',
  {
    title: t('Shows this stretch in the Time panel'),
    on: { click: () => showTime() },
  },
  t('Time'),
);
const formats: readonly [ProfileFormatName, string, string][] = [
  ['speedscope', 'speedscope', 'profile-speedscope.json'],
  ['cpuprofile', '.cpuprofile', 'profile.cpuprofile'],
  ['chrome', t('Chrome trace'), 'profile-chrome.json'],
  ['collapsed', t('collapsed stacks'), 'profile.txt'],
];
const format = element(
  'select',
  { attributes: { 'aria-label': t('File format') } },
  ...formats.map(([value, text]) => option(value, text)),
);
const save = element(
  'button',
  { title: t('Writes the samples that are looked at into a file'), on: { click: () => void write() } },
  t('Export'),
);
const bar = element(
  'div',
  { class: 'bar', role: 'toolbar', attributes: { 'aria-label': t('Samples') } },
  cpu,
  space,
  range,
  events,
  format,
  save,
);

const about = element('p', { class: 'summary', id: 'profile-status', role: 'status' });
const quality = element('p', { class: 'under', id: 'profile-quality' });
const trouble = element('p', { class: 'trouble', role: 'alert' });
const flame = new FlameGraph();
const chosen = element('span', { id: 'profile-box', role: 'status' });
const zoomOut = element(
  'button',
  { title: t('Shows everything again (Escape)'), on: { click: () => change({ zoom: [] }) } },
  t('Zoom out'),
);
const source = element(
  'button',
  { title: t('Opens the source of the selected function'), on: { click: () => openSelected() } },
  t('Source'),
);
const boxBar = element(
  'div',
  { class: 'bar', role: 'group', attributes: { 'aria-label': t('Selected function') } },
  chosen,
  source,
  zoomOut,
);
const listChoice = element(
  'select',
  { attributes: { 'aria-label': t('List') } },
  option('functions', t('Functions, the most expensive first')),
  option('tree', t('Calls from the top down')),
);
const listBar = element('div', { class: 'bar' }, listChoice);
const legend = element(
  'p',
  { class: 'legend profile-legend' },
  ...(['kernel', 'user', 'hypervisor', 'unknown'] as const).map((kind) => element('span', { class: kind }, kindText(kind))),
);
const lists = new ProfileLists({
  open: (path, line) => link.open(path, line),
  select: (path) => select(path),
  toggle: (path) => {
    const key = joined(path);
    const { open } = link.state;
    change({ open: open.includes(key) ? open.filter((each) => each !== key) : [...open, key] });
  },
});
root().append(header.node, trouble, about, bar, flame.node, legend, boxBar, quality, listBar, lists.node);

function draw(): void {
  header.draw();
  const { state } = link;
  const shown = link.focus ? answer : undefined;
  const now = link.focus ? status : undefined;
  record.setAttribute('aria-pressed', String(now?.on === true));
  record.textContent = now?.on ? t('Recording') : t('Record');
  record.disabled = !link.focus;
  every.value = state.every;
  every.disabled = now?.on === true;
  if (search.value !== state.search) search.value = state.search;
  about.textContent = link.focus ? statusText(now) : '';
  const any = (now?.points ?? 0) > 0;
  for (const part of [bar, boxBar, listBar, legend, lists.node]) part.hidden = !any;
  fill(cpu, cpuChoices(now), cpuValue(state));
  const spaces = spaceChoices(now, state);
  fill(space, spaces, spaceValue(state));
  space.hidden = spaces.length < 3 && state.space === '';
  range.hidden = !state.range;
  range.textContent = state.range ? `${t('{0} to {1}', formatNs(state.range.fromNs), formatNs(state.range.toNs))} ✕` : '';
  flame.show(shown?.root, state);
  drawChosen(shown);
  quality.textContent = shown ? qualityText(shown) : '';
  listChoice.value = state.list;
  lists.show(shown, state);
}

function fill(list: HTMLSelectElement, options: readonly Choice[], value: string): void {
  list.replaceChildren(...options.map(([key, text]) => option(key, text)));
  list.value = value;
  if (list.selectedIndex < 0) list.selectedIndex = 0;
}

function drawChosen(shown: ProfileTreeAnswer | undefined): void {
  const { state } = link;
  if (!shown) return;
  const { box } = boxAt(shown.root, state.selected);
  const share = percent(matched(shown.root, state.search), shown.root.total);
  const found = state.search === '' ? '' : `; ${t('"{0}" is in {1}', state.search, share)}`;
  chosen.textContent = `${boxText(box, shown.root.total)}${found}`;
  source.hidden = box.path === null;
  zoomOut.hidden = state.zoom.length === 0;
}

function qualityText({ broken, kinds, root: { total } }: ProfileTreeAnswer): string {
  if (total === 0) return '';
  const shares = kinds.map(({ kind, points }) => `${kindText(kind)} ${percent(points, total)}`).join(', ');
  const lost = broken.reduce((sum, { points }) => sum + points, 0);
  const reasons = broken.map(({ reason, points }) => `${reason} (${points})`);
  const ends =
    lost > 0
      ? t('{0} stacks could not be followed to their end: {1}.', lost.toLocaleString('en'), reasons.slice(0, 3).join('; '))
      : t('Every stack was followed to its end.');
  return `${t('On top: {0}.', shares)} ${ends}`;
}

function change(state: Partial<ProfilePanelState>): void {
  const again = ['vm', 'vcpu', 'space', 'range'].some((key) => key in state);
  link.remember(state);
  draw();
  if (again) refresher.request();
}

function select(path: BoxPath): void {
  change({ selected: path, open: [...new Set([...link.state.open, ...pathsTo(path.slice(0, -1))])] });
  flame.reveal();
}

function openSelected(): void {
  if (!answer) return;
  const { box } = boxAt(answer.root, link.state.selected);
  if (box.path !== null && box.line !== null) link.open(box.path, box.line);
}

function showTime(): void {
  const { fromNs, toNs } = link.state.range ?? status ?? { fromNs: 0, toNs: 1 };
  link.show('hyperscope.showTime', { at: `${Math.floor(fromNs)}ns..${Math.ceil(toNs)}ns` });
}

const failed = (text: string) => {
  // A request that a session's end has cut off is no trouble.
  trouble.textContent = link.focus ? text : '';
};

async function toggle(): Promise<void> {
  try {
    trouble.textContent = '';
    status = await link.request('hyperscope/profile', status?.on ? { action: 'stop' } : { action: 'start', every: link.state.every });
    refresher.request();
  } catch (error) {
    failed((error as Error).message);
  }
}

async function write(): Promise<void> {
  const [name, , suggestion] = formats[format.selectedIndex] ?? formats[0]!;
  try {
    trouble.textContent = '';
    const written = await link.save('hyperscope/profileExport', { selection: selectionOf(link.state), format: name }, suggestion);
    if (written) about.textContent = t('{0} samples written.', written.points.toLocaleString('en'));
  } catch (error) {
    failed((error as Error).message);
  }
}

const refresher = new Refresher(async () => {
  if (!link.focus) return draw();
  lastRead = Date.now();
  status = await link.request('hyperscope/profile', { action: 'status' });
  const leastShare = 0.4 / Math.max(200, flame.node.clientWidth || innerWidth);
  answer = status.points > 0 ? await link.request('hyperscope/profileTree', { selection: selectionOf(link.state), leastShare }) : undefined;
  draw();
}, failed);

every.addEventListener('change', () => change({ every: every.value }));
search.addEventListener('input', () => change({ search: search.value }));
cpu.addEventListener('change', () => change(chooseCpu(link.state, cpu.value, status)));
space.addEventListener('change', () => change(chooseSpace(link.state, space.value)));
listChoice.addEventListener('change', () => change({ list: listChoice.value as ProfilePanelState['list'] }));
flame.canvas.addEventListener('click', (event) => {
  const hit = flame.at(event);
  if (hit) select(hit.path);
});
flame.canvas.addEventListener('dblclick', (event) => {
  const hit = flame.at(event);
  if (hit) change({ zoom: hit.path, selected: hit.path });
});
flame.canvas.addEventListener('mousemove', (event) => {
  const hit = flame.at(event);
  flame.canvas.title = hit && answer ? boxText(hit.box, answer.root.total) : '';
});
flame.canvas.addEventListener('keydown', (event) => {
  if (!answer) return;
  if (event.key === 'Enter') change({ zoom: boxAt(answer.root, link.state.selected).path });
  else if (event.key === 'Escape') change({ zoom: [] });
  else if (event.key.startsWith('Arrow')) {
    const to = neighbour(answer.root, link.state.selected, event.key);
    if (to) select(to);
  } else return;
  event.preventDefault();
});

link.onFocus = () => {
  if (!link.focus) {
    status = undefined;
    answer = undefined;
    trouble.textContent = '';
    return draw();
  }
  refresher.request();
};
link.onChanged = () => {
  if (waiting !== undefined) return;
  const left = link.focus?.running ? RUNNING_MS - (Date.now() - lastRead) : 0;
  waiting = setTimeout(
    () => {
      waiting = undefined;
      refresher.request();
    },
    Math.max(0, left),
  );
};
link.onShow = (wish) => {
  const wanted = rangeOf(wish.at);
  if (wanted) change({ range: wanted });
};
draw();
link.ready();
