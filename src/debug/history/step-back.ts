// Steps that go back: by instruction and by line, over and into what was called; out to the caller; to the beginning of a frame.
import type { Program } from '../../machine/control/types';
import type { WantedStop } from '../breakpoints/stop-points';
import { debugErrors } from '../debug-error';
import { bitnessOf, type DecodedInstruction } from '../disassembly/decoder';
import type { PhysicalFrame } from '../frames/physical-frame';
import { dwarfRegisterName } from '../registers/names';
import { registerIs } from '../run/step-instruction';
import type { Travel, VcpuView } from '../run/step-port';
import type { BackPort } from './back-port';
import { searchTrail } from './search-trail';
import { beginsLine, type Place, placeOf, placeOfStep } from './trail-frame';

const FIRST_TRAIL = 512;
const GROWTH = 16;
/** Behind calls that ran longer their call is looked for at full speed. */
const LONGEST_TRAIL = FIRST_TRAIL * GROWTH ** 2;
const MAX_FUNCTION = 0x10000n;

export class StepBack {
  constructor(
    private readonly port: BackPort,
    private readonly vcpu: number,
  ) {}

  /** `within`: only to the beginning of the line. */
  async step(kind: 'over' | 'in', unit: 'line' | 'instruction', within = false): Promise<Travel> {
    const view = await this.port.view(this.vcpu);
    const from = await placeOf(view);
    for (let count = FIRST_TRAIL; ; count *= GROWTH) {
      const steps = await this.port.trail(this.vcpu, count);
      if (steps.length === 0) return this.port.toBeginning();
      const places = steps.map((step) => placeOfStep(step, view));
      const calls = await this.callsOf(view, from);
      const isCall = ({ pc }: Place): boolean => calls.some(({ address }) => address === pc);
      const found = searchTrail(places, { from, callerPc: from.callerPc, unit, into: kind === 'in', isCall, within });
      const all = steps.length < count;
      if (!found.certain && !all && count < LONGEST_TRAIL) continue;
      if (found.index === undefined && within) return 'arrived';
      if (found.index === undefined && !all) return this.backOverCall(view, from, calls, unit);
      await this.port.goTo(steps[found.index ?? 0]!.moment);
      return 'arrived';
    }
  }

  /** What was called ran for long: back to its call, and to the beginning of that line. */
  private async backOverCall(
    view: VcpuView,
    from: Place,
    calls: readonly DecodedInstruction[],
    unit: 'line' | 'instruction',
  ): Promise<Travel> {
    const slide = view.stop.pc - from.pc;
    const places = calls.flatMap(({ address }): WantedStop[] => {
      const condition = from.cfa === undefined ? undefined : guard(address, from.cfa, view);
      return from.cfa !== undefined && condition === undefined
        ? []
        : [{ where: { kind: 'linear', address: address + slide }, vcpu: this.vcpu, ...(condition && { condition }) }];
    });
    const travel = places.length === 0 ? await this.port.singleBack(this.vcpu) : await this.port.backTo(places);
    if (travel !== 'arrived' || unit === 'instruction') return travel;
    const there = await this.port.view(this.vcpu);
    return beginsLine(await placeOf(there)) ? 'arrived' : this.step('over', 'line', true);
  }

  /** Calls in the function, at linked addresses. */
  private async callsOf({ stop }: VcpuView, from: Place): Promise<readonly DecodedInstruction[]> {
    const info = stop.context.symbols.functionAt(from.pc);
    const range = info?.ranges.find(({ start, end }) => from.pc >= start && from.pc < end);
    if (range === undefined || range.end - range.start > MAX_FUNCTION) return [];
    const slide = stop.pc - from.pc;
    const bytes = await stop.guestMemory.read(range.start + slide, Number(range.end - range.start));
    const code = this.port.decoder.decode(bytes, range.start, bitnessOf(stop.file.mode), bytes.length);
    return code.filter(({ flow }) => flow === 'call' || flow === 'call-indirect' || flow === 'system');
  }

  /** To the call that led into this function. */
  async out(): Promise<Travel> {
    const view = await this.port.view(this.vcpu);
    const { physical } = await view.stack.top();
    const entered = await this.toEntry(view, physical);
    if (entered !== 'arrived') return entered;
    const end = await this.port.singleBack(this.vcpu);
    return end.kind === 'stopped' && end.stop.reason.kind === 'step' ? 'arrived' : end;
  }

  /** To the first instruction of a frame's function, when it was entered. */
  async toEntry(view: VcpuView, frame: PhysicalFrame): Promise<Travel> {
    const { stop, stack } = view;
    const start = stop.context.symbols.functionAt(frame.lookupPc)?.lowAddress;
    await stack.callerOf(frame);
    const cfa = await frame.cfa();
    if (start === undefined || cfa === undefined) throw debugErrors.noEntry();
    if (frame.index === 0 && frame.linkedPc === start) return 'arrived';
    // The caller has pushed where to return to, and nothing else has happened.
    const rsp = cfa - BigInt(stop.addressSize);
    const address = start + stop.pc - (await stack.top()).physical.linkedPc;
    return this.port.backTo([{ where: { kind: 'linear', address }, vcpu: this.vcpu, condition: registerIs('rsp', rsp) }]);
  }
}

/** "This is our frame", as the rule at that address computes it. */
function guard(linked: bigint, cfa: bigint, { stop }: VcpuView): Program | undefined {
  const rule = stop.context.symbols.unwindRow(linked)?.cfa;
  if (rule?.kind !== 'register') return undefined;
  const name = dwarfRegisterName(rule.register, stop.is64);
  return name === undefined ? undefined : registerIs(name, cfa - rule.offset);
}
