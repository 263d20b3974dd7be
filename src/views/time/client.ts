// Draws the Time panel: run-state bands over virtual time, a table with steal beside them. Arrows pan, + and - zoom, End follows the newest.

import { formatNs } from '../../base/format-ns';
import type { TimeAnswer } from '../../protocol/requests';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { onThemeChange } from '../kit/client/theme';
import { BandCanvas } from './client-canvas';
import { bandText, initialState, pan, spanOf, type TimePanelState, tableColumns, tableRows, zoom } from './model';
import { timePanel } from './protocol';

const link = new Link(timePanel, initialState);
let answer: TimeAnswer | undefined;

const button = (text: string, title: string, act: () => TimePanelState) =>
  element('button', { title, attributes: /\w/.test(text) ? {} : { 'aria-label': title }, on: { click: () => move(act()) } }, text);
const now = () => answer?.nowNs ?? 0;
const follow = element(
  'button',
  { class: 'toggle', title: 'Follow the newest', on: { click: () => move({ ...link.state, toNs: null }) } },
  'Follow',
);
const tools = [
  button('◂', 'Earlier', () => pan(link.state, now(), -0.5)),
  button('▸', 'Later', () => pan(link.state, now(), 0.5)),
  button('+', 'Show less time', () => zoom(link.state, now(), 0.5, 0.5)),
  button('−', 'Show more time', () => zoom(link.state, now(), 2, 0.5)),
  button('All', 'Show everything', () => ({ spanNs: Math.max(now(), 1e3), toNs: null })),
  follow,
];
const header = new Header(link, { perVcpu: false, tools });
const canvas = element('canvas', {
  tabIndex: 0,
  role: 'img',
  attributes: { 'aria-label': 'Run states; the table below says the same in numbers' },
});
const bands = new BandCanvas(canvas);
const under = element('p', { class: 'under', role: 'status' });
const legend = element(
  'p',
  { class: 'legend' },
  ...(['running', 'runnable', 'blocked', 'offline'] as const).map((state) =>
    element('span', { class: state }, state === 'runnable' ? 'runnable (stolen)' : state),
  ),
);
const trouble = element('p', { class: 'trouble', role: 'alert' });
const body = element('tbody');
const table = element(
  'table',
  { class: 'times', id: 'times', attributes: { 'aria-label': 'Run states' } },
  element(
    'thead',
    {},
    element(
      'tr',
      {},
      ...tableColumns.map((name) => element('th', { class: name === 'vCPU' ? 'head name' : 'head', attributes: { scope: 'col' } }, name)),
    ),
  ),
  body,
);
root().append(header.node, trouble, canvas, legend, under, table);

function draw(): void {
  header.draw();
  const shown = link.focus ? answer : undefined;
  const span = spanOf(link.state, now());
  bands.show(shown, span);
  follow.setAttribute('aria-pressed', String(link.state.toNs === null));
  body.replaceChildren(
    ...(shown ? tableRows(shown, span) : []).map((cells) =>
      element('tr', {}, ...cells.map((cell, i) => element(i === 0 ? 'th' : 'td', i === 0 ? { class: 'name' } : {}, cell))),
    ),
  );
  under.textContent = shown
    ? `${formatNs(span.fromNs)} to ${formatNs(span.toNs)} of ${formatNs(shown.nowNs)} virtual time, ${shown.pcpus} pCPU${shown.pcpus === 1 ? '' : 's'}`
    : '';
}

function move(state: TimePanelState): void {
  link.remember(state);
  draw();
  refresher.request();
}

const refresher = new Refresher(
  async () => {
    if (!link.focus) return draw();
    // The end is not known before the answer: following asks up to what cannot be later.
    const { fromNs, toNs } = spanOf(link.state, now());
    const limit = Math.max(100, Math.min(2000, canvas.clientWidth * 2));
    answer = await link.request(
      'hyperscope/time',
      link.state.toNs === null ? { fromNs, toNs: toNs + link.state.spanNs, limit } : { fromNs, toNs, limit },
    );
    trouble.textContent = '';
    draw();
  },
  (text) => {
    // A request that a session's end has cut off is no trouble.
    trouble.textContent = link.focus ? text : '';
  },
);

canvas.addEventListener('keydown', (event) => {
  const moves: Record<string, () => TimePanelState> = {
    ArrowLeft: () => pan(link.state, now(), -0.1),
    ArrowRight: () => pan(link.state, now(), 0.1),
    '+': () => zoom(link.state, now(), 0.5, 0.5),
    '-': () => zoom(link.state, now(), 2, 0.5),
    End: () => ({ ...link.state, toNs: null }),
  };
  const act = moves[event.key];
  if (!act) return;
  event.preventDefault();
  move(act());
});
canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  move(
    event.shiftKey || event.deltaX !== 0
      ? pan(link.state, now(), Math.sign(event.deltaX || event.deltaY) * 0.1)
      : zoom(link.state, now(), event.deltaY > 0 ? 1.25 : 0.8, bands.partAt(event.clientX)),
  );
});
canvas.addEventListener('pointermove', (event) => {
  const at = bands.bandAt(event.clientX, event.clientY);
  if (at) under.textContent = bandText(at.name, at.band);
});
link.onFocus = () => {
  if (!link.focus) trouble.textContent = '';
  draw();
  refresher.request();
};
link.onChanged = () => refresher.request();
new ResizeObserver(() => bands.draw()).observe(canvas);
onThemeChange(() => bands.draw());
draw();
link.ready();
