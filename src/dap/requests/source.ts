// The text of a disassembly document.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { dapErrors } from '../errors';
import { request } from '../handler';

export const source = request<DebugProtocol.SourceArguments, DebugProtocol.SourceResponse['body']>('source', {
  handle(session, args) {
    const guest = session.guest('source');
    const document = guest.documents.get(args.source?.sourceReference || args.sourceReference);
    if (!document) throw dapErrors.staleReference('source');
    return { content: document.text, mimeType: 'text/x-asm' };
  },
});
