// The functions that the line of a frame calls, as far as its code names them.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { bitnessOf } from '../../debug/disassembly/decoder';
import { request } from '../handler';

const MOST_BYTES = 4096n;

export const stepInTargets = request<DebugProtocol.StepInTargetsArguments, DebugProtocol.StepInTargetsResponse['body']>('stepInTargets', {
  capabilities: { supportsStepInTargetsRequest: true },
  async handle(session, args) {
    const guest = session.stoppedGuest('stepInTargets');
    const { physical } = guest.frames.get(args.frameId).frame;
    const range = guest.symbols.stepRange(physical.linkedPc);
    if (!range || physical.index > 0) return { targets: [] };
    const slide = physical.pc - physical.linkedPc;
    const length = range.end - physical.linkedPc > MOST_BYTES ? MOST_BYTES : range.end - physical.linkedPc;
    const decoder = await guest.debugger.loadDecoder();
    const bytes = await physical.stop.guestMemory.read(physical.pc, Number(length));
    const code = decoder.decode(bytes, physical.linkedPc, bitnessOf(physical.stop.file.mode), bytes.length);
    const targets = new Map<bigint, DebugProtocol.StepInTarget>();
    for (const { flow, target } of code) {
      if (flow !== 'call' || target === undefined || targets.has(target)) continue;
      const entry = guest.symbols.functionAt(target);
      targets.set(target, {
        id: guest.targets.add(target + slide),
        label: entry?.name ?? (guest.symbols.describe(target) || `0x${target.toString(16)}`),
      });
    }
    return { targets: [...targets.values()] };
  },
});
