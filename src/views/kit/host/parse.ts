// What comes from a webview is not trusted: only messages of the known shapes pass, and only the panel's own requests.
import type { RequestName } from '../../../protocol/requests';
import type { FromPanel, PanelDefinition } from '../protocol';
import { parseWish } from './wish';

const longestCopy = 1 << 20;
const longestInput = 1000;

export function parseFromPanel(
  raw: unknown,
  { requests: allowed, saves = [] }: Pick<PanelDefinition, 'requests' | 'saves'>,
): FromPanel | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const message = raw as Record<string, unknown>;
  const { type, id, name, vcpu, on, path, line, text, suggestion } = message;
  switch (type) {
    case 'ready':
      return { type };
    case 'request': {
      const args = message.arguments;
      if (!Number.isSafeInteger(id) || typeof args !== 'object' || args === null) return undefined;
      if (!allowed.includes(name as RequestName)) return undefined;
      return { type, id: id as number, name: name as RequestName, arguments: args as never };
    }
    case 'complete': {
      const { column } = message;
      const isPlace = Number.isSafeInteger(column) && typeof text === 'string' && text.length <= longestInput;
      return Number.isSafeInteger(id) && isPlace ? { type, id: id as number, text, column: column as number } : undefined;
    }
    case 'pin':
      return typeof on === 'boolean' && Number.isSafeInteger(vcpu) ? { type, on, vcpu: vcpu as number } : undefined;
    case 'open':
      return typeof path === 'string' && Number.isSafeInteger(line) ? { type, path, line: line as number } : undefined;
    case 'copy':
      return typeof text === 'string' && text.length <= longestCopy ? { type, text } : undefined;
    case 'show': {
      const { command } = message;
      const wish = parseWish(message.wish);
      return wish && typeof command === 'string' && /^hyperscope\.show[A-Z][A-Za-z]{1,30}$/.test(command)
        ? { type, command, wish }
        : undefined;
    }
    case 'breakOn':
      return typeof name === 'string' && /^(hypercall|exit):[\w-]{1,80}$/.test(name) ? { type, name } : undefined;
    case 'save': {
      const args = message.arguments;
      if (!Number.isSafeInteger(id) || typeof args !== 'object' || args === null || typeof suggestion !== 'string') return undefined;
      if (!saves.includes(name as RequestName) || !/^[\w-]{1,60}\.\w{1,8}$/.test(suggestion)) return undefined;
      return { type, id: id as number, name: name as RequestName, arguments: args, suggestion };
    }
    case 'trouble':
      return typeof text === 'string' ? { type, text: text.slice(0, 1000) } : undefined;
    default:
      return undefined;
  }
}
