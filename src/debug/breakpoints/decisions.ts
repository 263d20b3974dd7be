// At a stop point: does a person want to stop here? Conditions the engine could not decide, hit counts, and logging with full formatting.
import { UserError } from '../../base/user-error';
import { hitRuleHolds } from '../../machine/control/hit-rule';
import { evaluate } from '../c/evaluate';
import { formatValue } from '../c/format';
import { scalarOf } from '../c/value';
import { FrameScope } from '../frames/frame-scope';
import type { VcpuView } from '../run/step-port';
import type { Breakpoint } from './breakpoint';

export class Decisions {
  /** Of the last decision: what stops. */
  hits: readonly Breakpoint[] = [];
  /** The run is gone back through: nothing is counted or logged again. */
  backwards = false;
  /** A condition that could not be evaluated: the guest stops and this says why. */
  note: string | undefined;

  constructor(private readonly log: (text: string, breakpoint: Breakpoint) => void) {}

  /** A stop follows that no breakpoint has to do with. */
  forget(): void {
    this.hits = [];
    this.note = undefined;
  }

  /** `fieldsOf`: numbers of the event or touch at hand, by name. */
  async decide(
    candidates: readonly Breakpoint[],
    view: VcpuView,
    fieldsOf: (breakpoint: Breakpoint) => Readonly<Record<string, bigint>>,
  ): Promise<readonly Breakpoint[]> {
    this.note = undefined;
    const hits: Breakpoint[] = [];
    for (const breakpoint of candidates) if (await this.stops(breakpoint, view, fieldsOf(breakpoint))) hits.push(breakpoint);
    this.hits = hits;
    return hits;
  }

  private async stops(breakpoint: Breakpoint, view: VcpuView, fields: Readonly<Record<string, bigint>>): Promise<boolean> {
    const scope = new FrameScope(await view.stack.top(), fields);
    const { lateCondition, lateHitRule, lateLog } = breakpoint;
    if (lateCondition !== undefined) {
      try {
        if ((await scalarOf(await evaluate(lateCondition, scope), scope)) === 0n) return false;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        this.note = `Condition "${lateCondition}": ${error.message}`;
      }
    }
    if (this.backwards) return lateLog === undefined;
    breakpoint.lateHits++;
    if (lateHitRule && !hitRuleHolds(lateHitRule, breakpoint.lateHits)) return false;
    if (lateLog === undefined) return true;
    let text = '';
    for (const piece of lateLog) text += 'text' in piece ? piece.text : await this.show(piece.expression, piece.hex, scope);
    this.log(text, breakpoint);
    return false;
  }

  private async show(expression: string, hex: boolean, scope: FrameScope): Promise<string> {
    try {
      return await formatValue(await evaluate(expression, scope), scope, { hex, symbolAt: () => '' });
    } catch (error) {
      if (error instanceof UserError) return `<${error.message}>`;
      throw error;
    }
  }
}
