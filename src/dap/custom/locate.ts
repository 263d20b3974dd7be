// Which function and source line an address belongs to.
import { parseReference } from '../memory-reference';
import { custom } from './custom';

export const locate = custom('hyperscope/locate', (session, { address }) => {
  const guest = session.guest('hyperscope/locate');
  const linked = guest.debugger.addresses.toLinked(parseReference('hyperscope/locate', address));
  const line = guest.symbols.lineAt(linked);
  return { symbol: guest.symbols.describe(linked), path: line?.file ?? null, line: line?.line ?? null };
});
