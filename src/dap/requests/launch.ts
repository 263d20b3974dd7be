// Reads launch.json's settings, makes the host and opens symbols. The guest runs once the client has sent its breakpoints (configurationDone).
import { basename } from 'node:path';
import { request } from '../handler';
import { parseLaunch } from '../launch/parse';

export const launch = request<unknown, void>('launch', {
  async handle(session, args, signal) {
    const { noDebug, name } = (args ?? {}) as { noDebug?: unknown; name?: unknown };
    session.noDebug = noDebug === true;
    const launch = parseLaunch(args);
    await session.launch(launch, typeof name === 'string' ? name : basename(launch.image), signal);
    session.afterAnswer(() => session.event('initialized'));
  },
});
