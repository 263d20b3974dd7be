// Draws the Memory panel: which memory and where, the bytes, and what can be done with the selected ones.

import type { PanelBreakpoint } from '../../protocol/memory';
import { fromHex, toHex } from '../../protocol/wire';
import { BreakList } from '../kit/client/break-list';
import { Completion } from '../kit/client/completion';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { t } from '../kit/texts';
import { address, columns, cr3, drawFields, follow, form, size, space } from './client-fields';
import { HexGrid } from './client-grid';
import {
  initialState,
  type MemoryPanelState,
  numbersAt,
  placeOf,
  type RowSize,
  type SpaceChoice,
  stateOfWish,
  type WordSize,
} from './model';
import { MemoryStore } from './model-store';
import { memoryPanel } from './protocol';

const link = new Link(memoryPanel, initialState);
const store = new MemoryStore();
/** The address is known: what follows nothing stays where it is, also after a reload. */
let placed = !link.state.follow && link.state.address !== initialState.address;
let turn = -1;

const action = (text: string, title: string, work: () => void) => element('button', { title, on: { click: work } }, text);
const trouble = element('p', { class: 'trouble', role: 'alert' });
const about = element('p', { class: 'about', id: 'about', role: 'status' });
const header = new Header(link, { perVcpu: true });
const failed = (text: string) => {
  // A request that a session's end has cut off is no trouble.
  trouble.textContent = link.focus ? text : '';
};
const attempt = (work: Promise<unknown>): void => void work.catch((error: Error) => failed(error.message));
const breaks = new BreakList((args) => link.request('hyperscope/panelBreakpoints', args), failed);

const grid = new HexGrid({
  get space() {
    return link.state.space;
  },
  get size() {
    return link.state.size;
  },
  get columns() {
    return link.state.columns;
  },
  get canEdit() {
    return link.focus !== null && !link.focus.running;
  },
  byte: (at) => store.byte(at),
  before: (at) => store.before(at),
  seen: () => reader.request(),
  selected: (from, to) => {
    link.remember({ from: toHex(from), to: toHex(to) });
    describe();
  },
  write: (at, bytes) => attempt(write(at, bytes)),
  trouble: failed,
});
new Completion(address, 'address-suggestions', (text, column) => link.complete(text, column));
new Completion(cr3, 'cr3-suggestions', (text, column) => link.complete(text, column));
root().append(
  header.node,
  form,
  element(
    'div',
    { class: 'bar', role: 'toolbar', attributes: { 'aria-label': t('Selected bytes') } },
    size,
    columns,
    action(t('Break on write'), t('Stops behind an instruction that writes one of the selected bytes'), () => breakOn('write')),
    action(t('Break on read'), t('Stops behind an instruction that reads one of the selected bytes'), () => breakOn('read')),
    action(t('Who wrote this'), t('Goes back in the run to what wrote the selected bytes last'), () => attempt(whoWrote())),
    action(t('Go to pointer'), t('Shows the memory that the selected word points to'), () => goToPointer()),
    action(t('Source'), t('Opens the source that the selected word points to, or that is here'), () => attempt(openSource())),
    action(t('Page tables'), t('Translates the address in the Page Tables panel'), () =>
      link.show('hyperscope.showPageTables', { at: link.state.from }),
    ),
    action(t('Copy'), t('Copies the selected bytes (Ctrl+C)'), copy),
  ),
  trouble,
  breaks.node,
  grid.node,
  about,
);

/** The bytes from the selection's start on, at most so many. */
function bytesAt(start: bigint, length: number): number[] {
  return Array.from({ length }, (_, i) => store.byte(start + BigInt(i)));
}

function describe(): void {
  const from = fromHex(link.state.from);
  const count = selectedLength();
  const numbers = numbersAt(bytesAt(from, 8)).map(({ name, text }) =>
    element('span', { class: 'number' }, element('small', {}, name), ` ${text}`),
  );
  about.replaceChildren(
    element('code', {}, link.state.from),
    element('span', { id: 'symbol' }, symbols.get(link.state.from) ?? ''),
    count > 1 ? element('span', {}, t('{0} bytes', count)) : '',
    ...numbers,
  );
  if (link.focus && !symbols.has(link.state.from) && link.state.space !== 'physical') attempt(name(link.state.from));
}

/** What addresses are called; asked for once each. */
const symbols = new Map<string, string>();
async function name(at: string): Promise<void> {
  symbols.set(at, '');
  symbols.set(at, (await link.request('hyperscope/locate', { address: at })).symbol);
  if (at === link.state.from) describe();
}

async function write(at: bigint, bytes: Uint8Array): Promise<void> {
  if (!link.focus) return;
  trouble.textContent = '';
  const place = placeOf(link.state, link.focus.vcpu);
  try {
    await link.request('hyperscope/changeMemory', { ...place, address: toHex(at), bytes: btoa(String.fromCharCode(...bytes)) });
  } finally {
    store.stale();
    grid.draw();
  }
}

const selectedLength = (): number => Number(fromHex(link.state.to) - fromHex(link.state.from)) + 1;

function breakOn(access: 'read' | 'write'): void {
  if (!link.focus) return;
  const place = placeOf(link.state, link.focus.vcpu);
  const add: PanelBreakpoint = { kind: 'data', ...place, address: link.state.from, length: selectedLength(), access };
  void breaks.refresh({ add });
}

/** The guest goes back and stops behind the write; the panel follows as at every stop. */
async function whoWrote(): Promise<void> {
  if (!link.focus) return;
  const { space, from } = link.state;
  if (space === 'in CR3')
    return failed(t('The page tables of now are searched, or a physical place: choose "virtual" or "guest-physical".'));
  trouble.textContent = '';
  await link.request('hyperscope/lastWrite', { address: space === 'physical' ? `phys:${from}` : from, length: selectedLength() });
}

/** The pointer at the selection; an error is shown where its bytes are not readable. */
function pointer(): string | undefined {
  const found = numbersAt(bytesAt(fromHex(link.state.from), 8)).at(-1);
  if (found?.name === 'u64') return found.text.split(' ')[0];
  failed(t('There are no 8 readable bytes here.'));
  return undefined;
}

function goToPointer(): void {
  const at = pointer();
  if (at !== undefined) go({ text: at, follow: false });
}

async function openSource(): Promise<void> {
  for (const at of [pointer(), link.state.from]) {
    const found = at === undefined ? undefined : await link.request('hyperscope/locate', { address: at });
    if (!found?.path || !found.line) continue;
    return link.open(found.path, found.line);
  }
  failed(t('No source line is known for this address, nor for what it points to.'));
}

/** To another place: evaluated when the guest stands still, or as soon as it does. */
function go(change: Partial<MemoryPanelState>): void {
  link.remember(change);
  placed = false;
  drawBars();
  placer.request();
}

function drawBars(): void {
  header.draw();
  drawFields(link.state);
}

const reader = new Refresher(async () => {
  const { focus, state } = link;
  const { from, to } = grid.visible;
  const wanted = focus && store.missing(from, to);
  if (!focus || !wanted || (state.space === 'in CR3' && state.root === null)) return;
  const place = placeOf(state, focus.vcpu);
  store.accept(await link.request('hyperscope/memory', { ...place, address: toHex(wanted.address), length: wanted.length }));
  grid.draw();
  describe();
}, failed);

const placer = new Refresher(async () => {
  const { focus, state } = link;
  if (!focus) return;
  if (placed && (!state.follow || focus.running)) return;
  const text = state.follow || !placed ? state.text : state.address;
  const answer = await link.request('hyperscope/memoryAddress', {
    vcpu: focus.vcpu,
    text,
    cr3: state.space === 'in CR3' ? state.cr3 || 'cr3' : '',
  });
  trouble.textContent = '';
  symbols.set(answer.address, answer.symbol);
  const isNew = !placed || answer.address !== state.address;
  if (answer.cr3 !== state.root) store.forget();
  placed = true;
  link.remember({ address: answer.address, root: answer.cr3, ...(isNew ? { from: answer.address, to: answer.address } : {}) });
  if (isNew) grid.select(fromHex(answer.address), fromHex(answer.address), true);
  describe();
  reader.request();
}, failed);

form.addEventListener('submit', (event) => {
  event.preventDefault();
  go({ text: address.value.trim() || t('rsp'), cr3: cr3.value.trim() });
});
follow.addEventListener('click', () => go({ follow: !link.state.follow }));
space.addEventListener('change', () => {
  store.forget();
  go({ space: space.value as SpaceChoice, root: null });
});
size.addEventListener('change', () => {
  link.remember({ size: Number(size.value) as WordSize });
  grid.select(fromHex(link.state.from), fromHex(link.state.from), true);
});
columns.addEventListener('change', () => {
  link.remember({ columns: columns.value === 'fit' ? 'fit' : (Number(columns.value) as RowSize) });
  grid.draw();
});
/** "2a 00 ff": what is selected, in the order of memory. */
function copy(): void {
  const from = fromHex(link.state.from);
  const bytes = bytesAt(from, Math.min(selectedLength(), 4096));
  link.copy(bytes.map((byte) => (byte < 0 ? '??' : byte.toString(16).padStart(2, '0'))).join(' '));
}
grid.node.addEventListener('keydown', (event) => {
  if (event.key !== 'c' || !(event.ctrlKey || event.metaKey) || event.target !== grid.node) return;
  copy();
  event.preventDefault();
  // The editor has a command for it, too.
  event.stopPropagation();
});

link.onFocus = () => {
  const { focus } = link;
  drawBars();
  if (!focus) {
    trouble.textContent = '';
    store.forget();
    symbols.clear();
    breaks.clear();
    placed = false;
    return grid.draw();
  }
  if (focus.turn !== turn) store.stale();
  turn = focus.turn;
  placer.request();
  reader.request();
  void breaks.refresh();
};
link.onChanged = () => {
  store.stale();
  if (!link.focus?.running) placer.request();
  reader.request();
};
link.onShow = (wish) => {
  address.value = wish.at;
  store.forget();
  go({ ...stateOfWish(wish), root: null, follow: !/^\s*0x/i.test(wish.at) });
};
drawBars();
grid.select(fromHex(link.state.from), fromHex(link.state.to), true);
describe();
link.ready();
