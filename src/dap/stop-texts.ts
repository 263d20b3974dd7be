// A stop as a client shows it: reason, one line of description, and for exceptions what happened.
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { DataSubject } from '../debug/breakpoints/breakpoint';
import type { ShownReason, ShownStop } from '../debug/events';
import type { FaultInfo, HypercallInfo } from '../machine/control/types';

import { eventText, eventTitle, touchText } from './event-texts';
import { errorCodeText } from './fault-words';

type StoppedBody = DebugProtocol.StoppedEvent['body'];
export type Describe = (address: bigint) => string;

export function stoppedBody(stop: ShownStop, describe: Describe): StoppedBody {
  return { ...reasonBody(stop.reason, stop.vcpu, describe), threadId: stop.vcpu + 1, allThreadsStopped: true };
}

function reasonBody(reason: ShownReason, vcpu: number, describe: Describe): StoppedBody {
  switch (reason.kind) {
    case 'entry':
    case 'pause':
    case 'step':
    case 'goto':
      return { reason: reason.kind };
    case 'breakpoint': {
      const kinds = new Set(reason.breakpoints.map(({ subject }) => subject.kind));
      const only = kinds.size === 1 ? [...kinds][0] : undefined;
      const name = only === 'function' || only === 'instruction' ? `${only} breakpoint` : 'breakpoint';
      return { reason: name, hitBreakpointIds: reason.breakpoints.map(({ id }) => id), ...(reason.note && { text: reason.note }) };
    }
    case 'hypercall':
      return {
        reason: 'hypercall',
        description: `${hypercallText(reason.call)} from vCPU ${vcpu}`,
        hitBreakpointIds: reason.breakpoints.map(({ id }) => id),
        ...(reason.note && { text: reason.note }),
      };
    case 'data': {
      const subjects = reason.breakpoints.map(({ subject }) => subject).filter((subject) => subject.kind === 'data');
      const texts = reason.touches.map((touch) => touchText(touch, subjectOf(touch.address, subjects), describe));
      return {
        ...{ reason: 'data breakpoint', description: texts[0] ?? 'data breakpoint', text: reason.note ?? texts.join('\n') },
        hitBreakpointIds: reason.breakpoints.map(({ id }) => id),
      };
    }
    case 'event':
      return {
        reason: reason.event.class === 'fault' ? 'exception' : eventTitle(reason.event),
        ...{ description: eventTitle(reason.event), text: reason.note ?? eventText(reason.event, describe) },
        hitBreakpointIds: reason.breakpoints.map(({ id }) => id),
      };
    case 'triple-fault':
      return { reason: 'exception', description: 'Triple fault', text: chainText(reason.chain, describe) };
    case 'halted-forever':
      if (reason.held)
        return {
          reason: 'halted forever',
          description: 'Only held vCPUs could run',
          text: 'The other vCPUs wait, and nothing but the held ones can wake them: release one.',
        };
      return {
        reason: 'halted forever',
        description: 'Halted forever',
        text: 'Every vCPU has executed HLT, or waits for the interrupt of an x87 exception (FERR#), and nothing can wake one.',
      };
    case 'unimplemented':
      return {
        reason: 'exception',
        description: 'Unimplemented instruction',
        text: `unimplemented instruction: ${reason.text} at 0x${reason.rip.toString(16)}`,
      };
    case 'travel':
      return reason.beginning
        ? {
            reason: 'step',
            description: 'Beginning of recorded history',
            text: 'Nothing earlier is recorded: this is as far back as it goes.',
          }
        : { reason: 'step', description: 'Another moment of the run' };
    case 'exit':
      return {
        reason: 'exit',
        description: 'The guest has ended',
        text: `${reason.text}. It can be looked at and stepped back in; Continue ends the session.`,
      };
    case 'limit':
      return { reason: 'limit', description: `Limit: ${reason.what}` };
  }
}

function subjectOf(address: bigint, subjects: readonly DataSubject[]): DataSubject | undefined {
  return subjects.find((each) => address >= each.address && address < each.address + BigInt(each.length));
}

/** "SEND_IPI(0x3, …)": the first arguments, as many as fit. */
export function hypercallText(call: HypercallInfo): string {
  const shown = call.args.slice(0, 2).map(({ value }) => `0x${value.toString(16)}`);
  if (call.args.length > 2) shown.push('…');
  return `${call.name}(${shown.join(', ')})`;
}

export function faultText(fault: FaultInfo, describe: Describe): string {
  const code =
    fault.errorCode === null ? '' : `, error code ${errorCodeText(fault.vector, fault.errorCode) ?? `0x${fault.errorCode.toString(16)}`}`;
  const address = fault.address === null ? '' : `, address 0x${fault.address.toString(16)}`;
  const symbol = describe(fault.rip);
  return `${fault.name} at 0x${fault.rip.toString(16)}${symbol === '' ? '' : ` <${symbol}>`}${code}${address}`;
}

export function chainText(chain: readonly FaultInfo[], describe: Describe): string {
  return chain.map((fault) => faultText(fault, describe)).join(', then ');
}
