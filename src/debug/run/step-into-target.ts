// Into one of the functions a line calls, over the others; where it is not called after all, to the next line.
import type { LineStepper } from './step-line';
import type { StepPort, Travel } from './step-port';

/** Calls of one line. */
const MOST_LEGS = 1000;

export async function stepIntoTarget(port: StepPort, stepper: LineStepper, vcpu: number, target: bigint): Promise<Travel> {
  const place = async () => {
    const { stop, stack } = await port.view(vcpu);
    const { physical } = await stack.top();
    const { symbols } = stop.context;
    return {
      entry: symbols.functionAt(physical.linkedPc)?.lowAddress,
      line: symbols.lineAt(physical.linkedPc)?.line,
      rsp: stop.value('rsp'),
    };
  };
  const wanted = (await port.view(vcpu)).stop.context.addresses.toLinked(target);
  const origin = await place();
  for (let leg = 0; leg < MOST_LEGS; leg++) {
    const into = await stepper.step('in');
    if (into !== 'arrived') return into;
    const now = await place();
    if (now.entry === wanted || (now.entry === origin.entry && now.line !== origin.line)) return 'arrived';
    if (now.entry === origin.entry || now.rsp >= origin.rsp) return 'arrived';
    const out = await stepper.step('out');
    if (out !== 'arrived') return out;
  }
  return 'arrived';
}
