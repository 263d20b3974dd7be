// What server and gdb can do, and the small questions of a new connection.
import { PACKET_SIZE } from '../wire/framing';
import { hex } from '../wire/hex';
import type { Command } from './command';

const FEATURES = [
  `PacketSize=${hex(PACKET_SIZE)}`,
  'QStartNoAckMode+',
  'swbreak+',
  'hwbreak+',
  'vContSupported+',
  'ReverseStep+',
  'ReverseContinue+',
  'error-message+',
  'qXfer:features:read+',
  'qXfer:memory-map:read+',
  'qXfer:threads:read+',
  'qXfer:exec-file:read+',
];

export const QUERY_COMMANDS: readonly Command[] = [
  { name: 'qSupported', handle: () => FEATURES.join(';') },
  {
    name: 'QStartNoAckMode',
    handle(session) {
      session.stopAcknowledging();
      return 'OK';
    },
  },
  { name: '?', handle: (session) => session.stopReply() },
  /** Extended mode: "run" starts the guest anew. */
  { name: '!', handle: () => 'OK' },
  /** "1": gdb lets go when it quits, "0": it ends the guest. */
  { name: 'qAttached', handle: (session) => (session.target.owned ? '0' : '1') },
  { name: 'qSymbol', handle: () => 'OK' },
];
