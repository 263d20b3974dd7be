// Z and z: breakpoints. Software and hardware ones are the same here: the engine stops at the address, nothing is written into the guest.
import type { BreakpointKind } from '../breakpoints';
import { gdbErrors } from '../errors';
import { parseHex } from '../wire/hex';
import type { Command } from './command';

const KINDS: readonly BreakpointKind[] = ['software', 'hardware'];

function parse(args: string, packet: string): { kind: BreakpointKind; address: bigint } | undefined {
  const [type = '', where] = args.split(',');
  const address = parseHex(where);
  if (!/^[0-9a-f]$/i.test(type) || address === undefined) throw gdbErrors.malformed(packet);
  const kind = KINDS[Number.parseInt(type, 16)];
  return kind === undefined ? undefined : { kind, address };
}

export const BREAKPOINT_COMMANDS: readonly Command[] = [
  {
    name: 'Z',
    handle(session, args) {
      const wanted = parse(args, 'Z');
      if (wanted === undefined) return '';
      session.breakpoints.insert(wanted.kind, wanted.address);
      return 'OK';
    },
  },
  {
    name: 'z',
    handle(session, args) {
      const wanted = parse(args, 'z');
      if (wanted === undefined) return '';
      session.breakpoints.remove(wanted.kind, wanted.address);
      return 'OK';
    },
  },
];
