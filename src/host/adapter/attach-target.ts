// Where a configuration with "request": "attach" finds its guest: an adapter that is named, or one that this window has started.
import { configurationErrors } from '../configuration-errors';

export type AttachTarget = { readonly port: number } | { readonly pipe: string };

/** A guest that a session of this window has launched. */
export interface RunningGuest {
  readonly name: string;
  readonly pipe: string;
}

export function attachTarget(configuration: { readonly [key: string]: unknown }, running: readonly RunningGuest[]): AttachTarget {
  const { port, pipe, guest } = configuration;
  if (port !== undefined) {
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535)
      throw configurationErrors.badAttach('port', String(port));
    return { port };
  }
  if (pipe !== undefined) {
    if (typeof pipe !== 'string' || pipe === '') throw configurationErrors.badAttach('pipe', String(pipe));
    return { pipe };
  }
  const fitting = guest === undefined ? running : running.filter(({ name }) => name === guest);
  const [found] = fitting;
  if (found === undefined) throw configurationErrors.nothingToAttachTo();
  if (fitting.length > 1) throw configurationErrors.manyToAttachTo(fitting.map(({ name }) => `"${name}"`).join(', '));
  return found;
}
