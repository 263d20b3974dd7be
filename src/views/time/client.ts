// Draws the Time panel: run-state bands and steal over virtual time, tables beside them. Arrows pan, + and - zoom, End follows the newest, Shift+arrows select.

import { formatNs } from '../../base/format-ns';
import type { TimeAnswer } from '../../protocol/requests';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { onThemeChange } from '../kit/client/theme';
import { t } from '../kit/texts';
import { BandCanvas } from './client-canvas';
import { DriftGraph } from './client-drift';
import { ClockTable, StateTable, StealTable } from './client-tables';
import {
  around,
  bandText,
  extend,
  initialState,
  pan,
  parseTime,
  type Span,
  selectionText,
  spanBetween,
  spanOf,
  type TimePanelState,
  zoom,
  zoomTo,
} from './model';
import { timePanel } from './protocol';

const link = new Link(timePanel, initialState);
let answer: TimeAnswer | undefined;
/** Of the selection, as fine as can be had: what is drawn may be merged. */
let selected: TimeAnswer | undefined;
/** Where the pointer went down. */
let dragFromNs: number | undefined;

const now = () => answer?.nowNs ?? 0;
const button = (text: string, title: string, act: () => Partial<TimePanelState>) =>
  element('button', { title, attributes: /\w/.test(text) ? {} : { 'aria-label': title }, on: { click: () => change(act()) } }, text);
const follow = element(
  'button',
  { class: 'toggle', title: t('Follow the newest'), on: { click: () => change({ toNs: null }) } },
  t('Follow'),
);
const moment = element('input', { attributes: { 'aria-label': t('Go to time'), placeholder: t('1.5 ms') } });
const form = element('form', { class: 'go', attributes: { 'aria-label': t('Go to time') } }, moment, element('button', {}, t('Go')));
const tools = [
  button('◂', t('Earlier'), () => pan(link.state, now(), -0.5)),
  button('▸', t('Later'), () => pan(link.state, now(), 0.5)),
  button('+', t('Show less time'), () => zoom(link.state, now(), 0.5, 0.5)),
  button('−', t('Show more time'), () => zoom(link.state, now(), 2, 0.5)),
  button(t('All'), t('Show everything'), () => ({ spanNs: Math.max(now(), 1e3), toNs: null })),
  follow,
  form,
];
const header = new Header(link, { perVcpu: false, tools });
const canvas = element('canvas', {
  id: 'bands',
  tabIndex: 0,
  role: 'img',
  attributes: { 'aria-label': t('Run states and steal; the tables below say the same in numbers') },
});
const bands = new BandCanvas(canvas);
const under = element('p', { class: 'under', role: 'status' });
const legend = element(
  'p',
  { class: 'legend' },
  ...(['running', 'runnable', 'blocked', 'offline'] as const).map((state) =>
    element('span', { class: state }, state === 'runnable' ? t('runnable (stolen)') : state),
  ),
);
const selectionLine = element('span', { id: 'selection' });
const selectionBar = element(
  'div',
  { class: 'bar', role: 'group', attributes: { 'aria-label': t('Selection') } },
  selectionLine,
  button(t('Zoom to it'), t('Shows the selection alone (Enter)'), () => (link.state.selection ? zoomTo(link.state.selection, now()) : {})),
  element('button', { title: t('Lists its hypercalls and exits'), on: { click: () => showIn('hyperscope.showHypercalls') } }, t('Events')),
  element('button', { title: t('Looks at its samples'), on: { click: () => showIn('hyperscope.showProfile') } }, t('Profile')),
  element(
    'button',
    { title: t('Takes the guest to the beginning of the selection, back or forward in the run'), on: { click: () => goThere() } },
    t('Go there'),
  ),
  button(t('Clear'), t('Selects nothing (Escape)'), () => ({ selection: null })),
);
const trouble = element('p', { class: 'trouble', role: 'alert' });
const states = new StateTable();
const steal = new StealTable();
const drift = new DriftGraph();
const clocks = new ClockTable();
root().append(header.node, trouble, canvas, legend, under, selectionBar, states.node, drift.node, clocks.node, steal.node);

function draw(): void {
  header.draw();
  const { selection } = link.state;
  const shown = link.focus ? answer : undefined;
  const span = spanOf(link.state, now());
  bands.show(shown, span, selection);
  follow.setAttribute('aria-pressed', String(link.state.toNs === null));
  selectionBar.hidden = !selection || !shown;
  selectionLine.textContent = selection ? selectionText(selection) : '';
  states.show(shown, (selection ? selected : shown)?.bands ?? [], selection ?? span);
  drift.show(shown, span);
  clocks.show(shown);
  steal.show(shown, selection ?? span, (selection ? selected : shown)?.bands ?? []);
  under.textContent = shown
    ? t(
        '{0} to {1} of {2} virtual time, {3} pCPU{4}',
        formatNs(span.fromNs),
        formatNs(span.toNs),
        formatNs(shown.nowNs),
        shown.pcpus,
        shown.pcpus === 1 ? '' : 's',
      )
    : '';
}

function change(state: Partial<TimePanelState>): void {
  link.remember(state);
  draw();
  refresher.request();
}

function showIn(command: 'hyperscope.showHypercalls' | 'hyperscope.showProfile'): void {
  const { selection } = link.state;
  if (selection) link.show(command, { at: `${Math.floor(selection.fromNs)}..${Math.ceil(selection.toNs)}` });
}

function goThere(): void {
  const { selection } = link.state;
  if (!selection) return;
  link.request('hyperscope/goTo', { virtualNs: Math.floor(selection.fromNs) }).catch((error: Error) => {
    trouble.textContent = error.message;
  });
}

const refresher = new Refresher(
  async () => {
    if (!link.focus) return draw();
    const { toNs: end, spanNs, selection } = link.state;
    // The end is not known before the answer: following asks up to what cannot be later.
    const limit = Math.max(100, Math.min(2000, canvas.clientWidth * 2));
    const read = async (): Promise<boolean> => {
      const { fromNs, toNs } = spanOf(link.state, now());
      const asked = end === null ? toNs + spanNs : toNs;
      answer = await link.request('hyperscope/time', { fromNs, toNs: asked, limit });
      return answer.nowNs <= asked || end !== null;
    };
    // Of a guest that has come further than was asked for, as at first, nothing of the newest is there.
    if (!(await read())) await read();
    selected = selection ? await link.request('hyperscope/time', { ...selection, limit: 5000 }) : undefined;
    trouble.textContent = '';
    draw();
  },
  (text) => {
    // A request that a session's end has cut off is no trouble.
    trouble.textContent = link.focus ? text : '';
  },
);

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const ns = parseTime(moment.value);
  if (ns === undefined) trouble.textContent = t('"{0}" is no time: write "1.5 ms", "250 us" or "2 s".', moment.value);
  else change(around(Math.min(ns, now()), link.state, now()));
});
canvas.addEventListener('keydown', (event) => {
  const span = spanOf(link.state, now());
  const { selection } = link.state;
  const part = (by: number): Partial<TimePanelState> =>
    event.shiftKey ? { selection: extend(selection, span, by, now()) } : pan(link.state, now(), by);
  const moves: Record<string, () => Partial<TimePanelState>> = {
    ArrowLeft: () => part(event.shiftKey ? -0.02 : -0.1),
    ArrowRight: () => part(event.shiftKey ? 0.02 : 0.1),
    '+': () => zoom(link.state, now(), 0.5, 0.5),
    '-': () => zoom(link.state, now(), 2, 0.5),
    End: () => ({ toNs: null }),
    Enter: () => (selection ? zoomTo(selection, now()) : {}),
    Escape: () => ({ selection: null }),
  };
  const act = moves[event.key];
  if (!act) return;
  event.preventDefault();
  change(act());
});
canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  change(
    event.shiftKey || event.deltaX !== 0
      ? pan(link.state, now(), Math.sign(event.deltaX || event.deltaY) * 0.1)
      : zoom(link.state, now(), event.deltaY > 0 ? 1.25 : 0.8, bands.partAt(event.clientX)),
  );
});
canvas.addEventListener('pointerdown', (event) => {
  if (event.button !== 0) return;
  dragFromNs = bands.nsAt(event.clientX);
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener('pointermove', (event) => {
  if (dragFromNs !== undefined) {
    link.remember({ selection: spanBetween(dragFromNs, bands.nsAt(event.clientX), now()) });
    draw();
  }
  const at = bands.bandAt(event.clientX, event.clientY);
  if (at) under.textContent = bandText(at.name, at.band);
});
canvas.addEventListener('pointerup', (event) => {
  if (dragFromNs === undefined) return;
  const span: Span = spanBetween(dragFromNs, bands.nsAt(event.clientX), now());
  const shown = spanOf(link.state, now());
  dragFromNs = undefined;
  // A click is no selection.
  change({ selection: span.toNs - span.fromNs < (shown.toNs - shown.fromNs) / 200 ? null : span });
});
link.onFocus = () => {
  if (!link.focus) trouble.textContent = '';
  draw();
  refresher.request();
};
/** A moment ("1500ns"), or a span of time ("1000ns..2000ns"). */
link.onShow = ({ at }) => {
  const [from, to] = at.split('..').map(parseTime);
  if (from === undefined) return;
  if (to === undefined)
    change({ ...around(from, link.state, Math.max(now(), from)), selection: { fromNs: from, toNs: from + link.state.spanNs / 100 } });
  else change({ ...zoomTo({ fromNs: from, toNs: to }, Math.max(now(), to)), selection: { fromNs: from, toNs: to } });
};
link.onChanged = () => refresher.request();
const drawCanvases = (): void => {
  bands.draw();
  drift.draw();
};
new ResizeObserver(drawCanvases).observe(canvas);
onThemeChange(drawCanvases);
draw();
link.ready();
