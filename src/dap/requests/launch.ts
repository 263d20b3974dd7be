// Reads launch.json's settings, makes the host and opens symbols. The guest runs once the client has sent its breakpoints (configurationDone).
import { request } from '../handler';
import { parseLaunch } from '../launch/parse';

export const launch = request<unknown, void>('launch', {
  async handle(session, args) {
    session.noDebug = (args as { noDebug?: unknown } | null)?.noDebug === true;
    await session.launch(parseLaunch(args));
    session.afterAnswer(() => session.event('initialized'));
  },
});
