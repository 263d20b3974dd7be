// Who watches instructions is told of each of them, exactly, in both tiers and however the run is cut; and what the guest does is the same as without.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Tier } from '../../src/engine/cpu-engine';
import type { InsnRow } from '../../src/x86/insn/row';
import { sensitivityOf } from '../../src/x86/insn/sensitivity';
import { SENSITIVITY_ROWS } from '../../src/x86/insn/sensitivity.rows';
import { BareMachine } from './bare-machine';

const CODE = 0x1_0000;
const ROUNDS = 300;
/** PUSHF, POP RAX, CLI, MOV EAX, CS, STI, NOP, RDTSC, SGDT [RDI], PUSH FS, POP RAX, PUSHF, POPF, OUT 0x80, AL; DEC ECX, JNZ back; HLT. */
const BODY = '9c58fa8cc8fb900f310f01070fa0589c9de680';
const PROGRAM = `${BODY}ffc90f85${new Uint8Array(new Int32Array([-(BODY.length / 2 + 8)]).buffer).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '')}f4`;
const PER_ROUND: Readonly<Record<string, number>> = {
  PUSHF: 2,
  POPF: 1,
  CLI: 1,
  STI: 1,
  RDTSC: 1,
  SGDT: 1,
  OUT: 1,
  'MOV from a segment register': 1,
  'PUSH of a segment register': 1,
};

interface Ran {
  counts: Map<string, number>;
  rax: bigint;
  rflags: bigint;
  retired: number;
  outs: number;
}

function ran(tier: Tier, pieceNs: number, observed: boolean): Ran {
  const machine = new BareMachine({ tier, ramSize: 2 << 20 });
  const { engine, host } = machine;
  const state = machine.longMode();
  machine.write(CODE, PROGRAM);
  state.setU64('rip', BigInt(CODE));
  state.setGpr(1, BigInt(ROUNDS));
  state.setGpr(4, 0x9000n);
  state.setGpr(7, 0xa000n);
  const counts = new Map<string, number>();
  if (observed)
    engine.observe({
      wants: (row: InsnRow) => sensitivityOf(row) >= 0,
      before: (vcpu, row) => {
        const { name } = SENSITIVITY_ROWS[sensitivityOf(row)]!;
        assert.equal(vcpu, 0);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      },
    });
  for (let i = 0; i < 100_000; i++) {
    const { kind } = engine.run(0, pieceNs);
    if (kind === 'border') engine.runBorder(0);
    if (kind === 'halted') break;
  }
  return { counts, rax: state.gpr(0), rflags: state.u64('rflags'), retired: engine.retired(0), outs: host.out.length };
}

describe('observed instructions', () => {
  for (const [tier, pieceNs] of [
    ['interpreter', 10_000],
    ['interpreter', 7],
    ['jit', 10_000],
  ] as const)
    it(`are counted exactly: ${tier}, in pieces of ${pieceNs} ns`, () => {
      const { counts, ...seen } = ran(tier, pieceNs, true);
      const { counts: none, ...plain } = ran(tier, pieceNs, false);
      assert.equal(none.size, 0);
      assert.deepEqual(seen, plain);
      assert.equal(seen.outs, ROUNDS);
      const expected = new Map(Object.entries(PER_ROUND).map(([name, each]): [string, number] => [name, each * ROUNDS]));
      expected.set('HLT', 1);
      assert.deepEqual(new Map([...counts].sort()), new Map([...expected].sort()));
    });
});
