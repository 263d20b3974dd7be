// "Who wrote this?": back to behind the instruction, device or hypercall that wrote a place last.
import { placeOfAddress, placeOfExpression, placeOfValue } from '../data-place';
import { evaluationScope } from '../evaluation-scope';
import { goAfterAnswer, recordedGuest } from '../travel';
import { custom } from './custom';

const POINTER_BYTES = 8;

export const lastWrite = custom(
  'hyperscope/lastWrite',
  async (session, { expression, address, length, variablesReference, name, frameId }) => {
    const guest = await recordedGuest(session, 'hyperscope/lastWrite');
    const scope = await evaluationScope(guest, frameId);
    const place = await (async () => {
      if (variablesReference !== undefined && name !== undefined) {
        const { value, label, isPaging } = await guest.nodes.get(variablesReference).find(name);
        return placeOfValue(value, label, guest, isPaging);
      }
      if (expression !== undefined) return placeOfExpression(expression, false, scope, guest);
      return placeOfAddress(address ?? '', length ?? POINTER_BYTES, false, scope, guest);
    })();
    goAfterAnswer(guest, () => guest.debugger.past.lastWrite(place));
    return { label: place.label };
  },
);
