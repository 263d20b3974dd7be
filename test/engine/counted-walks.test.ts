// Page walks are counted once, where a page is found: the count is the run's, however it is cut into runs, and whoever delivers the page faults of the others.
import assert from 'node:assert/strict';
import { BareMachine } from './bare-machine';

const [CODE, HANDLER, IDT, GDT, STACK] = [0x1_0000, 0x1_1000, 0x1_2000, 0x1_3000, 0x1_6000];
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

const quad = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

function walksOf(most: number): number {
  const machine = new BareMachine();
  const { engine, host } = machine;
  const state = machine.longMode();
  machine.write(CODE, LOOP);
  machine.write(HANDLER, SKIP);
  machine.write(IDT + PAGE_FAULT * 16, quad(0x0000_8e00_0008_0000n | (BigInt(HANDLER >> 16) << 48n) | BigInt(HANDLER & 0xffff)));
  machine.write(GDT + 8, quad(0x00af_9b00_0000_ffffn));
  machine.write(GDT + 16, quad(0x00cf_9300_0000_ffffn));
  state.setU64('idtrBase', BigInt(IDT));
  state.setU32('idtrLimit', 0xfff);
  state.setU64('gdtrBase', BigInt(GDT));
  state.setU32('gdtrLimit', 23);
  state.setU64('rip', BigInt(CODE));
  state.setGpr(2, NOWHERE);
  state.setGpr(4, BigInt(STACK));
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
