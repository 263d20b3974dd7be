// The walk of one address: its parts, one block per table entry with every bit, and the result.
import type { WalkAnswer } from '../../protocol/requests';
import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
import { addressParts, resultText, type StepView, stepsView } from './model';

function stepNode(step: StepView): HTMLElement {
  const bits = step.bits.map((bit) =>
    element(
      'tr',
      { class: bit.set ? 'set' : 'clear' },
      element('th', { attributes: { scope: 'row' } }, bit.name),
      element('td', {}, bit.position),
      element('td', { class: 'value' }, bit.value),
      element('td', { class: 'text' }, bit.meaning),
    ),
  );
  const details = element(
    'details',
    { class: step.good ? 'step' : 'step bad' },
    element('summary', {}, element('b', {}, step.title), ' ', element('code', {}, step.entry), ' ', step.outcome),
    element('table', { class: 'bits', attributes: { 'aria-label': t('Bits of {0}', step.title) } }, element('tbody', {}, ...bits)),
  );
  return details;
}

export function walkNodes(answer: WalkAnswer): HTMLElement[] {
  const steps = stepsView(answer).map(stepNode);
  // The last step is where the answer is.
  steps.at(-1)?.setAttribute('open', '');
  const parts = addressParts(answer).map(({ name, bits, value }) =>
    element('span', { class: 'part', title: t('bits {0}', bits) }, element('small', {}, `${name} ${bits}`), element('code', {}, value)),
  );
  return [
    element('p', { class: answer.result ? 'result' : 'result bad', id: 'result' }, resultText(answer)),
    ...(answer.mode === 'none' ? [] : [element('div', { class: 'parts' }, ...parts)]),
    ...steps,
  ];
}
