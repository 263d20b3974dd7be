// Every source file the debug information names, as far as it is on this machine.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

/** Files between two turns of the event loop. */
const BATCH = 256;

export const loadedSources = request<DebugProtocol.LoadedSourcesArguments, DebugProtocol.LoadedSourcesResponse['body']>('loadedSources', {
  capabilities: { supportsLoadedSourcesRequest: true },
  async handle(session, _args, signal) {
    const guest = session.guest('loadedSources');
    const sources: DebugProtocol.Source[] = [];
    for (const [index, path] of guest.symbols.files().entries()) {
      if (index % BATCH === 0) await signal.turn();
      if (guest.sources.exists(path)) sources.push(guest.sources.source(path));
    }
    return { sources };
  },
});
