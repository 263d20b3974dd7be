// Keys that a person presses and releases on the guest's keyboard.
import { keyOf, scanCodes } from '../../devices/i8042/keys.rows';
import { dapErrors } from '../errors';
import { custom } from './custom';

export const keys = custom('hyperscope/keys', async (session, { keys: pressed }) => {
  const guest = session.guest('hyperscope/keys');
  if (guest.debugger.hasEnded) throw dapErrors.ended();
  const codes = pressed.flatMap(({ code, down }) => {
    const row = keyOf(code);
    return row === undefined ? [] : scanCodes(row, down);
  });
  await guest.control.keyboard(guest.vm, Uint8Array.from(codes));
  return {};
});
