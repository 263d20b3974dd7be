// Every source file the debug information names, as far as it is on this machine.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const loadedSources = request<DebugProtocol.LoadedSourcesArguments, DebugProtocol.LoadedSourcesResponse['body']>('loadedSources', {
  capabilities: { supportsLoadedSourcesRequest: true },
  handle(session) {
    const guest = session.guest('loadedSources');
    const files = guest.symbols.files().filter((path) => guest.sources.exists(path));
    return { sources: files.map((path) => guest.sources.source(path)) };
  },
});
