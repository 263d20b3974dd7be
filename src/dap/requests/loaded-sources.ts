// Every source file the debug information names, as far as it is on this machine.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const loadedSources = request<DebugProtocol.LoadedSourcesArguments, DebugProtocol.LoadedSourcesResponse['body']>('loadedSources', {
  capabilities: { supportsLoadedSourcesRequest: true },
  async handle(session, _args, signal) {
    return { sources: await session.guest('loadedSources').toldSources.all(() => signal.turn()) };
  },
});
