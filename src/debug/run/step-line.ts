// Stepping by source line: over, into and out of calls, real and inlined ones. The line's code runs at full speed between the places where
// control can leave it, each guarded by the frame's address (CFA), so that recursion, interrupts and other threads do not count.
import type { Program } from '../../machine/control/types';
import type { AddressRange, LineEntry } from '../../symbols/symbol-model';
import { both, type WantedStop } from '../breakpoints/stop-points';
import { DebugError, debugErrors } from '../debug-error';
import { bitnessOf } from '../disassembly/decoder';
import type { PhysicalFrame } from '../frames/physical-frame';
import { dwarfRegisterName } from '../registers/names';
import { exitsOf, mustLook } from './exits-of-range';
import { instructionAt, registerIs, stepInstruction } from './step-instruction';
import type { StepPort, Travel, VcpuView } from './step-port';

export type StepKind = 'in' | 'over' | 'out';

const MAX_RANGE = 0x10000n;
/** Each leg of a step runs some code; a line that leaves its range more often than this is not going to end. */
const MAX_LEGS = 100_000;

/** Where a step began. */
interface Origin {
  readonly cfa: bigint | undefined;
  readonly functionStart: bigint | undefined;
  readonly line: LineEntry | undefined;
  /** Calls inlined around the place, the function itself included. */
  readonly depth: number;
}

export class LineStepper {
  constructor(
    private readonly port: StepPort,
    private readonly vcpu: number,
  ) {}

  async step(kind: StepKind): Promise<Travel> {
    const view = await this.port.view(this.vcpu);
    const origin = await this.originOf(view);
    if (kind === 'out') return origin.depth > 1 ? this.leaveInlined(origin) : this.stepOut(view);
    if (!origin.line) return stepInstruction(this.port, this.vcpu, kind === 'over');
    return this.leaveLine(origin, kind === 'in');
  }

  private async originOf(view: VcpuView): Promise<Origin> {
    const { physical } = await view.stack.top();
    const { symbols } = view.stop.context;
    return {
      cfa: symbols.unwindRow(physical.lookupPc) && (await this.cfaOf(view, physical)),
      functionStart: symbols.functionAt(physical.linkedPc)?.lowAddress,
      line: symbols.lineAt(physical.linkedPc),
      depth: symbols.inlineChain(physical.linkedPc).length,
    };
  }

  /** The unwinder sets it when it looks for the caller. */
  private async cfaOf({ stack }: VcpuView, frame: PhysicalFrame): Promise<bigint | undefined> {
    await stack.callerOf(frame);
    return frame.knownCfa;
  }

  private async leaveLine(origin: Origin, into: boolean): Promise<Travel> {
    // Set once another line of this function has been passed through: coming back to the first one is news then.
    let left = false;
    for (let leg = 0; leg < MAX_LEGS; leg++) {
      const moved = await this.advance(origin, into, (pc) => this.lineRange(pc));
      if (moved !== 'arrived') return moved;
      const view = await this.port.view(this.vcpu);
      const now = await this.originOf(view);
      const pc = (await view.stack.top()).physical.linkedPc;
      if (!sameFrame(now, origin, into)) return this.inOtherFrame(view, now, origin, into);
      if (now.depth > origin.depth && !into) continue;
      if (!now.line) return 'arrived';
      const same = now.line.line === origin.line?.line && now.line.file === origin.line.file && now.depth === origin.depth;
      if (!same && now.line.isStmt && now.line.start === pc) return 'arrived';
      if (same && left && now.line.isStmt && now.line.start === pc) return 'arrived';
      left ||= !same;
    }
    return 'arrived';
  }

  private async inOtherFrame(view: VcpuView, now: Origin, origin: Origin, into: boolean): Promise<Travel> {
    // A caller without call frame information has no CFA: its stack pointer is above our frame all the same.
    const height = now.cfa ?? view.stop.value('rsp');
    if (origin.cfa !== undefined && (now.cfa === undefined ? height >= origin.cfa : height > origin.cfa)) return 'arrived';
    if (into && now.line) return this.passPrologue(view);
    if (now.functionStart === undefined && now.cfa === undefined) return 'arrived';
    // A function nobody can read, or a tail call that was to be stepped over: back to who called.
    const travel = await this.stepOut(view);
    return travel === 'arrived' && into ? this.finishLine(origin, into) : travel;
  }

  /** Back in the line after a call into code without lines: it goes on. */
  private async finishLine(origin: Origin, into: boolean): Promise<Travel> {
    const now = await this.originOf(await this.port.view(this.vcpu));
    return sameFrame(now, origin, into) ? this.leaveLine(origin, into) : 'arrived';
  }

  private async passPrologue(view: VcpuView): Promise<Travel> {
    const { physical } = await view.stack.top();
    const entered = view.stop.context.symbols.functionAt(physical.linkedPc);
    const body = entered?.breakpointAddress;
    if (body === undefined || body <= physical.linkedPc || entered?.lowAddress !== physical.linkedPc) return 'arrived';
    const address = body + physical.pc - physical.linkedPc;
    return this.port.runTo([{ where: { kind: 'linear', address }, vcpu: this.vcpu }]);
  }

  private async leaveInlined(origin: Origin): Promise<Travel> {
    for (let leg = 0; leg < MAX_LEGS; leg++) {
      const moved = await this.advance(origin, false, (pc, view) => {
        const ranges = view.stop.context.symbols.inlineChain(pc)[0]?.ranges ?? [];
        return ranges.find(({ start, end }) => pc >= start && pc < end);
      });
      if (moved !== 'arrived') return moved;
      const now = await this.originOf(await this.port.view(this.vcpu));
      if (!sameFrame(now, origin, false) || now.depth < origin.depth) return 'arrived';
    }
    return 'arrived';
  }

  private async stepOut({ stop, stack }: VcpuView): Promise<Travel> {
    const { physical } = await stack.top();
    const caller = await stack.callerOf(physical);
    if (!caller) {
      throw stack.end?.kind === 'broken' ? new DebugError('no-caller', `Cannot step out: ${stack.end.reason}.`) : debugErrors.noCaller();
    }
    const stackPointer = await caller.register(stop.is64 ? 7 : 4);
    const condition = stackPointer === undefined ? undefined : registerIs('rsp', stackPointer);
    return this.port.runTo([{ where: { kind: 'linear', address: caller.pc }, vcpu: this.vcpu, ...(condition && { condition }) }]);
  }

  private lineRange(pc: bigint): AddressRange | undefined {
    return this.lastView?.stop.context.symbols.stepRange(pc);
  }
  private lastView: VcpuView | undefined;

  /** One leg: one instruction that must be looked at, or the code around until control leaves it. */
  private async advance(origin: Origin, into: boolean, rangeAt: (pc: bigint, view: VcpuView) => AddressRange | undefined): Promise<Travel> {
    const view = await this.port.view(this.vcpu);
    this.lastView = view;
    const { stop, stack } = view;
    const { physical } = await stack.top();
    const instruction = await instructionAt(this.port, stop);
    const range = rangeAt(physical.linkedPc, view);
    const slide = stop.pc - physical.linkedPc;
    if (!instruction || mustLook(instruction, into) || !range || range.end - range.start > MAX_RANGE || origin.cfa === undefined) {
      return stepInstruction(this.port, this.vcpu, !into);
    }
    const [start, end] = [range.start + slide, range.end + slide];
    const bytes = await stop.guestMemory.read(start, Number(end - start));
    const code = this.port.decoder.decode(bytes, start, bitnessOf(stop.file.mode), bytes.length);
    if (code.some(({ valid }) => !valid)) return stepInstruction(this.port, this.vcpu, !into);
    const { targets, looked } = exitsOf(code, start, end, into);
    const places: WantedStop[] = [];
    for (const address of [...targets, ...looked]) {
      const guard = this.guardAt(address - slide, origin.cfa, stop.is64, view);
      if (!guard) return stepInstruction(this.port, this.vcpu, !into);
      places.push({ where: { kind: 'linear', address }, vcpu: this.vcpu, condition: guard });
    }
    return this.port.runTo(places);
  }

  /** "This is our frame": the CFA as the rule at that address computes it. */
  private guardAt(linked: bigint, cfa: bigint, is64: boolean, { stop }: VcpuView): Program | undefined {
    const rule = stop.context.symbols.unwindRow(linked)?.cfa;
    if (rule?.kind !== 'register') return undefined;
    const name = dwarfRegisterName(rule.register, is64);
    return name === undefined ? undefined : both(registerIs(name, cfa - rule.offset), undefined);
  }
}

function sameFrame(now: Origin, origin: Origin, into: boolean): boolean {
  // Hand-written assembly: labels are no functions, and calls are run over unless they are to be entered.
  if (origin.cfa === undefined) return !into || now.functionStart === origin.functionStart;
  return now.cfa === origin.cfa && now.functionStart === origin.functionStart;
}
