// One register in the vCPU panel's tables.
import { element } from '../kit/client/dom';
import type { RegisterView } from './model';

export function formatRow(
  register: RegisterView,
  edit: (name: string, cell: HTMLElement) => void,
  /** Shows the memory that a register points to. */
  show: (name: string) => void,
): HTMLTableRowElement {
  const value = element('td', {
    class: 'value',
    ...(register.editable
      ? {
          tabIndex: 0,
          title: 'Enter or double-click to change; M or Alt+click shows the memory it points to',
          on: {
            dblclick: () => edit(register.name, value),
            click: (event: MouseEvent) => {
              if (event.altKey) show(register.name);
            },
            keydown: (event: KeyboardEvent) => {
              if (event.target !== value) return;
              if (event.key === 'Enter') edit(register.name, value);
              else if (event.key === 'm') show(register.name);
            },
          },
        }
      : {}),
  });
  value.textContent = register.value;
  return element(
    'tr',
    { class: register.changed ? 'changed' : '', attributes: { 'data-register': register.name } },
    element('th', { attributes: { scope: 'row' } }, register.name),
    value,
    element('td', { class: 'text', title: register.text }, register.text),
  );
}
