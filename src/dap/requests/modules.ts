// The symbol files of the guest: the image, and what was named beside it.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';
import { moduleBody } from '../module-body';

type Answer = DebugProtocol.ModulesResponse['body'];

export const modules = request<DebugProtocol.ModulesArguments, Answer>('modules', {
  capabilities: {
    supportsModulesRequest: true,
    additionalModuleColumns: [{ attributeName: 'buildId', label: 'Build ID', type: 'string' }],
  },
  handle(session, args) {
    const files = session.guest('modules').symbols.all;
    const start = args.startModule ?? 0;
    const shown = files.slice(start, args.moduleCount ? start + args.moduleCount : undefined);
    return { modules: shown.map((file, index) => moduleBody(file, start + index)), totalModules: files.length };
  },
});
