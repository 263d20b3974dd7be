// A frame as the protocol shows it: source where there is some, else the disassembly of its function.
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Frame } from '../debug/frames/stack';
import type { Guest } from './guest';

export async function frameBody(frame: Frame, vcpu: number, guest: Guest): Promise<DebugProtocol.StackFrame> {
  const { physical, position } = frame;
  const { foundBy } = physical;
  const body: DebugProtocol.StackFrame & { unwoundBy?: string } = {
    id: guest.frames.add({ frame, vcpu }),
    // What a search of the stack found may be left over from an earlier call.
    name: foundBy === 'scan' ? `${frame.name} [scan]` : frame.name,
    line: 0,
    column: 0,
    instructionPointerReference: `0x${physical.pc.toString(16)}`,
    ...(foundBy !== undefined && foundBy !== 'cfi' && { unwoundBy: foundBy }),
  };
  if (position && guest.sources.exists(position.file)) {
    body.source = guest.sources.source(position.file);
    body.line = position.line;
    body.column = position.column;
    return body;
  }
  const decoder = await guest.debugger.loadDecoder();
  const shown = await guest.documents.showing(physical.pc, physical.stop, decoder);
  if (shown) {
    body.source = disassemblySource(shown.document);
    body.line = shown.line;
    body.column = 1;
    // Where the vCPU stands is always shown: a client opens no document for a subtle frame by itself.
    if (frame.logical === undefined && foundBy !== undefined) body.presentationHint = 'subtle';
  }
  return body;
}

export function disassemblySource({ name, reference }: { name: string; reference: number }): DebugProtocol.Source {
  return { name, sourceReference: reference, origin: 'disassembly' };
}
