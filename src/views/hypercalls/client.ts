// Draws the Hypercalls and exits panel: a live list of which only the visible rows are in the page, with a filter and the calling source line.
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { VirtualList } from '../kit/client/virtual-list';
import { Locations } from './client-locations';
import { cellsOf, columns, initialState, type KindChoice, kindChoices, selectionOf, TraceList } from './model';
import { hypercallsPanel } from './protocol';

const link = new Link(hypercallsPanel, initialState);
let trace = new TraceList({}, true);
let shownFor = '';

const kinds = element(
  'select',
  { attributes: { 'aria-label': 'Events' } },
  ...Object.keys(kindChoices).map((name) => element('option', { attributes: { value: name } }, name)),
);
const filter = element('input', { attributes: { type: 'search', placeholder: 'Filter name or arguments', 'aria-label': 'Filter events' } });
const onlyVcpu = element('button', { class: 'toggle', title: 'Only events of this vCPU' }, 'This vCPU');
const follow = element('button', { class: 'toggle', title: 'Follow the newest events; off: read from the oldest' }, 'Follow');
const header = new Header(link, { perVcpu: true });
const count = element('span', { class: 'count', id: 'trace-summary', role: 'status' });
const trouble = element('p', { class: 'trouble', role: 'alert' });

const list = new VirtualList(
  {
    get count() {
      return trace.count;
    },
    cells: (index) => {
      const row = trace.row(index);
      return row && cellsOf(row, row === 'gap' ? '' : locations.text(row.rip));
    },
    activate: (index) => {
      const row = trace.row(index);
      if (row && row !== 'gap') void jump(row.rip);
    },
    seen: () => {
      locate();
      if (!trace.follow) refresher.request();
    },
  },
  22,
  'Hypercalls and exits',
  'events',
  columns,
);
const locations = new Locations(
  (address) => link.request('hyperscope/locate', { address }),
  () => list.draw(),
);
root().append(
  header.node,
  element('div', { class: 'bar' }, kinds, filter, onlyVcpu, follow, element('span', { class: 'gap' }), count),
  trouble,
  list.node,
);

async function jump(rip: string): Promise<void> {
  const place = await locations.find(rip);
  if (place?.path && place.line) link.open(place.path, place.line);
  else trouble.textContent = `No source line is known for ${rip}: compile with -g, or add the file to "symbolFiles".`;
}

function locate(): void {
  const { from, to } = list.window;
  const rows = Array.from({ length: to - from }, (_, i) => trace.row(from + i));
  locations.want(rows.flatMap((row) => (row && row !== 'gap' ? [row.rip] : [])));
}

function reset(): void {
  trace = new TraceList(selectionOf(link.state, link.focus?.vcpu ?? 0), link.state.follow);
  list.node.scrollTop = 0;
  draw();
  refresher.request();
}

function draw(): void {
  const { state, focus } = link;
  header.draw();
  kinds.value = state.kinds;
  if (filter.value.trim() !== state.filter.trim()) filter.value = state.filter;
  onlyVcpu.setAttribute('aria-pressed', String(state.onlyVcpu));
  follow.setAttribute('aria-pressed', String(state.follow));
  count.textContent = focus ? trace.summary() : '';
  list.draw();
}

const refresher = new Refresher(
  async () => {
    const mine = trace;
    const query = link.focus ? mine.nextQuery(list.window.to) : undefined;
    if (!query) return;
    const stick = mine.follow && list.atEnd;
    const answer = await link.request('hyperscope/trace', query);
    if (mine !== trace) return;
    mine.accept(query, answer);
    trouble.textContent = '';
    draw();
    if (stick) list.scrollToEnd();
    locate();
    if (mine.wantsMore(list.window.to)) refresher.request();
  },
  (text) => {
    // A request that a session's end has cut off is no trouble.
    trouble.textContent = link.focus ? text : '';
  },
);

kinds.addEventListener('change', () => {
  link.remember({ kinds: kinds.value as KindChoice });
  reset();
});
filter.addEventListener('input', () => {
  link.remember({ filter: filter.value });
  reset();
});
onlyVcpu.addEventListener('click', () => {
  link.remember({ onlyVcpu: !link.state.onlyVcpu });
  reset();
});
follow.addEventListener('click', () => {
  link.remember({ follow: !link.state.follow });
  reset();
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
  refresher.request();
};
link.onChanged = () => refresher.request();
draw();
link.ready();
