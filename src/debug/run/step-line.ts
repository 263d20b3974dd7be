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
const MAX_PIECES = 64;
/** Each leg of a step runs some code; a line that leaves its range more often than this is not going to end. */
const MAX_LEGS = 100_000;

/** The contiguous code around an address that a step need not look at; undefined: it must. */
type PieceAt = (pc: bigint, view: VcpuView) => AddressRange | undefined;

/** Where a step began. */
interface Origin {
  readonly cfa: bigint | undefined;
  readonly functionStart: bigint | undefined;
  readonly line: LineEntry | undefined;
  /** Calls inlined around the place, the function itself included. */
  readonly depth: number;
}

export class LineStepper {
  /** An interrupt has been stepped into. */
  private interrupted = false;

  constructor(
    private readonly port: StepPort,
    private readonly vcpu: number,
  ) {}

  async step(kind: StepKind): Promise<Travel> {
    const view = await this.port.view(this.vcpu);
    const origin = await this.originOf(view);
    if (kind === 'out') return origin.depth > 1 ? this.leaveInlined(origin) : this.stepOut(view);
    this.interrupted = false;
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
      const moved = await this.advance(origin, into, this.quietPiece(origin, into));
      if (moved !== 'arrived' || this.interrupted) return moved;
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
        return this.isInside(origin, pc, view) ? ranges.find(({ start, end }) => pc >= start && pc < end) : undefined;
      });
      if (moved !== 'arrived') return moved;
      const now = await this.originOf(await this.port.view(this.vcpu));
      if (!sameFrame(now, origin, false) || now.depth < origin.depth) return 'arrived';
    }
    return 'arrived';
  }

  private isInside(origin: Origin, pc: bigint, { stop }: VcpuView): boolean {
    return stop.context.symbols.inlineChain(pc).length >= origin.depth;
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

  /** Code of the line itself and, where calls are stepped over, of calls inlined into it. */
  private quietPiece(origin: Origin, into: boolean): PieceAt {
    let first = true;
    return (pc, { stop }) => {
      const { symbols } = stop.context;
      const range = symbols.stepRange(pc);
      const starting = first;
      first = false;
      if (starting) return range;
      if (symbols.functionAt(pc)?.lowAddress !== origin.functionStart) return undefined;
      const depth = symbols.inlineChain(pc).length;
      if (depth > origin.depth && !into) return range;
      const line = symbols.lineAt(pc);
      const same = line?.line === origin.line?.line && line?.file === origin.line?.file && depth === origin.depth;
      return same ? range : undefined;
    };
  }

  /** One leg: one instruction that must be looked at, or the code around until control leaves it. */
  private async advance(origin: Origin, into: boolean, pieceAt: PieceAt): Promise<Travel> {
    const view = await this.port.view(this.vcpu);
    const { stop, stack } = view;
    const { physical } = await stack.top();
    const one = (): Promise<Travel> =>
      stepInstruction(this.port, this.vcpu, !into, () => {
        this.interrupted = true;
      });
    // Wherever an interrupt comes it is to be seen.
    if (into && this.port.intoInterrupts) return one();
    const instruction = await instructionAt(this.port, stop);
    if (!instruction || mustLook(instruction, into) || origin.cfa === undefined) return one();
    const slide = stop.pc - physical.linkedPc;
    const stops = await this.exits(physical.linkedPc, slide, into, view, (pc) => pieceAt(pc, view));
    if (!stops) return one();
    const places: WantedStop[] = [];
    for (const linked of stops) {
      const guard = this.guardAt(linked, origin.cfa, stop.is64, view);
      if (!guard) return one();
      places.push({ where: { kind: 'linear', address: linked + slide }, vcpu: this.vcpu, condition: guard });
    }
    return this.port.runTo(places);
  }

  /** Where control can leave the piece at `pc` and all pieces it leads to without news; undefined where that cannot be told. */
  private async exits(
    pc: bigint,
    slide: bigint,
    into: boolean,
    { stop }: VcpuView,
    pieceAt: (pc: bigint) => AddressRange | undefined,
  ): Promise<ReadonlySet<bigint> | undefined> {
    const pieces: AddressRange[] = [];
    const stops = new Set<bigint>();
    const pending = [pc];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const here = at;
      if (pieces.some(({ start, end }) => here >= start && here < end)) continue;
      const piece = pieces.length < MAX_PIECES ? pieceAt(here) : undefined;
      if (!piece || piece.end - piece.start > MAX_RANGE) {
        if (here === pc) return undefined;
        stops.add(here);
        continue;
      }
      const bytes = await stop.guestMemory.read(piece.start + slide, Number(piece.end - piece.start));
      const code = this.port.decoder.decode(bytes, piece.start, bitnessOf(stop.file.mode), bytes.length);
      if (code.length === 0 || code.some(({ valid }) => !valid)) return undefined;
      pieces.push(piece);
      const { targets, looked } = exitsOf(code, piece.start, piece.end, into);
      for (const address of looked) stops.add(address);
      pending.push(...targets);
    }
    return stops;
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
