// Z and z: breakpoints and watchpoints. Software and hardware ones are the same here: the engine stops there, nothing is written into the guest.
import { type GdbPoint, POINT_KINDS } from '../breakpoints';
import { gdbErrors } from '../errors';
import { parseHex, parseLength } from '../wire/hex';
import type { Command } from './command';

const MOST_WATCHED = 1 << 20;

/** Undefined: a kind that there is not. */
function parse(args: string, packet: string): GdbPoint | undefined {
  const [type = '', where, size] = (args.split(';')[0] ?? '').split(',');
  const address = parseHex(where);
  const length = parseLength(size, MOST_WATCHED);
  if (!/^[0-9a-f]$/i.test(type) || address === undefined || length === undefined) throw gdbErrors.malformed(packet);
  const kind = POINT_KINDS[Number.parseInt(type, 16)];
  return kind === undefined ? undefined : { kind, address, length: Math.max(1, length) };
}

export const BREAKPOINT_COMMANDS: readonly Command[] = [
  {
    name: 'Z',
    handle(session, args) {
      const wanted = parse(args, 'Z');
      if (wanted === undefined) return '';
      session.breakpoints.insert(wanted);
      return 'OK';
    },
  },
  {
    name: 'z',
    handle(session, args) {
      const wanted = parse(args, 'z');
      if (wanted === undefined) return '';
      session.breakpoints.remove(wanted);
      return 'OK';
    },
  },
];
