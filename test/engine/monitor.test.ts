// MONITOR and MWAIT: what arms, what ends the wait, what faults (SDM vol 2 "MONITOR", "MWAIT"; vol 3 ch. 10.10).
import assert from 'node:assert/strict';
import { Activity } from '../../src/x86/layout';
import { parseCpuModel } from '../../src/x86/models/parse-model';
import { BareMachine } from './bare-machine';

const CODE = 0x1_0000;
const OTHER = 0x1_1000;
const LINE = 0x3_0040;
const MONITOR = '0f 01 c8';
const MWAIT = '0f 01 c9';
const STORE = 'c6 04 25 5f 00 03 00 01 f4'; // mov byte [3005Fh], 1; hlt
const STORE_BEYOND = 'c6 04 25 80 00 03 00 01 f4';

/** vCPU 0 at MONITOR; MWAIT with RAX the line, ECX given by `before`; vCPU 1 in 64-bit mode too. */
function machineWith(code: string): BareMachine {
  const machine = new BareMachine({ vcpus: 2, model: parseCpuModel('max,+monitor', true) });
  for (const vcpu of [0, 1]) {
    const state = machine.longMode(vcpu);
    state.setU64('rip', BigInt(vcpu === 0 ? CODE : OTHER));
    state.setGpr(0, BigInt(LINE));
    state.setGpr(1, 0n);
    state.setGpr(4, 0x2_0000n);
  }
  machine.write(CODE, code);
  return machine;
}
function waiting(code = `${MONITOR} ${MWAIT} 90 90 f4`): BareMachine {
  const machine = machineWith(code);
  assert.equal(machine.run(10).kind, 'halted');
  assert.equal(machine.state.u32('activity'), Activity.mwait);
  return machine;
}
const storeFromOther = (machine: BareMachine, code: string): void => {
  machine.write(OTHER, code);
  assert.equal(machine.run(10, 1).kind, 'halted');
};

describe('engine: MONITOR and MWAIT', () => {
  it('waits until another vCPU stores to the line', () => {
    const machine = waiting();
    let woken = 0;
    machine.hosts[0]!.monitorWritten = () => void woken++;
    assert.equal(machine.run(10).kind, 'halted');
    storeFromOther(machine, STORE);
    assert.equal(woken, 1);
    assert.equal(machine.engine.wakeable(0), true);
    assert.equal(machine.run(2).kind, 'budget');
    assert.equal(machine.state.u64('rip'), BigInt(CODE + 8));
    assert.equal(machine.state.u64('monitor'), 0n);
  });

  it('a store behind the line does not end it, though it is looked at', () => {
    const machine = waiting();
    storeFromOther(machine, STORE_BEYOND);
    assert.equal(machine.engine.wakeable(0), false);
  });

  it('a store that crosses into the line ends it', () => {
    const machine = waiting();
    storeFromOther(machine, '48 c7 04 25 3c 00 03 00 01 00 00 00 f4');
    assert.equal(machine.engine.wakeable(0), true);
  });

  it('stores whose pages had write tags before MONITOR are seen', () => {
    const machine = machineWith(`${MONITOR} ${MWAIT} f4`);
    storeFromOther(machine, STORE);
    machine.run(10);
    machine.engine.state(1).setU64('rip', BigInt(OTHER));
    machine.engine.state(1).setU32('activity', Activity.running);
    storeFromOther(machine, STORE);
    assert.equal(machine.engine.wakeable(0), true);
  });

  it('a store to the line stops before a border, so that no pCPU is behind it', () => {
    const machine = waiting();
    machine.write(OTHER, `90 ${STORE}`);
    assert.equal(machine.engine.run(1, 100).kind, 'border');
    assert.equal(machine.engine.state(1).u64('rip'), BigInt(OTHER + 1));
    assert.equal(machine.engine.wakeable(0), false);
    machine.engine.runBorder(1);
    assert.equal(machine.engine.wakeable(0), true);
  });

  it('what a device writes ends it', () => {
    const machine = waiting();
    machine.write(LINE, [1]);
    assert.equal(machine.engine.wakeable(0), true);
  });

  it('MWAIT does not wait without MONITOR, nor after a store in between', () => {
    const alone = machineWith(`${MWAIT} 90 f4`);
    alone.run(2);
    assert.equal(alone.state.u64('rip'), BigInt(CODE + 4));
    const between = machineWith(`${MONITOR} ${STORE.slice(0, -3)} ${MWAIT} 90 f4`);
    between.run(4);
    assert.equal(between.state.u64('rip'), BigInt(CODE + 15));
  });

  it('a line that is no RAM is not armed', () => {
    const machine = machineWith(`${MONITOR} ${MWAIT} 90 f4`);
    machine.state.setGpr(0, 0x80_0000n);
    machine.run(3);
    assert.equal(machine.state.u64('rip'), BigInt(CODE + 7));
  });

  it('an interrupt ends it, a masked one only with bit 0 of ECX', () => {
    const masked = waiting();
    masked.engine.setInterruptPending(0, true);
    assert.equal(masked.engine.wakeable(0), false);
    const breaking = waiting(`${MONITOR} ff c1 ${MWAIT} 90 f4`);
    breaking.engine.setInterruptPending(0, true);
    assert.equal(breaking.engine.wakeable(0), true);
    breaking.run(1);
    assert.equal(breaking.state.u64('rip'), BigInt(CODE + 9));
    const open = waiting(`${MONITOR} fb ${MWAIT} 90 f4`);
    open.engine.setInterruptPending(0, true);
    assert.equal(open.engine.wakeable(0), true);
    const nmi = waiting();
    nmi.engine.raiseNmi(0);
    assert.equal(nmi.engine.wakeable(0), true);
  });

  it('a line survives a snapshot', () => {
    const machine = waiting();
    const saved = machine.engine.saveVcpu(0);
    const again = machineWith('f4');
    again.engine.restoreVcpu(0, saved);
    storeFromOther(again, STORE);
    assert.equal(again.engine.wakeable(0), true);
  });

  /** The vector that a run ends with. */
  function vectorOf(code: string, change: (machine: BareMachine) => void): number {
    const machine = machineWith(code);
    let vector = -1;
    machine.host.onEvent = (kind, a) => {
      if (kind === 'exception' && vector < 0) vector = Number(a);
    };
    change(machine);
    machine.run(4);
    return vector;
  }
  it('faults: #UD above CPL 0 and where IA32_MISC_ENABLE says so, #GP for unknown extensions, what a load raises', () => {
    assert.equal(
      vectorOf(MONITOR, ({ state }) => state.setU32('cpl', 3)),
      6,
    );
    assert.equal(
      vectorOf(MONITOR, ({ state }) => state.setU64('miscEnable', 1n)),
      6,
    );
    assert.equal(
      vectorOf(MONITOR, ({ state }) => state.setGpr(1, 1n)),
      13,
    );
    assert.equal(
      vectorOf(MWAIT, ({ state }) => state.setGpr(1, 2n)),
      13,
    );
    assert.equal(
      vectorOf(MWAIT, ({ state }) => state.setGpr(1, 1n << 32n)),
      13,
    );
    assert.equal(
      vectorOf(MONITOR, ({ state }) => state.setGpr(0, 1n << 47n)),
      13,
    );
    assert.equal(
      vectorOf(MONITOR, ({ state }) => state.setGpr(0, 1n << 40n)),
      14,
    );
  });
});
