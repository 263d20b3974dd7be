// One register in the vCPU panel's tables.
import { element } from '../kit/client/dom';
import type { RegisterView } from './model';

export function formatRow(register: RegisterView, edit: (name: string, cell: HTMLElement) => void): HTMLTableRowElement {
  const value = element('td', {
    class: 'value',
    ...(register.editable
      ? {
          tabIndex: 0,
          title: 'Enter or double-click to change',
          on: {
            dblclick: () => edit(register.name, value),
            keydown: (event: KeyboardEvent) => {
              if (event.key === 'Enter' && event.target === value) edit(register.name, value);
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
