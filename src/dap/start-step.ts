// What the three step requests share: which vCPU, which unit, and that the answer comes before the guest moves.
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { StepKind } from '../debug/run/step-line';
import type { Session } from './session';

interface StepArguments {
  readonly threadId: number;
  readonly targetId?: number;
  readonly granularity?: DebugProtocol.SteppingGranularity;
  readonly singleThread?: boolean;
}

export async function startStep(session: Session, command: string, kind: StepKind, args: StepArguments): Promise<void> {
  const guest = session.stoppedGuest(command);
  const alone = args.singleThread ?? false;
  const vcpu = alone ? await guest.vcpuOfThread(args.threadId) : await guest.freeVcpuOfThread(args.threadId);
  const unit = args.granularity === 'instruction' ? 'instruction' : 'line';
  const target = args.targetId === undefined ? undefined : guest.targets.get(args.targetId);
  if (target !== undefined) session.afterAnswer(() => guest.debugger.stepInto(vcpu, target, alone));
  else session.afterAnswer(() => guest.debugger.step(vcpu, kind, unit, alone));
}
