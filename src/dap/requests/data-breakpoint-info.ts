// Whether something can be watched, and the text by which it is: a variable, an expression, an address with a length.

import type { DebugProtocol } from '@vscode/debugprotocol';
import { countOf } from '../../base/count-of';
import { UserError } from '../../base/user-error';
import { ACCESS_TYPES, type DataPlace, dataId } from '../data-id';
import { placeOfAddress, placeOfExpression, placeOfValue } from '../data-place';
import { evaluationScope } from '../evaluation-scope';
import type { Guest } from '../guest';
import { request } from '../handler';

type Args = DebugProtocol.DataBreakpointInfoArguments;
type Answer = DebugProtocol.DataBreakpointInfoResponse['body'];
const POINTER_BYTES = 8;

export const dataBreakpointInfo = request<Args, Answer>('dataBreakpointInfo', {
  capabilities: { supportsDataBreakpoints: true, supportsDataBreakpointBytes: true },
  async handle(session, args) {
    const guest = session.stoppedGuest('dataBreakpointInfo');
    try {
      const place = await placeOf(args, guest);
      const { length, label } = place;
      return {
        dataId: dataId(place),
        description: args.asAddress || args.bytes !== undefined ? `${label}, ${countOf(length, 'byte')}` : label,
        accessTypes: [...ACCESS_TYPES],
        canPersist: true,
      };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { dataId: null, description: error.message };
    }
  },
});

async function placeOf(args: Args, guest: Guest): Promise<DataPlace> {
  const physical = args.mode === 'physical';
  if (args.variablesReference) {
    const { value, label, isPaging } = await guest.nodes.get(args.variablesReference).find(args.name);
    return withBytes(placeOfValue(value, label, guest, isPaging), args.bytes);
  }
  const scope = await evaluationScope(guest, args.frameId);
  if (args.asAddress) return placeOfAddress(args.name, args.bytes ?? POINTER_BYTES, physical, scope, guest);
  return withBytes(await placeOfExpression(args.name, physical, scope, guest), args.bytes);
}

const withBytes = (place: DataPlace, bytes: number | undefined): DataPlace => (bytes === undefined ? place : { ...place, length: bytes });
