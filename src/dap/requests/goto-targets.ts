// Where on a line execution can be made to go on: each place of its code.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const gotoTargets = request<DebugProtocol.GotoTargetsArguments, DebugProtocol.GotoTargetsResponse['body']>('gotoTargets', {
  capabilities: { supportsGotoTargetsRequest: true },
  handle(session, args) {
    const guest = session.stoppedGuest('gotoTargets');
    const { path, sourceReference } = args.source;
    const document = sourceReference ? guest.documents.get(sourceReference) : undefined;
    const inDocument = document?.addresses[args.line - 1];
    const places = document
      ? inDocument === undefined
        ? []
        : [{ address: inDocument, line: args.line, column: undefined }]
      : path
        ? guest.symbols.addressesForLine(path, args.line).locations
        : [];
    return {
      targets: places.map(({ address, line, column }) => ({
        id: guest.targets.add(address),
        label: guest.symbols.describe(address) || `0x${address.toString(16)}`,
        line: line ?? args.line,
        ...(column && { column }),
        instructionPointerReference: `0x${address.toString(16)}`,
      })),
    };
  },
});
