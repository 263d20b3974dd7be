// The fields of the Memory panel: which memory and where, and how it is shown.

import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
import { type MemoryPanelState, rowSizes, spaceChoices, wordSizes } from './model';

const option = (value: string, text = value, title = '') => element('option', { attributes: { value }, ...(title ? { title } : {}) }, text);
export const address = element('input', {
  class: 'expression',
  id: 'memory-address',
  attributes: { 'aria-label': t('Address or expression'), placeholder: t('rsp, &tss[1], ss:rsp, 0x…') },
});
export const space = element(
  'select',
  { attributes: { 'aria-label': t('Address space') } },
  ...spaceChoices.map(({ choice, text, title }) => option(choice, text, title)),
);
export const cr3 = element('input', { class: 'cr3', attributes: { 'aria-label': t('CR3'), placeholder: t('CR3: number or expression') } });
export const follow = element('button', { class: 'toggle', title: t('Evaluates the address again at each stop') }, t('Follow'));
follow.type = 'button';
export const form = element(
  'form',
  { class: 'bar', attributes: { 'aria-label': t('Address') } },
  address,
  element('button', {}, t('Go')),
  follow,
  space,
  cr3,
);
export const size = element(
  'select',
  { attributes: { 'aria-label': t('Word size') } },
  ...wordSizes.map((bytes) => option(String(bytes), bytes === 1 ? t('bytes') : t('{0}-byte words', bytes))),
);
export const columns = element(
  'select',
  { attributes: { 'aria-label': t('Bytes per row') } },
  option('fit', t('as many as fit')),
  ...rowSizes.map((bytes) => option(String(bytes), t('{0} per row', bytes))),
);

/** What the fields were last set to, so that what is being typed stays. */
const drawn = new WeakMap<HTMLInputElement, string>();
function set(field: HTMLInputElement, text: string): void {
  if (drawn.get(field) !== text) field.value = text;
  drawn.set(field, text);
}

export function drawFields(state: MemoryPanelState): void {
  set(address, state.text);
  set(cr3, state.cr3);
  space.value = state.space;
  cr3.hidden = state.space !== 'in CR3';
  size.value = String(state.size);
  columns.value = String(state.columns);
  follow.setAttribute('aria-pressed', String(state.follow));
}
