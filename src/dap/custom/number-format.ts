// Hexadecimal or decimal, for clients that send no value format, as VS Code.
import { custom } from './custom';

export const numberFormat = custom('hyperscope/numberFormat', (session, { hex }) => {
  session.hex = hex;
  if (session.client.supportsInvalidatedEvent && session.guestIfAny) {
    session.afterAnswer(() => session.event('invalidated', { areas: ['variables'] }));
  }
  return {};
});
