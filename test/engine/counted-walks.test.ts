// Page walks are counted once, where a page is found: the count is the run's, however it is cut into runs, and whoever delivers the page faults of the others.
import assert from 'node:assert/strict';
import { loopingMachine } from './looping';

const PAGE_FAULT = 14;
/** Behind what the tables map. */
const NOWHERE = 0x7000_0000n;
/** In another large page than everything else: what INVLPG drops is all of it. */
const APART = 0x20_0000n;
const INSTRUCTIONS = 20_000;
/** nop; mov rax,[rdx]; mov rax,[rsi]; invlpg [rsi]; jmp -12 */
const LOOP = '90 488b02 488b06 0f013e ebf4';
/** add qword [rsp+8],3; add rsp,8; iretq */
const SKIP = '488344240803 4883c408 48cf';

function walksOf(most: number): number {
  const machine = loopingMachine(LOOP, PAGE_FAULT, SKIP);
  const { engine, host } = machine;
  const state = engine.state(0);
  state.setGpr(2, NOWHERE);
  state.setGpr(6, APART);
  host.quick = {
    ...{ interruptFlag: true, interruptReturn: true, timeStamp: false, tscPerNs: 1, latestNs: 0, localNs: () => 0, hasRead: () => {} },
    ...{ invlpg: true, deliveries: true, pageFaults: true },
    exits: { kindAndVm: 0, exceptionKindAndVm: 0, vcpu: 0, costs: {} },
  };
  while (engine.retired(0) < INSTRUCTIONS) machine.run(Math.min(most, INSTRUCTIONS - engine.retired(0)));
  assert.equal(engine.retired(0), INSTRUCTIONS);
  return engine.statistics().tlbMisses;
}

describe('engine: page walks', () => {
  it('are counted alike in runs of any length', () => {
    const whole = walksOf(INSTRUCTIONS);
    assert.ok(whole > INSTRUCTIONS / 10, `${whole}`);
    for (const most of [7, 100, 1013]) assert.equal(walksOf(most), whole, `at most ${most} at a time`);
  });
});
