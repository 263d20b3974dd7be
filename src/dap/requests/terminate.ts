// The power button: a guest that knows one shuts down; a second press, or a guest without one, ends the host. One VM of several is switched off, and the others go on.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const terminate = request<DebugProtocol.TerminateArguments, void>('terminate', {
  capabilities: { supportsTerminateRequest: true },
  urgent: true,
  async handle(session) {
    if (await session.host?.powerButtons()) return;
    const guest = session.guestIfAny;
    const pressed = guest && !guest.terminateAsked && !guest.debugger.hasEnded && (await guest.control.powerButton(guest.vm));
    if (guest) guest.terminateAsked = true;
    if (pressed) {
      guest.goOn();
      return;
    }
    if (guest && session.isOneOfSeveral && !guest.debugger.hasEnded) {
      await guest.control.machine(guest.vm, 'switch-off');
      guest.goOn();
      return;
    }
    await guest?.dispose();
    session.afterAnswer(() => session.event('terminated'));
  },
});
