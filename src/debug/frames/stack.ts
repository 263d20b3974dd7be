// A vCPU's stack as a person sees it: real frames with their inlined calls expanded, unwound only as far as somebody looks.
import type { LogicalFrame, SourcePosition } from '../../symbols/symbol-model';
import type { Symbols } from '../symbols';
import type { PhysicalFrame } from './physical-frame';
import { type StackEnd, topFrame, unwind } from './unwinder';
import type { VcpuStop } from './vcpu-stop';

export interface Frame {
  readonly physical: PhysicalFrame;
  /** undefined: no debug information there. */
  readonly logical: LogicalFrame | undefined;
  readonly name: string;
  readonly position: SourcePosition | undefined;
  /** Inlined calls of this physical frame that lie inside this one. */
  readonly depthFromInnermost: number;
}

export class Stack {
  private readonly known: Frame[] = [];
  private last: PhysicalFrame | undefined;
  private finished: StackEnd | undefined;
  private working: Promise<void> = Promise.resolve();

  constructor(private readonly stop: VcpuStop) {}

  /** Why there are no more frames; undefined while nobody has looked so far. */
  get end(): StackEnd | undefined {
    return this.finished;
  }

  /** Frames [start, start + count), fewer at the stack's end. */
  async frames(start: number, count: number): Promise<Frame[]> {
    const work = this.working.then(() => this.extend(start + count));
    this.working = work.catch(() => undefined);
    await work;
    return this.known.slice(start, start + count);
  }

  async top(): Promise<Frame> {
    const [frame] = await this.frames(0, 1);
    if (!frame) throw new RangeError('a stack without frames');
    return frame;
  }

  /** The real frame that was called from; with its CFA set in the callee. */
  async callerOf(frame: PhysicalFrame): Promise<PhysicalFrame | undefined> {
    for (let want = this.known.length + 1; frame.callerFrame === undefined && !this.finished; want = this.known.length + 1) {
      await this.frames(want - 1, 1);
    }
    return frame.callerFrame;
  }

  private async extend(wanted: number): Promise<void> {
    while (this.known.length < wanted && !this.finished) {
      if (!this.last) {
        await this.append(topFrame(this.stop));
        continue;
      }
      const next = await unwind(this.last);
      if (next.kind === 'frame') await this.append(next.frame);
      else this.finished = next;
    }
  }

  private async append(physical: PhysicalFrame): Promise<void> {
    const { knowledge, symbols } = this.stop.context;
    const isKnown = symbols.symbolAt(physical.lookupPc) !== undefined && (await knowledge?.isOfSymbols(this.stop, physical.pc)) !== false;
    if (!physical.isUser || isKnown) return this.add(physical);
    // Of the process that was interrupted or called the kernel.
    this.last = physical;
    const name = (await knowledge?.nameOfUserCode(this.stop, physical.pc)) ?? `user space 0x${physical.pc.toString(16)}`;
    this.known.push({ physical, logical: undefined, name, position: undefined, depthFromInnermost: 0 });
  }

  private add(physical: PhysicalFrame): void {
    this.last = physical;
    for (const [depthFromInnermost, call] of callsAt(this.stop.context.symbols, physical.lookupPc, physical.pc).entries())
      this.known.push({ physical, ...call, depthFromInnermost });
  }
}

/** The calls that one real frame is, innermost first. */
export function callsAt(symbols: Symbols, lookupPc: bigint, pc: bigint): Pick<Frame, 'logical' | 'name' | 'position'>[] {
  const chain = symbols.inlineChain(lookupPc);
  if (chain.length > 0) return chain.map((logical) => ({ logical, name: logical.name, position: logical.position }));
  const name = symbols.functionAt(lookupPc)?.name ?? symbols.symbolAt(lookupPc)?.name ?? `0x${pc.toString(16)}`;
  return [{ logical: undefined, name, position: symbols.lineAt(lookupPc) }];
}
