// Draws the vCPU panel: one table per group, changed registers marked, values edited in place.
import type { RegistersAnswer } from '../../protocol/requests';
import { element, root } from '../kit/client/dom';
import { Header } from '../kit/client/header';
import { Link } from '../kit/client/link';
import { Refresher } from '../kit/client/refresher';
import { formatRow } from './client-row';
import { groupsView, initialState, type NumberFormat, parseTyped, summary } from './model';
import { vcpuPanel } from './protocol';

const link = new Link(vcpuPanel, initialState);
let answer: RegistersAnswer | undefined;
let editing = false;

const filter = element('input', { attributes: { type: 'search', placeholder: 'Filter', 'aria-label': 'Filter registers' } });
const format = element(
  'select',
  { attributes: { 'aria-label': 'Number format' } },
  ...(['hex', 'unsigned', 'signed'] as const).map((name) =>
    element('option', { attributes: { value: name } }, name === 'hex' ? 'hexadecimal' : name),
  ),
);
const header = new Header(link, { perVcpu: true, tools: [filter, format] });
const about = element('p', { class: 'summary', id: 'summary' });
const trouble = element('p', { class: 'trouble', role: 'alert' });
const groups = element('div', { class: 'register-groups', id: 'registers' });
root().append(header.node, trouble, about, groups);

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

function draw(): void {
  header.draw();
  about.textContent = answer && link.focus ? summary(answer) : '';
  if (editing) return;
  const views = answer && link.focus ? groupsView(answer, link.state) : [];
  groups.replaceChildren(
    ...views.map((group) => {
      const details = element(
        'details',
        { on: { toggle: () => fold(group.name, !details.open) } },
        element('summary', {}, group.name),
        element(
          'table',
          { class: `registers ${group.name}`, attributes: { 'aria-label': group.name } },
          element('tbody', {}, ...group.registers.map((register) => formatRow(register, edit, showMemory))),
        ),
      );
      details.open = !group.collapsed;
      return details;
    }),
  );
}

/** The panel follows the register from then on. */
const showMemory = (name: string): void => link.show('hyperscope.showMemory', { at: `$${name}` });

function fold(name: string, closed: boolean): void {
  if (filter.value.trim() !== '' || closed === link.state.collapsed.includes(name)) return;
  link.remember({ collapsed: closed ? [...link.state.collapsed, name] : link.state.collapsed.filter((one) => one !== name) });
}

function edit(name: string, cell: HTMLElement): void {
  if (!link.focus || link.focus.running || editing) return;
  editing = true;
  const input = element('input', { class: 'edit', attributes: { 'aria-label': `New value of ${name}` } });
  input.value = cell.textContent ?? '';
  const end = async (keep: boolean) => {
    if (!editing) return;
    editing = false;
    const value = parseTyped(input.value, link.state.format);
    trouble.textContent = keep && value === undefined ? `"${input.value}" is no number.` : '';
    if (keep && value !== undefined && link.focus)
      await link.request('hyperscope/setRegister', { vcpu: link.focus.vcpu, name, value }).catch((error: Error) => {
        trouble.textContent = error.message;
      });
    refresher.request();
    draw();
  };
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') void end(true);
    else if (event.key === 'Escape') void end(false);
  });
  input.addEventListener('blur', () => void end(false));
  cell.replaceChildren(input);
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
