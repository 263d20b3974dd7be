// Samples for regions are taken in the interpreter: they end no trip to TypeScript, unless a block has counted often, and change nothing that the guest can see.
import assert from 'node:assert/strict';
import type { Tier } from '../../../src/engine/cpu-engine';
import { SampleCell } from '../../../src/engine/record';
import { testSeed } from '../../support/seed';
import { BareMachine } from '../bare-machine';
import { writeGate, writeTables } from '../mixed-program';
import { snapshot } from '../snapshot';

const seed = testSeed();
let x = seed;
/** Knuth's generator. */
const below = (n: number): number => {
  x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
  return Math.floor((x / 2 ** 32) * n);
};

const CODE = 0x1_0000;
const HANDLER = 0xf000;
const VECTOR = 0x40;
const RUN_NS = 900_000;

const u32 = (value: number): string => Buffer.from(Uint32Array.of(value).buffer).toString('hex');

function machineOf(tier: Tier, code: string): BareMachine {
  const machine = new BareMachine({ tier, ramSize: 8 << 20 });
  machine.longMode();
  machine.write(CODE, code);
  machine.state.setU64('rip', BigInt(CODE));
  machine.state.setGpr(7, 0x20_0000n);
  return machine;
}

const BLOCKS = 300;
/** Blocks of which none is sampled often: inc rax, 40 times; jmp to the next, the last one to the first. */
const COLD = Array.from({ length: BLOCKS }, (_, n) => `${'48ffc0'.repeat(40)}e9${u32(n === BLOCKS - 1 ? -(BLOCKS * 125) >>> 0 : 0)}`).join(
  '',
);

/** mov ecx,4000000; rep stosb; jmp to itself */
const STRING = `b9${u32(4_000_000)} f3aa ebfe`;

const BODY =
  // rdtsc; add rbx,rax; jmp on
  '0f31 4801c3 eb00' +
  // mov edi,0xa000; mov ecx,300; rep stosb; mov esi,0xa001; mov ecx,40; rep lodsb
  `bf${u32(0xa000)} b9${u32(300)} f3aa be${u32(0xa001)} b9${u32(40)} f3ac` +
  // mov ecx,9; dec ecx; jnz there; lea rdx,[rip+2]; jmp rdx; a block that ends behind STI: cli; nop, 46 times; sti; nop
  `b9${u32(9)} ffc9 75fc 488d1502000000 ffe2 fa${'90'.repeat(46)}fb 90`;
const MIXED = `${BODY} e9${u32(-(BODY.replaceAll(' ', '').length / 2 + 5) >>> 0)}`;

/** With a clock that RDTSC reads without TypeScript. */
class Timed {
  readonly machine: BareMachine;
  private startNs = 0;
  private latestNs = 0;

  constructor(tier: Tier) {
    this.machine = machineOf(tier, MIXED);
    const { machine } = this;
    writeTables(machine);
    writeGate(machine, VECTOR, HANDLER);
    // inc r10; iretq
    machine.write(HANDLER, '49ffc2 48cf');
    machine.state.setGpr(4, 0x9800n);
    const { host, engine } = machine;
    host.interrupt = () => {
      engine.setInterruptPending(0, false);
      return VECTOR;
    };
    const latest = (): number => this.latestNs;
    host.quick = {
      ...{ interruptFlag: true, timeStamp: true, tscPerNs: 3 },
      localNs: () => this.startNs,
      get latestNs() {
        return latest();
      },
      hasRead: (ns) => {
        this.latestNs = Math.max(this.latestNs, ns);
      },
    };
  }
  run(ns: number): string {
    const { engine } = this.machine;
    const { kind } = engine.runThrough(0, ns);
    this.startNs += engine.consumedNs();
    return kind;
  }
}

describe(`samples for regions (seed ${seed})`, function () {
  this.timeout(120_000);

  for (const [name, code] of [
    ['much code that is seldom run', COLD],
    ['a long string instruction', STRING],
  ] as const)
    it(`of ${name} end no trip`, () => {
      const { engine } = machineOf('auto', code);
      // The first page's first code is TypeScript's.
      engine.runThrough(0, 100_000);
      assert.equal(engine.runThrough(0, RUN_NS).kind, 'budget');
      assert.equal(engine.consumedNs(), RUN_NS);
      assert.ok(engine.trips() <= 4, `${engine.trips()} trips`);
      assert.equal(engine.statistics().regionsCompiled, 0);
    });

  it('are of all blocks together as many as before: a loop is compiled within as much virtual time', () => {
    // 1: dec ebx; jnz 1b
    const { engine } = machineOf('auto', 'ffcb 75fc ebfa');
    engine.runThrough(0, 20 * 16_384);
    assert.equal(engine.statistics().regionsCompiled, 1);
  });

  it('change nothing, however often they come', () => {
    const [plain, sampled] = [new Timed('interpreter'), new Timed('auto')];
    for (const each of [plain, sampled]) each.run(40_000);
    const { memory } = sampled.machine.engine;
    for (let n = 0; n < 400; n++) {
      for (const cell of [SampleCell.shortestNs, SampleCell.periodNs]) memory.i32[cell >> 2] = 70 + below(200);
      const ns = 1 + below([60, 900, 20_000][below(3)]!);
      if (below(2) === 0) for (const { machine } of [plain, sampled]) machine.engine.setInterruptPending(0, true);
      assert.equal(sampled.run(ns), plain.run(ns));
      assert.deepEqual(snapshot(sampled.machine), snapshot(plain.machine), `run ${n} of ${ns} ns`);
    }
    assert.ok(sampled.machine.engine.statistics().regionsCompiled > 0);
  });

  it('leave the shadow of an STI behind which a run ends, and make none', () => {
    const [plain, sampled] = [new Timed('interpreter'), new Timed('auto')];
    for (const each of [plain, sampled]) each.run(40_000);
    const { memory } = sampled.machine.engine;
    const seen = ({ machine: { state, engine } }: Timed): string => `${state.u64('rip')} ${state.u32('shadow')} ${engine.retired(0)}`;
    let shadows = 0;
    for (let n = 0; n < 20_000; n++) {
      for (const cell of [SampleCell.shortestNs, SampleCell.periodNs]) memory.i32[cell >> 2] = 70 + below(200);
      const ns = 100 + below(300);
      for (const each of [plain, sampled]) each.run(ns);
      assert.equal(seen(sampled), seen(plain), `run ${n} of ${ns} ns`);
      shadows += sampled.machine.state.u32('shadow');
    }
    assert.ok(shadows > 0);
  });
});
