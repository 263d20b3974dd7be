// Joining a guest that another session of this adapter has launched: the same stops and vCPUs, breakpoints of its own. Its end leaves the guest.
import { dapErrors } from '../errors';
import { request } from '../handler';

interface AttachArguments {
  /** Name of the launch configuration, where several guests run. */
  readonly guest?: unknown;
}

export const attach = request<AttachArguments, void>('attach', {
  async handle(session, { guest }) {
    if (guest !== undefined && guest !== null && typeof guest !== 'string')
      throw dapErrors.badLaunch('"guest" must be the name of a launch configuration.');
    await session.attach(guest ?? undefined);
    session.afterAnswer(() => session.event('initialized'));
  },
});
