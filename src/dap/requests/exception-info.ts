// What an exception stop is about: the chain of faults.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { dapErrors } from '../errors';
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
    const chain = stop.reason.kind === 'triple-fault' ? stop.reason.chain : [];
    return {
      exceptionId: body.description ?? 'exception',
      breakMode: 'always',
      description: body.text ?? '',
      ...(chain.length > 0 && { details: { message: chain.map((fault) => faultText(fault, describe)).join('\n') } }),
    };
  },
});
