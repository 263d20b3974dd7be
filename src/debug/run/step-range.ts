// Stepping on while RIP stays in a range of addresses (what gdb asks for when it steps a line). One instruction at a time, so that every place outside is seen;
// a loop of plain code runs at full speed between the places where control can leave it.
import { bitnessOf } from '../disassembly/decoder';
import { exitsOf, mustLook } from './exits-of-range';
import { registerIs, stepInstruction } from './step-instruction';
import type { StepPort, Travel, VcpuView } from './step-port';

/** So many single steps before a range is taken for a loop. */
const PATIENCE = 24;
const MAX_RANGE = 0x1000n;
/** Instructions that move the stack pointer: while one frame's pointer stays the same, it tells that frame from an interrupt handler's. */
const MOVES_STACK = /^(push|pop|enter|leave|xchg\b.*\bsp\b|\w+ [re]?sp\b)/;

/** `stopsAt`: a stop point is armed there. */
export async function stepRange(
  port: StepPort,
  vcpu: number,
  start: bigint,
  end: bigint,
  stopsAt: (linear: bigint) => boolean,
): Promise<Travel> {
  for (let steps = 1; ; steps++) {
    const moved = await stepInstruction(port, vcpu, false);
    if (moved !== 'arrived') return moved;
    const view = await port.view(vcpu);
    const rip = view.stop.value('rip');
    if (rip < start || rip >= end || stopsAt(view.stop.pc)) return 'arrived';
    if (steps % PATIENCE !== 0 || end - start > MAX_RANGE) continue;
    const ran = await runThrough(port, vcpu, view, end - rip, rip - start);
    if (ran === undefined) continue;
    if (ran !== 'arrived') return ran;
    const now = (await port.view(vcpu)).stop;
    const at = now.value('rip');
    if (at < start || at >= end || stopsAt(now.pc)) return 'arrived';
  }
}

/** Undefined: the range is to be stepped. */
async function runThrough(port: StepPort, vcpu: number, { stop }: VcpuView, after: bigint, before: bigint): Promise<Travel | undefined> {
  const first = stop.pc - before;
  const last = stop.pc + after;
  const bytes = await stop.guestMemory.read(first, Number(last - first));
  const code = port.decoder.decode(bytes, first, bitnessOf(stop.file.mode), bytes.length);
  const plain = code.every((each) => each.valid && !mustLook(each, true) && !MOVES_STACK.test(each.text));
  // The place where we stand must begin an instruction of what was decoded.
  if (!plain || !code.some(({ address }) => address === stop.pc)) return undefined;
  const { targets } = exitsOf(code, first, last, true);
  const condition = registerIs('rsp', stop.value('rsp'));
  return port.runTo(targets.map((address) => ({ where: { kind: 'linear', address }, vcpu, condition })));
}
