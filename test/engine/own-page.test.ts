// A kernel that goes to CPL 3 in the very page that it stands in: the page is the supervisor's, so that is a page fault, though code of that frame has run at CPL 3 by
// another page, and whether the instruction is run by its helper or in the interpreter itself, which knows the page that it fetches from.
import assert from 'node:assert/strict';
import { HELPERS } from '../../src/engine/helpers';
import type { QuickHost } from '../../src/x86/cpu';
import { Seg } from '../../src/x86/layout';
import { updateMode } from '../../src/x86/system/mode';
import { BareMachine } from './bare-machine';

const [P, W, U] = [1n, 2n, 4n];
const PD = 0x2_4000;
const PT = 0x2_5000;
const STACK = 0x2_0000;
const FRAME = 0x4_0000;
/** The frame as the supervisor's page and, behind it, as the user's. */
const OWN = 0x4000_0000n;
const USERS = OWN + 0x1000n;
/** nop, for a trip of the interpreter begins before what TypeScript may run; inc ebx; jmp -4 */
const BEFORE = '90';
const LOOP = 'ffc3 ebfc';
const IN_ITSELF: QuickHost = {
  ...{ interruptFlag: true, interruptReturn: true, timeStamp: false, tscPerNs: 1, latestNs: 0, localNs: () => 0, hasRead: () => {} },
  ...{ controlWrite: true, swapgs: true, popFlags: true, deliveries: true, pageFaults: true },
  exits: { kindAndVm: 0, exceptionKindAndVm: 0, vcpu: 0, costs: {} },
};

function prepared(name: string, code: string, quick: QuickHost | undefined) {
  const run = { helped: 0, faults: [] as string[] };
  const helper = HELPERS[name]!;
  const counted: typeof helper = (...args) => {
    run.helped++;
    helper(...args);
  };
  const machine = new BareMachine({ helpers: { ...HELPERS, [name]: counted } });
  const { state, host } = machine;
  const put = (at: number, value: bigint): void => machine.write(at, new Uint8Array(new BigUint64Array([value]).buffer));
  machine.longMode();
  const gdt = Number(state.u64('gdtrBase'));
  put(gdt + 24, 0x00af_fb00_0000_ffffn);
  put(gdt + 32, 0x00cf_f300_0000_ffffn);
  state.setU32('gdtrLimit', 39);
  put(0x2008, BigInt(PD) | P | W | U);
  put(PD, BigInt(PT) | P | W | U);
  put(PT, BigInt(FRAME) | P);
  put(PT + 8, BigInt(FRAME) | P | U);
  machine.engine.flushTlb(0);
  machine.write(FRAME, `${BEFORE} ${code} ${LOOP}`);
  state.setU64('efer', state.u64('efer') | 1n);
  state.setU64('star', (0x10n << 48n) | (8n << 32n));
  host.onEvent = (kind, vector, errorCode) => {
    if (kind === 'exception') run.faults.push(`${vector} ${errorCode} ${state.u64('cr2').toString(16)}`);
  };
  if (quick) host.quick = quick;
  const [cs, ss] = [state.segment(Seg.cs), state.segment(Seg.ss)];
  const goes = (page: bigint): void => {
    const to = page + BigInt((BEFORE + code).length / 2);
    for (const [i, value] of [to, 0x1bn, 2n, 0x7_0000n, 0x23n].entries()) put(STACK + i * 8, value);
    state.setU32('cpl', 0);
    state.setSegment(Seg.cs, cs);
    state.setSegment(Seg.ss, ss);
    state.setU64('rflags', 2n);
    updateMode(state);
    state.setU64('rip', OWN);
    state.setGpr(1, to);
    state.setGpr(4, BigInt(STACK));
    state.setGpr(11, 2n);
    state.setGpr(3, 0n);
    run.helped = 0;
    machine.engine.runThrough(0, 20);
  };
  return { machine, state, run, goes };
}

const TRANSFERS = Object.entries({ sysret: '480f07', iret: '48cf' });

describe('paging: to CPL 3 in the own page', () => {
  for (const [name, code] of TRANSFERS)
    for (const [by, quick] of Object.entries({ 'its helper': undefined, 'the interpreter itself': IN_ITSELF }))
      it(`${name} by ${by} is a page fault`, () => {
        const { state, run, goes } = prepared(name, code, quick);
        for (let i = 0; i < 3; i++) goes(USERS);
        assert.deepEqual([state.u32('cpl'), run.faults], [3, []]);
        assert.equal(run.helped, quick ? 0 : 1, 'who ran it');
        assert.ok(state.gpr(3) > 5n);
        goes(OWN);
        assert.equal(state.gpr(3), 0n);
        assert.equal(run.faults[0], `14 21 ${(OWN + BigInt((BEFORE + code).length / 2)).toString(16)}`);
      });
});

describe('changes of the level beside stop points', () => {
  for (const [name, code] of TRANSFERS)
    it(`${name} is the interpreter's own while none is met`, () => {
      const { machine, run, goes } = prepared(name, code, IN_ITSELF);
      for (let i = 0; i < 3; i++) goes(USERS);
      for (const [address, by] of [
        [0x7000_0000n, 0],
        [USERS + 0x800n, 0],
        [0x7000_0000n, 0],
      ] as const) {
        machine.engine.setStopPoints([address], []);
        for (let i = 0; i < 3; i++) goes(USERS);
        assert.equal(run.helped, by, `${address.toString(16)}`);
      }
    });
});
