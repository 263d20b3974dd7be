// One register in the vCPU panel's tables: its value, what it means, and its bits as switches.
import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
import type { BitView, RegisterView } from './model';

export interface RowPort {
  edit(register: RegisterView): void;
  setBit(path: string, value: number): void;
  focused(register: RegisterView): void;
  showMemory(register: RegisterView): void;
}

const bitSwitch = ({ name, path, width, value, title }: BitView, enabled: boolean, port: RowPort): HTMLElement => {
  if (width > 1) {
    const field = element(
      'select',
      { class: 'bit', title, tabIndex: -1, attributes: { 'aria-label': path, 'data-bit': path } },
      ...Array.from({ length: 2 ** width }, (_, i) => element('option', { attributes: { value: String(i) } }, `${name} ${i}`)),
    );
    field.value = String(value);
    field.disabled = !enabled;
    field.addEventListener('change', () => port.setBit(path, Number(field.value)));
    return field;
  }
  const button = element(
    'button',
    {
      class: 'bit',
      title,
      tabIndex: -1,
      attributes: { 'aria-pressed': String(value !== 0), 'data-bit': path },
      on: { click: () => port.setBit(path, value === 0 ? 1 : 0) },
    },
    name,
  );
  button.disabled = !enabled;
  return button;
};

export function formatRow(register: RegisterView, stopped: boolean, port: RowPort): HTMLElement {
  const { name, editable, changed, before, text, bits } = register;
  const value = element(
    'span',
    {
      class: 'value',
      role: 'cell',
      tabIndex: -1,
      title: t(
        '{0}; M or Alt+click shows the memory it points to',
        editable ? t('Enter or double-click to change') : t('Follows from other state'),
      ),
      on: {
        focus: () => port.focused(register),
        dblclick: () => port.edit(register),
        click: (event) => {
          if (event.altKey) port.showMemory(register);
        },
        keydown: (event) => {
          if (event.target !== value) return;
          if (event.key === 'Enter') port.edit(register);
          else if (event.key === 'm') port.showMemory(register);
        },
      },
    },
    register.value,
  );
  return element(
    'div',
    { class: changed ? 'register changed' : 'register', role: 'row', attributes: { 'data-register': name } },
    element('span', { class: 'name', role: 'rowheader' }, name),
    value,
    element(
      'span',
      { class: 'text', role: 'cell' },
      before ? element('span', { class: 'before' }, before) : undefined,
      before && bits.length === 0 && text ? ' ' : '',
      bits.length === 0 ? text : undefined,
      ...bits.map((bit) => bitSwitch(bit, editable && stopped, port)),
    ),
  );
}
