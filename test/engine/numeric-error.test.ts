// MS-DOS compatible reporting of x87 exceptions (SDM vol 1 ch. 8.7.2; app. D.2): FERR#, the freeze before a waiting instruction, IGNNE#.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { Activity, NumericErrorPin } from '../../src/x86/layout';
import { updateMode } from '../../src/x86/system/mode';
import { BareMachine } from './bare-machine';

const CODE = 0x1_0000;
const HANDLER = 0x1_2000;
const IDT = 0x2_0000;
const DATA = 0x3_0000;
const NMI = 2;
const IRQ13 = 0x75;
const NE = 0x20n;
const IF = 0x200n;
const PENDING = 0x8084;
const BOTH = NumericErrorPin.ferr | NumericErrorPin.ignne;

interface Guest {
  machine: BareMachine;
  ferr: () => number;
}

/** NE clear, division by zero unmasked and pending; gates of NMI and IRQ 13 lead to one handler. */
function guestWith(code: string, tier: Tier, handler = '48cf'): Guest {
  const machine = new BareMachine({ tier });
  const state = machine.longMode();
  state.setU64('cr0', state.u64('cr0') & ~NE);
  state.setU32('fcw', 0x37b);
  state.setU32('fsw', PENDING);
  state.setU32('ftw', 0);
  state.setU64('gdtrBase', 0x9000n);
  state.setU32('gdtrLimit', 0x17);
  machine.write(0x9000, new Uint8Array(new BigUint64Array([0n, 0x00af_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn]).buffer));
  state.setU64('idtrBase', BigInt(IDT));
  state.setU32('idtrLimit', 0xfff);
  for (const vector of [NMI, IRQ13]) {
    const gate = new BigUint64Array([BigInt(HANDLER & 0xffff) | (8n << 16n) | (0x8e00n << 32n) | (BigInt(HANDLER >>> 16) << 48n), 0n]);
    machine.write(IDT + vector * 16, new Uint8Array(gate.buffer));
  }
  machine.write(HANDLER, handler);
  machine.write(CODE, `${code} f4`);
  state.setU64('rip', BigInt(CODE));
  state.setGpr(3, BigInt(DATA));
  state.setGpr(4, 0x4_0000n);
  state.setU64('rflags', state.u64('rflags') | IF);
  updateMode(state);
  let ferr = 0;
  Object.assign(machine.host, { numericError: () => void ferr++ });
  return { machine, ferr: () => ferr };
}
/** IRQ 13 reaches the processor, once. */
function interrupt(machine: BareMachine): void {
  machine.engine.setInterruptPending(0, true);
  machine.host.interrupt = () => {
    machine.engine.setInterruptPending(0, false);
    return IRQ13;
  };
}
const at = (machine: BareMachine): number => Number(machine.state.u64('rip')) - CODE;

for (const tier of ['interpreter', 'jit'] as const)
  describe(`engine, ${tier}: x87 exceptions without CR0.NE`, () => {
    for (const [name, code] of [
      ['FADD', 'd8c1'],
      ['FWAIT', '9b'],
      ['FLD m64', 'dd03'],
      ['FLDCW', 'd92b'],
      ['FLDENV', 'd923'],
      ['FRSTOR', 'dd23'],
      ['PADDB mm', '0ffcc1'],
      ['EMMS', '0f77'],
      ['CVTPI2PS mm', '0f2ac1'],
    ] as const)
      it(`${name}: freezes before it, with FERR# once`, () => {
        const { machine, ferr } = guestWith(`90 ${code}`, tier);
        assert.deepEqual(machine.engine.run(0, 100), { kind: 'border' });
        assert.equal(ferr(), 0);
        for (let i = 0; i < 2; i++) assert.equal(machine.run(100).kind, 'halted');
        assert.deepEqual([at(machine), machine.state.u32('activity'), ferr()], [1, Activity.frozen, 1]);
        assert.equal(machine.state.u32('fsw'), PENDING);
        assert.equal(machine.engine.retired(0), 1);
      });

    it('an instruction that does not wait goes on, and takes FERR# back', () => {
      const { machine, ferr } = guestWith('dfe0 dbe2 9b', tier);
      assert.equal(machine.run(100).kind, 'halted');
      assert.deepEqual([at(machine), machine.state.u32('activity'), ferr()], [6, Activity.halted, 0]);
    });

    it('an interrupt ends the freeze; its handler clears the exception, and the instruction runs', () => {
      const { machine, ferr } = guestWith('9b', tier, 'dbe2 48cf'); // fnclex; iretq
      assert.equal(machine.run(100).kind, 'halted');
      interrupt(machine);
      assert.equal(machine.engine.wakeable(0), true);
      assert.equal(machine.run(100).kind, 'halted');
      assert.deepEqual([at(machine), machine.state.u32('activity'), ferr()], [2, Activity.halted, 1]);
      assert.equal(machine.state.u32('numericError'), 0);
    });

    it('a handler that clears nothing comes back to the freeze; FERR# stays asserted', () => {
      const { machine, ferr } = guestWith('9b', tier);
      machine.run(100);
      interrupt(machine);
      assert.equal(machine.run(100).kind, 'halted');
      assert.deepEqual([at(machine), machine.state.u32('activity'), ferr()], [0, Activity.frozen, 1]);
    });

    it('an interrupt that STI holds back for the instruction ends it', () => {
      for (const code of ['fb 9b', 'fb d923']) {
        const { machine } = guestWith(code, tier, 'dbe2 48cf');
        machine.state.setU64('rflags', 2n);
        interrupt(machine);
        assert.equal(machine.engine.run(0, 100).kind, 'border');
        assert.equal(at(machine), 1);
        assert.equal(machine.run(100).kind, 'halted');
        assert.equal(machine.state.u32('activity'), Activity.halted);
      }
    });

    it('a masked interrupt does not end it, an NMI does', () => {
      const { machine } = guestWith('9b', tier, 'dbe2 48cf');
      machine.state.setU64('rflags', 2n);
      machine.run(100);
      interrupt(machine);
      assert.equal(machine.engine.wakeable(0), false);
      assert.equal(machine.run(100).kind, 'halted');
      assert.equal(at(machine), 0);
      machine.engine.raiseNmi(0);
      assert.equal(machine.run(100).kind, 'halted');
      assert.deepEqual([at(machine), machine.state.u32('activity')], [2, Activity.halted]);
    });

    it('with IGNNE# waiting instructions run with the exception pending, until it is cleared', () => {
      // fld1; fadd; fldcw; fnclex; fldz; fdivp, after which one is pending again; fwait
      const { machine, ferr } = guestWith('d9e8 d8c0 d92b dbe2 d9ee def9 9b', tier);
      machine.write(DATA, '7b03');
      machine.run(100);
      assert.equal(at(machine), 0);
      machine.state.setU32('numericError', BOTH);
      machine.state.setU32('activity', Activity.running);
      assert.equal(machine.run(5).kind, 'budget');
      assert.deepEqual([at(machine), machine.state.u32('numericError'), ferr()], [10, 0, 1]);
      assert.equal(machine.run(100).kind, 'halted');
      assert.deepEqual([at(machine), machine.state.u32('activity'), ferr()], [12, Activity.frozen, 2]);
    });

    it('FLDCW that masks the exception under IGNNE# takes FERR# back', () => {
      const { machine } = guestWith('d92b', tier);
      machine.write(DATA, '7f03');
      machine.state.setU32('numericError', BOTH);
      assert.equal(machine.run(100).kind, 'halted');
      assert.deepEqual([at(machine), machine.state.u32('numericError'), machine.state.u32('fsw')], [3, 0, 4]);
    });

    it('IGNNE# means nothing with CR0.NE: #MF', () => {
      const { machine } = guestWith('9b', tier);
      machine.state.setU64('cr0', machine.state.u64('cr0') | NE);
      machine.state.setU32('numericError', BOTH);
      updateMode(machine.state);
      const end = machine.run(100);
      assert.equal(end.kind === 'shutdown' ? end.chain[0]!.vector : end.kind, 16);
    });

    it('is saved and restored frozen', () => {
      const { machine, ferr } = guestWith('9b', tier, 'dbe2 48cf');
      machine.run(100);
      const saved = machine.engine.saveVcpu(0);
      interrupt(machine);
      machine.run(100);
      machine.engine.restoreVcpu(0, saved);
      assert.deepEqual([at(machine), machine.state.u32('activity')], [0, Activity.frozen]);
      interrupt(machine);
      machine.run(100);
      assert.deepEqual([at(machine), machine.state.u32('activity'), ferr()], [2, Activity.halted, 1]);
    });
  });
