// Frames of one vCPU, unwound only as far as the client asks; the end of a broken stack is a line that says why.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { frameBody } from '../frame-body';
import { formattedName } from '../frame-format';
import { request } from '../handler';

const ALL = 1000;

export const stackTrace = request<DebugProtocol.StackTraceArguments, DebugProtocol.StackTraceResponse['body']>('stackTrace', {
  capabilities: { supportsDelayedStackTraceLoading: true },
  async handle(session, args, signal) {
    const guest = session.stoppedGuest('stackTrace');
    const vcpu = await guest.vcpuOfThread(args.threadId);
    const { stack } = await guest.debugger.view(vcpu);
    const start = args.startFrame ?? 0;
    const levels = args.levels || ALL;
    const shown: DebugProtocol.StackFrame[] = [];
    // One by one: a deep stack of which nobody wants to know any more is not unwound to its end.
    while (shown.length < levels) {
      await signal.turn();
      const [frame] = await stack.frames(start + shown.length, 1);
      if (!frame) break;
      const body = await frameBody(frame, vcpu, guest);
      if (args.format) body.name = await formattedName(body.name, frame, args.format, args.format.hex ?? session.hex, guest);
      shown.push(body);
    }
    const count = shown.length;
    const { end } = stack;
    if (end?.kind === 'broken' && count < levels) {
      shown.push({ id: 0, name: `(the stack ends here: ${end.reason})`, line: 0, column: 0, presentationHint: 'label' });
    }
    // While more may follow, the total is a promise of at least one more page.
    const totalFrames = end && count < levels ? start + shown.length : start + count + 20;
    return { stackFrames: shown, totalFrames };
  },
});
