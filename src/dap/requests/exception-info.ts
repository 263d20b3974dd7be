// What an exception stop is about: the fault with its error code decoded, or the chain of faults.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { dapErrors } from '../errors';
import { errorCodeText } from '../fault-words';
import { request } from '../handler';
import { faultText, stoppedBody } from '../stop-texts';

type Answer = DebugProtocol.ExceptionInfoResponse['body'];

export const exceptionInfo = request<DebugProtocol.ExceptionInfoArguments, Answer>('exceptionInfo', {
  capabilities: { supportsExceptionInfoRequest: true },
  handle(session) {
    const guest = session.stoppedGuest('exceptionInfo');
    const { stop } = guest.debugger;
    const describe = (address: bigint): string => guest.describe(address);
    const body = stop && stoppedBody(stop, describe);
    if (!stop || body?.reason !== 'exception') throw dapErrors.badArgument('exceptionInfo', 'the guest has not stopped on an exception');
    const { reason } = stop;
    const answer: Answer = { exceptionId: body.description ?? 'exception', breakMode: 'always', description: body.text ?? '' };
    if (reason.kind === 'triple-fault') answer.details = { message: reason.chain.map((fault) => faultText(fault, describe)).join('\n') };
    if (reason.kind === 'event') {
      const { name, fields, rip } = reason.event;
      const code = errorCodeText(Number(fields.vector), Number(fields.code ?? 0n));
      const lines = [
        `${name} (vector ${fields.vector}) at CPL ${fields.cpl}`,
        `instruction ${describe(rip) || `0x${rip.toString(16)}`}`,
        ...(code === undefined ? [] : [`error code ${code}`]),
        ...(fields.address === undefined ? [] : [`address 0x${fields.address.toString(16)} ${describe(fields.address)}`.trimEnd()]),
      ];
      answer.details = { typeName: name, message: lines.join('\n') };
    }
    return answer;
  },
});
