// Draws the Page tables panel: above the walk of one address, below the map of everything mapped.
import type { MappedRangesAnswer, WalkAnswer } from '../../protocol/requests';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { VirtualList } from '../kit/client/virtual-list';
import { walkNodes } from './client-walk';
import {
  addressText,
  filterRanges,
  initialState,
  type Permission,
  permissionLetters,
  permissions,
  type Range,
  rangeSize,
  sizeText,
} from './model';
import { pageTablesPanel } from './protocol';

/** Ranges read at a time, and at most in all. */
const pageOfRanges = 256;
const mostRanges = 8192;

const link = new Link(pageTablesPanel, initialState);
let ranges: Range[] = [];
let shown: Range[] = [];
let more = false;

const address = element('input', {
  id: 'address',
  attributes: { 'aria-label': 'Address or expression', placeholder: 'address, register or symbol: rip, cr2, main, 0x…' },
});
const header = new Header(link, { perVcpu: true });
const form = element(
  'form',
  { class: 'bar', attributes: { 'aria-label': 'Translate' } },
  element('label', { attributes: { for: 'address' } }, 'Translate'),
  address,
  element('button', {}, 'Walk'),
);
const walk = element('section', { class: 'walk', id: 'walk', attributes: { 'aria-label': 'Walk', 'aria-live': 'polite' } });
const filter = element('input', {
  attributes: { type: 'search', placeholder: 'Filter by address or symbol', 'aria-label': 'Filter ranges' },
});
const permission = element(
  'select',
  { attributes: { 'aria-label': 'Permission' } },
  ...permissions.map((name) => element('option', { attributes: { value: name } }, name)),
);
const count = element('span', { class: 'count', role: 'status' });
const trouble = element('p', { class: 'trouble', role: 'alert' });
const list = new VirtualList(
  {
    get count() {
      return shown.length;
    },
    cells: (index) => {
      const range = shown[index];
      return (
        range && [
          addressText(range.start),
          addressText(range.end),
          rangeSize(range),
          permissionLetters(range.flags),
          addressText(range.gpa),
          sizeText(range.pageSize),
          range.symbol,
        ]
      );
    },
    activate: (index) => {
      const range = shown[index];
      if (range) translate(range.start);
    },
  },
  22,
  'Mapped ranges',
  'ranges',
  ['start', 'end', 'size', 'permission', 'physical', 'pages of', 'symbol'],
);
root().append(
  header.node,
  form,
  trouble,
  walk,
  element('div', { class: 'bar' }, element('span', { class: 'title' }, 'Map'), filter, permission, count),
  list.node,
);

address.value = link.state.address;
filter.value = link.state.filter;
permission.value = link.state.permission;
form.addEventListener('submit', (event) => {
  event.preventDefault();
  translate(address.value.trim() || 'rip');
});
filter.addEventListener('input', () => {
  link.remember({ filter: filter.value });
  drawMap();
});
permission.addEventListener('change', () => {
  link.remember({ permission: permission.value as Permission });
  drawMap();
});

function translate(text: string): void {
  address.value = text;
  link.remember({ address: text });
  walkReader.request();
}

function drawMap(): void {
  shown = link.focus ? filterRanges(ranges, link.state) : [];
  count.textContent = `${shown.length} of ${ranges.length}${more ? '+' : ''} ranges`;
  list.draw();
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
  const { focus } = link;
  const read: Range[] = [];
  let next: MappedRangesAnswer['next'] = focus ? '0x0' : null;
  while (focus && next !== null && read.length < mostRanges) {
    const answer: MappedRangesAnswer = await link.request('hyperscope/mappedRanges', {
      vcpu: focus.vcpu,
      start: next,
      limit: pageOfRanges,
    });
    read.push(...answer.ranges);
    next = answer.next;
  }
  ranges = read;
  more = next !== null;
  drawMap();
}, failed);

link.onFocus = () => {
  if (!link.focus) trouble.textContent = '';
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
