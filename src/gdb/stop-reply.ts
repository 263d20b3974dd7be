// Why the guest stands, as gdb's stop reply packets (GDB manual, E.3), and what is to be said beside them. Signals are gdb's own numbers.
import type { ShownReason } from '../debug/events';
import type { ExitInfo } from '../machine/control/types';
import { hexByte } from './wire/hex';

export const Signal = { interrupt: 2, illegal: 4, trap: 5, fault: 11, stop: 17, limit: 24 } as const;

export function signalOf(reason: ShownReason): number {
  switch (reason.kind) {
    case 'pause':
      return Signal.interrupt;
    case 'unimplemented':
      return Signal.illegal;
    case 'triple-fault':
      return Signal.fault;
    case 'halted-forever':
      return Signal.stop;
    case 'limit':
      return Signal.limit;
    default:
      return Signal.trap;
  }
}

const at = (address: bigint): string => `0x${address.toString(16)}`;

/** What a signal cannot say; undefined where nothing is to be said. */
export function noteOf(reason: ShownReason, vcpu: number): string | undefined {
  switch (reason.kind) {
    case 'triple-fault': {
      const chain = reason.chain.map(({ name, cs, rip }) => `${name} at ${cs.toString(16)}:${at(rip)}`);
      return `Triple fault of vCPU ${vcpu}: ${chain.join(', then ')}.`;
    }
    case 'halted-forever':
      return 'Every vCPU is halted and nothing can wake one.';
    case 'unimplemented':
      return `Unimplemented instruction ${reason.text} at ${at(reason.rip)}.`;
    case 'limit':
      return `Stopped after ${reason.what}.`;
    case 'hypercall':
      return `Hypercall ${reason.call.name}(${reason.call.args.map(({ name, text }) => `${name}=${text}`).join(', ')}) from vCPU ${vcpu}.`;
    case 'event':
      return `${reason.event.name} (${reason.event.class}) at ${at(reason.event.rip)}, vCPU ${vcpu}.`;
    case 'breakpoint':
    case 'data':
      return reason.note;
    default:
      return undefined;
  }
}

export const exitReply = ({ code }: ExitInfo): string => `W${hexByte(code & 0xff)}`;
/** The engine is gone. */
export const lostReply = 'X09';
