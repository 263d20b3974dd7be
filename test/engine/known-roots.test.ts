// MOV to CR3 while the host wants to know every page table that is taken into use: it is told of each value's first use since a snapshot, by the helper, and the
// interpreter and compiled regions take it into use again by themselves.
import assert from 'node:assert/strict';
import { HELPERS } from '../../src/engine/helpers';
import { BareMachine } from './bare-machine';

const CODE = 0x1_0000;
const ROOT = 0x1000n;
const NO_FLUSH = 1n << 63n;
const PCIDE = 1n << 17n;
const PCIDS = 4096;
const TURNS = 2000;
/** Helpers are run at the ends of trips, too, of which `jit` makes some more. */
const FEW = TURNS / 10;
/** nop; mov cr3,rax; mov cr3,rbx; mov cr3,rcx; inc rdi; jmp -15 */
const THREE = '90 0f22d8 0f22db 0f22d9 48ffc7 ebf1';
/** nop; lea rbx,[rsi+rax]; mov cr3,rbx; inc ax; and ax,0xfff; inc rdi; jmp -20 */
const ALL = '90 488d1c06 0f22db 66ffc0 6625ff0f 48ffc7 ebea';

function prepared(code: string, tier: 'interpreter' | 'jit', notesRoots: boolean | undefined) {
  const told: string[] = [];
  let helped = 0;
  const movToCr = HELPERS.movToCr!;
  const machine = new BareMachine({
    tier,
    helpers: {
      ...HELPERS,
      movToCr: (...args) => {
        helped++;
        movToCr(...args);
      },
    },
  });
  const { host, state, engine } = machine;
  machine.longMode();
  machine.write(CODE, code);
  state.setU64('rip', BigInt(CODE));
  host.onEvent = (kind, register, value) => {
    if (kind === 'cr-write' && register === 3) told.push(value.toString(16));
  };
  host.quick = {
    ...{ interruptFlag: true, timeStamp: false, tscPerNs: 1, latestNs: 0, localNs: () => 0, hasRead: () => {} },
    ...{ controlWrite: true, ...(notesRoots === undefined ? {} : { notesRoots }) },
  };
  /** What the host is told, and how often the helper is run, in a stretch. */
  const stretch = (turns: number) => {
    engine.beginWriteLog(() => {});
    told.length = 0;
    helped = 0;
    const until = state.gpr(7) + BigInt(turns);
    while (state.gpr(7) < until) machine.run(turns * 3);
    return { told: [...told], helped };
  };
  return { state, stretch };
}

for (const tier of ['interpreter', 'jit'] as const)
  describe(`engine: roots that the host knows (${tier})`, () => {
    it('of three that take turns it is told once in each stretch', () => {
      const { state, stretch } = prepared(THREE, tier, true);
      for (const [register, value] of [
        [0, ROOT],
        [3, ROOT | 8n],
        [1, ROOT | 16n],
      ] as const)
        state.setGpr(register, value);
      for (let i = 0; i < 3; i++) {
        const { told, helped } = stretch(TURNS);
        assert.deepEqual([...new Set(told)].toSorted(), ['1000', '1008', '1010']);
        assert.ok(helped < FEW, `its helper has run ${helped} times`);
      }
    });

    it('of all PCIDs it is told of every one, with and without a flush', () => {
      for (const bits of [0n, NO_FLUSH]) {
        const { state, stretch } = prepared(ALL, tier, true);
        state.setU64('cr4', state.u64('cr4') | PCIDE);
        state.setGpr(6, ROOT | bits);
        for (let i = 0; i < 2; i++) assert.equal(new Set(stretch(2 * PCIDS).told).size, PCIDS);
      }
    });

    it('of none if it does not want to be', () => {
      const { state, stretch } = prepared(THREE, tier, undefined);
      for (const register of [0, 3, 1]) state.setGpr(register, ROOT);
      assert.ok(stretch(TURNS).helped < FEW);
    });
  });
