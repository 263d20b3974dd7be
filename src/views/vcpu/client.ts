// Draws the vCPU panel: one table per group, changed registers marked, values and bits edited in place, and what can be done with a register.
import type { RegistersAnswer } from '../../protocol/requests';
import type { Hex } from '../../protocol/wire';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { horizontal, rove, vertical } from '../kit/client/roving';
import { t } from '../kit/texts';
import { formatRow } from './client-row';
import { groupsView, initialState, type NumberFormat, parseTyped, type RegisterView, summary } from './model';
import { vcpuPanel } from './protocol';
import { type RegisterPort, registerActions, showMemory } from './register-actions';

const link = new Link(vcpuPanel, initialState);
let answer: RegistersAnswer | undefined;
let editing = false;
/** What the page shows: nothing is drawn anew that looks the same. */
let drawnKey = '';
/** The register whose actions are shown. */
let chosen = '';

const filter = element('input', { attributes: { type: 'search', placeholder: t('Filter'), 'aria-label': t('Filter registers') } });
const formatNames: Readonly<Record<NumberFormat, string>> = { hex: t('hexadecimal'), unsigned: t('unsigned'), signed: t('signed') };
const format = element(
  'select',
  { attributes: { 'aria-label': t('Number format') } },
  ...(['hex', 'unsigned', 'signed'] as const).map((name) => element('option', { attributes: { value: name } }, formatNames[name])),
);
const onlyChanged = element('button', { class: 'toggle', title: t('Only what has changed since the stop before') }, t('Changed'));
const header = new Header(link, { perVcpu: true, tools: [filter, onlyChanged, format] });
const about = element('p', { class: 'summary', id: 'summary' });
const trouble = element('p', { class: 'trouble', role: 'alert' });
const groups = element('div', { class: 'register-groups', id: 'registers' });
const details = element('section', { class: 'details', id: 'details', attributes: { 'aria-label': t('Selected register') } });
root().append(header.node, trouble, about, element('div', { class: 'register-scroll' }, groups), details);

filter.value = link.state.filter;
format.value = link.state.format;
filter.addEventListener('input', () => {
  link.remember({ filter: filter.value });
  draw();
});
format.addEventListener('change', () => {
  link.remember({ format: format.value as NumberFormat });
  draw();
});
onlyChanged.addEventListener('click', () => {
  link.remember({ onlyChanged: !link.state.onlyChanged });
  draw();
});

const port: RegisterPort = {
  edit: (register) => edit(register),
  openSource: (address) => void openSource(address),
  show: (command, wish) => link.show(command, wish),
};
const rowPort = {
  edit: (register: RegisterView) => edit(register),
  setBit: (path: string, value: number) => void set(path, String(value)),
  showMemory: (register: RegisterView) => showMemory.act(register, port),
  focused: (register: RegisterView) => {
    chosen = register.name;
    drawDetails(register);
  },
};

function draw(): void {
  header.draw();
  about.textContent = answer && link.focus ? summary(answer) : '';
  onlyChanged.setAttribute('aria-pressed', String(link.state.onlyChanged));
  if (editing) return;
  const views = answer && link.focus ? groupsView(answer, link.state) : [];
  const stopped = link.focus?.running === false;
  const key = JSON.stringify([views, stopped]);
  if (key === drawnKey) return;
  drawnKey = key;
  const focused = groups.contains(document.activeElement) ? focusKey(document.activeElement) : undefined;
  groups.replaceChildren(
    ...views.map((group) => {
      const rows = element(
        'div',
        { class: `registers ${group.name.replace(/\W+/g, '-')}`, role: 'table', attributes: { 'aria-label': group.name } },
        ...group.registers.map((register) => formatRow(register, stopped, rowPort)),
      );
      rove(rows, '.value', vertical);
      for (const strip of rows.querySelectorAll<HTMLElement>('.text')) rove(strip, '.bit', horizontal);
      const fold = element('details', { on: { toggle: () => remember(group.name, !fold.open) } }, element('summary', {}, group.name), rows);
      fold.open = !group.collapsed;
      return fold;
    }),
  );
  if (focused) groups.querySelector<HTMLElement>(focused)?.focus();
  const shown = views.flatMap(({ registers }) => registers).find(({ name }) => name === chosen);
  if (shown) drawDetails(shown);
  else details.hidden = true;
}

/** Finds what has the focus again after everything was drawn anew. */
function focusKey(node: Element | null): string | undefined {
  const bit = node?.getAttribute('data-bit');
  if (bit) return `[data-bit="${bit}"]`;
  const register = node?.closest('[data-register]')?.getAttribute('data-register');
  return register ? `[data-register="${register}"] .value` : undefined;
}

function drawDetails(register: RegisterView): void {
  details.hidden = false;
  details.replaceChildren(
    element('p', {}, element('b', {}, register.name), ` ${register.value} ${register.text} ${register.before}`),
    element(
      'div',
      { class: 'bar', role: 'toolbar', attributes: { 'aria-label': t('Actions for {0}', register.name) } },
      ...registerActions
        .filter(({ applies }) => applies?.(register) ?? true)
        .map(({ label, title, act }) => element('button', { title, on: { click: () => act(register, port) } }, label)),
    ),
  );
}

function remember(name: string, closed: boolean): void {
  if (filter.value.trim() !== '' || link.state.onlyChanged || closed === link.state.collapsed.includes(name)) return;
  link.remember({ collapsed: closed ? [...link.state.collapsed, name] : link.state.collapsed.filter((one) => one !== name) });
}

async function openSource(address: Hex): Promise<void> {
  const place = await link.request('hyperscope/locate', { address }).catch(() => undefined);
  if (place?.path && place.line) link.open(place.path, place.line);
  else trouble.textContent = t('No source line is known for {0}.', address);
}

async function set(name: string, value: string): Promise<void> {
  const { focus } = link;
  if (!focus) return;
  const refused = await link.request('hyperscope/setRegister', { vcpu: focus.vcpu, name, value }).then(
    () => '',
    (error: Error) => error.message,
  );
  refresher.request();
  await refresher.idle;
  trouble.textContent = refused;
}

function edit(register: RegisterView): void {
  const { name } = register;
  const cell = groups.querySelector<HTMLElement>(`[data-register="${name}"] .value`);
  if (!cell || !link.focus || editing || !register.editable) return;
  if (link.focus.running) {
    trouble.textContent = t('The guest runs: pause it to change a register.');
    return;
  }
  editing = true;
  const input = element('input', { class: 'edit', attributes: { 'aria-label': t('New value of {0}', name) } });
  input.value = register.value;
  const end = async (keep: boolean, focus: boolean) => {
    if (!editing) return;
    editing = false;
    drawnKey = '';
    const value = parseTyped(input.value, link.state.format);
    draw();
    if (focus) groups.querySelector<HTMLElement>(`[data-register="${name}"] .value`)?.focus();
    if (keep && value !== undefined) await set(name, value);
  };
  input.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key === 'Enter') void end(true, true);
    else if (event.key === 'Escape') void end(false, true);
  });
  input.addEventListener('blur', () => void end(false, false));
  cell.replaceChildren(input);
  input.focus();
  input.select();
}

const refresher = new Refresher(
  async () => {
    if (link.focus) answer = await link.request('hyperscope/registers', { vcpu: link.focus.vcpu });
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
link.onChanged = () => refresher.request();
draw();
link.ready();
