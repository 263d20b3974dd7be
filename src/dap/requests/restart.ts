// A new guest from the same files, read again; breakpoints stay. One VM of several is restarted as it was, and the others go on.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { dapErrors } from '../errors';
import { request } from '../handler';
import { parseLaunch } from '../launch/parse';

export const restart = request<DebugProtocol.RestartArguments, void>('restart', {
  capabilities: { supportsRestartRequest: true },
  async handle(session, args) {
    if (session.guestIfAny?.owner) throw dapErrors.attachedRestart();
    if (session.isOneOfSeveral) {
      const guest = session.guest('restart');
      if (guest.debugger.hasEnded) throw dapErrors.ended();
      await guest.control.machine(guest.vm, 'restart');
      session.afterAnswer(() => guest.goOn());
      return;
    }
    const before = session.launchArguments;
    if (!before) throw dapErrors.notLaunched('restart');
    const guest = await session.relaunch(args.arguments ? parseLaunch(args.arguments) : before);
    session.afterAnswer(() => guest?.start());
  },
});
