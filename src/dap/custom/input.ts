// What a person types into the guest's console.
import { dapErrors } from '../errors';
import { custom } from './custom';

export const input = custom('hyperscope/input', async (session, { bytes }) => {
  const guest = session.guest('hyperscope/input');
  if (guest.debugger.hasEnded) throw dapErrors.ended();
  await guest.control.input(guest.vm, new Uint8Array(Buffer.from(bytes, 'base64')));
  return {};
});
